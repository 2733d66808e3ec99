"""Plain text and CSV, in the encodings that people use."""

from collections.abc import Iterator
from pathlib import Path

from botbay.zh.encodings import charset, decoded
from workers.documents.extract import NoText

_WIDEST = 4  # bytes of a character
#: Of so many characters one that is none is an accident.
_ODD = 50


def pieces(source: Path, longest: int) -> Iterator[str]:
    """The beginning of a text. Raises NoText."""
    with source.open("rb") as file:
        head = file.read(longest * _WIDEST)
    text = decoded(head, charset(head))
    if text.count("\ufffd") * _ODD > len(text):
        raise NoText("文档没读出来：不是认得的文字编码")
    yield text
