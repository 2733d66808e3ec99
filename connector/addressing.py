"""Is a message in a room for the bot? By mention, by the name written out, by a quote, or by its nickname."""

import re
from dataclasses import dataclass
from enum import StrEnum

#: What stands between a mention and the rest: WeChat puts U+2005; people type blanks of every width.
_GAP = r"[\s\u2005\u3000\u00a0,，:：、。!！?？~～]"
_EVERYBODY = re.compile(r"[@＠](?:所有人|全体成员|all\b)", re.IGNORECASE)


class Strength(StrEnum):
    NONE = "none"
    #: Its nickname runs on into the sentence, or its name stands in the middle of one: perhaps only talked of.
    CALLED = "called"
    CLEAR = "clear"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What must be known of the room to tell. ``bot_names``: its own name and its alias there."""

    bot_wechat_id: str
    bot_names: frozenset[str]
    member_names: frozenset[str]  # of the others
    nickname: str | None  # the name that this asker gave the bot
    quotes_bot: bool


def might_call(text: str, mention_ids: tuple[str, ...], nickname: str | None, *, quotes: bool) -> bool:
    """Whether a text can be for the bot at all; where not, nothing of the room need be known to tell."""
    return quotes or bool(mention_ids) or "@" in text or "＠" in text or bool(nickname and nickname in text)


def address(text: str, mention_ids: tuple[str, ...], around: Surroundings) -> tuple[Strength, str]:
    """How clearly the text is for the bot, and the text without the words that call it."""
    mentioned, rest = _strip_mentions(text, around)
    if around.bot_wechat_id in mention_ids and not mentioned and not _EVERYBODY.search(text):
        # The puppet knows better than we which name was written: take the first one away.
        mentioned, rest = True, re.sub(r"[@＠]\S+(?:\s|$)", " ", text, count=1)
    if mentioned or around.quotes_bot:
        within = mentioned and not around.quotes_bot and _stands_within(text, rest)
        return (Strength.CALLED if within else Strength.CLEAR), _tidy(rest)
    if around.nickname and around.nickname not in around.member_names:
        head = text.lstrip()
        if head.startswith(around.nickname):
            rest = head[len(around.nickname) :]
            clear = not rest or re.match(_GAP, rest) is not None
            return (Strength.CLEAR if clear else Strength.CALLED), _tidy(re.sub(f"^{_GAP}+", "", rest))
    return Strength.NONE, text


def _stands_within(text: str, rest: str) -> bool:
    """Whether words stand both before and after what was taken out of ``text``."""
    start = next((i for i, (a, b) in enumerate(zip(text, rest, strict=False)) if a != b), len(rest))
    return bool(re.search(r"\w", text[:start])) and bool(re.search(r"\w", rest[start:]))


def _strip_mentions(text: str, around: Surroundings) -> tuple[bool, str]:
    found = False
    longer = sorted(around.member_names - around.bot_names, key=len, reverse=True)
    for name in sorted(filter(None, around.bot_names), key=len, reverse=True):
        # A member whose name begins with the bot's is somebody else.
        others = [
            re.escape(other[len(name) :]) for other in longer if other.startswith(name) and len(other) > len(name)
        ]
        lookahead = rf"(?!(?:{'|'.join(others)})(?:{_GAP}|$))" if others else ""
        pattern = re.compile(rf"[@＠]{re.escape(name)}{lookahead}{_GAP}?")
        text, count = pattern.subn(" ", text)
        found = found or count > 0
    return found, text


def _tidy(text: str) -> str:
    return re.sub(r"[\s\u2005\u3000]+", " ", text).strip()
