"""``/``: how things stand, and what to do next."""

from collections.abc import Sequence

from nicegui import ui

from botbay.chat.models import Account, BotState, Contact, Role
from botbay.db import transaction
from web.bots import BotView, overview
from web.layout import card, frame, link, pill, simulated, text
from web.live import follow
from web.session import SignedIn
from workers.accounts import service as accounts


def register() -> None:
    @ui.page("/")
    async def home(account: SignedIn) -> None:
        async with transaction() as session:
            bots = await overview(session)
            contacts = await accounts.bound_contacts(session, account)
        shown = (bots, [contact.id for contact in contacts])

        @ui.refreshable
        def content() -> None:
            _next_steps(account, bots, contacts)
            _bots(account, bots)

        async def look() -> None:
            nonlocal bots, contacts, shown
            async with transaction() as session:
                bots = await overview(session)
                contacts = await accounts.bound_contacts(session, account)
            if shown != (fresh := (bots, [contact.id for contact in contacts])):
                shown = fresh
                content.refresh()

        with frame(f"你好，{account.display_name}", subtitle="拉进群里，它替你记、替你找、替你提醒。"):
            content()
        follow(look)


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


def _next_steps(account: Account, bots: Sequence[BotView], contacts: Sequence[Contact]) -> None:
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
        if contacts:
            words = f"已绑定 {len(contacts)} 个微信：" + "、".join(contact.name for contact in contacts[:5])
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
