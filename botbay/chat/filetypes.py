"""What a file is, by its first and last bytes; never by its name alone."""

import re
import struct

import puremagic

from botbay.chat.models import FileKind

#: So much of the beginning and of the end is enough, in bytes.
EDGE = 64 * 1024

UNKNOWN = "application/octet-stream"
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

_KINDS = {
    "application/pdf": FileKind.PDF,
    "application/rtf": FileKind.DOCUMENT,
    "application/msword": FileKind.DOCUMENT,
    "application/vnd.ms-excel": FileKind.SHEET,
    "application/vnd.ms-powerpoint": FileKind.SLIDES,
    f"{_OOXML}wordprocessingml.document": FileKind.DOCUMENT,
    f"{_OOXML}spreadsheetml.sheet": FileKind.SHEET,
    f"{_OOXML}presentationml.presentation": FileKind.SLIDES,
    f"{_ODF}text": FileKind.DOCUMENT,
    f"{_ODF}spreadsheet": FileKind.SHEET,
    f"{_ODF}presentation": FileKind.SLIDES,
    "application/epub+zip": FileKind.DOCUMENT,
    "application/zip": FileKind.ARCHIVE,
    "application/vnd.rar": FileKind.ARCHIVE,
    "application/x-7z-compressed": FileKind.ARCHIVE,
    "application/gzip": FileKind.ARCHIVE,
    "application/x-bzip2": FileKind.ARCHIVE,
    "application/x-xz": FileKind.ARCHIVE,
    "application/zstd": FileKind.ARCHIVE,
    "application/x-tar": FileKind.ARCHIVE,
    # A picture by its use, a page with scripts by its nature.
    "image/svg+xml": FileKind.OTHER,
}
_BY_PREFIX = {
    "image": FileKind.IMAGE,
    "audio": FileKind.AUDIO,
    "video": FileKind.VIDEO,
    "text": FileKind.TEXT,
}

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\x02#!SILK_V3", "audio/silk"),
    (b"#!SILK_V3", "audio/silk"),
    (b"#!AMR-WB\n", "audio/amr"),
    (b"#!AMR\n", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"{\\rtf", "application/rtf"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x7fELF", "application/x-elf"),
)

_BRANDS = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
}
#: Old Office files differ in the name of the stream that they hold, written in UTF-16.
_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_OLD_OFFICE = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_MARKUP = (
    (re.compile(rb"^<svg[\s>]|^<\?xml.{0,1000}?<svg[\s>]|^<!doctype svg", re.I | re.S), "image/svg+xml"),
    (re.compile(rb"^(<\?xml.{0,300}?)?<(!doctype html|html|head|body|script|iframe)[\s>]", re.I | re.S), "text/html"),
    (re.compile(rb"^<\?xml"), "text/xml"),
)
#: Control characters that no text holds.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def recognise(head: bytes, tail: bytes, size: int, name: str = "") -> tuple[str, FileKind]:
    """The type (MIME) and kind of a file of ``size`` bytes, by up to ``EDGE`` bytes of its beginning and its end.

    ``name`` only tells apart what the bytes show to be of one family: old Office files.
    """
    mime = _mime(head, tail, size, name)
    return mime, _KINDS.get(mime) or _BY_PREFIX.get(mime.partition("/")[0], FileKind.OTHER)


