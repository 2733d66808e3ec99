"""The card of an application for who is to approve it, with its pictures, in a private chat only."""

import logging

from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from actions import approval_words
from actions.base import Context
from botbay import storage
from botbay.chat import handing
from botbay.chat.access import PRIVATE, Subject, readable_files
from botbay.chat.models import Blob, File, FileState
from workers.approvals import words
from workers.approvals.kinds import FieldType
from workers.approvals.listing import Listed

log = logging.getLogger(__name__)

_MOST_PICTURES = 3
_LARGEST = 10 * 1024**2  # bytes of one


async def show(context: Context, listed: Listed, others: int, dispatcher: CollectingDispatcher) -> None:
    """The card; ``listed`` was found for this person, who may see it whole."""
    dispatcher.utter_message(text=approval_words.card(listed, others=others))
    for name, content in await _pictures(context, listed):
        of = f"application-{listed.application.id}"
        try:
            custom = await handing.prepare(context.session, context.turn.id, content, of=of, name=name, rooms=[])
        except storage.StorageError:
            dispatcher.utter_message(text="图片现在取不出来，过一会儿说「待我审批的」再看。")
            return
        dispatcher.utter_message(json_message=custom)


async def _pictures(context: Context, listed: Listed) -> list[tuple[str, bytes]]:
    """What the applicant attached and has not taken back; attaching it was the yes to showing it to the approvers."""
    application = listed.application
    fields = [field for field in words.kind_of(application).fields if field.type == FieldType.PICTURE]
    ids = [file_id for field in fields for file_id in application.values.get(field.name) or ()]
    if not ids:
        return []
    readable = readable_files(Subject.of_account(listed.applicant), PRIVATE)
    attached = readable.where(File.id.in_(ids), File.state == FileState.STORED).with_only_columns(File.blob_id)
    few = select(Blob).where(Blob.id.in_(attached), Blob.size <= _LARGEST).order_by(Blob.id).limit(_MOST_PICTURES)
    rows = await context.session.scalars(few)
    found = []
    for place, blob in enumerate(rows, 1):
        try:
            content = b"".join([chunk async for chunk in storage.get(blob.key)])
        except storage.StorageError as error:
            log.warning("a picture of an application is away: %s", type(error).__name__)
            continue
        found.append((f"附件{place}.png", content))
    return found
