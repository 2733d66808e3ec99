"""Which kinds of application there are here, and who the approvers of a chain are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import now
from workers.approvals import fields, repository
from workers.approvals.errors import ApprovalError
from workers.approvals.flow import Need
from workers.approvals.kinds import SHIPPED, Kind, StepSpec, as_data, load


@dataclass(frozen=True, kw_only=True)
class ChainStep:
    """A step of one application, with its approvers."""

    spec: StepSpec
    approvers: Sequence[Account]


@cache
def shipped() -> Mapping[str, Kind]:
    return {kind.name: kind for kind in load(SHIPPED.read_text(encoding="utf-8"))}


async def kinds(session: AsyncSession) -> dict[str, Kind]:
    """The kinds of this installation by name: the shipped ones, and its own in their place or beside them."""
    found = dict(shipped())
    for own in await repository.own_kinds(session):
        found.pop(own.name, None)
        if not own.off:
            found[own.name] = Kind.model_validate(own.definition)
    return found


async def save(session: AsyncSession, changed: Sequence[Kind]) -> None:
    """These kinds replace those of their names; applications under way keep the kind that they were made with."""
    for kind in changed:
        await repository.put_kind(session, kind.name, as_data(kind), off=False, at=now())


async def turn_off(session: AsyncSession, name: str) -> None:
    """Nobody can ask for one of this kind any more. Raises ApprovalError."""
    kind = (await kinds(session)).get(name)
    if kind is None:
        raise ApprovalError(f"没有「{name}」这种申请。", "unknown")
    await repository.put_kind(session, name, as_data(kind), off=True, at=now())


async def give_role(session: AsyncSession, role: str, account: Account) -> None:
    await repository.put_role(session, role, account.id)


async def take_role(session: AsyncSession, role: str, account: Account) -> bool:
    """Whether they held it."""
    return await repository.remove_role(session, role, account.id)


async def resolve(session: AsyncSession, by: Sequence[str], but: Collection[int]) -> list[Account]:
    """Those whom ``role:…`` and ``account:…`` name now, each once, without some; disabled accounts are nobody."""
    found: dict[int, Account] = {}
    for one in by:
        what, _, name = one.partition(":")
        if what == "role":
            accounts = await repository.holders(session, name)
        else:
            account = await repository.account_named(session, name)
            accounts = [account] if account is not None else []
        found |= {account.id: account for account in accounts if account.id not in but}
    return list(found.values())


async def chain(
    session: AsyncSession, kind: Kind, values: Mapping[str, Any] | None, applicant_id: int
) -> list[ChainStep]:
    """The steps that an application with these values goes through (None: all steps), with who approves each now.

    Nobody approves their own: where nobody else is left, the one to whom it would be handed on does.
    Raises ApprovalError where a step has nobody.
    """
    steps: list[ChainStep] = []
    for spec in kind.steps:
        if values is not None and not _applies(kind, spec, values):
            continue
        approvers = await resolve(session, spec.by, {applicant_id})
        if not approvers and kind.hand_on_to is not None:
            approvers = await resolve(session, (kind.hand_on_to,), {applicant_id})
        if not approvers and (values is not None or spec.above is None):
            raise ApprovalError(
                f"{kind.name}的「{spec.name}」这一步还没有别人能批，先请管理员指定一个人，再来提。", "chain"
            )
        steps.append(ChainStep(spec=spec, approvers=approvers[:1] if spec.need == Need.ONE else approvers))
    return steps


def _applies(kind: Kind, spec: StepSpec, values: Mapping[str, Any]) -> bool:
    if spec.of is None or spec.above is None:
        return True
    field = kind.field(spec.of)
    assert field is not None
    return fields.measure(field, values[spec.of]) > spec.above
