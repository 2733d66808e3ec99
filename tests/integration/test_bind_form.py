"""The form that binds an account, asked for its code: what counts as a try, and what does not."""

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.accounts import ValidateBindAccountForm
from botbay.chat import bots, contacts, conversations
from botbay.chat.models import Conversation, Turn
from botbay.db import transaction
from workers.accounts import service

FORM = "bind_account_form"
DOMAIN: dict[str, Any] = {"forms": {FORM: {"required_slots": ["account_name", "bind_code", "keep_consent"]}}}


async def answered(
    text: str, *, intent: str = "out_of_scope", confidence: float = 0.5
) -> tuple[dict[str, Any], list[str]]:
    """The slots and the words that come of an answer to the question for the code."""
    async with transaction() as session:
        bot = await bots.ensure(session, "harbour")
        who = (await contacts.upsert(session, {"wxid_li": "老李"}))["wxid_li"]
        conversation_id = await conversations.get(session, bot.id, None, who)
        conversation = await session.get_one(Conversation, conversation_id)
        turn = Turn(conversation_id=conversation_id, key=f"turn-{text}")
        session.add(turn)
        await session.flush()
        about = {"metadata": {"turn_id": turn.id}}
    heard = {"name": intent, "confidence": confidence}
    message = {"text": text, "intent": heard, "intent_ranking": [heard], "entities": [], **about}
    tracker = Tracker(
        conversation.sender_id,
        {"requested_slot": "bind_code", "account_name": "porbello", "bind_code": None, "bind_tries": 1},
        message,
        [{"event": "user", "text": text, **about}, {"event": "action", "name": FORM}],
        False,
        None,
        {"name": FORM},
        "action_listen",
    )
    dispatcher = CollectingDispatcher()
    events = await ValidateBindAccountForm().run(dispatcher, tracker, DOMAIN)
    return {event["name"]: event["value"] for event in events}, [said["text"] for said in dispatcher.messages]


async def code_of_porbello() -> str:
    async with transaction() as session:
        account = await service.add_account(session, "porbello")
        return (await service.issue_bind_code(session, account))[0]


@pytest.mark.parametrize("text", ["等一下", "稍等，我找找", "没收到", "在哪里看验证码", "3 分钟", "ok", "八位的吗"])
async def test_a_remark_is_no_wrong_code(database: str, text: str) -> None:
    await code_of_porbello()
    slots, said = await answered(text)
    assert slots == {"bind_code": None}
    assert len(said) == 1
    assert "算了" in said[0]
    assert "不对" not in said[0]


@pytest.mark.parametrize("text", ["1234", "000 000", "０００００００", "验证码是000000", "a1b2c3", "验证码：12345"])
async def test_what_looks_like_a_code_is_a_try(database: str, text: str) -> None:
    await code_of_porbello()
    slots, said = await answered(text)
    assert (slots["bind_code"], slots["bind_tries"]) == (None, 2)
    assert "还可以试 1 次" in said[0]


@pytest.mark.parametrize("form", ["{}", "是 {}", "{}，2 分钟前发的", " {} 。"])
async def test_the_right_code_is_taken_out_of_what_stands_around_it(database: str, form: str) -> None:
    code = await code_of_porbello()
    for text in (form.format(code), form.format(f"{code[:3]} {code[3:]}")):
        slots, said = await answered(text)
        assert (slots["bind_code"], said) == (code, [])


async def test_another_command_is_none_of_its_business(database: str) -> None:
    await code_of_porbello()
    assert await answered("算了", intent="cancel", confidence=0.99) == ({}, [])
