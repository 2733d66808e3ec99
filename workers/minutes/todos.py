"""Who has to do what by when: tasks given and taken, with what became of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from workers.minutes import cues, due, heads, occasions, task_cues, task_ends, tasks, weighing, wording
from workers.minutes.about import pairs
from workers.minutes.assignees import EVERYONE
from workers.minutes.document import Todo
from workers.minutes.said import TURN, Said, Scene, bare
from workers.minutes.talk import Talk
from workers.minutes.tasks import Task

_ANSWERS = 8  # lines in which a task is taken or refused
_ANSWER_MINUTES = 180.0
_TAKERS = 6
_NEVER = 0.01  # a chance by its cues alone that no wording makes up for
_SHORT = 10  # characters of a line that only adds a time
_EDGE = re.compile(r"^[\s，,、。：:；;!！~～]+|[\s，,、。：:；;!！~～]+$")


@dataclass(frozen=True, slots=True)
class Found:
    """A task with its chance, the lines that it comes from, and the one that answered."""

    task: Task
    chance: float
    source: tuple[Said, ...]
    answer: Said | None = None


def find(talk: Talk, scene: Scene | None = None) -> list[Todo]:
    """The tasks that stand at the end of the talk, in its order: not those refused, nor those told as done.

    ``scene`` is the talk's, if known.
    """
    scene = scene or Scene(talk)
    found = [each for each in candidates(scene) if each.chance >= weighing.LIKELY]
    merged = _merge(found, scene)
    return [_todo(each, scene) for each in merged if not done_later(each, scene)]


def done_later(one: Found, scene: Scene) -> bool:
    """Whether it is told in the talk that the task is done."""
    return task_ends.done_later(one.task.key, one.task.clause, one.source, scene)


def endings(one: Found, scene: Scene) -> Iterator[tuple[int, frozenset[str]]]:
    """The later lines that may tell that the task is done, by their ids, with what speaks for it."""
    return task_ends.endings(one.task.key, one.task.clause, one.source, scene)


def candidates(scene: Scene) -> Iterator[Found]:
    """Everything that may be a task, the best for each person of a line."""
    leaders = heads.in_charge(scene)
    previous: list[Found] = []
    for said in scene.said:
        best: dict[str, Found] = {}
        given = _given_just_now(said, previous)
        dated = _dated_next(said, scene)
        for task in tasks.within(said, scene):
            shown = task.cues | {"head"} if said.who in leaders else task.cues
            if dated and "time" not in shown:
                shown |= {"time_near"}
            if shown is not task.cues:
                task = replace(task, cues=shown)
            if task.open and given is not None and "call" not in task.cues:
                more = task.cues | {"follows"}
                task = replace(task, key=given.task.key, who=given.task.who, open=False, cues=more)
            for one in _answered(task, scene):
                key = one.task.key or one.task.who
                if key not in best or one.chance > best[key].chance:
                    best[key] = one
        if len(best) > 1 and "" in best:
            rest = max(each.chance for key, each in best.items() if key)
            if best[""].chance <= rest or rest >= weighing.LIKELY:
                del best[""]
        previous = list(best.values())
        yield from previous


def _dated_next(said: Said, scene: Scene) -> bool:
    """Whether the same person goes on with little more than a time: 20号前转."""
    for other in scene.after(said, 1, TURN.total_seconds() / 60):
        return other.who == said.who and len(other.text) <= _SHORT and task_cues.TIME.search(other.text) is not None
    return False


def _given_just_now(said: Said, previous: list[Found]) -> Found | None:
    """The task that the same person gave somebody in the line before, on which a line without an address goes on."""
    for one in previous:
        before, known = one.source[0], one.task.key or one.task.who
        at_once = before.place == said.place - 1 and said.line.at - before.line.at <= TURN
        if at_once and before.who == said.who != one.task.key and known and one.chance >= weighing.LIKELY:
            return one
    return None


def _answered(task: Task, scene: Scene) -> Iterator[Found]:
    """The task with what others said to it: taken by the one asked, by another, or by nobody."""
    more = set(task.cues)
    said = task.said
    after = list(scene.after(said, _ANSWERS, _ANSWER_MINUTES))
    if task.open:
        yield from _open(task, more, after, scene)
        return
    answer: Said | None = None
    if task.key and task.key != said.who:
        for other in [each for each in after if each.who == task.key][:3]:
            text = other.plain
            if cues.done(text) and cues.done(text[:4]) and not task_cues.promises(text[:4]):
                more.add("answered_done")
            elif cues.refuses(text) and not (_INSTEAD.search(text) and due.find(text, other.line.at)):
                more.add("refused")
            elif other.agrees or task_cues.promises(text) or _INSTEAD.search(text):
                more.add("taken")
                answer = other
            elif cues.done(text):
                more.add("answered_done")
            else:
                continue
            break
    elif task.who == EVERYONE:
        yes = sum(each.agrees for each in after if each.who != said.who)
        if yes:
            more.add("taken_all")
    elif task.key:
        asked = task_ends.request_before(said, scene)
        if asked is not None:
            more.add("was_asked")
            if task_cues.asks_when(asked.text):
                more.add("asked_when")
        if any(each.agrees for each in after[:3] if each.who != said.who):
            more.add("welcomed")
    source = (said, answer) if answer is not None else (said,)
    yield _found(replace(task, cues=frozenset(more)), source, answer)


def _found(task: Task, source: tuple[Said, ...], answer: Said | None = None) -> Found:
    whole = task_cues.together(task.cues)
    chance = weighing.chance("todo", whole)
    if chance > _NEVER:
        chance = weighing.chance("todo", [*whole, *wording.couples(whole), *wording.grams(task.clause)])
    return Found(replace(task, cues=whole), chance, source, answer)


def _open(task: Task, more: set[str], after: list[Said], scene: Scene) -> Iterator[Found]:
    """A task that names nobody goes to who answers; a call that nobody answers stays nobody's."""
    said = task.said
    answers = [each for each in after[:_TAKERS] if each.who != said.who and not cues.refuses(each.plain)]
    if "call" in more:
        takers = [each for each in answers if cues.takes(each.text)]
        for taker in takers[:3]:
            cue = frozenset(more | {"call_taken"})
            yield _found(replace(task, key=taker.who, cues=cue), (said, taker), taker)
        return
    saying_yes = [each for each in answers if each.agrees]
    people = list(dict.fromkeys(each.who for each in saying_yes))
    if len(people) >= 3:
        cue = frozenset(more | {"bare_all"})
        yield _found(replace(task, who=EVERYONE, cues=cue), (said,))
        return
    before = [each.who for each in scene.before(said, 4, 60) if each.who != said.who][:1]
    if saying_yes and (saying_yes[0].who in before or saying_yes[0].place - said.place <= 2):
        cue = frozenset(more | {"bare_taken"} | ({"bare_turn"} if saying_yes[0].who in before else set()))
        yield _found(replace(task, key=saying_yes[0].who, cues=cue), (said, saying_yes[0]), saying_yes[0])
        return
    yield _found(replace(task, cues=frozenset(more)), (said,))


