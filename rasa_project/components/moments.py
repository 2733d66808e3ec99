"""Times as they are said to somebody who knows one's day: 下班前, 吃完饭, 每天睡前十一点, and English ones.

What can be worked out from the words alone is left to `times`; here is what stands around it, and what of it is meant.
"""

import re

from rasa_project.components.spans import Span, take
from rasa_project.components.times import find_times

_N = r"(?:\d{1,3}|[一二两三四五六七八九十半几俩仨]{1,3})"
_LENGTH = rf"{_N}个?半?(?:分钟?|小时|钟头|钟|刻钟|天|周|星期|礼拜|月|工作日|晚上?)"
#: What happens every day, and so tells when.
_DEED = (
    r"(?:[上下]完?班|午休|午睡|午饭|晚饭|早饭|早餐|午餐|晚餐|开?饭|吃完?[早午晚中]?饭|过完年|睡觉?|临睡|起床|睡醒|天黑|天亮|开完?会|开完|散会|会议|例会|早会|晨会|出门|到家|回家|到公司|[放上下开]学"
    r"|[上下]完?课|收工|开工|完工|收摊|打烊|关[店门]|开[店门]|出发|登机|上车|下车|下飞机|落地|交班|接班|换班|考完?试|发工资|发车|开播|开场|开始|忙完|[吃忙开干做办弄打洗聊跑写喝]完[饭会活事球澡酒步]?)"
)
_SIDE = r"(?:[之以]?[前后](?![天面台端续])|的?时候?(?!间)|的?时间|那会儿?|那阵子?|期间)"
#: A deed by itself is a time where something is to be done then.
_THEN = r"(?=(?:的?时候?)?了?(?:再|就|后|提醒|叫|喊|通知|告诉|记得|去|取|买|拿|接|找|给|把|带|交|寄|回|发|打电话|帮|顺便|顺路|别忘|催|说|跟|要|自动|发|推|报|来|群里|,))"
_ALONE = r"(?:下班|午休|睡醒|天黑|天亮|散会|到家|放学|下课|收工|打烊|开完会|吃完[早午晚中]?饭|吃完|过完年|忙完|忙完[事活]?|下完课|下完班|饭后|饭前|睡前|会前|会后|课前|课后|班前|班后|餐前|餐后)"
_DAILY = re.compile(
    rf"(?:(?:饭|餐|睡|会|课)[之以]?[前后](?![天面台端续])|{_DEED}{_SIDE})(?:的?{_LENGTH})?|(?<![点半分刻钟\d]){_ALONE}{_THEN}"
)
_AHEAD = re.compile(rf"提[前早]{_LENGTH}")
#: 请假那两天, 开会这段时间: what was done tells which days are meant.
_WHILE = re.compile(
    r"我?(?:请假|休假|出差|休年假|休息|生病|住院|开会|开车|午休|午睡|睡觉|上课|上班|加班|培训|吃午?饭|外出|值班|放假|开庭|面试|坐车|堵车)"
    r"[那这](?:[几一两二三四五六七\d]+天|一?周|个?星期|会儿|阵子?|段时间|半天|天|个?[上下]午|个?晚上)"
)
_BREATHER = re.compile(
    r"(?<![早机班铁车])晚(?:一?[点些]|一?会)(?:儿|时候|的?时候)?(?=再|在提醒|在叫|提醒|叫|喊|通知|说|吧|,|$|催|弄|做|处理|来)|(?<!有)空了?(?=再)"
)
_AGO = re.compile(
    r"再(?:往?前|上)(?:面|推)?一?个?(?:天|周|星期|礼拜|月|季度|年)(?![一二三四五六日天末])|再(?:上{1,2}|前)个?(?:周|星期|礼拜|月|季度)(?=的?(?:呢|$|[,.?!]|也))"
)
_DAY_NAME = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_ENGLISH_PART = (
    rf"(?:(?:the )?day (?:before yesterday|after tomorrow)|yesterday|today|tonight|tomorrow|tmr|(?:last|this|next|past) (?:week(?:end)?|month|year|quarter|night|morning|afternoon|evening|{_DAY_NAME})"
    rf"|(?:(?:last|past|next) )?\d{{1,3}} ?(?:min(?:ute)?s?|h(?:ou)?rs?|days?|weeks?|months?)(?: (?:later|ago))?|(?:an|half an|one|two|three) (?:hours?|weeks?|days?|months?)|{_DAY_NAME}|every (?:day|morning|night|week|month|weekday|{_DAY_NAME})|morning|afternoon|evening"
    r")"
)
_ENGLISH_CLOCK = r"\d{1,2}(?::\d\d)?(?: ?[ap]\.?m(?![a-z]))?"
_ENGLISH = re.compile(
    rf"(?<![a-z\d.])(?:{_ENGLISH_CLOCK} )?{_ENGLISH_PART}(?:(?:,? (?:in the )?|-| to ){_ENGLISH_PART})*(?:,? (?:at )?{_ENGLISH_CLOCK})?(?![a-z\d])"
)

