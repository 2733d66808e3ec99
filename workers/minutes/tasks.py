"""Where a sentence may give or take a task: who would do it, in which words, with which cues."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from workers.minutes import cues, subjects, task_cues
from workers.minutes.assignees import EVERYBODY, EVERYONE, OUTSIDER, first_outsider
from workers.minutes.said import Said, Scene, Sentence, bare

_EVERYBODY = re.compile(EVERYBODY)
_LET = re.compile(
    r"(?:让|叫|由|请|派|安排|麻烦|辛苦|(?<![^这事都就那全那])交给|通知|转告|提醒|告诉|喊|拜托|找)(?=([^，,。\s]))"
)
_SO_I = re.compile(r"(?:^|[，,。！!\s])(?:那么?|行|好|ok)\s*我", re.IGNORECASE)
_EACH = re.compile(r"都(?=[\u4e00-\u9fff]{0,4}(?:私聊|私信|发|交|报|填|转|带|接龙|签|看|改|来|到|准备|补))")
#: How one is told to act, and where what one does goes to all.
_ORDER = frozenset({"named", "you", "mention", "called"})
_TO_GROUP = re.compile(r"群里|大家")
#: After a name: nothing, or a greeting, so that somebody is but called.
_NO_MORE = re.compile(r"(?:[你您]好|早)?[ ，,：:～~]*")
_I_ASK = re.compile(r"^我[^，,]{0,6}(?:找|催|喊|叫|通知|转告|提醒|告诉)")
_SETTLES = re.compile(r"改[到成为]|定了|统一|^就|那就|不[\u4e00-\u9fff]{1,2}了|取消")
_HE = re.compile(r"(?:让|叫|由|请|找|催|喊)(?:他|她|他们|她们|人家|对方)")


@dataclass(frozen=True, slots=True)
class Task:
    """What may be a task. ``key`` is who would do it, in the talk; else ``who`` names somebody outside of it.

    ``open`` marks that nobody is named: the one who answers takes it. ``clause`` are the words that give it, ``before`` the
    clause ahead of them.
    """

    said: Said
    sentence: Sentence
    clause: str
    before: str = ""
    key: str = ""
    who: str = ""
    open: bool = False
    cues: frozenset[str] = field(default_factory=frozenset)


def within(said: Said, scene: Scene) -> Sequence[Task]:
    """All the tasks that a line of the scene may hold, likely or not; looked for once."""
    if said.place not in scene.tasks:
        scene.tasks[said.place] = tuple(_within(said, scene))
    tasks: Sequence[Task] = scene.tasks[said.place]
    return tasks


def _within(said: Said, scene: Scene) -> Iterator[Task]:
    """What follows without a subject of its own goes on with the one before: 我改改，周五中午前发群里."""
    called = ""
    held: list[Task] = []
    for sentence in said.sentences:
        text = cues.without_opener(bare(sentence.text))
        if len(text) < 2:
            continue
        before = ""
        for clause in task_cues.clauses(text):
            found = list(_task(said, sentence, clause, called, scene))
            if found and "vocative" in found[0].cues:
                called = found[0].key
            elif found and held and _continues(held[0], found[0]):
                held = [_longer(each, clause) for each in held]
            elif found and held and "bare" in held[0].cues and "all" in found[0].cues and "verb" not in found[0].cues:
                held = [_ahead(each, held[0]) for each in found]
            else:
                yield from held
                held = [replace(each, before=before) for each in found]
            before = clause
    yield from held


def _continues(first: Task, second: Task) -> bool:
    """Whether a clause has no subject of its own, or only says whom one will ask for what one does."""
    if "self" in first.cues and second.cues & {"let_find", "gather_only"}:
        return True
    if first.sentence.to != second.sentence.to:
        return False
    if first.cues & _ORDER and first.key != first.said.who:
        aside = "let_tell" in second.cues and second.clause.startswith(("让", "叫", "请"))
        if aside or ("to_you" in second.cues and _TO_GROUP.search(second.clause)):
            return True  # 橙子你出个目录，让老王看看，今天发群里
        if second.key == first.key and second.cues & {"mention", "called"} and "you" not in second.cues:
            return True
    if "bare" not in second.cues:
        return False
    return not ("bare" in first.cues and cues.asks(second.sentence.text))


def _ahead(last: Task, first: Task) -> Task:
    """The task with the clause ahead, when that says what to do: 三点门口集合，大家别迟到."""
    return replace(
        last, clause=f"{first.clause}，{last.clause}", cues=(last.cues | first.cues) - {"bare", "not", "no_verb"}
    )


def _longer(first: Task, clause: str) -> Task:
    """The task with one more clause to it."""
    more = task_cues.content(clause)
    gone = ({"no_verb"} if "verb" in more else set()) | ({"time_near"} if "time" in more else set()) | {"short"}
    if more & {"verb", "deadline"}:
        gone |= {"was", "done"}  # 尺寸变了，改一下
    if cues.requests(clause):
        more.add("request")
    if "verb" in more:
        more.add("verb_after")
    return replace(first, clause=f"{first.clause}，{clause}", cues=(first.cues | more) - gone)


def _task(said: Said, sentence: Sentence, clause: str, called: str, scene: Scene) -> Iterator[Task]:
    """The ways in which one clause may give a task, the surest first; the first that fits counts."""
    text = cues.without_opener(clause)
    found = cues.calls(text)
    if found:
        yield _make(said, sentence, clause, text, {"call"}, open_=True)
        return
    let = list(_let(said, sentence, clause, text, scene))
    named = list(_named(said, sentence, clause, text, scene))
    if let and "let_find" in let[0].cues and (sentence.to_all or (named and "named_you" in named[0].cues)):
        let = []  # 小韩你找老邬: it is 小韩 who goes
    me, you = subjects.me(text), subjects.you(text)
    if let and me and _I_ASK.search(text[me.start() :]):
        let = []  # 我找他老板
    if let:
        yield from let
        return
    if named:
        yield from named
        return
    if (
        (everyone := _EVERYBODY.search(text))
        and everyone.start() <= 12
        and not subjects.spoken_of(text[: everyone.start()])
    ):
        yield _make(said, sentence, clause, text, {"all", "all_word"}, who=EVERYONE)
        return
    if me and not (you and you.start() < me.start()):
        rest = text[me.end() :]
        more = {"self"} | ({"takes"} if cues.takes(text) else set()) | ({"commits"} if cues.commits(rest) else set())
        if me.start() == 0:
            more.add("self_first")
        if said.agrees or _SO_I.search(sentence.text):
            more.add("so_self")
        yield _make(said, sentence, clause, rest, more, key=said.who)
        return
    if you:
        key = (sentence.to[0] if sentence.to else "") or called or said.quoted or _spoken_to(said, scene)
        more = (
            {"you"}
            | ({"you_first"} if you.start() == 0 else set())
            | ({"mention"} if sentence.to else set())
            | ({"called"} if called else set())
        )
        yield _make(said, sentence, clause, text[you.end() :], more, key=key)
        return
    if we := subjects.we(text):
        rest = text[we.end() :]
        more = {"self", "we"} | ({"commits"} if cues.commits(rest) else set())
        yield _make(said, sentence, clause, rest, more, key=said.who)
        return
    if said.agrees and not _SETTLES.search(said.text) and (task_cues.TIME.search(text) or cues.commits(text)):
        yield _make(said, sentence, clause, text, {"yes_self"}, key=said.who)
        return
    if sentence.to:
        for key in sentence.to[:4]:
            if key != said.who:
                yield _make(said, sentence, clause, text, {"mention"}, key=key)
        return
    if sentence.to_all:
        yield _make(said, sentence, clause, text, {"all"}, who=EVERYONE)
        return
    if called and task_cues.TO_YOU.search(text) and not task_cues.TO_ME.search(text):
        yield _make(said, sentence, clause, text, {"yes_self", "to_you"}, key=said.who)
        return
    if called:
        yield _make(said, sentence, clause, text, {"called"}, key=called)
        return
    if task_cues.GATHER.search(text) and task_cues.TIME.search(said.text):
        yield _make(said, sentence, clause, text, {"all", "all_word", "gather_only"}, who=EVERYONE)
        return
    if _EACH.search(text) and (task_cues.TO_ME.search(text) or task_cues.TIME.search(text)):
        yield _make(said, sentence, clause, text, {"all", "all_word"}, who=EVERYONE)
        return
    if task_cues.TO_YOU.search(text) and not task_cues.TO_ME.search(text):
        yield _make(said, sentence, clause, text, {"yes_self", "to_you"}, key=said.who)
        return
    if task_cues.TIME.search(text) and any(said.who in each.to and each.asks for each in scene.before(said, 3, 60)):
        yield _make(said, sentence, clause, text, {"yes_self", "asked_me"}, key=said.who)
        return
    yield _make(said, sentence, clause, text, {"bare"}, open_=True)


def _let(said: Said, sentence: Sentence, clause: str, text: str, scene: Scene) -> Iterator[Task]:
    """让小赵…, 麻烦王姐…, 找运维老吴…, 让他…"""
    if found := _HE.search(text):
        key, who = _antecedent(said, clause[: clause.find(found[0])] or clause, scene)
        if key or who:
            yield _make(said, sentence, clause, text[found.end() :], {"let", "he"}, key=key, who=who)
        return
    for found in _LET.finditer(text):
        start = found.end()
        person = scene.people.at(text, start)
        more = {"let", f"let_{'ask' if found[0] in ('麻烦', '辛苦', '请', '拜托') else 'tell'}"}
        if found[0] in ("找", "通知", "转告", "提醒", "告诉"):
            more = {"let", "let_find"}
        if person is not None:
            if person[0] == said.who or (found[0] == "交给" and text[person[1] :].strip(" 吧了啊")):
                continue
            yield _make(said, sentence, clause, text[person[1] :], more, key=person[0])
            return
        outsider = first_outsider(text, start) if found[0] != "交给" else ""
        if outsider:
            yield _make(said, sentence, clause, text[start + len(outsider) :], more | {"outsider"}, who=outsider)
            return


def _antecedent(said: Said, clause: str, scene: Scene) -> tuple[str, str]:
    """Whom 他 means: who was named last."""
    whole = said.text[: said.text.find(clause) + len(clause)]
    for text in [whole, *(each.text for each in scene.before(said, 3, 10))]:
        people = [each for each in scene.people.within(text) if each[0] != said.who]
        if people:
            return people[-1][0], ""
        outside = list(OUTSIDER.finditer(text))
        if outside:
            return "", outside[-1][0]
    return "", ""


def _named(said: Said, sentence: Sentence, clause: str, text: str, scene: Scene) -> Iterator[Task]:
    """小赵你…, 海报小满做, 老马带人弄; a name alone calls somebody."""
    for key, start, end in scene.people.within(text):
        if key == said.who or start > 14:
            continue
        before, after = text[:start], text[end:]
        alone = _NO_MORE.fullmatch(after) and start <= 3 and not subjects.spoken_of(before)
        if alone and not cues.does(before):
            yield Task(said, sentence, clause, key=key, cues=frozenset({"vocative"}))
            return
        after = after.lstrip(" ，,：:、")
        both = re.match(r"(?:和|跟|、|与|还有)", after)
        other = scene.people.at(after, both.end()) if both else None
        if other is not None:  # 静怡和Ahmed讲
            keys, after = [key, other[0]], after[other[1] :]
        else:
            keys = [key]
        if not subjects.acts(before, after):
            continue
        more = {"named"} | ({"named_first"} if start == 0 else set())
        if after.startswith(("你", "您")):
            more.add("named_you")
            after = after[1:]
        for each in keys:
            yield _make(said, sentence, clause, after or text, more, key=each)
        return
    outsider = first_outsider(text, 0)
    if (
        outsider
        and len(text) > len(outsider) + 1
        and re.match(r"(?:去|来|负责|明天|今天|帮|把)", text[len(outsider) :])
    ):
        yield _make(said, sentence, clause, text[len(outsider) :], {"named", "outsider"}, who=outsider)


def _spoken_to(said: Said, scene: Scene) -> str:
    """Whom 你 means where nobody is named: who was addressed before in the same breath, or spoke last."""
    for other in scene.before(said, 3, 5):
        if other.who == said.who:
            if other.to:
                return other.to[0]
            names = [each for each in scene.people.within(other.text) if each[0] != said.who and each[1] <= 2]
            if names:
                return names[0][0]
        else:
            break
    answers = [each.who for each in scene.after(said, 3, 30) if each.who != said.who and each.agrees]
    earlier = [each.who for each in scene.before(said, 6, 180) if each.who != said.who]
    for each in answers:
        if each in earlier[:4]:
            return each
    return earlier[0] if earlier else (answers[0] if answers else "")


def _make(
    said: Said,
    sentence: Sentence,
    clause: str,
    rest: str,
    how: set[str],
    *,
    key: str = "",
    who: str = "",
    open_: bool = False,
) -> Task:
    return Task(said, sentence, clause, "", key, who, open_, frozenset(how | task_cues.shown(said, clause, rest)))
