"""The channel between the dispatcher and Rasa: signed turns in, their replies out.

Runs inside Rasa's own environment (Python 3.10), so it imports nothing of BotBay. A turn is run
here step by step instead of through `Agent.handle_message`, for two reasons: there an action that
fails or a tracker store that is away counts as an answered turn, and the turn would be lost; here
it becomes a 500, or a 503 where a server is away; nothing is saved, and the dispatcher posts the
turn again.
"""

import asyncio
import copy
import hashlib
import hmac
import importlib.util
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from jsonschema import Draft202012Validator
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.exceptions import ActionLimitReached
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecutionRejected, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import OperationalError

from connector.rasa_runner import order_nodes

logger = logging.getLogger(__name__)

SIGNATURE_AGE = 300  # seconds
_MOST_ACTIONS = 30  # in one turn
REPLY_FIELDS = ("image", "custom", "buttons")
CONTEXT = ("audience", "bound", "named")


class BadTurn(Exception):
    """The body is signed but is not what the contract says; the text names the field."""


class TurnNotDone(Exception):
    """The turn could not be carried through; nothing of it was saved."""


class OtherCode(Exception):
    """The model was trained with other components than those that this server has loaded."""


class PartAway(Exception):
    """A server that the turn needs does not answer; nothing was saved, and it is no fault of the turn."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=<hex>` over the Unix seconds, a dot and the raw body."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def signature_holds(secret: str, timestamp: str, signed: str, body: bytes, now: float) -> bool:
    """Whether `signed` belongs to this body and to a time at most 300 s from `now`."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > SIGNATURE_AGE:
        return False
    return hmac.compare_digest(signature(secret, timestamp, body).encode(), signed.encode())


def harmless(text: str | None) -> str:
    """The text, with a leading slash made full-width: Rasa would take `/intent{…}` for an order."""
    text = (text or "").strip()
    return f"／{text[1:]}" if text.startswith("/") else text


class BotBayInput(InputChannel):
    """`/webhooks/botbay/turn`, `/parse`, `/model` and `/health`; all but the last answer signed requests only."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    @classmethod
    def name(cls) -> str:
        return "botbay"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "BotBayInput":
        """Raises RasaException when the secret is missing, so that Rasa does not start unprotected."""
        secret = str((credentials or {}).get("secret") or "")
        if not secret or secret.startswith("$"):
            raise RasaException("The botbay channel has no secret: set BOTBAY_SECRET_KEY.")
        return cls(secret)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        botbay = Blueprint("botbay_channel")

        @botbay.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            return await self._answer(request, handle_turn)

        @botbay.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            return await self._answer(request, parse_text)

        @botbay.post("/model")
        async def model(request: Request) -> HTTPResponse:
            return await self._answer(request, swap_model)

        @botbay.get("/health")
        async def health(request: Request) -> HTTPResponse:
            ready = request.app.ctx.agent is not None and request.app.ctx.agent.is_ready()
            return response.json({"status": "ok" if ready else "no model"}, status=200 if ready else 503)

        return botbay

    async def _answer(
        self, request: Request, handle: "Callable[[Agent, dict[str, Any]], Awaitable[dict[str, Any]]]"
    ) -> HTTPResponse:
        timestamp = request.headers.get("x-botbay-timestamp", "")
        signed = request.headers.get("x-botbay-signature", "")
        if not signature_holds(self._secret, timestamp, signed, request.body, time.time()):
            return _error(401, "wrong or expired signature")
        agent = request.app.ctx.agent
        if agent is None or not agent.is_ready():
            return _error(503, "no model is loaded")
        try:
            return response.json(await handle(agent, _body(request.body)), ensure_ascii=False)
        except BadTurn as problem:
            return _error(400, str(problem))
        except OtherCode as problem:
            return _error(409, str(problem))
        except PartAway as problem:
            return _error(503, str(problem))
        except Exception as problem:
            if is_away(problem):
                return _error(503, "no answer from the database")
            # Its own text may quote the message, which does not belong in a log.
            logger.error("botbay turn failed: %s", type(problem.__cause__ or problem).__name__)
            return _error(500, str(problem) if isinstance(problem, TurnNotDone) else type(problem).__name__)


class CheckedAction(RemoteAction):
    """A remote action whose answers are checked by one compiled schema; Rasa's own compiles it at each call."""

    _ANSWERS = Draft202012Validator(RemoteAction.action_response_format_spec())

    def _validate_action_result(self, result: dict[str, Any]) -> bool:
        self._ANSWERS.validate(result)
        return True


