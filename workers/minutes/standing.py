"""How a likely decision stands among the likely ones around it: of many lines on a matter, few settle it."""

from collections.abc import Mapping, Sequence
from math import log, log1p

from workers.minutes.said import Said

_NEAR, _FAR = 6, 8  # lines before and after: in which any likely one counts, and one on the same matter
_TURN = 3  # lines in which the same person goes on
_BEFORE, _AFTER = 10, 4  # lines in which a matter was spoken of, or is left
_PAUSE = 5.0  # of minutes on a scale of logarithms: the longest that counts
_FAINT = 0.05  # chances below this matter to no other line


def of(place: int, chances: Mapping[int, float], said: Sequence[Said]) -> dict[str, float]:
    """What the lines around one of all that was ``said`` tell of it: their chances (0 to 1, by place) and their matter.

    Its own chance is given in log-odds.
    """
    mine = said[place]
    values = dict.fromkeys(("before", "after", "goes_on", "again", "given", "near_before", "near_after"), 0.0)
    related = [
        far
        for far in range(-min(_BEFORE, place), min(_FAR, len(said) - place - 1) + 1)
        if far and _related(mine, said[place + far])
    ]
    for far in range(-min(_FAR, place), min(_FAR, len(said) - place - 1) + 1):
        chance = chances.get(place + far, 0.0)
        if chance < _FAINT or not far:
            continue
        names = []
        if abs(far) == 1:
            names.append("after" if far > 0 else "before")
        if abs(far) <= _NEAR:
            names.append("near_after" if far > 0 else "near_before")
        if 0 < far <= _TURN and said[place + far].who == mine.who:
            names.append("goes_on")
        if far in related:
            names.append("again" if far > 0 else "given")
        for name in names:
            values[name] = max(values[name], chance)
    own = chances[place]
    return values | {
        "own": log(own / (1 - own)),
        "spoken_of": float(sum(far < 0 for far in related)),
        "left": float(not any(0 < far <= _AFTER for far in related)),
        "pause": _pause(said, place),
    }


def _related(one: Said, other: Said) -> bool:
    return bool(one.about & other.about or one.numbers & other.numbers)


def _pause(said: Sequence[Said], place: int) -> float:
    if place + 1 == len(said):
        return _PAUSE
    return min(_PAUSE, log1p((said[place + 1].line.at - said[place].line.at).total_seconds() / 60))
