"""One spelling for every way of typing the same words."""

import re
import unicodedata

from opencc import OpenCC

_TO_SIMPLIFIED = OpenCC("t2s")
#: Characters of a message that are looked at: nobody gives a command of this length.
LONGEST = 300
_MENTION = re.compile(r"^(?:@[^\s\u2005\u3000@]{1,40}[\s\u2005\u3000]+)+")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f]")
_WECHAT_EMOTICON = re.compile(r"\[[\u4e00-\u9fffA-Za-z]{1,6}\]")
_SAME_WORD = str.maketrans({"帐": "账", "您": "你", "妳": "你"})
_FINAL = "。.!！~～…、,，;；"
_PUNCTUATION = re.compile(r"([!?,.;:~])\1+")
_SPACES = re.compile(r"\s+")
_SPACE_BY_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])\s+|\s+(?=[\u4e00-\u9fff])")


def simplify(text: str) -> str:
    """Traditional characters become simplified ones; everything else stays, character for character."""
    return _TO_SIMPLIFIED.convert(text)


def normalise(text: str) -> str:
    """The form in which a text is classified.

    Width, case, traditional characters, emoji, emoticons, repeated marks and leading mentions
    no longer tell two texts apart; a question mark stays, since it tells asking from ordering.
    An empty result means that the text held no words at all.
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[:LONGEST])).strip()
    text = _MENTION.sub("", text)
    text = simplify(_WECHAT_EMOTICON.sub(" ", text)).lower().translate(_SAME_WORD).replace("账户", "账号")
    text = "".join(" " if unicodedata.category(char) in {"So", "Sk", "Cs", "Cn", "Cc"} else char for char in text)
    text = _PUNCTUATION.sub(r"\1", text.replace("。", ".").replace("、", ","))
    text = _SPACE_BY_CHINESE.sub("", _SPACES.sub(" ", text))
    return text.strip().rstrip(_FINAL).lstrip(_FINAL).strip()


_COUNT = r"(?:\d+(?:\.\d+)?|[零一二两三四五六七八九十百千万半几]+)"
_DAYPART = r"(?:凌晨|清晨|早上|早晨|早间|上午|中午|午后|下午|傍晚|晚上|夜里|半夜|当晚|全天|整天)(?!好)"
_WEEKDAY = r"(?:(?:周|星期|礼拜)(?:[一二三四五六日天1-7]|末))"
_CLOCK = rf"(?:(?<!有){_COUNT}(?:点钟|点|时)(?:整|半|{_COUNT}刻|过?{_COUNT}分?)?|\d{{1,2}}:\d{{2}})"
_DATE = (
    rf"(?:(?:{_COUNT}年)?{_COUNT}月(?:份|{_COUNT}(?:号|日)?|底|初)?|{_COUNT}(?:号|日)(?![群楼门线机店院厅])"
    r"|月底|月初|年底|年初)"
)
_PAST = (
    r"(?:昨天|昨日|昨晚|昨夜|昨儿|前天|前晚|前日|大前天|前几天|前两天|上上?(?:个)?(?:周|星期|礼拜|月|季度)"
    r"(?:[一二三四五六日天](?![个点]))?|去年|前年)"
)
_FUTURE = (
    r"(?:大?后天|明天|明日|明早|明晚|明儿|次日|下下?(?:个)?(?:周|星期|礼拜|月)(?:[一二三四五六日天](?![个点]))?|明年)"
)
_PRESENT = r"(?:今天|今日|今儿|今晚|今早|当天|当日|本周|这周|这个星期|本月|这个月|今年)"
_LENGTH = (
    rf"(?:{_COUNT}个?半?(?:分钟|小时|钟头|星期|礼拜|秒钟?|刻钟)|{_COUNT}个半?月|{_COUNT}(?:天|周|年|分|秒|刻)(?![之的]一)|半天|半个?小时)"
)
_SURNAME = "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严金魏陶姜谢邹苏潘范彭鲁韦马方任袁柳史唐薛雷贺倪汤罗郝安常于傅顾孟黄穆萧尹姚邵汪毛戴宋庞熊纪舒董梁杜阮季贾江郭林钟徐邱骆高夏蔡田樊胡霍万卢莫丁邓洪石崔龚程刘叶白曾廖龙段侯武乔谭"
_SHAPES = [
    (letter, re.compile(pattern))
    for letter, pattern in (
        ("E", r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"),
        ("U", r"(?:https?://|www\.)[a-z0-9./?=&%_#-]+"),
        ("F", r"[\w\u4e00-\u9fff-]{1,30}?\.(?:pdf|docx?|xlsx?|pptx?|zip|rar|png|jpe?g|mp[34]|txt|csv|psd|md)(?![a-z])"),
        ("R", rf"(?:每(?:隔)?(?:{_LENGTH}|个?(?:天|日|晚|早|周|星期|礼拜|月|年|工作日|季度)(?:[一二三四五六日天末])*)|天天|工作日|周一到周五)"),
        ("O", rf"第\s*{_COUNT}(?:个|条|项|份|张|单|种|封|笔|件)?"),
        ("M", rf"{_COUNT}(?:元|块钱|块|万元|万)(?![a-z])"),
        ("P", rf"{_PAST}(?:{_DAYPART}|{_CLOCK}|{_WEEKDAY}|的?{_DAYPART})*"),
        ("T", rf"{_FUTURE}(?:{_DAYPART}|{_CLOCK}|{_WEEKDAY})*"),
        ("D", _LENGTH),
        ("H", rf"(?:{_PRESENT}|{_DATE}|{_WEEKDAY}|{_DAYPART}|{_CLOCK})+"),
        ("Q", rf"(?:[{_SURNAME}](?:总监|总|经理|主任|老师|工|董|部长|处长|局长|院长|会计|主管|老板|姐|哥)|[小老][{_SURNAME}])"),
    )
]


def shape(normalised: str) -> str:
    """Times, amounts, addresses, file names and titles as one capital letter each, which no normalised text has.

    Whether it is three or four o'clock says nothing about what is wanted, that a time stands there does.
    """
    for letter, pattern in _SHAPES:
        normalised = pattern.sub(letter, normalised)
    return normalised
