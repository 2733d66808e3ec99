"""``/drive``: the files of one's rooms and private chats, to look at, download, share and throw away."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.models import Account
from botbay.db import transaction
from web.layout import STATIC, empty, frame, link, text, told
from web.live import follow
from web.pages import read_text
from web.pages.drive_list import FileList
from web.pages.drive_preview import Preview
from web.pages.drive_shares import LinksDialog, ShareDialog
from web.pages.drive_trash import TrashDialog
from web.pages.drive_usage import UsageDialog
from web.session import SignedIn, acting
from workers.archive import service, shares, trash
from workers.archive.repository import Entry
from workers.archive.service import PAGE, DriveError, Standing, Tab, Wanted

_CSS = (STATIC / "drive.css").read_text(encoding="utf-8")
#: A list longer than this is left as it is until somebody does something.
_FOLLOWED = 3 * PAGE
_PRIVATE = "private"

Rule = Callable[[AsyncSession, Account], Awaitable[object]]


class _Page:
    """One open page."""

    def __init__(self, account: Account, standing: Standing, wanted: Wanted, origin: str) -> None:
        self._account = account
        self._standing = standing
        self._wanted = wanted
        self._page = service.Page(entries=[], gaps=[], more=False)
        self._people: list[tuple[int, str]] = []
        self._selected: dict[int, Entry] = {}
        self._preview = Preview(account, retry=self._retry, share=self._share, throw_away=self._throw_away)
        self._sharing = ShareDialog(self.do, origin)
        self._links = LinksDialog(self.do, account)
        self._trash = TrashDialog(self.do, account, self.look)
        self._usage = UsageDialog(account)

    async def build(self) -> None:
        with frame("网盘", subtitle="群里和私聊里发过的文件都在这里，不会过期。", wide=True):
            with ui.element("div").classes("dr-head"):
                self._tabs()
                with ui.element("div").classes("dr-tools"):
                    ui.button("搜内容", icon="search", color=None).props(
                        "flat dense no-caps href=/search data-testid=search"
                    )
                    for words, icon, mark, open_ in (
                        ("分享的链接", "link", "links", self._links.open),
                        ("回收站", "delete_outline", "trash", self._trash.open),
                        ("用量", "pie_chart_outline", "usage", self._usage.open),
                    ):
                        button = ui.button(words, icon=icon, color=None, on_click=open_)
                        button.props(f"flat dense no-caps data-testid={mark}")
            self._filters()
            self._list = FileList(self._select, lambda entry: self._preview.open(entry, self._page.entries))
            self._rest = ui.element("div").classes("dr-rest")
            self._bar()
        await self._load()
        follow(self.look)

    async def open(self, file_id: int) -> None:
        """Show one file, as a link from elsewhere asks for it."""
        with told():
            async with acting(self._account) as (session, account):
                found = await service.find(session, account, [file_id])
            if found:
                await self._preview.open(found[0], found)
            else:
                ui.notify("这份文件已经不在了。", type="warning", position="top")

    # --- what is wanted ---

    def _tabs(self) -> None:
        names = {Tab.IMAGES: "图片", Tab.AUDIO: "音频", Tab.VIDEO: "视频", Tab.ATTACHMENTS: "附件"}
        with ui.tabs(on_change=lambda event: self._want(tab=Tab(event.value))) as tabs:
            self._first_tab = ui.tab(Tab.ALL, label="").props("data-testid=tab-all")
            for tab, name in names.items():
                ui.tab(tab, label=name).props(f"data-testid=tab-{tab}")
        tabs.props("align=left no-caps dense mobile-arrows").classes("dr-tabs")
        tabs.value = self._wanted.tab
        self._name_first_tab()

    def _name_first_tab(self) -> None:
        self._first_tab.props["label"] = "私聊文件" if self._wanted.private else "群聊文件"
        self._first_tab.update()

    def _filters(self) -> None:
        places = {"": "所有群", **{str(room.id): room.topic or "没有名字的群" for room in self._standing.rooms}}
        places[_PRIVATE] = "私聊"
        here = _PRIVATE if self._wanted.private else str(self._wanted.room_id or "")
        with ui.element("div").classes("dr-filters"):
            self._place = ui.select(places, value=here if here in places else "", label="哪个群")
            self._place.on_value_change(lambda event: self._go(str(event.value or "")))
            self._person = ui.select({}, label="谁发的", clearable=True, with_input=True)
            self._person.on_value_change(lambda event: self._want(person_id=event.value))
            self._day = ui.input("哪一天").props("type=date stack-label clearable")
            self._day.on_value_change(lambda event: self._want(day=_day(event.value)))
            self._name = ui.input("文件名里有").props("debounce=350 clearable maxlength=100")
            self._name.on_value_change(lambda event: self._want(name=event.value or ""))
            for mark, field in (
                ("place", self._place),
                ("person", self._person),
                ("day", self._day),
                ("name", self._name),
            ):
                field.props(f"outlined dense data-testid=filter-{mark}")

    async def _go(self, place: str) -> None:
        private = place == _PRIVATE
        room_id = int(place) if place.isdigit() else None
        self._wanted = replace(self._wanted, private=private, room_id=room_id, person_id=None)
        self._name_first_tab()
        await self._load()

    async def _want(self, **change: object) -> None:
        wanted = replace(self._wanted, **change)  # type: ignore[arg-type]
        if wanted != self._wanted:
            self._wanted = wanted
            await self._load()

    async def _clear(self) -> None:
        self._wanted = Wanted(room_id=self._wanted.room_id, private=self._wanted.private, tab=self._wanted.tab)
        self._person.value, self._day.value, self._name.value = None, "", ""
        await self._load()

    # --- what is shown ---

    async def _load(self) -> None:
        """Show the first page of what is wanted, with nothing selected."""
        self._selected.clear()
        with told():
            async with acting(self._account) as (session, account):
                self._page = await service.page(session, account, self._wanted)
                self._people = await service.people(session, account, self._wanted)
            self._person.set_options(dict(self._people), value=self._wanted.person_id)
            self._paint()

    async def look(self) -> None:
        """Show what has changed since."""
        shown = len(self._page.entries)
        if shown > _FOLLOWED:
            return
        async with transaction() as session:
            fresh = await service.page(session, self._account, self._wanted, limit=max(PAGE, shown))
        if fresh != self._page:
            self._page = fresh
            there = {entry.id: entry for entry in fresh.entries}
            self._selected = {file_id: there[file_id] for file_id in self._selected if file_id in there}
            self._paint()

    async def _more(self) -> None:
        with told():
            async with acting(self._account) as (session, account):
                older = await service.page(session, account, self._wanted, after=self._page.entries[-1])
            self._page = service.Page(
                entries=[*self._page.entries, *older.entries], gaps=[*self._page.gaps, *older.gaps], more=older.more
            )
            self._list.add(older, self._selected)
            self._paint_rest()

    def _paint(self) -> None:
        self._list.clear()
        self._list.add(self._page, self._selected)
        self._paint_rest()
        self._paint_bar()

    def _paint_rest(self) -> None:
        self._rest.clear()
        with self._rest:
            if self._page.more:
                ui.button("看更早的", icon="expand_more", on_click=self._more).props("flat data-testid=more")
            elif not self._page.entries:
                self._nothing()

    def _nothing(self) -> None:
        """Says why there is nothing, and what to do about it."""
        if self._wanted.narrow:
            with empty("filter_alt_off", "这个条件下没有文件。"):
                ui.button("清除条件", on_click=self._clear).props("flat data-testid=clear-filters")
        elif not self._standing.bound:
            with empty("link_off", "还不知道哪个微信是你：绑定以后，你在的群里的文件会出现在这里。"):
                link("去绑定", "/bind")
        elif self._wanted.private:
            with empty("chat_bubble_outline", "私聊里还没有文件。"):
                text("对机器人说「可以记录我」，之后发给它的文件会存在这里。", "bb-small")
        elif not self._standing.recording:
            with empty("groups", "还没有记录任何群。"):
                text("把机器人拉进群，由群主或拉它进群的人说「开始记录」，之后群里的文件会出现在这里。", "bb-small")
        else:
            with empty("folder_open", "开始记录以后，还没有人发过文件。"):
                pass

    # --- what is selected ---

    def _select(self, entry: Entry, chosen: bool) -> None:
        if chosen:
            self._selected[entry.id] = entry
        else:
            self._selected.pop(entry.id, None)
        self._paint_bar()

    def _bar(self) -> None:
        with ui.element("div").classes("dr-bar").props("data-testid=selection role=toolbar") as self._selection:
            self._count = text("", "bb-strong")
            ui.space()
            self._zip = ui.button("打包下载", icon="archive").props("unelevated dense no-caps data-testid=zip")
            share = ui.button(
                "分享", icon="share", color=None, on_click=lambda: self._share(list(self._selected.values()))
            )
            share.props("flat dense no-caps data-testid=share")
            throw = ui.button(
                icon="delete_outline", color=None, on_click=lambda: self._throw_away(list(self._selected.values()))
            )
            throw.props('flat dense round aria-label="放进回收站" data-testid=throw-away')
            ui.button(icon="close", color=None, on_click=self._unselect).props('flat dense round aria-label="不选了"')
        self._paint_bar()

    def _paint_bar(self) -> None:
        count = len(self._selected)
        self._selection.visible = count > 0
        self._count.text = f"选了 {count} 个"
        too_many = count > shares.MOST
        self._zip.set_enabled(not too_many)
        self._zip.props["href"] = f"/files/zip?ids={','.join(map(str, self._selected))}"
        self._zip.update()

    def _unselect(self) -> None:
        self._selected.clear()
        self._paint()

    # --- what is done ---

    async def do(self, rule: Rule) -> bool:
        """Act for the account; whether it could be done. What cannot be done is told."""
        done = False
        with told():
            try:
                async with acting(self._account) as (session, account):
                    await rule(session, account)
                done = True
            except DriveError as error:
                ui.notify(str(error), type="warning", position="top", multi_line=True)
        return done

    def _share(self, entries: Sequence[Entry]) -> None:
        self._sharing.open([entry.id for entry in entries])

    async def _throw_away(self, entries: Sequence[Entry]) -> bool:
        ids = [entry.id for entry in entries]
        thrown = 0

        async def rule(session: AsyncSession, account: Account) -> None:
            nonlocal thrown
            thrown = await trash.throw_away(session, account, ids)

        if not await self.do(rule):
            return False
        rest = f"，{len(ids) - thrown} 个不是你发的，没有动" if thrown < len(ids) else ""
        ui.notify(f"{thrown} 个放进了回收站，{trash.DAYS} 天内可以恢复{rest}。", type="positive", position="top")
        await self._load()
        return True

    async def _retry(self, entry: Entry) -> None:
        if await self.do(lambda session, account: service.retry(session, account, entry.id)):
            ui.notify("正在重新取。", position="top")
            await self.look()


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def register() -> None:
    @ui.page("/drive")
    async def drive(account: SignedIn, tab: str = "", room: int = 0, file: int = 0) -> None:
        ui.add_css(_CSS)
        read_text.put_on()
        async with transaction() as session:
            standing = await service.standing(session, account)
        room_id = room if room in {each.id for each in standing.rooms} else None
        wanted = Wanted(tab=Tab(tab) if tab in set(Tab) else Tab.ALL, room_id=room_id)
        origin = str(ui.context.client.request.base_url).rstrip("/")
        page = _Page(account, standing, wanted, origin)
        await page.build()
        if 0 < file < 2**63:
            await page.open(file)
