"""Parses what stands in JSON strings, a line each, and writes a JSON object for each: `botbay nlu parse` asks it.

    python -m rasa_project.tools.parse MODEL

The first line written is `{}`, when the model is loaded. A text that cannot be parsed gives an object without an intent.
"""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.utils.log_utils import configure_structlog

from connector.rasa_channel import harmless
from connector.rasa_runner import order_nodes
from rasa_project.tools.judging import guess


async def understand(processor: MessageProcessor, text: str) -> "dict[str, Any]":
    """Intent, confidence, entities and decision of a text."""
    unknown = {"intent": None, "confidence": 0.0, "entities": [], "decision": "none"}
    text = harmless(text)
    if not text:
        return unknown
    try:
        parsed = await processor.parse_message(UserMessage(text))
    except Exception as problem:
        return unknown | {"error": type(problem).__name__}
    found = guess(parsed)
    return {
        "intent": found.intent,
        "confidence": round(found.confidence, 4),
        "entities": parsed["entities"],
        "decision": found.decision,
    }


async def serve(model: Path) -> None:
    # Whatever else is printed by anything here goes to stderr.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    configure_structlog(logging.ERROR)
    processor = Agent.load(model).processor
    assert processor is not None
    order_nodes(processor)
    print("{}", file=answers, flush=True)
    for line in sys.stdin.buffer:
        found = await understand(processor, json.loads(line))
        print(json.dumps(found, ensure_ascii=False), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
