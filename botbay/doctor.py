"""``botbay doctor``: checks every part, says what is wrong and how to mend it.

Each installed part brings its checks by an entry point ``botbay.checks``: an async callable that takes the settings
and yields findings.
"""

import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points

import click
import httpx

from botbay import rasa, schema, storage
from botbay.cli import Failure, run_async
from botbay.postgres import EmbeddedPostgres, PostgresError
from botbay.settings import Settings, load_settings

_MIN_FREE = 1_000_000_000  # bytes


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``words`` say what is there, or what is wrong and how to mend it."""

    part: str
    ok: bool
    words: str


Check = Callable[[Settings], AsyncIterator[Finding]]


async def _ground(settings: Settings) -> AsyncIterator[Finding]:
    yield Finding(part="设置", ok=True, words="没有问题")
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(settings.data_dir).free
        enough = free >= _MIN_FREE
        words = f"{settings.data_dir}，剩余 {free / 1e9:.1f} GB" + ("" if enough else "，太少了：请腾出空间。")
        yield Finding(part="数据目录", ok=enough, words=words)
    except OSError as error:
        yield Finding(
            part="数据目录",
            ok=False,
            words=f"{settings.data_dir} 用不了：{error.strerror}。检查 BOTBAY_DATA_DIR。",
        )
        return
    async for finding in _database(settings):
        yield finding
    problem = await storage.check()
    yield Finding(part="文件存储", ok=problem is None, words=problem or "能写能读")
    if settings.rasa_host in ("127.0.0.1", "localhost", "::1"):  # elsewhere it has its own project and model
        problem = rasa.check()
        yield Finding(part="对话模型", ok=problem is None, words=problem or rasa.model_path().name)
    async for finding in _servers(settings):
        yield finding


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    if settings.database_url is None:
        try:
            running = EmbeddedPostgres(settings.data_dir / "postgres").is_running()
        except PostgresError as error:
            yield Finding(part="数据库", ok=False, words=str(error))
            return
        if not running:
            yield Finding(part="数据库", ok=False, words="自带的数据库没有在运行：先运行 make run 或 botbay up。")
            return
    problem = await schema.check()
    yield Finding(part="数据库", ok=problem is None, words=problem or "连得上，版本正确")


async def _servers(settings: Settings) -> AsyncIterator[Finding]:
    places = (
        ("对话引擎", f"{settings.rasa_url}/webhooks/botbay/health"),
        ("动作服务", settings.actions_url.removesuffix("/webhook") + "/health"),
        (
            "网页",
            f"http://{'127.0.0.1' if settings.web_host in ('0.0.0.0', '::') else settings.web_host}:{settings.web_port}/health",
        ),
    )
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        for part, url in places:
            try:
                answer = await client.get(url)
                ok = answer.status_code == 200
                words = "在运行" if ok else f"答复 {answer.status_code}：看它的日志。"
                if ok and answer.json().get("database") is False:
                    ok, words = False, "在运行，但它连不上数据库。"
            except httpx.HTTPError:
                ok, words = False, f"{url} 没有回应：先运行 make run 或 botbay up；在运行的话看它的日志。"
            yield Finding(part=part, ok=ok, words=words)


async def examine(settings: Settings) -> list[Finding]:
    checks: list[Check] = [_ground, *(entry.load() for entry in sorted(entry_points(group="botbay.checks")))]
    return [finding for check in checks async for finding in check(settings)]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def command(as_json: bool) -> None:
    """检查每个部件，说明哪里不对、怎么修。"""
    findings = run_async(examine(load_settings()))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{'✓' if finding.ok else '✗'} {finding.part}：{finding.words}")
    wrong = sum(not finding.ok for finding in findings)
    if wrong:
        raise Failure(f"有 {wrong} 处要修。")
