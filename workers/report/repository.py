"""All SQL of the reports. What may be counted and shown comes as a select of ``botbay.chat.access``."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Label, Select, cast, distinct, func, or_, select, true, tuple_, update
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, array, insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Audience, Subject, readable_rooms
from botbay.chat.models import Account, Contact, File, Member, Message, Room, RoomBot
from botbay.db import now
from workers.report.models import ReportRow
from workers.report.scope import Scope

#: What nobody said: events of a room, and the place of what was recalled before it was heard.
_UNSAID = ("notice", "recall")
_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_CALLS = 50


def readable_reports(subject: Subject, audience: Audience) -> Select[ReportRow]:
    """THE way to stored reports: in private one's own over rooms, and those of the rooms that one may read here."""
    rooms = readable_rooms(subject, audience).with_only_columns(Room.id)
    visible: ColumnElement[bool] = ReportRow.room_id.in_(rooms)
    if audience.room_id is None and subject.account_id is not None:
        visible = visible | (ReportRow.account_id == subject.account_id)
    return select(ReportRow).where(visible)


# --- stored ------------------------------------------------------------------------------------------------


async def hold(
    session: AsyncSession, account_id: int | None, room_id: int | None, since: datetime, until: datetime, zone: str
) -> ReportRow:
    """The row of a span and scope, made when it is new, and held until the transaction ends."""
    scope = {"account_id": account_id, "room_id": room_id, "since": since, "until": until, "zone": zone}
    new = insert(ReportRow).values(**scope, fingerprint="", document={}, made_at=now())
    await session.execute(new.on_conflict_do_nothing(constraint="uq_reports_span"))
    same = [getattr(ReportRow, name).is_not_distinct_from(value) for name, value in scope.items()]
    found = select(ReportRow).where(*same).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(found)).one()


async def forget(session: AsyncSession, message_ids: Collection[int]) -> list[int]:
    """Reports of spans in which one of these messages lay are emptied, and made anew when somebody asks; their ids.

    The row stays, and with it the address that was told in chat.
    """
    gone = select(Message.room_id, Message.sent_at).where(Message.id.in_(list(message_ids))).subquery()
    touched = (
        select(ReportRow.id)
        .join(gone, (gone.c.sent_at < ReportRow.until) & (gone.c.sent_at >= ReportRow.since))
        .where(or_(ReportRow.room_id.is_(None), ReportRow.room_id == gone.c.room_id))
    )
    # In the order of their ids: two that forget at once wait for each other, and never for ever.
    ids = list(
        await session.scalars(
            select(ReportRow.id).where(ReportRow.id.in_(touched)).order_by(ReportRow.id).with_for_update()
        )
    )
    await session.execute(update(ReportRow).where(ReportRow.id.in_(ids)).values(document={}, fingerprint=""))
    return ids


# --- counted -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of messages; ``quarters`` by quarter of an hour, ``rooms`` by room and contact, None for the unnamed."""

    kinds: Mapping[str, int]
    quarters: Mapping[datetime, int]
    rooms: Mapping[int, Mapping[int | None, int]]

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


async def with_several_bots(session: AsyncSession, rooms: Collection[int]) -> list[int]:
    """Those of the rooms in which more than one bot has sat."""
    bots = select(RoomBot.room_id).where(RoomBot.room_id.in_(rooms)).group_by(RoomBot.room_id)
    return list(await session.scalars(bots.having(func.count(distinct(RoomBot.bot_id)) > 1)))


def said(scope: Scope, since: datetime, until: datetime) -> Select[Message]:
    """What people said in the rooms from ``since`` until ``until`` (not itself), each message once.

    Where two bots sit in a room both hear it: what is the same by talker, content and time counts as the first heard it.
    """
    wanted = scope.countable.where(
        Message.room_id.in_(scope.rooms),
        Message.sent_at >= since,
        Message.sent_at < until,
        Message.recalled_at.is_(None),
        Message.by_bot.is_(False),
        Message.kind.not_in(_UNSAID),
    )
    if not scope.several:
        return wanted
    same = (Message.room_id, Message.talker_id, Message.kind, Message.text, Message.file_name, Message.sent_at)
    first = func.min(Message.bot_id).over(partition_by=same)
    heard = wanted.where(Message.room_id.in_(scope.several)).with_only_columns(
        Message.id.label("id"), (Message.bot_id != first).label("again")
    )
    found = heard.subquery()
    return wanted.where(Message.id.not_in(select(found.c.id).where(found.c.again)))


