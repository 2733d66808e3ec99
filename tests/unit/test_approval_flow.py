"""An application on its way: whatever people do, in whatever order, nothing is decided twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.approvals import flow
from workers.approvals.flow import Answer, Flow, Need, Reason, Refusal, Seat, State, Step

APPLICANT = 0
PEOPLE = st.integers(min_value=0, max_value=5)
DECIDED = (Answer.APPROVED, Answer.REJECTED)


def step(need: Need, *who: int) -> Step:
    return Step(need=need, seats=tuple(Seat(account_id=each) for each in who))


@st.composite
def chains(draw: st.DrawFn) -> Flow:
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        need = draw(st.sampled_from(Need))
        most = 1 if need == Need.ONE else 4
        steps.append(step(need, *draw(st.lists(st.integers(1, 5), min_size=1, max_size=most, unique=True))))
    return flow.begin(APPLICANT, tuple(steps))


DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("approve"), PEOPLE, PEOPLE),
        st.tuples(st.just("reject"), PEOPLE, PEOPLE),
        st.tuples(st.just("pass"), PEOPLE, PEOPLE),
        st.tuples(st.just("withdraw"), PEOPLE, PEOPLE),
    ),
    max_size=40,
)


def do(now: Flow, deed: str, who: int, to: int) -> Flow:
    match deed:
        case "approve":
            return flow.decide(now, who, approve=True)
        case "reject":
            return flow.decide(now, who, approve=False)
        case "pass":
            return flow.pass_on(now, who, to)
        case _:
            return flow.withdraw(now, who)


@given(chains(), DEEDS)
def test_no_path_decides_twice(start: Flow, deeds: list[tuple[str, int, int]]) -> None:
    now = start
    for deed, who, to in deeds:
        try:
            then = do(now, deed, who, to)
        except Refusal:
            continue
        assert now.state == State.OPEN, "what has ended stays as it is"
        for old, new in zip(now.steps, then.steps, strict=True):
            for was, became in zip(old.seats, new.seats, strict=False):
                assert was.account_id == became.account_id
                assert was.answer in (Answer.WAITING, became.answer), "an answer is given once"
        assert then.at >= now.at
        if deed in ("approve", "reject"):
            given_ = [s for st_ in then.steps for s in st_.seats if s.answer in DECIDED]
            before = [s for st_ in now.steps for s in st_.seats if s.answer in DECIDED]
            assert len(given_) == len(before) + 1
        now = then
        check(now)


def check(now: Flow) -> None:
    seats = [seat for each in now.steps for seat in each.seats]
    assert all(seat.account_id != APPLICANT for seat in seats)
    assert all(each.done for each in now.steps[: now.at]), "no step is left without the yes that it needs"
    assert all(seat.answer == Answer.WAITING for each in now.steps[now.at + 1 :] for seat in each.seats)
    assert (now.state == State.APPROVED) == (now.at == len(now.steps))
    assert (now.state == State.REJECTED) == any(seat.answer == Answer.REJECTED for seat in seats)
    assert bool(now.waiting) == (now.state == State.OPEN), "somebody is always waited for until it ends"
    open_to = [seat.account_id for seat in now.waiting]
    assert len(open_to) == len(set(open_to))


def refused(now: Flow, deed: str, who: int, to: int = 9) -> Reason:
    with pytest.raises(Refusal) as refusal:
        do(now, deed, who, to)
    return refusal.value.reason


def test_any_one_decides_and_the_others_are_no_longer_asked() -> None:
    now = flow.decide(flow.begin(APPLICANT, (step(Need.ANY, 1, 2), step(Need.ONE, 3))), 2, approve=True)
    assert (now.state, now.at) == (State.OPEN, 1)
    assert now.steps[0].seats[0].answer == Answer.MOOT
    assert refused(now, "approve", 1) == Reason.OVER
    assert refused(now, "approve", 2) == Reason.ALREADY


def test_all_must_agree_and_one_no_is_enough() -> None:
    start = flow.begin(APPLICANT, (step(Need.ALL, 1, 2, 3),))
    now = flow.decide(start, 1, approve=True)
    assert now.state == State.OPEN
    assert flow.decide(flow.decide(now, 2, approve=True), 3, approve=True).state == State.APPROVED
    assert flow.decide(now, 3, approve=False).state == State.REJECTED


def test_each_refusal_says_why() -> None:
    now = flow.begin(APPLICANT, (step(Need.ONE, 1), step(Need.ONE, 2)))
    assert refused(now, "approve", APPLICANT) == Reason.OWN
    assert refused(now, "approve", 2) == Reason.NOT_YET
    assert refused(now, "approve", 7) == Reason.NOT_ASKED
    assert refused(now, "pass", 1, APPLICANT) == Reason.OWN
    assert refused(now, "pass", 1, 1) == Reason.THERE
    assert refused(now, "withdraw", 1) == Reason.NOT_ASKED
    passed = flow.pass_on(now, 1, 5)
    assert refused(passed, "approve", 1) == Reason.PASSED
    assert flow.pass_on(passed, 5, 1).waiting[0].account_id == 1, "it may come back"
    assert refused(flow.withdraw(now, APPLICANT), "withdraw", APPLICANT) == Reason.OVER


def test_a_chain_that_could_never_end_well_is_refused() -> None:
    for bad in ((), (step(Need.ANY),), (step(Need.ANY, APPLICANT),), (step(Need.ALL, 1, 1),), (step(Need.ONE, 1, 2),)):
        with pytest.raises(ValueError, match="a "):
            flow.begin(APPLICANT, bad)
