"""One spelling for every way of typing the same words."""

import re
import unicodedata

from opencc import OpenCC

_TO_SIMPLIFIED = OpenCC("t2s")
#: Characters of a message that are looked at: nobody gives a command of this length.
LONGEST = 300
_MENTION = re.compile(r"^(?:@[^\s\u2005\u3000@]{1,40}[\s\u2005\u3000]+)+")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f]")
_WECHAT_EMOTICON = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,6}\]")
_SAME_WORD = str.maketrans({"帐": "账", "您": "你", "妳": "你"})
_FINAL = "。.!！~～…、,，;；"
_PUNCTUATION = re.compile(r"([!?,.;:~])\1+")
_SPACES = re.compile(r"\s+")
_SPACE_BY_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])\s+|\s+(?=[\u4e00-\u9fff])")


def simplify(text: str) -> str:
    """Traditional characters become simplified ones; everything else stays, character for character."""
    return _TO_SIMPLIFIED.convert(text)


def normalise(text: str) -> str:
    """The form in which a text is classified.

    Width, case, traditional characters, emoji, emoticons, repeated marks and leading mentions
    no longer tell two texts apart; a question mark stays, since it tells asking from ordering.
    An empty result means that the text held no words at all.
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[:LONGEST])).strip()
    text = _MENTION.sub("", text)
    text = simplify(_WECHAT_EMOTICON.sub(" ", text)).lower().translate(_SAME_WORD).replace("账户", "账号")
    text = "".join(" " if unicodedata.category(char) in {"So", "Sk", "Cs", "Cn", "Cc"} else char for char in text)
    text = _PUNCTUATION.sub(r"\1", text.replace("。", ".").replace("、", ","))
    text = _SPACE_BY_CHINESE.sub("", _SPACES.sub(" ", text))
    return text.strip().rstrip(_FINAL).lstrip(_FINAL).strip()
