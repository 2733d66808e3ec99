"""Where ``botbay import`` reads: a JSONL file with the files beside it, or a zip that ``botbay export`` wrote."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from botbay.chat.history import LINE_LIMIT, LineError

#: The lines' name inside a zip.
MESSAGES = "messages.jsonl"
#: What reading a file, or a zip that is broken, may raise.
UNREADABLE = (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error)


class SourceError(Exception):
    """The file cannot be imported at all. The text is one line for people."""


class Source:
    """A JSONL file with its folder, or a zip that an export wrote."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path) if zipfile.is_zipfile(path) else None
            self._stream: IO[bytes] = path.open("rb") if self._zip is None else self._zip.open(MESSAGES)
        except KeyError:
            raise SourceError(f"这个压缩包里没有 {MESSAGES}，它不是 botbay export 写的。") from None
        except UNREADABLE as error:
            raise SourceError(f"读不了 {path}：{getattr(error, 'strerror', None) or error}") from None
        self._folder = path.resolve().parent

    def close(self) -> None:
        self._stream.close()
        if self._zip is not None:
            self._zip.close()

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Lines that hold something, numbered from 1; of one that is too long, as much as shows that."""
        number = 0
        try:
            while raw := self._stream.readline(LINE_LIMIT + 1):
                number += 1
                rest = raw
                while len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
                    rest = self._stream.readline(LINE_LIMIT + 1)
                if raw.removeprefix(b"\xef\xbb\xbf").strip():
                    yield number, raw
        except UNREADABLE as error:
            raise SourceError(
                f"第 {number} 行之后读不下去：{error}。前面的已经放入，修好后再运行一次不会重复。"
            ) from None

    def open(self, name: str) -> IO[bytes]:
        """The file that a line names. Raises LineError when there is none, or none that may be taken."""
        try:
            if self._zip is not None:
                return self._zip.open(name)
            path = self._inside(name) or self._inside(name.replace("\\", "/"))
            if path is not None:
                return path.open("rb")
        except (KeyError, *UNREADABLE):
            pass
        raise LineError(f"没有文件 {name[:200]}，或它读不了（只认{'压缩包' if self._zip else '同一个文件夹'}里的）")

    def _inside(self, name: str) -> Path | None:
        path = (self._folder / name).resolve()  # symbolic links do not lead out either
        return path if path.is_relative_to(self._folder) and path.is_file() else None
