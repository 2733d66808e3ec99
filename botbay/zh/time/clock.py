"""The time of day: 下午三点半, 15:30, 差五分三点, and its parts: 上午, 今晚."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from botbay.zh.numbers import number
from botbay.zh.time.model import Context, Grain, Period


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, in hours from its midnight."""

    start: int
    end: int
    early: int  # where it begins for whoever looks back: what was said at six is in 今早 too
    half: str  # which of two readings an hour in it has: am, noon, pm, night


PARTS = {
    "凌晨": Part(0, 6, 0, "am"),
    "早上": Part(8, 12, 5, "am"),
    "中午": Part(11, 13, 11, "noon"),
    "下午": Part(12, 18, 12, "pm"),
    "傍晚": Part(17, 19, 17, "pm"),
    "晚上": Part(18, 24, 18, "night"),
    "半夜": Part(22, 26, 22, "night"),
}
_WORDS = [
    ("凌晨", r"凌晨|拂晓"),
    ("早上", r"大?清早上?|一?大早上?|一早上?|清晨|早上|早晨|早间|上午|午前|晨间|朝早|上昼"),
    ("中午", r"大?中午|正午|晌午|午间(?!休)"),
    ("下午", r"下午|午后|下昼|晏昼"),
    ("傍晚", r"傍晚|黄昏|傍黑"),
    ("晚上", r"大?晚上|晚间|夜里|夜间|夜晚|晚黑"),
    ("半夜", r"大?半夜|深夜|午夜|三更半夜"),
]
#: 早 and 晚 alone say a part of the day only behind a day or before an hour.
_SHORT = [
    ("早上", r"早(?!晚|就|已|点[^钟\d]|点$|饭|餐|会|先|班|稻|日|期|产|退|教|高峰|起$|睡)|晨(?!会|跑|练)"),
    ("晚上", r"晚(?!饭|餐|会|点[^钟\d]|点$|班|辈|年|报|高峰|安|宴|自习|于|期)|夜(?!班|宵|市|景|色|跑|店)|当?晚"),
]
_PART = re.compile("|".join(f"(?P<p{at}>{words})" for at, (_, words) in enumerate(_WORDS)))
_SHORT_PART = re.compile("|".join(f"(?P<p{at}>{words})" for at, (_, words) in enumerate(_SHORT)))

_HOUR = r"(?:2[0-4]|[01]?\d|二十[一二三四]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九])"
_SEP = r"(?:-|到|至|~)"
_OCLOCK = r"(?:点钟|点|时(?![候间常代期光段装尚速刻区效差节机]))"
_AFTER_MINUTE = r"(?![个人块元次位名条件天万千百米年月度号%\d点页层])"
_MINUTE = rf"(?:(?:[0-5]\d|[二三四五]?十[一二三四五六七八九]?|[零〇0][一二三四五六七八九\d])(?:分(?!之)钟?|{_AFTER_MINUTE})|[\d一二两三四五六七八九]分(?!之)钟?)"
_SPOKEN = re.compile(
    rf"(?P<hour>{_HOUR})(?:{_OCLOCK}(?!\d+[个人])(?:(?P<half>半)|(?P<sharp>整)|(?P<quarter>[一三13])刻|过(?P<past>{_MINUTE})|差(?P<short>{_MINUTE})|"
    rf"(?P<minute>{_MINUTE})(?:(?P<second>{_HOUR}|[0-5]?\d|[二三四五]?十[一二三四五六七八九]?|[零〇0][一二三四五六七八九\d])秒)?)?(?P<more>多)?|(?={_SEP}{_HOUR}{_OCLOCK}))"
)
_SHORT_OF = re.compile(rf"差(?P<short>{_MINUTE}|一刻)(?:钟)?到?(?P<hour>{_HOUR})(?:点钟|点)(?!\d)")
_TYPED = re.compile(r"(?P<hour>[01]?\d|2[0-4])[:](?P<minute>[0-5]\d)(?:[:](?P<second>[0-5]\d))?(?![\d:])")
#: 8.30, where a day or a part of it stands before.
_DOTTED = re.compile(r"(?P<hour>[01]?\d|2[0-3])\.(?P<minute>[0-5]\d)(?![\d.%a-z元块万亿米个分倍折版斤克度人])")
_ENGLISH = re.compile(r"(?P<hour>0?\d|1[0-2])(?=[ap]\.?m)")
_MERIDIEM = re.compile(r" ?(?P<which>[ap])\.?m\.?(?![a-z])")
_RUN_TOGETHER = re.compile(r"(?P<hour>[01]?\d|2[0-3])(?P<minute>[0-5]\d)(?![\d年月日号点时:.%元块个人])")
#: 三点意见, 有三点: what a number of points is followed or announced by.
_NOUNS = re.compile(
    r"(?:(?:重要|主要|具体|关键|小|个人|不成熟的?|新|核心|改进|优化)的?)*(?:意见|建议|要求|原因|理由|说明|内容|问题|想法|看法|经验|希望|注意|思考|不同|区别|好处|优势|优点|缺点|启示|体会|感受|疑问|需要|需求|事项|反馈|改进|优化|结论|共识|可以|不足|补充|提醒大家|发现|措施|方面|方案|心得|收获|技巧|诀窍|秘诀|窍门|误区|常识|知识|策略|目标|任务|提示|须知|教训|亮点|难点|特点|优先级|声明|承诺|疑惑|贡献|成果|规定|要点|原则|风险|变化|血|水|货|东西|左右的?进步|都?不|都?没)"
    r"|[:,]?[\s]*$(?<=[:])"
)
_COUNTED = re.compile(
    r"(?:[这那第几]|以下|如下|下面|补充|其中|主要|还有|一共|总共|(?:^|[^没只])有|分为?|分成|(?:我)?(?:只?[说讲提谈列写]了?))$"
)
_STANDS = re.compile(
    r"$|[,。!?;、)]|半|钟|整|前|之前|以前|左右|到|至|-|准时|开会|见|集合|出发|起床|吃|提醒|叫|的会|过|来|去|走|下班|上课|睡"
)
_A_LITTLE = re.compile(r"[么些久快慢早晚多少好大小高低远近便宜这那有差贵轻重点简单详细认真]$|(?:一)$")

