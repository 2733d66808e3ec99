"""What differs from one command to the next and tells nothing about which command it is, as one letter each."""

import re
from functools import lru_cache

from rasa_project.components.text import normalise

_COUNT = r"(?:\d+(?:\.\d+)?|[零一二两三四五六七八九十百千万半几]+)"
_DAY_PART = r"(?:凌晨|清晨|早上|早晨|早间|上午|中午|午后|下午|傍晚|晚上|夜里|半夜|当晚|全天|整天)(?!好)"
_WEEKDAY = r"(?:(?:周|星期|礼拜)(?:[一二三四五六日天1-7]|末))"
_CLOCK = rf"(?:(?<!有){_COUNT}(?:点钟|点|时)(?:整|半|{_COUNT}刻|过?{_COUNT}分?)?|\d{{1,2}}:\d{{2}})"
_DATE = (
    rf"(?:(?:{_COUNT}年)?{_COUNT}月(?:份|{_COUNT}(?:号|日)?|底|初)?"
    rf"|{_COUNT}(?:号|日)(?![群楼门线机店院厅])|月底|月初|年底|年初)"
)
_WEEK_OR_MONTH = r"(?:个)?(?:周|星期|礼拜|月|季度)(?:[一二三四五六日天](?![个点]))?"
_PAST = rf"(?:昨天|昨日|昨晚|昨夜|昨儿|前天|前晚|前日|大前天|前几天|前两天|上上?{_WEEK_OR_MONTH}|去年|前年)"
_FUTURE = rf"(?:大?后天|明天|明日|明早|明晚|明儿|次日|下下?{_WEEK_OR_MONTH}|明年)"
_PRESENT = r"(?:今天|今日|今儿|今晚|今早|当天|当日|本周|这周|这个星期|本月|这个月|今年)"
_LENGTH = (
    rf"(?:{_COUNT}个?半?(?:分钟|小时|钟头|星期|礼拜|秒钟?|刻钟)|{_COUNT}个半?月"
    rf"|{_COUNT}(?:天|周|年|分|秒|刻)(?![之的]一)|半天|半个?小时)"
)
_PERIOD = r"个?(?:天|日|晚|早|周|星期|礼拜|月|年|工作日|季度)(?:[一二三四五六日天末])*"
_FILE_KIND = r"(?:pdf|docx?|xlsx?|pptx?|zip|rar|png|jpe?g|mp[34]|txt|csv|psd|md)"
_SURNAME = (
    "[赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜谢邹苏潘范彭鲁韦马方任袁柳史唐薛雷贺倪汤罗郝安"
    "常于傅顾孟黄穆萧尹姚邵汪毛戴宋庞熊纪舒董梁杜阮季贾江郭林钟徐邱骆高夏蔡田樊胡霍万卢莫丁邓洪石崔龚程刘叶"
    "白曾廖龙段侯武乔谭]"
)
_TITLE = r"(?:总监|总|经理|主任|老师|工|董|部长|处长|局长|院长|会计|主管|老板|姐|哥)"
#: In this order: an address holds what looks like a file name, a date what looks like a length of time.
_SHAPES = [
    (letter, re.compile(pattern))
    for letter, pattern in (
        ("E", r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
        ("U", r"(?:https?://|www\.)[a-z0-9./?=&%_#-]+"),
        ("F", rf"[\w-]{{1,30}}?\.{_FILE_KIND}(?![a-z])"),
        ("R", rf"(?:每隔?(?:{_LENGTH}|{_PERIOD})|天天|工作日|周一到周五)"),
        ("O", rf"第\s*{_COUNT}(?:个|条|项|份|张|单|种|封|笔|件)?"),
        ("M", rf"{_COUNT}(?:元|块钱|块|万元|万)(?![a-z])"),
        ("P", rf"{_PAST}(?:的?{_DAY_PART}|{_CLOCK}|{_WEEKDAY})*"),
        ("T", rf"{_FUTURE}(?:{_DAY_PART}|{_CLOCK}|{_WEEKDAY})*"),
        ("D", _LENGTH),
        ("H", rf"(?:{_PRESENT}|{_DATE}|{_WEEKDAY}|{_DAY_PART}|{_CLOCK})+"),
        ("Q", rf"(?:{_SURNAME}{_TITLE}|[小老]{_SURNAME})"),
    )
]


@lru_cache(maxsize=1)  # the words and the grams of a sentence are both taken from it
def shape(text: str) -> str:
    """The normalised text with times, amounts, addresses, file names and titled people as a capital letter each.

    A normalised text has no capitals, so these cannot be confused with what was typed. Whether it is
    three or four o'clock says nothing about what is wanted; that a time stands there does.
    """
    shaped = normalise(text)
    for letter, pattern in _SHAPES:
        shaped = pattern.sub(letter, shaped)
    return shaped
