"""``/applications/{number}``: one application, with its pictures, where it is, and its history."""

from fastapi import HTTPException
from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import transaction
from botbay.zh.masking import masked
from web.layout import STATIC, card, frame, local_time, pill, text
from web.live import follow
from web.pages import applications_words
from web.pages.applications_act import Acts
from web.pages.drive_words import picture, shown_name, state_words
from web.session import SignedIn
from workers.approvals import fields, pictures, seeing, words
from workers.approvals.flow import Answer, Need, State
from workers.approvals.kinds import FieldType
from workers.approvals.seeing import SeenEvent, SeenStep, Whole
from workers.archive.repository import Entry

CSS = (STATIC / "applications.css").read_text(encoding="utf-8")


class _Page:
    """One open page."""

    def __init__(self, account: Account, whole: Whole, attached: dict[str, list[Entry]]) -> None:
        self._account = account
        self._whole = whole
        self._attached = attached

    def build(self) -> None:
        application = self._whole.listed.application
        mine = application.account_id == self._account.id
        kind = f"{application.kind} #{application.id}"
        with frame(kind if mine else f"{words.name(self._whole.listed.applicant)}的{kind}"):
            self._body = ui.element("div").classes("ap-body")
            self._acts = Acts(self._account, application.id, self.look)
            self._paint()
        follow(self.look)

    async def look(self) -> None:
        """Show what has changed since."""
        async with transaction() as session:
            found = await seeing.whole(session, self._account, self._whole.listed.application.id)
            attached = {} if found is None else await _pictures(session, found)
        if found is not None and (_mark(found, attached) != _mark(self._whole, self._attached)):
            self._whole, self._attached = found, attached
            self._paint()

    # --- what is shown ---

    def _paint(self) -> None:
        self._body.clear()
        with self._body:
            self._standing()
            self._values()
            self._acts.show(self._whole)
            self._chain()
            self._history()

    def _standing(self) -> None:
        listed = self._whole.listed
        state = State(listed.application.state)
        with ui.element("div").classes("ap-standing").props("role=status data-testid=standing"):
            pill(*applications_words.STATES[state])
            if state == State.OPEN:
                mine = self._whole.awaits(self._account)
                others = [one for one, _ in listed.waiting if one.id != self._account.id]
                if mine:
                    also = f"，{applications_words.names(others)}也可以批" if others and self._any() else ""
                    text(f"在{words.step_of(listed)}，等你批{also}")
                else:
                    text(applications_words.where(listed))
            elif listed.application.ended_at is not None:
                text(local_time(listed.application.ended_at), "bb-soft")

    def _any(self) -> bool:
        return any(step.now and step.need == Need.ANY for step in self._whole.steps)

    def _values(self) -> None:
        application = self._whole.listed.application
        with card(mark="values"), ui.element("dl").classes("ap-values"):
            self._value("申请人", words.name(self._whole.listed.applicant))
            for field in words.kind_of(application).fields:
                if field.name not in application.values:
                    continue
                if field.type == FieldType.PICTURE:
                    self._pictures(field.name, len(application.values[field.name]))
                else:
                    self._value(field.name, masked(fields.shown(field, application.values[field.name])))
            self._value("提交", local_time(application.created_at))

    def _value(self, name: str, value: str) -> None:
        text(name, tag="dt")
        text(value, tag="dd").props["data-testid"] = f"value-{name}"

    def _pictures(self, name: str, count: int) -> None:
        if not count:
            return
        base = f"/applications/{self._whole.listed.application.id}/pictures"
        text(name, tag="dt")
        with ui.element("dd").classes("ap-pictures"):
            entries = self._attached.get(name, [])
            for entry in entries:
                small = picture(entry, base)
                if not entry.stored:
                    text(state_words(entry), "bb-soft")
                    continue
                with ui.element("a").props(f"href={base}/{entry.id} target=_blank rel=noopener data-testid=picture"):
                    if small is None:
                        text(shown_name(entry))
                    else:
                        ui.element("img").props(f"src={small} loading=lazy").props["alt"] = shown_name(entry)
            if len(entries) < count:
                text(f"{count - len(entries)} 张已经不在了", "bb-soft").props("data-testid=gone-pictures")

    def _chain(self) -> None:
        with card("走到哪儿了", mark="chain"), ui.element("ol").classes("ap-chain"):
            for step in self._whole.steps:
                _step(step)

    def _history(self) -> None:
        with card("经过", mark="history"), ui.element("ol").classes("ap-history"):
            for event in self._whole.events:
                _event(event)


def _step(step: SeenStep) -> None:
    counted = [answer for _, answer in step.seats if answer != Answer.PASSED]
    rejected = Answer.REJECTED in counted
    done = not rejected and not step.now and Answer.APPROVED in counted
    look = "ap-bad" if rejected else "ap-done" if done else "ap-now" if step.now else "ap-later"
    with ui.element("li").classes(f"ap-step {look}").props(f"data-testid=step-{look.removeprefix('ap-')}"):
        icon = {"ap-bad": "close", "ap-done": "check", "ap-now": "hourglass_top", "ap-later": "more_horiz"}[look]
        ui.icon(icon).classes("ap-mark")
        with ui.element("div").classes("bb-grow"):
            need = applications_words.NEEDS[step.need] if len(counted) > 1 else ""
            with ui.element("div"):
                text(step.name, "bb-strong", tag="span")
                if need:
                    text(need, "bb-soft bb-small ap-beside", tag="span")
            for account, answer in step.seats:
                gone = "（已停用）" if account.disabled_at is not None else ""
                waits = answer == Answer.WAITING and not step.now
                said = "" if waits else f"：{applications_words.ANSWERS[answer][0]}"
                text(f"{words.name(account)}{gone}{said}", "bb-small bb-soft")


def _event(event: SeenEvent) -> None:
    icon, kind = applications_words.ICONS[event.what]
    with ui.element("li").classes(f"ap-event ap-{kind}" if kind else "ap-event").props("data-testid=event"):
        ui.icon(icon).classes("ap-mark")
        with ui.element("div").classes("bb-grow"):
            text(applications_words.happened(event))
            if event.words:
                text(f"「{event.words}」", "ap-said")
        text(local_time(event.at), "bb-soft bb-small ap-at")


async def _pictures(session: AsyncSession, whole: Whole) -> dict[str, list[Entry]]:
    return await pictures.attached(session, whole.listed.application, whole.listed.applicant)


def _mark(whole: Whole, attached: dict[str, list[Entry]]) -> object:
    """Equal for what looks the same."""
    steps = [
        (step.now, [(words.name(who), who.disabled_at, answer) for who, answer in step.seats]) for step in whole.steps
    ]
    events = [(event.what, event.at) for event in whole.events]
    return applications_words.where(whole.listed), whole.listed.application.state, steps, events, attached


def register() -> None:
    @ui.page("/applications/{number:int}")
    async def one(account: SignedIn, number: int) -> None:
        if number >= 2**63:
            raise HTTPException(404)
        async with transaction() as session:
            found = await seeing.whole(session, account, number)
            if found is None:
                raise HTTPException(404)
            attached = await _pictures(session, found)
        ui.add_css(CSS)
        _Page(account, found, attached).build()
