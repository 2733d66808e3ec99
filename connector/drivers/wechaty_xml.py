"""WeChat's XML inside a message, read without trust: it may be anybody's, broken, cut off or made to do harm."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

#: Longest XML that is looked into, in characters; a forwarded history of a hundred messages has about a tenth.
_LIMIT = 2_000_000
_DEEPEST = 60
_MOST = 50_000  # elements


class _RefusedError(Exception):
    """A document type, and with it entities; or more than any message of WeChat's holds."""


def read(text: str, *, partly: bool = False) -> Element | None:
    """The root of the XML in a text, some puppets' "wxid_…:" before it apart; None when the text is no XML.

    ``partly`` gives what stands before the place where it breaks off. Nothing is ever resolved or fetched, and a
    document type is refused.
    """
    start = text.find("<")
    if start < 0 or len(text) > _LIMIT:
        return None
    before = text[:start].strip()
    if before and not before.endswith(":"):
        return None
    if partly and text.rfind("<![CDATA[") > text.rfind("]]>"):
        text += "]]>"  # a section that breaks off would be left out whole
    reader = _Reader()
    try:
        reader.feed(text[start:])
    except expat.ExpatError:
        return reader.so_far() if partly else None
    except (_RefusedError, ValueError):  # a lone surrogate is a ValueError
        return None
    return reader.so_far()


class _Reader:
    def __init__(self) -> None:
        self._open: list[str] = []
        self._count = 0
        self._builder = TreeBuilder()
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._builder.data
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, text: str) -> None:
        self._parser.Parse(text, True)

    def so_far(self) -> Element | None:
        """What was read, the elements that are still open closed."""
        if not self._count:
            return None
        while self._open:
            self._builder.end(self._open.pop())
        return self._builder.close()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST or len(self._open) >= _DEEPEST:
            raise _RefusedError
        self._open.append(tag)
        self._builder.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self._open.pop()
        self._builder.end(tag)

    def _refuse(self, *_: object) -> None:
        raise _RefusedError
