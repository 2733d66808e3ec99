"""The rules of applications: asking, deciding, transferring, taking back, and who may see them. Nothing here commits.

Whatever way something comes in, by chat, by page or from an outside system, it goes through here, and everybody whom
it concerns hears of it in private.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import due
from botbay.chat.access import Subject
from botbay.chat.models import Account
from botbay.db import notify, now
from botbay.settings import load_settings
from workers.approvals import catalogue, fields, flow, repository, telling, words
from workers.approvals.errors import ApprovalError
from workers.approvals.fields import FieldProblem
from workers.approvals.flow import Answer, Flow, Need, Refusal, Seat, State, Step
from workers.approvals.kinds import Kind, as_data
from workers.approvals.listing import Listed, listed
from workers.approvals.models import Application, ApplicationEvent, ApprovalSeat, What

__all__ = [
    "HANDLER",
    "ApprovalError",
    "Listed",
    "decide",
    "get",
    "hand_on",
    "history",
    "kinds",
    "listed",
    "own",
    "ready",
    "submit",
    "transfer",
    "visible",
    "waiting_for",
    "withdraw",
]

#: The name under ``botbay.due``; a row stands for a seat whose answer is awaited.
HANDLER = "approvals.due"
#: NOTIFY channel that tells pages of a change to applications.
CHANNEL = "approvals"
#: What ended is told of for so long without being asked for by its number.
_RECENT = timedelta(days=7)
#: So many may wait at a time, of one person.
_MOST_OPEN = 100

kinds = catalogue.kinds


# --- asking ------------------------------------------------------------------------------------------------


async def ready(session: AsyncSession, kind: Kind, account: Account) -> None:
    """Raises ApprovalError where nobody could approve what this account would ask for."""
    await catalogue.chain(session, kind, None, account.id)


async def submit(
    session: AsyncSession,
    *,
    account: Account,
    kind: str,
    values: Mapping[str, Any],
    key: str,
    via: str,
    system_id: int | None = None,
) -> Application:
    """A new application, once under the same key: the second time gives the first one.

    ``values`` by field, in the form of ``workers.approvals.fields``. ``via`` is chat, page, or a system's name.
    Raises ApprovalError.
    """
    before = await repository.by_key(session, key)
    if before is not None:
        return _same(before, account)
    _alive(account)
    spec = (await catalogue.kinds(session)).get(kind)
    if spec is None:
        raise ApprovalError(f"没有「{kind}」这种申请。", "unknown")
    try:
        kept = fields.complete(spec, values, moment(now()))
    except FieldProblem as problem:
        raise ApprovalError(str(problem), "bad") from None
    open_ones = await repository.own(session, account.id, now())
    if len(open_ones) >= _MOST_OPEN:
        raise ApprovalError(f"你有 {_MOST_OPEN} 张单子还没批完，先撤回几张再提吧。", "many")
    chain = await catalogue.chain(session, spec, kept, account.id)
    application = await repository.insert_application(
        session,
        {
            "key": key,
            "account_id": account.id,
            "kind": spec.name,
            "definition": as_data(spec),
            "values": kept,
            "chain": [{"name": step.spec.name, "need": step.spec.need.value} for step in chain],
            "system_id": system_id,
        },
    )
    if application is None:  # somebody else put it in just now
        before = await repository.by_key(session, key)
        assert before is not None
        return _same(before, account)
    steps = tuple(
        Step(need=step.spec.need, seats=tuple(Seat(account_id=each.id) for each in step.approvers)) for step in chain
    )
    for place, step in enumerate(flow.begin(account.id, steps).steps):
        for seat in step.seats:
            session.add(ApprovalSeat(application_id=application.id, step=place, account_id=seat.account_id))
    await session.flush()
    held = await _load(session, application)
    await _await(session, held.flow.waiting)
    await _happened(session, held, What.SUBMITTED, by=account, via=via)
    return application


def moment(at: datetime) -> datetime:
    """A time on the naive wall clock by which the values of applications are read."""
    return at.astimezone(load_settings().zone).replace(tzinfo=None)


def _same(application: Application, account: Account) -> Application:
    if application.account_id != account.id:
        raise ApprovalError("这个编号已经被别的申请用了。", "taken")
    return application


# --- deciding ----------------------------------------------------------------------------------------------


async def decide(
    session: AsyncSession,
    number: int,
    account: Account,
    *,
    approve: bool,
    words_said: str = "",
    via: str,
    step: int | None = None,
) -> Application:
    """An approver's answer; two at once are one after the other. Raises ApprovalError.

    ``step``: the one that the answer is for (None: the one that it is in): said twice it counts once, even for somebody
    who has a place in the next one, too.
    """
    held = await _held(session, number, account)
    _still(held, step)
    after = _step(held, lambda: flow.decide(held.flow, account.id, approve=approve))
    place = held.flow.at
    held = await _go_on(session, held, after)
    what = What.APPROVED if approve else What.REJECTED
    await _happened(session, held, what, step=place, by=account, words_said=words_said, via=via)
    if after.state == State.APPROVED:
        await _happened(session, held, What.GRANTED, by=account, via=via)
    return held.application


async def transfer(
    session: AsyncSession, number: int, account: Account, to: Account, *, via: str, step: int | None = None
) -> Application:
    """Somebody else is to answer in an approver's place, in that step. Raises ApprovalError."""
    held = await _held(session, number, account)
    _still(held, step)
    if to.disabled_at is not None:
        raise ApprovalError(f"{words.name(to)}的账号停用了，换一个人吧。", "disabled")
    held = await _go_on(session, held, _step(held, lambda: flow.pass_on(held.flow, account.id, to.id)))
    await _happened(session, held, What.TRANSFERRED, by=account, to=to, via=via)
    return held.application


