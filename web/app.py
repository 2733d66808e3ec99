"""The web application: the pages, the sign-in forms, health, and what stands around them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from nicegui import app as pages_app
from nicegui import ui
from nicegui.storage import Storage
from sqlalchemy import text
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import Scope

from botbay.db import dispose, engine
from botbay.settings import load_settings
from web import application_pictures, calendar_files, errors, files, live, minutes_files, office_api, sign_in
from web.database import UNREACHABLE
from web.layout import HEAD, STATIC
from web.pages import (
    accounts,
    applications,
    bind,
    bots,
    drive,
    home,
    login,
    me,
    minutes,
    report,
    search,
    simulator,
    todos,
    training,
)
from web.security import Guard
from web.session import COOKIE, LIFE_DAYS, cookie_key

_PAGES = (
    home,
    search,
    report,
    minutes,
    todos,
    applications,
    drive,
    login,
    bind,
    bots,
    accounts,
    training,
    me,
    simulator,
)


class _Static(StaticFiles):
    """Our few files; their addresses carry a hash, or they hardly change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=604800"
        return response


async def health() -> JSONResponse:
    """``{"status": "ok", "database": true}``, or ``"degraded"`` and false when the database does not answer.

    200 either way: restarting the pages does not bring the database back.
    """
    try:
        async with asyncio.timeout(5), engine().connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (*UNREACHABLE, OSError, TimeoutError):
        return JSONResponse({"status": "degraded", "database": False})
    return JSONResponse({"status": "ok", "database": True})


@contextlib.asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with live.watching():
        yield
    await dispose()


def create_app() -> FastAPI:
    """The application; once a process, since NiceGUI keeps its pages in the process."""
    settings = load_settings()
    Storage.path = settings.data_dir.resolve() / "nicegui"  # else it would write into the working directory
    app = FastAPI(title="BotBay", lifespan=_lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(
        SessionMiddleware,
        secret_key=cookie_key(),
        session_cookie=COOKIE,
        max_age=LIFE_DAYS * 86400,
        same_site="lax",
    )
    app.add_middleware(Guard)
    app.get("/health")(health)
    app.include_router(sign_in.router)
    app.include_router(files.router)
    app.include_router(minutes_files.router)
    app.include_router(calendar_files.router)
    app.include_router(application_pictures.router)
    app.include_router(office_api.router)
    app.mount("/static", _Static(directory=STATIC))
    for page in _PAGES:
        page.register()
    errors.install(app)
    errors.install(pages_app)
    pages_app.colors(primary="#0f766e", secondary="#5d6f6d", accent="#0f766e", negative="#b42318", warning="#b26a00")
    ui.add_head_html(HEAD, shared=True)
    ui.run_with(
        app,
        title="BotBay",
        favicon=STATIC / "mark.svg",
        language="zh-CN",
        reconnect_timeout=20.0,  # a phone that looked at WeChat for a moment finds its page as it was
        gzip_middleware_factory=None,
        show_welcome_message=False,
    )
    return app
