"""``/bots``: each bot's state, the QR code to scan, refused logins, its greeting and its gaps."""

from collections.abc import Callable

import segno
from nicegui import ui

from botbay.db import transaction
from botbay.settings import load_settings
from web.bots import BotView, Deaf, HelloError, Refused, overview, set_hello
from web.layout import card, duration, frame, local_time, note, pill, text, told
from web.live import follow
from web.session import Maintainer, acting


def register() -> None:
    @ui.page("/bots")
    async def bots(account: Maintainer) -> None:
        async with transaction() as session:
            shown = await overview(session)
        editing: BotView | None = None

        def edit(bot: BotView) -> None:
            nonlocal editing
            editing = bot
            greeting.value = bot.hello or ""
            dialog.open()

        async def save() -> None:
            with told():
                async with acting(account, maintainer=True) as (session, _):
                    if editing is not None and editing.id is not None:
                        try:
                            await set_hello(session, editing.id, greeting.value or "")
                        except HelloError as error:
                            ui.notify(str(error), type="warning", position="top")
                            return
                dialog.close()
                ui.notify("已保存。", type="positive", position="top")
                await look()

        async def look() -> None:
            nonlocal shown
            async with transaction() as session:
                fresh = await overview(session)
            if fresh != shown:
                shown = fresh
                content.refresh()

        @ui.refreshable
        def content() -> None:
            for bot in shown:
                _bot(bot, edit)

        with ui.dialog() as dialog, ui.card().classes("w-full").style("max-width: 420px"):
            text("加好友的口令", "bb-title", tag="h2")
            common = load_settings().hello
            text(f"加好友时写上它，机器人就通过。留空只用公共口令「{common}」。", "bb-soft")
            greeting = ui.input("口令").props("outlined maxlength=40 data-testid=hello-input").classes("w-full")
            with ui.row().classes("w-full justify-end"):
                ui.button("取消", on_click=dialog.close, color=None).props("flat")
                ui.button("保存", on_click=save).props("unelevated data-testid=hello-save")
        with frame("机器人", subtitle="状态随时更新，不用刷新。"):
            content()
        follow(look)


def _bot(bot: BotView, edit: Callable[[BotView], None]) -> None:
    with card(mark=f"bot-{bot.name}"):
        with ui.element("div").classes("bb-row"):
            ui.icon("smart_toy").classes("text-3xl").style("color: var(--accent)")
            with ui.element("div").classes("bb-grow"):
                text(bot.wechat_name or bot.name, "bb-strong")
                known = "模拟器" if bot.simulated else f"设置里叫 {bot.name}"
                text(
                    known if bot.wechat_id is None else f"{known} · 微信号 {bot.wechat_id}",
                    "bb-soft bb-small",
                )
            pill(bot.state_words, bot.state_kind).props("data-testid=state")
        if bot.changed_at is not None:
            text(f"{local_time(bot.changed_at)} 起" + (f"：{bot.detail}" if bot.detail else ""), "bb-soft")
        else:
            text("连接进程一起来，它就会出现。若一直这样，运行 botbay doctor。", "bb-soft")
        if bot.silenced_at is not None:
            note(f"{local_time(bot.silenced_at)} 起，主人让它在哪里都不说话；主人说「变身机器人」就恢复。")
        if bot.qrcode:
            _qr(bot.qrcode)
        for refused in bot.refused:
            _refused(refused)
        if bot.id is not None:
            with ui.element("div").classes("bb-row"):
                with ui.element("div").classes("bb-grow"):
                    text("加好友的口令", "bb-soft bb-small")
                    text(bot.hello or f"{load_settings().hello}（公共口令）").props("data-testid=hello")
                ui.button("修改", on_click=lambda: edit(bot)).props("flat dense data-testid=hello-edit")
            _gaps(bot.gaps)


def _qr(code: str) -> None:
    with ui.element("div").classes("bb-row bb-wrap").style("gap: 20px"):
        picture = ui.element("img").classes("bb-qr").props('alt="登录二维码" data-testid=qr')
        picture.props["src"] = segno.make(code, error="m").png_data_uri(scale=8, border=2)
        with ui.element("div").classes("bb-grow").style("flex-basis: 220px"):
            text("用要当机器人的那个微信，扫一扫这个码。", "bb-strong")
            text("码会过期，这里自动换成新的。请用备用号：微信不允许个人号自动化。", "bb-soft")
            if not load_settings().login_whitelist:
                note("现在还不允许任何微信号登录。先在 .env 里写 BOTBAY_LOGIN_WHITELIST=你的微信号，再重启。")


def _refused(refused: Refused) -> None:
    allowed = load_settings().login_whitelist
    with ui.element("div").classes("bb-note bb-bad").props("data-testid=refused"):
        who = f"「{refused.wechat_name}」" if refused.wechat_name else ""
        text(f"{local_time(refused.at)}，微信{who}（{refused.wechat_id}）想登录，被拒绝并退出了。")
        if refused.wechat_id in allowed:
            text("它现在已在白名单里，重新扫码就行。")
            return
        text("要允许它，把 .env 里这一行改成下面这样，再重启：")
        setting = ",".join([*sorted(allowed), refused.wechat_id])
        text(f"BOTBAY_LOGIN_WHITELIST={setting}", "bb-code", tag="code").props("data-testid=whitelist")


def _gaps(gaps: tuple[Deaf, ...]) -> None:
    with ui.element("div").props("data-testid=gaps"):
        text("最近 7 天没听到的时间", "bb-soft bb-small")
        if not gaps:
            text("没有，一直在听。")
        for gap in gaps:
            end = gap.ended_at
            until = "还没恢复" if end is None else f"共 {duration(end - gap.started_at)}"
            text(f"{local_time(gap.started_at)} 起，{until}" + (f"（{gap.reason}）" if gap.reason else ""))
