"""Which chat group a sentence names: 产品群, 三年二班家长群, 「测试群」; not 这个群."""

import re

from rasa_project.components.spans import TAKEN, Span

_QUOTED = re.compile(r"[“\"「『《'‘【](?P<name>[^”\"」』》'’】\0]{1,30})[”\"」』》'’】](?P<room>(?:这个|那个)?群)?")
#: 群 at the end of a name; 群发, 群主 and the like are other words where no name stands before them.
_ROOM = re.compile(r"(?<![人种族超])群(?![众体岛殴英雄]|发器)")
_TEAM = re.compile(
    r"(?:组|班)(?=(?:[的里\s\0]|昨天|今天|上|这|那边)*(?:[的里\0\s](?:群|纪要|日报|周报|月报|报表|统计|聊天|记录|总结|讨论|会|发言|消息)|群|纪要|日报|报表|统计|聊天记录|消息))"
    r"|(?<=小)组(?=(?:今天|昨天|那边|那儿|[\0\s])*(?:讨论|聊|说了|吵|定了|商量|不用|别再?[存记录]|不要|停|开始|恢复|继续|暂停))"
)
#: 华南区那个群: the name of a group without the word.
_THAT = re.compile(r"[那这]个?(?=群)")
_LEFT = re.compile(r"[\u4e00-\u9fffa-z0-9·&+_\-（）()]{1,20}$")
#: What stands before a name and is no part of it, with the names in which it does.
_STOP = re.compile(
    r"帮我们?|帮忙|想知道|知道|晓得|想了解|听见|看见|听到|看到|有关|[几两这那]天|阵子|会儿|那段时间|期间|贴(?![吧心牌膜])|甩(?!卖)|(?:[一二两三几]|整)[次份遍下条眼]|别(?!墅)|着点?|出(?![纳口租差版行游海入库])|希望(?!小学|工程)|的事|点钟|丢(?!失)|扔|塞|晒(?!单|图)|挂(?!号|职|靠)|见(?!面|习|闻|证)|帮|麻烦|请问?|劳驾|烦请|给我|发我|发给|发到|发送到?|转到|转发到?|发一?下|来[一]?[份个]|出[一]?[份个]|生成|订阅一?下?|取消|停止|停掉|停了|关掉|关闭|开启|打开|开通|退订"
    r"|开始记录|记录一?下?|开始|通知|告诉|汇总|一下子?|不是|还有|以及|或者|另外|顺便|换成?|改成|变成|应该|可以|能不能|(?<![智节性职功技全可])能(?!源|量|耗)|日报|周报|月报|纪要|总结|统计|报表|汇报|报告|概括|梳理|归纳|整理|(?<!小)说的?是?|看看|瞧瞧|查查|找找|搜搜|翻翻|瞅瞅|问问"
    r"|提醒|定时|每天|每晚|推送|爬楼|(?<![邻公])里面?|也|再(?!生)|还|和(?!谐|平|睦|美)|跟(?!单|进|踪|拍)|与|及(?!格)|把|将(?!军|来)|让|叫|在(?!线|职|校|岗|家(?![长委庭政族])|京)|往(?!来|事)|从|去|对(?!接|外|账|公)|给(?!力|排水)|向(?!阳)|于|的(?![士])"
    r"|错|时候?|捋+|理理|盘点|复盘|提炼|推(?!广|荐)|恢复|应答|存档|记(?!者)|结束|之前|以前|以后|今后|们|上(?![海线市门班课学新])|收集|归档|邮件|改为|[一几]?个|了(?!解)|吗|呢|吧|啊|哦|呀|嘛|嗯|呃|额|我(?!爱|家)|你|他|她|俺|(?<![理梦联])想(?!象|法)|要(?!闻|塞)|看(?!房|书|车|护|板|球|片)|(?<![检巡审调])查(?!房|验|勤)|找(?!房)|搜(?!索)|翻(?!译)|(?<![研开批收出])发(?!货|展|布|票|烧|型|电|财|小|运)|到(?!家|店|货|付)|(?<![线楼乡一])下(?!单|沉|属|午茶|厨|棋|乡)|是|不|没|谁|那(?!曲)|这|关于|除了?|包括|比如|(?<!成)就(?!业)|只|先(?!锋)"
    r"|(?<![顾慰])问(?!答|诊|题|卷)|(?<!闲)聊(?!天)|传(?!媒|奇|统|承)|(?<![概纪])念|读(?!书|者|友)|听(?!书|课)|刚|有(?!机|色|声)|(?<![推改先促引])进(?!口|出口|阶|修)|拉(?!新|面|萨)|(?<![党基土城])建(?!筑|(?<!建)设(?!计|备|施)|材|行)|退(?!休|役|货|款)|(?<![参增])加(?!班|盟|工|油|湿)|屏蔽|踢|(?<!建)设(?!计|备|施)|(?<!库)存(?!量|款|储)|[,.!?;:~\s\0@/]"
)
#: 有关叉车证群里都说过什么: what is talked of stands there, no group.
_ABOUT = re.compile(r"(?:有关|关于)$")
#: A group may be called by one of them: 通知群.
_OWN_NAME = re.compile(r"(?:日报|周报|通知|汇报|报告|打卡|聊天)$")
_NO_NAME = re.compile(
    r"(?:这|那|哪|某|别|其他|其它|另|上|下|前|后|本|全|全部|整|每|各|所有|任何|多|几|两|二|三|四|五|一|\d+|第.{1,2}|隔壁|该|此|同|咱|我们?|咱们|你们|他们|大家|自己|新|老|旧|原|有的|一些|哪些|这些|那些|不少|很多)"
    r"(?:一?个|俩|俩个|两个|几个|些|的|边|整个|家|每个|别|外一?个|面那?个)*|.*[这那哪](?:个|俩|几个|些|一个)|个|人|微信|聊天|整个|全体|相关|对应|当前|目前|现在|消息|会话|班|小|分|本班|我班|我们班|我们组|本组|小组|分组|本小|一|上|下|加|值|早|晚|白|夜|中|下|跟|换|轮|倒|代|到|接|[^总主大家工饭球车书酒牌]"
)


