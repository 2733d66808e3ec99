"""What makes a line a ruling that has no settling word: who says it, what was put to them, what follows."""

import re
from collections import Counter

from workers.minutes import cues
from workers.minutes.about import numbers, pairs
from workers.minutes.said import Said, Scene

#: Asks what is to be done, which an answer settles, and not how things are: 收不收, 定什么时候, 还是.
_SHOULD = re.compile(
    r"要不要|(?!是不是|有不有|知不知|对不对)([收去带用改做买搞换加放发穿开报送住走坐停报写装卖给选留算印上请办吃考])不\1|还是[^，,。]{1,14}[?？]?$"
    r"|怎么(?:办|弄|搞|分|算|安排|处理|定|收|走|整)|咋(?:办|弄|整|分|算)|点算|定(?:在|到|个)?(?:什么|啥|哪|几|多少)|(?:什么时候|啥时候|几号|几点|哪天)(?:去|开|搞|走|出发|集合|弄|浇|办|吃|约|发|上|做)"
    r"|(?:去|用|上|住|吃|穿|选|报|买|订|走|送|收|给|写|定|做|放|批|留|涨到?)(?:哪|什么|啥|多少|几)|谁(?:出|付|掏)|到底|(?:可以|能|让|准|许)[^，,。]{0,10}(?:吗|不|么)[?？\s]*$|^[^，,。]{0,12}(?:吧|呗)[?？]$|多少合适"
)
#: Puts something before another for a yes: 护长你看行不, 同意就行, 批多少.
_APPROVAL = re.compile(
    r"(?:看|觉得)[^，,。]{0,6}(?:行|可以|成|中|合适)|行[吗不么]|可以[吗不么]|好不好|同意(?:就行|吗|不)|批(?:准|多少|一下|个|吗|不)|申请|请示|点头|拍板|定夺|您定|你定|求助|想(?:请|休|换|借|要|调)|能不能|可不可以|得行不|敢不敢|要得不|我(?:建议|提议|看)|要不|不如"
)
_YES = re.compile(
    r"^(?:好+(?:的|吧|嘞|呀|嘛|啊)?|行+(?:吧|嘛|啊)?|嗯+|ok|okay|可以|得|中|成|妥|要得|同意|没问题|批了?|准了?|通过|听[^，,。]{1,4}的|1)(?=$|[，,、。！!\s]|[^\u4e00-\u9fff]|就|那|按|改|先)|(?:^|[，,\s\d\u4e00-\u9fff])(?:可以|行|ok|同意|批了)[。！!\s]|(?<=[\d元块万千])(?:可以|行|吧|ok|成)",
    re.IGNORECASE,
)
_FLAT = re.compile(
    r"(?:^|[，,。\s；;])(?:[\u4e00-\u9fff\dA-Za-z、]{0,8})?(?:只(?![是有能要不过好])|全(?:部|走|用|员|归|都)|都(?=[不按用走要去给放])|各自?|免费|自己[带出掏]|自带|自愿|不强制|照(?:常|旧|做|跑|样)|轮(?:流|着)|待命|值班|轮休|打底|封顶|出发|集合)"
)
_REFUSED = re.compile(
    r"不(?:考虑|要(?!紧|是|说)|做|收|搞|买|加|带|用|去|省|弄|上|换|放|接|开|发|算|转|印|卖|报|设|留|给|招|退|鸣|让|吊|许|准)|别(?!的|人|墨|忘|客气|急|处|说|催|闹|怕|慌|担心|问)|pass|drop|莫",
    re.IGNORECASE,
)
_PASSED = re.compile(
    r"批了|批准|(?:回复|同意|点头|答应|审过|松口|确认)了?(?=$|[，,。：:！!\s])|通过了?(?=$|[，,。！!\s])|(?:公司|领导|学校|老板|总部|上面|上头|甲方|客户|业主|物业|财务|院里|局里|基金会)[^，,。]{0,6}(?:说|定|批|要求|同意|通知)"
)
_POLL = re.compile(r"投票(?!结果)|先表决|报个?数|接龙|扣1|扣个|截止|报名的|举手|表决")
_PENDING = re.compile(
    r"(?:没意见|同意|点头|拍板|批了?|落地|看过|确认|没问题)[^，,。]{0,4}(?:就|再|才|的话)|等[^，,。]{1,8}(?:批|定|回复|确认|再|看|来)|再(?:说|看|议|定|商量|讨论|想想|判断|碰)(?:吧|了|一下)?(?=$|[，,。！!])|先不下|看情况|回头再|到时候再"
)
_ASSIGN = re.compile(
    r"谁(?:去|来|写|能|负责|给|有空)|(?:^|[，,。\s])[你您](?!们)[\u4e00-\u9fff]{0,6}|(?:[号日点天午晚周一二三四五六日\d班]|月底)之?前(?=$|[，,。\s\u4e00-\u9fff])(?![^，,。]{0,10}的)|给我|发我|交给?我|找我|抓紧|赶紧|尽快|马上|记得|辛苦"
)
_I_THEN = re.compile(
    r"^(?:好的?|行|嗯|ok|收到|得嘞?|可以|中)?[，,、。！!\s]*(?:那我(?!们)|我(?:这就|马上|来|去|今|明|先|走|改|写|订|约|发|通知|联系|跟)|收到|好嘞|得嘞|得令|要得|妥|遵命|明白|保证|记下|安排)"
)
#: One or two characters that decide at the very start: 租，租两台; 停，明天开始全关.
_VERDICT = re.compile(
    r"^(?:(?:好+|行|嗯+|对)[嘛吧的]?[，,、。！!\s]+)?(?![好行嗯对是有没哈哦啊呃额诶唉哎可成中得妥在]|收到|谢|辛苦|同意|知道|明白|晚安|早|大家|各位|另外|还有|通知|理解|其实|但是|不过|所以|注意)[\u4e00-\u9fffA-Za-z]{1,2}[，,。！!](?=.)"
)
#: What it costs or who pays, from when on: 扣一半, 公司出七成, 起执行.
_TERMS = re.compile(
    r"扣[\u4e00-\u9fff]{0,3}[\d一两二三半]|罚|执行|生效|自负|自理|报销|承担|[出付补贴][\d一两二三四五六七八九半]{1,2}[成半]|费出|封存|开除|停[货课工产业机电水运]|全[关停]|顺延|算[^，,。]{1,4}的(?:$|[，,。])|[\d一两二三四五六七八九]倍|满\d+|每[人家户单天周月位次][^，,。]{0,4}[\d一两二三]|多退少补|按(?!时|住|摩|照片)[\u4e00-\u9fff\d]{2,10}(?=$|[，,。\s])|为主|为准|优先"
)
_FORBID = re.compile(
    r"(?:^|[，,。！!\s])(?:不要|别(?!的|人|忘|客气|急|慌|怕)|不准|不许|不得|谁都不|都不(?:要|许|准)|一点都不)[\u4e00-\u9fff]{2,}"
)
_TELLS = re.compile(
    r"太(?!阳)|很|挺|乱七八糟|本来|想想|最近|去年|上次|上个月|每次|搞得|其实|因为|要不是|就没|对不上|不够|原来|一直|吓|可惜|早就"
)
_ASIDE = re.compile(
    r"别吵|别闹|别贫|想多|没说清|多少钱|够了|没有|还有|还剩|包括|已经|正好|刚好|一共|总共|大概|应该|左右|昨天|刚刚|上次"
)
_STILL_GO = re.compile(r"(?:^|[，,。\s])(?:嗯|好|行)?还(?:走|用|按|在|去|住|坐|订|选|照)")
_SHIFT = re.compile(
    r"(?:推|挪|延|拖|放|压|提|缩|加|减|砍|降|涨|调|停)(?:迟|后|前)?(?:到|成|为)|(?:抬|加|减|降|涨|砍|留|缩)[\u4e00-\u9fff]{0,3}\s?[\d一两二三半]"
)
_COUNTED = re.compile(r"\d+(?:[.:：]\d+)?|[一两二三四五六七八九十](?=[点号个元块人家天次台成倍月年条份辆桌层楼间])")
#: What one gives in to or makes do with: 普通号就普通号, 换就换吧.
_SO_BE_IT = re.compile(r"([\u4e00-\u9fff\d]{1,4})就\1")
#: Holds from now on, and for all: 以后…, 除了群面都线上, 其余38.
_HEREAFTER = re.compile(r"以后(?!再)|今后|往后|下次起|再有下次")
_THE_REST = re.compile(r"除了?[^，,。]{1,12}都|其[余他]|剩下的|四个人都|(?:全体|所有)[^，,。]{0,6}都")
_STAYS = re.compile(r"不(?:换|动|退|改|变|提|涨|降|推|搬|加|租|派|泼|爬)了?(?=$|[，,。！!\s])")
_WINS = re.compile(
    r"胜出|当选|中选|入选|票数|得票|最高票|赢了|用[^，,。]{1,5}(?:的|呢个|那个|这个|方案|那版)(?=$|[，,。吧\s])"
)
#: Put off till something: 下半年再换, 等新业委会上来再表决.
_PUT_OFF = re.compile(
    r"先放|先缓|缓一缓|(?:下半?[年月周学]|明年|年后|节后|月底|到时|等[^，,。]{2,12})[^，,。]{0,4}再(?!说|看)|事后补"
)
_SHARED_OUT = re.compile(
    r"一人[一半]|[上下]半场|(?:[白夜早晚中]班|[\d一二三四五六日]号?|周[一二三四五六日])[\u4e00-\u9fff]{1,3}(?:上|休|值|顶|守)(?=$|[，,。\s])"
)
_FIXED = re.compile(
    r"单独|绝不|绝对不|一[\u4e00-\u9fff]{1,2}都不|限[\d一二两三四五六七八九十]|不松口|费用?[^，,。]{0,4}出(?=$|[，,。])|全部(?:补|换|退|重|按|改|走|用)|原[则价]|按原|照原|作废|算自动"
)
_WANTED = re.compile(r"要[^，,。了不]{1,6}的(?=$|[，,。！!\s])")
_LIMIT = re.compile(r"以内|控制在|不(?:能)?超过|上限|至少|起码|最多|不低于|不少于|必须")
_OUGHT = re.compile(r"(?:^|[，,。\s])(?:那|就|所以|我|还)[^，,。]{0,6}得(?![了到很])")
_ROUGHLY = re.compile(r"约[\d一二两三]|预计|预报|超出|差不多|据说|目前|现在(?!起|开始|就)|正在")
_AGAIN = re.compile(r"(?:^|[，,。\s])?再[去跑订印抽试拿压做写问买打催测查补发录](?!说)")
_ENOUGH = re.compile(r"够了|齐了|就(?:行|可以|成|好)了?(?=$|[，,。！!\s])|即可|为止")
_ANNOUNCED = re.compile(r"结论|决定|定下|规定|如下|几[点条件]|通知|纪要|总结|汇总|说下|明确")
_NUMBERED = re.compile(r"^[（(]?\d{1,2}[.、)）]|^[一二三四五六][、.]")
_PIECE = re.compile(r"[^，,。；;！!\s]+")
#: What opens a line and is no part of what it says.
_OPENING = re.compile(
    r"^(?:(?:好+[的吧嘞嘛啊]?|行+[吧嘛啊]?|嗯+|对+|ok|okay|可以|得|中|要得|那|就|还是|先|定|选|用|不|别|都)[，,、。！!\s]*)+",
    re.IGNORECASE,
)
_FIRST = re.compile(r"[^，,。；;！!\s]+")
_KEY = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|[\u4e00-\u9fff](?<![的了吧啊呀是我你他这个也都有在就那去来说行好签])")
#: A title of one who has the last word.
_TITLE = re.compile(r"老板|教授|主任|总(?![务结])|经理|业主[）)]|创始|老大|校长|院长|厂长|总协调|护士?长|导演|导$")
_LEAST = 6  # points


