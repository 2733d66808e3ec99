"""Taking bytes in: from a stream into storage, with constant memory, recognised on the way."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from botbay import storage
from botbay.chat import filetypes
from botbay.chat.models import FileKind
from botbay.chat.quota import Room
from botbay.storage import Stored


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was stored and what it is. ``cut_off``: its bytes say that the end is missing."""

    stored: Stored
    mime: str
    kind: FileKind
    cut_off: bool


class Incomplete(Exception):
    """The stream ended well before the size that was told, or at once. The text is for people."""


class _Edges:
    """The first and the last bytes of what passes."""

    def __init__(self) -> None:
        self.head, self._tail, self.size = b"", bytearray(), 0

    def pass_by(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if len(self.head) < filetypes.EDGE:
            self.head += chunk[: filetypes.EDGE - len(self.head)]
        self._tail += chunk[-filetypes.EDGE :]
        if len(self._tail) > 4 * filetypes.EDGE:
            del self._tail[: -filetypes.EDGE]

    @property
    def tail(self) -> bytes:
        return bytes(self._tail[-filetypes.EDGE :])


async def take_in(
    key: str, chunks: AsyncIterator[bytes], room: Room, *, size: int | None = None, name: str = ""
) -> Taken:
    """Store a stream under a key; ``size`` is what it is said to have, where that is known.

    Raises NoRoom before the first byte or when the stream has passed what there is room for, Incomplete, StorageError,
    and whatever the stream raises; then nothing is stored.
    """
    if size is not None:
        room.check(size)
    edges = _Edges()

    async def watched() -> AsyncIterator[bytes]:
        async for chunk in chunks:
            edges.pass_by(chunk)
            room.check(edges.size, whole=False)
            yield chunk
        if edges.size == 0:
            raise Incomplete("收到的是空的")
        if size is not None and edges.size < size:
            raise Incomplete(f"没有收全（{edges.size}/{size} 字节）")

    stored = await storage.put(key, watched())
    head, tail = edges.head, edges.tail
    mime, kind = filetypes.recognise(head, tail, stored.size, name)
    cut_off = filetypes.is_cut_off(mime, head, tail, stored.size)
    return Taken(stored=stored, mime=mime, kind=kind, cut_off=cut_off)
