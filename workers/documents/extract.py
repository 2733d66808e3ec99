"""The child that reads documents: ``python -m workers.documents.extract SOURCE ANSWER LONGEST``.

It writes JSON into the file ANSWER: {"text": str} of at most LONGEST characters, {"pictured": true} where what it says
stands in pictures, or {"problem": str}, for people. What a document is it sees by its bytes. It imports nothing of BotBay but what decodes.
"""

import json
import sys
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from botbay.confined import Limits, confine

LIMITS = Limits(memory=1024**3, cpu=60, wall=90, output=4 * 1024**2)

BROKEN = "文档没读出来：文件坏了或者读不懂"
_MEMORY = "文档没读出来：太占内存"
#: A part of an Office file, and all of them together, in bytes; how many of them there may be.
_LARGEST_PART, _LARGEST, _PARTS = 256 * 1024**2, 2 * 1024**3, 20_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 1024
_RTF = b"{\\rtf"


class NoText(Exception):
    """This document cannot be read. The text is for people."""


class OnlyPictures(Exception):
    """This document says nothing but in pictures."""


def pieces(source: Path, longest: int) -> Iterator[str]:
    """What a document says, in its order, line by line or more at once. Raises NoText, OnlyPictures,
    and what decoders raise."""
    with source.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _office(source)
    if head.startswith(_OLE):
        raise NoText(_old(source))
    if head.startswith(_RTF):
        raise NoText("RTF 文档还读不了，另存为 .docx 再发")
    if b"%PDF-" in head:
        from workers.documents import pdf

        return pdf.pieces(source)
    from workers.documents import plain

    return plain.pieces(source, longest)


def _office(source: Path) -> Iterator[str]:
    with zipfile.ZipFile(source) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
    sizes = [part.file_size for part in parts]
    if len(parts) > _PARTS or sum(sizes) > _LARGEST or max(sizes, default=0) > _LARGEST_PART:
        raise NoText("文档没读出来：里面的内容大得不正常")
    if any(part.flag_bits & 1 for part in parts):
        raise NoText("文档有密码，读不了")
    from workers.documents import office

    for part, read in office.READERS.items():
        if part in names:
            return read(source)
    raise NoText("这种文档还读不了")


def _old(source: Path) -> str:
    """Why a file in Microsoft's old container is not read."""
    with source.open("rb") as file:
        edges = file.read(64 * 1024)
        file.seek(max(0, source.stat().st_size - 64 * 1024))
        edges += file.read()
    locked = "EncryptedPackage".encode("utf-16-le") in edges
    return "文档有密码，读不了" if locked else "老格式的 Office 文件（.doc、.xls、.ppt）还读不了，另存为新格式再发"


def text_of(source: Path, longest: int) -> str:
    """The beginning of what a document says, one piece a line."""
    lines, length = [], 0
    for piece in chain.from_iterable(piece.splitlines() for piece in pieces(source, longest)):
        if line := piece.rstrip():
            lines.append(line)
            length += len(line) + 1
        if length > longest:
            break
    # Half a pair of surrogates is no text.
    return "\n".join(lines)[:longest].encode(errors="ignore").decode()


def main() -> None:
    confine(LIMITS)
    source, answer, longest = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    found: dict[str, str | bool] = {}
    try:
        found["text"] = text_of(source, longest)
    except OnlyPictures:
        found["pictured"] = True
    except NoText as error:
        found["problem"] = str(error)
    except MemoryError:
        found["problem"] = _MEMORY
    except Exception:
        # Decoders raise anything on what is broken, and say it in nobody's language.
        found["problem"] = BROKEN
    answer.write_text(json.dumps(found))


if __name__ == "__main__":
    # Under its own name: the decoders' NoText must be this one.
    from workers.documents.extract import main as run

    run()