async def withdraw(session: AsyncSession, number: int, account: Account, *, via: str) -> Application:
    """The applicant takes it back. Raises ApprovalError."""
    held = await _held(session, number, account)
    if held.application.account_id != account.id:
        raise ApprovalError(f"{words.head(held.application)}不是你提的，只有提的人能撤回。", "not_asked")
    held = await _go_on(session, held, _step(held, lambda: flow.withdraw(held.flow, account.id)))
    await _happened(session, held, What.WITHDRAWN, by=account, via=via)
    return held.application


async def hand_on(session: AsyncSession, application: Application, seat: ApprovalSeat) -> Account | None:
    """An approver did not answer in time: the one who is named for it is asked in their place; None where none is."""
    held = await _load(session, application)
    target = words.kind_of(application).hand_on_to
    there = {each.account_id for each in held.flow.steps[held.flow.at].seats if each.answer != Answer.PASSED}
    found = await catalogue.resolve(session, (target,), {application.account_id, *there}) if target else []
    if not found:
        return None
    to = found[0]
    held = await _go_on(session, held, flow.pass_on(held.flow, seat.account_id, to.id))
    by = (await repository.accounts(session, [seat.account_id]))[seat.account_id]
    await _happened(session, held, What.HANDED_ON, by=by, to=to)
    return to


async def note(session: AsyncSession, application: Application, what: What, account: Account) -> None:
    """That an approver was asked, was reminded, or could not be reached."""
    await _happened(session, await _load(session, application), what, to=account)


# --- seeing ------------------------------------------------------------------------------------------------


async def get(session: AsyncSession, account: Account, number: int) -> Listed | None:
    """The application with this number; None where there is none that this account may see."""
    application = await repository.get(session, Subject.of_account(account), number)
    return None if application is None else (await listed(session, [application]))[0]


async def waiting_for(session: AsyncSession, account: Account) -> Sequence[Listed]:
    """Those that wait for this account's answer, the oldest first."""
    return await listed(session, await repository.waiting_for(session, account.id))


async def own(session: AsyncSession, account: Account) -> Sequence[Listed]:
    """What the account has asked for: what is open, and what ended within a week; the newest first."""
    return await listed(session, await repository.own(session, account.id, now() - _RECENT))


async def visible(
    session: AsyncSession, account: Account, *, before: int | None = None, limit: int = 50
) -> Sequence[Listed]:
    """All that the account may see, the newest first, from below a number on."""
    subject = Subject.of_account(account)
    return await listed(session, await repository.visible(session, subject, before=before, limit=limit))


async def history(session: AsyncSession, account: Account, number: int) -> Sequence[ApplicationEvent] | None:
    """What has happened to an application, in order; None where the account may not see it."""
    application = await repository.get(session, Subject.of_account(account), number)
    return None if application is None else await repository.events(session, application.id)


