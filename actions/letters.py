"""What is to go by mail: made by the feature that it is about, sent by ``actions.mailing``."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import Context
from actions.requests import Request
from workers.mail.service import Attachment


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter that is not addressed yet; ``request`` is the one that it answers, as far as it is settled now.

    ``about`` names it in a sentence (「产品群」的纪要), ``holds`` says what is in it that is not for everybody. ``key`` is the
    same for the same thing, ``sources`` are the messages whose words it holds. ``here`` makes what is handed over in
    the chat where no mail can be sent.
    """

    request: Request
    about: str
    holds: str
    subject: str
    html: str
    text: str
    attachments: Sequence[Attachment]
    key: str
    sources: Collection[int]
    here: Callable[[], Awaitable[dict[str, Any] | None]]


#: Makes the letter of a request; None after saying why there is none.
Writer = Callable[[Context, Request, CollectingDispatcher], Awaitable[Letter | None]]
