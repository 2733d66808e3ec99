"""``botbay train``: trains, tries out, compares, swaps in; and the versions that are kept. ``botbay nlu``: parses."""

import json
import sys
import time
from pathlib import Path

import click

from botbay import rasa
from botbay.cli import Failure, run_async
from botbay.rasa.parsing import parser
from botbay.settings import load_settings

#: As many sentences are shown of those that got better, and of those that got worse.
_SHOWN = 10
_CONFUSIONS = 5


@click.command()
@click.option("--list", "listing", is_flag=True, help="列出留着的版本。")
@click.option(
    "--rollback", is_flag=False, flag_value="", metavar="[NAME]", help="换回现在这个之前用的版本，或者指定的版本。"
)
def train(listing: bool, rollback: str | None) -> None:
    """训练对话模型，考一考，换上（资料没变就什么也不做）。"""
    if listing and rollback is not None:
        raise click.UsageError("--list 和 --rollback 不能一起用。")
    try:
        if listing:
            _list()
        elif rollback is not None:
            _roll_back(rollback)
        else:
            _train()
    except rasa.RasaError as error:
        raise Failure(str(error)) from None


def _train() -> None:
    started = time.monotonic()
    click.echo("  … 对话模型")
    before = rasa.served()
    version, trained = rasa.train(lambda line: click.echo(f"    · {line}"))
    if trained:
        click.echo(f"  ✓ 对话模型训练好了（{time.monotonic() - started:.0f} 秒）：{version.path.name}")
    else:
        click.echo(f"  ✓ 对话模型没有变化，不用重新训练：{version.path.name}")
    if version.report is not None and trained:
        _tell(version.report)
    if version.report is not None and before is not None and before.report is not None and before.name != version.name:
        _tell_difference(before, version.report, before.report)
    # Also where nothing is new: the swap before may have failed.
    _swap_in(version)


def _tell(report: rasa.Report) -> None:
    click.echo(
        f"    {report.sentences} 句没见过的：听对 {report.right:.1%}，反问 {report.asked:.1%}，做错 {report.wrong:.1%}；"
        f"{report.others} 句不是吩咐的：误当成吩咐 {report.acted} 句"
    )
    if report.confusions:
        worst = "，".join(f"{wanted} → {got} {times} 次" for wanted, got, times in report.confusions[:_CONFUSIONS])
        click.echo(f"    最容易听混的：{worst}")
    if report.picture is not None:
        click.echo(f"    混淆矩阵：{report.picture}")


def _tell_difference(before: rasa.Version, new: rasa.Report, old: rasa.Report) -> None:
    better, worse = rasa.compare(new, old)
    if not better and not worse:
        click.echo(f"    和上一版 {before.name} 比，没有哪句变好或变坏")
    if better:
        click.echo(f"    比上一版 {before.name} 好了 {len(better)} 句：")
        for mistake in better[:_SHOWN]:
            click.echo(f"      + {mistake.text}（{mistake.wanted}，原来 {_heard(mistake)}）")
    if worse:
        click.echo(f"    比上一版 {before.name} 差了 {len(worse)} 句：")
        for mistake in worse[:_SHOWN]:
            click.echo(f"      - {mistake.text}（{mistake.wanted}，现在 {_heard(mistake)}）")


def _heard(mistake: rasa.Mistake) -> str:
    """What a mistaken sentence was taken for."""
    how = "没把握" if mistake.got == mistake.wanted else f"听成 {mistake.got}"
    return f"{how} {mistake.confidence:.2f}"


def _swap_in(version: rasa.Version) -> None:
    settings = load_settings()
    if run_async(rasa.swap_in(settings, version)):
        click.echo("  ✓ 正在运行的对话引擎换上了它，没有丢话")
    else:
        click.echo(f"    {rasa.why_not_swapped(settings)}")


def _list() -> None:
    found = rasa.versions()
    if not found:
        click.echo("还没有训练过：运行 botbay train。")
    zone = load_settings().zone
    for version in found:
        report = version.report
        figures = f"听对 {report.right:.1%}  反问 {report.asked:.1%}  做错 {report.wrong:.1%}" if report else "没有考过"
        mark = "*" if version.current else " "
        click.echo(f"{mark} {version.name}  {version.trained_at.astimezone(zone):%Y-%m-%d %H:%M}  {figures}")


def _roll_back(name: str) -> None:
    if not name:
        earlier = rasa.served_before()
        if earlier is None:
            raise rasa.RasaError("没有更早的版本了：botbay train --list 列出全部。")
        name = earlier.name
    version = rasa.use(name.removesuffix(".tar.gz"))
    click.echo(f"  ✓ 换成 {version.name}；资料再改、再训练之前都用它")
    _swap_in(version)


@click.group()
def nlu() -> None:
    """看一句话被听成什么。"""


@nlu.command()
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="用这个模型文件，而不是现在的。",
)
def parse(model: Path | None) -> None:
    """从标准输入一行读一句，一行写一个 JSON：text intent confidence entities decision。"""
    if model is None:
        if (problem := rasa.check()) is not None:
            raise Failure(problem)
        model = rasa.model_path()
    try:
        with parser(model) as loaded:
            for line in sys.stdin.buffer:
                text = line.decode(errors="replace").rstrip("\r\n")
                click.echo(json.dumps(loaded.parse(text), ensure_ascii=False))
    except rasa.RasaError as error:
        raise Failure(str(error)) from None
