"""Times in Chinese sentences: what each means, looking back and ahead, and what is none."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from botbay.zh.time import Grain, Prefer, TimeExpression, describe, parse

HERE = Path(__file__).parent
BASE = datetime(2026, 11, 24, 10)  # a Tuesday


def lines(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text().splitlines() if line and not line.startswith("#")]


EXPRESSIONS = [line for name in ("times_dev.txt", "times_blind.txt", "times_later.txt") for line in lines(name)]


def one(text: str, prefer: Prefer = "future", base: datetime = BASE) -> TimeExpression:
    [found] = parse(text, base, prefer)
    return found


@pytest.mark.parametrize("line", EXPRESSIONS)
def test_what_is_meant(line: str) -> None:
    prefer, text, kind, at, until, rrule = (cell.strip() for cell in line.split("|"))
    found = one(text, "past" if prefer == "past" else "future")
    assert found.kind == kind
    assert at == "-" or found.at == datetime.fromisoformat(at)
    assert until == "-" or found.until == datetime.fromisoformat(until)
    assert rrule == "-" or found.rrule == rrule


@pytest.mark.parametrize("text", lines("no_times.txt"))
@pytest.mark.parametrize("prefer", ["past", "future"])
def test_what_is_no_time(text: str, prefer: Prefer) -> None:
    assert parse(text, BASE, prefer) == []


# --- past or future ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "past", "future"),
    [
        ("周五", "2026-11-20", "2026-11-27"),
        ("周二", "2026-11-24", "2026-11-24"),
        ("3月5号", "2026-03-05", "2027-03-05"),
        ("20号", "2026-11-20", "2026-12-20"),
        ("国庆", "2026-10-01", "2027-10-01"),
        ("2月29日", "2024-02-29", "2028-02-29"),
        ("上周五", "2026-11-20", "2026-11-20"),
        ("下个月3号", "2026-12-03", "2026-12-03"),
    ],
)
def test_a_name_that_fits_both(text: str, past: str, future: str) -> None:
    assert one(text, "past").at == datetime.fromisoformat(past)
    assert one(text, "future").at == datetime.fromisoformat(future)


def test_a_deadline_is_a_point_ahead_and_a_stretch_behind() -> None:
    ahead, behind = one("周五之前"), one("周五之前", "past")
    assert (ahead.kind, ahead.at, ahead.bound) == ("point", datetime(2026, 11, 27), "before")
    assert (behind.kind, behind.at, behind.until) == ("span", None, datetime(2026, 11, 20))


def test_an_end_finds_its_place_after_the_beginning() -> None:
    assert one("昨天晚上十点到今早六点", "past").until == datetime(2026, 11, 24, 6)
    assert one("晚上10点到早上6点").until == datetime(2026, 11, 25, 6)
    assert one("2025年12月30号到1月2号").until == datetime(2026, 1, 3)
    assert one("8月至2月", "past").until == datetime(2027, 3, 1)


def test_what_is_under_way_counts_as_coming() -> None:
    assert one("周一到周三").at == datetime(2026, 11, 23)
    assert one("周四到下周二").at == datetime(2026, 11, 26)


def test_a_second_day_goes_on_in_the_week_of_the_first() -> None:
    first, second = parse("下周三、周四下午三点", BASE)
    assert (first.at, second.at) == (datetime(2026, 12, 2, 15), datetime(2026, 12, 3, 15))
    _, later = parse("明天上午或者下午", BASE)
    assert later.at == datetime(2026, 11, 25, 12)


# --- what cannot be known, what does not exist -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ambiguous"),
    [
        ("明天三点", True),
        ("明天8:30", True),
        ("每天9点", True),
        ("待会儿提醒我", True),
        ("三点", False),  # at ten in the morning, only the afternoon's is left
        ("明天下午三点", False),
        ("明天15点", False),
        ("明天08:30", False),
        ("明天七点叫我起床", False),
        ("周五六点聚餐", False),
        ("周末上午十点", True),
        ("周五", False),
    ],
)
def test_asked_only_where_it_is_unclear(text: str, ambiguous: bool) -> None:
    assert one(text).ambiguous is ambiguous


def test_words_around_an_hour_say_which_half_of_the_day() -> None:
    assert one("明天六点叫我起床").at == datetime(2026, 11, 25, 6)
    assert one("明天七点聚餐").at == datetime(2026, 11, 25, 19)


@pytest.mark.parametrize("text", ["2月30号", "9月31日提醒我", "2027-02-29", "每年2月30号"])
def test_a_day_that_does_not_exist_is_named_and_not_guessed(text: str) -> None:
    found = one(text)
    assert (found.kind, found.at) == ("none", None)
    assert found.text in text


@pytest.mark.parametrize(
    "text", ["一万年后", "10000年后", "9999年12月31日", "99999999天后", "公元前三百年", "25点", "8点75"]
)
def test_beyond_the_calendar_nothing_breaks(text: str) -> None:
    for prefer in ("past", "future"):
        parse(text, BASE, prefer)


def test_an_old_base_or_a_late_one_is_no_trouble() -> None:
    for base in (datetime(2, 1, 1), datetime(9997, 12, 31, 23, 59)):
        for text in ("明天", "上周五", "春节", "2月29日", "每月31号", "去年", "十年前"):
            parse(text, base)


# --- what comes again --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rrule"),
    [
        ("每月最后一个工作日下午5点", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=17;BYMINUTE=0"),
        ("每月第二个周四", "FREQ=MONTHLY;BYDAY=2TH"),
        ("每两周的周五", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        ("隔周三", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE"),
        ("周一到周五每天9点半", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30"),
        ("周一三五晚上七点", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=19;BYMINUTE=0"),
        ("每周五晚上十二点", "FREQ=WEEKLY;BYDAY=SA;BYHOUR=0;BYMINUTE=0"),
        ("每季度最后一天", "FREQ=MONTHLY;BYMONTH=3,6,9,12;BYMONTHDAY=-1"),
        ("每年母亲节", "FREQ=YEARLY;BYMONTH=5;BYDAY=2SU"),
        ("每隔两小时", "FREQ=HOURLY;INTERVAL=2"),
        ("每天9点和18点", "FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0"),
        ("每天8点、20点", "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0"),
        ("每个工作日下班前", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=18;BYMINUTE=0"),
        ("周二周四晚上八点", "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=20;BYMINUTE=0"),
        ("下周二、四下午三点", "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=15;BYMINUTE=0;UNTIL=20261206T235959"),
        ("一周一次", "FREQ=WEEKLY"),
        ("周末都", "FREQ=WEEKLY;BYDAY=SA,SU"),
        ("逢周二四六", "FREQ=WEEKLY;BYDAY=TU,TH,SA"),
    ],
)
def test_rules(text: str, rrule: str) -> None:
    assert one(text).rrule == rrule


def test_the_first_time_lies_ahead_and_obeys_the_rule() -> None:
    for line in EXPRESSIONS:
        found = parse(line.split("|")[1].strip(), BASE)[0]
        if found.rrule and found.at:
            assert found.at >= BASE.replace(hour=0)
            assert next(iter(rrulestr(found.rrule, dtstart=found.at))) == found.at


# --- where it stood, whose zone ----------------------------------------------------------------------------


def test_the_place_in_the_sentence_is_the_one_that_was_typed() -> None:
    text = "麻煩 在 下 禮拜 三 下午 ２ 點 半 提醒我"
    found = one(text)
    assert found.text == text[found.start : found.end] == "下 禮拜 三 下午 ２ 點 半"
    assert found.at == datetime(2026, 12, 2, 14, 30)


def test_results_are_in_the_zone_of_the_base() -> None:
    east = timezone(timedelta(hours=8))
    assert one("明天三点", base=BASE.replace(tzinfo=east)).at == datetime(2026, 11, 25, 15, tzinfo=east)
    assert one("上周", base=BASE.replace(tzinfo=UTC)).until == datetime(2026, 11, 23, tzinfo=UTC)


def test_several_times_come_in_order() -> None:
    found = parse("昨天下午说好了，下周五之前交初稿，12月10号上午十点评审", BASE)
    assert [each.text for each in found] == ["昨天下午", "下周五之前", "12月10号上午十点"]


@pytest.mark.timeout(120)  # seconds take a few; what grows with the square of the length takes many minutes
def test_of_a_very_long_message_the_beginning_is_read() -> None:
    assert parse("一二三四五六七八九十" * 10_000, BASE) == []
    found = parse("今天明天周一三点半到" * 10_000, BASE)
    assert found and found[-1].end <= 2_000
    assert parse("9" * 100_000, BASE) == []


# --- properties --------------------------------------------------------------------------------------------

PIECES = [
    *"零一二两三四五六七八九十半廿0123456789年月日号周天点时分秒刻上下前后初底末中大小每隔第个的到至-/.:,、和 ",
    *(
        "今天",
        "明天",
        "昨天",
        "周",
        "星期",
        "礼拜",
        "上午",
        "下午",
        "晚上",
        "凌晨",
        "小时",
        "分钟",
        "工作日",
        "之前",
        "以后",
    ),
    *(
        "最后一个",
        "国庆",
        "春节",
        "农历",
        "正月",
        "期间",
        "最近",
        "未来",
        "每周",
        "每月",
        "每年",
        "季度",
        "次",
        "2月29",
        "9999年",
    ),
]
SENTENCES = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=30)
MOMENTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2090, 1, 1))
PREFERENCES = st.sampled_from(["past", "future"])


@settings(max_examples=600, deadline=None)
@given(SENTENCES, MOMENTS, PREFERENCES)
def test_any_text_is_read(text: str, base: datetime, prefer: Prefer) -> None:
    reached = 0
    for found in parse(text, base, prefer):
        assert reached <= found.start < found.end <= len(text)
        assert found.text == text[found.start : found.end]
        reached = found.end
        if found.at and found.until:
            assert found.at < found.until
        assert (found.kind == "recurring") == (found.rrule is not None)
        assert (found.kind == "duration") == (found.length is not None)
        assert found.kind in ("duration", "none") or found.at or found.until
        if found.rrule:
            rrulestr(found.rrule, dtstart=found.at)
        assert describe(found, base)


DAYS = [
    "今天",
    "明天",
    "后天",
    "昨天",
    "大前天",
    "周五",
    "下周二",
    "上周日",
    "3月5号",
    "去年6月1日",
    "15号",
    "国庆",
    "三天后",
    "月底",
]
TIMES = ["", "下午三点", "上午9点半", "15:30", "晚上8点", "凌晨两点", "上午", "下午", "晚上"]
WHOLE = [
    "下周",
    "上个月",
    "本季度",
    "上半年",
    "今年",
    "这个周末",
    "3月",
    "周一到周三",
    "下午两点到四点",
    "3月5号到7号",
    "昨晚",
]
AGAIN = [
    "每天",
    "每周一三五",
    "每个工作日",
    "每月15号",
    "每月最后一天",
    "每月第一个周一",
    "每年3月8号",
    "每3天",
    "每两周的周五",
]
CLEAR = st.one_of(
    st.tuples(st.sampled_from(DAYS), st.sampled_from(TIMES)).map("".join),
    st.sampled_from(WHOLE),
    st.tuples(st.sampled_from(AGAIN), st.sampled_from(["", "早上八点", "15:30"])).map("".join),
    st.sampled_from(["半小时", "两小时", "三天", "90分钟"]),
)


@settings(max_examples=400, deadline=None)
@given(CLEAR, MOMENTS.map(lambda moment: moment.replace(microsecond=0, second=0)), PREFERENCES)
def test_what_is_said_back_means_the_same(text: str, base: datetime, prefer: Prefer) -> None:
    found = one(text, prefer, base)
    said = describe(found, base)
    gone = (found.at or found.until or base) < base and not found.rrule
    again = one(said, "past" if gone else "future", base)
    assert describe(again, base) == said
    # An earlier part of the day is where whoever looks back begins.
    assert found.precision is Grain.PART or (again.at, again.until, again.rrule) == (found.at, found.until, found.rrule)