def _merge(found: list[Found], scene: Scene) -> list[Found]:
    """One for each task: what goes on with it over several lines, and its answer, are no tasks of their own."""
    kept: list[Found] = []
    for one in found:
        same = [each for each in kept if _who(each) == _who(one)]
        joined = False
        for each in reversed(same[-3:]):
            if one.task.said in each.source or _goes_on(each, one, scene):
                kept[kept.index(each)] = replace(each, source=tuple(dict.fromkeys((*each.source, *one.source))))
                joined = True
                break
        if not joined:
            kept.append(one)
    return kept


def _who(one: Found) -> str:
    return one.task.key or one.task.who


def _goes_on(first: Found, second: Found, scene: Scene) -> bool:
    """Whether the second only says more on the first: a thin line of the same breath, a promise to do as asked, a date."""
    a, b = first.source[0], second.source[0]
    last = max(first.source, key=lambda each: each.place)
    apart = b.place - last.place
    dates = "time" in second.task.cues and not ({"time", "deadline"} & first.task.cues)
    if dates and apart <= 5:
        return True
    if a.who == b.who and b.line.at - last.line.at <= TURN and apart <= 3:
        thin = {"verb", "hands"}.isdisjoint(second.task.cues) or {"verb", "hands"}.isdisjoint(first.task.cues)
        return thin or "follows" in second.task.cues or ("takes" in first.task.cues and len(first.task.clause) <= 8)
    if b.who == first.task.key != a.who and b.place - a.place <= 6:
        if b.place - a.place > 2 and "time" in second.task.cues and "time" in first.task.cues:
            return bool(pairs(a.text) & pairs(b.text))  # at another time it is another task
        return "self" in second.task.cues and (len(bare(b.text)) <= 14 or bool(pairs(a.text) & pairs(b.text)))
    return False


