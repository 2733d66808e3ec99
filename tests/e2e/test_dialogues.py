"""Scripted dialogues of many turns through the whole stack: what people say, and what must be in the answer."""

import asyncio
import itertools
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select, update

from botbay.chat import contacts, rooms
from botbay.chat.models import Bot, Contact, Room
from botbay.chat.rooms import RoomFacts
from botbay.db import now, transaction
from tests.e2e.conftest import BOT_ID, BOT_NAME
from tests.e2e.people import Chat, bind_code, make_account
from tests.gateway_fixture import MockGateway
from workers.approvals import catalogue

DIALOGUES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "rasa_project/tests/dialogues.yml").read_text("utf-8")
)
ROOMS = ["产品群", "测试群", "家长委员会"]
EMAIL = "lin@example.com"
#: Share of the dialogues that must be carried through to their end.
COMPLETED = 0.9
_numbers = itertools.count(1)


class Failed(AssertionError):
    """A dialogue went another way; the text shows where."""


async def _approvers(gateway: MockGateway) -> None:
    """Friends of the bot who approve what the others ask for."""
    for who, name, role in (
        ("wxid_wang", "王主管", "主管"),
        ("wxid_sun", "孙总", "总经理"),
        ("wxid_chen", "陈财务", "财务"),
    ):
        account = await make_account(who, name)
        await gateway.contact(who, name)
        async with transaction() as session:
            bot = (await session.scalars(select(Bot).where(Bot.wechat_id == BOT_ID))).one()
            ids = await contacts.upsert(session, {who: name})
            contact = await session.get_one(Contact, ids[who])
            await contacts.engage(session, bot.id, contact.id, now())
            contact.account_id = account.id
            await catalogue.give_role(session, role, account)


async def _person(gateway: MockGateway, dialogue: dict[str, Any]) -> tuple[str, str, str]:
    """Somebody with the rooms of the dialogue; their WeChat id, the WeChat id of their first room, their account.

    ``people`` are others in the rooms, by their names; their WeChat ids are ``_other``'s.
    """
    number = next(_numbers)
    who = f"wxid_talker{number}"
    account = await make_account(f"lin{number}", "林小姐")
    await gateway.contact(who, "林小姐")
    topics = dialogue.get("rooms", ROOMS)
    room_ids = [f"talk{number}_{place}@chatroom" for place in range(len(topics))]
    async with transaction() as session:
        bot = (await session.scalars(select(Bot).where(Bot.wechat_id == BOT_ID))).one()
        ids = await contacts.upsert(session, {who: "林小姐"})
        contact = await session.get_one(Contact, ids[who])
        await contacts.engage(session, bot.id, contact.id, now())
        if dialogue.get("bound", True):
            contact.account_id = account.id
            contact.nickname = "小贝"
            if dialogue.get("email", True):
                (await session.get_one(type(account), account.id)).email = EMAIL
        if dialogue.get("where") != "room":
            for room_id, topic in zip(room_ids, topics, strict=True):
                members = {who: ("林小姐", ""), BOT_ID: (BOT_NAME, "")}
                await rooms.upsert(
                    session, RoomFacts(wechat_id=room_id, topic=topic, owner_id=who, members=members), now()
                )
            kept = update(Room).where(Room.wechat_id.in_(room_ids))
            await session.execute(kept.values(recording_at=now() - timedelta(days=30), recording_by=contact.id))
    if dialogue.get("where") == "room":
        for room_id, topic in zip(room_ids, topics, strict=True):
            members = {who: "", BOT_ID: ""}
            for name in dialogue.get("people", []):
                await gateway.contact(_other(who, name), name)
                members[_other(who, name)] = ""
            await gateway.room(room_id, topic, members, who)
        await gateway.room_join(room_ids[0], [BOT_ID], who)
        await Chat(gateway, who, room_ids[0]).replies(1)
    return who, room_ids[0] if room_ids else "", account.name


def _other(who: str, name: str) -> str:
    return f"{who}_{name}"


async def _answer(chat: Chat, text: str, mentioned: tuple[str, ...], *, expected: bool) -> str:
    """All that the bot says to a sentence; a sentence that needs no answer may have none."""
    deadline = time.monotonic() + 20
    before = chat.seen
    await chat.tell(text, mentioned)
    quiet_since = time.monotonic()
    while True:
        await asyncio.sleep(0.05)
        here = [str(s["text"]) for s in await chat.gateway.sent() if s["conversationId"] == chat.place]
        if len(here) > chat.seen:
            chat.seen = len(here)
            quiet_since = time.monotonic()
        waited = time.monotonic() - quiet_since
        if (chat.seen > before and waited > 0.4) or (not expected and waited > 4.0):
            return "\n".join(here[before:])
        assert time.monotonic() < deadline, f"no answer to {text}"


async def _talk(gateway: MockGateway, dialogue: dict[str, Any]) -> None:
    who, room_id, account_name = await _person(gateway, dialogue)
    chat = Chat(gateway, who, room_id if dialogue.get("where") == "room" else None)
    chat.seen = 1 if chat.room_id else 0
    for number, turn in enumerate(dialogue["turns"], 1):
        said = str(turn["say"])
        if "{code}" in said or "{wrong_code}" in said:
            code = await bind_code(await make_account(account_name, "林小姐"))
            wrong = "000000" if code != "000000" else "111111"
            said = said.replace("{code}", code).replace("{wrong_code}", wrong)
        said = said.replace("{account}", account_name)
        chat.contact_id = _other(who, turn["by"]) if "by" in turn else who
        mentioned: tuple[str, ...] = ()
        if chat.room_id:
            called = [name for name in dialogue.get("people", []) if f"@{name} " in said]
            mentioned = (BOT_ID, *(_other(who, name) for name in called))
            for name in called:
                said = said.replace(f"@{name} ", f"@{name}\u2005")
            said = f"@{BOT_NAME}\u2005{said}"
        if "quote" in turn:
            talker, quoted = turn["quote"]
            await gateway.say(_other(who, talker) if chat.room_id else who, quoted, room_id=chat.room_id)
            said = f"「{talker}：{quoted}」\n- - - - - - - - - - - - - - -\n{said}"
        answer = await _answer(chat, said, mentioned, expected=bool(turn.get("has") or turn.get("any")))
        wanted = [str(word).replace("{account}", account_name) for word in turn.get("has", [])]
        missing = [word for word in wanted if word not in answer]
        choice = [str(word) for word in turn.get("any", [])]
        unwanted = [word for word in turn.get("not", []) if str(word) in answer]
        if missing or unwanted or (choice and not any(word in answer for word in choice)):
            raise Failed(f"{number}. {said} -> {answer!r}: missing {missing}, none of {choice}, unwanted {unwanted}")


@pytest.mark.timeout(900)
async def test_people_get_what_they_want_in_several_turns(gateway: MockGateway) -> None:
    assert len(DIALOGUES) >= 60
    failed: dict[str, str] = {}
    await _approvers(gateway)

    async def one(dialogue: dict[str, Any]) -> None:
        async with lanes:
            try:
                await _talk(gateway, dialogue)
            except AssertionError as problem:
                failed[dialogue["name"]] = str(problem)

    lanes = asyncio.Semaphore(4)
    await asyncio.gather(*(one(dialogue) for dialogue in DIALOGUES))
    print(f"{len(DIALOGUES) - len(failed)} of {len(DIALOGUES)} dialogues completed")
    for name, problem in sorted(failed.items()):
        print(f"{name}\n    {problem}")
    assert 1 - len(failed) / len(DIALOGUES) >= COMPLETED, failed