def boss(scene: Scene, leaders: frozenset[str]) -> str:
    """The key of the one whom others ask for a yes and whose words they follow most; empty when nobody is followed."""
    score: Counter[str] = Counter()
    for said in scene.said:
        text = said.plain
        if said.to and (_APPROVAL.search(text) or said.asks):
            for key in said.to:
                score[key] += 1
        if len(text) < 4 or said.asks:
            continue
        nearest = [each for each in scene.said[said.place + 1 : said.place + 3] if each.who != said.who]
        score[said.who] += any(each.shows(_I_THEN) or each.agrees for each in nearest)
        score[said.who] += any(each.shows(_I_THEN) for each in nearest)
    for key in score:
        score[key] += 4 * (key in leaders) + 4 * bool(_TITLE.search(scene.people.name(key)))
    best = max(score, key=lambda key: (score[key], key), default="")
    return best if score[best] >= _LEAST else ""


def shown(said: Said, text: str) -> set[str]:
    """The cues of a ruling in the words themselves."""
    pieces = _PIECE.findall(text)
    tests = {
        "yes": _YES.search(text),
        "flat": _FLAT.search(text),
        "not": _REFUSED.search(text),
        "passed": _PASSED.search(text),
        "poll": _POLL.search(text),
        "pending": _PENDING.search(text),
        "assign": _ASSIGN.search(text),
        "verdict": _VERDICT.search(text),
        "terms": _TERMS.search(text),
        "forbid": _FORBID.search(text),
        "tells": _TELLS.search(text),
        "values": len(_COUNTED.findall(text)) >= 2,
        "does": cues.does(text),
        "aside": _ASIDE.search(text),
        "still_go": _STILL_GO.search(text),
        "shift": _SHIFT.search(text),
        "so_be_it": _SO_BE_IT.search(text),
        "hereafter": _HEREAFTER.search(text),
        "the_rest": _THE_REST.search(text),
        "stays": _STAYS.search(text),
        "wins": _WINS.search(text),
        "put_off": _PUT_OFF.search(text),
        "shared_out": _SHARED_OUT.search(text),
        "fixed": _FIXED.search(text),
        "wanted": _WANTED.search(text),
        "limit": _LIMIT.search(text),
        "ought": _OUGHT.search(text),
        "roughly": _ROUGHLY.search(text),
        "once_more": _AGAIN.search(text),
        "enough": _ENOUGH.search(text),
        "clipped": len(pieces) >= 3 and max(map(len, pieces)) <= 8,
        "i_start": re.match(r"^(?:[那好的行吧嗯可以成中得嘞，,。！! ]|ok)*我(?!们|觉得|看)", text, re.IGNORECASE),
        "mid": 8 <= len(text) <= 30,
        "clauses": len(re.findall(r"[，,。；;]|(?<=[\u4e00-\u9fff\d])\s+(?=[\u4e00-\u9fff\d])", text)) >= 1,
    }
    return {name for name, true in tests.items() if true}


