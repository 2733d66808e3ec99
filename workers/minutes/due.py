"""By when something is to be done, as people say it, read as a moment."""

import calendar
import re
from dataclasses import replace
from datetime import datetime, timedelta

from botbay.zh.time import Grain, TimeExpression, parse

#: Too vague for a date: nobody can be late.
_VAGUE = re.compile(
    r"这[两几]天|[过这]几天|过两天|回头|一会儿?|待会儿?|等会儿?|等下|稍后|晚点儿?|晚些|马上|立刻|现在|目前|此刻|刚刚?|刚才|最近|近期|将来|以后|之后|改天|这阵子|这段时间|随时|早晚"
    r"|即刻|立即|眼下|当下|前两天|后面|接下来"
)
_MORNING = re.compile(r"上午|早上?|清晨|一早|中午|晌午|正午|早晨|午前|午饭")
_AFTERNOON = re.compile(r"下午|傍晚|黄昏|午后|下班")
_NIGHT = re.compile(r"晚|夜|睡")
_BEFORE_DAWN = re.compile(r"凌晨")
#: After a time, these say what else happens then, not when the task is to be done: 周五开会要用.
_OTHER_EVENT = re.compile(
    r"\s*(?:就|才|还|都|咱们?|我们|他们|她|他|要|有|是|得|的|会|大家|客户|领导|老板|甲方|公司|学校)*"
    r"(?:(?:开会|例会|会议|会上|上线|发版|开业|开学|开工|开庭|考试|比赛|演出|婚礼|出发|出差|检查|验收|汇报|面试|活动|放假|过节|评审|开盘|培训|到货|送来|来人|来检?查|来督查|来验收?|生日|聚会|晚会|下雨|有雨|停水|停电)"
    r"(?:时|的时候|上)?(?:候)?(?:就?[要得会])?(?:用|看|讲|说|提|问|来|查|验|了|之前|以前|前)?|要?用的?|穿的|那个?(?:会|场|版|批|单|趟)|那[次天版批场趟])"
)
_OF = re.compile(r"的(?:(?!时候|时间|话|前|之前|以前))")
_FINISH = re.compile(r"(?:之?前|以前|截止|为止|内|之内|以内|底|末)$")
_DEADLINE_WORD = re.compile(r"(?:截止|最晚|最迟|务必|赶在|不晚于|之前|前)")
_PAST = re.compile(r"昨|前天|上(?:周|星期|礼拜|个月|次|回)|去年|刚才|大前天|之前说|^以前|当时|那天|今早已")
_OFF_WORK = re.compile(r"(?:的)?下班(?:之?前|以前|前)?")
#: Cantonese for tomorrow and the halves of a day.
_CANTONESE = (("听日", "明天"), ("听晚", "明晚"), ("上昼", "上午"), ("下昼", "下午"), ("今日", "今天"))
#: 报价单周五发 speaks of Friday, not of every other week.
_LISTS = re.compile(r"(?<=[价订名账菜清表货保工传])单(?=周|星期|礼拜)")
_DAY = re.compile(r"[今明后]|周|星期|礼拜|[号日月]|\d[./]\d")
_ONLY_HOUR = re.compile(r"[5-9五六七八九][点:：]")
_SETS_OUT = re.compile(
    r"[^，,。]{0,4}(?:出发|签到|集合|报到|到(?=$|[，,。！!\s])|到岗|发车|进场|碰头)(?![^，,。]{0,4}(?:吃|饭|酒|聚))"
)
_SWAP = re.compile(r"[^，,。]{0,2}(?:对调|互换|换班|调换)")
_HOLIDAYS = re.compile(r"五一|十一|国庆|清明|春节|过年|元旦|端午|中秋|放假|节")


def find(text: str, base: datetime) -> tuple[datetime, str] | None:
    """The moment until which a task is to be done and the words that say so, or none.

    ``base`` is aware: the time of speaking; the moment is in its zone. A day alone means its end.
    """
    best: tuple[int, datetime, str] | None = None
    text = _LISTS.sub("单，", text)
    plain = text
    for theirs, ours in _CANTONESE:
        plain = plain.replace(theirs, ours)
    said_as, text = text, plain
    times = parse(text, base, prefer="future")
    for number, said in enumerate(times):
        for day in reversed(times[max(0, number - 2) : number]):
            if of := _on_day(day, said, text, base):
                said = of
                break
        moment = _end(said, base)
        if moment is not None and said.precision is Grain.DAY and _OFF_WORK.match(text[said.end :]):
            moment = moment.replace(hour=18, minute=0, second=0)
        if moment is None or moment < base - timedelta(minutes=1):
            continue
        rank = _rank(said, text)
        if rank > 0 and (best is None or rank >= best[0]):
            best = (rank, moment, said_as[said.start : said.end])
    return None if best is None else (best[1], best[2])


