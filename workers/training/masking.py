"""Personal data in a sentence become stand-ins of the same kind, so that it teaches the same and names nobody."""

import re
from collections.abc import Callable, Collection

from botbay.zh.text import halfwidth, simplified

PERSON = "小王"
ACCOUNT = "xiaowang"
#: Stands for the name of any room.
SOME_ROOM = "工作群"
_PHONE, _ID, _BANK = "13800000000", "110101199001010000", "6222000000000000000"
_DIGITS, _SPOKEN = "1234567890", "一二三四五六七八九零"

_GAP = r"[ \-]?"
_PATTERNS = (
    (re.compile(r"(?:https?|ftp)://[^\s\u2e80-\u9fff\uff00-\uffef]+|www\.[a-z0-9./?=&%_#~-]+"), "https://example.com"),
    (re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"), "someone@example.com"),
    (re.compile(rf"(?<![0-9])[1-9][0-9]{{5}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{3}}[0-9x](?![0-9])"), _ID),
    (re.compile(rf"(?<![0-9])(?:\+?86{_GAP})?1[3-9][0-9](?:{_GAP}[0-9]{{4}}){{2}}(?![0-9])"), _PHONE),
    (re.compile(rf"(?<![0-9])[0-9]{{4}}(?:{_GAP}[0-9]{{4}}){{2,3}}(?:{_GAP}[0-9]{{1,4}})?(?![0-9])"), _BANK),
    (re.compile(rf"(?<![0-9])0[0-9]{{2,3}}{_GAP}[0-9]{{7,8}}(?![0-9])"), "010-12345678"),
    (re.compile(r"wxid_[a-z0-9_-]+"), "wxid_xiaowang"),
    (re.compile(r"(?<=@)(?!所有人|all\b)[^\s@，。！？,!?：:；;\u2005\u2006]+"), PERSON),
)

_SIGNS = r"[a-z0-9._@#$%&*!+=~^-]"
_VALUE = rf"(?P<value>[a-z0-9]{_SIGNS}{{2,60}}+|[零〇一二三四五六七八九幺]{{3,}}+)(?![年月日天位次个])"
_IS = r"(?:(?:就?[是为叫成到]|[改换设]成|设为|了|[:=\s\"“「『])*)"
#: What follows such a word is nobody's business, however short it is.
_SECRETS = re.compile(
    rf"(?:密码|口令|暗号|验证码|校验码|护照|通行证|社保|医保|学号|password|passcode|pwd)[^0-9a-z。!?;]{{0,6}}?{_VALUE}"
)
_SPOKEN_SECRETS = re.compile(
    r"(?:密码|口令|暗号)(?:就?[是为叫]|[改换设]成|设为|:)\s?"
    r"(?!什么|啥|多少|哪|不|没|错|对|谁|几|怎|我|你|他|她|这|那|有)(?P<value>[\u4e00-\u9fff]{2,12})"
)
_ACCOUNTS = re.compile(
    rf"(?:[账帐][号户]名?|用户名?|登录名|工号|员工号|account|username){_IS}(?P<value>[a-z0-9][a-z0-9._-]{{1,40}}+)"
    r"|(?:绑定?(?:成|到|上|为)?|(?:号|名)(?:[是叫为:]|\s))\s?(?P<bound>(?!(?:oa|qq|wx|app|email|mail|wechat|weixin|botbay|account)(?![a-z0-9]))[a-z][a-z0-9._-]{2,40}+)"
)

_SURNAME = (
    "(?:欧阳|司马|上官|诸葛|司徒|慕容|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧肖程曹袁邓许傅沈曾彭吕苏"
    "卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文])"
)
#: Words that begin like a name. What is left out here is masked for nothing, which harms nobody.
_NO_NAME = (
    r"(?!(?<=谢)谢|谢谢|谢[了啦]|何[时必处人]|高[清兴中大峰]|方[便法式案向面]|周[一二三四五六日天末报会期年边围]|马上|万[一元]|常[用见规]|文[件档字章案本]"
    r"|任[务何一]|金额|白[天板色]|程[序度]|于是|段时|顾[客问]|余[额下]|史上|黄[了色]|钱[包了的]|许[可多]|曾经|毛病|石头|张[图表纸照单]|方|单|夏天|江湖)"
)
_TITLE = (
    r"(?:总(?![结是共数和体部监会])|姐|哥|老师|经理|主任|医生|阿姨|叔叔|师傅|同学|先生|女士|老板|校长|园长|妈妈|爸爸)"
)
_END = r"(?=$|[\s,.!?~;:、。了啦呀啊哦喔吧哈的和跟也们]|[发说要批签看问去来开])"
#: People whom nobody here is known to be called: by their place in a sentence and their surname.
_GUESSES = (
    re.compile(rf"{_NO_NAME}{_SURNAME}{_TITLE}"),
    re.compile(
        r"(?:谢谢|多谢|感谢|谢过|辛苦|麻烦|拜托|你好|您好|[早晚]安|[早中下晚]上?[上午]?好|再见|拜拜|哈喽|嗨|hi|hello|thanks|我是|我叫)[了啦呀啊,\s]{0,2}"
        rf"(?P<value>{_NO_NAME}{_SURNAME}[\u4e00-\u9fff]{{1,2}}?|[小老阿](?![师板公婆弟妹乡家时事])[\u4e00-\u9fff]){_END}"
    ),
    re.compile(
        rf"(?:叫|找|是|给|问|让|跟|和|请|陪|见|替|转|由|派|喊|通知|告诉|提醒)(?P<value>{_NO_NAME}{_SURNAME}[\u4e00-\u9fff]{{1,2}}?){_END}"
    ),
)
_OWN = re.compile(rf"{_NO_NAME}{_SURNAME}(?P<given>[\u4e00-\u9fff]{{1,2}})")
#: Beside the name of a room, where it is short enough to be a common word.
_OF_ROOM = r"(?=的|那|里|这|群|组|纪要|日报|报表|总结|怎么|聊|说|讨论)"
_RUN = re.compile(r"[0-9]{5,}|[零〇一二三四五六七八九幺]{5,}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def mask(
    text: str,
    *,
    people: Collection[str] = (),
    accounts: Collection[str] = (),
    rooms: Collection[str] = (),
    spared: Collection[str] = (),
) -> str:
    """The sentence with its personal data replaced; whatever else stands in it stays as it was typed.

    ``people`` are names that somebody bears here, ``accounts`` the names by which people sign in, ``rooms`` the names
    of chat groups. ``spared``: names, as the bot's, that are nobody's.
    """
    plain = halfwidth(simplified(text))
    if len(plain) != len(text):
        plain = text  # positions must stay: the rare text whose signs have no plain form of the same length
    cuts = _Cuts(len(text))
    named = [(name, PERSON) for name in people] + [(name, ACCOUNT) for name in accounts]
    named = [(name, put) for name, put in named if len(name) > 1]
    named += [(given, PERSON) for name in people for given in _called(name)]
    found = [(_named(name), put) for name, put in sorted(named, key=lambda each: -len(each[0])) if name not in spared]
    # An address may hold a name, and a name that is called with @ may hold a space: in this order.
    for pattern, put in _PATTERNS[:2]:
        cuts.all(pattern, plain, put)
    for pattern in (_SECRETS, _SPOKEN_SECRETS):
        cuts.all(pattern, plain, _secret)
    cuts.all(_ACCOUNTS, plain, ACCOUNT)
    for pattern, put in (*_of_rooms(rooms), *found, *_PATTERNS[2:]):
        cuts.all(pattern, plain, put)
    for pattern in _GUESSES:
        cuts.all(pattern, plain, PERSON, spared)
    cuts.all(_RUN, plain, _run)
    return cuts.apply(text)


def _called(name: str) -> set[str]:
    """What else somebody with this name is called: 王晓梅（产品部） is 王晓梅, and 晓梅."""
    called: set[str] = set()
    for words in re.findall(r"[\u4e00-\u9fff]+", halfwidth(simplified(name))):
        if own := _OWN.fullmatch(words):
            called |= {words} | ({own["given"]} if len(own["given"]) > 1 else set())
    return called


def _of_rooms(rooms: Collection[str]) -> list[tuple[re.Pattern[str], str]]:
    """The names of rooms, and what is left of each without 群: 三年二班家长, and 产品 where it stands for the room."""
    found = []
    for name in sorted(filter(None, rooms), key=lambda each: -len(each)):
        found.append((_named(name), SOME_ROOM))
        stem = re.sub(r"(?:微信)?(?:交流|讨论|工作)?群$", "", halfwidth(simplified(name)))
        if len(stem) > 1:
            common = len(stem) == 2
            found.append(
                (re.compile(_named(stem).pattern + (_OF_ROOM if common else "")), SOME_ROOM.removesuffix("群"))
            )
    return found


def _secret(value: str) -> str:
    """As many digits, or letters and digits, that open nothing."""
    return _run(value) if re.fullmatch(r"[0-9]+|[零〇一二三四五六七八九幺]+", value) else "abc123"


def _named(name: str) -> re.Pattern[str]:
    """The name where it stands by itself: letters and digits beside it would make it a part of another word."""
    plain = halfwidth(simplified(name))
    before = r"(?<![0-9a-z_])" if re.match(r"[0-9a-z]", plain) else ""
    after = r"(?![0-9a-z_])" if re.search(r"[0-9a-z]$", plain) else ""
    return re.compile(before + re.escape(plain) + after)


def _run(digits: str) -> str:
    """As many digits that mean nothing; a day stays a day."""
    if _DATE.fullmatch(digits):
        return "20260101"
    cycle = _DIGITS if digits.isascii() else _SPOKEN
    return "".join(cycle[at % len(cycle)] for at in range(len(digits)))


class _Cuts:
    """What is replaced in a text; what was found first stays."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)
        self._cuts: list[tuple[int, int, str]] = []

    def all(
        self, pattern: re.Pattern[str], plain: str, put: str | Callable[[str], str], spared: Collection[str] = ()
    ) -> None:
        """Replace what a pattern finds, or the group of it that took part; ``put`` may be made of what is replaced."""
        for match in pattern.finditer(plain):
            start, end = match.span(match.lastindex or 0)
            if plain[start:end] not in spared:
                self.add(start, end, put if isinstance(put, str) else put(plain[start:end]))

    def add(self, start: int, end: int, put: str) -> None:
        if not any(self._taken[start:end]):
            self._taken[start:end] = b"\1" * (end - start)
            self._cuts.append((start, end, put))

    def apply(self, text: str) -> str:
        for start, end, put in sorted(self._cuts, reverse=True):
            text = text[:start] + put + text[end:]
        return text