def around(said: Said, text: str, scene: Scene) -> set[str]:
    """The cues of a ruling in the talk: what was put to the speaker before, and what others do next."""
    found = _taken_up(said, text, scene)
    words, values = pairs(text), numbers(text)
    before = [each for each in scene.before(said, 6, 240)]
    others = [each for each in before if each.who != said.who]
    if any(each.shows(_SHOULD) for each in others[:3]):
        found.add("should")
    if any(each.shows(_SHOULD) and words & each.about for each in others[:5]):
        found.add("should_same")
    if said.quoted and said.quoted != said.who and cues.asks(said.quoted_text):
        found.add("quotes_ask")
    if any(each.shows(_APPROVAL) for each in others[:3]):
        found.add("approval")
    if others and others[0].asks and not others[0].shows(_SHOULD) and not others[0].shows(_APPROVAL):
        found.add("fact_asked")
    if others and any(values & each.numbers for each in others[:2]):
        found.add("value_put")
    if before and before[0].who == said.who:
        found.add("goes_on")
    if _NUMBERED.match(text) and any(each.who == said.who and each.shows(_ANNOUNCED) for each in before):
        found.add("announced")
    for place, other in enumerate(scene.after(said, 8, 120)):
        if other.who == said.who:
            continue
        if place < 3 and other.shows(_I_THEN):
            found.add("acted_on")
        same = words & other.about or values & other.numbers
        if same and (other.asks or other.proposes):
            found.add("contested")
        if place < 2 and other.rejects:
            found.add("refused_at_once")
    return found


