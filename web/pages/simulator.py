"""The simulator's page: a chat that looks like WeChat, in which one plays everybody who talks to the bot."""

from collections.abc import AsyncIterator
from mimetypes import guess_type
from urllib.parse import quote

from fastapi import HTTPException
from fastapi.responses import Response, StreamingResponse
from nicegui import app, ui

from botbay import storage
from botbay.chat import simulator
from botbay.chat.simulator_models import SimMessage
from botbay.db import transaction
from web.layout import STATIC, empty, frame, simulated, text
from web.pages.simulator_chat import ChatView
from web.pages.simulator_compose import PICTURES
from web.pages.simulator_list import ChatList, new_person
from web.pages.simulator_phone import Phone, Screen
from web.session import Maintainer

_CSS = (STATIC / "simulator.css").read_text(encoding="utf-8")


def register() -> None:
    ui.page("/simulator")(_page)
    app.get("/simulator/files/{message_id}")(_file)


async def _page(account: Maintainer, me: str = "", chat: str = "") -> None:
    with frame("模拟器", subtitle="不用微信，也能和机器人聊天：在这里扮演任何一个人。", wide=True):
        if not simulated():
            with empty("sync_disabled", "现在接的是真的微信，模拟器没有开。去掉 BOTBAY_BOTS 再启动，就能用模拟器。"):
                return
        ui.add_css(_CSS)
        client = ui.context.client
        phone = Phone(account, client, me, chat)
        stage = ui.element("div").classes("sim").props("data-testid=simulator")
        with stage:
            ChatList(phone, stage)
            ChatView(phone, stage)
        nobody = ui.element("div").classes("bb-card sim-nothing")
        with nobody:
            _welcome(phone, nobody)

        def either(screen: Screen) -> None:
            stage.visible = bool(screen.people)
            nobody.visible = not screen.people

        phone.paint(either)
        await phone.look()
        phone.follow()


def _welcome(phone: Phone, stage: ui.element) -> None:
    ui.icon("forum")
    text("这里还没有人。放一个示例群，或者新建一个人，加机器人为好友。")

    async def seed() -> None:
        room = await phone.do(simulator.seed_demo)
        if room is not None:
            await phone.become("sim-laoli")

    ui.button("放一个示例群", icon="groups", on_click=seed).props("unelevated data-testid=demo")
    ui.button("新建一个人", icon="person_add", on_click=lambda: new_person(phone, stage)).props(
        "flat data-testid=first-person"
    )


async def _file(message_id: int, account: Maintainer) -> Response:
    """A message's file. Pictures show in the page; everything else is only ever downloaded."""
    async with transaction() as session:
        message = await session.get(SimMessage, message_id)
    if message is None or message.file_key is None or message.file_name is None:
        raise HTTPException(404)
    chunks = storage.get(message.file_key)
    try:
        first = await anext(chunks, b"")
    except storage.NotStored:
        raise HTTPException(404) from None
    kind = guess_type(message.file_name)[0]
    shown = kind in PICTURES

    async def body() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    name = quote(message.file_name, safe="")
    headers = {
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{name}",
        "Content-Length": str(message.file_size or 0),
        "Cache-Control": "private, max-age=3600",
    }
    return StreamingResponse(body(), media_type=kind if shown else "application/octet-stream", headers=headers)
