"""The left side of the simulator: whose phone it is, its chats, and how it stands with the bot's account."""

from datetime import timedelta

import segno
from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import simulator, simulator_line
from botbay.chat.simulator_models import SimBot, SimBotState
from botbay.chat.simulator_phone import ChatHead
from botbay.db import now
from web.layout import pill, text
from web.pages.simulator_parts import ask, clock, face, group_face
from web.pages.simulator_phone import Phone, Screen

#: The driver is told in milliseconds; what waits longer has nobody who listens.
_DEAF_AFTER = timedelta(seconds=6)


class ChatList:
    """Draws the list and what can be done from it. ``stage`` is where its dialogs live."""

    def __init__(self, phone: Phone, stage: ui.element) -> None:
        self._phone = phone
        self._stage = stage
        self._drawn: object = None
        with ui.element("aside").classes("sim-list"):
            self._bar = ui.element("div").classes("sim-bar")
            self._hint = text("", "sim-hint").props("data-testid=deaf role=status")
            self._hint.visible = False
            self._rows = ui.element("div").classes("sim-rows").props("data-testid=chats")
            with ui.element("div").classes("sim-foot"):
                self._owner = ui.switch("用机器人主人的手机打字").props("data-testid=owner dense")
                self._owner.on("click", self._switch_owner)
                self._state = ui.element("div").classes("sim-flex sim-account")
        phone.paint(self._paint)

    def _paint(self, screen: Screen) -> None:
        phone = self._phone
        since = screen.unheard_since
        deaf = since is not None and now() - since > _DEAF_AFTER and screen.bot.state == SimBotState.ONLINE
        self._hint.visible = deaf
        if deaf and since is not None:
            self._hint.set_text(f"机器人从 {clock(since)} 起没有在听：连接程序可能没有运行。")
        self._owner.set_value(phone.is_owner)
        unread = {head.chat.key for head in screen.heads if head.last_id > phone.read.get(head.chat.key, 0)}
        now_drawn = (
            phone.me,
            phone.chat,
            screen.heads,
            unread,
            screen.bot_name,
            screen.bot.state,
            [p.name for p in screen.people],
        )
        if now_drawn == self._drawn:
            return
        self._drawn = now_drawn
        self._bar.clear()
        with self._bar:
            self._paint_bar(screen)
        self._rows.clear()
        with self._rows:
            for head in screen.heads:
                self._paint_row(screen, head, head.chat.key in unread)
        self._state.clear()
        with self._state:
            self._paint_state(screen)

    def _paint_bar(self, screen: Screen) -> None:
        phone = self._phone
        name = screen.name_of(phone.me)
        with ui.element("button").classes("sim-me").props('data-testid=me type=button aria-label="换一个人"') as button:
            face(phone.me or "", name, bot=phone.is_owner, small=True)
            text(f"{name}的主人" if phone.is_owner else name, "sim-cut bb-strong", tag="span")
            ui.icon("expand_more").classes("bb-soft")
        button.on("click", self._choose)
        with (
            ui.button(icon="add_circle_outline", color=None).props('flat round data-testid=add aria-label="添加"'),
            ui.menu(),
        ):
            ui.menu_item("发起群聊", self._new_room).props("data-testid=new-room")
            ui.menu_item("新建一个人", self._new_person).props("data-testid=new-person")

    def _paint_row(self, screen: Screen, head: ChatHead, unread: bool) -> None:
        with ui.element("button").classes("sim-row").props("data-testid=chat type=button") as row:
            if head.chat == self._phone.chat:
                row.classes("sim-open")
            if head.is_room:
                group_face()
            else:
                other = head.chat.contact_id if self._phone.is_owner else head.chat.bot_id
                face(other or "", head.title, bot=other == screen.bot.id)
            if unread:
                ui.element("span").classes("sim-dot").props('data-testid=unread aria-label="有新消息"')
            with ui.element("div").classes("sim-grow"):
                with ui.element("div").classes("sim-flex"):
                    text(head.title, "sim-cut sim-grow")
                    if head.last_at is not None:
                        text(clock(head.last_at), "sim-when")
                hint = "等对方通过好友申请" if head.asked else "还不是好友"
                text(head.last_text if head.can_talk or head.last_text else hint, "sim-cut sim-last")
        row.on("click", lambda _, chat=head.chat: self._phone.open(chat))

    def _paint_state(self, screen: Screen) -> None:
        online = screen.bot.state == SimBotState.ONLINE
        text(f"{screen.bot_name}的微信", "sim-cut bb-small bb-soft")
        pill("在线", "good") if online else pill("等待扫码", "warn")
        ui.space()
        with (
            ui.button(icon="more_horiz", color=None).props(
                'flat round dense data-testid=account aria-label="机器人的微信"'
            ),
            ui.menu(),
        ):
            if online:
                ui.menu_item("退出登录", self._log_out).props("data-testid=log-out")
            else:
                ui.menu_item("扫码登录", self._scan).props("data-testid=scan")
            ui.menu_item("改名字", lambda: self._rename(screen.bot.id, screen.bot_name)).props("data-testid=rename-bot")

    # --- what can be done ---

    async def _switch_owner(self) -> None:
        phone, screen = self._phone, self._phone.screen
        if screen is None:
            return
        if phone.is_owner:
            person = phone.chat.contact_id if phone.chat is not None and phone.chat.contact_id else phone.person
            await phone.become(person or "", keep_chat=True)
        else:
            await phone.become(screen.bot.id, keep_chat=True)

    async def _choose(self) -> None:
        screen = self._phone.screen
        if screen is None:
            return
        with (
            self._stage,
            ui.dialog(value=True) as dialog,
            ui.card().classes("sim-dialog").props("data-testid=who"),
        ):
            text("你现在是谁？", tag="h2")
            with ui.element("div").classes("sim-choices"):
                for person in screen.people:
                    with ui.element("div").classes("sim-choice"):
                        with ui.element("button").classes("sim-me").props("data-testid=person type=button") as choice:
                            face(person.id, person.name, small=True)
                            text(person.name, "sim-cut sim-grow", tag="span")
                            if person.id == self._phone.me:
                                ui.icon("check").props("color=primary")
                        choice.on("click", lambda _, chosen=person.id: dialog.submit(("become", chosen)))
                        rename = ui.button(
                            icon="edit",
                            color=None,
                            on_click=lambda _, who=person: dialog.submit(("rename", who.id)),
                        )
                        rename.props('flat round dense aria-label="改名字"')
            ui.button("新建一个人", icon="person_add", on_click=lambda: dialog.submit(("new", ""))).props(
                "flat data-testid=create-person"
            )
        answer = await dialog
        dialog.delete()
        match answer:
            case ("become", contact_id):
                await self._phone.become(contact_id)
            case ("rename", contact_id):
                await self._rename(contact_id, screen.name_of(contact_id))
            case ("new", _):
                await self._new_person()

    async def _new_person(self) -> None:
        await new_person(self._phone, self._stage)

    async def _rename(self, contact_id: str, name: str) -> None:
        with self._stage:
            new = await ask("改成什么名字？", name, mark="rename")
        if new is not None:
            await self._phone.act(lambda session: simulator.rename(session, contact_id, new))

    async def _new_room(self) -> None:
        phone, screen = self._phone, self._phone.screen
        if screen is None or phone.me is None:
            return
        me, chosen = phone.me, set[str]()
        others = [(person.id, person.name, False) for person in screen.people] + [
            (screen.bot.id, screen.bot_name, True)
        ]
        with (
            self._stage,
            ui.dialog(value=True) as dialog,
            ui.card().classes("sim-dialog").props("data-testid=room-form"),
        ):
            text("发起群聊", tag="h2")
            topic = ui.input("群名").props("outlined dense autofocus maxlength=32")
            choices(others, chosen, without={me})
            with ui.element("div").classes("sim-buttons"):
                ui.button("取消", on_click=dialog.close).props("flat")
                ui.button("建群", on_click=lambda: dialog.submit(True)).props("unelevated data-testid=ok")
        made = await dialog
        words = topic.value
        dialog.delete()
        if made:
            room = await phone.do(lambda session: simulator.create_room(session, me, words, sorted(chosen)))
            if room is not None:
                await phone.open(simulator.room_chat(room.id))

    async def _log_out(self) -> None:
        async def work(session: AsyncSession) -> None:
            await simulator_line.log_out(session, await self._bot(session), "在手机上退出了登录。")

        await self._phone.act(work)

    async def _scan(self) -> None:
        screen = self._phone.screen
        if screen is None or not screen.bot.qrcode:
            return
        with (
            self._stage,
            ui.dialog(value=True) as dialog,
            ui.card().classes("sim-dialog").props("data-testid=qr"),
        ):
            text("用机器人的手机扫码", tag="h2")
            code = ui.element("img").classes("bb-qr sim-middle").props('alt="登录二维码"')
            code.props["src"] = segno.make_qr(screen.bot.qrcode).svg_data_uri(scale=5)
            ui.button("扫好了，确认登录", on_click=lambda: dialog.submit(True)).props("unelevated data-testid=ok")
        scanned = await dialog
        dialog.delete()

        async def work(session: AsyncSession) -> None:
            await simulator_line.log_in(session, await self._bot(session))

        if scanned:
            await self._phone.act(work)

    async def _bot(self, session: AsyncSession) -> SimBot:
        assert self._phone.screen is not None
        return await session.get_one(SimBot, self._phone.screen.bot.id)


def choices(people: list[tuple[str, str, bool]], chosen: set[str], *, without: set[str]) -> None:
    """Rows of ``(id, name, is a bot)`` with a box each, which keep ``chosen`` up to date."""
    with ui.element("div").classes("sim-choices"):
        for contact_id, name, bot in people:
            if contact_id in without:
                continue
            with ui.element("label").classes("sim-choice"):
                face(contact_id, name, bot=bot, small=True)
                text(name, "sim-cut sim-grow", tag="span")

                def change(event: object, of: str = contact_id) -> None:
                    (chosen.add if getattr(event, "value", False) else chosen.discard)(of)

                box = ui.checkbox(on_change=change).props("data-testid=choice")
                box.props["aria-label"] = name


async def new_person(phone: Phone, stage: ui.element) -> None:
    """Ask for a name, make the person and take up their phone."""
    with stage:
        name = await ask("新朋友叫什么？", mark="new-person-form")
    if name is None:
        return
    person = await phone.do(lambda session: simulator.create_contact(session, name))
    if person is not None:
        await phone.become(person.id)
