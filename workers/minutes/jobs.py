"""The job of the minutes: what was recalled or erased leaves them."""

from botbay.db import transaction
from botbay.jobs import Work
from workers.minutes import service


async def forget_messages(work: Work) -> None:
    """Take messages out of all minutes and todos; the payload is {"message_ids": […]}."""
    async with transaction() as session:
        await service.forget(session, [int(each) for each in work.payload["message_ids"]])
