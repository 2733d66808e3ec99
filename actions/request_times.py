"""When a request is for: the time in a sentence, and how a later one changes it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from actions.base import Context
from actions.heard import Heard
from botbay.db import now
from botbay.rasa.intents import AHEAD
from botbay.zh.time import Grain, Prefer, TimeExpression, describe, parse

_CLOCK = re.compile(
    r"(?:凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|半夜)?\s*(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})(?:点|:|：|时).*$"
)

#: 把3点的提醒改到4点: what stands behind is when.
_MOVED = re.compile(r"(?:改到|改成|改为|推迟?到|延后?到|挪到|换到|移到|拖到|推到)(?P<to>.+)$")
#: 上次纪要之后, 上次之后: from where the last minutes end.
_SINCE_MINUTES = re.compile(
    r"(?:上一?[次回份]|最近一[次份])(?:的)?(?:会议)?(?:纪要|总结|小结|记录)?(?:之后|以后|以来|之?后|到现在|往后)"
)
#: 我不在的时候, 我错过了什么: from where the asker was there last.
_SINCE_SPOKEN = re.compile(
    r"(?:我|咱|俺|本人)[^他她,，。]{0,6}(?:不在|没在|离开|走开|没看|没跟上|没来得及看|上次说话)|(?<![他她])错过|没(?:怎么)?看(?:群|消息|手机|微信)|没爬楼"
)
#: 刚才 beside such words says no more than they do.
_JUST = re.compile(r"^刚[才刚]?$")
#: A talk at some time, and not all that was said then: 昨天下午那场, 三点的会; 会议纪要 says nothing.
_MEETING = re.compile(
    r"那[一]?[场次]|[那的个早晚周例开]会(?!议?[纪记总小员费])|会议(?!的?(?:纪要|记录|总结|小结|内容|minutes))|那个?讨论"
)
#: Where such a span begins, as its ``from``.
SINCE_MINUTES, SINCE_SPOKEN = "minutes", "spoken"

#: A day of the week, for which every week may be meant.
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天末]")
#: The evening, and when it is where no hour is said.
_EVENING, _EVENING_HOUR = re.compile(r"(?<!傍)晚|夜里|夜间"), 21

#: How far from the hour that was said something may have happened.
_AROUND = timedelta(minutes=30)


def local_now(context: Context, zone: tzinfo | None = None) -> datetime:
    """The wall clock where the people are, or in a time zone of one's own."""
    return now().astimezone(zone or context.settings.zone).replace(tzinfo=None)


def read_time(heard: Heard, text: str, intent: str, moment: datetime) -> dict[str, str] | None:
    """The time in what was said, as {"text", "shown"}; None where there is none, or its hour is needed and missing."""
    prefer: Prefer = "future" if intent in AHEAD else "past"
    said = [name for name in heard.all("time") if name in text]
    # What the pipeline marked is read by itself, or together where it belongs together (每天 … 九点); else all is read.
    if intent == "snooze_reminder" and (later := _MOVED.search(text)):
        said, text = [name for name in said if name in later["to"]], later["to"]
    for words in ("".join(said), *said, text):
        if found := _first(words, moment, prefer, lasting=intent != "submit_application"):
            shown = _said_back(found, intent, moment)
            return {"text": found.text, "shown": shown} if shown else None
    return None


def read_span(text: str, plain: str, time: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """The span of talk that minutes are asked for, given the time that was read in the sentence.

    ``plain`` is the sentence without names of rooms: 开会通知群 is no meeting. What comes back is the time, and
    beside "text" and "shown" "from" where it begins at the last minutes or the asker's last words, and "talk"
    where one meeting in that time is meant.
    """
    if (found := _SINCE_MINUTES.search(text)) and (time is None or time["text"] in found[0]):
        return {"text": found[0], "shown": "上次纪要之后", "from": SINCE_MINUTES}
    if (found := _SINCE_SPOKEN.search(text)) and (time is None or _JUST.match(time["text"])):
        return {"text": found[0], "shown": "你上次说话之后", "from": SINCE_SPOKEN}
    if time is not None and _MEETING.search(plain):
        return {**time, "talk": "yes"}
    return time


def changed_time(
    before: Mapping[str, Any] | None, later: Mapping[str, str], intent: str, moment: datetime
) -> Mapping[str, str]:
    """A new day keeps the hour that was said before, a new hour keeps the day; only for what is to come."""
    if before is None or intent not in AHEAD:
        return later
    old, new = _CLOCK.search(str(before["text"])), _CLOCK.search(later["text"])
    if new is not None and new.start() == 0:
        day = str(before["text"])[: old.start()] if old is not None else str(before["text"])
        words = f"{day}{later['text']}"
    elif new is None and old is not None:
        words = f"{later['text']}{old[0]}"
    else:
        return later
    found = _first(words, moment, "future")
    if found is None or found.text != words or not (shown := _said_back(found, intent, moment)):
        return later
    return {"text": words, "shown": shown}


def span_of(
    time: Mapping[str, Any], context: Context, zone: tzinfo | None = None
) -> tuple[datetime | None, datetime | None]:
    """From when until when (itself outside) a request's time reaches back, aware; None where it is open.

    A moment is taken with some time around it: nobody knows the minute of a file.
    """
    zone = zone or context.settings.zone
    found = _first(str(time["text"]), local_now(context, zone), "past")
    if found is None:
        return None, None
    at, until = found.at, found.until
    if found.length is not None:
        at, until = local_now(context, zone) - found.length, None
    elif until is None and at is not None:
        length = timedelta(days=1) if found.precision >= Grain.DAY else timedelta(0)
        match found.bound:
            case "before":
                at, until = None, at
            case "at":
                around = timedelta(0) if length else _AROUND
                at, until = at - around, at + length + around
    return (
        None if at is None else at.replace(tzinfo=zone),
        None if until is None else until.replace(tzinfo=zone),
    )


def _first(words: str, moment: datetime, prefer: Prefer, *, lasting: bool = True) -> TimeExpression | None:
    """The first time in these words; without ``lasting``, a length (三天) only where no day is said."""
    found = [one for one in parse(words, moment, prefer) if one.kind != "none"]
    days = [one for one in found if lasting or one.kind != "duration"]
    return next(iter(days or found), None)


def _said_back(time: TimeExpression, intent: str, moment: datetime) -> str:
    return _every_day(time, moment) if intent == "subscribe_report" else describe(time, moment)


def _every_day(time: TimeExpression, moment: datetime) -> str:
    """When a report is to come by itself; empty where the hour is not said. 晚上 alone means 21:00."""
    if time.rrule is None and _WEEKDAY.match(time.text):
        # 周五晚上八点, 周一到周五六点: of every week, where it is to come by itself.
        time = _first(f"每{time.text}", moment, "future") or time
    if time.at is None or time.precision > Grain.PART:
        return ""
    if time.precision == Grain.PART:
        if not _EVENING.search(time.text):
            return ""
        time = replace(time, at=time.at.replace(hour=_EVENING_HOUR), precision=Grain.MINUTE)
    return describe(time, moment) if time.rrule is not None else f"每天 {time.at:%H:%M}"
