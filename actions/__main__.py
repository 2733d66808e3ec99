"""The action server: ``python -m actions``. Listens on loopback unless told otherwise."""

import importlib
import pkgutil
import sys
from typing import Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic

import actions
from actions.base import BotBayAction, BotBayForm
from botbay.logs import configure_logging
from botbay.settings import SettingsError, load_settings


class _Executor(ActionExecutor):
    """Takes a call without a domain: Rasa 3.6 with ``enable_selective_domain`` sends one only where it is wanted."""

    def update_and_return_domain(self, payload: dict[str, Any], action_name: str) -> dict[str, Any]:
        return payload.get("domain") or {}


def build_app() -> Sanic[Any, Any]:
    """The SDK's own application with every action of this package."""
    for module in pkgutil.iter_modules(actions.__path__, "actions."):
        if module.name != "actions.__main__":
            importlib.import_module(module.name)
    executor = _Executor()
    for action in (*BotBayAction.__subclasses__(), *BotBayForm.__subclasses__()):
        executor.register_action(action())
    app: Sanic[Any, Any] = create_app(executor, cors_origins=[])
    return app


if __name__ == "__main__":
    configure_logging()
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.exit(f"botbay：{error}")
    # The SDK's own runner binds every interface and forks workers.
    build_app().run(
        host=settings.actions_host,
        port=settings.actions_port,
        single_process=True,
        access_log=False,
        motd=False,
    )
