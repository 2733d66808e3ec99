"""Days that have a name: feasts by the sun, by the moon, by weekday; what is off and what is worked."""

from datetime import date, timedelta

import chinese_calendar

from botbay.zh.time.lunar import lunar_day

_DAY = timedelta(days=1)

_SOLAR = {
    "元旦": (1, 1),
    "新年": (1, 1),
    "情人节": (2, 14),
    "女生节": (3, 7),
    "三八妇女节": (3, 8),
    "三八节": (3, 8),
    "妇女节": (3, 8),
    "女神节": (3, 8),
    "植树节": (3, 12),
    "消费者权益日": (3, 15),
    "愚人节": (4, 1),
    "世界读书日": (4, 23),
    "五一劳动节": (5, 1),
    "五一": (5, 1),
    "劳动节": (5, 1),
    "青年节": (5, 4),
    "五四": (5, 4),
    "护士节": (5, 12),
    "六一儿童节": (6, 1),
    "六一": (6, 1),
    "儿童节": (6, 1),
    "建党节": (7, 1),
    "高考": (6, 7),
    "618": (6, 18),
    "七一": (7, 1),
    "建军节": (8, 1),
    "八一": (8, 1),
    "教师节": (9, 10),
    "国庆": (10, 1),
    "十一黄金周": (10, 1),
    "程序员节": (10, 24),
    "万圣夜": (10, 31),
    "万圣": (10, 31),
    "光棍节": (11, 11),
    "双十一": (11, 11),
    "双11": (11, 11),
    "双十二": (12, 12),
    "双12": (12, 12),
    "平安夜": (12, 24),
    "圣诞": (12, 25),
    "跨年夜": (12, 31),
    "跨年": (12, 31),
}
_LUNAR = {
    "春节": (1, 1),
    "大年初一": (1, 1),
    "年初一": (1, 1),
    "元宵": (1, 15),
    "龙抬头": (2, 2),
    "端午": (5, 5),
    "七夕": (7, 7),
    "中元": (7, 15),
    "中秋": (8, 15),
    "重阳": (9, 9),
    "腊八": (12, 8),
    "北方小年": (12, 23),
    "南方小年": (12, 24),
    "小年": (12, 23),
    "大年三十": (12, 30),
    "大年夜": (12, 30),
    "年三十": (12, 30),
    "除夕": (12, 30),
}
#: Month, weekday (Monday is 0), which one.
WEEKDAY_FEASTS = {
    "母亲节": (5, 6, 2),
    "父亲节": (6, 6, 3),
    "感恩节": (11, 3, 4),
    "黑色星期五": (11, 4, 4),
    "黑五": (11, 4, 4),
}
#: The sun's terms by the formula of the almanacs for this century: month, constant.
_TERMS = {
    "立春": (2, 3.87),
    "雨水": (2, 18.73),
    "惊蛰": (3, 5.63),
    "春分": (3, 20.646),
    "清明": (4, 4.81),
    "谷雨": (4, 20.1),
    "立夏": (5, 5.52),
    "小满": (5, 21.04),
    "芒种": (6, 5.678),
    "夏至": (6, 21.37),
    "小暑": (7, 7.108),
    "大暑": (7, 22.83),
    "立秋": (8, 7.5),
    "处暑": (8, 23.13),
    "白露": (9, 7.646),
    "秋分": (9, 23.042),
    "寒露": (10, 8.318),
    "霜降": (10, 23.438),
    "立冬": (11, 7.438),
    "小雪": (11, 22.36),
    "大雪": (12, 7.18),
    "冬至": (12, 21.94),
    "小寒": (1, 5.4055),
    "大寒": (1, 20.12),
}
#: Words that are weather, names or talk more often than days are days only with 节气, 那天 … behind them.
_MILD = {"高考", "618", "雨水", "小满", "大雪", "小雪", "大寒", "小寒", "大暑", "小暑", "白露", "霜降"}
#: How many days are off where the official calendar does not reach, and the first of them.
_DAYS_OFF = {"元旦": (0, 3), "春节": (-1, 8), "清明": (0, 3), "五一": (0, 5), "劳动节": (0, 5), "端午": (0, 3)}
_DAYS_OFF |= {"中秋": (0, 3), "国庆": (0, 7), "十一黄金周": (0, 7)}

#: What moves by the moon or the sun against the calendar, the short names first.
MOVING_FEASTS = ("春节", "除夕", *(name for name in (*_LUNAR, *_TERMS) if name not in ("春节", "除夕")))

_BARE = sorted({*_SOLAR, *_LUNAR, *WEEKDAY_FEASTS, *_TERMS} - _MILD, key=len, reverse=True)
FEAST = (
    rf"(?:(?P<feast>{'|'.join(_BARE)})|(?P<mild>{'|'.join(sorted(_MILD))})(?=节气|那天|当天|当日|第一天|大促|前[一两三]天|前一周|之?前提醒))"
    # 五一 and the like are also parts of longer numbers.
    r"(?!(?<=[一二四十1])[\d零一二三四五六七八九十百千万](?!\d?[:点时]))(?:节(?![日省约目奏])|节气)?"
)


def is_fixed(name: str) -> bool:
    """Whether the solar calendar alone says when a feast is."""
    return name in _SOLAR or name in WEEKDAY_FEASTS


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    """The nth such weekday of a month, from its end where negative; nothing where the month has fewer."""
    if nth > 0:
        first = date(year, month, 1)
        day = first + _DAY * ((weekday - first.weekday()) % 7 + 7 * (nth - 1))
    else:
        last = date(year + month // 12, month % 12 + 1, 1) - _DAY
        day = last - _DAY * ((last.weekday() - weekday) % 7 + 7 * (-nth - 1))
    return day if day.month == month else None


def feast_day(name: str, year: int) -> date | None:
    """The day of a feast in a year; nothing where the calendars do not reach."""
    if name in _SOLAR:
        return date(year, *_SOLAR[name])
    if name in WEEKDAY_FEASTS:
        month, weekday, nth = WEEKDAY_FEASTS[name]
        return nth_weekday(year, month, weekday, nth)
    if name in _TERMS:
        month, constant = _TERMS[name]
        short = year % 100
        leaps = (short - 1) // 4 if month < 3 else short // 4
        return date(year, month, int(short * 0.2422 + constant) - leaps)
    month, day = _LUNAR[name]
    # The end of a lunar year falls into the next solar one, and people name it by that: 2027年除夕 is in February 2027.
    return lunar_day(year - 1 if month == 12 else year, month, day)


def holiday(name: str, year: int) -> tuple[date, date] | None:
    """A feast's days off, the last one outside; by the official calendar where it is out already."""
    day = feast_day(name, year)
    if day is None:
        return None
    if official(day) and not is_workday(day):
        first, end = day, day + _DAY
        while not is_workday(first - _DAY):
            first -= _DAY
        while not is_workday(end):
            end += _DAY
        return first, end
    shift, days = _DAYS_OFF.get(name, (0, 1))
    return day + shift * _DAY, day + (shift + days) * _DAY


def official(day: date) -> bool:
    """Whether the State Council's calendar of this day is known here."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def is_workday(day: date) -> bool:
    """Whether people work on this day: officially, or by the week and the feasts where nothing is official yet."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        if day.weekday() >= 5:
            return False
    for name, (shift, days) in _DAYS_OFF.items():
        first = feast_day(name, day.year)
        if first is not None and 0 <= (day - first).days - shift < days:
            return False
    return True


def workday(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``, before it where negative."""
    step = _DAY if count > 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_workday(day):
            day += step
    return day