def _taken_up(said: Said, text: str, scene: Scene) -> set[str]:
    """Whether a line opens with what was asked or voted for: 要不要拆 → 拆。; 左, 左, 右 → 好那左边."""
    found: set[str] = set()
    others = [each for each in scene.before(said, 8, 240) if each.who != said.who]
    opening = _OPENING.sub("", text)
    first = _FIRST.match(opening)
    key = set(_KEY.findall(first[0])) if first else set()
    if key and first and len(first[0]) <= 8:
        told = [
            each for each in others if all(one in each.plain for one in key) and key <= set(_KEY.findall(each.plain))
        ]
        if any(each.asks or each.proposes for each in told):
            found.add("restates")
        elif any(each in others[:5] for each in told):
            found.add("repeats")
        if found and _YES.search(text):
            found.add("accepts")
    short = [set(_KEY.findall(each.plain)) for each in others if len(each.plain) <= 6]
    chosen = set(_KEY.findall(opening))
    if sum(bool(each) and bool(each & chosen) for each in short) >= 2:
        found.add("voted")
        if _YES.search(text) or text.startswith(("那", "就")):
            found.add("voted_yes")
    return found


def together(found: set[str]) -> set[str]:
    """What those cues mean side by side."""
    more: set[str] = set()
    for ruler in ("boss", "head"):
        if ruler in found:
            more |= {f"{ruler}+{name}" for name in _BY_RULER if name in found}
    if "yes" in found:
        more |= {
            f"yes+{name}" for name in ("value", "value_put", "approval", "should", "acted_on", "echo") if name in found
        }
    if "not" in found and found & {"should", "approval", "should_same"}:
        more.add("not+put")
    if found & {"value_put", "echo_value"} and "ask" not in found and "acted_on" in found:
        more.add("value+acted")
    return more


_BY_RULER = (
    "verdict",
    "terms",
    "values",
    "forbid",
    "tells",
    "restates",
    "should",
    "approval",
    "flat",
    "not",
    "value_put",
    "yes",
    "passed",
    "acted_on",
    "fact_asked",
    "assign",
    "shift",
)
