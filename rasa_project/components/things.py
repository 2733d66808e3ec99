"""What a sentence names beside people, rooms and times: addresses, money, kinds of files and their names."""

import re

from rasa_project.components.spans import Span

_EMAIL = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9_%+-][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}(?<![-.])"
)

_CN = "零〇一二两三四五六七八九十百千万亿半"
_MONEY = r"(?:人民币|美元|美金|港币|港元|欧元|日元|英镑|rmb|元钱|元(?![旦素宵件月宝气])|圆钱?|块钱|块(?![儿去来]))"
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d{{1,12}}(?:\.\d{{1,4}})?|[{_CN}]{{1,12}})"
_NO_MORE = r"(?![\d个人次条张份字米里公度年天分号点月日周步件斤克吨升倍页篇章页岁台辆套箱包瓶批名位家间户种类项笔单本支只头匹把枝棵朵届层楼平方k一:：/%.-]|多(?![块元])|小时|星期|礼拜|科|达|能|事|众|里)"
_AMOUNT = re.compile(
    rf"(?:[¥￥$]|(?<![a-z])rmb)\s*\d[\d,]{{0,14}}(?:\.\d+)?(?:万|千|k|w)?元?"
    rf"|(?<![\d.a-z第])(?:{_NUMBER}(?:万|千|百|k|w)?[多几来]?\s?{_MONEY}(?:[\d{_CN}]{{1,2}}(?:毛|角|分)?(?![\d{_CN}个天年月]))?(?:左右|多)?(?<!左右)"
    rf"|{_NUMBER}多?(?:万|千)[元块])"
    rf"|(?<![\d.a-z第{_CN}])(?:\d{{1,8}}(?:\.\d{{1,3}})?(?:万|千|w|k)(?:[\d{_CN}]{{1,3}})?|[一二两三四五六七八九十][{_CN}]*[百千万][{_CN}]*){_NO_MORE}"
    r"|(?:(?<=报销)|(?<=打车)|(?<=吃饭)|(?<=快递)|(?<=垫付)|(?<=垫了)|(?<=餐补)|(?<=预算)|(?<=金额)|(?<=金额是)|(?<=写的)|(?<=借款)|(?<=付款)|(?<=花了)|(?<=总共)|(?<=一共)|(?<=共计)|(?<=合计)|(?<=费)|(?<=费用)|(?<=票)|(?<=酒店)|(?<=餐饮)|(?<=住宿)|(?<=房租)|(?<=押金)|(?<=租金)|(?<=工资)|(?<=那笔)|(?<=这笔))"
    r"\d{2,8}(?:\.\d{1,2})?(?![\d个天月号点份张条年人次:/%a-z-])"
)
_AT_END = re.compile(r"(?<=[\u4e00-\u9fff\s])(?<![第号月单])\d{2,6}(?:\.\d{1,2})?(?=[\s.!~]*$)")
_NO_AMOUNT = re.compile(
    r"一块$|万一$|千万(?=[别要不记])$|[一二两三四五六七八九]块(?=[蛋石肉屏布地糕板牌])|百万$|一百$(?=分)|两块(?=[屏板])"
)

_KINDS = (
    ("pdf", r"pdf(?:文档)?"),
    ("document", r"word(?:文档)?|docx?|txt|文本文件"),
    ("sheet", r"excel(?:表格?)?|xlsx?|csv|电子表格|(?<!课程)表格"),
    ("slides", r"pptx?|幻灯片?|演示文稿|keynote|slides?"),
    ("video", r"小?视频(?!会议|号|通话|聊天)|录像|录屏|影片|mp4|video"),
    ("audio", r"语音(?!转)|录音|音频|mp3|audio"),
    ("archive", r"压缩包|压缩文件|zip包?|rar|7z"),
    (
        "image",
        r"图片|照片|相片|截图|截屏|动图|gif|jpe?g|png|photos?|pictures?|images?|(?:(?<=[张个些幅那])|(?<=[发传拍甩贴]的))图(?![纸书表标案])",
    ),
    ("link", r"链接|网址|url|links?"),
)
_KIND = re.compile("|".join(rf"(?P<{name}>(?:(?<![a-z])|(?![a-z]))(?:{words})(?![a-z]))" for name, words in _KINDS))
#: 文档 and 表 are kinds where no other noun stands before them; 接口文档 is what is looked for.
_ALONE_KIND = re.compile(
    r"(?:^|(?<=[\0\s的个份张些找搜发传到下过把有给,]))(?:(?P<document>文档)|(?P<sheet>表)(?=$|[\0\s,.!?在发呢吗给]|找|有))(?!里)"
)
_FILE_NAME = re.compile(
    r"[\w()（）·-]{1,40}\.(?:pdf|docx?|xlsx?|pptx?|zip|rar|png|jpe?g|mp[34]|txt|csv|psd|md)(?![a-z])"
)
#: A run of characters may hold what stands before the name too: 把那个叫总结.docx.
_BEFORE_NAME = re.compile(r"(?:.*(?:叫|找|搜|查|一下|那[个份]|这[个份]|的|把|有个|给我|发我|文件))?")


def find_emails(text: str) -> list[Span]:
    """The addresses in a clean text."""
    return [Span("email", *found.span()) for found in _EMAIL.finditer(text)] if "@" in text else []


def find_amounts(text: str, intent: str | None) -> list[Span]:
    """Sums of money; in an application a number at the end of what is said is one: 想买把椅子380."""
    spans = [
        Span("amount", *found.span())
        for found in _AMOUNT.finditer(text)
        if found.end() - found.start() > 1 and not _NO_AMOUNT.search(text, found.start(), found.end())
    ]
    if intent == "submit_application" and not spans and (found := _AT_END.search(text)):
        spans = [Span("amount", *found.span())]
    return spans


def find_file_names(text: str) -> list[Span]:
    """File names with their ending, which are searched for as they are."""
    if "." not in text:
        return []
    return [
        Span("query", found.start() + _BEFORE_NAME.match(found[0]).end(), found.end())  # type: ignore[union-attr]
        for found in _FILE_NAME.finditer(text)
    ]


def find_kinds(text: str) -> list[Span]:
    """Kinds of files; `kind` is one of pdf document sheet slides image video audio archive link."""
    spans = [Span("file_kind", *found.span(), {"kind": found.lastgroup}) for found in _KIND.finditer(text)]
    if not spans:
        spans = [Span("file_kind", *found.span(), {"kind": found.lastgroup}) for found in _ALONE_KIND.finditer(text)]
    return spans
