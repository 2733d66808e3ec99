"""Who speaks in a piece of history: members of the room where that is sure, else people known from history only."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import consent, contacts
from botbay.chat.history import Line
from botbay.chat.models import Contact, Member
from botbay.db import now
from botbay.settings import Settings

#: Names that mean everybody, so nobody in particular.
_EVERYBODY = frozenset({"所有人", "全体成员", "all", "All"})
#: What the id of a room or person begins with that is known from history only.
IMPORTED = "import:"


def digest(what: object, size: int) -> str:
    """``2 * size`` hexadecimal digits for what JSON can say."""
    text = json.dumps(what, ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=size).hexdigest()


class People:
    """Those whom some lines of one room name."""

    def __init__(
        self, settings: Settings, bearers: Sequence[tuple[Contact, Member | None]], refusing: frozenset[str]
    ) -> None:
        self._settings = settings
        self._refusing = refusing
        self._people = {contact.id: contact for contact, _ in bearers}
        self._members = {contact.id: member for contact, member in bearers if member is not None}
        self._by_wechat_id = {contact.wechat_id: contact for contact, _ in bearers}
        self._by_name: dict[str, set[int]] = defaultdict(set)
        for contact, member in bearers:
            if member is not None:
                for name in filter(None, (contact.name, member.alias)):
                    self._by_name[name].add(contact.id)

    @classmethod
    async def look_up(cls, session: AsyncSession, settings: Settings, room_id: int, lines: Sequence[Line]) -> "People":
        """Find them, and make those who speak and are not known; nobody is made by being mentioned."""
        speaking = {(line.talker_id, line.talker) for line in lines if line.talker}
        named = speaking | {pair for line in lines for pair in _mentioned(line)}
        refusing = await _refusing(session, {name for _, name in named})
        people = cls(settings, await _bearers(session, room_id, named), refusing)
        new = {import_id(*pair): pair[1] for pair in sorted(speaking, key=str) if people._is_new(*pair)}
        if not new:
            return people
        ids = await contacts.upsert(session, new)
        # As former members: whether they still are in the room nobody can tell.
        at = now()
        row = {"room_id": room_id, "alias": "", "joined_at": at, "left_at": at}
        rows = [{**row, "contact_id": contact_id} for contact_id in sorted(ids.values())]
        await session.execute(insert(Member).values(rows).on_conflict_do_nothing())
        return cls(settings, await _bearers(session, room_id, named), refusing)

    def contact(self, wechat_id: str | None, name: str) -> Contact | None:
        """Whoever has the id; without one, the only member who bears the name, else the one made for it."""
        if wechat_id is not None and wechat_id in self._by_wechat_id:
            return self._by_wechat_id[wechat_id]
        bearers = self._by_name.get(name, set())
        if wechat_id is None and len(bearers) == 1:
            return self._people[next(iter(bearers))]
        return self._by_wechat_id.get(import_id(wechat_id, name))

    def _is_new(self, wechat_id: str | None, name: str) -> bool:
        contact = self.contact(wechat_id, name)
        return contact is None or (contact.wechat_id.startswith(IMPORTED) and contact.id not in self._members)

    def said_no(self, line: Line, talker: Contact) -> bool:
        """Whether the talker may only be counted: of several who bear the name, one no is enough."""
        candidates = {talker.id}
        if talker.wechat_id.startswith(IMPORTED):
            if line.talker in self._refusing:
                return True
            candidates |= self._by_name.get(line.talker, set())
        return any(
            consent.only_counted(self._settings, self._people[each], self._members.get(each)) for each in candidates
        )

    def mention_ids(self, line: Line) -> list[str]:
        """The ids of those whom the line mentions; an id whose bearer is not known stays as it is."""
        found = []
        for wechat_id, name in _mentioned(line):
            contact = self.contact(wechat_id, name)
            if contact is not None:
                found.append(contact.wechat_id)
            else:
                found.append(import_id(wechat_id, name))
        return found


async def _bearers(
    session: AsyncSession, room_id: int, named: set[tuple[str | None, str]]
) -> list[tuple[Contact, Member | None]]:
    """Members of the room, now or formerly, who bear one of the names; and whoever has one of the ids."""
    names = {name for _, name in named}
    ids = {each for wechat_id, name in named for each in (wechat_id, import_id(wechat_id, name)) if each}
    here = (Member.contact_id == Contact.id) & (Member.room_id == room_id)
    bears = Member.contact_id.is_not(None) & or_(Contact.name.in_(names), Member.alias.in_(names))
    rows = await session.execute(
        select(Contact, Member)
        .outerjoin(Member, here)
        .where(or_(bears, Contact.wechat_id.in_(ids)))
        .execution_options(populate_existing=True)
    )
    return [(contact, member) for contact, member in rows]


async def _refusing(session: AsyncSession, names: set[str]) -> frozenset[str]:
    """The names of those who said no everywhere: a stranger of that name may be the same person."""
    rows = await session.execute(
        select(Contact.name, Member.alias)
        .outerjoin(Member, Member.contact_id == Contact.id)
        .where(Contact.refused_at.is_not(None), or_(Contact.name.in_(names), Member.alias.in_(names)))
    )
    return frozenset(name for row in rows for name in row if name)


def import_id(wechat_id: str | None, name: str) -> str:
    """The id here of a room or person of history: made of its own elsewhere, else of its name."""
    if wechat_id is not None and wechat_id.startswith(IMPORTED):
        return wechat_id
    return f"{IMPORTED}{digest(wechat_id or name, 16)}"


def _mentioned(line: Line) -> list[tuple[str | None, str]]:
    """Ids, where they are known, and names of those whom a line mentions."""
    ids = line.mention_ids or [None] * len(line.mentions)
    return [(each, name) for each, name in zip(ids, line.mentions, strict=True) if name not in _EVERYBODY]