_MORNING = re.compile(r"起床|叫醒|早饭|早餐|晨跑|晨会|早会|早操|上早班|日出")
_EVENING = re.compile(
    r"下班|晚饭|晚餐|聚餐|聚会|宵夜|夜宵|晚会|看电影|晚自习|KTV|ktv|唱歌|酒吧|睡觉|球赛|喝酒|吃火锅|烧烤"
)
#: What people do in the hours of work: from one to five in the afternoon, from eight to eleven in the morning.
_WORK = re.compile(
    r"开会|会议|例会|周会|站会|评审|面试|培训|汇报|路演|答辩|签约|签合同|见客户|拜访|上课|讲座|银行|取快递|寄快递|接孩子|放学|体检|复诊|看牙|牙医"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it was said; ``open`` while nobody can know which half of the day is meant."""

    end: int
    hour: int
    minute: int
    second: int
    part: Part | None
    open: bool
    precise: bool  # down to the second

    @property
    def grain(self) -> Grain:
        return Grain.SECOND if self.precise else Grain.MINUTE

    def at(self, midnight: datetime, later: bool = False) -> datetime:
        """That time on a day; ``later``: in the day's other half."""
        hour = self.hour + 12 * later
        if self.part is not None and hour <= 12:
            half = self.part.half
            if (half == "pm" and hour < 12) or (half == "noon" and hour < 5):
                hour += 12
            elif half == "am" and hour == 12 and self.part.start == 0:
                hour = 0
            elif half == "night":
                hour += 24 if hour < 4 else 12 if 4 <= hour <= 12 else 0
        return midnight + timedelta(hours=hour, minutes=self.minute, seconds=self.second)

    def usual(self, sentence: str) -> tuple[bool, bool]:
        """Which half of the day people mean at work, as ``later``, and whether the sentence says so itself."""
        if not self.open:
            return False, True
        if _MORNING.search(sentence):
            return False, True
        if _EVENING.search(sentence):
            return self.hour != 12, True
        return self.hour < 7, self.hour not in (6, 7) and _WORK.search(sentence) is not None


@dataclass(frozen=True, slots=True)
class DayPart:
    """A part of the day that a sentence names."""

    end: int
    part: Part

    def on(self, midnight: datetime, context: Context) -> Period:
        """That part of a day, wider for whoever looks back."""
        first = self.part.early if context.prefer == "past" else self.part.start
        return Period(midnight + timedelta(hours=first), midnight + timedelta(hours=self.part.end), Grain.PART)


def day_part(text: str, at: int, after_day: bool) -> DayPart | None:
    """The part of the day that is named here."""
    words, found = _WORDS, _PART.match(text, at)
    if found is None:
        words, found = _SHORT, _SHORT_PART.match(text, at)
        if found is None or not (after_day or _clock(text, found.end(), named=True)):
            return None
    which = next(place for place in range(len(words)) if found[f"p{place}"])
    return DayPart(found.end(), PARTS[words[which][0]])


def clock(text: str, at: int, part: Part | None = None, after_day: bool = False) -> Clock | None:
    """The time of day that is said here; ``part`` and ``after_day`` say what already stands before it."""
    found = _clock(text, at, named=part is not None or after_day)
    if found is None and part is not None and (run := _RUN_TOGETHER.match(text, at)):
        found = (run.end(), int(run["hour"]), int(run["minute"]), 0, False, False)
    if found is None:
        return None
    end, hour, minute, second, exact, precise = found
    half = _MERIDIEM.match(text, end) if text[end : end + 3].strip()[:1] in ("a", "p") else None
    if half is not None:
        end, exact = half.end(), True
        hour = hour % 12 + 12 * (half["which"] == "p")
    unclear = part is None and not exact and 1 <= hour <= 11
    return Clock(
        end, hour, minute, second, part if not exact or (part and hour <= 12 and not half) else None, unclear, precise
    )


def _clock(text: str, at: int, named: bool) -> tuple[int, int, int, int, bool, bool] | None:
    """End, hour, minute, second, whether the hour is of 24, whether seconds were said."""
    before = text[at - 1 : at]
    if not named and (before.isdigit() or before in (":", ".", "/")):
        return None
    if typed := _TYPED.match(text, at):
        hour, minute, second = int(typed["hour"]), int(typed["minute"]), int(typed["second"] or 0)
        if hour > 24 or (hour == 24 and minute) or text[max(at - 2, 0) : at] == "比分":
            return None
        return typed.end(), hour, minute, second, typed["hour"].startswith("0"), typed["second"] is not None
    if named and (dotted := _DOTTED.match(text, at)):
        return dotted.end(), int(dotted["hour"]), int(dotted["minute"]), 0, dotted["hour"].startswith("0"), False
    if english := _ENGLISH.match(text, at):
        return english.end(), int(english["hour"]), 0, 0, False, False
    if short := _SHORT_OF.match(text, at):
        return (short.end(), *_earlier(number(short["hour"]) or 0, _minutes(short["short"])), 0, False, False)
    said = _SPOKEN.match(text, at)
    if said is None:
        return None
    if not named and not _is_clock(text, at, said):
        return None
    hour = number(said["hour"]) or 0
    minute, second = 0, 0
    if said["half"]:
        minute = 30
    elif said["quarter"]:
        minute = 15 if said["quarter"] in "一1" else 45
    elif said["past"] or said["minute"]:
        minute = _minutes(said["past"] or said["minute"])
    elif said["short"]:
        hour, minute = _earlier(hour, _minutes(said["short"]))
    if said["second"]:
        second = number(said["second"]) or 0
    if hour > 24 or (hour == 24 and minute) or minute > 59 or second > 59:
        return None
    return said.end(), hour, minute, second, hour > 12 or hour == 0, said["second"] is not None


def _is_clock(text: str, at: int, said: re.Match[str]) -> bool:
    """Whether a number of 点 is a time of day, not a count."""
    if said["half"] or said["quarter"] or said["minute"] or said["past"] or "钟" in said[0]:
        return True
    rest = text[said.end() :]
    if _NOUNS.match(rest) or rest[:1] == "." or text[at - 1 : at] in set("零一二两三四五六七八九十百千万."):
        return False
    if "时" in said[0]:
        return said["hour"].isdigit() or len(said["hour"]) > 1
    before = text[max(at - 3, 0) : at]
    if said["hour"] == "一":
        alone = (not rest or rest[0] in ",。!?;、") and before[-1:] not in tuple("在到约至从于") and before != ""
        if alone or _A_LITTLE.search(before) or not _STANDS.match(rest) or not (rest or before):
            return False
    return not (_COUNTED.search(before) and (not rest or rest[0] in ":,。.!?;、说讲谈来" or before[-1:] in "这那第几"))


def _minutes(text: str) -> int:
    if text == "一刻":
        return 15
    return number(text.rstrip("钟").rstrip("分")) or 0


def _earlier(hour: int, minutes: int) -> tuple[int, int]:
    total = (hour * 60 - minutes) % (24 * 60) if hour else 24 * 60 - minutes
    return divmod(total, 60)
