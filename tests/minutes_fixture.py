"""Minutes made by hand, as the exports and the page get them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.minutes.document import Chapter, Item, Minutes, Todo

ZONE = ZoneInfo("Asia/Shanghai")
SINCE = datetime(2026, 3, 4, 9, 0, tzinfo=ZONE)
UNTIL = datetime(2026, 3, 4, 18, 0, tzinfo=ZONE)
ADDRESS = "https://example.com/prd/v2?tab=1&x=a_b_c#top"


def at(minutes: float) -> datetime:
    return SINCE + timedelta(minutes=minutes)


def item(text: str, source: int, who: str = "王芳", minutes: float = 5) -> Item:
    return Item(text=text, source=(source,), who=who, at=at(minutes))


def made(*, ids: tuple[int, ...] = tuple(range(20)), room: str = "产品群", since: datetime = SINCE) -> Minutes:
    """Minutes with something in every part; ``ids`` are the ids of its messages, at least twelve."""
    shift = since - SINCE
    first = item("周五晚上 8 点发 2.0 版，先灰度 10% 的用户。", ids[0])
    second = item("支付页的崩溃要在发版前修好，昨天又有 37 个用户遇到。", ids[1], "老李", 12)
    third = item("设计稿按新的蓝色版改，旧的绿色不用了。", ids[2], "钱小满", 190)
    minutes = Minutes(
        room=room,
        title=f"{room} 3月4日纪要",
        since=SINCE,
        until=UNTIL,
        people=("王芳", "老李", "钱小满", "阿May😀"),
        messages=86,
        summary=(first, second),
        chapters=(
            Chapter(title="2.0 发版", since=at(0), until=at(40), messages=41, items=(first, second), source=ids[:2]),
            Chapter(title="设计稿", since=at(185), until=at(240), messages=20, items=(third,), source=(ids[2],)),
        ),
        highlights=(first, second, third),
        decisions=(
            first,
            item("那就按 B 方案，旧接口保留到 <b>6 月</b> | 之后下线", ids[3], "老李", 30),
        ),
        todos=(
            Todo(
                text="老李你把支付页的崩溃修了，周五之前",
                source=(ids[4],),
                who="老李",
                at=at(14),
                what="把支付页的崩溃修了",
                due=datetime(2026, 3, 6, 23, 59, 59, tzinfo=ZONE),
                shown="周五之前",
            ),
            Todo(text="发版公告谁来写一下", source=(ids[5],), at=at(33), what="写发版公告"),
            Todo(
                text="我明天下午3点前把素材给你",
                source=(ids[6],),
                who="阿May😀",
                at=at(200),
                what="把素材给钱小满",
                due=datetime(2026, 3, 5, 15, 0, tzinfo=ZONE),
                shown="明天下午3点前",
            ),
        ),
        questions=(item("旧用户的优惠券要不要一起迁过去？", ids[7], "钱小满", 210),),
        links=(item(f"需求文档 {ADDRESS}", ids[8], "老李", 3),),
        files=(item("2026年第一季度 报价单（最终版）.xlsx", ids[9], "钱小满", 230),),
        keywords=("发版", "灰度", "支付页", "设计稿"),
        gaps=("3月4日 12:10–12:40 不在线（网关断了），这段时间的消息可能不全",),
    )
    return _moved(minutes, shift) if shift else minutes


def empty(room: str = "安静群") -> Minutes:
    return Minutes(room=room, title=f"{room} 3月4日纪要", since=SINCE, until=UNTIL, people=(), messages=0)


def _moved(minutes: Minutes, by: timedelta) -> Minutes:
    """The same, at another time."""

    def moved(value: object) -> object:
        if isinstance(value, datetime):
            return value + by
        if isinstance(value, dict):
            return {key: moved(each) for key, each in value.items()}
        return [moved(each) for each in value] if isinstance(value, list | tuple) else value

    return Minutes.model_validate(moved(minutes.model_dump()))
