"""Outside systems: known by a secret, and called back with what happens to applications."""

import hashlib
import hmac
import json
import re
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat.models import Account
from botbay.db import now
from botbay.settings import load_settings
from workers.approvals import repository
from workers.approvals.errors import ApprovalError
from workers.approvals.listing import Listed
from workers.approvals.models import ApplicationEvent, OutsideSystem, What

#: The job that calls back; its payload is {"delivery_id": …}.
JOB = "call_back"
#: Seconds for which a signature holds, either way.
SIGNATURE_AGE = 300
_NAME = re.compile(r"[\w.-]{1,40}")
#: What is said in chat or done on a page bears these; no system may look like either.
_OURS = frozenset({"chat", "page", "turn"})
#: What systems hear of: being asked and being reminded is between the bot and the approver.
TOLD = frozenset(What) - {What.ASKED, What.REMINDED, What.UNREACHED}


async def add_system(session: AsyncSession, name: str, url: str, *, all_of_them: bool) -> OutsideSystem:
    """A system that may put applications in, and is called back at ``url`` (empty: it is not). Raises ApprovalError."""
    if not _NAME.fullmatch(name) or name.lower() in _OURS:
        raise ApprovalError("系统的名字为 1 到 40 个字，可用汉字、字母、数字和 . _ -，不能叫 chat、page、turn。", "bad")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ApprovalError("回调地址要像 https://oa.example.com/hook。", "bad")
    if await repository.system(session, name) is not None:
        raise ApprovalError(f"系统「{name}」已经有了。", "bad")
    system = OutsideSystem(name=name, url=url, all_of_them=all_of_them)
    session.add(system)
    await session.flush()
    return system


def secret_of(system: OutsideSystem) -> str:
    """What the system signs with, and checks our signature by."""
    told = f"approval-system:{system.id}:{system.created_at.timestamp()}"
    return hmac.new(load_settings().secret().encode(), told.encode(), hashlib.sha256).hexdigest()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``sha256=<hex>`` over the Unix seconds, a dot and the raw body."""
    return f"sha256={hmac.new(secret.encode(), f'{timestamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


async def system_of(session: AsyncSession, name: str, timestamp: str, signed: str, body: bytes) -> OutsideSystem | None:
    """The system that signed this body within the last five minutes; None where it did not, or is turned off."""
    if not fresh(timestamp) or not _NAME.fullmatch(name):
        return None
    system = await repository.system(session, name)
    known = system is not None and system.off_at is None
    # A system that there is not costs the same time.
    good = signature(secret_of(system) if system is not None else secrets.token_hex(32), timestamp, body)
    same = hmac.compare_digest(good.encode(), signed.encode(errors="replace"))
    return system if known and same else None


def fresh(timestamp: str) -> bool:
    """Whether these Unix seconds are within five minutes of now."""
    return re.fullmatch(r"[0-9]{1,12}", timestamp) is not None and abs(time.time() - int(timestamp)) <= SIGNATURE_AGE


async def owe(
    session: AsyncSession, listed: Listed, event: ApplicationEvent, *, by: Account | None, to: Account | None
) -> None:
    """The systems that want to hear of an event are called back once this is committed."""
    if event.what not in TOLD:
        return
    new: list[jobs.NewJob] = []
    for system in await repository.to_call(session, listed.application.system_id):
        body = json.dumps(_body(listed, event, system, by, to), ensure_ascii=False)
        row = {"system_id": system.id, "event_id": event.id, "body": body}
        delivery_id = await repository.insert_delivery(session, row)
        if delivery_id is not None:
            new.append(job(delivery_id))
    await jobs.enqueue(session, new)


def job(delivery_id: int) -> jobs.NewJob:
    """One that waits for a delivery already is enough."""
    return jobs.NewJob(name=JOB, payload={"delivery_id": delivery_id}, key=f"call-back:{delivery_id}")


def _body(
    listed: Listed, event: ApplicationEvent, system: OutsideSystem, by: Account | None, to: Account | None
) -> dict[str, Any]:
    return {
        "event": event.what.value,
        "at": now().isoformat(),
        "by": by.name if by is not None else None,
        "to": to.name if to is not None else None,
        "words": event.words,
        "application": as_data(listed, system),
    }


def as_data(listed: Listed, system: OutsideSystem) -> dict[str, Any]:
    """An application as JSON data for a system."""
    application = listed.application
    prefix = f"{system.name}:"
    own = application.system_id == system.id and application.key.startswith(prefix)
    return {
        "number": application.id,
        "id": application.key.removeprefix(prefix) if own else None,  # the one that it gave itself
        "kind": application.kind,
        "state": application.state,
        "applicant": listed.applicant.name,
        "values": dict(application.values),
        "step": listed.step or None,
        "waiting": [account.name for account, _ in listed.waiting],
    }


def key_of(system: OutsideSystem, own_id: str) -> str:
    """Under which a system's application is put in once, by the id that it gave it."""
    return f"{system.name}:{own_id}"
