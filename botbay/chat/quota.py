"""How much may be kept: the size of one file, and of all together."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Blob
from botbay.settings import load_settings
from botbay.zh.sizes import size_words

_MB, _GB = 1024**2, 1024**3
#: Whoever takes room holds this advisory lock until its commit (the number is arbitrary).
_LOCK = 7_240_616


class NoRoom(Exception):
    """A file is not kept, for it is too large. The text is for people, and says what to do."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """Bytes: what one file may have, what all may take (None: no end), and what is taken."""

    limit: int
    quota: int | None
    used: int

    def check(self, size: int, *, whole: bool = True) -> None:
        """Raise NoRoom where ``size`` bytes are too many; not ``whole``: so many came already, and more follow."""
        if size > self.limit:
            words = size_words(size) if whole else f"超过 {size_words(self.limit)}"
            raise NoRoom(f"太大了（{words}，上限 {size_words(self.limit)}）")
        if self.quota is not None and self.used + size > self.quota:
            raise NoRoom(
                f"存储空间用满了（一共 {size_words(self.quota)}，已用 {size_words(self.used)}），清理后可以重新取"
            )


async def room(session: AsyncSession) -> Room:
    """How much room there is."""
    settings = load_settings()
    used = await session.scalar(select(func.coalesce(func.sum(Blob.size), 0)))
    return Room(
        limit=settings.file_limit_mb * _MB,
        quota=int(settings.quota_gb * _GB) if settings.quota_gb else None,
        used=int(used or 0),
    )


async def claim(session: AsyncSession, size: int) -> None:
    """Take room for new bytes, one after another where there is a quota. Raises NoRoom."""
    if load_settings().quota_gb:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        (await room(session)).check(size)
