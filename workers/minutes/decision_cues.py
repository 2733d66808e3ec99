"""What a line shows of a decision: words that settle, and the talk around it."""

import re

from workers.minutes import cues, rulings
from workers.minutes.about import numbers, pairs
from workers.minutes.said import Said, Scene

_SETTLED = re.compile(
    r"定了(?!金|位)|先这[么样](?![说想看认觉快贵多难好久大])|敲定|拍板|就这么(?![说想看认觉快贵多难好久大])|就这样(?:定|办|吧|了|弄|搞)?|那就这|说定|说好了|定下来|确定(?:了|下来|是|用|为)|最终|最后(?:定|是|还是|选)|决定(?!不了|一下|呢)|结论|通过(?:了)?|一致|不许再改|不改了|不再改|成交|锁定|暂定|初定|定在|定为|定的?是|投票结果|少数服从多数|全票|(?:^|[那就好嗯行，,\s])定(?=[A-Za-z\d]|[\u4e00-\u9fff]{1,8}$)|说了算"
)
_CHANGED = re.compile(
    r"改(?:到|成|为|在|期|订|用|走|约|坐|去)|换成|换到|换为|改[\u4e00-\u9fff]{0,4}\d|推迟|延期|提前到|顺延|挪到|调整[到为成]|延到|延至|缩到|加到|提到|降到|涨到|调到|移到|放到|放在?(?=\s?[\d下周月])"
)
_THUS = re.compile(
    r"^(?:好(?:的|吧|嘞)?|行(?:吧)?|ok|okay|嗯+|可以|得|对|成|没问题|同意)?[，,、。！!\s]*(?:那(?![个边家天次种么些里儿会批位是]|我(?!们))(?:就|还是|咱们?就?|我们就?|都|直接|先)?|就(?!是|算|知道|怕|想|我|你|像|差|剩|可以|行|好|会|有|没|不|这|等)|还是(?!没|不|有|得|会))",
    re.IGNORECASE,
)
_THEN_JUST = re.compile(
    r"那(?:么)?就|就(?=[按用选定去订买要走报做收住放写发穿吃坐在上\d]|[\u4e00-\u9fff]{1,6}(?:吧|了)$)"
)
_BY = re.compile(
    r"(?:^|就|都|统一|那|先|还是|一律|全部)按|以[^，,。]{1,10}为准|统一|一律|按[^，,。]{1,14}(?:来|走|办|算|执行|做|弄|收|发)"
)
_CANCEL = re.compile(
    r"取消|不(?!能再|得了|行了|了|是|会|懂|知|晓|好|见|到|够|起)[\u4e00-\u9fff]{1,3}了(?!吧[?？]|吗|么|不起)|先不|暂不|暂停|停用|作废|不再|停工|停课|不用[^，,。]{0,6}了|砍掉|去掉|下架|放弃"
)
_RULE = re.compile(
    r"从[^，,。]{1,8}(?:起|开始)|[号日天]起|一律|不得|禁止|罚|以后(?:都|就|每|不)|今后|不准|不许|严禁|谁[^，,。]{1,8}谁|每(?:人|家|户|组|天|次|周|月|个)[^，,。]{0,6}[\d一二两三四五六七八九十]|(?:三家|大家|各自|人均)?(?:平摊|均摊|AA|aa)"
)
_STILL = re.compile(r"还是[^，,。?？]{1,16}(?:吧|好了|稳|算了)|^(?:嗯|那|行|好)?还是[\u4e00-\u9fff\d]")
_PICK = re.compile(
    r"(?:就|选|用|走|住|报|订|要|去|上)[^，,。]{1,12}(?:这家|那家|那个|这个|方案|那款|这款|那版|这版|的吧|吧|了)$"
)
_OPENER_YES = re.compile(
    r"^(?:好+(?:的|吧|嘞|呀)?|行+(?:吧)?|嗯+|ok|okay|可以|得|成|没问题|同意|听你们的)(?:[，,、。！!\s]+|(?=就|那|统一|改|按|还是|我们|咱)).{3,}",
    re.IGNORECASE,
)
_FIRM = re.compile(r"(?:了(?:啊|哈|哦|呀)?|吧|为准|执行|没问题)[~～。！!\s]*$")
ANAPHORIC = re.compile(
    r"就这么|就这样|那就这|按(?:你|他|她|这个|上面|刚才|.{1,3}说的)|听.{1,4}的|同意就|没意见就|定了[吧啊哈]?$|就它|就他|就她|这个吧|那个吧|就这个|就那个|就这家"
)
_I = re.compile(
    r"^(?:(?i:ok)|[那好的行吧嗯可以成中得嘞，,。！!\s])*我(?!们|觉得|看)|(?:[，,\s…])我(?:请|到|先|再|会|在|可|要|改|给|把|让|找)|我(?:来|去|负责|这就|马上|先|下午|明天|今晚|晚上|回头|问)"
)
_YOU = re.compile(r"(?:^|[，,\s])(?:你|您)(?!们)")
_VALUE = re.compile(r"\d|[一二两三四五六七八九十百](?:点|号|个|元|块|人|家|天|次|折|楼|层|桌|辆)")
_TIME = re.compile(
    r"\d+\s*[号日点月]|周[一二三四五六日天末]|星期|礼拜|今[天晚]|明[天晚早]|后天|下周|上午|下午|晚上|中午|早上|月底|凌晨|[一二三四五六七八九十]点"
)
_LIST = re.compile(r"^\s*[（(]?\d{1,2}[.、)）]")
_CHOICE = re.compile(
    r"还是[^，,。]{1,14}[?？]?$|要不要|用不用|带不带|[\u4e00-\u9fff]不[\u4e00-\u9fff]|多少|几[个点号楼家人桌辆天]|哪[个家天种款里儿]|什么|啥|怎么|谁|吗|呢|[?？]$"
)
#: Asks for no answer: 塔吊停用，听到没.
_TAG = re.compile(r"[，,\s]*(?:听到|听见|知道|明白|懂|记住|看到)了?(?:没有?|吗)[?？!！]*$")
#: Sounds like a choice and is none: 白班还是2小时, 谁用谁写.
_NO_CHOICE = re.compile(
    r"(?<![\d号点日])还是(?=[\d一二三四五六七八九十])(?![^，,。]*[?？])|谁[^，,。?？]{1,8}谁[^，,。?？]*"
)
_BETWEEN = re.compile(r"\d[^，,。]*\s?还是[^，,。]*\d[^，,。了吧]*$")
#: What carries the sense of a short proposal: 蓝的吧, A, 第二家.
_KEY = re.compile(
    r"[A-Za-z0-9]|[\u4e00-\u9fff](?<![的了吧啊呀是好行可以同意不要那就也都我你他这个选就第一嗯对没问题到在有去来说])"
)
#: The cues of words that settle.
FIRM = frozenset({"settled", "changed", "thus", "just", "by", "cancel", "rule", "still", "pick", "opener_yes"})
_BEFORE = 12  # lines before, in which a matter is put forward
_AFTER = 6  # lines after, in which others agree or object


