"""The dispatcher: takes waiting turns to the dialogue server, one conversation at a time, and its replies to the outbox.

Any number of them may run. No transaction is open while the dialogue server thinks; a claim that ran out meanwhile
makes the result void, and the turn is posted again: the channel then answers from its tracker.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import accounts, contacts, conversations, handing, outbox
from botbay.chat.conversations import Claim
from botbay.chat.models import Bot, Contact, Conversation, Gate, Turn
from botbay.db import Listener, is_away, now, transaction
from botbay.settings import Settings

log = logging.getLogger(__name__)

_MAX_ATTEMPTS = 5
_TIMEOUT = 30.0  # seconds for one answer; shorter than a claim
#: A turn that waits only because the server is away is tried again this often.
_OUTAGE_WAIT = timedelta(seconds=2)
_SORRY = "抱歉，刚才这句我没处理好，麻烦再说一遍。"
#: What must be certain of a sentence in a conversation that is not plainly one with the bot.
_SURE = 0.7
_WAKING = "start_bot"
#: Said to whom the bot had asked, so that the room knows who is meant.
_DROPPED = "question_expired"
#: A yes can be taken back at any time, however silent the bot is.
_TAKING_BACK = frozenset({"forget_me", "stop_recording"})
_NO_COMMAND = frozenset(
    {
        "out_of_scope",
        "chitchat",
        "nlu_fallback",
        "unsure",
        "choose",
        "correct",
        "follow_up",
        "cancel",
        "greet",
        "thanks",
        "goodbye",
        "affirm",
        "deny",
    }
)


class DialogueDown(Exception):
    """The dialogue server cannot be reached or is not ready: no fault of the turn."""


class DialogueFailed(Exception):
    """The dialogue server could not answer this turn."""


@dataclass(frozen=True, kw_only=True)
class _Work:
    """A turn with all that the dialogue is told of it."""

    text: str | None
    trigger: dict[str, Any] | None
    gate: Gate
    attempts: int
    key: str
    sender_id: str
    room_id: int | None
    metadata: dict[str, Any]
    mention: str  # the words that address the asker in a room, empty in private


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the dialogue says to a turn, and whether it waits for an answer now."""

    replies: list[dict[str, Any]]
    asked: bool


class DialogueClient:
    """Speaks to the channel ``botbay`` of the dialogue server; every request is signed."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret().encode()
        self._http = httpx.AsyncClient(base_url=settings.rasa_url, timeout=_TIMEOUT, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def ready(self) -> bool:
        try:
            return (await self._http.get("/webhooks/botbay/health")).status_code == 200
        except httpx.HTTPError:
            return False

    async def parse(self, text: str, metadata: dict[str, Any]) -> tuple[str, float]:
        """The intent of a sentence and how sure it is, without touching any conversation."""
        answer = await self._post("/webhooks/botbay/parse", {"text": text, "metadata": metadata})
        return str(answer["intent"]["name"]), float(answer["intent"]["confidence"])

    async def turn(self, body: dict[str, Any]) -> "Answer":
        """The answer to a turn; the same again when it was posted before."""
        answer = await self._post("/webhooks/botbay/turn", body)
        assert isinstance(answer["replies"], list)
        return Answer(replies=answer["replies"], asked=bool(answer["asked"]))

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        content = json.dumps(body, ensure_ascii=False).encode()
        at = str(int(time.time()))
        signature = hmac.new(self._secret, f"{at}.".encode() + content, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "x-botbay-timestamp": at,
            "x-botbay-signature": f"sha256={signature}",
        }
        try:
            response = await self._http.post(path, content=content, headers=headers)
        except httpx.TimeoutException:
            raise DialogueFailed("对话引擎没有按时回答") from None
        except httpx.HTTPError as error:
            raise DialogueDown(f"连不上对话引擎：{type(error).__name__}") from None
        if response.status_code in (502, 503, 504):
            raise DialogueDown("对话引擎还没准备好")
        if response.status_code == 401:
            raise DialogueDown("对话引擎不认签名：两边的 BOTBAY_SECRET_KEY 要一样")
        if response.status_code != 200:
            raise DialogueFailed(f"对话引擎出错（{response.status_code}：{_error_of(response)}）")
        answer = response.json()
        assert isinstance(answer, dict)
        return answer


def _error_of(response: httpx.Response) -> str:
    """The channel's own word for what failed: an action's or an exception's name, never what was said."""
    try:
        return str(response.json()["error"])[:100]
    except (ValueError, KeyError, TypeError):
        return "没有说明"


