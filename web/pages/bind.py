"""``/bind``: the one-time code that binds a WeChat user to the signed-in account, and who is bound."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from nicegui import ui

from botbay.chat.models import Account, BotState, Contact, Role
from botbay.db import now, transaction
from botbay.settings import load_settings
from web.bots import BotView, overview
from web.layout import card, empty, frame, link, local_time, simulated, text, told
from web.live import follow
from web.session import SignedIn, acting
from workers.accounts import service as accounts


class _Code:
    """The code as this page shows it: it is known only here, and only while the page is open."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._expires_at: datetime | None = None
        with card("验证码", mark="code-card"):
            self._digits = text("", "bb-digits").props("data-testid=code")
            self._left = text("", "bb-soft").style("text-align: center")
            self._left.props("data-testid=countdown")
            self._button = ui.button("换一个", icon="refresh", on_click=self.renew).props("outline data-testid=renew")
            self._button.classes("self-center")
        ui.timer(1.0, self._tick)

    async def renew(self) -> None:
        with told():
            async with acting(self._account) as (session, account):
                code, self._expires_at = await accounts.issue_bind_code(session, account)
            self._digits.text = code
            self._button.text = "换一个"
            self._tick()

    def rest(self, words: str) -> None:
        """Show no code until one is asked for."""
        self._expires_at = None
        self._digits.text = ""
        self._left.text = words
        self._button.text = "给我一个验证码"

    def _tick(self) -> None:
        if self._expires_at is None:
            return
        left = int((self._expires_at - now()).total_seconds())
        if left <= 0:
            self.rest("验证码过期了。")
        else:
            self._left.text = f"{left // 60}:{left % 60:02} 内有效，只能用一次"


def register() -> None:
    @ui.page("/bind")
    async def bind(account: SignedIn) -> None:
        async with transaction() as session:
            bots = await overview(session)
            contacts = await accounts.bound_contacts(session, account)
        by_code = load_settings().bind_verification == "code"
        code: _Code | None = None

        @ui.refreshable
        def bound() -> None:
            _bound(contacts, unbind)

        async def look() -> None:
            nonlocal contacts
            async with transaction() as session:
                fresh = await accounts.bound_contacts(session, account)
            before, after = {contact.id for contact in contacts}, {contact.id for contact in fresh}
            contacts = fresh
            if before != after:
                bound.refresh()
            if new := [contact.name for contact in fresh if contact.id not in before]:
                ui.notify(f"绑定好了：{'、'.join(new)}", type="positive", position="top")
                if code is not None:
                    code.rest("绑定好了。再绑一个微信，就再要一个验证码。")

        async def unbind(contact_id: int) -> None:
            with told():
                async with acting(account) as (session, current):
                    await accounts.unbind_own(session, current, contact_id)
                await look()

        with frame("绑定微信", subtitle="让机器人知道，哪个微信是你。"):
            if by_code:
                code = _Code(account)
                code.rest("验证码 10 分钟有效，只能用一次。")
            _words(account, bots, by_code=by_code)
            with card("已绑定的微信", mark="bound"):
                bound()
        follow(look)
        if code is not None and not contacts:
            await ui.context.client.connected()  # whatever only fetches the page uses up no code
            await code.renew()


def _words(account: Account, bots: Sequence[BotView], *, by_code: bool) -> None:
    hello = load_settings().hello
    online = [bot for bot in bots if bot.state == BotState.ONLINE and not bot.simulated]
    with card("怎么做", mark="how"):
        if simulated() and account.role == Role.MAINTAINER:
            with ui.element("div"):
                text("没有真的微信？下面几步在模拟器里做也一样。", "bb-soft")
                link("打开模拟器", "/simulator")
        with ui.element("div"):
            text("加机器人为好友，验证消息写：")
            text(hello, "bb-said")
            for bot in online:
                words = f"{bot.wechat_name or bot.name}：微信号 {bot.wechat_id}"
                text(words + (f"，口令也可以是「{bot.hello}」" if bot.hello else ""), "bb-soft bb-small")
        with ui.element("div"):
            text("私聊对它说：")
            text("绑定账号", "bb-said")
        with ui.element("div"):
            text("它问你的账号名，回答：")
            text(account.name, "bb-said").props("data-testid=account-name")
        if by_code:
            text("它要验证码，把上面的六位数字发给它。验证码只在私聊里发，别发到群里。")


def _bound(contacts: Sequence[Contact], unbind: Callable[[int], Awaitable[None]]) -> None:
    if not contacts:
        with empty("link_off", "还没有绑定微信。"):
            pass
        return
    with ui.element("div").classes("bb-list"):
        for contact in contacts:
            with ui.element("div").classes("bb-row").props("data-testid=contact"):
                with ui.element("div").classes("bb-grow"):
                    text(contact.name, "bb-strong")
                    if contact.bound_at is not None:
                        text(f"{local_time(contact.bound_at)} 绑定", "bb-soft bb-small")
                ui.button("解绑", on_click=lambda _, chosen=contact.id: unbind(chosen), color=None).props(
                    "flat dense data-testid=unbind"
                )
