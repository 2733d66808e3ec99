"""The charts of a report, for ECharts. A column is touched at its whole height: on a phone a small one is hard to hit."""

from collections.abc import Collection, Sequence
from typing import Any

from workers.report import words
from workers.report.document import DayCount, Kind, KindCount

Options = dict[str, Any]

COLOURS: dict[Kind, str] = {
    "text": "#0f766e",
    "image": "#e0a23b",
    "voice": "#4f86d9",
    "video": "#8a6fd1",
    "file": "#74b49b",
    "link": "#d9775a",
    "other": "#a9b8b5",
}
_INK, _SOFT, _LINE, _BAR, _BEST = "#1c2b2a", "#5d6f6d", "#e2e8e5", "#7fbdb4", "#0f766e"
_FONT = (
    '-apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", '
    '"Noto Sans CJK SC", "Noto Sans SC", sans-serif'
)
#: Columns up to which each tells its count.
_LABELLED = 10
_WEEK = "一二三四五六日"


def kinds(counts: Sequence[KindCount]) -> Options:
    """A ring; its parts are in the order of ``counts``."""
    return {
        **_base(),
        "tooltip": {"trigger": "item", "formatter": "{b}：{c} 条（{d}%）"},
        "series": [
            {
                "type": "pie",
                "radius": ["58%", "88%"],
                "label": {"show": False},
                "itemStyle": {"borderColor": "#fff", "borderWidth": 2},
                "data": [
                    {"name": words.kind(each.kind), "value": each.count, "itemStyle": {"color": COLOURS[each.kind]}}
                    for each in counts
                ],
            }
        ],
    }


def hours(counts: Sequence[int]) -> Options:
    names = [f"{hour} 点" for hour in range(len(counts))]
    return _columns(names, [str(hour) for hour in range(len(counts))], counts, {"interval": 2})


def trend(days: Sequence[DayCount], *, marked: Collection[int]) -> Options:
    """Days in columns; ``marked`` are the places of those that the report counts."""
    names = [f"{each.day.month}月{each.day.day}日 周{_WEEK[each.day.weekday()]}" for each in days]
    short = [f"{each.day.month}/{each.day.day}" for each in days]
    options = _columns(names, short, [each.count for each in days], {"hideOverlap": True})
    for place, entry in enumerate(options["series"][0]["data"]):
        entry["itemStyle"] = {"color": _BEST if place in marked else _BAR}
    return options


def _base() -> Options:
    return {"animation": False, "textStyle": {"fontFamily": _FONT, "color": _INK}}


def _columns(names: Sequence[str], labels: Sequence[str], counts: Sequence[int], axis: Options) -> Options:
    """``labels`` stand under the columns, ``names`` are shown of the one that is pointed at; the highest tells its count, and of few all."""
    top = max(counts, default=0)
    best = list(counts).index(top) if top else -1
    data: list[Options] = [
        {"value": count, "itemStyle": {"color": _BEST if place == best else _BAR}} for place, count in enumerate(counts)
    ]
    for place, entry in enumerate(data):
        if counts[place] and (place == best or len(data) <= _LABELLED):
            entry["label"] = {"show": True, "position": "top", "formatter": "{c}", "color": _INK, "fontSize": 12}
    columns = {"type": "category", "data": list(labels)}
    return {
        **_base(),
        "grid": {"left": 4, "right": 6, "top": 22, "bottom": 2, "containLabel": True},
        "tooltip": {"trigger": "item", "formatter": "{b}", "confine": True},
        "xAxis": [
            {
                **columns,
                "axisTick": {"show": False},
                "axisLine": {"lineStyle": {"color": _LINE}},
                "axisLabel": {"color": _SOFT, "fontSize": 11.5, **axis},
            },
            {**columns, "show": False},
        ],
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "splitNumber": 3,
            "axisLabel": {"color": _SOFT, "fontSize": 11.5},
            "splitLine": {"lineStyle": {"color": _LINE}},
        },
        "series": [
            {
                "type": "bar",
                "data": data,
                "barWidth": "68%",
                "barMaxWidth": 44,
                "itemStyle": {"borderRadius": [3, 3, 0, 0]},
            },
            {  # not seen, and as high as the highest: what is touched and pointed at
                "type": "bar",
                "xAxisIndex": 1,
                "data": [
                    {"value": top, "name": f"{name}：{words.number(count)} 条"}
                    for name, count in zip(names, counts, strict=True)
                ],
                "barWidth": "100%",
                "itemStyle": {"color": "transparent"},
                "emphasis": {"itemStyle": {"color": "rgba(15, 118, 110, .08)"}},
            },
        ],
    }
