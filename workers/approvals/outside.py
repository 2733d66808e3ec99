"""What an outside system may do: put applications in, see its own, say what was decided on its side, take them back.

A system is believed: whoever it names has asked, or has decided. It reaches nothing that it did not put in itself.
Each thing may be said again without being done again, since its answer may have been lost.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import now
from workers.accounts import service as accounts
from workers.approvals import fields, hooks, repository, service, words
from workers.approvals.errors import ApprovalError
from workers.approvals.fields import FieldProblem
from workers.approvals.flow import Answer, State
from workers.approvals.kinds import FieldSpec, FieldType, Kind
from workers.approvals.models import Application, OutsideSystem

Data = dict[str, Any]

#: What a program is told for the codes of ApprovalError.
REFUSED: Mapping[str, str] = {
    "over": "The application has ended.",
    "own": "Nobody decides on an application of their own.",
    "not_asked": "This account is not among the approvers of the application.",
    "not_yet": "The application has not come to this step yet.",
    "already": "This account has decided in this step already, and otherwise.",
    "passed": "This account gave its place in this step to somebody else.",
    "gone_on": "The application has left this step.",
    "disabled": "This account is disabled.",
    "chain": "A step of this kind has nobody who could approve for this applicant: ask the administrator of BotBay.",
    "many": "This applicant has too many open applications: some must be decided or withdrawn first.",
    "taken": "This id stands for another application already: nothing was changed.",
}


class OutsideError(Exception):
    """What a system asked for cannot be done. The text is for its programmers; ``code`` says it to the program.

    ``fields``: what is wrong in the body, [{"field", "problem"}].
    """

    def __init__(self, code: str, text: str = "", fields: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(text or REFUSED[code])
        self.code = code
        self.fields = fields


# --- what it does ------------------------------------------------------------------------------------------


async def put_in(
    session: AsyncSession, system: OutsideSystem, own_id: str, *, applicant: str, kind: str, values: Mapping[str, Any]
) -> tuple[Data, bool]:
    """The application under the system's own id, and whether it is new. Raises OutsideError.

    ``applicant``: the name of an account. ``values``: see ``workers.approvals.fields``; no pictures, which are files
    of the applicant's.
    """
    key = hooks.key_of(system, own_id)
    before = await repository.by_key(session, key)
    if before is not None:
        if not await _is_that(session, before, applicant, kind, values):
            raise OutsideError("taken")
        return await _data(session, system, before), False
    account = await _account(session, applicant, "applicant")
    spec = (await service.kinds(session)).get(kind)
    if spec is None:
        raise _wrong("unknown_kind", "kind", "There is no such kind of application.")
    if wrong := _wrong_values(spec, values):
        raise OutsideError("bad_values", f"Some values do not fit the kind {kind}.", wrong)
    application = await _done(
        lambda: service.submit(
            session, account=account, kind=kind, values=values, key=key, via=system.name, system_id=system.id
        )
    )
    if not await _is_that(session, application, applicant, kind, values):  # another one was put in at this moment
        raise OutsideError("taken")
    return await _data(session, system, application), True


async def seen(session: AsyncSession, system: OutsideSystem, own_id: str) -> Data:
    """The application with its history. Raises OutsideError."""
    return await _data(session, system, await _own(session, system, own_id))


async def decided(
    session: AsyncSession,
    system: OutsideSystem,
    own_id: str,
    *,
    by: str,
    step: str,
    approve: bool,
    words_said: str,
) -> Data:
    """The application, after an approver's decision in a step that was made in the system. Raises OutsideError."""
    application = await _own(session, system, own_id)
    names = [each["name"] for each in application.chain]
    if step not in names:
        raise _wrong("unknown_step", "step", f"This application goes through the steps: {', '.join(names)}.")
    account = await _account(session, by, "by")
    held = await repository.locked(session, application.id)
    assert held is not None
    place = names.index(step)
    answers = [
        seat.answer
        for seat in await repository.seats(session, [held.id])
        if seat.step == place and seat.account_id == account.id
    ]
    if (Answer.APPROVED if approve else Answer.REJECTED) in answers:
        return await _data(session, system, held)  # said again
    if held.state == State.OPEN and place > held.at:
        raise OutsideError("not_yet")
    if not answers and account.id != held.account_id:
        raise OutsideError("not_asked")
    if Answer.APPROVED in answers or Answer.REJECTED in answers:
        raise OutsideError("already")
    await _done(
        lambda: service.decide(
            session, held.id, account, approve=approve, words_said=words_said, via=system.name, step=place
        )
    )
    return await _data(session, system, held)