async def handle_turn(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    """Runs one turn, or finds its replies if it has been run: `{"replies": [...], "asked": bool}`.

    `asked` says whether a form waits for an answer.
    """
    message = _message(body)
    processor = agent.processor
    assert processor is not None
    _forbid_forgetting(processor)
    order_nodes(processor)
    async with agent.lock_store.lock(message.sender_id):
        tracker = await processor.get_tracker(message.sender_id)
        if not any(isinstance(e, UserUttered) and e.message_id == message.message_id for e in tracker.events):
            await _run(processor, message, tracker)
        return {"replies": replies_to(message.message_id, tracker), "asked": tracker.active_loop_name is not None}


async def parse_text(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    """Intent and entities of `text`; no conversation is touched."""
    processor = agent.processor
    assert processor is not None
    message = UserMessage(harmless(_field(body, "text", str)), metadata=_field(body, "metadata", dict))
    order_nodes(processor)
    parsed = await processor.parse_message(message)
    intent = {key: parsed["intent"].get(key) for key in ("name", "confidence")}
    if parsed.get("decision") == "clarify":
        intent["name"] = "unsure"
    return {"intent": intent, "entities": parsed["entities"]}


async def swap_model(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    """Loads the model at `path` aside and lets it answer from the next turn on; those under way end with the old one.

    `code` is a digest of the components that it was trained with.
    """
    path = _model_file(body)
    if _field(body, "code", str) != LOADED_CODE:
        raise OtherCode("the components have changed: start the server again")
    processor = await asyncio.get_running_loop().run_in_executor(None, _load, agent, path)
    agent.processor, agent.domain = processor, processor.domain
    agent.tracker_store, agent.nlg = processor.tracker_store, processor.nlg
    return {"model": path.name}


def _model_file(body: dict[str, Any]) -> Path:
    path = Path(_field(body, "path", str))
    if not path.name.endswith(".tar.gz") or not path.is_file():
        raise BadTurn("path is no model")
    return path


def _load(agent: Agent, path: Path) -> MessageProcessor:
    """A processor that shares the locks, the database and the action server with the one at work.

    What Rasa itself would change in place, when it loads a model, is this one's own: the domain of the tracker
    store and the responses. So the turns under way keep theirs.
    """
    store = agent.tracker_store
    if isinstance(store, FailSafeTrackerStore):
        store = store._tracker_store
    processor = MessageProcessor(
        model_path=path,
        tracker_store=copy.copy(store),
        lock_store=agent.lock_store,
        action_endpoint=agent.action_endpoint,
        generator=agent.nlg,
        http_interpreter=agent.http_interpreter,
    )
    processor.tracker_store.domain = processor.domain
    if isinstance(agent.nlg, TemplatedNaturalLanguageGenerator):
        processor.nlg = TemplatedNaturalLanguageGenerator(processor.domain.responses)
    return processor


def _loaded_code() -> str:
    """A digest of the project's components, taken when the server starts."""
    found = importlib.util.find_spec("rasa_project.components")
    assert found is not None
    assert found.origin is not None
    digest = hashlib.sha256()
    for file in sorted(Path(found.origin).parent.glob("*.py")):
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()


LOADED_CODE = _loaded_code()


def replies_to(message_id: str, tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    """What the bot said between the message with this id and the next one, in order."""
    replies: list[dict[str, Any]] = []
    within = False
    for event in tracker.events:
        if isinstance(event, UserUttered):
            within = event.message_id == message_id
        elif within and isinstance(event, BotUttered):
            reply = {"text": event.text} if event.text else {}
            reply.update({field: event.data[field] for field in REPLY_FIELDS if event.data.get(field)})
            if reply:
                replies.append(reply)
    return replies


async def _run(processor: MessageProcessor, message: UserMessage, tracker: DialogueStateTracker) -> None:
    output = CollectingOutputChannel()
    # The public method that does this reads the tracker from the database a second time.
    await processor._update_tracker_session(tracker, output)
    parsed = message.parse_data or await processor.parse_message(message, tracker)
    tracker.update(
        UserUttered(
            message.text,
            parsed["intent"],
            parsed["entities"],
            parsed,
            input_channel=message.input_channel,
            message_id=message.message_id,
            metadata=message.metadata,
        ),
        processor.domain,
    )
    await processor.run_action_extract_slots(output, tracker)
    for _ in range(_MOST_ACTIONS):
        if not await _act(processor, tracker, output):
            break
    else:  # Rasa's own limit starts anew when an action reads on as from another sentence
        raise TurnNotDone("too many actions in a row")
    await processor.save_tracker(tracker)


async def _act(processor: MessageProcessor, tracker: DialogueStateTracker, output: CollectingOutputChannel) -> bool:
    """Takes the next action; False once it is the bot's turn to listen."""
    try:
        action, prediction = processor.predict_next_with_tracker_if_should(tracker)
    except ActionLimitReached:
        logger.warning("botbay turn stopped: too many actions in a row")
        return False
    if type(action) is RemoteAction:
        action = CheckedAction(action.name(), action.action_endpoint)
    before = tracker.copy()
    before.update_with_events(prediction.events, processor.domain)
    try:
        events = await action.run(output, processor.nlg, before, processor.domain)
    except ActionExecutionRejection:
        tracker.update(ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence))
        return True
    except Exception as problem:
        if is_away(problem):
            raise PartAway(f"{action.name()}: no answer from the action server") from problem
        raise TurnNotDone(f"{action.name()} failed") from problem
    tracker.update_with_events(prediction.events, processor.domain)
    tracker.update(action.event_for_successful_execution(prediction))
    tracker.update_with_events(events, processor.domain)
    return bool(action.name() != ACTION_LISTEN_NAME)


def is_away(problem: BaseException | None) -> bool:
    """Whether a lost connection, to the action server or to PostgreSQL, is behind an exception."""
    while problem is not None:
        if isinstance(problem, (aiohttp.ClientConnectionError, OperationalError)):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def _forbid_forgetting(processor: MessageProcessor) -> None:
    """Takes the tracker store out of Rasa's wrapper, which answers an outage with empty conversations."""
    if isinstance(processor.tracker_store, FailSafeTrackerStore):
        processor.tracker_store = processor.tracker_store._tracker_store


def _message(body: dict[str, Any]) -> UserMessage:
    metadata = _field(body, "metadata", dict)
    trigger = body.get("trigger")
    common = {
        "sender_id": _field(body, "sender_id", str),
        "message_id": _field(body, "message_id", str),
        "input_channel": BotBayInput.name(),
        "metadata": metadata,
    }
    if trigger is None:
        return UserMessage(harmless(_field(body, "text", str)), **common)
    if not isinstance(trigger, dict):
        raise BadTurn("trigger must be an object")
    intent = _field(trigger, "intent", str)
    entities = {name: metadata[name] for name in CONTEXT if metadata.get(name) is not None}
    entities.update(trigger.get("entities") or {})
    parsed = {
        "text": f"/{intent}",
        "intent": {"name": intent, "confidence": 1.0},
        "entities": [{"entity": name, "value": value} for name, value in entities.items()],
    }
    return UserMessage(f"/{intent}", parse_data=parsed, **common)


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError as problem:
        raise BadTurn("the body is no JSON") from problem
    if not isinstance(body, dict):
        raise BadTurn("the body must be an object")
    return body


def _field(body: dict[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if not isinstance(value, kind) or (kind is str and not value and name != "text"):
        raise BadTurn(f"{name} is missing or of the wrong kind")
    return value


def _error(status: int, message: str) -> HTTPResponse:
    return response.json({"error": message}, status=status)
