"""The engine's child: ``python -m workers.ocr.child onnx|paddle``.

It says {} on stdout when its models are loaded, then answers each line of stdin, {"pixels": path, "width": int,
"height": int}, by a line {"lines": [{"text", "box", "confidence"}]}; where something is wrong, by {"problem": str}.
"""

import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from botbay.confined import Limits, confine

_GB = 1024**3
#: Address space, which is more than what they hold: PaddlePaddle sets much aside.
_MEMORY = {"onnx": 6 * _GB, "paddle": 16 * _GB}
_WALL = 600  # seconds for a picture, for a child whose parent is gone


def main() -> None:
    # The libraries may print: what answers is another file than theirs.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    (kind,) = sys.argv[1:]
    confine(Limits(memory=_MEMORY[kind], output=64 * 1024**2, files=256, cpu=None, wall=_WALL))

    def answer(row: dict[str, Any]) -> None:
        answers.write(json.dumps(row) + "\n")
        answers.flush()

    from workers.ocr.weights import WeightsError

    try:
        from workers.ocr import models, pages

        loaded = models.Models(kind, Path(tempfile.mkdtemp()))
    except WeightsError as error:
        answer({"problem": str(error)})
        return
    except Exception as error:
        answer({"problem": f"OCR 引擎启动不了：{' '.join(str(error).split())[:300] or type(error).__name__}"})
        return
    answer({})
    while True:
        signal.alarm(0)
        question = sys.stdin.readline()
        if not question:
            return
        signal.alarm(_WALL)
        asked = json.loads(question)
        try:
            shape = (asked["height"], asked["width"], 3)
            pixels = np.fromfile(asked["pixels"], np.uint8).reshape(shape)
            answer({"lines": pages.read(loaded, pixels)})
        except MemoryError:
            answer({"problem": "图上的字读不出来：太占内存"})
        except Exception as error:
            sys.stderr.write(f"{type(error).__name__}\n")
            answer({"problem": "图上的字读不出来：识别时出了错"})


if __name__ == "__main__":
    main()
