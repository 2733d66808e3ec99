"""The connector's processes: the bots, the dispatcher, and the dialogue server that it speaks to."""

from botbay import rasa
from botbay.db import database_url
from botbay.processes import answers, python_process
from botbay.settings import Settings
from botbay.supervisor import Process


def bots(settings: Settings) -> Process:
    return python_process("connector", "机器人", ["connector"])


def dispatcher(settings: Settings) -> Process:
    return python_process("dispatcher", "对话分发", ["connector", "dispatcher"])


def dialogue(settings: Settings) -> Process:
    alive = answers(f"{settings.rasa_url}/webhooks/botbay/health")
    return Process(
        name="rasa",
        title="对话引擎 Rasa",
        command=rasa.run_command(settings, rasa.serving_path()),
        environment=rasa.environment(settings, database_url()),
        cwd=rasa.project(),
        ready=alive,
        healthy=alive,
        ready_timeout=120.0,
    )
