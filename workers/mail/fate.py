"""What becomes of a mail, written down and told in one transaction; what it holds of people's words goes with it."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import outbox
from botbay.chat.models import Conversation
from botbay.db import now
from workers.mail import repository
from workers.mail.answers import Temporary
from workers.mail.models import Mail, MailState

#: Waits between tries; the last again and again. A server that does not know us yet (greylisting) wants minutes.
_WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 150, 300, 900, 1800, 3600, 7200))
#: A mail that has not gone out by then has not gone out.
_GIVE_UP = timedelta(hours=24)

WITHDRAWN = "里面有话刚刚被撤回或删掉了，就没有发：需要的话再跟我说一次"
BROKEN = "我这边出了意外，请管理员看看日志，再跟我说一次"


async def sent(session: AsyncSession, mail: Mail) -> None:
    await _end(session, mail, MailState.SENT, "")
    await _tell(
        session, mail, "sent", "已发到 {to} ✅ 没看到的话，翻翻垃圾箱。", "邮件发出去了 ✅ 没看到的话，翻翻垃圾箱。"
    )


async def failed(session: AsyncSession, mail: Mail, reason: str) -> None:
    """``reason`` is for people: why, and what to do."""
    await _end(session, mail, MailState.FAILED, reason)
    await _tell(session, mail, "failed", "没发到 {to}：" + reason + "。", "邮件没发成：" + reason + "。")


async def unknown(session: AsyncSession, mail: Mail) -> None:
    """Nobody can know. Sent again it might arrive twice."""
    reason = "交给邮件服务器的时候断了线，不知道到没到"
    await _end(session, mail, MailState.UNKNOWN, reason)
    what_to_do = "。先看看收件箱和垃圾箱，没有的话再跟我说一次。"
    await _tell(session, mail, "unknown", "发到 {to} 的信，" + reason + what_to_do, "邮件" + reason + what_to_do)


async def later(session: AsyncSession, mail: Mail, problem: Temporary) -> timedelta | None:
    """How long to wait before the next try; None when it was tried for long enough and is given up."""
    wait = _WAITS[min(mail.attempts, len(_WAITS)) - 1]
    if now() + wait > mail.created_at + _GIVE_UP:
        await failed(session, mail, f"试了一天，{problem.words}。请管理员运行 botbay doctor 看看，再跟我说一次")
        return None
    mail.state, mail.token, mail.reason = MailState.WAITING, None, problem.words
    mail.next_at, mail.handed_at = now() + wait, None
    if mail.attempts == 2:  # once is nothing to speak of
        words = f"还没发出去：{problem.words}。我会一直试到明天这个时候，发出去了告诉你。"
        await _tell(session, mail, "late", "给 {to} 的邮件" + words, "邮件" + words)
    await session.flush()
    return wait


async def _end(session: AsyncSession, mail: Mail, state: MailState, reason: str) -> None:
    mail.state, mail.reason, mail.token, mail.ended_at = state, reason, None, now()
    await repository.erase_words(session, mail)
    await session.flush()


async def _tell(session: AsyncSession, mail: Mail, fate: str, private: str, room: str) -> None:
    if mail.conversation_id is None:
        return
    conversation = await session.get_one(Conversation, mail.conversation_id)
    in_room = conversation.room_id is not None
    text = room if in_room else private.replace("{to}", mail.recipient)
    await outbox.put(session, conversation.id, f"mail:{mail.id}:{fate}", text=text, mention=in_room)