def _todo(one: Found, scene: Scene) -> Todo:
    task, first = one.task, one.source[0]
    when = _due(one, scene)
    name = scene.people.name(task.key) if task.key else task.who
    text = _EDGE.sub("", bare(task.sentence.text)) or first.text
    lines = sorted(one.source, key=lambda each: each.place)
    return Todo(
        text=text,
        source=tuple(dict.fromkeys(each.line.id for each in lines)),
        who=name,
        who_key=task.key,
        at=first.line.at,
        what=_what(one, text, when[1] if when else "", scene),
        due=when[0] if when else None,
        shown=when[1] if when else "",
    )


def _due(one: Found, scene: Scene) -> tuple[datetime, str] | None:
    """The time that the one who takes it offers instead, else that in the words that give the task.

    Else the one in its sentence, its line, its further lines, or a line beside it that says nothing but a time.
    """
    said = one.source[0]
    offered = one.answer if one.answer is not None and _INSTEAD.search(one.answer.text) else None
    if offered is not None and (when := due.find(offered.text, offered.line.at)):
        return when
    answer = one.answer if one.answer is not None and task_cues.gives(one.answer.text) else None
    if answer is not None and not due.find(one.task.clause, said.line.at) and (when := _of(answer)):
        return when
    if when := occasions.day_before(one.task.clause, said, scene):
        return when
    for text in (one.task.clause, one.task.sentence.text, said.text):
        if when := due.find(text, said.line.at):
            wider = due.find(one.task.sentence.text, said.line.at)  # where the day may stand ahead of the hour
            when = wider if wider is not None and wider[1] == when[1] else when
            return occasions.on_its_day(when, one.task.clause, said, scene)
    for other in one.source[1:]:
        if when := due.find(other.text, other.line.at):
            return when
    beside = (*scene.after(said, 4, TURN.total_seconds() / 60), *scene.before(said, 2, 3))
    for other in beside:
        near = other.who == said.who or (one.task.key == said.who and 0 < other.place - said.place <= 2)
        if near and due.only_time(other.text, other.line.at) and (when := _of(other)):
            return when
    return _asked_for(one, scene) if one.task.key == said.who else None


def _asked_for(one: Found, scene: Scene) -> tuple[datetime, str] | None:
    """The time in the words by which somebody else asked for what one takes on."""
    said = one.source[0]
    for other in scene.before(said, _ASKED_BEFORE, 30):
        apart = said.place - other.place
        if other.who == said.who:
            continue
        asked = other.asks or cues.must(other.text) or said.who in other.to or (apart == 1 and said.agrees)
        asked = (asked and apart <= 2) or not pairs(other.text).isdisjoint(said.about)
        if asked and task_cues.DEADLINE.search(other.text) and (when := _of(other)):
            return when
    return None


def _of(said: Said) -> tuple[datetime, str] | None:
    return due.find(said.text, said.line.at)


#: So many lines before a promise may stand what it answers to.
_ASKED_BEFORE = 4
#: An answer that takes a task at another time than asked: 周四够呛，周五中午吧.
_INSTEAD = re.compile(
    r"够呛|来不及|不行|赶不(?:上|及|出)|(?:可能|得|要)(?:晚|迟|等到)|改(?:到|成)|最快|只能|吧$|行[吗不]?$"
)


def _what(one: Found, text: str, shown: str, scene: Scene) -> str:
    """The task without who and when, where sense is left without them."""
    what = cues.without_opener(one.task.clause if len(one.task.clause) >= 6 else text)
    if shown:
        what = what.replace(shown, "", 1)
    name = re.compile(r"^(?:那|就)?(?:我|你|您|大家|各位|所有人|麻烦|请|辛苦|让|叫)+(?:来|去|就|先|再)?(?=[^，,。]{3})")
    for key, start, end in scene.people.within(what):
        if start <= 2 and key == one.task.key:
            what = what[:start] + what[end:]
            break
    what = _EDGE.sub("", name.sub("", what.strip()))
    return what if len(what) >= 3 else text
