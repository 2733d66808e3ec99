"""PaddleOCR's models, called one by one: where writing is, what it says, which way up a page is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from paddleocr import DocImgOrientationClassification, TextDetection, TextRecognition

from workers.ocr import weights

#: Rows of pixels of blue, green and red.
Image = NDArray[np.uint8]
#: The corners of a line, clockwise from the upper left one: 4 rows of x and y.
Quad = NDArray[np.float32]

#: A line of which the quick model is less sure is read again by the better one: chosen on chats, pages and boards,
#: where a tenth of the lines are, and the errors become as few as if all were.
_SURE = 0.97
_ONNX: dict[str, Any] = {
    "engine": "onnxruntime",
    "engine_config": {"intra_op_num_threads": 1, "inter_op_num_threads": 1},
}
_PADDLE: dict[str, Any] = {"engine": "paddle", "cpu_threads": 1}


class Models:
    """One thread each: a process a core is faster than threads."""

    def __init__(self, kind: str, folder: Path) -> None:
        """Load the models of an engine, ``onnx`` or ``paddle``, laid out in a folder. Raises WeightsError."""
        cv2.setNumThreads(1)
        self._folder = folder
        self._better = None
        if kind == "onnx":
            self._detection = self._load(TextDetection, weights.TINY_DETECTION, _ONNX)
            self._recognition = self._load(TextRecognition, weights.TINY_RECOGNITION, _ONNX)
            self._better = self._load(TextRecognition, weights.SMALL_RECOGNITION, _ONNX)
        else:
            self._detection = self._load(TextDetection, weights.MOBILE_DETECTION, _PADDLE)
            self._recognition = self._load(TextRecognition, weights.MOBILE_RECOGNITION, _PADDLE)
        self._orientation = self._load(DocImgOrientationClassification, weights.ORIENTATION, _ONNX)

    def detect(self, image: Image, side: int) -> Sequence[Quad]:
        """The lines of a picture, looked at so that its longer side has at most so many pixels."""
        (found,) = self._detection.predict(image, limit_side_len=side, limit_type="max")
        return [np.asarray(quad, np.float32) for quad in found["dt_polys"]]

    def recognise(self, crops: Sequence[Image]) -> Sequence[tuple[str, float]]:
        """What lines say that were cut out, and how sure that is, 0 to 1."""
        if not crops:
            return []
        # One at a time: to fill a batch up to the longest line costs more than it saves.
        read = _texts(self._recognition, crops)
        if self._better is not None:
            unsure = [index for index, (_, confidence) in enumerate(read) if confidence < _SURE]
            if unsure:
                again = _texts(self._better, [crops[index] for index in unsure])
                for index, line in zip(unsure, again, strict=True):
                    read[index] = line
        return read

    def turned(self, image: Image) -> int:
        """How far a page is turned clockwise: 0, 90, 180 or 270 degrees."""
        (found,) = self._orientation.predict(image)
        return int(found["label_names"][0])

    def _load(self, kind: type[Any], model: weights.Model, options: dict[str, Any]) -> Any:
        place = weights.place(model, self._folder)
        return kind(model_name=model.name, model_dir=str(place), device="cpu", **options)


def _texts(recognition: Any, crops: Sequence[Image]) -> list[tuple[str, float]]:
    found = recognition.predict(list(crops), batch_size=1)
    return [(str(each["rec_text"]), float(each["rec_score"])) for each in found]
