"""How an application goes from approver to approver: a state machine without a database, a clock or a chat.

A flow is a value; each function gives the flow that comes next, or raises Refusal and nothing has happened.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Need(StrEnum):
    """Whose yes a step needs. One no is enough in any step."""

    ONE = "one"  # it has one approver
    ALL = "all"
    ANY = "any"  # who answers first decides


class Answer(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    PASSED = "passed"  # given to somebody else
    MOOT = "moot"  # it was decided without them


class State(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Reason(StrEnum):
    """Why something is refused."""

    OVER = "over"  # it has ended
    OWN = "own"  # nobody approves their own
    NOT_ASKED = "not_asked"
    NOT_YET = "not_yet"  # their step has not come
    ALREADY = "already"  # they have answered
    PASSED = "passed"  # they gave it to somebody else
    THERE = "there"  # who should take it over has it already


class Refusal(Exception):
    """The flow does not allow it; nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Seat:
    """An approver's place in a step. ``id`` is its row's; None while it has none."""

    account_id: int
    answer: Answer = Answer.WAITING
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    need: Need
    seats: tuple[Seat, ...]

    @property
    def done(self) -> bool:
        """Whether it has all the yes that it needs."""
        counted = [seat.answer for seat in self.seats if seat.answer != Answer.PASSED]
        yes = [answer == Answer.APPROVED for answer in counted]
        return bool(yes) and (all(yes) if self.need == Need.ALL else any(yes))


@dataclass(frozen=True, kw_only=True)
class Flow:
    """``at`` counts the steps from 0; of an approved application it is behind the last."""

    applicant_id: int
    steps: tuple[Step, ...]
    at: int = 0
    state: State = State.OPEN

    @property
    def waiting(self) -> tuple[Seat, ...]:
        """The seats whose answer is needed now."""
        if self.state != State.OPEN:
            return ()
        return tuple(seat for seat in self.steps[self.at].seats if seat.answer == Answer.WAITING)


def begin(applicant_id: int, steps: tuple[Step, ...]) -> Flow:
    """A flow at its first step. Raises ValueError for a chain that could never end well."""
    for step in steps:
        who = [seat.account_id for seat in step.seats]
        if not who or applicant_id in who or len(set(who)) < len(who) or (step.need == Need.ONE and len(who) != 1):
            raise ValueError("a step needs approvers, each once, and never the applicant")
    if not steps:
        raise ValueError("a chain needs a step")
    return Flow(applicant_id=applicant_id, steps=steps)


def decide(flow: Flow, account_id: int, *, approve: bool) -> Flow:
    """An approver's answer. Raises Refusal."""
    seat = _seat(flow, account_id)
    answered = _with(flow, seat, Answer.APPROVED if approve else Answer.REJECTED)
    if not approve:
        return replace(_settled(answered), state=State.REJECTED)
    if not answered.steps[answered.at].done:
        return answered
    following = replace(_settled(answered), at=flow.at + 1)
    return replace(following, state=State.APPROVED) if following.at == len(flow.steps) else following


def pass_on(flow: Flow, account_id: int, to: int) -> Flow:
    """Somebody else takes an approver's place in the step. Raises Refusal."""
    seat = _seat(flow, account_id)
    if to == flow.applicant_id:
        raise Refusal(Reason.OWN)
    step = flow.steps[flow.at]
    if any(other.account_id == to and other.answer != Answer.PASSED for other in step.seats):
        raise Refusal(Reason.THERE)
    passed = _with(flow, seat, Answer.PASSED)
    step = passed.steps[flow.at]
    return _at(passed, replace(step, seats=(*step.seats, Seat(account_id=to))))


def withdraw(flow: Flow, account_id: int) -> Flow:
    """The applicant takes it back. Raises Refusal."""
    if account_id != flow.applicant_id:
        raise Refusal(Reason.NOT_ASKED)
    if flow.state != State.OPEN:
        raise Refusal(Reason.OVER)
    return replace(_settled(flow), state=State.WITHDRAWN)


def _seat(flow: Flow, account_id: int) -> Seat:
    """The seat from which this account may speak now. Raises Refusal, with what explains it best."""
    if account_id == flow.applicant_id:
        raise Refusal(Reason.OWN)
    waiting = next((seat for seat in flow.waiting if seat.account_id == account_id), None)
    if waiting is not None:
        return waiting
    held = [(place, seat) for place, step in enumerate(flow.steps) for seat in step.seats]
    own = [(place, seat.answer) for place, seat in held if seat.account_id == account_id]
    if any(answer in (Answer.APPROVED, Answer.REJECTED) for _, answer in own):
        raise Refusal(Reason.ALREADY)
    if flow.state != State.OPEN:
        raise Refusal(Reason.OVER if own else Reason.NOT_ASKED)
    if any(place > flow.at for place, _ in own):
        raise Refusal(Reason.NOT_YET)
    if any(answer == Answer.PASSED for _, answer in own):
        raise Refusal(Reason.PASSED)
    raise Refusal(Reason.OVER if own else Reason.NOT_ASKED)


def _with(flow: Flow, seat: Seat, answer: Answer) -> Flow:
    step = flow.steps[flow.at]
    seats = tuple(replace(each, answer=answer) if each is seat else each for each in step.seats)
    return _at(flow, replace(step, seats=seats))


def _settled(flow: Flow) -> Flow:
    """Nobody is waited for in this step any more."""
    step = flow.steps[flow.at]
    seats = tuple(replace(seat, answer=Answer.MOOT) if seat.answer == Answer.WAITING else seat for seat in step.seats)
    return _at(flow, replace(step, seats=seats))


def _at(flow: Flow, step: Step) -> Flow:
    return replace(flow, steps=(*flow.steps[: flow.at], step, *flow.steps[flow.at + 1 :]))