async def withdrawn(session: AsyncSession, system: OutsideSystem, own_id: str) -> Data:
    """The application, taken back for its applicant. Raises OutsideError."""
    application = await _own(session, system, own_id)
    held = await repository.locked(session, application.id)
    assert held is not None
    if held.state != State.WITHDRAWN:
        account = (await repository.accounts(session, [held.account_id]))[held.account_id]
        await _done(lambda: service.withdraw(session, held.id, account, via=system.name))
    return await _data(session, system, held)


# --- how it finds and tells --------------------------------------------------------------------------------


async def _own(session: AsyncSession, system: OutsideSystem, own_id: str) -> Application:
    application = await repository.by_key(session, hooks.key_of(system, own_id))
    if application is None or application.system_id != system.id:
        raise OutsideError("unknown", "This system has put in no application with this id.")
    return application


async def _account(session: AsyncSession, name: str, field: str) -> Account:
    account = await accounts.find_account(session, name)
    if account is None:
        raise _wrong("unknown_account", field, "There is no such account in BotBay, or it is disabled.")
    return account


def _wrong(code: str, field: str, problem: str) -> OutsideError:
    return OutsideError(code, f"{field}: {problem}", [{"field": field, "problem": problem}])


async def _done(work: Callable[[], Coroutine[Any, Any, Application]]) -> Application:
    try:
        return await work()
    except ApprovalError as error:
        code = "not_asked" if error.code == "unknown" else error.code
        raise OutsideError(code, REFUSED.get(code) or str(error)) from None


async def _is_that(
    session: AsyncSession, application: Application, applicant: str, kind: str, values: Mapping[str, Any]
) -> bool:
    """Whether an application is the one that these would make: the same may be sent again, another may not."""
    account = (await repository.accounts(session, [application.account_id]))[application.account_id]
    spec = words.kind_of(application)
    if account.name.casefold() != applicant.strip().casefold() or spec.name != kind:
        return False
    try:
        return fields.complete(spec, values, service.moment(application.created_at)) == application.values
    except FieldProblem:
        return False


async def _data(session: AsyncSession, system: OutsideSystem, application: Application) -> Data:
    (listed,) = await service.listed(session, [application])
    events = [event for event in await repository.events(session, application.id) if event.what in hooks.TOLD]
    people = await repository.accounts(session, {i for e in events for i in (e.by_id, e.to_id) if i is not None})
    history = [
        {
            "event": event.what,
            "step": application.chain[event.step]["name"],
            "at": event.at.isoformat(),
            "by": people[event.by_id].name if event.by_id is not None else None,
            "to": people[event.to_id].name if event.to_id is not None else None,
            "words": event.words,
        }
        for event in events
    ]
    return {**hooks.as_data(listed, system), "history": history}


# --- its values --------------------------------------------------------------------------------------------


def _wrong_values(kind: Kind, values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Everything that is wrong with them, each with its field, what is expected, and the words for people."""
    local = service.moment(now())
    found = [{"field": f"values.{name}", "problem": "No such field."} for name in values if kind.field(name) is None]
    for field in kind.fields:
        value, name = values.get(field.name), f"values.{field.name}"
        if value is None:
            if not field.optional:
                found.append({"field": name, "problem": f"Missing. Expected: {_expected(field)}."})
        elif field.type == FieldType.PICTURE:
            found.append({"field": name, "problem": "Pictures cannot be put in from outside: leave it out."})
        else:
            try:
                fields.checked(field, value, local)
            except FieldProblem as problem:
                found.append({"field": name, "problem": f"Expected: {_expected(field)}.", "said": str(problem)})
    return found


def _expected(field: FieldSpec) -> str:
    match field.type:
        case FieldType.TEXT:
            return f"a text of 1 to {field.longest} characters"
        case FieldType.AMOUNT:
            return f'yuan above 0 and up to {field.most:f}, with at most 2 decimals, like "99.50"'
        case FieldType.CHOICE:
            return f"one of {', '.join(field.choices)}"
        case FieldType.DATE:
            return f'a day like "2026-11-25"{_range(field)}'
        case FieldType.SPAN:
            span = '{"from": "2026-11-25T14:00", "to": "2026-11-25T18:00"}'
            return f"{span} without a time zone, the end outside, up to {field.most_days} days long{_range(field)}"
        case _:
            return "nothing"


def _range(field: FieldSpec) -> str:
    back = "" if field.back_days is None else f"not over {field.back_days} days ago, "
    return f", {back}not over two years from now"
