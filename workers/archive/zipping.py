"""A zip of files, made while it is read: nothing of it lies in memory or on a disk."""

import mimetypes
import unicodedata
from collections.abc import AsyncIterator, Sequence

from zipstream.ng import ZIP_STORED, ZipStream

from botbay import storage
from workers.archive.repository import Entry

_FORBIDDEN = dict.fromkeys(map(ord, '<>:"/\\|?*'), "_")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}
)
_LONGEST = 120  # characters: with its folder a path has 260 on Windows
_END = b""
_AGAIN = "请过一会儿再下载一次；若一直这样，请告诉维护者。\n"


def file_name(name: str) -> str:
    """A name that every system takes for a file: no path, no marks that turn the text around, not too long."""
    shown = "".join(
        each for each in name.translate(_FORBIDDEN) if unicodedata.category(each)[0] != "C" or each == "\u200d"
    )
    stem, dot, extension = shown.strip(" .").rpartition(".")
    if not stem or len(extension) > 16:
        stem, dot, extension = shown.strip(" ."), "", ""
    stem = stem[: _LONGEST - len(extension)].rstrip(" .")
    if stem.lower() in _RESERVED:
        stem = f"_{stem}"
    return f"{stem or '文件'}{dot}{extension}"


def name_of(entry: Entry) -> str:
    """The name under which a file is downloaded; one without a name is called after its kind of bytes."""
    return file_name(entry.name if entry.name.strip() else f"文件{mimetypes.guess_extension(entry.mime or '') or ''}")


class _Names:
    """Names already in the zip; equal ones, on Windows also in another case, are numbered."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, name: str) -> str:
        stem, dot, extension = name.rpartition(".") if "." in name else (name, "", "")
        number, free = 1, name
        while free.lower() in self._taken:
            number += 1
            free = f"{stem} ({number}){dot}{extension}"
        self._taken.add(free.lower())
        return free


async def zipped(entries: Sequence[Entry]) -> AsyncIterator[bytes]:
    """The zip in chunks. Where bytes are missing, a note in the zip says which, and the zip stays whole."""
    archive, names = ZipStream(compress_type=ZIP_STORED), _Names()
    for entry in entries:
        assert entry.key is not None and entry.size is not None
        chunks = storage.get_range(entry.key, 0, entry.size)
        try:
            chunk = await anext(chunks, _END)
        except storage.StorageError:
            note = f"「{entry.name}」没有放进来：它的内容现在读不出来。{_AGAIN}"
            archive.add(note, names.new(file_name(f"没有取到 {entry.name}.txt")))
            for part in archive.all_files():
                yield part
            continue
        # The archive takes one chunk for each that it gives: what is put in comes out at the next step.
        waiting: list[bytes] = []
        archive.add(iter(waiting.pop, _END), names.new(name_of(entry)), size=entry.size)
        parts = archive.all_files()
        yield next(parts)  # the header
        broken = False
        while chunk != _END:
            waiting.append(chunk)
            yield next(parts)
            try:
                chunk = await anext(chunks, _END)
            except storage.StorageError:
                broken, chunk = True, _END
        waiting.append(_END)
        for part in parts:
            yield part
        if broken:
            note = f"「{entry.name}」只有前面一部分：读到一半读不下去了。{_AGAIN}"
            archive.add(note, names.new(file_name(f"不完整 {entry.name}.txt")))
            for part in archive.all_files():
                yield part
    for part in archive.finalize():
        yield part
