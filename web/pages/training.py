"""``/training``: sentences that the bot did not get, what maintainers make of them, and its models."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import HTTPException
from fastapi.responses import FileResponse
from nicegui import app, ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import rasa
from botbay.chat.models import Account
from botbay.db import transaction
from web.layout import STATIC, frame, told
from web.live import follow
from web.pages.training_inbox import Fixing, dismissed_list, labelled_list, waiting_list
from web.pages.training_models import picture_of, versions_list
from web.session import Maintainer, acting
from workers.training import service
from workers.training.export import Entity
from workers.training.kinds import kinds
from workers.training.models import TrainingRun
from workers.training.repository import Counted
from workers.training.service import TrainingError

_CSS = (STATIC / "training.css").read_text(encoding="utf-8")

Rule = Callable[[AsyncSession], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the page shows; the lists with how many there are in all."""

    waiting: tuple[list[Counted], int]
    labelled: tuple[list[Counted], int]
    dismissed: tuple[list[Counted], int]
    run: TrainingRun | None
    versions: list[rasa.Version]

    def inbox(self) -> object:
        return [_facts(listed) for listed in (self.waiting, self.labelled, self.dismissed)]

    def models(self) -> object:
        run = self.run and (self.run.id, self.run.state, len(self.run.lines), self.run.error)
        return run, [(version.name, version.current) for version in self.versions], self.labelled[1]


def _facts(listed: tuple[list[Counted], int]) -> object:
    rows = [
        (item.sentence.id, item.count, item.sentence.suggestion, item.sentence.intent, item.sentence.problem)
        for item in listed[0]
    ]
    return rows, listed[1]


async def _see() -> _Seen:
    async with transaction() as session:
        waiting, labelled = await service.waiting(session), await service.labelled(session)
        dismissed, run = await service.dismissed(session), await service.latest_run(session)
    versions = await asyncio.to_thread(rasa.versions)
    return _Seen(waiting=waiting, labelled=labelled, dismissed=dismissed, run=run, versions=versions)


class _Page:
    """One open page."""

    def __init__(self, account: Account, seen: _Seen, known: dict[str, str]) -> None:
        self._account = account
        self._seen = seen
        self._fixing = Fixing(known, self._label)

    def build(self) -> None:
        with frame("训练", subtitle="教机器人听懂它没听懂的话。"):
            with ui.tabs().props("align=left no-caps inline-label").classes("tr-tabs") as tabs:
                ui.tab("waiting").props("data-testid=tab-waiting")
                ui.tab("labelled").props("data-testid=tab-labelled")
                ui.tab("models", label="模型").props("data-testid=tab-models")
            self._tabs = {tab.props["name"]: tab for tab in tabs.default_slot.children}
            self._count()
            with ui.tab_panels(tabs, value="waiting", animated=False).classes("tr-panels"):
                with ui.tab_panel("waiting"):
                    self._waiting()
                with ui.tab_panel("labelled"):
                    self._labelled()
                with ui.tab_panel("models"):
                    self._models()
        follow(self._look)

    def _count(self) -> None:
        for name, words, (_, total) in (
            ("waiting", "待处理", self._seen.waiting),
            ("labelled", "已标注", self._seen.labelled),
        ):
            self._tabs[name].props["label"] = f"{words} {total}" if total else words
            self._tabs[name].update()

    @ui.refreshable_method
    def _waiting(self) -> None:
        waiting_list(*self._seen.waiting, self._label, self._fixing.open, self._dismiss)

    @ui.refreshable_method
    def _labelled(self) -> None:
        labelled_list(*self._seen.labelled, self._fixing.open, self._reopen)
        dismissed_list(*self._seen.dismissed, self._reopen)

    @ui.refreshable_method
    def _models(self) -> None:
        versions_list(
            self._seen.run,
            self._seen.versions,
            self._seen.labelled[1],
            rasa.PYTHON.exists(),
            self._train,
            self._go_back,
        )

    # --- what the buttons do ---

    async def _label(self, sentence_id: int, intent: str, entities: list[Entity]) -> bool:
        return await self._do(lambda session: service.label(session, sentence_id, intent, entities))

    async def _dismiss(self, sentence_id: int) -> None:
        await self._do(lambda session: service.dismiss(session, sentence_id))

    async def _reopen(self, sentence_id: int) -> None:
        await self._do(lambda session: service.reopen(session, sentence_id))

    async def _train(self) -> None:
        await self._do(service.start)

    async def _go_back(self, version: str) -> None:
        await self._do(lambda session: service.go_back(session, version))

    async def _do(self, rule: Rule) -> bool:
        """Act for the maintainer and show what came of it; whether it could be done."""
        done = False
        with told():
            try:
                async with acting(self._account, maintainer=True) as (session, _):
                    await rule(session)
                done = True
            except TrainingError as error:
                ui.notify(str(error), type="warning", position="top", multi_line=True)
            await self._look()
        return done

    async def _look(self) -> None:
        before, self._seen = self._seen, await _see()
        if before.inbox() != self._seen.inbox():
            self._count()
            self._waiting.refresh()
            self._labelled.refresh()
        if before.models() != self._seen.models():
            self._models.refresh()


async def _picture(name: str, account: Maintainer) -> FileResponse:
    """A version's confusion matrix."""
    path = picture_of(await asyncio.to_thread(rasa.versions), name)
    if path is None:
        raise HTTPException(404)
    return FileResponse(path, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


def register() -> None:
    @ui.page("/training")
    async def training(account: Maintainer) -> None:
        ui.add_css(_CSS)
        _Page(account, await _see(), await asyncio.to_thread(kinds)).build()

    app.get("/training/pictures/{name}")(_picture)
