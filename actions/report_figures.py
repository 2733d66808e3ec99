"""Which figure a question is about: 这周谁话最多 wants a name and no report."""

import re
from collections.abc import Mapping
from typing import Any

#: By figure, in the order of asking: the first that fits counts.
_FIGURES: Mapping[str, re.Pattern[str]] = {
    "mentions": re.compile(r"(?:@|＠|艾特|圈|at)(?:了|过)?(?:我|俺|咱)|(?:我|俺)被(?:@|＠|艾特|圈)"),
    "hours": re.compile(
        r"(?:几点|哪个(?:时段|钟头|小时|点)|什么(?:时候|时段|时间)|哪会儿?)[^，,。]{0,8}(?:最)?(?:热闹|活跃|多|忙|吵)|时段分布"
    ),
    "rooms": re.compile(
        r"(?:哪个|哪几个|哪些)群[^，,。]{0,6}(?:最|活跃|热闹|能聊|多)|各群[^，,。]{0,6}(?:排|多少|消息量|消息数)"
    ),
    "people": re.compile(
        r"谁[^，,。]{0,10}(?:最|话多|话痨|刷屏|冒泡最|第一)|哪(?:个|位)(?!群|时|钟|小时|点)[^，,。]{0,4}最(?:能|会|爱)?(?:聊|说|活跃|多|积极)"
        r"|话痨|龙王|水王|水群|刷屏最|(?:发言|活跃|说话|聊天)(?:榜|排行|排名)|活跃榜|嘴最碎"
    ),
    "speakers": re.compile(
        r"(?:多少|几)个?人[^，,。]{0,6}(?:说|发言|冒泡|讲|参与|活跃|聊)|(?:发言|参与)[^，,。]{0,4}人数"
    ),
    "change": re.compile(r"(?:比|跟|和)[^，,。]{1,6}(?:多|少|涨|跌|降|相比|比)|涨了?(?:还是|没)|环比"),
    "kinds": re.compile(
        r"(?:多少|几)(?:张|个|条|段|份|封)?(?:图|照片|截图|语音|视频|文件|链接|表情)|(?:图|照片|语音|视频|文件|链接)[^，,。]{0,6}(?:多少|几[张个条段份]|占)"
    ),
    "total": re.compile(
        r"(?:多少|几)(?:条|句|则)?(?:消息|信息|话(?!题)|聊天|发言)|(?:消息|聊天|发言)(?:数|量|总量|总数|条数)|多少条|几条"
    ),
}
#: Beside a figure the whole is wanted too: 日报 and 统计 say so.
_WHOLE = re.compile(r"日报|周报|月报|报表|报告|简报|盘点|概况|汇总|战报|看板|流水账|汇报")
_WEEK = re.compile(r"周报|一周小结|weekly", re.IGNORECASE)
_MONTH = re.compile(r"月报|monthly", re.IGNORECASE)
_OF_ME = re.compile(
    r"^(?:看看|看下|统计|查)?(?:一下)?(?:我|俺)(?!们|的群|想|要|管|这|在群里没)|(?:我|俺)(?:自己)?(?:在群里|今天|昨天|这|本|上)[^，,。]{0,8}(?:说|发|第几)"
)


def read(text: str, person: str | None) -> dict[str, Any]:
    """The parts of a request for a report that a sentence gives: ``figure``, ``of`` whose, ``grain`` week or month."""
    parts: dict[str, Any] = {}
    if _WEEK.search(text):
        parts["grain"] = "week"
    elif _MONTH.search(text):
        parts["grain"] = "month"
    if _WHOLE.search(text):
        return parts
    found = next((name for name, words in _FIGURES.items() if words.search(text)), None)
    if found in ("total", "kinds", "people", None) and (of := "我" if _OF_ME.search(text) else person):
        return {**parts, "figure": "person", "of": of}
    return {**parts, "figure": found} if found else parts
