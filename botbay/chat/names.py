"""Names of files as people gave them, made safe to show, to download and to unpack on any system."""

import re
import unicodedata

from botbay.chat.models import FileKind

#: What file systems take, in bytes of UTF-8.
_LONGEST = 255
#: A longer end of a name is no extension, in characters.
_LONGEST_EXTENSION = 16
#: What Windows takes for devices, whatever extension follows.
_DEVICE = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
_JOINER = "\u200d"

#: The usual extension of what is known by its bytes.
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/heic": ".heic",
    "image/avif": ".avif",
    "audio/silk": ".silk",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "video/x-matroska": ".mkv",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/vnd.rar": ".rar",
    "application/x-7z-compressed": ".7z",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "text/plain": ".txt",
    "text/html": ".html",
}


def safe(name: str, kind: FileKind, mime: str) -> str:
    """The name without what could mislead people or a file system; empty where nothing is left of it.

    Chinese, emoji and the extension stay; a name without one gets that of its ``mime`` (empty: not known yet). Folders
    before it, control characters, marks that turn or hide text, and leading dots go. At most 255 bytes of UTF-8.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/ ").rpartition("/")[2]
    name = " ".join(_visible(name).translate(_FORBIDDEN).split())
    name = name.lstrip(". ").rstrip(". ")
    if not name:
        return ""
    if _DEVICE.match(name):
        name = f"_{name}"
    stem, extension = _split(name)
    if not extension and kind != FileKind.OTHER:
        extension = _EXTENSIONS.get(mime, "")
    return _cut(stem, _LONGEST - len(extension.encode())) + extension


def _visible(name: str) -> str:
    """The characters that show. Emoji are joined by a mark that hides elsewhere: between two of them it stays."""
    kept: list[str] = []
    for place, char in enumerate(name):
        category = unicodedata.category(char)
        if char == _JOINER:
            after = name[place + 1 : place + 2]
            if kept and _is_emoji(kept[-1]) and after and _is_emoji(after):
                kept.append(char)
        elif category in ("Zs", "Zl", "Zp") or char in "\t\n\r":
            kept.append(" ")
        elif category not in ("Cc", "Cf", "Cs"):
            kept.append(char)
    return "".join(kept)


def _is_emoji(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or char == "\ufe0f"


def _split(name: str) -> tuple[str, str]:
    stem, dot, end = name.rpartition(".")
    if not dot or not stem or not 0 < len(end) <= _LONGEST_EXTENSION or " " in end:
        return name, ""
    return stem, dot + end


def _cut(stem: str, longest: int) -> str:
    if len(stem.encode()) <= longest:
        return stem
    cut = stem.encode()[:longest].decode(errors="ignore")
    # Not in the middle of what shows as one character.
    return cut.rstrip(_JOINER).rstrip(". ")
