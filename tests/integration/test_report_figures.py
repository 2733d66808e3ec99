"""The figures of a report against a plain recount: late, recalled, repeated messages, any time zone, days of change."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from botbay.chat import messages
from botbay.chat.models import Account, Bot, Contact, Member, Message, Room, RoomBot
from botbay.db import dispose, transaction
from workers.report import service, spans, words
from workers.report.document import Report
from workers.report.models import ReportRow
from workers.report.spans import Span

pytestmark = pytest.mark.usefixtures("database_url")

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
KINDS = ("text", "image", "voice", "video", "file", "link", "emoticon", "location", "notice")
SHOWN = {"emoticon": "other", "location": "other"}
#: Around the days on which Berlin, New York and Lord Howe change their clocks.
DAYS = (date(2026, 3, 29), date(2026, 3, 8), date(2026, 4, 5), date(2026, 10, 25), date(2026, 6, 30))


@dataclass(frozen=True)
class Heard:
    """A message as somebody says it; ``source`` is its number, the same when it is heard again."""

    source: int
    room: int
    talker: int | None  # None: only counted
    kind: str
    at: datetime
    by_bot: bool = False
    recalled: bool = False
    late: bool = False
    second_bot: bool = False


@st.composite
def talks(draw: st.DrawFn) -> tuple[Span, list[Heard]]:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    day = draw(st.sampled_from(DAYS))
    span = draw(st.sampled_from((spans.day, spans.week, spans.month)))(day, zone)
    minutes = st.integers(-60 * 24 * 9, 60 * 24 * 9)
    said = []
    for source in range(draw(st.integers(0, 25))):
        said.append(
            Heard(
                source=source,
                room=draw(st.integers(0, 2)),
                talker=draw(st.sampled_from((None, 0, 1, 2))),
                kind=draw(st.sampled_from(KINDS)),
                at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
                + timedelta(minutes=draw(minutes), seconds=source),
                by_bot=draw(st.sampled_from((False, False, False, True))),
                recalled=draw(st.sampled_from((False, False, False, True))),
                late=draw(st.booleans()),
                second_bot=draw(st.booleans()),
            )
        )
    return span, said


def recount(span: Span, said: list[Heard]) -> dict[str, object]:
    """By hand, over the messages as they were said."""
    counted = [each for each in said if not each.by_bot and not each.recalled and each.kind != "notice"]
    here = [each for each in counted if span.since <= each.at < span.until]
    last = (span.until - timedelta(microseconds=1)).date()
    first = min(span.since.date(), last - timedelta(days=6))
    days = Counter(each.at.astimezone(span.zone).date() for each in counted)
    return {
        "total": len(here),
        "kinds": Counter(SHOWN.get(each.kind, each.kind) for each in here),
        "hours": Counter(each.at.astimezone(span.zone).hour for each in here),
        "rooms": Counter(each.room for each in here),
        "people": Counter(each.talker for each in here),
        "trend": [days[first + timedelta(days=place)] for place in range((last - first).days + 1)],
    }


def figures(report: Report, rooms: list[int], people: list[int]) -> dict[str, object]:
    return {
        "total": report.total,
        "kinds": Counter({each.kind: each.count for each in report.kinds if each.count}),
        "hours": Counter({hour: count for hour, count in enumerate(report.hours) if count}),
        "rooms": Counter({rooms.index(each.room_id): each.count for each in report.rooms}),
        "people": Counter(
            {None if each.contact_id is None else people.index(each.contact_id): each.count for each in report.people}
        ),
        "trend": [each.count for each in report.trend],
    }


@dataclass
class World:
    account: Account
    bots: list[int]
    rooms: list[int]
    people: list[int]

    @classmethod
    async def build(cls) -> "World":
        async with transaction() as session:
            bots = [Bot(name=name, wechat_name=name) for name in ("east", "west")]
            account = Account(name="wang", display_name="王")
            people = [Contact(wechat_id=f"wxid_{name}", name=name) for name in "王赵李"]
            rooms = [Room(wechat_id=f"{number}@chatroom", topic=f"群{number}") for number in range(3)]
            session.add_all([*bots, account, *people, *rooms])
            await session.flush()
            people[0].account_id = account.id
            for room in rooms:
                session.add(Member(room_id=room.id, contact_id=people[0].id))
                session.add(RoomBot(room_id=room.id, bot_id=bots[0].id))
            session.add(RoomBot(room_id=rooms[2].id, bot_id=bots[1].id))  # two bots sit in the last one
            return cls(account, [bot.id for bot in bots], [room.id for room in rooms], [each.id for each in people])

    async def hear(self, said: list[Heard]) -> None:
        """Heard by the bots, twice, and then some of it recalled."""
        async with transaction() as session:
            for _ in range(2):
                for each in said:
                    bots = self.bots if each.room == 2 and each.second_bot else self.bots[:1]
                    for bot in bots:
                        await messages.store(session, [self._row(each, bot)])
            sources = [str(each.source) for each in said if each.recalled]
            await messages.recall(session, Message.source_id.in_(sources))

    def _row(self, each: Heard, bot: int) -> dict[str, object]:
        return {
            "bot_id": bot,
            "room_id": self.rooms[each.room],
            "peer_id": None,
            "talker_id": None if each.talker is None else self.people[each.talker],
            "source_id": str(each.source),
            "kind": each.kind,
            "text": "" if each.talker is None else f"第 {each.source} 句",
            "mention_ids": [],
            "details": {},
            "raw": {},
            "sent_at": each.at,
            "received_at": each.at,
            "from_self": False,
            "by_bot": each.by_bot,
            "withheld": each.talker is None,
        }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talks())
def test_figures_equal_a_plain_recount(database: None, talk: tuple[Span, list[Heard]]) -> None:
    span, said = talk

    async def check() -> None:
        world = await _world()
        try:
            for heard in ([each for each in said if not each.late], said):
                await world.hear([each for each in heard if heard is not said or each.late])
                async with transaction() as session:
                    made = (await service.of_person(session, world.account, span)).report
                assert figures(made, world.rooms, world.people) == recount(span, heard)
        finally:
            async with transaction() as session:
                await session.execute(delete(Message))
                await session.execute(delete(ReportRow))
            await dispose()

    asyncio.run(check())


async def _world() -> World:
    """The one of this database."""
    async with transaction() as session:
        account = await session.scalar(select(Account))
        if account is not None:
            return World(
                account,
                list(await session.scalars(select(Bot.id).order_by(Bot.id))),
                list(await session.scalars(select(Room.id).order_by(Room.id))),
                list(await session.scalars(select(Contact.id).order_by(Contact.id))),
            )
    return await World.build()


DAY = spans.day(date(2026, 6, 30), ZoneInfo("Asia/Shanghai"))
NOON = datetime(2026, 6, 30, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
ONE = Heard(source=1, room=0, talker=1, kind="text", at=NOON)


async def report_of(world: World, span: Span = DAY) -> Report:
    async with transaction() as session:
        return (await service.of_person(session, world.account, span)).report


async def test_a_report_is_compared_with_the_span_before(database: None) -> None:
    world = await World.build()
    await world.hear([ONE])
    assert (await report_of(world)).before is None  # nothing was kept then
    await world.hear([replace(ONE, source=number, at=NOON - timedelta(days=1)) for number in (2, 3, 4)])
    made = await report_of(world)
    assert (made.total, made.before) == (1, 3)


async def test_what_one_asks_for_and_what_comes_by_itself_are_the_same_until_something_is_said(database: None) -> None:
    world = await World.build()
    await world.hear([ONE])
    async with transaction() as session:
        first = await service.of_person(session, world.account, DAY)
    async with transaction() as session:
        second = await service.of_person(session, world.account, DAY)
    assert second == first
    await world.hear([replace(ONE, source=2)])
    async with transaction() as session:
        third = await service.of_person(session, world.account, DAY)
    assert (third.id, third.report.total) == (first.id, 2)


async def test_who_is_no_member_any_more_sees_nothing_of_the_room(database: None) -> None:
    world = await World.build()
    await world.hear([ONE, replace(ONE, source=2, room=1)])
    assert (await report_of(world)).total == 2
    async with transaction() as session:
        member = await session.get_one(Member, (world.rooms[0], world.people[0]))
        member.left_at = NOON
    made = await report_of(world)
    assert [each.name for each in made.rooms] == ["群1"]
    assert made.total == 1


async def test_todays_report_says_yesterday_when_it_is_looked_at_tomorrow(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World.build()
    await world.hear([ONE])
    for later, said in ((timedelta(hours=9), "今天"), (timedelta(hours=21), "昨天"), (timedelta(hours=45), "前天")):
        monkeypatch.setattr(service, "now", lambda at=NOON + later: at)
        assert words.span(await report_of(world)) == said
