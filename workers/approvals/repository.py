"""All SQL of applications; which of them a person may see comes from ``access``."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import Subject
from botbay.chat.models import Account, Bot, BotState, Contact, Conversation, Friend
from workers.approvals.access import readable
from workers.approvals.flow import Answer, State
from workers.approvals.models import (
    Application,
    ApplicationEvent,
    ApprovalSeat,
    Delivery,
    DeliveryTry,
    OutsideSystem,
    OwnKind,
    RoleHolder,
)

# --- kinds and roles ---------------------------------------------------------------------------------------


async def own_kinds(session: AsyncSession) -> Sequence[OwnKind]:
    return (await session.scalars(select(OwnKind).order_by(OwnKind.name))).all()


async def put_kind(session: AsyncSession, name: str, definition: Mapping[str, Any], *, off: bool, at: datetime) -> None:
    values = {"name": name, "definition": dict(definition), "off": off, "changed_at": at}
    new = insert(OwnKind).values(**values)
    await session.execute(new.on_conflict_do_update(index_elements=[OwnKind.name], set_=values))


async def holders(session: AsyncSession, role: str) -> Sequence[Account]:
    """Those who hold a role and are not disabled, in the order in which they came to it."""
    found = select(Account).join(RoleHolder, RoleHolder.account_id == Account.id)
    living = found.where(RoleHolder.role == role, Account.disabled_at.is_(None))
    return (await session.scalars(living.order_by(RoleHolder.created_at, Account.id))).all()


async def all_roles(session: AsyncSession) -> Sequence[tuple[str, Account]]:
    rows = await session.execute(
        select(RoleHolder.role, Account)
        .join(Account, Account.id == RoleHolder.account_id)
        .order_by(RoleHolder.role, RoleHolder.created_at, Account.id)
    )
    return [(role, account) for role, account in rows]


async def put_role(session: AsyncSession, role: str, account_id: int) -> None:
    await session.execute(insert(RoleHolder).values(role=role, account_id=account_id).on_conflict_do_nothing())


async def remove_role(session: AsyncSession, role: str, account_id: int) -> bool:
    gone = delete(RoleHolder).where(RoleHolder.role == role, RoleHolder.account_id == account_id)
    return await session.scalar(gone.returning(RoleHolder.role)) is not None


# --- applications ------------------------------------------------------------------------------------------


async def insert_application(session: AsyncSession, row: Mapping[str, Any]) -> Application | None:
    """The new one; None when there is one under its key."""
    new = insert(Application).values(**row).on_conflict_do_nothing(index_elements=[Application.key])
    return await session.scalar(new.returning(Application))


async def by_key(session: AsyncSession, key: str) -> Application | None:
    return await session.scalar(select(Application).where(Application.key == key))


async def get(session: AsyncSession, subject: Subject, number: int) -> Application | None:
    """As it stands now, if this person may see it."""
    found = readable(subject).where(Application.id == number).execution_options(populate_existing=True)
    return await session.scalar(found)


async def locked(session: AsyncSession, number: int) -> Application | None:
    """As it stands now, held until the commit."""
    return await session.get(Application, number, with_for_update=True, populate_existing=True)


async def locked_if_free(session: AsyncSession, number: int) -> Application | None:
    """As it stands now, held until the commit; None while somebody else holds it."""
    free = select(Application).where(Application.id == number).with_for_update(skip_locked=True)
    return await session.scalar(free.execution_options(populate_existing=True))


async def seats(session: AsyncSession, application_ids: Collection[int]) -> Sequence[ApprovalSeat]:
    found = select(ApprovalSeat).where(ApprovalSeat.application_id.in_(application_ids)).order_by(ApprovalSeat.id)
    return (await session.scalars(found.execution_options(populate_existing=True))).all()


async def waiting_for(session: AsyncSession, account_id: int) -> Sequence[Application]:
    """Those whose answer is needed from this account now, the oldest first."""
    found = (
        select(Application)
        .join(ApprovalSeat, ApprovalSeat.application_id == Application.id)
        .where(
            Application.state == State.OPEN,
            ApprovalSeat.step == Application.at,
            ApprovalSeat.account_id == account_id,
            ApprovalSeat.answer == Answer.WAITING,
        )
        .order_by(Application.id)
    )
    return (await session.scalars(found)).all()


async def own(session: AsyncSession, account_id: int, ended_after: datetime) -> Sequence[Application]:
    """A person's own: the open ones, and those that ended not long ago; the newest first."""
    recent = Application.ended_at.is_(None) | (Application.ended_at > ended_after)
    found = select(Application).where(Application.account_id == account_id, recent)
    return (await session.scalars(found.order_by(Application.id.desc()))).all()


async def submitted_by(session: AsyncSession, account_id: int, limit: int) -> Sequence[Application]:
    """A person's own, the newest first."""
    found = select(Application).where(Application.account_id == account_id).order_by(Application.id.desc())
    return (await session.scalars(found.limit(limit))).all()


async def answered_by(session: AsyncSession, account_id: int, limit: int) -> Sequence[tuple[Application, Answer]]:
    """Those in which an account has answered, or need not answer any more, the newest first; with its last answer."""
    mine = (
        select(ApprovalSeat.application_id, func.max(ApprovalSeat.id).label("seat_id"))
        .join(Application, Application.id == ApprovalSeat.application_id)
        .where(ApprovalSeat.account_id == account_id, ApprovalSeat.answer != Answer.WAITING)
        .group_by(ApprovalSeat.application_id)
        .order_by(ApprovalSeat.application_id.desc())
        .limit(limit)
        .subquery()
    )
    rows = await session.execute(
        select(Application, ApprovalSeat.answer)
        .join(mine, mine.c.application_id == Application.id)
        .join(ApprovalSeat, ApprovalSeat.id == mine.c.seat_id)
        .order_by(Application.id.desc())
    )
    return [(application, Answer(answer)) for application, answer in rows]


