"""Personal data in a sentence become stand-ins of the same kind, so that it teaches the same and names nobody."""

import re
from collections.abc import Collection

from botbay.zh.text import halfwidth, simplified

PERSON = "小王"
ACCOUNT = "xiaowang"
_PHONE, _ID, _BANK = "13800000000", "110101199001010000", "6222000000000000000"
_DIGITS, _SPOKEN = "1234567890", "一二三四五六七八九零"

_GAP = r"[ \-]?"
_PATTERNS = (
    (re.compile(r"(?:https?|ftp)://[^\s\u2e80-\u9fff\uff00-\uffef]+|www\.[a-z0-9./?=&%_#~-]+"), "https://example.com"),
    (re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"), "someone@example.com"),
    (re.compile(rf"(?<![0-9])[1-9][0-9]{{5}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{3}}[0-9x](?![0-9])"), _ID),
    (re.compile(rf"(?<![0-9])(?:\+?86{_GAP})?1[3-9][0-9](?:{_GAP}[0-9]{{4}}){{2}}(?![0-9])"), _PHONE),
    (re.compile(rf"(?<![0-9])[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{2,3}}(?:{_GAP}[0-9]{{1,4}})?(?![0-9])"), _BANK),
    (re.compile(rf"(?<![0-9])0[0-9]{{2,3}}{_GAP}[0-9]{{7,8}}(?![0-9])"), "010-12345678"),
    (re.compile(r"wxid_[a-z0-9_-]+"), "wxid_xiaowang"),
    (re.compile(r"(?<=@)(?!所有人|all\b)[^\s@，。！？,!?：:；;\u2005\u2006]+"), PERSON),
    (
        re.compile(r"(?<=号是|号叫|号为|名是|名叫|名为|号:|号 |名:|名 )\s?(?=[a-z])[a-z0-9._-]{2,40}"),
        ACCOUNT,
    ),
)
_RUN = re.compile(r"[0-9]{5,}|[零〇一二三四五六七八九幺]{5,}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def mask(text: str, *, people: Collection[str] = (), accounts: Collection[str] = ()) -> str:
    """The sentence with its personal data replaced; whatever else stands in it stays as it was typed.

    ``people`` are names that somebody bears here, ``accounts`` the names by which people sign in.
    """
    plain = halfwidth(simplified(text))
    if len(plain) != len(text):
        plain = text  # positions must stay: the rare text whose signs have no plain form of the same length
    cuts = _Cuts(len(text))
    names = [(name, PERSON) for name in people] + [(name, ACCOUNT) for name in accounts]
    found = [(_named(name), put) for name, put in sorted(names, key=lambda each: -len(each[0])) if len(name) > 1]
    # An address may hold a name, and a name that is called with @ may hold a space: in this order.
    for pattern, put in (*_PATTERNS[:2], *found, *_PATTERNS[2:]):
        for match in pattern.finditer(plain):
            cuts.add(*match.span(), put)
    for match in _RUN.finditer(plain):
        cuts.add(*match.span(), _run(match[0]))
    return cuts.apply(text)


def _named(name: str) -> re.Pattern[str]:
    """The name where it stands by itself: letters and digits beside it would make it a part of another word."""
    plain = halfwidth(simplified(name))
    before = r"(?<![0-9a-z_])" if re.match(r"[0-9a-z]", plain) else ""
    after = r"(?![0-9a-z_])" if re.search(r"[0-9a-z]$", plain) else ""
    return re.compile(before + re.escape(plain) + after)


def _run(digits: str) -> str:
    """As many digits that mean nothing; a day stays a day."""
    if _DATE.fullmatch(digits):
        return "20260101"
    cycle = _DIGITS if digits.isascii() else _SPOKEN
    return "".join(cycle[at % len(cycle)] for at in range(len(digits)))


class _Cuts:
    """What is replaced in a text; what was found first stays."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)
        self._cuts: list[tuple[int, int, str]] = []

    def add(self, start: int, end: int, put: str) -> None:
        if not any(self._taken[start:end]):
            self._taken[start:end] = b"\1" * (end - start)
            self._cuts.append((start, end, put))

    def apply(self, text: str) -> str:
        for start, end, put in sorted(self._cuts, reverse=True):
            text = text[:start] + put + text[end:]
        return text