def find_quoted_rooms(text: str) -> list[Span]:
    """The names of chat groups in a clean text that stand in quotation marks, whatever else they say."""
    return [
        Span("room", *found.span("name"))
        for found in _QUOTED.finditer(text)
        if found["room"] or found["name"][-1] in "群组班"
    ]


def find_rooms(text: str) -> list[Span]:
    """The names of chat groups in a clean text from which its times are taken."""
    spans: list[Span] = []
    if "群" in text:
        for found in _THAT.finditer(text):
            _add(text, found.start(), found.start(), spans)
        for found in _ROOM.finditer(text):
            _add(text, found.start(), found.end(), spans)
    if "组" in text or "班" in text:
        for found in _TEAM.finditer(text):
            _add(text, found.start(), found.end(), spans)
    return sorted(spans, key=lambda span: span.start)


def _add(text: str, stem: int, end: int, spans: list[Span]) -> None:
    """The room whose name ends here, if there is a name; its stem is what precedes 群."""
    if any(span.start < end <= span.end + 1 for span in spans):
        return
    first = max((span.end for span in spans if span.end <= end), default=0)
    head = text[max(first, stem - 20) : stem]
    tail = ""
    if stem < end and text[stem] == "群" and (team := re.search(r"[组班部队](?:门)?的$", head)):
        tail, head = head[team.start() :], head[: team.start()]
    found = _LEFT.search(head)
    name = found[0] if found else ""
    cut = _last_stop(name)
    if cut == len(name) and text[end : end + 1] != "里" and (own := _OWN_NAME.search(name)):
        cut = _last_stop(name[: own.start()])
    name = name[cut:].lstrip("-_·&+()（）") + tail
    if not name or _NO_NAME.fullmatch(name) or TAKEN in name or (stem == end and len(name) < 2):
        return
    start = stem - len(name)
    if text[end : end + 1] == "里" and _ABOUT.search(text, 0, start):
        return
    spans.append(Span("room", start, end))


def _last_stop(name: str) -> int:
    """Where the last word ends that is no part of a name."""
    return max((stop.end() for stop in _STOP.finditer(name)), default=0)
