"""``botbay ocr``: the writing in pictures, without any server."""

import json
import time
from pathlib import Path
from typing import Any

import click

from botbay.cli import Failure, run_async
from botbay.settings import load_settings


@click.command("ocr")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…", type=click.Path(path_type=Path))
@click.option(
    "--json", "as_json", is_flag=True, help="输出 JSON，一张一行：file text lines ms，读不了的是 file error。"
)
def ocr(images: tuple[Path, ...], as_json: bool) -> None:
    """读出图片里的文字，不用启动任何服务。读不了的图说明原因，其余照读；有一张读不了就以 1 退出。"""
    failed = run_async(_read(images, as_json))
    if failed:
        raise click.exceptions.Exit(1)


async def _read(images: tuple[Path, ...], as_json: bool) -> bool:
    # Not above: --help needs no engine.
    from botbay.chat.readings import Unreadable
    from workers.ocr.service import EngineFailed, Reader

    failed = False
    async with Reader(load_settings().ocr_engine) as reader:
        for image in images:
            began = time.perf_counter()
            try:
                if not image.is_file():
                    raise Unreadable("没有这个文件")
                found = await reader.read(image)
            except EngineFailed as error:
                raise Failure(str(error)) from None
            except Unreadable as error:
                failed = True
                if as_json:
                    _tell({"file": str(image), "error": str(error)})
                else:
                    click.echo(f"{image}：{error}", err=True)
                continue
            lines = [
                {"text": line.text, "box": [list(corner) for corner in line.box], "confidence": line.confidence}
                for line in found.lines
            ]
            if as_json:
                spent = round((time.perf_counter() - began) * 1000)
                _tell({"file": str(image), "text": found.text, "lines": lines, "ms": spent})
            else:
                click.echo(f"{image}：\n{found.text or '（图里没有文字）'}\n")
    return failed


def _tell(row: dict[str, Any]) -> None:
    click.echo(json.dumps(row, ensure_ascii=False))
