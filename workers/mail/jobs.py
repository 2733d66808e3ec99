"""The job that sends a mail, and the chore that sees to it that none is forgotten and nothing of it is kept."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.db import is_away, now, transaction
from botbay.jobs import Later, Work
from botbay.settings import load_settings
from workers.mail import fate, messages, repository, service, smtp
from workers.mail.answers import Refused, Temporary, Unknown
from workers.mail.messages import Attachment
from workers.mail.models import Mail, MailState

log = logging.getLogger(__name__)

#: The answer to a mail that was handed over is waited for by somebody until so long after the server's time is over.
_STILL_HELD = timedelta(seconds=30)
#: A mail that is due for so long has lost its job.
_FORGOTTEN = timedelta(minutes=10)
#: What ended is known for as long as a turn that is run again might ask for it.
_KEPT = timedelta(days=7)
#: Seconds for which the end of a try is written down again and again while the database is away.
_INSIST = 300


async def send_mail(work: Work) -> None:
    """Try to send a mail; the payload is {"mail_id": …}. Done again it changes nothing: see ``service.send``."""
    mail_id, token = int(work.payload["mail_id"]), uuid4()
    try:
        async with transaction() as session:
            begun = await _begin(session, mail_id, token)
        if begun is not None:
            await _try(*begun, token)
    except Later:
        raise
    except Exception as error:
        if is_away(error):
            raise Later(work.backoff()) from None
        if not work.final:
            raise
        log.exception("mail %d failed", mail_id)
        async with transaction() as session:
            mail = await repository.locked(session, mail_id)
            if mail is not None and mail.state == MailState.WAITING:
                await fate.failed(session, mail, fate.BROKEN)


async def _begin(session: AsyncSession, mail_id: int, token: UUID) -> tuple[Mail, list[Attachment]] | None:
    """What is to be sent by the try with this token; None when nothing is. Raises Later before it is due."""
    mail = await repository.locked(session, mail_id)
    if mail is None or mail.ended_at is not None:
        return None
    if mail.state == MailState.HANDED:
        assert mail.handed_at is not None
        _not_before(mail.handed_at + timedelta(seconds=smtp.PATIENCE.end) + _STILL_HELD)
        await fate.unknown(session, mail)
        log.warning("mail %d was handed over and nobody heard the answer", mail_id)
        return None
    _not_before(mail.next_at)
    if await repository.any_erased(session, mail.sources):
        await fate.failed(session, mail, fate.WITHDRAWN)
        return None
    if not service.is_set_up(load_settings()):
        await fate.failed(session, mail, service.NOT_SET_UP.rstrip("。"))
        return None
    mail.token, mail.attempts = token, mail.attempts + 1
    return mail, await repository.attachments_of(session, mail_id)


def _not_before(moment: datetime) -> None:
    left = moment - now()
    if left > timedelta(0):
        raise Later(left)


async def _try(mail: Mail, attachments: list[Attachment], token: UUID) -> None:
    settings = load_settings()
    server = settings.smtp_server
    assert server is not None

    async def hand_over() -> bool:
        async with transaction() as session:
            return await repository.hand_over(session, mail.id, token)

    envelope = await asyncio.to_thread(
        messages.build,
        message_id=mail.message_id,
        date=mail.created_at.astimezone(settings.zone),
        sender=settings.mail_sender,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        attachments=attachments,
    )
    try:
        outcome = await smtp.deliver(server, envelope, hand_over)
    except Unknown:
        log.warning("mail %d was handed over and the server did not answer", mail.id)
        await _end(mail.id, fate.unknown, token)
    except Temporary as problem:
        log.warning("mail %d waits: %s (%d)", mail.id, problem.mend, problem.code)
        await _postpone(mail.id, token, problem)
    except Refused as problem:
        log.warning("mail %d is given up: %s (%d)", mail.id, problem.mend, problem.code)
        words = problem.words + (f"（服务器答复 {problem.code}）" if problem.code else "")
        await _end(mail.id, lambda session, mail: fate.failed(session, mail, words), token)
    else:
        if outcome is smtp.Outcome.SENT:
            await _end(mail.id, fate.sent)


async def _postpone(mail_id: int, token: UUID, problem: Temporary) -> None:
    """Raises Later, unless the mail is another try's by now or is given up."""
    async with transaction() as session:
        mail = await repository.locked(session, mail_id)
        if mail is None or mail.ended_at is not None or mail.token != token:
            return
        wait = await fate.later(session, mail, problem)
    if wait is not None:
        raise Later(wait)


async def _end(
    mail_id: int, write_down: Callable[[AsyncSession, Mail], Awaitable[None]], token: UUID | None = None
) -> None:
    """Write the end down, if the mail is still this token's; None: whoever has it, and even if it counts as unknown.

    It must not get lost while the database is away: who looks next could not know it.
    """
    give_up = asyncio.get_running_loop().time() + _INSIST
    while True:
        try:
            async with transaction() as session:
                mail = await repository.locked(session, mail_id)
                known = mail is None or mail.state in (MailState.SENT, MailState.FAILED)
                if mail is not None and not known and token in (None, mail.token):
                    await write_down(session, mail)
            return
        except Exception as error:
            if not is_away(error) or asyncio.get_running_loop().time() > give_up:
                raise
            await asyncio.sleep(1)


async def tidy() -> None:
    """Withdraw what may no longer be sent, look after what lost its job, forget what ended long ago."""
    async with transaction() as session:
        for mail_id in await repository.holding_erased(session):
            mail = await repository.locked(session, mail_id)
            if mail is not None and mail.state == MailState.WAITING:
                await fate.failed(session, mail, fate.WITHDRAWN)
        due = now() - _FORGOTTEN
        handed = due - timedelta(seconds=smtp.PATIENCE.end)
        await service.enqueue(session, await repository.forgotten(session, due, handed))
        await repository.forget(session, now() - _KEPT)


#: The chore, and every how many seconds it is done.
TIDY = (tidy, 60)
