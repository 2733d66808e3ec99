"""What an account's name may be, and how what people type is read as one."""

import re
import unicodedata

#: Spaces and the invisible signs that input methods and chat windows leave behind.
_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_NAME = re.compile(rf"(?=.*[0-9A-Za-z{_HAN}])[0-9A-Za-z._\-{_HAN}]{{1,32}}")


def normal_name(text: str) -> str | None:
    """The name as it is stored (NFKC, trimmed), or None when it is no name."""
    name = unicodedata.normalize("NFKC", text).strip()
    return name if _NAME.fullmatch(name) else None


def name_key(text: str) -> str:
    """What two spellings of one name share: full-width signs, spaces and case do not matter. May be empty."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text)).lower()


def code_digits(text: str) -> str:
    """The digits that somebody meant by a code: full-width ones count, spaces and dashes do not."""
    return re.sub(r"[-\u2010-\u2015]", "", _BLANK.sub("", unicodedata.normalize("NFKC", text)))
