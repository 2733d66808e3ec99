"""How well a file's name fits what somebody looks for, and words for kinds of files.

All comparing is done on folded text: NFKC, lower case, simplified characters.
"""

import re
from collections.abc import Collection
from enum import IntEnum

from botbay.chat.models import FileKind
from botbay.chat.search import fold

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


class Fit(IntEnum):
    """How well a file fits the words; the lowest is the best."""

    SAME = 0  # it has this very name
    WITHIN = 1  # the name holds the words as they were said
    SCATTERED = 2  # the name holds all of them, in another order or apart
    BESIDE = 3  # what was said around it holds them
    NEAR = 4  # the name holds a good part of them


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


def endings_of(kinds: Collection[FileKind]) -> list[str]:
    return sorted(frozenset[str]().union(*(ENDINGS.get(kind, frozenset()) for kind in kinds)))
