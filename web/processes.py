"""The pages' process."""

from botbay.processes import answers, python_process
from botbay.settings import Settings
from botbay.supervisor import Process


def server(settings: Settings) -> Process:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.web_host, settings.web_host)
    return python_process("web", "网页", ["web"], ready=answers(f"http://{host}:{settings.web_port}/health"))
