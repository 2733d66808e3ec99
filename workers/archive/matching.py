"""How well a name fits what somebody looks for: names of files, names of people, and words for kinds of files.

All comparing is done on folded text: NFKC, lower case, simplified characters.
"""

import re
from collections.abc import Collection, Iterable
from enum import IntEnum
from functools import cache

from opencc import OpenCC

from botbay.chat.models import FileKind
from botbay.chat.search import normalise
from botbay.zh.text import simplified

#: The endings of names by what they say of the bytes; people leave them out, or say the kind instead.
ENDINGS: dict[FileKind, frozenset[str]] = {
    FileKind.IMAGE: frozenset({"jpg", "jpeg", "png", "gif", "webp", "bmp", "heic", "tif", "tiff", "svg"}),
    FileKind.AUDIO: frozenset({"mp3", "wav", "m4a", "aac", "ogg", "flac", "silk", "amr", "wma"}),
    FileKind.VIDEO: frozenset({"mp4", "mov", "avi", "mkv", "wmv", "flv", "webm", "m4v"}),
    FileKind.PDF: frozenset({"pdf"}),
    FileKind.DOCUMENT: frozenset({"doc", "docx", "wps", "odt", "rtf", "pages"}),
    FileKind.SHEET: frozenset({"xls", "xlsx", "csv", "et", "ods", "numbers"}),
    FileKind.SLIDES: frozenset({"ppt", "pptx", "dps", "odp", "key"}),
    FileKind.TEXT: frozenset({"txt", "md", "log", "json", "xml"}),
    FileKind.ARCHIVE: frozenset({"zip", "rar", "7z", "tar", "gz", "tgz", "bz2"}),
}
_KINDS = (
    (r"pdf", (FileKind.PDF,)),
    (r"word|docx?", (FileKind.DOCUMENT,)),
    (r"excel|xlsx?|csv|表", (FileKind.SHEET,)),
    (r"ppt|幻灯|演示|keynote|slides?", (FileKind.SLIDES,)),
    (r"视频|录像|录屏|影片|mp4|video", (FileKind.VIDEO,)),
    (r"语音|录音|音频|mp3|audio", (FileKind.AUDIO,)),
    (r"压缩|zip|rar|7z", (FileKind.ARCHIVE,)),
    (r"图|照片|相片|截屏|gif|jpe?g|png|photo|picture|image", (FileKind.IMAGE,)),
    (r"txt|文本", (FileKind.TEXT,)),
    (r"文档|document", (FileKind.DOCUMENT, FileKind.PDF, FileKind.TEXT, FileKind.SLIDES)),
)
_KIND_WORDS = [(re.compile(words), frozenset(kinds)) for words, kinds in _KINDS]

_ALL_ENDINGS = frozenset().union(*ENDINGS.values())
_ENDING = re.compile(r"\.([a-z0-9]{1,8})$")
_RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
#: Of what is looked for, these say nothing.
_FILLER = re.compile(r"的|那[个份张]|这[个份张]")
#: A name that is found in this share of the word is near to it.
_NEAR = 0.5
_TITLES = re.compile(
    r"(?:总监|总经理|经理|主任|主管|老师|师傅|会计|律师|医生|教练|教授|助理|秘书|书记|校长|院长|部长|处长|局长|科长|店长|队长|班长|组长"
    r"|所长|老板|同学|先生|女士|小姐|大哥|大姐|阿姨|叔叔|爷爷|奶奶|哥|姐|总|工|董|叔|姨|嫂|妈妈|爸爸)$"
)
_PREFIX = re.compile(r"^[老小大阿](?=.)")
_LONGEST_NAME = 4


class Fit(IntEnum):
    """How well a file fits the words; the lowest is the best."""

    SAME = 0  # it has this very name
    WITHIN = 1  # the name holds the words as they were said
    SCATTERED = 2  # the name holds all of them, in another order or apart
    BESIDE = 3  # what was said around it holds them
    NEAR = 4  # the name holds a good part of them


def fold(text: str) -> str:
    return simplified(normalise(text))


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")


def variants(folded: str) -> set[str]:
    """A folded text as it may stand in the database, where nothing is folded but by NFKC and lower case."""
    return {folded, str(_traditional().convert(folded))}


def kinds_of(words: str) -> frozenset[FileKind]:
    """The kinds that a word for files means: PPT, 照片, 压缩包; empty where it is any (文件, 附件)."""
    folded = fold(words)
    return next((kinds for pattern, kinds in _KIND_WORDS if pattern.search(folded)), frozenset())


def split(words: str) -> list[str]:
    """The runs of letters and of characters in what is looked for; a file ending is left out."""
    folded = _FILLER.sub(" ", fold(words).strip())
    ending = _ENDING.search(folded)
    if ending is not None and ending[1] in _ALL_ENDINGS:
        folded = folded[: ending.start()]
    return _RUN.findall(folded)


def fit(name: str, words: str) -> Fit | None:
    """How well a file's name fits what is looked for; None where it does not."""
    folded, said = fold(name).strip(), fold(words).strip()
    stem = _ENDING.sub("", folded)
    if said in (folded, stem):
        return Fit.SAME
    runs = split(words)
    if not runs:
        return None
    if said in folded or "".join(runs) in "".join(_RUN.findall(folded)):
        return Fit.WITHIN
    lengths = [len(run) for run in runs]
    found = [_covered(run, folded) for run in runs]
    if found == lengths:
        return Fit.SCATTERED
    return Fit.NEAR if sum(found) >= max(2, _NEAR * sum(lengths)) else None


def _covered(run: str, name: str) -> int:
    """How many characters of a run stand in the name, in pieces of two and more (a run of one: by itself)."""
    if run in name:
        return len(run)
    if run.isascii():
        return 0
    covered = at = 0
    while at < len(run) - 1:
        end = next((end for end in range(len(run), at + 1, -1) if run[at:end] in name), None)
        if end is None:
            at += 1
        else:
            covered += end - at
            at = end
    return covered


class Called(IntEnum):
    """How surely somebody is the one who was named; the lowest is the surest."""

    EXACTLY = 0
    PARTLY = 1
    BY_SURNAME = 2


def called(said: str, names: Iterable[str]) -> Called | None:
    """How surely a person with these names is who was named: 老李 may be 李建国 where nobody is called 老李."""
    wanted = fold(said).strip().lstrip("@")
    if not wanted:
        return None
    folded = [fold(name).strip() for name in names if name.strip()]
    if wanted in folded:
        return Called.EXACTLY
    core = _core(wanted)
    if any(wanted in name or (len(name) > 1 and name in wanted) for name in folded):
        return Called.PARTLY
    if len(core) > 1 and any(core in name for name in folded):
        return Called.PARTLY
    if len(core) == 1 and any(_core(name)[:1] == core and len(_core(name)) <= _LONGEST_NAME for name in folded):
        return Called.BY_SURNAME
    return None


def _core(name: str) -> str:
    """A name without what people put around it: 老李, 李总 -> 李."""
    return _TITLES.sub("", _PREFIX.sub("", name)) or name


def endings_of(kinds: Collection[FileKind]) -> list[str]:
    return sorted(frozenset[str]().union(*(ENDINGS.get(kind, frozenset()) for kind in kinds)))
