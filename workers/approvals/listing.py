"""An application with its people, as they are called now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from workers.approvals import repository
from workers.approvals.flow import Answer, State
from workers.approvals.models import Application


@dataclass(frozen=True, kw_only=True)
class Listed:
    """``waiting``: whose answer is needed, and since when (None: not asked yet)."""

    application: Application
    applicant: Account
    step: str  # the name of the step that it is in; empty when it has ended
    waiting: Sequence[tuple[Account, datetime | None]]
    approved: Sequence[Account]


async def listed(session: AsyncSession, applications: Sequence[Application]) -> list[Listed]:
    """Each with its people."""
    rows = await repository.seats(session, [each.id for each in applications])
    ids = {row.account_id for row in rows} | {each.account_id for each in applications}
    people = await repository.accounts(session, ids)
    result = []
    for application in applications:
        mine = [row for row in rows if row.application_id == application.id]
        is_open = application.state == State.OPEN
        now_asked = [row for row in mine if row.step == application.at and row.answer == Answer.WAITING]
        result.append(
            Listed(
                application=application,
                applicant=people[application.account_id],
                step=str(application.chain[application.at]["name"]) if is_open else "",
                waiting=[(people[row.account_id], row.asked_at) for row in now_asked if is_open],
                approved=[people[row.account_id] for row in mine if row.answer == Answer.APPROVED],
            )
        )
    return result
