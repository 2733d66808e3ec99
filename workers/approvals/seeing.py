"""What a page shows: the lists of a person's applications, and one of them whole, with its chain and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Subject
from botbay.chat.models import Account
from workers.approvals import repository
from workers.approvals.flow import Answer, Need, State
from workers.approvals.listing import Listed, listed
from workers.approvals.models import Application, ApplicationEvent, ApprovalSeat, What


@dataclass(frozen=True, kw_only=True)
class SeenStep:
    """A step of the chain with those who have a place in it; ``now``: it is in this one."""

    name: str
    need: Need
    now: bool
    seats: Sequence[tuple[Account, Answer]]


@dataclass(frozen=True, kw_only=True)
class SeenEvent:
    """One line of the history. ``via``: chat, page, a system's name, or empty where time did it."""

    what: What
    step: str
    by: Account | None
    to: Account | None
    words: str
    via: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Whole:
    listed: Listed
    steps: Sequence[SeenStep]
    events: Sequence[SeenEvent]

    def awaits(self, account: Account) -> bool:
        """Whether this account's answer is needed now."""
        return any(one.id == account.id for one, _ in self.listed.waiting)


async def whole(session: AsyncSession, account: Account, number: int) -> Whole | None:
    """The application with this number; None where there is none that this account may see."""
    application = await repository.get(session, Subject.of_account(account), number)
    if application is None:
        return None
    seats = await repository.seats(session, [application.id])
    events = await repository.events(session, application.id)
    ids = {seat.account_id for seat in seats} | {e.by_id for e in events} | {e.to_id for e in events}
    people = await repository.accounts(session, [each for each in ids if each is not None])
    return Whole(
        listed=(await listed(session, [application]))[0],
        steps=_steps(application, seats, people),
        events=[_event(application, event, people) for event in events],
    )


def _steps(
    application: Application, seats: Sequence[ApprovalSeat], people: Mapping[int, Account]
) -> Sequence[SeenStep]:
    return [
        SeenStep(
            name=str(step["name"]),
            need=Need(step["need"]),
            now=application.state == State.OPEN and place == application.at,
            seats=[(people[seat.account_id], Answer(seat.answer)) for seat in seats if seat.step == place],
        )
        for place, step in enumerate(application.chain)
    ]


def _event(application: Application, event: ApplicationEvent, people: Mapping[int, Account]) -> SeenEvent:
    return SeenEvent(
        what=What(event.what),
        step=str(application.chain[event.step]["name"]),
        by=None if event.by_id is None else people[event.by_id],
        to=None if event.to_id is None else people[event.to_id],
        words=event.words,
        via=event.via,
        at=event.at,
    )


async def submitted_by(session: AsyncSession, account: Account, *, limit: int) -> Sequence[Listed]:
    """All that the account has asked for, the newest first."""
    return await listed(session, await repository.submitted_by(session, account.id, limit))


async def answered_by(session: AsyncSession, account: Account, *, limit: int) -> Sequence[tuple[Listed, Answer]]:
    """Those in which the account has answered, or need not any more, the newest first; with its last answer."""
    found = await repository.answered_by(session, account.id, limit)
    shown = await listed(session, [application for application, _ in found])
    return [(one, answer) for one, (_, answer) in zip(shown, found, strict=True)]
