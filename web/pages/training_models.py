"""The models on the page ``/training``: the training under way, and the versions with how good each is."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from nicegui import ui

from botbay import rasa
from web.layout import card, duration, empty, local_time, note, pill, text
from web.pages.training_inbox import name_of
from workers.training.models import RunState, TrainingRun

#: In the containers of Docker Compose it never is.
_NO_PYTHON = (
    "这里没装训练用的环境（用 Docker Compose 运行就是这样）。标注都留着；"
    "要训练，在装了整套 BotBay 的机器上做，再把模型带过来，见文档「教它听懂」。"
)
#: How many sentences and confusions are shown of each.
_MOST = 12


def picture_of(versions: Sequence[rasa.Version], name: str) -> Path | None:
    """The file of a version's confusion matrix."""
    for version in versions:
        if version.name == name and version.report is not None:
            return version.report.picture
    return None


def versions_list(
    run: TrainingRun | None,
    versions: Sequence[rasa.Version],
    waiting: int,
    can_train: bool,
    train: Callable[[], Awaitable[None]],
    go_back: Callable[[str], Awaitable[None]],
) -> None:
    busy = run is not None and run.ended_at is None
    with card("训练", mark="run"):
        text(
            f"有 {waiting} 句新标注，训练大约要两分钟，机器人照常说话。"
            if waiting
            else "没有新的标注。资料没变的话，训练马上就完。",
            "bb-soft",
        )
        ui.button("训练", icon="model_training", on_click=train).props("unelevated data-testid=train").set_enabled(
            can_train and not busy
        )
        if not can_train:
            note(_NO_PYTHON).props("data-testid=cannot-train")
        if run is not None:
            _run(run)
    if not versions:
        with empty("history", "还没有训练过的版本。" if can_train else "这里看不到对话引擎的版本。"):
            if can_train:
                text("按一次「训练」，就有第一个版本和它的成绩。", "bb-small")
    for version, earlier in zip(versions, [*versions[1:], None], strict=False):
        _version(version, earlier, busy, go_back)


def _run(run: TrainingRun) -> None:
    if run.state == RunState.QUEUED:
        note("排上队了，等后台任务接手。").props("data-testid=queued")
    if run.lines:
        with ui.element("div").classes("tr-lines").props("data-testid=lines"):
            for line in run.lines:
                text(line)
    if run.state == RunState.RUNNING:
        ui.linear_progress(show_value=False).props("indeterminate rounded")
    elif run.state == RunState.FAILED:
        note(run.error, "bad").props("data-testid=failed")
    elif run.state == RunState.DONE and run.ended_at is not None and run.started_at is not None:
        took = duration(run.ended_at - run.started_at)
        note(f"{local_time(run.ended_at)} 换上了 {run.version}，用了 {took}。", "good").props("data-testid=done")


def _version(
    version: rasa.Version, earlier: rasa.Version | None, busy: bool, go_back: Callable[[str], Awaitable[None]]
) -> None:
    async def back() -> None:
        await go_back(version.name)

    with card(mark=f"version-{version.name}"):
        with ui.element("div").classes("bb-row bb-wrap"):
            with ui.element("div").classes("bb-grow"):
                text(f"{local_time(version.trained_at)} 训练的", "bb-strong")
                text(version.name, "bb-soft bb-small")
            if version.current:
                pill("正在用", "good").props("data-testid=current")
            else:
                ui.button("换回这个版本", icon="restore", on_click=back).props(
                    "outline dense data-testid=go-back"
                ).set_enabled(not busy)
        if version.report is None:
            text("这个版本没有考过。", "bb-soft")
            return
        _report(version.name, version.report, None if earlier is None else earlier.report)


def _report(name: str, report: rasa.Report, earlier: rasa.Report | None) -> None:
    text(f"考题答对 {report.right:.1%}", "bb-strong").props("data-testid=accuracy")
    text(f"{report.sentences} 句没见过的话里，反问 {report.asked:.1%}，做错 {report.wrong:.1%}", "bb-soft")
    if report.others:
        text(f"另有 {report.others} 句没要它做什么，它动手了 {report.acted} 次", "bb-soft bb-small")
    if earlier is not None:
        better, worse = rasa.compare(report, earlier)
        _changes(f"比前一版好了 {len(better)} 句", better, "better")
        _changes(f"比前一版差了 {len(worse)} 句", worse, "worse")
    if report.confusions:
        with ui.expansion("最容易混的").props("dense").classes("w-full"):
            for wanted, got, count in report.confusions[:_MOST]:
                text(f"{name_of(wanted)} → {name_of(got)}：{count} 句")
    if report.picture is not None:
        with ui.expansion("混淆矩阵").props("dense data-testid=matrix").classes("w-full"):
            picture = ui.element("img").classes("tr-picture").props('alt="混淆矩阵" loading=lazy data-testid=picture')
            picture.props["src"] = f"/training/pictures/{quote(name, safe='')}"


def _changes(title: str, changed: Sequence[rasa.Mistake], mark: str) -> None:
    if not changed:
        text(title, "bb-soft bb-small").props(f"data-testid={mark}")
        return
    with ui.expansion(title).props(f"dense data-testid={mark}").classes("w-full"):
        for mistake in changed[:_MOST]:
            with ui.element("div").classes("q-mb-sm"):
                text(mistake.text)
                text(_mistake(mistake), "bb-soft bb-small")
        if len(changed) > _MOST:
            text(f"还有 {len(changed) - _MOST} 句", "bb-soft bb-small")


def _mistake(mistake: rasa.Mistake) -> str:
    wanted = name_of(mistake.wanted)
    if mistake.got == mistake.wanted:
        return f"{wanted}：听出来了，但只有 {mistake.confidence:.0%} 把握"
    return f"应是{wanted}，听成{name_of(mistake.got)}"
