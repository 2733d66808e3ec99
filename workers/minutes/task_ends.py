"""What became of a task: whether it is told as done, answered for, or reported on, later in the talk."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from workers.minutes import cues, weighing
from workers.minutes.about import pairs
from workers.minutes.said import TURN, Said, Scene

_SOON = 15  # lines in which one may tell it without naming it
_FAR = 500  # lines in which it is told that something is done
_DONE_SOUNDS = str.maketrans("啦咗嘞", "了了了")
_ENDED = re.compile(
    r"([\u4e00-\u9fff])(?<![为到好完对行得太有是不来去走都就那这你我他她它天会能没没上下人家完齐成班])(?:(?:好|完|掉|妥|到|出去|过去|上去|上|齐|成|回来|过来|过|下来|回去|进去|住)?了|(?:好|完)[\u4e00-\u9fff]{1,4}了)"
)
_TIMES = re.compile(r"[\d一二两三四五六七八九十半]+[点号月日](?:半|钟)?|[上下]班|(?:之|以)?[前后]|[给把]?[你我他她]们?")
#: Tasks of asking somebody, and how one tells what came of it.
_TO_ASK = re.compile(r"问|打(?:个|他|她)?(?:电话)?|说|联系|找|催|申请|要|约|沟通|请示|谈|商量|协调|反映|批|报|磨")
_TOLD = re.compile(r"(?:答应|同意|批|回复|回|松口|通过|拒)(?:我|话|信|消息)?了")
_SAYS = re.compile(r"^[^，,。我你]{0,8}(?:说(?!一?[声下])|回(?:复|话|了)|答应|同意|那边|表示|讲(?!一?[声下]))")
_LE = re.compile(r"了(?:$|[\s，,。！!~～哈啊哦（(]|\[)")
_OVER = re.compile(r"已|[好完到住齐成妥掉]了|搞定|✅|刚(?:刚|才)?[\u4e00-\u9fff]")
_GIVEN = re.compile(
    r"发(?:你|您|群里?|给|到|过去|出)[^，,。]{0,6}了|(?:在|放)[^，,。]{1,8}(?:里|上|台|边|下)了?$|截图|附件|见(?:图|表|上)"
)
_COMES = re.compile(r"([\u4e00-\u9fff]{2})(?:也|都|已经|全|终于)*(?:来|到|好|齐|ok|OK)[了咯]")
_MAKES = re.compile(r"发|出|做|写|整|导|拉|打|给|画|改|列|拟|交|传|图|表|弄|算")
#: What is in every line that may tell of an end.
_MAYBE = re.compile(r"[了完好掉妥过齐成说回答复同表讲那已毕✅刚图附见搞早出上下去来]")
_THANKS = re.compile(r"谢|辛苦|收到|👌|👍|看到了|\[(?:强|OK|抱拳|爱心|鼓掌)\]|厉害|好快|牛")


def request_before(said: Said, scene: Scene) -> Said | None:
    """A line shortly before that asks something of the one who speaks."""
    for other in scene.before(said, 4, 120):
        if other.who != said.who and (said.who in other.to or other.asks or cues.requests(other.text)):
            return other
    return None


def done_later(who: str, clause: str, source: Sequence[Said], scene: Scene) -> bool:
    """Whether it is told later that the task is done, or the file comes that it is about."""
    return any(weighing.chance("done", shown) >= weighing.LIKELY for _, shown in endings(who, clause, source, scene))


def endings(who: str, clause: str, source: Sequence[Said], scene: Scene) -> Iterator[tuple[int, frozenset[str]]]:
    """What may tell that the task is done: the ids of later lines, with what speaks for it.

    It is told by naming the same things, by bringing the same verb to its end, by 已经弄好了 after a word on it, or by
    what came of asking somebody.
    """
    first = source[0]
    if not who:
        return
    own = who == first.who
    asked = request_before(first, scene) if own else None
    ahead = next((each for each in scene.before(first, 1, TURN.total_seconds() / 60) if each.who == first.who), None)
    text = " ".join(each.text for each in (first, asked, ahead) if each is not None) + clause
    words = pairs(_TIMES.sub(" ", text))
    yield from _files(who, words, clause, scene, first)
    to_ask = _TO_ASK.search(clause) is not None
    known = {each.place for each in source}
    spoke = [
        each.place
        for each in _lines(who, scene)
        if first.place < each.place < first.place + _FAR and each.place not in known and len(words & each.about) >= 2
    ]
    telling = _telling(scene)
    for other, told, shown, ended in islice(telling, bisect_right(telling, first.place, key=_place), None):
        far = other.place - first.place
        if far >= _FAR:
            break
        mine = other.who == who
        if not mine and words.isdisjoint(other.about):
            continue
        shared = words & other.about
        more = {
            "own": mine,
            "setter": other.who == first.who and not own,
            "ended": any(each in clause for each in ended),
            "ended_near": any(each in text for each in ended),
            "comes": any(found[1] in words for found in _COMES.finditer(told)),
            "share": bool(shared),
            "share_two": len(shared) >= 2,
            "share_much": 3 * len(shared) > len(words) or (len(shared) > 1 and 2 * len(shared) > len(other.about)),
            "spoken": mine and any(0 < other.place - each <= 5 for each in spoke),
            "to_ask": to_ask,
            "at_once": far <= 4,
            "soon": 4 < far <= _SOON,
            "far": far > 50,
            "other_day": other.line.at.date() != first.line.at.date(),
            "source": other.place in known,
        }
        if far <= _SOON or shared or more["spoken"] or more["ended_near"]:
            yield other.line.id, _together(shown | {name for name, true in more.items() if true})


def _place(telling: tuple[Said, str, frozenset[str], frozenset[str]]) -> int:
    return telling[0].place


def _lines(who: str, scene: Scene) -> list[Said]:
    """All that one says in the scene; sorted out once."""
    if not scene.by_who:
        for said in scene.said:
            scene.by_who.setdefault(said.who, []).append(said)
    return scene.by_who.get(who, [])


def _telling(scene: Scene) -> Sequence[tuple[Said, str, frozenset[str], frozenset[str]]]:
    """The lines that sound like the end of some task: what is told, its cues, the verbs ended; looked for once."""
    if scene.telling is None:
        scene.telling = [
            (said, told, shown, frozenset(found[1] for found in _ENDED.finditer(told)))
            for said in scene.said
            for told, shown in [_shown(said, scene)]
            if shown
        ]
    telling: Sequence[tuple[Said, str, frozenset[str], frozenset[str]]] = scene.telling
    return telling


def _shown(said: Said, scene: Scene) -> tuple[str, frozenset[str]]:
    """How a line sounds like the end of some task, whichever. Empty when it does not."""
    told = said.plain.translate(_DONE_SOUNDS)
    if not _MAYBE.search(told):
        return told, frozenset()
    tests = {
        "done": cues.done(told),
        "le": _LE.search(told) is not None,
        "told": _TOLD.search(told) is not None,
        "says": _SAYS.search(told) is not None,
        "over": _OVER.search(told) is not None,
        "given": _GIVEN.search(told) is not None,
    }
    shown = {name for name, true in tests.items() if true}
    if shown:
        after = next((each for each in scene.after(said, 3, 60) if each.who != said.who), None)
        more = {
            "promising": cues.promising(told),
            "asks": said.asks,
            "if": cues.supposes(told),
            "past": cues.past(told),
            "brief": len(told) <= 6,
            "long": len(told) > 20,
            "self": "我" in told,
            "thanked": after is not None and _THANKS.search(after.text) is not None,
            "laughs": cues.laughs(said.text),
        }
        shown |= {name for name, true in more.items() if true}
    return told, frozenset(shown)


def _together(found: frozenset[str]) -> frozenset[str]:
    """The cues with what some of them mean side by side."""
    whose = "own" if "own" in found else "other"
    more = {
        f"{whose}+{name}"
        for name in ("done", "le", "told", "says", "over", "ended", "given", "thanked")
        if name in found
    }
    ends = found & {"done", "over", "ended", "told"}
    for name in ("share", "share_two", "spoken", "at_once", "soon", "to_ask"):
        if ends and name in found:
            more.add(f"{whose}+end+{name}")
    if {"at_once", "brief", "own"} <= found and ends:
        more.add("own+end+brief+at_once")
    if {"says", "to_ask"} <= found:
        more |= {f"{whose}+says+{name}" for name in ("share", "at_once", "soon", "to_ask") if name in found}
    return found | more


def _files(who: str, words: set[str], clause: str, scene: Scene, first: Said) -> Iterator[tuple[int, frozenset[str]]]:
    """The files that come from the one who was to do it; beside one's own promise it is but its matter."""
    since = first.line.at + TURN if who == first.who else first.line.at
    for line in scene.files:
        if line.who == who and line.at > since:
            named = pairs(line.file_name.rpartition(".")[0] or line.file_name)
            shared = len(words & named)
            tests = {
                "file_shared": shared > 0,
                "file_much": 3 * shared > len(named),
                "file_made": shared > 0 and _MAKES.search(clause) is not None,
                "file_soon": (line.at - first.line.at).total_seconds() < 3600,
            }
            yield line.id, frozenset({"file"} | {name for name, true in tests.items() if true})
