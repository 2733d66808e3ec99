"""In which encoding a text is written: by its bytes, nobody says it."""

import codecs


def charset(head: bytes) -> str:
    """The encoding of a text by its beginning: Chinese ones that are not Unicode are GB18030."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def decoded(head: bytes, encoding: str) -> str:
    """The beginning of a text; a character that is cut at its end is left out, what is no text is marked."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).removeprefix("\ufeff").replace("\x00", "�")