# --- the flow and its rows ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Held:
    application: Application
    rows: Sequence[ApprovalSeat]
    flow: Flow


def _alive(account: Account) -> None:
    if account.disabled_at is not None:
        raise ApprovalError("这个账号停用了，请找管理员。", "disabled")


async def _held(session: AsyncSession, number: int, account: Account) -> _Held:
    """The application, held until the commit, for somebody who may see it. Raises ApprovalError."""
    _alive(account)
    application = await repository.locked(session, number)
    if application is None or await repository.get(session, Subject.of_account(account), number) is None:
        raise ApprovalError(f"没有 #{number} 这张单子，看看编号？", "unknown")
    return await _load(session, application)


async def _load(session: AsyncSession, application: Application) -> _Held:
    rows = await repository.seats(session, [application.id])
    steps = tuple(
        Step(
            need=Need(step["need"]),
            seats=tuple(
                Seat(account_id=row.account_id, answer=Answer(row.answer), id=row.id)
                for row in rows
                if row.step == place
            ),
        )
        for place, step in enumerate(application.chain)
    )
    state = State(application.state)
    return _Held(
        application=application,
        rows=rows,
        flow=Flow(applicant_id=application.account_id, steps=steps, at=application.at, state=state),
    )


def _still(held: _Held, step: int | None) -> None:
    if step is not None and held.flow.state == State.OPEN and held.flow.at != step:
        raise ApprovalError(f"{words.head(held.application)}：那一步已经过了，看看现在到哪儿了再说。", "gone_on")


def _step(held: _Held, move: Any) -> Flow:
    try:
        after: Flow = move()
    except Refusal as refusal:
        said = f"{words.head(held.application)}：{words.REFUSED[refusal.reason]}"
        raise ApprovalError(said, refusal.reason.value) from None
    return after


async def _go_on(session: AsyncSession, held: _Held, after: Flow) -> _Held:
    """Writes down what has changed, and whose answer is awaited from now on."""
    application, before = held.application, held.flow
    rows = {row.id: row for row in held.rows}
    for place, step in enumerate(after.steps):
        for seat in step.seats:
            if seat.id is None:
                session.add(ApprovalSeat(application_id=application.id, step=place, account_id=seat.account_id))
            else:
                rows[seat.id].answer = seat.answer
    application.at, application.state = after.at, after.state
    if after.state != State.OPEN:
        application.ended_at = now()
    await session.flush()
    held = await _load(session, application)
    still = {seat.id for seat in held.flow.waiting}
    for seat in before.waiting:
        if seat.id not in still:
            await due.remove(session, HANDLER, str(seat.id))
    known = {seat.id for seat in before.waiting}
    await _await(session, [seat for seat in held.flow.waiting if seat.id not in known])
    return replace(held, rows=held.rows)


async def _await(session: AsyncSession, seats: Sequence[Seat]) -> None:
    """They are to be asked, as soon as a worker is free."""
    for seat in seats:
        await due.put(session, HANDLER, str(seat.id), now(), {"seat_id": seat.id})


async def left(session: AsyncSession, account: Account) -> None:
    """The account was shut: what waits for its answer goes on to somebody else as soon as a worker is free."""
    waiting = await repository.waiting_for(session, account.id)
    for seat in await repository.seats(session, [application.id for application in waiting]):
        if seat.account_id == account.id and seat.answer == Answer.WAITING:
            await due.put(session, HANDLER, str(seat.id), now(), {"seat_id": seat.id})


async def _happened(
    session: AsyncSession,
    held: _Held,
    what: What,
    *,
    step: int | None = None,
    by: Account | None = None,
    to: Account | None = None,
    words_said: str = "",
    via: str = "",
) -> None:
    event = ApplicationEvent(
        application_id=held.application.id,
        what=what,
        step=min(held.application.at, len(held.application.chain) - 1) if step is None else step,
        by_id=by.id if by is not None else None,
        to_id=to.id if to is not None else None,
        words=words.reason(words_said),
        via=via,
    )
    session.add(event)
    await session.flush()
    (now_listed,) = await listed(session, [held.application])
    await telling.tell(session, now_listed, held.rows, event, by=by, to=to)
    await notify(session, CHANNEL)
