"""A time in one's own words, and beside it what was understood, before anything is kept."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from nicegui import ui

from botbay.chat.lines import flat
from botbay.db import now
from botbay.zh.time import parse
from web.layout import text
from workers.reminders import service, times
from workers.reminders.service import LONGEST, ReminderError, When
from workers.reminders.times import Unclear

#: What frames what is to be done: 记得提醒我…
_LEAD = re.compile(
    r"^(?:(?:请|麻烦你?|帮我|到时候?|记得|别忘了?|[,，、。:：\s])|(?:提醒|叫|喊|通知)(?:一下)?我?(?:一下)?)+"
)
_TAIL = re.compile(r"(?:(?:提醒|叫|喊|通知)(?:一下)?我(?:一下)?|的?提醒|[,，、。.!！~\s])+$")


@dataclass(frozen=True, kw_only=True)
class Understood:
    """A slot that will do, and what is to be done then, empty where nothing more was said."""

    when: When
    what: str


def understand(sentence: str, zone: ZoneInfo, moment: datetime, *, in_room: bool = False) -> Understood:
    """Raises ReminderError: no time, none that is certain, or one that will not do; the text is for people."""
    try:
        read = times.read(sentence, zone, moment)
    except Unclear as question:
        raise ReminderError(str(question)) from None
    if read is None:
        raise ReminderError("还没看出是什么时候，加上时间，比如「明天下午三点」「每周五下午五点」。")
    when = service.check(read.when, zone, in_room=in_room)
    return Understood(when=when, what=_what(sentence, zone, moment))


def _what(sentence: str, zone: ZoneInfo, moment: datetime) -> str:
    for time in reversed(parse(sentence, moment.astimezone(zone).replace(tzinfo=None), "future")):
        sentence = f"{sentence[: time.start]} {sentence[time.end :]}"
    return re.sub(r"\s+", " ", _TAIL.sub("", _LEAD.sub("", sentence.strip()))).strip()


def shown(when: When, zone: ZoneInfo, moment: datetime) -> str:
    """明天（周三）15:00; of one that recurs its rule, and when it comes first."""
    words = times.shown(when, zone, moment)
    if when.rule is None:
        return words
    return f"{words}，第一次是{times.shown(When(at=when.at), zone, moment)}"


class TimeField:
    """A field for a sentence with a time, and a line that says what was understood. ``in_room``: where it is told."""

    def __init__(
        self, zone: ZoneInfo, label: str, hint: str, *, mark: str, with_what: bool, in_room: bool = False
    ) -> None:
        self._zone = zone
        self._with_what = with_what
        self._in_room = in_room
        self.input = ui.input(label, placeholder=hint).props(
            f"outlined stack-label maxlength={LONGEST + 60} data-testid={mark}"
        )
        self.input.on_value_change(self._say)
        self._line = text("", "td-understood bb-small").props(f"role=status data-testid={mark}-understood")
        self._line.visible = False

    @property
    def said(self) -> str:
        return flat(self.input.value or "").strip()

    def understood(self) -> Understood:
        """What the field means now. Raises ReminderError, as ``understand`` does, and where nothing is to be done."""
        found = understand(self.said, self._zone, now(), in_room=self._in_room)
        if self._with_what and not found.what:
            raise ReminderError(f"{shown(found.when, self._zone, now())}提醒你什么？把要做的事也写上。")
        return found

    def tell(self, words: str, *, good: bool) -> None:
        self._line.text = words
        self._line.classes(add="td-good" if good else "td-bad", remove="td-bad" if good else "td-good")
        self._line.visible = bool(words)

    def clear(self) -> None:
        self.input.value = ""
        self.tell("", good=True)

    def _say(self) -> None:
        if not self.said:
            self.tell("", good=True)
            return
        try:
            found = self.understood()
        except ReminderError as problem:
            self.tell(str(problem), good=False)
        else:
            what = f" 提醒你：{found.what}" if self._with_what else ""
            self.tell(f"{shown(found.when, self._zone, now())}{what}", good=True)
