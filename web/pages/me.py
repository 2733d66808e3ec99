"""``/me``: one's own name, address and password."""

from fastapi import Request
from nicegui import ui

from web.layout import card, frame, note, told
from web.session import SignedIn, acting, came_by_link
from workers.accounts import service as accounts

_PROBLEMS = {
    "different": "两次输入的新密码不一样。",
    "old": "现在的密码不对。",
    "slow": "试错太多次了，请过五分钟再试。",
    "short": f"密码至少要 {accounts.MIN_PASSWORD} 个字符。",
}


def register() -> None:
    @ui.page("/me")
    async def me(request: Request, account: SignedIn, problem: str = "", done: str = "", first: str = "") -> None:
        async def save() -> None:
            with told():
                async with acting(account) as (session, current):
                    await accounts.update_profile(
                        session, current, display_name=shown.value or "", email=email.value or ""
                    )
                    shown.value, email.value = current.display_name, current.email or ""
                ui.notify("已保存。", type="positive", position="top")

        with frame("我的账号", subtitle=f"账号名 {account.name}，绑定微信时告诉机器人的就是它。"):
            if first and account.password_hash is None:
                note("欢迎！设一个密码，下次就不用找维护者要链接了。", "good").props("data-testid=welcome")
            with card("密码" if account.password_hash else "设一个密码", mark="password"):
                if problem in _PROBLEMS:
                    note(_PROBLEMS[problem], "bad").props("data-testid=problem")
                if done == "password":
                    note("密码改好了。别处登录的都已退出。", "good").props("data-testid=password-done")
                with ui.element("form").props("method=post action=/me/password").classes("bb-form"):
                    if account.password_hash and not came_by_link(request.session):
                        _password("现在的密码", "old", "current-password")
                    _password(f"新密码（至少 {accounts.MIN_PASSWORD} 个字符）", "new", "new-password")
                    _password("再输一次", "again", "new-password")
                    ui.button("保存密码").props("type=submit unelevated data-testid=save-password").classes(
                        "self-start"
                    )
            with card("资料", mark="profile"), ui.element("div").classes("bb-form"):
                shown = ui.input("显示名", value=account.display_name).props("outlined maxlength=32 data-testid=shown")
                email = ui.input("邮箱", value=account.email or "").props("outlined type=email data-testid=email")
                for field in (shown, email):
                    field.classes("w-full")
                ui.button("保存", on_click=save).props("unelevated data-testid=save-profile").classes("self-start")


def _password(label: str, name: str, autocomplete: str) -> None:
    field = ui.input(label, password=True, password_toggle_button=True)
    field.props(f"outlined name={name} autocomplete={autocomplete}")
