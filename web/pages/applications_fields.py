"""The fields of the form in which an application is written: one input for each type, with what is wrong beside it."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from nicegui import events, ui

from botbay.db import now
from botbay.storage import StorageError
from web.layout import link, text
from workers.approvals import fields, pictures, service
from workers.approvals.errors import ApprovalError
from workers.approvals.fields import FieldProblem
from workers.approvals.kinds import FieldSpec, FieldType

_DAY = timedelta(days=1)
_MOST_PICTURES = 9
#: A span that may be longer is mostly of whole days.
_OF_HOURS = 7


class Input(ABC):
    """One field. ``value`` is as ``workers.approvals.fields`` keeps it; None: left out."""

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec
        with ui.element("div").classes("ap-field") as box:
            box.props["data-testid"] = f"field-{spec.name}"
            with ui.element("div"):
                text(spec.name, "bb-strong", tag="span")
                text(_about(spec), "bb-soft bb-small ap-beside", tag="span")
            self.build()
            self._wrong = text("", "ap-wrong").props("role=alert")
            self._wrong.props["data-testid"] = f"wrong-{spec.name}"
            self._wrong.visible = False

    @abstractmethod
    def build(self) -> None: ...

    @abstractmethod
    def _given(self) -> Any | None:
        """What was put in; None for nothing. Raises FieldProblem."""

    def value(self) -> Any | None:
        """Raises FieldProblem, which stands beside the field from then on."""
        try:
            given = self._given()
            if given is None and not self.spec.optional:
                raise FieldProblem(f"{self.spec.name}还没有填。")
            kept = None if given is None else fields.checked(self.spec, given, service.moment(now()))
        except FieldProblem as problem:
            self._say(str(problem))
            raise
        self._say("")
        return kept

    def look(self) -> None:
        """Check it as somebody goes on to the next one; what is still empty is no mistake yet."""
        with contextlib.suppress(FieldProblem):
            if self._empty():
                self._say("")
            else:
                self.value()

    def _empty(self) -> bool:
        try:
            return self._given() is None
        except FieldProblem:
            return False

    def _say(self, problem: str) -> None:
        self._wrong.text = problem
        self._wrong.visible = bool(problem)


def _about(spec: FieldSpec) -> str:
    """What to fill in; how it would be said in chat is left out where it is chosen here."""
    chosen = spec.type in (FieldType.DATE, FieldType.SPAN, FieldType.PICTURE)
    question, mark, _ = spec.ask.partition("？") if chosen else (spec.ask, "", "")
    about = "" if spec.type == FieldType.PICTURE else question + mark
    return f"{about}（可以不填）" if spec.optional else about


def made(spec: FieldSpec, *, can_bring: bool) -> Input:
    """The input for a field; ``can_bring``: whether pictures can be brought."""
    match spec.type:
        case FieldType.TEXT:
            return _Text(spec)
        case FieldType.AMOUNT:
            return _Amount(spec)
        case FieldType.DATE:
            return _Date(spec)
        case FieldType.SPAN:
            return _Span(spec)
        case FieldType.CHOICE:
            return _Choice(spec)
        case _:
            return Pictures(spec) if can_bring else _NoPictures(spec)


class _Text(Input):
    def build(self) -> None:
        self._input = ui.textarea().props(f"outlined autogrow counter maxlength={self.spec.longest} data-testid=input")
        self._input.props["aria-label"] = self.spec.name
        self._input.on("blur", self.look)

    def _given(self) -> Any | None:
        return str(self._input.value or "").strip() or None


class _Amount(Input):
    def build(self) -> None:
        self._input = ui.input().props('outlined dense inputmode=decimal suffix="元" data-testid=input')
        self._input.props["aria-label"] = self.spec.name
        self._input.on("blur", self.look)

    def _given(self) -> Any | None:
        said = str(self._input.value or "").strip()
        if not said:
            return None
        value = fields.read(self.spec, said, service.moment(now()))  # 1,200 and 一千二, too
        if value is None:
            raise FieldProblem(f"{self.spec.name}没看懂，写成数字，比如 99.50。")
        return value

    def look(self) -> None:
        super().look()
        with contextlib.suppress(FieldProblem):
            if (value := self._given()) is not None:
                self._input.value = f"{value}"


class _Date(Input):
    def build(self) -> None:
        self._input = _dated(self.look, "date", self.spec.name)

    def _given(self) -> Any | None:
        return str(self._input.value or "") or None


class _Span(Input):
    """Whole days, the last one inside, or hours."""

    def build(self) -> None:
        self._whole = ui.checkbox("整天", value=self.spec.most_days > _OF_HOURS).props("dense data-testid=whole")
        with ui.element("div").classes("ap-times"):
            self._since = _dated(self._look_both, "date", "从", label="从")
            self._until = _dated(self._look_both, "date", "到", label="到")
        self._whole.on_value_change(self._switch)
        self._switch()

    def _switch(self) -> None:
        kind = "date" if self._whole.value else "datetime-local"
        for each, clock in ((self._since, "09:00"), (self._until, "18:00")):
            day = str(each.value or "")[:10]
            each.props(f"type={kind}")
            each.value = day if self._whole.value or not day else f"{day}T{clock}"

    def _look_both(self) -> None:
        if self._since.value and self._until.value:
            self.look()

    def _given(self) -> Any | None:
        since, until = str(self._since.value or ""), str(self._until.value or "")
        if not since and not until:
            return None
        if not since or not until:
            raise FieldProblem("从和到都要填。")
        try:
            if self._whole.value:
                last = datetime.combine(date.fromisoformat(until), time()) + _DAY
                return _span(datetime.combine(date.fromisoformat(since), time()), last)
            return _span(datetime.fromisoformat(since), datetime.fromisoformat(until))
        except (ValueError, OverflowError):
            raise FieldProblem("时间没有填全，看看从和到？") from None


def _span(since: datetime, until: datetime) -> Mapping[str, str]:
    return {"from": since.isoformat(), "to": until.isoformat()}


class _Choice(Input):
    def build(self) -> None:
        self._input = ui.select(list(self.spec.choices), on_change=self.look).props("outlined dense data-testid=input")
        self._input.props["aria-label"] = self.spec.name

    def _given(self) -> Any | None:
        return self._input.value or None


class Pictures(Input):
    """Stored as they come, and thrown away unless the application is submitted."""

    def build(self) -> None:
        self.taken: list[pictures.Taken] = []
        self._upload = ui.upload(auto_upload=True, multiple=True, on_upload=self._uploaded).classes("hidden")
        self._upload.props('accept="image/png,image/jpeg,image/gif,image/webp" data-testid=input')
        self._upload.on("rejected", lambda: self._say("只能选图片：JPG、PNG、GIF 或 WebP。"))
        self._list = ui.element("div").classes("ap-taken")
        button = ui.button("选图片", icon="add_photo_alternate", color=None).props("outline no-caps")
        # In the browser: it opens a file dialog only right after a click.
        button.on("click", js_handler=f"() => getElement({self._upload.id}).$refs.qRef.pickFiles()")

    async def _uploaded(self, event: events.UploadEventArguments) -> None:
        self._upload.reset()
        if len(self.taken) >= _MOST_PICTURES:
            self._say(f"最多 {_MOST_PICTURES} 张。")
            return
        try:
            picture = await pictures.take(event.file.name, event.file.size(), event.file.iterate())
        except ApprovalError as error:
            self._say(str(error))
            return
        self.taken.append(picture)
        self._say("")
        self._paint()

    def _paint(self) -> None:
        self._list.clear()
        with self._list:
            for picture in self.taken:
                with ui.element("div").classes("bb-row").props("data-testid=taken"):
                    ui.icon("image").classes("text-xl")
                    text(picture.name, "bb-grow")
                    ui.button(icon="close", color=None, on_click=lambda _, p=picture: self._remove(p)).props(
                        'flat round dense aria-label="不要这张"'
                    )

    async def _remove(self, picture: pictures.Taken) -> None:
        self.taken.remove(picture)
        self._paint()
        with contextlib.suppress(StorageError):  # then it goes with what is left over
            await pictures.drop(picture)

    def _given(self) -> Any | None:
        return None  # they become files only when the application is submitted


class _NoPictures(Input):
    def build(self) -> None:
        with ui.element("div").classes("bb-soft bb-small"):
            text("图片存在你和机器人的私聊里：要先绑定微信，说过「不要记录我」就存不了。", tag="span")
            link("去绑定", "/bind").classes("ap-beside")

    def _given(self) -> Any | None:
        return None


def _dated(look: Any, kind: str, name: str, *, label: str = "") -> ui.input:
    field = ui.input(label).props(f"type={kind} outlined dense stack-label").on("blur", look)
    field.props(f"data-testid={ {'从': 'since', '到': 'until'}.get(label, 'input') }")
    field.props["aria-label"] = name
    return field
