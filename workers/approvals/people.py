"""Whom somebody means who is to approve in their place: 李总, 老李, 李建国."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.zh.text import simplified
from workers.approvals import repository

_TITLE = re.compile(
    r"(?:总监|总经理|经理|主任|主管|老师|师傅|会计|律师|工程师|助理|秘书|书记|校长|院长|部长|处长|局长|科长|店长|队长|组长|所长|老板|同学|先生|女士|小姐|哥|姐|总|工|董)$"
)
_PREFIX = re.compile(r"^[老小大阿](?=.)")
_DOUBLE = ("欧阳", "上官", "诸葛", "司马", "司徒", "东方", "皇甫", "慕容", "令狐", "夏侯", "端木", "南宫")


@dataclass(frozen=True, kw_only=True)
class Named:
    """Whom a name may mean. ``sure``: it is their name, and not only like it."""

    accounts: Sequence[Account]
    sure: bool


async def named(session: AsyncSession, said: str, but: Account) -> Named:
    """The accounts that people may call so, by their login, their shown name or their name in WeChat."""
    known = [(account, _plain(name)) for account, name in await repository.names(session) if account.id != but.id]
    words = _plain(said.lstrip("@＠"))
    for sure, fits in ((True, words.__eq__), (False, lambda name: _alike(words, name))):
        found = {account.id: account for account, name in known if words and fits(name)}
        if found:
            return Named(accounts=list(found.values()), sure=sure)
    return Named(accounts=[], sure=False)


def _plain(name: str) -> str:
    return simplified(" ".join(name.split())).lower()


def _alike(said: str, name: str) -> bool:
    """李总, 老李 and 李经理 may be anybody whose name begins so; 建国 and 张总 (财务) hold the name."""
    if len(said) > 1 and (said in name or (len(name) > 1 and name in said)):
        return True
    core = _TITLE.sub("", _PREFIX.sub("", said))
    surname = core if len(core) == 1 or core in _DOUBLE else ""
    return bool(surname) and (name.startswith(surname) or _PREFIX.sub("", name).startswith(surname))


def fits(said: str, account: Account) -> bool:
    """Whether somebody may be called so."""
    words = _plain(said.lstrip("@＠"))
    return bool(words) and any(_alike(words, _plain(name)) for name in (account.display_name, account.name))
