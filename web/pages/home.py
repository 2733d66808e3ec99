"""``/``: how things stand, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from botbay.chat.models import Account, BotState, Role
from botbay.db import transaction
from web.bots import BotView, overview
from web.layout import card, frame, link, pill, simulated, text
from web.live import follow
from web.session import SignedIn
from workers.accounts import service as accounts
from workers.approvals import service as approvals


@dataclass(frozen=True)
class _Standing:
    """What the page shows. ``waiting``: how many applications the account is to decide."""

    bots: Sequence[BotView]
    contacts: Sequence[tuple[int, str]]
    waiting: int


async def _standing(account: Account) -> _Standing:
    async with transaction() as session:
        return _Standing(
            await overview(session),
            [(contact.id, contact.name) for contact in await accounts.bound_contacts(session, account)],
            len(await approvals.waiting_for(session, account)),
        )


def register() -> None:
    @ui.page("/")
    async def home(account: SignedIn) -> None:
        shown = await _standing(account)

        @ui.refreshable
        def content() -> None:
            if shown.waiting:
                _waiting(shown.waiting)
            _next_steps(account, shown.bots, [name for _, name in shown.contacts])
            _bots(account, shown.bots)

        async def look() -> None:
            nonlocal shown
            if shown != (fresh := await _standing(account)):
                shown = fresh
                content.refresh()

        with frame(f"你好，{account.display_name}", subtitle="拉进群里，它替你记、替你找、替你提醒。"):
            content()
        follow(look)


def _waiting(count: int) -> None:
    with card("等你处理", mark="waiting"), ui.element("div"):
        link(f"{count} 张申请等你审批", "/applications?tab=waiting")


def _step(number: int, title: str, words: str, *, done: bool = False) -> ui.element:
    """A step of the list; what is built inside the given element stands under its words."""
    with ui.element("div").classes("bb-step bb-done" if done else "bb-step"):
        with ui.element("div").classes("bb-mark"):
            if done:
                ui.icon("check")
            else:
                text(str(number), tag="span")
        with ui.element("div").classes("bb-grow") as inside:
            text(title, "bb-strong")
            text(words, "bb-soft")
    return inside


def _next_steps(account: Account, bots: Sequence[BotView], names: Sequence[str]) -> None:
    online = [bot for bot in bots if bot.state == BotState.ONLINE and bot.id is not None]
    maintainer = account.role == Role.MAINTAINER
    with card("接下来", mark="next-steps"):
        if online:
            _step(1, "机器人在线", "、".join(bot.wechat_name or bot.name for bot in online), done=True)
        elif maintainer:
            with _step(1, "让机器人上线", "看看它在等什么：扫码，还是网关没有开。"):
                link("去「机器人」", "/bots")
        else:
            _step(1, "等机器人上线", "维护者让它登录以后，这里会变成勾。")
        if names:
            words = f"已绑定 {len(names)} 个微信：" + "、".join(names[:5])
            _step(2, "绑定你的微信", words, done=True)
        else:
            with _step(2, "绑定你的微信", "绑定以后，才知道哪些群里有你，日报、纪要和提醒发给谁。"):
                link("去绑定", "/bind")
        if maintainer and simulated():
            with _step(3, "在模拟器里试试", "不用真的微信，也能和机器人说话、建群、发文件。"):
                link("打开模拟器", "/simulator")
        else:
            _step(3, "拉它进群", "群主或拉它进群的人说「开始记录」，它才开始记。")
        with _step(4, "翻看群里的文件", "图片、语音、视频和附件都在网盘里，不会过期。"):
            link("打开网盘", "/drive")
        with _step(5, "看今天的日报", "谁说得多、几点最热闹、谁 @ 了你，一眼看完。"):
            link("打开日报", "/reports")
        with _step(6, "搜一句话", "说过的、发过的、图片上写着的，两三个字就找得到。"):
            link("打开搜索", "/search")


def _bots(account: Account, bots: Sequence[BotView]) -> None:
    with card("机器人", mark="bots-summary"), ui.element("div").classes("bb-list"):
        for bot in bots:
            with ui.element("div").classes("bb-row"):
                ui.icon("smart_toy").classes("text-2xl").style("color: var(--accent)")
                with ui.element("div").classes("bb-grow"):
                    text(bot.wechat_name or bot.name, "bb-strong")
                    if bot.detail:
                        text(bot.detail, "bb-soft bb-small")
                pill(bot.state_words, bot.state_kind)
        if account.role == Role.MAINTAINER:
            with ui.element("div"):
                link("看详情", "/bots")
