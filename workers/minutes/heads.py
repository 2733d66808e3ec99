"""Who is in charge in a talk: those whom others follow."""

import re
from collections import Counter

from workers.minutes import cues
from workers.minutes.said import Scene

_TITLE = re.compile(
    r"老师|经理|总(?![务结])|工头|队长|店长|老板|导演|领队|会长|主任|书记|班长|监理|教授|家委|群主|管家|校长|主管|组长|pm|负责人|总包|主席|社长|团长|站长|主编|制片|博导|楼长|业委|厂长|院长|所长|部长|科长|老大|导$|教练|总监|新娘|新郎|东家",
    re.IGNORECASE,
)
_FIRM = re.compile(r"定了|敲定|就这么|就这样|决定|改[到成为]|统一|那就|一律|必须|从[^，,。]{1,8}(?:起|开始)")
_LEAST = 3  # points


def in_charge(scene: Scene) -> frozenset[str]:
    """The keys of those who call all, address others, settle things, or bear a title in their name."""
    score: Counter[str] = Counter()
    for said in scene.said:
        score[said.who] += 2 * said.to_all
        text = said.plain
        if not cues.asks(text):
            score[said.who] += bool(_FIRM.search(text)) + bool(said.to)
    for key in score:
        score[key] += 3 * bool(_TITLE.search(scene.people.name(key)))
    top = max(score.values(), default=0)
    return frozenset(key for key, points in score.items() if points >= max(_LEAST, 0.5 * top))
