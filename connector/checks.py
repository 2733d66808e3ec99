"""What ``botbay doctor`` looks at in the connector: every bot's gateway, and whether somebody listens to it."""

import asyncio
from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from botbay.chat.bots import deaf_too_long
from botbay.chat.models import Bot, BotState
from botbay.db import transaction
from botbay.doctor import Finding
from botbay.postgres import PostgresError
from botbay.settings import BotConfig, Settings

_WORDS = {
    BotState.ONLINE: "在线",
    BotState.SCANNING: "等待扫码：打开网页的「机器人」，用微信扫码",
    BotState.OFFLINE: "没连上",
    BotState.REFUSED: "登录被拒绝：把微信号加进 BOTBAY_LOGIN_WHITELIST，再扫一次",
}


async def check(settings: Settings) -> AsyncIterator[Finding]:
    for config in settings.bots:
        if config.endpoint is not None:
            try:
                async with asyncio.timeout(5):
                    _, writer = await asyncio.open_connection(config.endpoint.host, config.endpoint.port)
                    writer.close()
            except (OSError, TimeoutError):
                yield Finding(
                    part=f"机器人 {config.name}",
                    ok=False,
                    words=f"网关 {config.endpoint.host}:{config.endpoint.port} 连不上：看网关是否在运行，地址和 BOTBAY_BOTS 是否一致。",
                )
                continue
        yield await _state(config)


async def _state(config: BotConfig) -> Finding:
    part = f"机器人 {config.name}"
    try:
        async with transaction() as session:
            bot = await session.scalar(select(Bot).where(Bot.name == config.name))
    except (SQLAlchemyError, PostgresError, OSError):
        return Finding(part=part, ok=False, words="数据库连不上，不知道它的状态。")
    if bot is None:
        return Finding(part=part, ok=False, words="还没启动过：先运行 make run 或 botbay up。")
    if deaf_too_long(bot):
        return Finding(part=part, ok=False, words="一分钟没有动静了：连接器可能停了，看日志 connector.log。")
    words = _WORDS[BotState(bot.state)] + (f"（{bot.detail}）" if bot.detail and bot.state != BotState.ONLINE else "")
    return Finding(part=part, ok=bot.state == BotState.ONLINE, words=words)
