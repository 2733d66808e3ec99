"""What a group settled on: said with a word that settles, or put forward and agreed to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workers.minutes import cues, decision_cues, heads, rulings, standing, tasks, weighing, wording
from workers.minutes.about import numbers, pairs
from workers.minutes.document import Item
from workers.minutes.said import Said, Scene, bare
from workers.minutes.talk import Talk

_BEFORE = 12
_NEXT = 2  # lines after, whose wording is read
_NEXT_MINUTES = 240.0
FAINT = 0.03  # a chance by itself from which on a line is looked at beside those around it
_NEVER = 0.01  # a chance by its cues alone that no wording makes up for


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may settle something; ``about`` are the lines that a likely one settles."""

    said: Said
    cues: frozenset[str]
    about: tuple[Said, ...]
    chance: float


def find(talk: Talk, scene: Scene | None = None) -> list[Item]:
    """What was settled, in the order of the talk; of two on the same the later. ``scene`` is the talk's, if known."""
    scene = scene or Scene(talk)
    found: list[Candidate] = []
    for each in candidates(scene):
        if each.chance < weighing.LIKELY:
            continue
        last = found[-1] if found else None
        if last is not None and _same(last, each):
            found[-1] = _joined(last, each)
        else:
            found.append(each)
    return [_item(each, scene) for each in found]


def candidates(scene: Scene) -> Iterator[Candidate]:
    """Every line that could settle something, with its cues and chance."""
    each_shown = list(shown(scene))
    chances = weighed(each_shown, scene)
    for said, known in each_shown:
        chance = chances[said.place]
        if chance >= FAINT:
            chance = weighing.balance("standing", standing.of(said.place, chances, scene.said))
        about = tuple(_about(said, said.plain, scene)) if chance >= weighing.LIKELY else ()
        yield Candidate(said, known, about, chance)


def shown(scene: Scene) -> Iterator[tuple[Said, frozenset[str]]]:
    """Every line that could settle something, with its cues."""
    leaders = heads.in_charge(scene)
    boss = rulings.boss(scene, leaders)
    for said in scene.said:
        text = said.plain
        if len(text) < 3:
            continue
        settled, kinds = _without_tasks(said, text, scene)
        found = decision_cues.shown(said, settled) | decision_cues.around(said, text, scene) | kinds
        found |= rulings.shown(said, text) | rulings.around(said, text, scene)
        if said.who == boss:
            found.add("boss")
        if said.who in leaders:
            found.add("head")
            if found & {"settled", "changed", "thus", "by", "rule", "cancel", "opener_yes"}:
                found.add("head_firm")
        if not leaders:
            found.add("leaderless")
        if not found & _COULD:
            continue
        yield said, decision_cues.together(found)


def weighed(shown: Sequence[tuple[Said, frozenset[str]]], scene: Scene) -> dict[int, float]:
    """The chance of each line by itself, by its place: by its cues, and where these leave room by its wording."""
    chances: dict[int, float] = {}
    for said, known in shown:
        chance = weighing.chance("decision", known)
        if chance > _NEVER:
            chance = weighing.chance("decision", known | marks(said, scene))
        chances[said.place] = chance
    return chances


def marks(said: Said, scene: Scene) -> set[str]:
    """The wording of a line and of how others, or the same person, go on."""
    after = scene.after(said, _NEXT, _NEXT_MINUTES)
    return wording.grams(said.plain) | wording.following((other.who == said.who, other.plain) for other in after)


#: Without one of these a line settles nothing.
_COULD = decision_cues.FIRM | {
    "agreed_many",
    "head",
    "boss",
    "to_all",
    "answers_choice",
    "yes",
    "passed",
    "shift",
    "value_put",
    "restates",
    "terms",
    "verdict",
}
_TASKS = ("self", "named", "you", "mention", "called", "let")


def _without_tasks(said: Said, text: str, scene: Scene) -> tuple[str, set[str]]:
    """The line without the clauses that give or take a task, and what kinds of tasks those were."""
    rest, kinds = text, set()
    for task in tasks.within(said, scene):
        here = {f"task_{kind}" for kind in _TASKS if kind in task.cues}
        if here and task.cues & {"verb", "takes", "commits"} and not task.cues & {"ask", "opinion"}:
            kinds |= here
            for clause in task.clause.split("，"):
                rest = rest.replace(clause, "", 1)
    rest = rest.strip(" ，,、。！!")
    if kinds and len(rest) < 4:
        kinds.add("only_task")
        rest = text
    return rest, kinds


def _about(said: Said, text: str, scene: Scene) -> Iterator[Said]:
    """The line that put forward what is settled: nearest by its words, else the nearest proposal of another."""
    words, values = pairs(text), numbers(text)
    before = list(scene.before(said, _BEFORE, 240))
    best = max(
        before,
        key=lambda each: (
            2 * len(words & each.about) + 3 * len(values & each.numbers) + each.asks - 0.2 * (said.place - each.place)
        ),
        default=None,
    )
    if best is not None and (words & pairs(best.text) or values & best.numbers):
        yield best
        return
    if decision_cues.ANAPHORIC.search(text) or len(text) <= 8:
        for other in before[:6]:
            if len(other.plain) >= 6 and not other.agrees:
                yield other
                return


def _same(first: Candidate, second: Candidate) -> bool:
    """Whether two lines settle the same: close by, the later a mere word on it or about the same thing."""
    near = second.said.place - first.said.place
    if near > 8:
        return False
    if first.said in second.about or (near <= 4 and "anaphoric" in second.cues):
        return True
    if (
        near == 1
        and first.said.who == second.said.who
        and ("anaphoric" in first.cues or len(bare(first.said.text)) <= 8)
    ):
        return True
    shared = pairs(first.said.text) & pairs(second.said.text)
    if near == 1 and first.said.who == second.said.who and shared:
        return True
    return len(shared) >= 2 or bool(near <= 5 and first.said.numbers & second.said.numbers and shared)


def _joined(first: Candidate, second: Candidate) -> Candidate:
    return replace(second, about=tuple(dict.fromkeys((*second.about, first.said, *first.about))))


def _item(each: Candidate, scene: Scene) -> Item:
    said = each.said
    text = _words(said)
    if "anaphoric" in each.cues or len(text) < 6:
        for other in each.about:
            if len(other.plain) > len(text):
                text = f"{_words(other)}（{text}）"
                break
    return Item(
        text=text,
        source=tuple(dict.fromkeys(line.line.id for line in (said, *each.about))),
        who=scene.people.name(said.who),
        at=said.line.at,
    )


def _words(said: Said) -> str:
    text = cues.without_opener(said.plain)
    return text if len(text) >= 4 else said.plain
