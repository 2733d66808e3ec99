"""A yes or a no to what the bot asked, in a sentence that may say more than that."""

import re
from collections.abc import Collection

from actions.heard import Heard

_POLITE = re.compile(r"不错|不客气|不好意思|没问题|不麻烦|差不多")
_NO = re.compile(r"不|别|勿|甭|免了|算了|先等|等等|等会")
_YES_INTENTS = frozenset({"affirm", "approve"})
_NO_INTENTS = frozenset({"deny", "reject"})


def agrees(heard: Heard, yes: Collection[str] = (), no: Collection[str] = ()) -> bool | None:
    """Whether a sentence says yes; None where it says neither. ``yes``, ``no``: further intents that say so here.

    A yes that also holds a no, as in 好的不用了, is a no.
    """
    if heard.intent in _NO_INTENTS or heard.intent in no:
        return False
    if heard.intent in _YES_INTENTS or heard.intent in yes:
        return _NO.search(_POLITE.sub("", heard.text)) is None
    return None
