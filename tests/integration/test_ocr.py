"""Reading pictures with the real engine and its real weights: formats, turned and long pictures, and bad input."""

import asyncio
import io
import json
import os
import re
import signal
import struct
import subprocess
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from botbay import sandbox
from botbay.chat.readings import Read, Unreadable
from tests.integration.test_cli import botbay
from tests.read_fixture import drawn
from workers.ocr import engine as engines
from workers.ocr.service import EngineFailed, Reader
from workers.ocr.weights import TINY_DETECTION, WeightsError, place

_WORDS = ["项目评审会改到周三下午三点", "地点：科技园3号楼302会议室", "联系人 王小明 Redis 7.2"]


class Reading:
    """A reader and the loop that it lives in."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.reader = Reader("onnx")

    def read(self, source: Path) -> Read:
        return self._runner.run(self.reader.read(source))

    def close(self) -> None:
        self._runner.run(self.reader.__aexit__(None, None, None))
        self._runner.close()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reading]:
    """One engine for all: what is wrong with a picture is no matter to the next."""
    reading = Reading()
    yield reading
    reading.close()


def page(*lines: str, high: int = 40, size: tuple[int, int] = (900, 400)) -> Image.Image:
    texts = [(40, 40 + number * high * 2, line) for number, line in enumerate(lines)]
    return Image.open(io.BytesIO(drawn(texts, size=size, high=high).data)).convert("RGB")


def saved(folder: Path, image: Image.Image, kind: str, **options: object) -> Path:
    path = folder / f"picture.{kind}"
    image.save(path, kind, **options)
    return path


def plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def whole() -> str:
    return plain("".join(_WORDS))


# --- what it reads -----------------------------------------------------------------------------------------


def test_the_lines_of_a_picture_with_their_places(reader: Reading, tmp_path: Path) -> None:
    picture = drawn([(40, 40 + 90 * number, line) for number, line in enumerate(_WORDS)], size=(900, 400))
    (tmp_path / "a.png").write_bytes(picture.data)
    read = reader.read(tmp_path / "a.png")
    assert (read.width, read.height) == (900, 400)
    assert [plain(line) for line in read.text.split("\n")] == [plain(line) for line in _WORDS]
    for line, known in zip(read.lines, picture.lines, strict=True):
        assert line.confidence > 0.8
        for (x, y), (known_x, known_y) in zip(line.box, known.box, strict=True):
            assert abs(x - known_x) < 20
            assert abs(y - known_y) < 20


_FORMATS: dict[str, Callable[[Path], Path]] = {
    "jpeg": lambda folder: saved(folder, page(*_WORDS), "jpeg"),
    "webp": lambda folder: saved(folder, page(*_WORDS), "webp"),
    "bmp": lambda folder: saved(folder, page(*_WORDS), "bmp"),
    "tiff": lambda folder: saved(folder, page(*_WORDS), "tiff"),
    "gif, the first frame": lambda folder: saved(
        folder, page(*_WORDS), "gif", save_all=True, append_images=[page("第二帧")]
    ),
    "cmyk": lambda folder: saved(folder, page(*_WORDS).convert("CMYK"), "jpeg"),
    "grey": lambda folder: saved(folder, page(*_WORDS).convert("L"), "png"),
    "black and white": lambda folder: saved(folder, page(*_WORDS).convert("1"), "png"),
    "palette": lambda folder: saved(folder, page(*_WORDS).quantize(16), "png"),
    "16 bit": lambda folder: saved(
        folder, Image.fromarray(np.asarray(page(*_WORDS).convert("L")).astype(np.uint16) * 257), "png"
    ),
    "black on nothing": lambda folder: saved(folder, _on_nothing(), "png"),
    "heic": lambda folder: _heic(folder),
}


def _on_nothing() -> Image.Image:
    grey = page(*_WORDS).convert("L")
    clear = Image.new("RGBA", grey.size, (0, 0, 0, 0))
    clear.putalpha(Image.eval(grey, lambda value: 255 - value))
    return clear


def _heic(folder: Path) -> Path:
    path = folder / "picture.heic"
    pillow_heif.from_pillow(page(*_WORDS)).save(path, quality=90)
    return path


@pytest.mark.parametrize("kind", _FORMATS)
def test_every_format_is_read(reader: Reading, tmp_path: Path, kind: str) -> None:
    assert plain((reader.read(_FORMATS[kind](tmp_path))).text) == whole()


def test_a_picture_that_its_exif_turns_is_read_as_browsers_show_it(reader: Reading, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown a quarter to the right
    lying = page(*_WORDS).transpose(Image.Transpose.ROTATE_90)
    read = reader.read(saved(tmp_path, lying, "jpeg", exif=exif))
    assert (read.width, read.height) == (900, 400)
    assert plain(read.text) == whole()


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_lies_is_read_and_its_lines_stand_where_they_are_shown(
    reader: Reading, tmp_path: Path, degrees: int
) -> None:
    upright = page(*_WORDS, "这一页是横着拍的，也要读得出来", "第五行：合同编号 HT-2024-0815", size=(900, 600))
    lying = upright.rotate(degrees, expand=True)
    read = reader.read(saved(tmp_path, lying, "png"))
    assert plain(read.text).startswith(whole())
    assert (read.width, read.height) == lying.size
    xs = [x for line in read.lines for x, _ in line.box]
    ys = [y for line in read.lines for _, y in line.box]
    assert 0 <= min(xs) <= max(xs) <= lying.width
    assert 0 <= min(ys) <= max(ys) <= lying.height
    dark = np.asarray(lying.convert("L")) < 128
    for line in read.lines:
        left, top = (max(0, int(min(corner[axis] for corner in line.box))) for axis in (0, 1))
        right, bottom = (int(max(corner[axis] for corner in line.box)) for axis in (0, 1))
        assert dark[top:bottom, left:right].mean() > 0.02  # there is writing


def test_of_a_long_screenshot_no_line_is_lost_and_none_comes_twice(reader: Reading, tmp_path: Path) -> None:
    lines = [f"第{number}条：今天的进度是{number * 7}个" for number in range(1, 91)]
    long = page(*lines, high=32, size=(720, 40 + 64 * 90 + 40))
    read = reader.read(saved(tmp_path, long, "png"))
    assert [plain(line) for line in read.text.split("\n")] == [plain(line) for line in lines]


def test_two_columns_and_the_bubbles_of_a_chat(reader: Reading, tmp_path: Path) -> None:
    left = ["本次活动的报名从周一开始", "持续到这个月的最后一天", "名额有限请大家尽早报名", "报名后请留意短信的通知"]
    right = [
        "活动地点在学校的体育馆里",
        "入场时请出示报名的二维码",
        "自带水杯现场有热水供应的",
        "活动结束以后会发纪念奖品",
    ]
    texts = [(40, 40 + 70 * row, line) for row, line in enumerate(left)]
    texts += [(640, 40 + 70 * row, line) for row, line in enumerate(right)]
    (tmp_path / "columns.png").write_bytes(drawn(texts, size=(1240, 360)).data)
    read = reader.read(tmp_path / "columns.png")
    assert [plain(line) for line in read.text.split("\n")] == [*left, *right]
    chat = [(30, 40, "周末去爬山吗"), (520, 130, "去，几点集合"), (30, 220, "早上八点北门"), (520, 310, "好的不见不散")]
    (tmp_path / "chat.png").write_bytes(drawn(chat, size=(900, 400)).data)
    read = reader.read(tmp_path / "chat.png")
    assert [plain(line) for line in read.text.split("\n")] == [plain(text) for _, _, text in chat]


@pytest.mark.parametrize("size", [(900, 400), (8, 4000), (4000, 8), (1, 1), (7, 7)])
def test_where_nothing_is_written_nothing_is_read(reader: Reading, tmp_path: Path, size: tuple[int, int]) -> None:
    read = reader.read(saved(tmp_path, Image.new("RGB", size, "white"), "png"))
    assert (read.text, list(read.lines), read.width, read.height) == ("", [], *size)


# --- bad input ---------------------------------------------------------------------------------------------


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, rows: bytes) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _bytes(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    page(*_WORDS).save(out, kind, **options)
    return out.getvalue()


def _bad() -> dict[str, bytes]:
    """Files that call themselves pictures. What can be shown of them by nobody."""
    whole_files = {kind: _bytes(kind) for kind in ("jpeg", "png", "webp", "gif", "bmp", "tiff")}
    bad = {
        "empty": b"",
        "a text": "这不是图片".encode(),
        "zeros": bytes(5000),
        "a page of HTML": b"<html><img src=x onerror=alert(1)></html>",
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><text>hi</text></svg>',
        "a PDF": b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>",
        "a zip": b"PK\x03\x04" + bytes(200),
        "an executable": b"\x7fELF" + bytes(300),
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n/showpage",
        "bomb of 900 megapixels": _png(30000, 30000, bytes(30001) * 1000),
        "bomb that is wide": _png(2_000_000_000, 1, bytes(1000)),
        "no width": _png(0, 100, bytes(100)),
        "rows missing": _png(4000, 4000, bytes(4001)),
    }
    for kind, data in whole_files.items():
        bad |= {f"{kind}, the head alone": data[:30], f"{kind}, a tenth": data[: len(data) // 10]}
        bad[f"{kind}, its head overwritten"] = os.urandom(16) + data[16:]
    for kind in ("jpeg", "png", "webp", "tiff"):
        data = bytearray(whole_files[kind])
        for at in range(20, len(data), 97):
            data[at] ^= 0x5A
        bad[f"{kind}, bits turned"] = bytes(data)
    for magic in (
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"BM",
        b"II*\x00",
        b"RIFF\x10\x00\x00\x00WEBP",
        b"\x00\x00\x00\x18ftypheic",
    ):
        bad[f"only the magic {magic!r}"] = magic + bytes(64)
    return bad


def test_bad_pictures_each_have_their_reason_and_the_next_one_is_read(reader: Reading, tmp_path: Path) -> None:
    good = saved(tmp_path, page("下一张照样读"), "png")
    bad = _bad()
    assert len(bad) >= 40
    alive = reader.reader.engine.pid
    for number, (name, data) in enumerate(bad.items()):
        path = tmp_path / f"{number}"
        path.write_bytes(data)
        try:
            read = reader.read(path)
        except Unreadable as reason:
            assert re.search(r"图片|画面", str(reason)), name
            assert len(str(reason)) < 40, name
        else:  # what a broken file still shows may be read
            assert name.endswith(("bits turned", "a tenth", "rows missing")), name
            assert read.width, name
    assert (reader.read(good)).text == "下一张照样读"
    assert alive is None or reader.reader.engine.pid == alive


def test_the_pages_of_a_scanned_paper_are_read_one_after_the_other(reader: Reading, tmp_path: Path) -> None:
    pages = [page(f"第{number}页：合同编号 {number * 1117}", f"第{number}页的末行") for number in range(1, 13)]
    pages[0].save(tmp_path / "a.pdf", "PDF", save_all=True, append_images=pages[1:], resolution=150)
    found = reader.read(tmp_path / "a.pdf")
    words = [
        line for number in range(1, 11) for line in (f"第{number}页:合同编号{number * 1117}", f"第{number}页的末行")
    ]
    assert [plain(line) for line in found.text.splitlines()] == words
    assert found.cut  # the last two pages were not looked at
    assert (found.lines, found.width, found.height) == ((), None, None)
    pages[0].save(tmp_path / "b.pdf", "PDF", resolution=150)
    assert not reader.read(tmp_path / "b.pdf").cut


def test_a_paper_of_a_monstrous_size_is_read_small(reader: Reading, tmp_path: Path) -> None:
    page("公告：周五停水").save(tmp_path / "a.pdf", "PDF", resolution=1)  # twelve metres wide
    assert plain(reader.read(tmp_path / "a.pdf").text) == "公告:周五停水"


def test_a_broken_paper_has_its_reason(reader: Reading, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00" * 500)
    with pytest.raises(Unreadable, match="坏了"):
        reader.read(tmp_path / "a.pdf")


def test_a_file_that_is_not_there_or_too_large_is_said_to_be_so(reader: Reading, tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        reader.read(tmp_path / "nothing.png")
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(65 * 1024**2)
    with pytest.raises(Unreadable, match="太大"):
        reader.read(tmp_path / "large.png")


async def test_an_engine_that_is_killed_at_a_picture_costs_that_picture_only(tmp_path: Path) -> None:
    good = saved(tmp_path, page("还能读"), "png")
    async with Reader("onnx") as reader:
        await reader.read(good)
        pid = reader.engine.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(Unreadable):
            await reader.read(good)
        assert (await reader.read(good)).text == "还能读"
        assert reader.engine.pid not in (None, pid)


async def test_an_engine_that_hangs_is_ended_and_the_next_picture_read(tmp_path: Path) -> None:
    good = saved(tmp_path, page("又能读了"), "png")
    async with Reader("onnx", time=20) as reader:
        await reader.read(good)
        pid = reader.engine.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(Unreadable, match="太费时间"):
            await reader.read(good)
        assert (await reader.read(good)).text == "又能读了"


async def test_an_engine_that_cannot_start_is_told_apart_from_a_bad_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = saved(tmp_path, page("等一等"), "png")
    start = sandbox.start

    async def broken(module: str, *arguments: object, **options: object) -> object:
        return await start("json.tool" if module == "workers.ocr.child" else module, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(engines.sandbox, "start", broken)
    async with Reader("onnx") as reader:
        with pytest.raises(EngineFailed, match="启动不了"):
            await reader.read(good)


def test_weights_that_are_not_what_they_should_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    assert (place(TINY_DETECTION, tmp_path / "good") / "inference.onnx").is_file()
    files = {name: (where, "0" * 64) for name, (where, _) in TINY_DETECTION.files.items()}
    other = type(TINY_DETECTION)(name="other", package=TINY_DETECTION.package, files=files)
    with pytest.raises(WeightsError, match="不对"):
        place(other, tmp_path)
    absent = type(TINY_DETECTION)(name="absent", package="no_such_package", files=files)
    with pytest.raises(WeightsError, match="缺少"):
        place(absent, tmp_path)


# --- the command -------------------------------------------------------------------------------------------


def test_the_command_reads_some_and_says_of_others_why_not(tmp_path: Path) -> None:
    saved(tmp_path, page(*_WORDS), "png")
    (tmp_path / "bad.jpg").write_bytes(b"no picture")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return botbay("ocr", *arguments, cwd=tmp_path, data_dir=tmp_path / "data")

    done = run("picture.png", "bad.jpg", "nothing.png", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    first, bad, nothing = map(json.loads, done.stdout.splitlines())
    assert first["file"] == "picture.png"
    assert plain(first["text"]) == whole()
    assert [plain(line["text"]) for line in first["lines"]] == [plain(line) for line in _WORDS]
    assert all(len(line["box"]) == 4 and 0 < line["confidence"] <= 1 for line in first["lines"])
    assert first["ms"] > 0
    assert bad == {"file": "bad.jpg", "error": "不是认得的图片，或者文件坏了"}
    assert nothing == {"file": "nothing.png", "error": "没有这个文件"}
    done = run("picture.png")
    assert done.returncode == 0
    assert plain(_WORDS[0]) in plain(done.stdout)
    assert run().returncode == 2


@pytest.mark.skipif("PADDLE_PYTHON" not in os.environ, reason="the other engine lives in an environment of its own")
def test_the_other_engine_reads_too(tmp_path: Path) -> None:
    saved(tmp_path, page(*_WORDS), "png")
    done = subprocess.run(
        [Path(os.environ["PADDLE_PYTHON"]).with_name("botbay"), "ocr", "picture.png", "--json"],
        cwd=tmp_path,
        env={**os.environ, "BOTBAY_OCR_ENGINE": "paddle"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert plain(json.loads(done.stdout)["text"]) == whole()