class Dispatcher:
    """Works on turns until cancelled."""

    def __init__(self, settings: Settings, client: DialogueClient, *, workers: int = 4) -> None:
        self._settings = settings
        self._client = client
        self._workers = workers
        self._more = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            for _ in range(self._workers):
                group.create_task(self._work())

    async def _listen(self) -> None:
        listener = Listener(conversations.CHANNEL)
        try:
            while True:
                await listener.wait(1.0)
                self._more.set()
        finally:
            await listener.close()

    async def _work(self) -> None:
        while True:
            self._more.clear()
            try:
                if await self.step():
                    continue
            except Exception as error:
                # A turn whose claim runs out is taken up again; whatever it was must not end the others.
                away = is_away(error)
                log.warning("dispatcher %s: %s", "waits for the database" if away else "failed", type(error).__name__)
                await asyncio.sleep(1.0)
            await self._more.wait()

    async def step(self) -> bool:
        """Work on one turn that is due; False when there is none."""
        async with transaction() as session:
            claim = await conversations.claim(session)
            if claim is None:
                return False
            work = await self._load(session, claim)
        try:
            answer = await self._answer(work)
        except DialogueDown as error:
            await self._later(claim, work, str(error), counts=False)
        except (DialogueFailed, AssertionError, LookupError, TypeError, ValueError) as error:
            reason = str(error) if isinstance(error, DialogueFailed) else f"对话引擎答得不对（{type(error).__name__}）"
            await self._later(claim, work, reason, counts=True)
        else:
            await self._done(claim, work, answer)
        return True

    async def _load(self, session: AsyncSession, claim: Claim) -> _Work:
        turn = await session.get_one(Turn, claim.turn_id)
        conversation = await session.get_one(Conversation, claim.conversation_id)
        contact = await session.get_one(Contact, conversation.contact_id)
        bot = await session.get_one(Bot, conversation.bot_id)
        room_id = conversation.room_id
        mention = ""
        if room_id is not None and (turn.trigger is None or turn.trigger.get("intent") == _DROPPED):
            mention = f"@{await contacts.shown_name(session, contact.id, room_id)}\u2005"
        metadata = {
            "turn_id": turn.id,
            "audience": "private" if room_id is None else "room",
            "conversation_id": conversation.id,
            "bot_id": bot.id,
            "contact_id": contact.id,
            "room_id": room_id,
            "bound": await accounts.bound(session, contact),
            "named": contact.nickname is not None,
        }
        return _Work(
            text=turn.text,
            trigger=turn.trigger,
            gate=Gate(turn.gate),
            attempts=turn.attempts,
            key=turn.key,
            sender_id=conversation.sender_id,
            room_id=room_id,
            metadata=metadata,
            mention=mention,
        )

    async def _answer(self, work: _Work) -> Answer | None:
        """The answer, or None when the sentence turned out to be nothing for the bot."""
        if work.gate != Gate.OPEN:
            intent, confidence = await self._client.parse(work.text or "", work.metadata)
            if confidence < _SURE:
                return None
            if work.gate == Gate.WAKE and intent not in _TAKING_BACK | {_WAKING}:
                return None
            if work.gate == Gate.SILENCED:
                if intent not in _TAKING_BACK:
                    return None
                return Answer(replies=[], asked=(await self._turn(work)).asked)
            if work.gate == Gate.COMMAND and intent in _NO_COMMAND:
                return None
        return await self._turn(work)

    async def _turn(self, work: _Work) -> Answer:
        return await self._client.turn(
            {
                "message_id": work.key,
                "sender_id": work.sender_id,
                "text": work.text,
                "trigger": work.trigger,
                "metadata": work.metadata,
            }
        )

    async def _done(self, claim: Claim, work: _Work, answer: Answer | None) -> None:
        async with transaction() as session:
            if not await conversations.release(session, claim):
                return
            if answer is None:
                await conversations.forget(session, claim.turn_id)
                return
            texts = [str(reply["text"]) for reply in answer.replies if reply.get("text")]
            if work.room_id is not None and texts:
                texts = ["\n".join(texts)]  # one answer in a room, not several
            for number, text in enumerate(texts):
                await self._say(session, claim, work, f"{number}", text)
            given = [reply["custom"] for reply in answer.replies if handing.is_given(reply.get("custom"))]
            for number, one in enumerate(given):
                key = f"turn:{claim.turn_id}:file:{number}"
                problem = await handing.hand_over(session, claim.conversation_id, key, one, turn_id=claim.turn_id)
                if problem:
                    await self._say(session, claim, work, f"gone:{number}", problem)
            await conversations.finish(session, claim.turn_id, asked=answer.asked)

    async def _say(self, session: AsyncSession, claim: Claim, work: _Work, key: str, text: str) -> None:
        await outbox.put(
            session,
            claim.conversation_id,
            f"turn:{claim.turn_id}:{key}",
            text=work.mention + text,
            mention=bool(work.mention),
            turn_id=claim.turn_id,
        )

    async def _later(self, claim: Claim, work: _Work, reason: str, *, counts: bool) -> None:
        log.warning("turn %d: %s", claim.turn_id, reason)
        async with transaction() as session:
            if not await conversations.release(session, claim):
                return
            if counts and work.attempts + 1 >= _MAX_ATTEMPTS:
                if work.gate == Gate.OPEN and work.text is not None:
                    await self._say(session, claim, work, "sorry", _SORRY)
                await conversations.finish(session, claim.turn_id, error=reason)
                return
            wait = timedelta(seconds=2**work.attempts) if counts else _OUTAGE_WAIT
            await conversations.postpone(session, claim.turn_id, now() + wait, reason, counts=counts)
