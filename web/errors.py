"""What somebody sees when a page cannot be shown: plain pages that need neither the database nor a socket."""

import html
import logging

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from web.database import UNREACHABLE
from web.layout import HEAD
from web.session import MaintainerNeeded, SignInNeeded, sign_in_path

_log = logging.getLogger(__name__)

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · BotBay</title>{head}<style>body{{margin:0}} *{{box-sizing:border-box}}</style></head>
<body><main class="bb-alone"><div>
<div class="bb-brand"><img src="/static/mark.svg" alt=""><span>BotBay</span></div>
<section class="bb-card"><h1 class="bb-title">{title}</h1><div>{words}</div>
<a class="bb-link" href="/">回首页</a></section></div></main></body></html>"""


def plain_page(status: int, title: str, words: str) -> Response:
    return HTMLResponse(_PAGE.format(title=html.escape(title), words=html.escape(words), head=HEAD), status)


async def _sign_in(request: Request, error: Exception) -> Response:
    return RedirectResponse(sign_in_path(str(error)), 303)


async def _maintainers(request: Request, error: Exception) -> Response:
    return plain_page(403, "这一页只给维护者看", "需要的话，请维护者在「账号」页里调整你的角色。")


async def _missing(request: Request, error: Exception) -> Response:
    if request.url.path.startswith("/_nicegui") and isinstance(error, HTTPException):
        return await http_exception_handler(request, error)
    return plain_page(404, "没有这一页", "地址可能写错了，或这一页已经搬走。")


async def _database(request: Request, error: Exception) -> Response:
    _log.error("database unreachable: %s", type(error).__name__)
    return plain_page(
        503,
        "数据库暂时连不上",
        "机器人收到的消息不会丢。稍等片刻再刷新；若一直这样，请维护者运行 botbay doctor。",
    )


async def _broken(request: Request, error: Exception) -> Response:
    return plain_page(500, "这里出了点问题", "已经记在日志里了。刷新试试；若一直这样，请告诉维护者。")


def install(app: FastAPI) -> None:
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(MaintainerNeeded, _maintainers)
    app.add_exception_handler(404, _missing)
    for kind in UNREACHABLE:
        app.add_exception_handler(kind, _database)
    app.add_exception_handler(Exception, _broken)