async def visible(session: AsyncSession, subject: Subject, *, before: int | None, limit: int) -> Sequence[Application]:
    """All that this person may see, the newest first."""
    found = readable(subject)
    if before is not None:
        found = found.where(Application.id < before)
    return (await session.scalars(found.order_by(Application.id.desc()).limit(limit))).all()


async def events(session: AsyncSession, application_id: int) -> Sequence[ApplicationEvent]:
    found = select(ApplicationEvent).where(ApplicationEvent.application_id == application_id)
    return (await session.scalars(found.order_by(ApplicationEvent.id))).all()


# --- people ------------------------------------------------------------------------------------------------


async def accounts(session: AsyncSession, ids: Collection[int]) -> dict[int, Account]:
    """As they are now, by id: a name may have changed."""
    found = select(Account).where(Account.id.in_(ids)).execution_options(populate_existing=True)
    return {account.id: account for account in await session.scalars(found)}


async def account_named(session: AsyncSession, name: str) -> Account | None:
    """The account with this name (of the login), if it is not disabled."""
    same = select(Account).where(func.lower(Account.name) == name.lower(), Account.disabled_at.is_(None))
    return await session.scalar(same)


async def names(session: AsyncSession) -> Sequence[tuple[Account, str]]:
    """Every account that is not disabled, with each name by which people may know it."""
    rows = await session.execute(
        select(Account, Contact.name)
        .outerjoin(Contact, Contact.account_id == Account.id)
        .where(Account.disabled_at.is_(None))
        .order_by(Account.id)
    )
    found: list[tuple[Account, str]] = []
    for account, wechat_name in rows:
        found += [(account, name) for name in (account.name, account.display_name, wechat_name) if name]
    return found


async def private_conversation(session: AsyncSession, account_id: int) -> Conversation | None:
    """Where a bot talks with this person in private, a bot that is online before one that is not.

    None where none does, or where it was told to be silent.
    """
    found = (
        select(Conversation)
        .join(Contact, Contact.id == Conversation.contact_id)
        .join(Bot, Bot.id == Conversation.bot_id)
        .where(
            Contact.account_id == account_id,
            Conversation.room_id.is_(None),
            Conversation.stopped_at.is_(None),
            Bot.silenced_at.is_(None),
        )
        .order_by((Bot.state == BotState.ONLINE).desc(), Contact.bound_at.desc().nulls_last(), Conversation.id.desc())
        .limit(1)
    )
    return await session.scalar(found.execution_options(populate_existing=True))


async def friends(session: AsyncSession, account_id: int) -> Sequence[tuple[int, int]]:
    """(bot, contact) pairs that may talk in private and have not yet."""
    rows = await session.execute(
        select(Friend.bot_id, Friend.contact_id)
        .join(Contact, Contact.id == Friend.contact_id)
        .join(Bot, Bot.id == Friend.bot_id)
        .outerjoin(
            Conversation,
            (Conversation.bot_id == Friend.bot_id)
            & (Conversation.contact_id == Friend.contact_id)
            & Conversation.room_id.is_(None),
        )
        .where(
            Contact.account_id == account_id,
            Friend.engaged_at.is_not(None),
            Bot.silenced_at.is_(None),
            Conversation.id.is_(None),
        )
        .order_by(Friend.bot_id)
    )
    return [(bot_id, contact_id) for bot_id, contact_id in rows]


# --- outside systems ---------------------------------------------------------------------------------------


async def system(session: AsyncSession, name: str) -> OutsideSystem | None:
    same = select(OutsideSystem).where(OutsideSystem.name == name)
    return await session.scalar(same.execution_options(populate_existing=True))


async def systems(session: AsyncSession) -> Sequence[OutsideSystem]:
    return (await session.scalars(select(OutsideSystem).order_by(OutsideSystem.name))).all()


async def to_call(session: AsyncSession, system_id: int | None) -> Sequence[OutsideSystem]:
    """Those who are to hear of an application that ``system_id`` put in (None: a person)."""
    mine = (
        OutsideSystem.all_of_them if system_id is None else OutsideSystem.all_of_them | (OutsideSystem.id == system_id)
    )
    found = select(OutsideSystem).where(mine, OutsideSystem.url != "", OutsideSystem.off_at.is_(None))
    return (await session.scalars(found.order_by(OutsideSystem.id))).all()


async def insert_delivery(session: AsyncSession, row: Mapping[str, Any]) -> int | None:
    new = insert(Delivery).values(**row).on_conflict_do_nothing(constraint="uq_approval_deliveries_event")
    return await session.scalar(new.returning(Delivery.id))


async def locked_delivery(session: AsyncSession, delivery_id: int) -> Delivery | None:
    return await session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)


async def deliveries(session: AsyncSession, application_id: int) -> Sequence[Delivery]:
    found = (
        select(Delivery)
        .join(ApplicationEvent, ApplicationEvent.id == Delivery.event_id)
        .where(ApplicationEvent.application_id == application_id)
        .order_by(Delivery.id)
    )
    return (await session.scalars(found)).all()


async def tries(session: AsyncSession, delivery_id: int) -> Sequence[DeliveryTry]:
    found = select(DeliveryTry).where(DeliveryTry.delivery_id == delivery_id).order_by(DeliveryTry.id)
    return (await session.scalars(found)).all()


async def forgotten_deliveries(session: AsyncSession, due_before: datetime) -> Sequence[int]:
    """Open ones that nobody has looked at for too long."""
    found = select(Delivery.id).where(Delivery.ended_at.is_(None), Delivery.next_at < due_before)
    return (await session.scalars(found)).all()
