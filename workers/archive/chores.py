"""Chores of the drive: what was thrown away goes for good, and links that ended are forgotten."""

import logging

from botbay.db import transaction
from workers.archive import shares, trash

log = logging.getLogger(__name__)


async def purge() -> None:
    """Delete for good what has been in the trash for too long."""
    while True:
        async with transaction() as session:
            gone = await trash.purge_some(session)
        if not gone:
            break
        log.info("%d files deleted for good after %d days in the trash", gone, trash.DAYS)
    async with transaction() as session:
        await shares.forget(session)


#: The chore, and every how many seconds it is done.
PURGE = (purge, 3600)