def _on_day(day: TimeExpression, hour: TimeExpression, text: str, base: datetime) -> TimeExpression | None:
    """The hour or part of a day that stands apart from its day: 周日所有人6点半签到, 明天去签，下午去."""
    bare = hour.kind in ("point", "span") and hour.precision <= Grain.PART and not _DAY.search(hour.text)
    if not bare or day.precision not in (Grain.DAY, Grain.PART) or hour.start - day.end > 20 or day.at is None:
        return None
    if re.search(r"[。！!；;\n]", text[day.end : hour.start]) or not _DAY.search(day.text):
        return None
    whole = day.text + hour.text
    joined = next((each for each in parse(whole, base, prefer="future") if each.text == whole), None)
    if joined is None or joined.at is None:
        return None
    at = joined.at
    if (
        day.precision is Grain.DAY
        and at.hour >= 17
        and _ONLY_HOUR.match(hour.text)
        and _SETS_OUT.match(text[hour.end :])
    ):
        at -= timedelta(hours=12)  # people set out in the morning
    return replace(joined, at=at, start=hour.start, end=hour.end, text=hour.text)


def only_time(text: str, base: datetime) -> bool:
    """Whether a line says little else than a time: 明天下午3点前哈."""
    rest = text
    for said in parse(text, base, prefer="future"):
        rest = rest.replace(said.text, "")
    rest = re.sub(
        r"[\s，,。！!~～.哈啊哦呀吧呢就要最晚最迟截止时间给我发我你之前以前到行能即可好了都内完成搞定交:：]+", "", rest
    )
    return len(rest) <= 2 and len(rest) < len(text)


def _rank(said: TimeExpression, text: str) -> int:
    """How likely the time is the deadline; 0 for a time of something else."""
    if said.kind not in ("point", "span") or _VAGUE.fullmatch(said.text) or _PAST.search(said.text):
        return 0
    if _SWAP.match(text[said.end :]) or (said.text.startswith("前") and text[: said.start].endswith("提")):
        return 0
    if said.text[-1] in "早中晚" and text[said.end :].startswith("班"):
        return 0
    if said.text.endswith("号") and re.match(r"[场楼机柜线门库仓桌位车厅馆院床]", text[said.end :]):
        return 0  # 3号场
    after, before = text[said.end :], text[max(0, said.start - 4) : said.start]
    if (
        re.search(r"估计|大概|停服|需要|耗时|花|用时|至少|不到$", before)
        and said.kind == "span"
        and said.precision <= Grain.MINUTE
    ):
        return 0
    if said.bound == "before" or _DEADLINE_WORD.search(before):
        return 5
    if said.bound == "after" and said.precision >= Grain.PART:
        return 2
    if said.kind == "span" and said.text.endswith(("内", "之内", "以内")):
        return 5
    if _OTHER_EVENT.match(after):
        return 1 if re.match(r"\s*(?:出发|集合)(?!.{0,2}用)", after) else 0
    if _OF.match(after):
        return 1
    if re.search(r"[从自]$", before):
        return 2
    return 4 if said.precision <= Grain.DAY else 3


def _end(said: TimeExpression, base: datetime) -> datetime | None:
    """The last moment of what was named."""
    if said.kind not in ("point", "span"):
        return None
    if said.at is None:
        return said.until
    at = said.at
    if said.precision <= Grain.MINUTE:
        if at.hour == 0 and re.search(r"24[点:：]", said.text):
            return at - timedelta(seconds=1)
        if said.kind == "span" and said.text.endswith(("内", "之内", "以内")):
            return said.until
        return at
    if said.precision is Grain.PART:
        return _part_end(said.text, at)
    if said.bound == "before":
        if said.precision > Grain.DAY or _HOLIDAYS.search(said.text):
            return _day_end(at - timedelta(days=1))
        return _day_end(at)
    if said.kind == "span":
        if said.until is None:
            return _day_end(at)
        if said.until.time() == at.min.time():
            return _day_end(said.until - timedelta(days=1))
        return _day_end(said.until)
    if re.search(r"月底|月末", said.text):
        return _day_end(at.replace(day=calendar.monthrange(at.year, at.month)[1]))
    return _day_end(at)


def _part_end(text: str, at: datetime) -> datetime:
    if _BEFORE_DAWN.search(text):
        return at.replace(hour=6, minute=0, second=0)
    if _NIGHT.search(text):
        return _day_end(at)
    if _AFTERNOON.search(text):
        return at.replace(hour=18, minute=0, second=0)
    if _MORNING.search(text):
        return at.replace(hour=12, minute=0, second=0)
    return _day_end(at)


def _day_end(at: datetime) -> datetime:
    return at.replace(hour=23, minute=59, second=59, microsecond=0)
