"""Whose report it is, and what it counts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select

from botbay.chat.access import Audience, Subject
from botbay.chat.models import Message


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is counted, for whom: ``countable`` is what access allows, ``rooms`` are ids in a fixed order.

    ``several`` are those rooms in which more than one bot has sat. ``account_id`` is of the reader of a report over
    rooms, ``own`` the reader's contacts with their WeChat ids; a room's report has no reader.
    """

    subject: Subject
    audience: Audience
    countable: Select[Message]
    rooms: Sequence[int]
    several: Collection[int]
    room_id: int | None
    account_id: int | None = None
    own: Mapping[int, str] = field(default_factory=dict)
