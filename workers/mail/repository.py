"""All SQL of mails."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, any_, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Message
from botbay.db import now
from workers.mail.messages import Attachment
from workers.mail.models import Mail, MailAttachment, MailState

_GONE = or_(Message.withheld, Message.recalled_at.is_not(None))


async def insert_mail(session: AsyncSession, row: Mapping[str, Any], attachments: Sequence[Attachment]) -> Mail | None:
    """The new mail; None when there is one under its key."""
    new = insert(Mail).values(**row).on_conflict_do_nothing(index_elements=[Mail.key]).returning(Mail)
    mail = await session.scalar(new)
    if mail is not None:
        for each in attachments:  # one at a time: they are large
            values = {"name": each.name, "mime": each.mime, "cid": each.cid, "content": each.content}
            await session.execute(insert(MailAttachment).values(mail_id=mail.id, **values))
    return mail


async def by_key(session: AsyncSession, key: str) -> Mail:
    return (await session.scalars(select(Mail).where(Mail.key == key))).one()


async def locked(session: AsyncSession, mail_id: int) -> Mail | None:
    """The mail as it stands now, held until the commit."""
    return await session.get(Mail, mail_id, with_for_update=True, populate_existing=True)


async def attachments_of(session: AsyncSession, mail_id: int) -> list[Attachment]:
    rows = await session.execute(
        select(MailAttachment.name, MailAttachment.mime, MailAttachment.content, MailAttachment.cid)
        .where(MailAttachment.mail_id == mail_id)
        .order_by(MailAttachment.id)
    )
    return [Attachment(name=name, mime=mime, content=content, cid=cid) for name, mime, content, cid in rows]


async def hand_over(session: AsyncSession, mail_id: int, token: UUID) -> bool:
    """Write down that the last byte goes out now; False when the try with this token has lost the mail."""
    handed = await session.execute(
        update(Mail)
        .where(Mail.id == mail_id, Mail.token == token, Mail.state == MailState.WAITING)
        .values(state=MailState.HANDED, handed_at=now())
        .returning(Mail.id)
    )
    return handed.first() is not None


async def erase_words(session: AsyncSession, mail: Mail) -> None:
    """What people said goes; that there was a mail stays for some days."""
    mail.subject, mail.html, mail.text, mail.sources = "", "", "", []
    await session.execute(delete(MailAttachment).where(MailAttachment.mail_id == mail.id))


async def any_erased(session: AsyncSession, message_ids: Collection[int]) -> bool:
    """Whether one of these messages is gone, or recalled."""
    there = select(Message.id).where(Message.id.in_(message_ids), ~_GONE)
    return bool(message_ids) and len((await session.scalars(there)).all()) < len(set(message_ids))


async def holding_erased(session: AsyncSession) -> Sequence[int]:
    """Mails that wait, and hold words of a message that is gone."""
    gone = exists().where(Message.id == any_(Mail.sources), _GONE)
    return (await session.scalars(select(Mail.id).where(Mail.state == MailState.WAITING, gone))).all()


async def forgotten(session: AsyncSession, due_before: datetime, handed_before: datetime) -> Sequence[int]:
    """Open mails that nobody has looked at for too long."""
    waiting = and_(Mail.state == MailState.WAITING, Mail.next_at < due_before)
    handed = and_(Mail.state == MailState.HANDED, Mail.handed_at < handed_before)
    return (await session.scalars(select(Mail.id).where(Mail.ended_at.is_(None), or_(waiting, handed)))).all()


async def forget(session: AsyncSession, ended_before: datetime) -> None:
    await session.execute(delete(Mail).where(Mail.ended_at < ended_before))
