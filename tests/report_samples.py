"""Reports as they might be, for tests that draw and tell them."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workers.report.document import (
    DayCount,
    FileEntry,
    Joined,
    Keyword,
    KindCount,
    Mention,
    MinutesEntry,
    PersonCount,
    Report,
    RoomCount,
    TodoEntry,
)

ZONE = ZoneInfo("Asia/Shanghai")
#: A Monday evening.
AT = datetime(2026, 11, 23, 21, 0, tzinfo=ZONE)


def sample(**changes: Any) -> Report:
    """Of a person's busy Monday, as it was at nine in the evening."""
    day = datetime(2026, 11, 23, tzinfo=ZONE)
    facts: dict[str, Any] = {
        "grain": "day",
        "room_id": None,
        "title": "",
        "zone": ZONE.key,
        "since": day,
        "until": day + timedelta(days=1),
        "made_at": AT,
        "open": True,
        "total": 1284,
        "before": 1172,
        "people_count": 46,
        "kinds": tuple(
            KindCount(kind=kind, count=count)
            for kind, count in (
                ("text", 1010),
                ("image", 142),
                ("other", 61),
                ("file", 27),
                ("voice", 22),
                ("link", 14),
                ("video", 8),
            )
        ),
        "hours": (3, 0, 0, 0, 0, 0, 2, 12, 41, 126, 143, 98, 52, 61, 120, 164, 138, 109, 66, 51, 84, 14, 0, 0),
        "trend": tuple(
            DayCount(day=date(2026, 11, 17) + timedelta(days=place), count=count)
            for place, count in enumerate((980, 1120, 1301, 1204, 402, 366, 1284))
        ),
        "rooms": tuple(
            RoomCount(room_id=place, name=name, count=count, people=9)
            for place, (name, count) in enumerate(
                (
                    ("产品群", 402),
                    ("三年二班家长群", 318),
                    ("项目二期施工协调群（总包+监理+业主）", 240),
                    ("测试群", 180),
                    ("羽毛球周三场", 96),
                    ("老友记🎉", 48),
                ),
                1,
            )
        ),
        "people": (
            *(
                PersonCount(contact_id=place, name=name, count=count)
                for place, (name, count) in enumerate(
                    (("后端 赵云", 144), ("李建国", 121), ("May🌸", 97), ("王姐", 88), ("小周", 61), ("老陈", 40)), 1
                )
            ),
            PersonCount(contact_id=None, name="没有同意记录的人", count=30),
        ),
        "mentions": tuple(
            Mention(message_id=place, room_id=1, room="产品群", who=who, text=text, at=AT, answered=answered)
            for place, (who, text, answered) in enumerate(
                (
                    ("后端 赵云", "@王 补丁什么时候能合？", False),
                    ("李建国", "@王 明天的会你来主持", False),
                    ("May🌸", "@王 图已经改好了", True),
                ),
                1,
            )
        ),
        "keywords": tuple(
            Keyword(word=word, weight=weight, count=10)
            for word, weight in (
                ("发布", 1.0),
                ("登录页", 0.9),
                ("家长会", 0.8),
                ("灰度", 0.7),
                ("浇筑", 0.62),
                ("回归用例", 0.6),
                ("报价单", 0.5),
                ("支付", 0.45),
                ("秋游", 0.4),
                ("补丁", 0.35),
                ("塔吊", 0.3),
                ("体检", 0.25),
            )
        ),
        "files": (
            FileEntry(
                name="发布检查清单v3.xlsx", room="产品群", who="小周", count=2, source=(11, 12), at=AT, file_id=1
            ),
            FileEntry(name="二期施工进度.pdf", room="测试群", who="老陈", count=1, source=(13,), at=AT, file_id=2),
        ),
        "links": (
            FileEntry(
                name="灰度发布方案",
                room="产品群",
                who="小周",
                count=1,
                source=(14,),
                at=AT,
                url="https://example.com/g",
            ),
        ),
        "joined": (Joined(name="新来的小林", room="产品群", at=AT),),
        "todos": (
            TodoEntry(what="提交登录页的补丁", who="王", due="明天 18:00", room="产品群", mine=True, source=(21,)),
            TodoEntry(what="订家长会的教室", who="王姐", due="", room="三年二班家长群", mine=False, source=(22,)),
        ),
        "minutes": (MinutesEntry(minutes_id=3, title="产品群 · 发布、登录页", room="产品群", since=day, until=AT),),
        "gaps": ("今天 13:05–13:21 不在线（网关断开），这段时间的消息可能不全",),
    }
    return Report(**{**facts, **changes})


def empty(**changes: Any) -> Report:
    """A day on which nobody said anything."""
    nothing: dict[str, Any] = {
        "total": 0,
        "before": None,
        "people_count": 0,
        "hours": (0,) * 24,
        "rooms": (),
        "people": (),
        "mentions": (),
        "keywords": (),
        "files": (),
        "links": (),
        "joined": (),
        "todos": (),
        "minutes": (),
        "gaps": (),
        "kinds": tuple(KindCount(kind=each.kind, count=0) for each in sample().kinds),
        "trend": tuple(DayCount(day=each.day, count=0) for each in sample().trend),
    }
    return sample(**{**nothing, **changes})
