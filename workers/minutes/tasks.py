"""Where a sentence may give or take a task: who would do it, in which words, with which cues."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from workers.minutes import cues, task_cues
from workers.minutes.assignees import EVERYBODY, EVERYONE, OUTSIDER, first_outsider
from workers.minutes.said import Said, Scene, Sentence, bare

_EVERYBODY = re.compile(EVERYBODY)
_LET = re.compile(
    r"(?:让|叫|由|请|派|安排|麻烦|辛苦|(?<![^这事都就那全那])交给|通知|转告|提醒|告诉|喊|拜托|找)(?=([^，,。\s]))"
)
_ME = re.compile(
    r"(?:我|俺|偶|咱(?!们))(?!的(?!话)|家|妈|爸|老公|老婆|同事|朋友|儿子|女儿|们?公司|们?班|表[哥姐弟妹]|[哥姐弟妹]|奶奶|爷爷|学生|领导|老板|同学|娃|字|车|觉得|知道|以为|不|没|看到|想问|是|有|在(?!群|公司|网上|平台|店)|怕|们的|家的|喜欢|勒|靠|去[！!~。]*$|爱|就知道|记得|说(?:过|了|的)|也是|还是|发现|听说|同意|支持|赞成|可没|只(?!要)|想请|问(?:一?下|问)(?:就是|[，,：:\s]|这|那|各|大家|你|您)|看(?:着|过|了|上)|刚|昨|已|也不|又|才|真|好像|们)"
)
_EACH = re.compile(r"都(?=[\u4e00-\u9fff]{0,4}(?:私聊|私信|发|交|报|填|转|带|接龙|签|看|改|来|到|准备|补))")
_SETTLES = re.compile(r"改[到成为]|定了|统一|^就|那就|不[\u4e00-\u9fff]{1,2}了|取消")
_ME_OBJECT = re.compile(
    r"[给跟找等诉发私转问让叫请帮替陪送听比像对向和是被把借教交喊拉借到了放骂夸杀带](?:一下|下|一声)?$"
)
_YOU = re.compile(
    r"(?:你|您)(?!好|们|的|家|说(?:的|得)|看(?:看|着|吧|这|我)|是|有|在|知道|觉得|妈的|们好|不|没|这|那(?!边)|怎么|咋|才|真|太|也太|又|这么|想|要是|今天(?:怎么|咋)|爸|妹|个|懂|俩|猜|可真|确定)"
)
_YOU_AFTER = re.compile(
    r"(?:^|[，,：:\s]|那|就|但|所以|麻烦|请|辛苦|要不|还是|回头|到时候?|时候|的话|[今明后]天|[早晚]上?|[上下中]午|周[一二三四五六日末]|号|点|之?[前后]|让|叫|由|面|[\u4e00-\u9fff]{2}那边?)$"
)
_HE = re.compile(r"(?:让|叫|由|请|找|催|喊)(?:他|她|他们|她们|人家|对方)")
_NOT_SUBJECT_AFTER = re.compile(
    r"^(?:的|家的|说|像|是|也(?!去|来|要|得|带)|在|那个|这个|有|没|不|觉得|怎么|你(?:说|看|觉得|是|有|怎么|在|好)|好|早|辛苦|威武|牛|万岁|给力|谢|真|太|还|和|跟|、|们|又|在|真|已|刚|最|才|这|那)"
)
_NOT_SUBJECT_BEFORE = re.compile(
    r"(?:给|跟|和|找|问|像|是|在|到|被|的|对|向|比|听|谢|谢谢|感谢|@|等|与|发|跟着|替|为|帮|陪|、|把|看)$"
)


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


def within(said: Said, scene: Scene) -> Iterator[Task]:
    """All the tasks that a line may hold, likely or not.

    What follows without a subject of its own goes on with the one before: 我改改，周五中午前发群里.
    """
    called = ""
    held: list[Task] = []
    for sentence in said.sentences:
        text = cues.without_opener(bare(sentence.text))
        if len(text) < 2:
            continue
        before = ""
        for clause in _clauses(text):
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
    if "self" in first.cues and "let_find" in second.cues:
        return True
    if "bare" not in second.cues or first.sentence.to != second.sentence.to:
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
    gone = ({"no_verb"} if "verb" in more else set()) | ({"time_near"} if "time" in more else set())
    if "verb" in more:
        more.add("verb_after")
    return replace(first, clause=f"{first.clause}，{clause}", cues=(first.cues | more) - gone)


def _clauses(text: str) -> Iterator[str]:
    """The parts between commas; those too short to stand alone go with the next."""
    held = ""
    for part in cues.CLAUSE.findall(cues.SPACED.sub("，", text)):
        held += part
        if len(held.strip(" ，,、")) >= 3 or held.endswith(("。", "！", "!")):
            yield held.strip(" ，,、；;。")
            held = ""
    if held.strip(" ，,、；;。"):
        yield held.strip(" ，,、；;。")


def _task(said: Said, sentence: Sentence, clause: str, called: str, scene: Scene) -> Iterator[Task]:
    """The ways in which one clause may give a task, the surest first; the first that fits counts."""
    text = cues.without_opener(clause)
    found = cues.calls(text)
    if found:
        yield _make(said, sentence, clause, text, {"call"}, open_=True)
        return
    let = list(_let(said, sentence, clause, text, scene))
    if let and not (sentence.to_all and "let_find" in let[0].cues):
        yield from let
        return
    named = list(_named(said, sentence, clause, text, scene))
    if named:
        yield from named
        return
    if (
        (everyone := _EVERYBODY.search(text))
        and everyone.start() <= 12
        and not _NOT_SUBJECT_BEFORE.search(text[: everyone.start()])
    ):
        yield _make(said, sentence, clause, text, {"all", "all_word"}, who=EVERYONE)
        return
    me = _ME.search(text)
    you = _YOU.search(text)
    if you and not _YOU_AFTER.search(text[: you.start()]):
        you = None
    if me and me.start() <= 12 and not _ME_OBJECT.search(text[: me.start()]) and not (you and you.start() < me.start()):
        rest = text[me.end() :]
        more = {"self"} | ({"takes"} if cues.takes(text) else set()) | ({"commits"} if cues.commits(rest) else set())
        if me.start() == 0:
            more.add("self_first")
        yield _make(said, sentence, clause, rest, more, key=said.who)
        return
    if you and you.start() <= 12:
        key = (sentence.to[0] if sentence.to else "") or called or said.quoted or _spoken_to(said, scene)
        more = (
            {"you"}
            | ({"you_first"} if you.start() == 0 else set())
            | ({"mention"} if sentence.to else set())
            | ({"called"} if called else set())
        )
        yield _make(said, sentence, clause, text[you.end() :], more, key=key)
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
    if (task_cues.GATHER.search(text) and task_cues.TIME.search(said.text)) or (
        _EACH.search(text) and task_cues.TO_ME.search(text)
    ):
        yield _make(said, sentence, clause, text, {"all", "all_word"}, who=EVERYONE)
        return
    if task_cues.TO_YOU.search(text) and not task_cues.TO_ME.search(text):
        yield _make(said, sentence, clause, text, {"yes_self", "to_you"}, key=said.who)
        return
    yield _make(said, sentence, clause, text, {"bare"}, open_=True)


def _let(said: Said, sentence: Sentence, clause: str, text: str, scene: Scene) -> Iterator[Task]:
    """让小赵…, 麻烦王姐…, 找运维老吴…, 让他…"""
    if found := _HE.search(text):
        key, who = _antecedent(said, clause, scene)
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
    whole = said.text[: said.text.find(clause) + 1]
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
        alone = not after.strip(" ，,：:～~") and start <= 3 and not _NOT_SUBJECT_BEFORE.search(before)
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
        if _NOT_SUBJECT_BEFORE.search(before) or _NOT_SUBJECT_AFTER.match(after):
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