async def counts(session: AsyncSession, wanted: Select[Message]) -> Counts:
    """All the numbers in one pass."""
    # A month of a hundred thousand messages would be sorted on disk, which takes twice as long.
    await session.execute(sql("SET LOCAL work_mem = '32MB'"))
    facts = wanted.with_only_columns(
        Message.room_id.label("room"), Message.talker_id.label("talker"), Message.kind.label("kind"), _quarter()
    ).subquery()
    c = facts.c
    sets = func.grouping_sets(tuple_(c.kind), tuple_(c.quarter), tuple_(c.room, c.talker))
    kinds: dict[str, int] = {}
    quarters: dict[datetime, int] = {}
    rooms: dict[int, dict[int | None, int]] = {}
    columns = select(c.kind, c.quarter, c.room, c.talker, func.count())
    for kind, quarter, room, talker, found in await session.execute(columns.group_by(sets)):
        if kind is not None:
            kinds[kind] = found
        elif quarter is not None:
            quarters[quarter] = found
        else:
            rooms.setdefault(room, {})[talker] = found
    return Counts(kinds=kinds, quarters=quarters, rooms=rooms)


async def by_quarter(session: AsyncSession, wanted: Select[Message]) -> dict[datetime, int]:
    """As ``Counts.quarters``."""
    quarter = _quarter()
    found = await session.execute(wanted.with_only_columns(quarter, func.count()).group_by(quarter))
    return {at: many for at, many in found}


def _quarter() -> Label[datetime]:
    """The quarter of an hour: no time zone's days or hours begin within one, and it is found without asking for one."""
    return func.date_bin(timedelta(minutes=15), Message.sent_at, _ORIGIN).label("quarter")


async def number(session: AsyncSession, wanted: Select[Message]) -> int:
    return await session.scalar(wanted.with_only_columns(func.count())) or 0


async def kept_before(session: AsyncSession, scope: Scope, at: datetime) -> bool:
    """Whether anything of the rooms is kept from before."""
    older = scope.countable.where(Message.room_id.in_(scope.rooms), Message.sent_at < at)
    return await session.scalar(older.with_only_columns(Message.id).limit(1)) is not None


async def state(session: AsyncSession, scope: Scope, since: datetime, until: datetime) -> tuple[object, ...]:
    """What is the same as long as the same messages lie in the span."""
    here = scope.countable.where(Message.room_id.in_(scope.rooms), Message.sent_at >= since, Message.sent_at < until)
    # No row ever goes, so their number tells of new ones; what is recalled or erased has an index of its own.
    total = await number(session, here)
    gone = here.where(Message.recalled_at.is_not(None) | Message.withheld)
    erased = await session.execute(
        gone.with_only_columns(func.count(Message.recalled_at), func.count().filter(Message.withheld))
    )
    files = (
        select(func.count(File.id), func.max(File.trashed_at))
        .join(Message, Message.id == File.message_id)
        .where(File.trashed_at.is_not(None))
    )
    thrown = await session.execute(files.where(Message.room_id.in_(scope.rooms), Message.sent_at >= since))
    return (total, *erased.one(), *thrown.one())


# --- names -------------------------------------------------------------------------------------------------


async def room_names(session: AsyncSession, rooms: Collection[int]) -> dict[int, str]:
    found = await session.execute(select(Room.id, Room.topic).where(Room.id.in_(rooms)))
    return {room: topic for room, topic in found}


async def people_names(session: AsyncSession, people: Collection[int], room_id: int | None) -> dict[int, str]:
    """As they are known in the room, or where there is none by their own names."""
    names = select(Contact.id, Contact.name, Account.display_name, Member.alias).outerjoin(
        Account, Account.id == Contact.account_id
    )
    names = names.outerjoin(Member, (Member.contact_id == Contact.id) & (Member.room_id == room_id))
    found = await session.execute(names.where(Contact.id.in_(people)))
    return {contact: alias or name or account or "有人" for contact, name, account, alias in found}


async def own_contacts(session: AsyncSession, account_id: int) -> dict[int, str]:
    """The contacts that are bound to an account, with their WeChat ids."""
    found = await session.execute(select(Contact.id, Contact.wechat_id).where(Contact.account_id == account_id))
    return {contact: wechat_id for contact, wechat_id in found}


