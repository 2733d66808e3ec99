"""The look that all pages share: the frame with its navigation, and the parts that pages are made of."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nicegui import ui

from botbay.chat.models import Account, Role
from botbay.db import now
from botbay.settings import load_settings
from web.database import UNREACHABLE
from web.session import MaintainerNeeded, SignInNeeded, sign_in_path
from workers.accounts.service import AccountError

STATIC = Path(__file__).parent / "static"
_STYLE_VERSION = hashlib.sha256((STATIC / "botbay.css").read_bytes()).hexdigest()[:12]
HEAD = f'<link rel="stylesheet" href="/static/botbay.css?v={_STYLE_VERSION}">'

#: Path, name, icon, whether only maintainers see it.
_NAVIGATION = (
    ("/", "首页", "home", False),
    ("/search", "搜索", "search", False),
    ("/reports", "日报", "insights", False),
    ("/minutes", "纪要", "summarize", False),
    ("/todos", "待办", "task_alt", False),
    ("/applications", "申请", "fact_check", False),
    ("/drive", "网盘", "folder", False),
    ("/bind", "绑定微信", "link", False),
    ("/bots", "机器人", "smart_toy", True),
    ("/accounts", "账号", "group", True),
    ("/training", "训练", "school", True),
    ("/simulator", "模拟器", "forum", True),
    ("/me", "我的账号", "person", False),
)


def simulated() -> bool:
    """Whether the simulator is one of the bots, so that its page has something to drive."""
    return any(bot.endpoint is None for bot in load_settings().bots)


@contextmanager
def frame(title: str, *, subtitle: str = "", wide: bool = False) -> Iterator[None]:
    """Header, navigation and title of a page for whoever is signed in; inside goes its content."""
    request = ui.context.client.request
    account: Account = request.state.account
    here = request.url.path
    ui.page_title(f"{title} · BotBay")
    with ui.left_drawer(value=None, elevated=False).props("breakpoint=899 width=220").classes("bb-drawer") as drawer:
        _navigation(account, here)
    with ui.header().classes("bb-header items-center"):
        button = ui.button(icon="menu", on_click=drawer.toggle).props('flat round dense aria-label="菜单"')
        button.classes("lt-md").props("data-testid=menu")
        _brand("/")
    with ui.element("main").classes("bb-page bb-wide" if wide else "bb-page"):
        with ui.element("div"):
            text(title, "bb-title", tag="h1")
            if subtitle:
                text(subtitle, "bb-sub", tag="p")
        yield


def _navigation(account: Account, here: str) -> None:
    with ui.element("nav").classes("bb-nav").props('aria-label="导航"'):
        for path, name, icon, maintainers in _NAVIGATION:
            if (maintainers and account.role != Role.MAINTAINER) or (path == "/simulator" and not simulated()):
                continue
            with ui.item().props(f"href={path} data-testid=nav-{path.strip('/') or 'home'}") as item:
                if here == path or (path != "/" and here.startswith(f"{path}/")):
                    item.classes("bb-here").props('aria-current="page"')
                with ui.item_section().props("avatar"):
                    ui.icon(icon).classes("text-xl")
                with ui.item_section():
                    ui.item_label(name)
    ui.space()
    with ui.element("div").classes("bb-who"):
        text(account.display_name, "bb-strong bb-grow").props("data-testid=who")
        text("维护者" if account.role == Role.MAINTAINER else account.name, "bb-soft bb-small")
        with ui.element("form").props("method=post action=/logout").classes("q-mt-sm"):
            ui.button("退出登录", icon="logout", color=None).props("type=submit flat dense no-caps data-testid=logout")


@contextmanager
def alone(title: str) -> Iterator[None]:
    """A card in the middle of an empty page, for whoever is not signed in."""
    ui.page_title(f"{title} · BotBay")
    with ui.element("main").classes("bb-alone"), ui.element("div"):
        _brand(None)
        with ui.element("section").classes("bb-card"):
            text(title, "bb-title", tag="h1")
            yield


def _brand(path: str | None) -> None:
    with ui.element("a" if path else "div").classes("bb-brand") as brand:
        if path:
            brand.props(f"href={path}")
        ui.element("img").props('src=/static/mark.svg alt=""')
        text("BotBay", tag="span")


# --- parts -------------------------------------------------------------------------------------------------


def text(words: str, classes: str = "", *, tag: str = "div") -> ui.label:
    """Plain text, never markup."""
    label = ui.label(words).classes(classes)
    label.tag = tag
    return label


@contextmanager
def card(title: str = "", *, mark: str = "") -> Iterator[ui.element]:
    with ui.element("section").classes("bb-card") as element:
        if mark:
            element.props(f"data-testid={mark}")
        if title:
            text(title, tag="h2")
        yield element


def pill(words: str, kind: str = "") -> ui.label:
    """A short state. ``kind``: good, warn, bad, or nothing."""
    return text(words, f"bb-pill bb-{kind}" if kind else "bb-pill", tag="span")


def note(words: str, kind: str = "warn") -> ui.label:
    """Something to notice. ``kind``: good, warn or bad."""
    return text(words, f"bb-note bb-{kind}").props("role=status")


def link(words: str, path: str) -> ui.link:
    return ui.link(words, path).classes("bb-link")


@contextmanager
def empty(icon: str, words: str) -> Iterator[None]:
    """What stands where nothing is yet; inside goes what to do about it."""
    with ui.element("div").classes("bb-empty"):
        ui.icon(icon)
        text(words)
        yield


def local_time(at: datetime, zone: ZoneInfo | None = None) -> str:
    """A time in words, in the set time zone or another: 今天 10:02, 昨天 10:02, 9月3日 10:02, 2025年9月3日."""
    zone = zone or load_settings().zone
    there, today = at.astimezone(zone), now().astimezone(zone).date()
    clock = f"{there:%H:%M}"
    if there.date() == today:
        return f"今天 {clock}"
    if there.date() == today - timedelta(days=1):
        return f"昨天 {clock}"
    day = f"{there.month}月{there.day}日"
    return f"{day} {clock}" if there.year == today.year else f"{there.year}年{day}"


def duration(length: timedelta) -> str:
    """A length of time in words, in at most two units: 40 秒, 5 分钟, 2 小时 5 分钟, 3 天 4 小时."""
    seconds = max(0, int(length.total_seconds()))
    units = ((86400, "天"), (3600, "小时"), (60, "分钟"), (1, "秒"))
    for index, (size, name) in enumerate(units):
        if seconds >= size:
            words = f"{seconds // size} {name}"
            rest = seconds % size
            if index < 2 and rest >= units[index + 1][0]:
                words += f" {rest // units[index + 1][0]} {units[index + 1][1]}"
            return words
    return "不到 1 秒"


@contextmanager
def told() -> Iterator[None]:
    """Around what a button does: what goes wrong in a known way is told on the page."""
    try:
        yield
    except AccountError as error:
        ui.notify(str(error), type="warning", position="top")
    except SignInNeeded as error:
        ui.navigate.to(sign_in_path(str(error)))
    except MaintainerNeeded:
        ui.notify("只有维护者能这样做。", type="warning", position="top")
    except UNREACHABLE:
        ui.notify("数据库暂时连不上，请稍后再试。", type="negative", position="top")