#: Where 等会儿 says when something shall be done.
_ABOUT_LATER = frozenset(
    {"create_reminder", "snooze_reminder", "cancel_reminder", "complete_todo", "list_todos", "submit_application"}
    | {"subscribe_report", "unsubscribe_report", "follow_up", "correct"}
)
#: Asked for once, however often it is made: 那个每天的统计表.
_ONCE = frozenset({"ask_daily_report", "mail_report", "ask_minutes", "mail_minutes"})
_NOW = re.compile(r"(?:从?现在|目前|此刻|眼下|当前|当下|这会儿|马上|立刻|立即|即刻)")
_FROM = re.compile(r"从?(?P<day>[^到至-]+?)(?:起|开始)")
#: About when, and by when, do not belong to the day or hour itself.
_ABOUT = re.compile(r"(?:左右|截止)$")
#: 过两天 tells how long, 过一会儿 is one word.
_OVER = re.compile(r"过(?=[\d一二两三四五六七八九十半]+个?(?:刻钟|分钟?|小时|钟头|天|周|星期|礼拜|月)$)")
_UNTIL = re.compile(r"截[至止]到?$")
#: What belongs to the day before it: 3月5号那天, 上午那会儿, 今天一整天, 上个月月底.
_MORE = re.compile(
    r"(?:那天|当[天日]|那会儿?|那阵子?|以来)|(?<=[今昨]天)一整?天|(?<=周末)两天|(?<=上个月)月?[底初末]|(?<=下个月)月?[底初末]|(?<=这个月)月?[底初末]"
)
_SOON = re.compile(r"(?:[待等]一?会儿?|等一?下儿?再?|一会儿?|稍后|回头)")
_BARE_RULE = re.compile(r"每一?天|每日|天天|日日")
#: Up to a time of every day.
_LIMIT = re.compile(r"(?:[之以]?前(?![天面台端])|左右)")
_GREETING = re.compile(r"[早中下晚上午]{2}(?=好(?![像多几久吃看用]))|早晨(?=好)")
#: What stands between two parts of one time.
_JOINT = re.compile(r"[的在]?")


def find_moments(text: str, intent: str | None) -> list[Span]:
    """The times of a clean text that are meant by what it asks for; all that can be worked out where `intent` is None."""
    if intent is None:
        return find_times(text)
    said: list[Span] = []
    for pattern in (*_ANYWHERE, *_BY_INTENT.get(intent, ())):
        said += [Span("time", *found.span()) for found in pattern.finditer(take(text, said))]
    found = [_core(text, span) for span in find_times(take(text, said)) if _meant(text, span, intent)]
    return _joined(text, said, found)


#: Days that are named by other words than their own.
_DAYS = re.compile(
    r"今明[两2]天|明后[两2]?天|前一?阵子?|赶明儿|后个儿?|(?<![每第])一整天|(?<![每第适恰相])当[天日](?![然])|开学以来|年后(?=[再的])"
)
_ANYWHERE = (_AHEAD, _ENGLISH, _WHILE, _DAYS)
_BY_INTENT = {
    **dict.fromkeys(
        ("create_reminder", "snooze_reminder", "subscribe_report", "unsubscribe_report"), (_BREATHER, _DAILY)
    ),
    **dict.fromkeys(("follow_up", "correct"), (_AGO,)),
}


def _meant(text: str, span: Span, intent: str) -> bool:
    """Whether this is a time that the request is about: 现在绑, 等会儿上车 only say how things are."""
    words = text[span.start : span.end]
    if _NOW.fullmatch(words):
        return words == "现在" and text[span.end : span.end + 1] in ("起", "开")
    if _GREETING.match(text, span.start):
        return False
    if _SOON.fullmatch(words):
        return intent in _ABOUT_LATER and words not in (
            text[span.end :][: len(words)],
            text[: span.start][-len(words) :],
        )
    return not (intent in _ONCE and _BARE_RULE.fullmatch(words))


def _core(text: str, span: Span) -> Span:
    """从今天起 names no other time than 今天; 每晚十二点前 ends behind 前, 5月20号那天 behind 那天."""
    if since := _FROM.fullmatch(text, span.start, span.end):
        return Span("time", *since.span("day"))
    if until := _UNTIL.search(text, 0, span.start):
        span = Span("time", until.start(), span.end)
    if (about := _ABOUT.search(text, span.start, span.end)) and about.start() > span.start:
        span = Span("time", span.start, about.start())
    if over := _OVER.match(text, span.start, span.end):
        span = Span("time", over.end(), span.end)
    if more := _MORE.match(text, span.end):
        span = Span("time", span.start, more.end())
    if text[span.end - 1] == "再":
        return Span("time", span.start, span.end - 1)
    limit = _LIMIT.match(text, span.end) if text[span.start] in "每天" else None
    return Span("time", span.start, limit.end()) if limit else span


def _joined(text: str, said: list[Span], found: list[Span]) -> list[Span]:
    """All of them, where what is said beside a time that was found is one with it: 每天 睡前 十一点."""
    joined: list[Span] = []
    for span in sorted(said + found, key=lambda span: span.start):
        if joined and _JOINT.fullmatch(text, joined[-1].end, span.start) and (span in said or joined[-1] not in found):
            joined[-1] = Span("time", joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
