"""A room's messages as a talk, and what of them tells whether minutes are still true."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.gaps import GapSpan
from botbay.chat.models import Account, Bot, Contact, File, Friend, Member, Message, Reading, Room, Turn
from workers.minutes.talk import Line, Person, Talk
from workers.minutes.words import words

#: Of a longer talk the newest messages are looked at: more than a few thousand are no minutes.
MOST = 5_000
#: How much of what a room said before a talk tells which of its words are nothing special there.
_BEFORE = timedelta(days=30)
_BEFORE_MESSAGES = 3_000
#: So much of what a picture or a document says is part of a talk, in characters: more would drown what people said.
_BEGINNING: Mapping[str, int] = {"image": 600, "file": 300}
_EVERYBODY = re.compile(r"[@＠](?:所有人|全体成员|全体|all\b)", re.IGNORECASE)
_EVERYBODY_IDS = frozenset({"notify@all", "announcement@all"})


@dataclass(frozen=True, kw_only=True)
class Read:
    """A talk as it was read. ``speakers`` are the names of those who spoke, by contact id; ``cut``: older ones were left out."""

    talk: Talk
    speakers: Mapping[int, str]
    cut: bool

    @property
    def said(self) -> list[Line]:
        """What people said, and not to the bot."""
        return [line for line in self.talk.lines if not line.by_bot and not line.to_bot and line.kind != "notice"]

    def fingerprint(self, gaps: Sequence[GapSpan]) -> str:
        """The same as long as the same messages may be read, as much of what they brought, and the bot was deaf as long."""
        lines = ((line.id, line.text) if line.kind in _BEGINNING and line.text else line.id for line in self.said)
        told = [*lines, *((gap.started_at, gap.ended_at) for gap in gaps)]
        return hashlib.sha256(repr(told).encode()).hexdigest()


async def read(
    session: AsyncSession,
    readable: Select[Message],
    room: Room,
    since: datetime | None,
    until: datetime | None,
    zone: tzinfo,
) -> Read:
    """The messages of a room among those that are ``readable``, sent from ``since`` until ``until`` (not itself)."""
    wanted = readable.where(Message.room_id == room.id, Message.recalled_at.is_(None), Message.talker_id.is_not(None))
    if since is not None:
        wanted = wanted.where(Message.sent_at >= since)
    if until is not None:
        wanted = wanted.where(Message.sent_at < until)
    newest = wanted.order_by(Message.sent_at.desc(), Message.id.desc()).limit(MOST + 1)
    found = list(await session.scalars(newest))[::-1]
    cut = len(found) > MOST
    found = _once(found[1:] if cut else found)
    bots = list(await session.scalars(select(Bot)))
    people, nicknames, by_wechat_id = await _people(session, room, found, bots)
    asked = set(await session.scalars(select(Turn.message_id).where(Turn.message_id.in_([m.id for m in found]))))
    by_source = {message.source_id: message for message in found}
    brought = await _brought(session, found)
    lines = []
    for message in found:
        quoted = by_source.get(message.quoted_source_id or "")
        lines.append(
            _line(
                message,
                zone,
                text=brought.get(message.id) or message.text,
                mentions=[by_wechat_id[each] for each in message.mention_ids if each in by_wechat_id],
                replies_to=quoted.id if quoted is not None else None,
                to_bot=message.id in asked
                or (quoted is not None and quoted.by_bot)
                or _calls(message, bots, nicknames.get(message.talker_id or 0)),
            )
        )
    spoke = {message.talker_id for message in found if not message.by_bot and message.kind != "notice"}
    speakers = {int(person.key): person.name for person in people if int(person.key) in spoke}
    return Read(talk=Talk(room=room.topic, lines=lines, people=people), speakers=speakers, cut=cut)


async def background(session: AsyncSession, readable: Select[Message], room_id: int, before: datetime) -> Sequence[str]:
    """What the room said in the month before a talk, as far as it is looked at: for ``counted``."""
    texts = readable.with_only_columns(Message.text).where(
        Message.room_id == room_id,
        Message.kind == "text",
        Message.by_bot.is_(False),
        Message.sent_at < before,
        Message.sent_at >= before - _BEFORE,
        Message.text != "",
    )
    found: Sequence[str] = (
        await session.scalars(texts.order_by(Message.sent_at.desc(), Message.id.desc()).limit(_BEFORE_MESSAGES))
    ).all()
    return found


def counted(texts: Sequence[str]) -> Mapping[str, int]:
    """In how many of the texts each word is said."""
    return Counter(word for text in texts for word in set(words(text)))


def _once(found: Sequence[Message]) -> list[Message]:
    """Each message once: where two bots sit in a room, both hear it."""
    heard: dict[tuple[object, ...], int] = {}
    kept = []
    for message in found:
        key = (message.talker_id, message.kind, message.text, message.file_name, message.sent_at)
        if heard.setdefault(key, message.bot_id) == message.bot_id:
            kept.append(message)
    return kept


async def _brought(session: AsyncSession, found: Sequence[Message]) -> Mapping[int, str]:
    """What was read in the pictures and documents that these messages brought, by message: the beginning, in one line."""
    longest = {m.id: _BEGINNING[m.kind] for m in found if m.kind in _BEGINNING and not m.by_bot}
    if not longest:
        return {}
    beginning = func.left(Reading.text, 2 * max(_BEGINNING.values()))
    read = select(File.message_id, beginning).join(Reading, Reading.blob_id == File.blob_id)
    rows = await session.execute(read.where(File.message_id.in_(longest), File.trashed_at.is_(None)))
    return {message_id: " ".join(text.split())[: longest[message_id]] for message_id, text in rows}


async def _people(
    session: AsyncSession, room: Room, found: Sequence[Message], bots: Collection[Bot]
) -> tuple[list[Person], dict[int, str], dict[str, str]]:
    """The people of the room and those who spoke; the names they gave the bot; their keys by WeChat id."""
    spoke = {message.talker_id for message in found if not message.by_bot}
    here = (Member.contact_id == Contact.id) & (Member.room_id == room.id)
    remarks = (
        select(func.array_agg(Friend.alias))
        .where(Friend.contact_id == Contact.id, Friend.alias != "")
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Contact, Member.alias, Account.display_name, remarks)
        .outerjoin(Member, here)
        .outerjoin(Account, Account.id == Contact.account_id)
        .where(((Member.contact_id.is_not(None)) & Member.left_at.is_(None)) | Contact.id.in_(spoke))
        .order_by(Contact.id)
    )
    own = {bot.wechat_id for bot in bots}
    people, nicknames, keys = [], {}, {}
    for contact, alias, account, called in rows:
        if contact.wechat_id in own and contact.id not in spoke:
            continue
        name = alias or contact.name or account or "有人"
        others = dict.fromkeys(each for each in (contact.name, account, *(called or ())) if each and each != name)
        people.append(Person(key=str(contact.id), name=name, others=tuple(others)))
        keys[contact.wechat_id] = str(contact.id)
        if contact.nickname:
            nicknames[contact.id] = contact.nickname
    return people, nicknames, keys


def _calls(message: Message, bots: Collection[Bot], nickname: str | None) -> bool:
    """Whether a message is for a bot: it mentions one, or begins with the name that its talker gave the bot."""
    if message.by_bot or message.kind != "text":
        return False
    text = message.text.lstrip()
    names = {bot.wechat_name for bot in bots if bot.wechat_name}
    if nickname and text.startswith(nickname):
        return True
    if any(f"{sign}{name}" in text for name in names for sign in "@＠"):
        return True
    return len(message.mention_ids) == 1 and message.mention_ids[0] in {bot.wechat_id for bot in bots}


def _line(
    message: Message, zone: tzinfo, *, text: str, mentions: Sequence[str], replies_to: int | None, to_bot: bool
) -> Line:
    details: Mapping[str, Any] = message.details or {}
    everybody = _EVERYBODY.search(message.text) is not None or not _EVERYBODY_IDS.isdisjoint(message.mention_ids)
    return Line(
        id=message.id,
        who=str(message.talker_id),
        at=message.sent_at.astimezone(zone),
        kind=message.kind,
        text=text,
        mentions=tuple(dict.fromkeys(mentions)),
        all_mentioned=everybody,
        replies_to=replies_to,
        file_name=message.file_name or "",
        link=_text(details.get("url")) if message.kind == "link" else "",
        title=_text(details.get("title")),
        to_bot=to_bot,
        by_bot=message.by_bot,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