def shown(said: Said, text: str) -> set[str]:
    """The cues of the words themselves."""
    last = said.sentences[-1].text if said.sentences else text
    tests = {
        "settled": _SETTLED.search(text),
        "changed": _CHANGED.search(text),
        "thus": _THUS.search(text),
        "just": _THEN_JUST.search(text),
        "by": _BY.search(text),
        "cancel": _CANCEL.search(text),
        "rule": _RULE.search(text),
        "still": _STILL.search(text),
        "pick": _PICK.search(text),
        "opener_yes": _OPENER_YES.search(text),
        "firm": _FIRM.search(text),
        "value": _VALUE.search(text),
        "time": _TIME.search(text),
        "to_all": said.to_all,
        "ask": cues.asks(_NO_CHOICE.sub("", _TAG.sub("", text))) or _BETWEEN.search(text),
        "ask_mark": re.search(r"[?？]|(?:吗|么|呢)[~～。\s]*$", last),
        "propose": re.search(
            r"要不|要么|建议|提议|不如|或者|我(?:觉得|看|建议|提议|倾向|投|选|想)|怎么样|何不|最好|(?<!不)考虑|可以.{0,8}(?:啊|呀|吧)$",
            text,
        ),
        "suppose": cues.supposes(text),
        "opinion": cues.opines(text) or "肯定" in text,
        "past": cues.past(text),
        "laugh": cues.laughs(said.line.text),
        "i": _I.search(text),
        "you": _YOU.search(text) or said.to,
        "done": cues.done(text),
        "polite": cues.polite(text),
        "remind": cues.reminds(text),
        "small": cues.small_talk(text),
        "short": len(text) <= 5,
        "long": len(text) > 30,
        "list": _LIST.search(text),
        "anaphoric": ANAPHORIC.search(text),
        "need": re.search(r"需要|缺|差|不够", text),
    }
    return {name for name, true in tests.items() if true}


