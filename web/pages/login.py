"""``/login`` and the one-time links ``/login/{token}``."""

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from botbay.db import transaction
from web.layout import alone, note, text
from web.session import current_account, safe_path
from workers.accounts import service as accounts

_PROBLEMS = {
    "wrong": "账号名或密码不对，再试一次。",
    "slow": "试错太多次了，请过五分钟再试。",
}


def register() -> None:
    @ui.page("/login")
    async def login(request: Request, next: str = "/", problem: str = "") -> RedirectResponse | None:
        if await current_account(request) is not None:
            return RedirectResponse(safe_path(next), 303)
        asked = str(request.session.pop("asked", ""))
        with alone("登录"):
            if problem in _PROBLEMS:
                note(_PROBLEMS[problem], "bad").props("data-testid=problem")
            with ui.element("form").props("method=post action=/login").classes("bb-form"):
                ui.element("input").props("type=hidden name=next").props["value"] = safe_path(next)
                name = ui.input("账号名", value=asked).props("outlined name=name autocomplete=username maxlength=64")
                password = ui.input("密码", password=True, password_toggle_button=True)
                password.props("outlined name=password autocomplete=current-password")
                (password if asked else name).props("autofocus")
                ui.button("登录").props("type=submit unelevated data-testid=sign-in")
            text(
                "没有密码？请维护者在「账号」页给你一个登录链接。维护者自己运行 botbay login-link。",
                "bb-soft bb-small",
            )
        return None

    @ui.page("/login/{token}")
    async def link(token: str) -> None:
        async with transaction() as session:
            account = await accounts.peek_login_link(session, token)
        with alone("登录"):
            if account is None:
                note("这个登录链接已经用过，或者过期了。", "bad").props("data-testid=used")
                text("链接只能用一次，30 分钟内有效。请维护者再给你一个；维护者自己在服务器上运行：", "bb-soft")
                text("botbay login-link", "bb-code", tag="code")
                ui.link("用密码登录", "/login").classes("bb-link")
                return
            text(f"你好，{account.display_name}。点一下就进来了，这个链接随后失效。", "bb-soft")
            with ui.element("form").props("method=post").classes("bb-form") as form:
                form.props["action"] = f"/login/{token}"
                ui.button("登录").props("type=submit unelevated data-testid=sign-in")
