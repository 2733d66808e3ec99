"""Runs the bots of the settings: ``python -m connector``; with ``dispatcher``, takes turns to the dialogue server."""

import asyncio
import sys

from botbay.logs import configure_logging
from botbay.service import run_service
from botbay.settings import BotConfig, Settings, load_settings
from connector.bot import BotRunner
from connector.dispatcher import DialogueClient, Dispatcher


def _runner(config: BotConfig, settings: Settings) -> BotRunner:
    # Imported here: whoever uses the simulator only needs no gRPC, and the other way round.
    if config.endpoint is None:
        from connector.drivers.simulator import SimulatorDriver

        return BotRunner(config, SimulatorDriver(config.name), settings, waits=True)
    from connector.drivers.wechaty import WechatyDriver

    return BotRunner(config, WechatyDriver(config.name, config.endpoint), settings, waits=False)


async def run_bots() -> None:
    settings = load_settings()
    async with asyncio.TaskGroup() as group:
        for config in settings.bots:
            group.create_task(_runner(config, settings).run())


async def run_dispatcher() -> None:
    settings = load_settings()
    client = DialogueClient(settings)
    try:
        await Dispatcher(settings, client).run()
    finally:
        await client.close()


if __name__ == "__main__":
    configure_logging()
    run_service(run_dispatcher if sys.argv[1:] == ["dispatcher"] else run_bots)