def around(said: Said, text: str, scene: Scene) -> set[str]:
    """What came before and after: questions and proposals by others, and whether they agree."""
    found: set[str] = set()
    before = list(scene.before(said, _BEFORE, 240))
    words = pairs(text)
    others = [each for each in before if each.who != said.who]
    proposals = [each for each in before[:8] if each.proposes or each.asks]
    if len({each.who for each in proposals}) >= 2:
        found.add("debated")
    if any(each.who != said.who for each in proposals[:3]):
        found.add("proposed")
    own = next((number for number, each in enumerate(before[:8]) if each.who == said.who and each.asks), 0)
    if any(each.who != said.who for each in before[:own]):
        found.add("own_question")
    choice = [each for each in before[:4] if each.shows(_CHOICE)]
    if choice and choice[0].who != said.who:
        found.add("answers_choice")
    if any(words & each.about for each in others[:8]):
        found.add("echo")
    if (values := numbers(text)) and any(values & each.numbers for each in others[:8]):
        found.add("echo_value")
    if any(len(each.plain) <= 6 and any(key in text for key in _KEY.findall(each.plain)) for each in others[:5]):
        found.add("echo_short")
    if sum(each.agrees for each in before[:5]) >= 2:
        found.add("agreed_before")
    if any(each.who == said.who and each.to_all for each in before[:3]):
        found.add("after_all")
    agreeing: set[str] = set()
    for place, other in enumerate(scene.after(said, _AFTER, 120)):
        if other.who == said.who:
            continue
        if other.agrees:
            agreeing.add(other.who)
        elif not agreeing and other.rejects and (place < 2 or words & other.about):
            found.add("rejected")
    if agreeing:
        found.add("agreed")
    if len(agreeing) >= 2:
        found.add("agreed_many")
    following = next(iter(scene.after(said, 1, 120)), None)
    if following is not None and following.who != said.who and following.agrees:
        found.add("agreed_at_once")
    for other in scene.after(said, 10, 120):
        if (
            other.who != said.who
            and (other.shows(_SETTLED) or other.shows(_THUS))
            and not other.asks
            and (words & other.about or other.shows(ANAPHORIC))
        ):
            found.add("settled_later")
            break
    return found


def together(found: set[str]) -> frozenset[str]:
    """The cues with what some of them mean side by side."""
    more = set(found)
    firm = found & FIRM
    if len(firm) >= 2:
        more.add("firm_twice")
    if not firm:
        more.add("no_firm")
        if "head" in found and "time" in found:
            more.add("head+time")
        if "head" in found and "answers_choice" in found:
            more.add("head+choice")
    if "head" in found and found & {"rule", "cancel"}:
        more.add("head+rule")
    if firm and "agreed" in found:
        more.add("firm+agreed")
    if firm and found & {"value", "time"}:
        more.add("firm+value")
    if firm and found & {"answers_choice", "debated"}:
        more.add("firm+debated")
    return frozenset(more | rulings.together(more))
