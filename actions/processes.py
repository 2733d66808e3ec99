"""The action server's process."""

from botbay.processes import answers, python_process
from botbay.settings import Settings
from botbay.supervisor import Process


def server(settings: Settings) -> Process:
    return python_process(
        "actions",
        "动作服务",
        ["actions"],
        ready=answers(settings.actions_url.removesuffix("/webhook") + "/health"),
    )
