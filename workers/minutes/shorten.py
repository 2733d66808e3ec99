"""A message made shorter by rule: what carries nothing is left out, no word is changed."""

import re

_QUOTE = re.compile(r"^「.*?」\s*-[- ]{2,}\s*", re.S)
_MENTION = re.compile(r"@[^\s@\u2005]{1,24}(?:[\s\u2005]+|$)")
_EMOTICON = re.compile(r"\[[\w\u4e00-\u9fff ]{1,8}\]|[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u200d\u2b00-\u2bff]+")
_ASIDE = re.compile(r"[（(][^（()）]{0,30}[)）]")
_SPACE = re.compile(r"[ \t\u2005\u3000]+")
_BREAK = re.compile(r"\s*\n\s*")
_LEAD = re.compile(r"^[\s…。.，,、~～!！?？：:；;]+")
_FILLER = re.compile(
    r"^(?:(?:嗯+|呃+|额+|啊+|哦+|噢+|唉+|哎呀?|诶|欸|那个|这个|就是说|就是|然后呢?|对了|另外|还有|还有个?事|说个?(?:小?事|正事)|话说|其实|反正|"
    r"我(?:想)?说一?下|我(?:想)?问一?下|问一?下|问下|好的?|那?好|那?行|知道了|可以|哈+|ok|OK|是的|对|嗯嗯)(?:[啊呀哈吧呢嘛哦]?[\s，,。、…：:！!~～]+|(?=那就|那咱|我们|咱们)))+"
)
_TRAIL = re.compile(
    r"(?:[\s。，,、~～…!！.；;]|(?<=[\u4e00-\u9fff\w])(?:哈+|呀|啊+|哦+|噢|喔|啦|噻|哟|嘞|哒|嘿+|呵+))+$"
)
_SOFT = re.compile(r"(?<=[\u4e00-\u9fff\w])\s*吧[\s。！!~～]*$")
_CLAUSE = re.compile(r"[，,；;。！!？?、：:\s]")


def bare(text: str) -> str:
    """Without the quoted message, the names after @, and emoticons, on one line."""
    text = _MENTION.sub("", _QUOTE.sub("", text))
    text = _EMOTICON.sub("", text)
    return _SPACE.sub(" ", _BREAK.sub("，", text.strip())).strip()


def shorten(text: str, limit: int = 60) -> str:
    """What a message says, in at most ``limit`` characters: its own words, cut at the border of a clause.

    Fillers at the start and particles at the end go; asides in parentheses go where it would be too long with them.
    """
    said = _LEAD.sub("", bare(text))
    said = _SOFT.sub("", _TRAIL.sub("", _FILLER.sub("", said) or said)) or said
    if len(said) > limit:
        said = _ASIDE.sub("", said)
    return clipped(said, limit)


def clipped(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut after the last clause that fits; … shows that something is missing."""
    if len(text) <= limit:
        return text
    borders = [match.start() for match in _CLAUSE.finditer(text, 0, limit)]
    end = borders[-1] if borders and borders[-1] >= limit // 2 else limit - 1
    return text[:end].rstrip("，,；;、：: ") + "…"
