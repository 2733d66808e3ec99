"""What became of a task: whether it is told as done, answered for, or reported on, later in the talk."""

import re
from collections.abc import Sequence

from workers.minutes import cues
from workers.minutes.about import pairs
from workers.minutes.said import TURN, Said, Scene

_FAR = 500  # lines in which it is told that something is done
_SOON = 12  # lines in which one comes back from asking somebody
_AT_ONCE = 4  # lines in which it needs no name
_DONE_SOUNDS = str.maketrans("啦咗嘞", "了了了")
_ENDED = re.compile(
    r"([\u4e00-\u9fff])(?<![为到好完对行得太有是不来去走都就那这你我他她它天会能没没上下人家完齐成班])(?:(?:好|完|掉|妥|到|出去|过去|上去|上|齐|成|回来|过来|过|下来|回去|进去)?了|(?:好|完)[\u4e00-\u9fff]{1,4}了)"
)
_TIMES = re.compile(r"[\d一二两三四五六七八九十半]+[点号月日](?:半|钟)?|[上下]班|(?:之|以)?[前后]|[给把]?[你我他她]们?")
#: Tasks of asking somebody, and how one tells what came of it.
_TO_ASK = re.compile(r"问|打(?:个|他|她)?(?:电话)?|说|联系|找|催|申请|要|约|沟通|请示|谈|商量|协调|反映|批|报")
_TOLD = re.compile(r"(?:答应|同意|批|回复|回|松口|通过|拒)(?:我|话|信|消息)?了")


def request_before(said: Said, scene: Scene) -> Said | None:
    """A line shortly before that asks something of the one who speaks."""
    for other in scene.before(said, 4, 120):
        if other.who != said.who and (said.who in other.to or other.asks or cues.requests(other.text)):
            return other
    return None


def done_later(who: str, clause: str, source: Sequence[Said], scene: Scene) -> bool:
    """Whether the one who was to do it tells later that it is done, or sends the file that it is about.

    Told it is by naming the same things, by bringing the same verb to its end, by 已经弄好了 after a word on it, or by
    what came of asking somebody.
    """
    first = source[0]
    if not who:
        return False
    own = who == first.who
    asked = request_before(first, scene) if own else None
    text = clause + first.text + (asked.text if asked is not None else "")
    words = pairs(_TIMES.sub(" ", text))
    if _sends(who, words, first, scene, own=own):
        return True
    to_ask = _TO_ASK.search(clause) is not None
    spoke_of_it = -_FAR
    for other in scene.said[first.place + 1 : first.place + _FAR]:
        if other.who != who or cues.supposes(other.text) or other.asks:
            continue
        told = other.plain.translate(_DONE_SOUNDS)
        promising = cues.promising(told)
        ended = not promising and any(found[1] in text for found in _ENDED.finditer(told))
        if ended or (cues.done(told) and (words & other.about or other.place - spoke_of_it <= 5)):
            return True
        soon = other.place - first.place <= (_SOON if words & other.about else _AT_ONCE)
        if to_ask and soon and not promising and _TOLD.search(told):
            return True
        if other not in source and len(words & other.about) >= 2:
            spoke_of_it = other.place
    return False


def _sends(who: str, words: set[str], first: Said, scene: Scene, *, own: bool) -> bool:
    """Whether the file that it is about comes from the one who was to do it; beside one's own promise it is but its matter."""
    since = first.line.at + TURN if own else first.line.at
    for line in scene.files:
        named = pairs(line.file_name.rpartition(".")[0] or line.file_name)
        if line.who == who and line.at > since and 3 * len(words & named) > len(named):
            return True
    return False
