"""Pictures of applications: files of the applicant's, as if sent to the bot in private, that approvers may see, too."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import storage
from botbay.chat import files, intake, names, quota
from botbay.chat.models import Account, Contact, Conversation, File, FileKind, Message
from botbay.db import now, transaction
from workers.approvals import telling, words
from workers.approvals.errors import ApprovalError
from workers.approvals.kinds import FieldType
from workers.approvals.models import Application
from workers.archive import service as archive
from workers.archive.repository import Entry

#: Bytes of one.
LARGEST = 10 * 1024**2
_MIMES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A picture that is stored and belongs to nobody yet."""

    name: str
    taken: intake.Taken


async def can_bring(session: AsyncSession, account: Account) -> bool:
    """Whether this account can bring pictures by a page: they are kept in its private chat with a bot."""
    return await _place(session, account) is not None


async def _place(session: AsyncSession, account: Account) -> Conversation | None:
    """The chat in which they are kept; None where there is none, or its person wants nothing to be kept."""
    conversation = await telling.private_conversation(session, account)
    if conversation is None or (await session.get_one(Contact, conversation.contact_id)).refused_at is not None:
        return None
    return conversation


async def take(name: str, size: int, chunks: AsyncIterator[bytes]) -> Taken:
    """Store a picture that came by a page. Raises ApprovalError."""
    if size > LARGEST:
        raise ApprovalError(f"「{words.short(name, 30)}」太大了，一张最多 {LARGEST // 1024**2} MB。", "bad")
    async with transaction() as session:
        room = await quota.room(session)
    try:
        taken = await intake.take_in(f"files/{now():%Y/%m}/{uuid4().hex}", chunks, room, size=size, name=name)
    except (quota.NoRoom, intake.Incomplete, storage.StorageError) as error:
        raise ApprovalError(f"「{words.short(name, 30)}」没存下来：{error}", "bad") from None
    if taken.mime not in _MIMES or taken.cut_off:
        await storage.delete(taken.stored.key)
        raise ApprovalError(f"「{words.short(name, 30)}」不是完好的图片，要 JPG、PNG、GIF 或 WebP。", "bad")
    return Taken(name=names.safe(name, taken.kind, taken.mime), taken=taken)


async def drop(picture: Taken) -> None:
    """It is not wanted after all."""
    await storage.delete(picture.taken.stored.key)


async def keep(session: AsyncSession, account: Account, pictures: Sequence[Taken]) -> list[int]:
    """Make them files of the account's; their ids. Raises ApprovalError."""
    if not pictures:
        return []
    conversation = await _place(session, account)
    if conversation is None:
        raise ApprovalError("图片没有地方存：先绑定微信，或者不带图片提交。", "bad")
    ids = []
    for picture in pictures:
        message = Message(
            bot_id=conversation.bot_id,
            peer_id=conversation.contact_id,
            talker_id=conversation.contact_id,
            source_id=f"page:{uuid4().hex}",
            kind="image",
            file_name=picture.name,
            sent_at=now(),
        )
        session.add(message)
        await session.flush()
        file = File(message_id=message.id, name=picture.name, kind=FileKind.IMAGE)
        session.add(file)
        await session.flush()
        taken = picture.taken
        if not await files.attach(session, file.id, taken.stored, taken.mime, taken.kind):
            raise ApprovalError(f"「{words.short(picture.name, 30)}」没存下来：{file.reason}", "bad")
        ids.append(file.id)
    return ids


async def attached(session: AsyncSession, application: Application, applicant: Account) -> dict[str, list[Entry]]:
    """The pictures by field that the applicant attached and has not taken back; for whoever may see the application.

    Attaching one was the yes to showing it to the approvers.
    """
    told = {
        field.name: [int(each) for each in application.values.get(field.name) or ()]
        for field in words.kind_of(application).fields
        if field.type == FieldType.PICTURE
    }
    entries = await archive.find(session, applicant, {each for ids in told.values() for each in ids})
    return {name: [entry for entry in entries if entry.id in ids] for name, ids in told.items()}
