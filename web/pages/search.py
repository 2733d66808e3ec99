"""``/search``: what was said, what stands in pictures and documents, and files, found by their words."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from nicegui import ui
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.access import PRIVATE, Subject
from botbay.chat.models import Account
from botbay.db import now, transaction
from botbay.settings import load_settings
from web.layout import STATIC, empty, frame, link, text, told
from web.pages import read_text, search_wanted
from web.pages.drive_preview import Preview
from web.pages.search_hits import Hits
from web.pages.search_wanted import LONGEST, LONGEST_NAME, Wanted, When
from web.pages.source_panel import SourcePanel
from web.session import SignedIn, acting
from workers.archive import service as drive
from workers.archive.service import Standing
from workers.search import questions, service
from workers.search.service import Hit, Kind, Order, Results

_CSS = tuple((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in ("drive", "minutes", "search"))
_KINDS = {
    "": "全部",
    Kind.TEXT: "聊天",
    Kind.PICTURE: "图片里的字",
    Kind.DOCUMENT: "文档里的字",
    Kind.FILE: "文件",
    Kind.LINK: "链接",
}
_WHEN = {When.ALL: "不限时间", When.TODAY: "今天", When.WEEK: "最近 7 天", When.MONTH: "最近 30 天", When.OWN: "自选"}
_ORDERS = {Order.BEST: "最相关的在前", Order.NEWEST: "最新的在前"}
#: Shown to who has not looked for anything yet.
_TRIES = ("WiFi密码多少", "报销", "合同", "周会改到")


class _Page:
    """One open page. What is changed on it leads to another address, so that going back works."""

    def __init__(self, account: Account, standing: Standing, wanted: Wanted, zone: ZoneInfo, today: date) -> None:
        self._account = account
        self._standing = standing
        self._wanted = wanted
        self._query = wanted.query(zone, today)
        self._skip = 0
        self._shown: set[int] = set()  # messages

    async def build(self) -> None:
        with frame("搜索", subtitle="说过的话、图片上的字、文档里的内容和文件名，都能找。"):
            self._source = SourcePanel(self._account)
            self._preview = Preview(self._account)
            self._hits = Hits(self._open, self._open_around)
            self._box()
            if self._wanted.words or self._wanted.narrow:
                self._filters()
            self._found = ui.element("div").classes("se-found")
            self._rest = ui.element("div").classes("se-rest")
            if self._wanted.looks and self._standing.bound:
                await self._more()
            else:
                with self._rest:
                    self._nothing_yet()

    # --- what is wanted ---

    def _go(self, **change: object) -> None:
        wanted = replace(self._wanted, words=self._typed(), **change)  # type: ignore[arg-type]
        if wanted != self._wanted:
            ui.navigate.to(wanted.path)

    def _typed(self) -> str:
        return search_wanted.clean(str(self._words.value or ""), LONGEST)

    def _box(self) -> None:
        with ui.element("form").classes("se-box").props("role=search") as form:
            self._words = ui.input(value=self._wanted.words, placeholder="几个字、一个词，或者一句问话")
            self._words.props(f"outlined clearable maxlength={LONGEST} type=search enterkeyhint=search")
            self._words.props('aria-label="搜什么" data-testid=words').classes("se-input")
            if not self._wanted.words:
                self._words.props("autofocus")
            with self._words.add_slot("prepend"):
                ui.icon("search")
            ui.button("搜索").props("unelevated no-caps type=submit data-testid=go")
        form.on("submit.prevent", lambda: self._go())

    def _filters(self) -> None:
        wanted = self._wanted
        kinds = ui.toggle(_KINDS, value=wanted.kind or "").props("no-caps unelevated dense data-testid=kind")
        kinds.classes("se-kinds")
        kinds.on_value_change(lambda event: self._go(kind=Kind(event.value) if event.value else None))
        rooms = {0: "所有地方", **{room.id: room.topic or "没有名字的群" for room in self._standing.rooms}}
        with ui.element("div").classes("se-filters"):
            room = ui.select(rooms, value=wanted.room_id or 0, label="在哪里")
            room.on_value_change(lambda event: self._go(room_id=event.value or None))
            person = ui.input("谁说的", value=wanted.person).props(f"clearable maxlength={LONGEST_NAME}")
            for event in ("keydown.enter", "blur", "clear"):
                person.on(event, lambda: self._go(person=search_wanted.clean(str(person.value or ""), LONGEST_NAME)))
            when = ui.select(_WHEN, value=wanted.when, label="什么时候")
            when.on_value_change(lambda event: self._go(when=event.value))
            order = ui.select(_ORDERS, value=wanted.order, label="先看")
            order.on_value_change(lambda event: self._go(order=event.value))
            for mark, field in (("room", room), ("person", person), ("when", when), ("order", order)):
                field.props(f"outlined dense data-testid=filter-{mark}")
            if wanted.when == When.OWN:
                self._days()

    def _days(self) -> None:
        since = ui.input("从哪天", value=_iso(self._wanted.since)).props("data-testid=since")
        until = ui.input("到哪天", value=_iso(self._wanted.until)).props("data-testid=until")

        def between() -> None:
            first, last = (search_wanted.day_of(str(field.value or "")) for field in (since, until))
            if first is not None and last is not None and first > last:
                ui.notify("开始要早于结束。", type="warning", position="top")
            else:
                self._go(since=first, until=last)

        for field in (since, until):
            field.props("type=date outlined dense stack-label clearable")
            # Somebody who types a date passes through years that nobody means: the field is left first.
            field.on("blur", between).on("keydown.enter", between).on("clear", between)

    # --- what is found ---

    async def _more(self) -> None:
        with told():
            async with acting(self._account) as (session, account):
                found = await self._search(session, account)
                hits = [hit for hit in found.hits if hit.message_id not in self._shown]
                answer = found.answer if self._skip == 0 else None
                ids = [hit.file_id for hit in (*hits, answer) if hit is not None and hit.file_id is not None]
                files = {entry.id: entry for entry in await drive.find(session, account, ids)}
            with self._found:
                if self._skip == 0 and found.total > 1:
                    least = "至少 " if found.total >= service.MOST else " "
                    text(f"找到{least}{found.total} 条", "se-count").props("data-testid=count")
                if answer is not None:
                    self._hits.answer(answer, files)
                    self._shown.add(answer.message_id)
                for hit in hits:
                    if hit.message_id not in self._shown:
                        self._hits.hit(hit, files)
                        self._shown.add(hit.message_id)
            self._skip += len(found.hits)
            self._rest.clear()
            with self._rest:
                if found.more and found.hits:
                    ui.button("看更多", icon="expand_more", on_click=self._more).props("flat data-testid=more")
                elif not self._shown:
                    self._nothing()

    async def _search(self, session: AsyncSession, account: Account) -> Results:
        """What is to be shown next. Nobody repeats a question word for word: then it is what the question is about."""
        subject = Subject.of_account(account)
        found = await service.search(session, subject, PRIVATE, self._query, skip=self._skip)
        if self._skip == 0 and not found.hits and (question := questions.understand(self._wanted.words)) is not None:
            self._query = replace(self._query, words=" ".join(question.words), asked=self._wanted.words)
            found = await service.search(session, subject, PRIVATE, self._query)
        return found

    async def _open(self, hit: Hit) -> None:
        """A picture, a document or a file itself; what was said among what was said around it."""
        if hit.file_id is None:
            await self._open_around(hit)
            return
        with told():
            async with acting(self._account) as (session, account):
                found = await drive.find(session, account, [hit.file_id])
            if found:
                await self._preview.open(found[0], found, mark=self._mark(hit))
            else:
                ui.notify("这份文件已经不在了。", type="warning", position="top")

    async def _open_around(self, hit: Hit) -> None:
        await self._source.open(hit.room_id, [hit.message_id], mark=self._mark(hit))

    def _mark(self, hit: Hit) -> list[str]:
        """The words that were found, as they stand there and as they were typed."""
        return [*dict.fromkeys((*(hit.snippet[start:end] for start, end in hit.marks), *self._wanted.words.split()))]

    # --- nothing to show ---

    def _nothing_yet(self) -> None:
        """Says what can be looked for, or what must come before."""
        if not self._standing.bound:
            with empty("link_off", "还不知道哪个微信是你：绑定以后，就能搜你在的群和你的私聊。"):
                link("去绑定", "/bind")
        else:
            with empty("manage_search", "一两个字也能搜；问一句话，先给你答案。"):
                with ui.element("div").classes("se-tries"):
                    for words in _TRIES:
                        link(words, Wanted(words=words).path)
                if not self._standing.recording:
                    text("还没有记录任何群：由群主或拉机器人进群的人说「开始记录」，以后的话就能搜到。", "bb-small")

    def _nothing(self) -> None:
        """Says why there is nothing, and what to do about it."""
        if self._wanted.narrow:
            words = f"「{self._wanted.words}」" if self._wanted.words else "消息"
            with empty("filter_alt_off", f"这些条件下没有{words}。"):
                ui.button("去掉条件", on_click=lambda: ui.navigate.to(self._wanted.bare.path)).props(
                    "flat no-caps data-testid=clear-filters"
                )
        elif not self._standing.recording:
            with empty("groups", f"没有找到「{self._wanted.words}」：还没有记录任何群。"):
                text("由群主或拉机器人进群的人说「开始记录」，以后的话就能搜到。", "bb-small")
        else:
            with empty("search_off", f"没有找到「{self._wanted.words}」。"):
                text("换个短一点的词试试。开始记录以前说的话搜不到；刚发的图片，等读完就能搜到。", "bb-small")


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def register() -> None:
    @ui.page("/search")
    async def search(
        account: SignedIn,
        q: str = "",
        room: str = "",
        person: str = "",
        kind: str = "",
        when: str = "",
        since: str = "",
        until: str = "",
        order: str = "",
    ) -> None:
        for css in _CSS:
            ui.add_css(css)
        read_text.put_on()
        zone = ZoneInfo(account.timezone) if account.timezone else load_settings().zone
        async with transaction() as session:
            standing = await drive.standing(session, account)
        room_id = next((each.id for each in standing.rooms if str(each.id) == room), None)
        wanted = search_wanted.read(q, person, kind, when, since, until, order, room_id)
        await _Page(account, standing, wanted, zone, now().astimezone(zone).date()).build()