# --- content -----------------------------------------------------------------------------------------------


async def calls_of(session: AsyncSession, wanted: Select[Message], wechat_ids: Collection[str]) -> Sequence[Message]:
    """The messages that mention one of these people, the newest first."""
    some = Message.mention_ids != sql("'[]'")  # as the index has it
    calls = wanted.where(
        Message.withheld.is_(False), some, Message.mention_ids.has_any(cast(list(wechat_ids), ARRAY(TEXT)))
    )
    return (await session.scalars(calls.order_by(Message.sent_at.desc(), Message.id.desc()).limit(_MOST_CALLS))).all()


async def spoke_last(session: AsyncSession, scope: Scope) -> dict[int, datetime]:
    """When the reader last said something, by room."""
    own = scope.countable.where(
        Message.room_id.in_(scope.rooms), Message.talker_id.in_(list(scope.own)), Message.recalled_at.is_(None)
    )
    found = await session.execute(
        own.with_only_columns(Message.room_id, func.max(Message.sent_at)).group_by(Message.room_id)
    )
    return {room: at for room, at in found if room is not None}


async def texts(session: AsyncSession, wanted: Select[Message], total: int, most: int) -> Sequence[str]:
    """Texts among ``total`` of a span, at most about so many, evenly over it."""
    telling = wanted.where(Message.kind == "text", Message.withheld.is_(False))
    if total <= most:
        return (await session.scalars(telling.with_only_columns(Message.text))).all()
    # Which ones is found in the index; only theirs are fetched.
    some = telling.where(Message.id % -(-total // most) == 0).with_only_columns(Message.id)
    return (await session.scalars(select(Message.text).where(Message.id.in_(some)))).all()


async def earlier_texts(
    session: AsyncSession, scope: Scope, since: datetime, until: datetime, most: int
) -> Sequence[str]:
    """The last texts of each of the rooms from ``since`` until ``until`` (not itself), about so many in all."""
    room = select(func.unnest(array(list(scope.rooms), type_=BigInteger)).label("id")).subquery()
    last = (
        scope.countable.where(
            Message.room_id == room.c.id,
            Message.sent_at >= since,
            Message.sent_at < until,
            Message.kind == "text",
            Message.by_bot.is_(False),
            Message.withheld.is_(False),
            Message.recalled_at.is_(None),
        )
        .with_only_columns(Message.text)
        .order_by(Message.sent_at.desc())
        .limit(max(10, most // len(scope.rooms)))
        .correlate(room)
        .lateral()
    )
    return (await session.scalars(select(last.c.text).select_from(room.join(last, true())))).all()


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message that brought a file or a link; ``name`` is of its kept file, else as it was said, else its title."""

    message_id: int
    room_id: int
    talker_id: int | None
    at: datetime
    name: str
    title: str
    url: str
    file_id: int | None


async def brought(session: AsyncSession, wanted: Select[Message], kind: str, most: int) -> list[Sent]:
    """The files or the links of a span, the newest first; none of the trash."""
    there = (
        wanted.where(Message.kind == kind, Message.withheld.is_(False))
        .outerjoin(File, File.message_id == Message.id)
        .where(File.trashed_at.is_(None))
        .with_only_columns(
            Message.id,
            Message.room_id,
            Message.talker_id,
            Message.sent_at,
            func.coalesce(func.nullif(File.name, ""), Message.file_name, ""),
            Message.details["title"].astext,
            Message.details["url"].astext,
            File.id,
        )
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(most)
    )
    return [
        Sent(
            message_id=message_id,
            room_id=room_id or 0,
            talker_id=talker_id,
            at=at,
            name=name,
            title=title or "",
            url=url or "",
            file_id=file_id,
        )
        for message_id, room_id, talker_id, at, name, title, url, file_id in await session.execute(there)
    ]


async def arrivals(session: AsyncSession, scope: Scope, since: datetime, until: datetime) -> Sequence[Message]:
    """The notices of who came into the rooms, the earliest first."""
    notices = scope.countable.where(
        Message.room_id.in_(scope.rooms),
        Message.sent_at >= since,
        Message.sent_at < until,
        Message.kind == "notice",
        Message.recalled_at.is_(None),
        Message.details["event"].astext == "joined",
    )
    return (await session.scalars(notices.order_by(Message.sent_at, Message.id))).all()
