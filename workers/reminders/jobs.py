"""The chore of the reminders."""

from botbay.db import transaction
from workers.reminders import service


async def tidy() -> None:
    async with transaction() as session:
        await service.tidy(session)


#: The chore, and every how many seconds it is done.
TIDY = (tidy, 86400)
