"""The right side of the simulator: the open chat's messages, or the way to become friends."""

from datetime import timedelta

from nicegui import ui

from botbay.chat import simulator
from botbay.chat.simulator_phone import ChatHead, Line, digest
from botbay.settings import load_settings
from botbay.zh.sizes import size_words
from web.layout import text
from web.pages.simulator_compose import Composer
from web.pages.simulator_list import choices
from web.pages.simulator_parts import ask, clock, face
from web.pages.simulator_phone import SHOWN, Phone, Screen

#: A new time is shown above a message that comes this long after the one before.
_PAUSE = timedelta(minutes=5)
_FILE_ICONS = {"video": "movie", "voice": "graphic_eq"}


class ChatView:
    """Draws the open chat; ``stage`` is where its dialogs live."""

    def __init__(self, phone: Phone, stage: ui.element) -> None:
        self._phone = phone
        self._stage = stage
        self._frame: object = None
        self._shown: list[Line] = []
        with ui.element("section").classes("sim-chat"):
            self._head = ui.element("div").classes("sim-bar sim-head")
            self._scroll = ui.element("div").classes("sim-scroll")
            with self._scroll:
                self._lines = ui.element("div").classes("sim-lines").props("data-testid=messages role=log")
            self._nothing = ui.element("div").classes("sim-nothing")
            self._composer = Composer(phone)
        phone.paint(self._paint)

    def _paint(self, screen: Screen) -> None:
        phone = self._phone
        head = screen.head(phone.chat)
        self._paint_frame(screen, head)
        open_ = head is not None and (head.can_talk or bool(screen.lines))
        self._scroll.visible = open_
        self._nothing.visible = not open_
        self._composer.show(screen, head if head is not None and head.can_talk else None)
        if open_:
            self._paint_lines(screen)

    def _paint_frame(self, screen: Screen, head: ChatHead | None) -> None:
        frame = (
            self._phone.me,
            head and (head.chat, head.title, head.can_talk, head.asked),
            len(screen.seats),
        )
        if frame == self._frame:
            return
        self._frame = frame
        self._stage.classes(add="sim-talking" if head else "", remove="" if head else "sim-talking")
        self._shown = []
        self._lines.clear()
        self._head.clear()
        self._nothing.clear()
        if head is None:
            with self._nothing:
                ui.icon("chat_bubble_outline")
                text("从左边选一个聊天，或发起一个群聊。")
            return
        with self._head:
            back = ui.button(icon="arrow_back_ios_new", color=None, on_click=lambda: self._phone.open(None))
            back.props('flat round dense data-testid=back aria-label="返回"').classes("sim-back")
            count = f"（{len(screen.seats)}）" if head.is_room else ""
            text(f"{head.title}{count}", "sim-title sim-cut sim-grow").props("data-testid=title")
            if head.is_room:
                more = ui.button(icon="more_horiz", color=None, on_click=self._room_dialog)
                more.props('flat round data-testid=room-info aria-label="群信息"')
            elif self._phone.is_owner:
                more = ui.button(icon="sell", color=None, on_click=self._remark)
                more.props('flat round data-testid=remark aria-label="写备注"')
        if not head.can_talk:
            with self._nothing:
                self._paint_stranger(screen, head)

    def _paint_stranger(self, screen: Screen, head: ChatHead) -> None:
        phone, bot_id, me = self._phone, head.chat.bot_id or "", head.chat.contact_id or ""
        with ui.element("div").classes("sim-card").props("data-testid=friend-card"):
            with ui.element("div").classes("sim-flex"):
                face(bot_id, head.title, bot=True)
                text(head.title, "bb-strong sim-cut")
            if head.asked:
                text("申请已经发出，正在等对方通过。机器人只通过它认得的招呼语，别的会放着不理。", "bb-soft")
            hello = ui.input("打个招呼", value=load_settings().hello).props(
                "outlined dense data-testid=hello maxlength=100"
            )
            ask_again = "再申请一次" if head.asked else "加好友"

            async def add() -> None:
                await phone.act(lambda session: simulator.ask_to_be_friends(session, bot_id, me, hello.value))

            ui.button(ask_again, icon="person_add", on_click=add).props("unelevated data-testid=add-friend")

            async def old() -> None:
                await phone.act(lambda session: simulator.befriend(session, bot_id, me))

            ui.button("我们早就是好友", on_click=old).props("flat dense data-testid=old-friend").tooltip(
                "像机器人接手这个微信号之前就加过的好友：它不会收到申请。"
            )

    # --- messages ---

    def _paint_lines(self, screen: Screen) -> None:
        new, old = screen.lines, self._shown
        if new == old:
            return
        start = next((i for i, line in enumerate(old) if new and line.id == new[0].id), None)
        kept = [] if start is None else old[start:]
        if kept and new[: len(kept)] == kept:
            added, before = new[len(kept) :], kept[-1]
            self._shown = old + added
        else:
            self._lines.clear()
            added, before = new, None
            self._shown = list(new)
        with self._lines:
            if before is None and len(new) >= self._phone.shown:
                ui.button("看更早的消息", on_click=self._earlier).props(
                    "flat dense size=sm data-testid=earlier"
                ).classes("sim-middle")
            for line in added:
                self._paint_line(line, before)
                before = line

    async def _earlier(self) -> None:
        self._phone.shown += SHOWN
        await self._phone.look()

    def _paint_line(self, line: Line, before: Line | None) -> None:
        if before is None or line.at - before.at > _PAUSE:
            text(clock(line.at), "sim-note")
        mine = line.talker_id == self._phone.me
        if line.recalled:
            text(f"{'你' if mine else f'“{line.talker}”'}撤回了一条消息", "sim-note").props("data-testid=recalled")
            return
        if line.talker_id is None:
            text(line.text, "sim-note").props("data-testid=notice")
            return
        screen = self._phone.screen
        is_bot = screen is not None and line.talker_id == screen.bot.id
        with ui.element("div").classes("sim-line sim-mine" if mine else "sim-line") as row:
            row.props(f"data-testid=message data-mine={str(mine).lower()} data-id={line.id}")
            face(line.talker_id, line.talker, bot=is_bot)
            with ui.element("div").classes("sim-said"):
                if self._phone.chat is not None and self._phone.chat.room_id is not None and not mine:
                    text(line.talker, "sim-name")
                self._paint_content(line)
                if line.quoted is not None:
                    text(line.quoted, "sim-quote").props("data-testid=quote")
            more = ui.button(icon="more_horiz", color=None).props(
                'flat round dense size=sm aria-label="引用或撤回" data-testid=message-more'
            )
            more.classes("sim-more").on("click", lambda _: self._message_menu(more, line, mine))

    def _paint_content(self, line: Line) -> None:
        address = f"/simulator/files/{line.id}"
        if line.file_name is None:
            shown = line.text if line.kind == "text" else digest(line.kind, line.text, None, recalled=False)
            text(shown, "sim-bubble").props("data-testid=text")
        elif line.kind == "image":
            with (
                ui.element("a")
                .classes("sim-picture")
                .props(f"href={address} target=_blank rel=noopener data-testid=picture")
            ):
                ui.element("img").props(f"src={address} loading=lazy").props["alt"] = line.file_name
        else:
            with ui.element("a").classes("sim-file").props(f"href={address} data-testid=file") as link:
                link.props["download"] = line.file_name
                with ui.element("div").classes("sim-grow"):
                    text(line.file_name, "sim-file-name")
                    text(size_words(line.file_size or 0), "sim-file-size")
                ui.icon(_FILE_ICONS.get(line.kind, "description")).classes("bb-soft")

    def _message_menu(self, button: ui.button, line: Line, mine: bool) -> None:
        with button, ui.menu(value=True) as menu:
            menu.on("hide", menu.delete)
            ui.menu_item("引用", lambda: self._composer.quote(line)).props("data-testid=quote-it")
            if mine:
                ui.menu_item("撤回", lambda: self._recall(line)).props("data-testid=recall-it")

    async def _recall(self, line: Line) -> None:
        me = self._phone.me
        if me is not None:
            await self._phone.act(lambda session: simulator.recall(session, line.id, me))

    # --- the chat's settings ---

    async def _remark(self) -> None:
        chat, screen = self._phone.chat, self._phone.screen
        if chat is None or chat.bot_id is None or chat.contact_id is None or screen is None:
            return
        bot_id, contact_id = chat.bot_id, chat.contact_id
        head = screen.head(chat)
        with self._stage:
            alias = await ask("给这位好友写个备注", head.title if head else "", mark="remark-form")
        if alias is not None:
            await self._phone.act(lambda session: simulator.set_remark(session, bot_id, contact_id, alias))

    async def _room_dialog(self) -> None:
        phone, screen, chat = self._phone, self._phone.screen, self._phone.chat
        if screen is None or chat is None or chat.room_id is None or phone.me is None:
            return
        room_id, me = chat.room_id, phone.me
        own = next((seat for seat in screen.seats if seat.id == me), None)
        head = screen.head(chat)
        with (
            self._stage,
            ui.dialog(value=True) as dialog,
            ui.card().classes("sim-dialog").props("data-testid=room"),
        ):
            text(f"群信息（{len(screen.seats)} 人）", tag="h2")
            with ui.element("div").classes("sim-seats sim-choices").style("display: grid; padding-top: 8px"):
                for seat in screen.seats:
                    with ui.element("div").classes("sim-seat").props("data-testid=seat"):
                        face(seat.id, seat.name, bot=seat.is_bot)
                        if own is not None and own.is_owner and seat.id != me:
                            out = ui.button(
                                icon="remove_circle",
                                on_click=lambda _, who=seat.id: dialog.submit(("kick", who)),
                            )
                            out.props("flat round dense size=sm color=negative data-testid=kick").classes("sim-out")
                            out.props["aria-label"] = f"把{seat.shown}移出群聊"
                        text(seat.shown, "sim-cut")
                        if seat.is_owner:
                            text("群主", "sim-role")
            with ui.element("div"):
                _setting("群名", head.title if head else "", lambda: dialog.submit(("topic", "")), "set-topic")
                _setting(
                    "我在本群的昵称",
                    own.alias if own else "",
                    lambda: dialog.submit(("alias", "")),
                    "set-alias",
                )
            ui.button("拉人进群", icon="person_add", on_click=lambda: dialog.submit(("invite", ""))).props(
                "unelevated data-testid=invite"
            )
            ui.button("退出群聊", on_click=lambda: dialog.submit(("leave", ""))).props(
                "flat color=negative data-testid=leave"
            )
        answer = await dialog
        dialog.delete()
        match answer:
            case ("kick", contact_id):
                await phone.act(lambda session: simulator.kick(session, room_id, me, contact_id))
            case ("leave", _):
                await phone.act(lambda session: simulator.leave(session, room_id, me))
            case ("invite", _):
                await self._invite(screen, room_id, me)
            case ("topic", _):
                with self._stage:
                    topic = await ask("新的群名", head.title if head else "", mark="topic-form")
                if topic is not None:
                    await phone.act(lambda session: simulator.set_topic(session, room_id, me, topic))
            case ("alias", _):
                with self._stage:
                    alias = await ask("我在本群的昵称", own.alias if own else "", mark="alias-form")
                if alias is not None:
                    await phone.act(lambda session: simulator.set_room_alias(session, room_id, me, alias))

    async def _invite(self, screen: Screen, room_id: str, me: str) -> None:
        chosen: set[str] = set()
        present = {seat.id for seat in screen.seats}
        everybody = [(screen.bot.id, screen.bot_name, True), *((p.id, p.name, False) for p in screen.people)]
        with (
            self._stage,
            ui.dialog(value=True) as dialog,
            ui.card().classes("sim-dialog").props("data-testid=invite-form"),
        ):
            text("拉谁进群？", tag="h2")
            if present.issuperset(contact_id for contact_id, _, _ in everybody):
                text("大家都在群里了。", "bb-soft")
            choices(everybody, chosen, without=present)
            with ui.element("div").classes("sim-buttons"):
                ui.button("取消", on_click=dialog.close).props("flat")
                ui.button("拉进来", on_click=lambda: dialog.submit(True)).props("unelevated data-testid=ok")
        wanted = await dialog
        dialog.delete()
        if wanted and chosen:
            await self._phone.act(lambda session: simulator.invite(session, room_id, me, sorted(chosen)))


def _setting(name: str, value: str, change: object, mark: str) -> None:
    with ui.element("button").classes("sim-setting").props(f"type=button data-testid={mark}") as row:
        text(name, "sim-grow", tag="span")
        text(value or "未设置", "bb-soft sim-cut", tag="span")
        ui.icon("chevron_right").classes("bb-soft")
    row.on("click", change)  # type: ignore[arg-type]
