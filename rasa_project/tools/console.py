"""Rasa's own command line, as `botbay rasa` runs it: kept to this machine, and speaking in the console's conversation.

python -m rasa_project.tools.console ARGS…
"""

import functools
import json
import os
import warnings
from typing import Any

from rasa.__main__ import main
from rasa.core.channels.channel import UserMessage
from sanic import Sanic


def stay_on_this_machine() -> None:
    """`rasa interactive` serves its API on every interface, and nothing tells it not to."""
    run = Sanic.run

    @functools.wraps(run)
    def here(self: Sanic, *arguments: Any, **options: Any) -> None:
        run(self, *arguments, **{**options, "host": "127.0.0.1"})

    Sanic.run = here


def tell_the_turn(first: "dict[str, Any]") -> None:
    """Gives each message what the dispatcher gives it.

    Whether the contact is bound and has named the bot is told once: from then on the actions know.
    """
    always = {name: value for name, value in first.items() if name not in ("bound", "named")}
    following = iter([first])
    construct = UserMessage.__init__

    @functools.wraps(construct)
    def told(self: UserMessage, *arguments: Any, **options: Any) -> None:
        construct(self, *arguments, **options)
        if not self.metadata:
            self.metadata = dict(next(following, always))

    UserMessage.__init__ = told


def leave_out_deprecations() -> None:
    """What libraries deprecate is nothing to whoever sits at the terminal, and Rasa undoes the filters."""
    show = warnings.showwarning

    @functools.wraps(show)
    def told(message: Any, category: "type[Warning]", *where: Any, **more: Any) -> None:
        if not issubclass(category, DeprecationWarning):
            show(message, category, *where, **more)

    warnings.showwarning = told


if __name__ == "__main__":
    leave_out_deprecations()
    stay_on_this_machine()
    if told := os.environ.pop("BOTBAY_CONSOLE", ""):
        tell_the_turn(json.loads(told))
    main()
