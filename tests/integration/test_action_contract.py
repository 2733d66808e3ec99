"""Rasa 3.6 calls our action server (rasa-sdk 3.21), and takes its answers: the contract between the two versions."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from botbay import rasa
from botbay.chat import bots, contacts, conversations
from botbay.chat.models import ActionRun, Contact, Conversation, Turn
from botbay.db import transaction
from tests.gateway_fixture import free_port

#: Runs in Rasa's own environment: its real remote action against our server, once for each call on stdin.
_CALLER = """
import asyncio, json, sys
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

async def main():
    domain = Domain.load("domain")
    for line in sys.stdin:
        call = json.loads(line)
        tracker = DialogueStateTracker(call["sender_id"], domain.slots)
        tracker.update(UserUttered("x", {"name": "help"}, metadata={"turn_id": call["turn_id"]}), domain)
        endpoint = EndpointConfig(call["url"], enable_selective_domain=True)
        action = RemoteAction(call["action"], endpoint)
        nlg = TemplatedNaturalLanguageGenerator(domain.responses)
        try:
            events = await action.run(CollectingOutputChannel(), nlg, tracker, domain)
            print(json.dumps([event.as_dict() for event in events], ensure_ascii=False), flush=True)
        except Exception as error:
            print(json.dumps({"error": str(error)}), flush=True)

asyncio.run(main())
"""


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "actions"],
        env={**os.environ, "BOTBAY_ACTIONS_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
                break
            except httpx.TransportError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/webhook"
    finally:
        process.terminate()
        process.wait(20)


async def new_turn() -> tuple[Turn, Conversation]:
    async with transaction() as session:
        bot = await bots.ensure(session, "harbour")
        bot.wechat_name = "小港"
        ids = await contacts.upsert(session, {"wxid_li": "老李"})
        conversation_id = await conversations.get(session, bot.id, None, ids["wxid_li"])
        await conversations.queue_turn(session, conversation_id, "k", text="x")
        conversation = await session.get_one(Conversation, conversation_id)
        turn = await session.get_one(Turn, 1)
    return turn, conversation


def call_from_rasa(*calls: dict[str, object]) -> list[object]:
    done = subprocess.run(
        [str(rasa.PYTHON), "-W", "ignore", "-c", _CALLER],
        cwd=rasa.project(),
        input="\n".join(json.dumps(call) for call in calls),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, **rasa.QUIET},
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("[", "{"))]


async def test_rasa_calls_an_action_and_runs_nothing_twice(server: str) -> None:
    turn, conversation = await new_turn()
    common = {"url": server, "sender_id": conversation.sender_id, "turn_id": turn.id}
    first, again, other, nobodys = call_from_rasa(
        {**common, "action": "action_start_recording"},
        {**common, "action": "action_start_recording"},
        {**common, "action": "action_meet_contact"},
        {**common, "action": "action_help", "turn_id": 4711},
    )
    assert isinstance(first, list)
    assert "替你存着" in first[0]["text"]
    assert again == [{**first[0], "timestamp": again[0]["timestamp"]}]  # type: ignore[index]
    assert isinstance(other, list)
    assert {event["name"]: event["value"] for event in other} == {"bound": False, "named": False}
    assert nobodys == {"error": "Failed to execute custom action 'action_help'"}
    async with transaction() as session:
        contact = await session.get_one(Contact, conversation.contact_id)
        assert contact.keep_private_at is not None
        run = await session.get(ActionRun, (turn.id, "action_start_recording", 0))
        assert run is not None


async def test_what_belongs_to_another_conversation_is_refused(server: str) -> None:
    turn, _ = await new_turn()
    (answer,) = call_from_rasa({"url": server, "sender_id": "c99-0", "turn_id": turn.id, "action": "action_help"})
    assert answer == {"error": "Failed to execute custom action 'action_help'"}
