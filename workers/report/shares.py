"""Links by which somebody shows a report to people without an account. Nothing here commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account
from botbay.db import now
from workers.report import service, spans
from workers.report.document import Report
from workers.report.models import ReportShare
from workers.report.service import ReportError

#: For how many days a link may open.
DAYS = (1, 7, 30)
#: Days after which an ended link is forgotten.
_FORGOTTEN = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What a link shows: the figures, as its maker may read them now, without what people said."""

    maker: str
    expires_at: datetime
    report: Report


async def create(session: AsyncSession, account: Account, report: Report, days: int, *, words: bool) -> ReportShare:
    """A new link to a report; ``words``: with its keywords, and the names of its files and links. Raises ReportError."""
    if days not in DAYS:
        raise ReportError("链接可以开 1 天、7 天或 30 天。")
    ended = now() - _FORGOTTEN
    await session.execute(
        delete(ReportShare).where(or_(ReportShare.expires_at < ended, ReportShare.revoked_at < ended))
    )
    share = ReportShare(
        account_id=account.id,
        room_id=report.room_id,
        since=report.since.astimezone(UTC),
        until=report.until.astimezone(UTC),
        zone=report.zone,
        words=words,
        expires_at=now() + timedelta(days=days),
    )
    session.add(share)
    await session.flush()
    return share


async def own(session: AsyncSession, account: Account, report: Report) -> Sequence[ReportShare]:
    """The account's links to this report that still open, the newest first."""
    found = select(ReportShare).where(
        ReportShare.account_id == account.id,
        ReportShare.room_id.is_not_distinct_from(report.room_id),
        ReportShare.since == report.since,
        ReportShare.until == report.until,
        ReportShare.expires_at > now(),
        ReportShare.revoked_at.is_(None),
    )
    return (await session.scalars(found.order_by(ReportShare.id.desc()))).all()


async def revoke(session: AsyncSession, account: Account, share_id: int) -> None:
    """Close a link of one's own at once; what is closed stays so."""
    await session.execute(
        update(ReportShare)
        .where(ReportShare.id == share_id, ReportShare.account_id == account.id, ReportShare.revoked_at.is_(None))
        .values(revoked_at=now())
    )


async def look(session: AsyncSession, share_id: int) -> Opened | None:
    """What is under a link; None where it has ended, or its maker may not read that any more. Counts the opening."""
    found = await session.execute(
        select(ReportShare, Account)
        .join(Account, Account.id == ReportShare.account_id)
        .where(
            ReportShare.id == share_id,
            ReportShare.expires_at > now(),
            ReportShare.revoked_at.is_(None),
            Account.disabled_at.is_(None),
        )
    )
    if (row := found.first()) is None:
        return None
    share, maker = row
    span = spans.between(share.since, share.until, ZoneInfo(share.zone))
    if share.room_id is None:
        stored = await service.of_person(session, maker, span)
    else:
        try:
            stored = await service.of_room(session, Subject.of_account(maker), PRIVATE, share.room_id, span)
        except ReportError:
            return None
    share.opened += 1
    return Opened(
        maker=maker.display_name, expires_at=share.expires_at, report=_for_others(stored.report, words=share.words)
    )


def _for_others(report: Report, *, words: bool) -> Report:
    """Without what was said, to whom, and what came of it."""
    hidden: dict[str, tuple[()]] = dict.fromkeys(("mentions", "todos", "minutes", "joined"), ())
    if not words:
        hidden |= dict.fromkeys(("keywords", "files", "links"), ())
    return report.model_copy(update=hidden)