def _mime(head: bytes, tail: bytes, size: int, name: str) -> str:
    for beginning, mime in _BEGINNINGS:
        if head.startswith(beginning):
            return "audio/x-ms-wma" if mime == "video/x-ms-asf" and not _has_picture(head) else mime
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(head, tail)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(head + tail, name)
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "video/3gpp" if brand.startswith(b"3g") else _BRANDS.get(brand, "video/mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide"):
        return "video/quicktime"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:128] else "audio/ogg"
    if head.startswith(b"RIFF"):
        return {b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo", b"WEBP": "image/webp"}.get(head[8:12], UNKNOWN)
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head.startswith(b"MZ") and b"\x00" in head[:64]:
        return "application/vnd.microsoft.portable-executable"
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if _is_mpeg_audio(head):
        return "audio/mpeg"
    if len(head) > 6 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return "video/mp2t"
    if b"%PDF-" in head[:1024] and head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"<":
        return "application/pdf"
    return _text(head, tail) or _known_elsewhere(head, tail)


def _has_picture(head: bytes) -> bool:
    """Whether an ASF header names a stream of pictures."""
    return b"\xc0\xef\x19\xbc\x4d\x5b\xcf\x11\xa8\xfd\x00\x80\x5f\x5c\x44\x2b" in head


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame of layer III with a bit rate and a sample rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return False
    return head[2] >> 4 not in (0, 15) and head[2] & 0x0C != 0x0C


def _entries(head: bytes, tail: bytes) -> set[bytes]:
    """Names in a zip file: of the first files, and of those in the end's table."""
    found: set[bytes] = set()
    for data, mark, at, length_at in ((head, b"PK\x03\x04", 30, 26), (tail, b"PK\x01\x02", 46, 28)):
        place = data.find(mark)
        while place >= 0 and place + at <= len(data):
            (length,) = struct.unpack_from("<H", data, place + length_at)
            found.add(data[place + at : place + at + length])
            place = data.find(mark, place + at)
    return found


def _zip(head: bytes, tail: bytes) -> str:
    first = head[30 : 30 + struct.unpack_from("<H", head, 26)[0]] if len(head) > 30 else b""
    if first == b"mimetype":
        (size,) = struct.unpack_from("<I", head, 22)
        declared = head[38 : 38 + min(size, 100)].decode("ascii", "replace")
        if declared in _KINDS:
            return declared
    names = _entries(head, tail)
    if b"[Content_Types].xml" in names:
        for folder, what in (
            (b"word/", "wordprocessingml.document"),
            (b"xl/", "spreadsheetml.sheet"),
            (b"ppt/", "presentationml.presentation"),
        ):
            if any(entry.startswith(folder) for entry in names):
                return _OOXML + what
    if b"AndroidManifest.xml" in names:
        return "application/vnd.android.package-archive"
    return "application/zip"


def _ole(edges: bytes, name: str) -> str:
    for stream, mime in _STREAMS.items():
        if stream.encode("utf-16-le") in edges:
            return mime
    return _OLD_OFFICE.get(name[-4:].lower(), "application/x-ole-storage")


def _text(head: bytes, tail: bytes) -> str | None:
    """The kind of text that it is, in an encoding that people use; None for bytes that are none."""
    if not head:
        return None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text/plain" if _decodes(head[: len(head) // 2 * 2], "utf-16") else None
    if _BINARY.search(head) or _BINARY.search(tail):
        return None
    if not (_decodes(head, "utf-8") or _decodes(head, "gb18030")):
        return None
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, mime in _MARKUP:
        if pattern.search(start[:2000]):
            return mime
    return "text/plain"


def _decodes(head: bytes, encoding: str) -> bool:
    """Whether it is text in the encoding, the last character of a cut aside."""
    for cut in range(4):
        try:
            text = head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        # Nearly any bytes are GB 18030; few of them are characters that anybody uses.
        odd = sum("\ue000" <= char <= "\uf8ff" or "\U0002ffff" < char < "\U000f0000" for char in text)
        return encoding == "utf-8" or odd * 20 <= len(text)
    return False


def _known_elsewhere(head: bytes, tail: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    for match in found:
        # Short marks fit by chance.
        if match.offset >= 0 and len(match.byte_match) >= 4 and match.mime_type and "/" in match.mime_type:
            return str(match.mime_type)
    return UNKNOWN


def is_cut_off(mime: str, head: bytes, tail: bytes, size: int) -> bool:
    """Whether the end of such a file is missing, where its bytes tell; what tells nothing counts as whole."""
    match mime:
        case "image/png":
            return b"IEND" not in tail
        case "image/jpeg":
            # With a film or a second picture behind it, its own end is not near the end.
            return b"\xff\xd9" not in tail and b"MPF\x00" not in head and b"Motion" not in head
        case "image/gif":
            return b"\x3b" not in tail[-1024:]
        case "image/webp":
            (length,) = struct.unpack_from("<I", head, 4)
            return size < int(length) + 8
        case "application/pdf":
            return b"%%EOF" not in tail
        case "application/x-7z-compressed" if len(head) >= 32:
            offset, length = struct.unpack_from("<QQ", head, 12)
            return bool(size < 32 + offset + length)
        case "video/mp4" | "video/quicktime" | "video/3gpp" | "audio/mp4":
            return _box_is_cut(head, tail, size)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return b"PK\x05\x06" not in tail
    return False


def _box_is_cut(head: bytes, tail: bytes, size: int) -> bool:
    """Follow the boxes of an MP4 file as far as they can be seen: one that reaches beyond the end is cut off."""
    place = 0
    while place < size:
        data, at = (head, place) if place + 16 <= len(head) else (tail, place - (size - len(tail)))
        if at < 0:
            return False  # in the middle, which is not seen
        if at + 8 > len(data):
            return False  # a few bytes behind the last one
        (length,) = struct.unpack_from(">I", data, at)
        if length == 1:
            if at + 16 > len(data):
                return True
            (length,) = struct.unpack_from(">Q", data, at + 8)
        elif length == 0:
            return False  # to the end, wherever that is
        if length < 8:
            return False
        place += length
    return place > size
