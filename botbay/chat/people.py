"""People as others speak of them: who is meant by a name, a part of one, or 老李."""

import re
from collections.abc import Collection, Iterable
from enum import IntEnum

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Audience, Subject, readable_rooms
from botbay.chat.models import Account, Contact, Friend, Member, Room
from botbay.chat.search import fold

_MYSELF = frozenset({"我", "我自己", "自己", "本人", "俺"})
_TITLES = re.compile(
    r"(?:总监|总经理|经理|主任|主管|老师|师傅|会计|律师|医生|教练|教授|助理|秘书|书记|校长|院长|部长|处长|局长|科长|店长|队长|班长|组长"
    r"|所长|老板|同学|先生|女士|小姐|大哥|大姐|阿姨|叔叔|爷爷|奶奶|哥|姐|总|工|董|叔|姨|嫂|妈妈|爸爸)$"
)
_PREFIX = re.compile(r"^[老小大阿](?=.)")
_LONGEST_NAME = 4


class Called(IntEnum):
    """How surely somebody is the one who was named; the lowest is the surest."""

    EXACTLY = 0
    PARTLY = 1
    BY_SURNAME = 2


def called(said: str, names: Iterable[str]) -> Called | None:
    """How surely a person with these names is who was named: 老李 may be 李建国 where nobody is called 老李."""
    wanted = fold(said).strip().lstrip("@")
    if not wanted:
        return None
    folded = [fold(name).strip() for name in names if name.strip()]
    if wanted in folded:
        return Called.EXACTLY
    core = _core(wanted)
    if any(wanted in name or (len(name) > 1 and name in wanted) for name in folded):
        return Called.PARTLY
    if len(core) > 1 and any(core in name for name in folded):
        return Called.PARTLY
    if len(core) == 1 and any(_core(name)[:1] == core and len(_core(name)) <= _LONGEST_NAME for name in folded):
        return Called.BY_SURNAME
    return None


def _core(name: str) -> str:
    """A name without what people put around it: 老李, 李总 -> 李."""
    return _TITLES.sub("", _PREFIX.sub("", name)) or name


async def meant(session: AsyncSession, subject: Subject, audience: Audience, person: str) -> frozenset[int]:
    """The contacts that a name may mean, all who are equally likely; none where nobody is named."""
    if not person:
        return frozenset()
    if person in _MYSELF:
        return frozenset(await own_contacts(session, subject))
    names = await _names_of_talkers(session, subject, audience)
    likely = {who: how for who, known in names.items() if (how := called(person, known)) is not None}
    best = min(likely.values(), default=None)
    return frozenset(who for who, how in likely.items() if how == best)


async def _names_of_talkers(session: AsyncSession, subject: Subject, audience: Audience) -> dict[int, set[str]]:
    """By contact, the names of those of whom the asker may hear here: in rooms, by themselves, as the bot's friend."""
    rooms = readable_rooms(subject, audience).with_only_columns(Room.id)
    found = await session.execute(
        select(Contact.id, Member.alias, Contact.name, Friend.alias, Account.display_name)
        .join(Member, Member.contact_id == Contact.id)
        .outerjoin(Friend, Friend.contact_id == Contact.id)
        .outerjoin(Account, Account.id == Contact.account_id)
        .where(Member.room_id.in_(rooms))
        .distinct()
    )
    names: dict[int, set[str]] = {}
    for contact_id, *some in found:
        names.setdefault(contact_id, set()).update(name for name in some if name)
    return names


async def own_contacts(session: AsyncSession, subject: Subject) -> Collection[int]:
    """The contacts that are the asker."""
    return set(await session.scalars(select(Contact.id).where(_is(subject))))


async def own_wechat_ids(session: AsyncSession, subject: Subject) -> frozenset[str]:
    """The asker, as others mention them."""
    return frozenset(await session.scalars(select(Contact.wechat_id).where(_is(subject))))


def _is(subject: Subject) -> ColumnElement[bool]:
    return or_(
        Contact.id == subject.contact_id,
        (Contact.account_id == subject.account_id) & Contact.account_id.is_not(None),
    )
