"""Cues: the words and turns by which people agree, refuse, ask, suppose, promise and tell others what to do."""

import re

# What opens a sentence and says nothing of its own.
_OPENER = (
    r"(?:(?:好(?:的|滴|嘞|吧|呀|啊|哒)?|行(?:吧|啊|呀)?|嗯+|哦+|噢|ok|okay|那(?![个边家天次种么些里儿会批位])|对+了?|另外|还有(?!\d)|然后|所以|而且|但是|不过|这样|得|成|可以|没问题|收到|明白|知道了|是的"
    r"|诶|哎|唉|啊|额|呃|喂|说个事|顺便|最后|首先|其次|反正|总之|再就是|还有个事|再说一遍|通知|补充|提醒(?:一下|下)?|注意)(?:[，,、。！!~～\s]+|(?=[那我你就咱先]))|那(?![个边家天次种么些里儿会批位])"
    r"|[\s，,、。!！~～:：]+|[（(]?\d{1,2}[.、)）]\s*(?!\d))"
)
OPENERS = re.compile(rf"^{_OPENER}+", re.IGNORECASE)
CLAUSE = re.compile(r"[^，,、；;。！!\n…]+(?:[，,、；;。！!\n…]+|$)")
SPACED = re.compile(r"(?<=[\u4e00-\u9fff）)])\s+(?=[\u4e00-\u9fff（(])")

_AGREE = re.compile(
    r"^(?:(?:好+|行+|可+|成|中|得|妥|嗯+|恩+|对+(?!了)|同意|赞成|赞同|支持|附议|没问题|没毛病|没意见|可以+|阔以|收到|ok+|okay|okk|yes|okok|欧克|好的?|能|会的?|放心|必须|必须的|明白|了解|遵命|得令|安排|包在我身上|交给我|我来|我去|知道"
    r"|晓得|要得|得嘞|好嘞|好滴|好叭|行吧|好吧|算我一个|算我|听你的|听大家的|就这么|就这样|1|\+1|十1|👍|👌|🆗|🙋|没事|当然|这就|马上|来了|嗯嗯|好说|小事|保证|一定|妥妥|没得问题|都行|我都行|记下了?|记住了)"
    r"(?:[的了吧呀啊呢嘛嘞滴哒哈哦噢啦+1👍👌🙏]|姐|哥|老师|老板|总|工)*)(?=$|[^\u4e00-\u9fffa-z]|[我那就这明今晚下马尽等一来,先加都听没])",
    re.IGNORECASE,
)
_AGREE_TAIL = re.compile(
    r"(?:\+1|十1|没意见|同意|没问题|可以的?|挺好|不错|就这么办|就这样|赞成|支持|合适|好主意|稳|行)[吧的啊呀了!！~～。]*$",
    re.IGNORECASE,
)
_AGREE_SIGN = re.compile(r"\[(?:OK|强|好的|握手|赞|鼓掌|胜利|抱拳|嘿哈)\]|[👍👌🆗✅🙋💪]", re.IGNORECASE)
_REFUSE = re.compile(
    r"^(?:不行|不要|不好|不了|不用|不可以|不同意|反对|别|算了|没空|没时间|去不了|来不了|来不及|做不了|弄不了|不会|不太行|不成|不合适|不去|不妥|no|恐怕|够呛|太[\u4e00-\u9fff]{1,3}了|甭|免了|拉倒)"
    r"|(?:没空|没时间|去不了|来不了|来不及|走不开|做不了|弄不了|不方便|不在家|出差|请假|搞不定|办不到|不归我|不是我|另请高明|找别人|换个人|换人|爱莫能助|有事[吧啊]?$|我不行|我不会|我不去|不同意|不赞成|反对|不靠谱)",
    re.IGNORECASE,
)
_PROPOSAL_REFUSED = re.compile(
    r"^(?:[^，,]{0,8}(?:太(?!好|棒|赞)[\u4e00-\u9fff]{1,3}了|不(?:行|要|好|同意|合适|划算|靠谱|妥)|别(?!忘)|算了|反对|否了))"
)
_DONE = re.compile(
    r"已经?(?!经)[\u4e00-\u9fff]{1,6}|(?:完|好|掉|妥|到位|过|出去|上去|下来|回来|过去|齐|成)了|搞定|弄好|办好|早就|[发交传订买付转打改写填修换约测报寄签定填给做上查弄说问送取拿下关退删]了|发群里了|(?:发|交|寄|传|送|打|转|付|订|填|签|贴|挂|装|放)[\u4e00-\u9fff]{1,5}了(?=$|[，,。！!~～\s])|完毕|完成了|解决了|✅"
)
_NOT_YET = re.compile(
    r"(?:就|再|要|会|得|把|快|先|等|如果|要是|还没|没有?|别|是不是|记得|别忘|好不好)[^，,。]{0,8}(?:完|好|掉|妥)了?"
)
_PAST = re.compile(
    r"昨[天晚日]|前[天几年]|上(?:次|回|周|个月|星期|礼拜|学期|一版)|去年|刚刚?(?!好)|刚才|以前|当时|曾经|那会儿|之前(?:就|也|都|说|是|有|我|你|不|没)|已经|早就|今早[^前]{0,12}了|前阵子|大前天|本来|原来|(?:学|写|做|用|去|来|吃|看|试|问|打|说|买|查|见|听|住|玩|弄|修|办|考|跑|带|拍|聊|谈|交|发|改|联系|提)过(?!来|去|程|年|节|户|期|敏|滤|关|一遍|目|会)"
)
_QUESTION = re.compile(
    r"[?？]|[^，,。\s嗯那行好吧]还是[^，,。吧了算\s]{1,10}$|(?:吗|么|嘛(?=$)|呢|没有|木有)(?:[~～\s。！!…]*|\[[\u4e00-\u9fff]+\])$|(?<!有)没(?=[~～\s。]*$)|(?:是不是|有没有|要不要|能不能|可不可以|行不行|好不好|对不对|会不会|用不用|需不需要|带不带|去不去|改不改|管不管"
    r"|[\u4e00-\u9fff]不(?=$))|^(?:谁|哪|怎么|咋|为啥|为什么|几点|多少|什么时候|啥时候)|(?:咋(?:办|整|弄|个|回事|样|走)|怎么(?:办|弄|样|走|回|搞|处理|算|分|解决|整|来|联系)|为什么|为啥|啥时候|什么时候|几点|多少钱|哪[里儿天个家位边种]|谁(?:有|知道|能|会|去|来|负责|在|给|那|手|写|带|对接|家|的)|多久|多少|几[个号楼点人份]|什么|啥)"
    r"[^，,。！!]{0,10}(?:[~～啊呀呢哦]|$)"
)
_ASK_PARTICLE = re.compile(r"[?？]|(?:吗|么|呢|不|没|没有)[~～\s。！!…呀啊]*$")
_REQUEST_QUESTION = re.compile(
    r"(?:能不能|可不可以|可以不可以|能否|可否|方便的?话?|有空|有时间|能|可以|行|好|成|来得及|帮|麻烦)[^，,。?？]{0,24}(?:吗|么|嘛|不|没|吧|[?？])[?？~～]*$|(?:好吗|行吗|好不好|行不行|行不|可以吗|可以不|成不|如何|好不)[?？~～]*$"
)
_SUPPOSE = re.compile(r"(?:如果|要是|假如|假设|万一|倘若|的话|除非|要不是|早知道|就算|哪怕|即使|一旦|若)")
_OPINION = re.compile(
    r"觉得|感觉|认为|应该|可能|好像|估计|也许|或许|说不定|大概|怕是|恐怕|听说|据说|看样子|似乎|没准|不知道|希望|想要?(?!办法)|喜欢|怕|以为|看来"
)
_PROPOSE = re.compile(
    r"要不|要么|建议|提议|不如|或者|还是不|我(?:觉得|看|建议|提议|倾向|投|选|想)|是不是|怎么样|如何|咋样|可以考虑|何不|干脆|[?？]$|(?:吧|呗)[?？~～。！!\s]*$|行不|好不好|可以吗|行吗|好吗|试试|最好"
)
_LAUGH = re.compile(
    r"哈哈|笑死|嘿嘿|嘻嘻|\[(?:捂脸|偷笑|旺柴|呲牙|破涕为笑|坏笑|流泪|吃瓜|大哭|裂开|苦涩|奸笑|狗头|调皮|可怜|委屈|流口水|憨笑|机智)\]|[😂🤣😭😅😝🐶😄😁🤪]|xswl|开玩笑|逗你|hhh|233"
)
_SMALL = re.compile(
    r"吃饭|吃瓜|睡(?:觉|了|会)|洗澡|下班(?!前|之前|以前)|先撤|先走|先忙|去忙|开车|溜了|上课|接娃|接孩子|饿|困|奶茶|外卖|中午吃|请(?:你|大家|客|喝|吃)|喝一杯|红包|八卦|躺|追剧|打游戏|发呆|加油|早点休息|休息|替我吹|打一份|开会(?:去|了|中)|散步|健身"
)
_NEGATED = re.compile(
    r"^(?:[^，,]{0,6})(?:不(?!要忘|能忘|管|如|仅|光|然|过|见不散|得不)|别(?!忘|人|的|处|家)|没(?!问题|事|有的|交|填|报|签|到的)|甭|无需|不用|勿)"
)
#: Verbs of doing, by which a sentence can be a task.
VERB = re.compile(
    r"发(?!现|生|烧|票的|愁|火|财|展|达|誓|呆|芽|疯|觉)|交(?!通|情|警|际)|传|写|改|做|弄|搞|修|查|核对?|测(?!试环境|试机)|跑(?!步)|买|订|定(?!要|金)|约|联系|通知|准备|整理|统计|汇总|打印|复印|印(?!象|度|章)|上(?=样|线|架|机|货|菜|料|报)|看[一两三]?遍|带(?!宽)|拿|送|取(?!消)|寄|接(?!近|口|下来)|搬|装(?!修)|拆|换|补|催|问(?!题)|确认"
    r"|安排|处理|解决|提交|上传|下载|更新|上线|部署|备份|检查|看看|看一?下|看一眼|过一[遍下]|盯|跟进?|拍(?!板)|画|设计|报(?!告|表|价单|销单)|填|登记|签|付|转|收(?!到|入|获)|结|开(?!心|玩笑)|关(?!系|于|键)|贴|挂|清|打扫|洗|擦|扫|喂|浇|收拾|点(?!赞|评)|盘点|进货|补货|上架|下架|打(?!折|电动|赏|扰|算)|回(?:复|话|电|她|他|信|访)"
    r"|告诉|转告|说一?[声下]|讲|预约|租|借|还(?=书|钱|给|车|款)|录|剪|排(?!名|骨)|练|集合|到(?=场|岗|位|店|校|公司|现场|齐)|参加|出(?=方案|席|图|版|初稿|稿|题|车|一版|个|门)|列|给(?=我|你|他|她|群|大家|老|客|各|个准)|量|算(?!了|是)|估|复核|验|搭|建(?!议)|配|调|联调|合并|提测|评审|审|批|申请|领(?!导)|退|选|挑|找|试|复习|背|预习|穿|戴|出发|占|守|值班|加班"
    r"|顶(?!多)|替|分(?!钟|别)|切|炒|腌|叫|喊|请(?!假)|跟车|报名|投票|投|接龙|备注|私信|私我|填表|下单|续|推送|公示|张贴|布置|主持|彩排|化妆|录音|翻译|校对|排版|汇报|对接|协调|沟通|谈|砍价|采购|押|送审|归档|存|封|刷|烧|煮|炖|蒸|熬|烤|洗|晒|铺|砌|浇筑|绑|焊|拆除|吊|运|卸|清理|消毒|保养|加油|充|缴|办|开具|开票|报销|挪|移|定位|标|盖章|盖|撤|删|加(?!班费|价)|减|设|配置|升级|回滚|压测|抓|跟踪|观察|记(?!得|者|录)|记录|留|腾|占|拉(?!倒)|组织|牵头|召集|主抢|抢|接手|兜底|教|学|陪|照顾|去|来(?=拿|取|看|接|领|换|修|弄|办|搞|做|写|买|订|准备|负责|安排|处理|跟|帮)|蹲|演练|铺货|交接|顶班|提醒|打听|对一?下|垫|养|遛|导|编|截|圈|勾|粘|剪辑|上报|报备|抄|扔|倒|锁|关掉|打开|开门|锁门|补办|办理|转发|反馈|回执|落实|推|跟催|核实|走流程|过会|摸底|巡|补交|订正|出具|会签|拟|起草|润色|下料|放样|测量|申报|报审|复检|送检|支模|拆模|养护|打款|挂号|请(?=她|他|师傅|老师|人)|复查|抓药|签收|理货|陈列|核价|报给|站台|搬到|带上|背上"
)
_COMMIT = re.compile(
    r"^(?:就|也|们|这边|家|自己|俩|今儿|一会儿?|待会儿?|等会儿?|等下|晚点|回头|先|再|都|还是|到时候?|那天|明天|今天|今晚|明早|明晚|下午|上午|晚上|中午|[\s\d月日号点半周星期礼拜一二三四五六天前之下上午晚班]|后天|月底|抽空|顺便|顺路|正好|刚好|直接|现在|马上|立马|立刻|这就|尽快|赶紧|尽量|争取|可以|能|得|要|会|来|去|负责|帮|把|给|跟|让|找|叫|喊|统一|一起|这[两几]天|最近|全部|亲自|单独|继续|重新|在群里)+"
)
_TAKE = re.compile(
    r"我来(?:吧|弄|搞|做|写|办|订|买|准备|负责|安排|处理|联系|盯|跟|组织|统计|收|对|管|拍|画|改|发|查|约|带|开|录|接|送|拿|搬|修|说|出|搞定|解决|牵头|主持|教|定|去|帮)?(?=$|[，,。！!~～\s\[吧哈呀]|[\u4e00-\u9fff])(?<!我来了)|我(?:去|负责|包了|顶上|顶|上(?![次个周班课午回])|盯|管|接(?!到|着)|报名|认领|领|带头)|交给我|包在我身上|算我一个|算我|给我吧|我吧|我行|让我来"
)
_OPEN_CALL = re.compile(
    r"(?:谁|哪位|哪个|有没有(?:人|谁|哪位)|有人|需要(?:有)?(?:\d+|[一二两三几])?(?:个|位|名)?(?:人|家长|志愿者|同学|同事)|得有(?:个)?人|缺(?:个)?人|还差(?:\d+|[一二两三])?个)[^，,。]{0,6}(?:能|可以|愿意|有空|来|去|方便|帮|负责|顶|替|写|做|拿|买|订|带|开车|接|送|认领|报名|跟车|值班|盯|管|弄|搞|画|拍|主持|联系|出)"
)
_ASK_POLITE = re.compile(
    r"麻烦|劳烦|劳驾|辛苦(?!了|啦)|拜托|烦请|请(?!假|客|教|问|柬|帖|看我)|帮忙|帮我|帮一下|帮着|帮(?=[\u4e00-\u9fff])"
)
_REMIND = re.compile(r"记得|别忘|不要忘|别落|勿忘|切记|千万|务必|一定要|提醒")
_MUST = re.compile(r"必须|需要|一定|得(?=[\u4e00-\u9fff])|要(?![不么是])|抓紧|赶紧|尽快|赶快|优先|先")
_HAND = re.compile(r"负责|牵头|来弄|来做|来写|跟进|盯|归|对接|主抓|落实|搞定")


_YES = re.compile(
    r"(?:^|[，,。…！!\s])(?:好+[的吧嘞呀叭滴]?|行+[吧啊]?|可以|没问题|ok|同意|收到|放心|交给我|包在我身上|得令|保证)(?=$|[，,。…！!～~\s])",
    re.IGNORECASE,
)


def agrees(text: str) -> bool:
    """Whether an answer says yes: 好的，没问题，+1, a thumb."""
    return bool(
        _AGREE.search(text)
        or _AGREE_SIGN.search(text)
        or (len(text) <= 14 and _AGREE_TAIL.search(text))
        or _YES.search(text)
    ) and not refuses(text)


def refuses(text: str) -> bool:
    """Whether an answer says no, or that one cannot."""
    return _REFUSE.search(text) is not None and not text.startswith(("不是不", "不要紧", "别急", "别人"))


def rejects(text: str) -> bool:
    """Whether a proposal is turned down."""
    return refuses(text) or _PROPOSAL_REFUSED.search(text) is not None


def done(text: str) -> bool:
    """Whether something is told as done: 发了，搞定，已经订好."""
    return _DONE.search(text) is not None and _NOT_YET.search(text) is None and not asks(text)


def promising(text: str) -> bool:
    """Whether what sounds done is yet to be: 明天就弄好了，等我弄好了."""
    return _NOT_YET.search(text) is not None


def past(text: str) -> bool:
    return _PAST.search(text) is not None


def asks(text: str) -> bool:
    """Whether it is a question in form."""
    return _QUESTION.search(text) is not None


def requests(text: str) -> bool:
    """Whether a question asks to do something: 能不能…, …好吗."""
    return _REQUEST_QUESTION.search(text) is not None


def supposes(text: str) -> bool:
    return _SUPPOSE.search(text) is not None


def proposes(text: str) -> bool:
    """Whether it is put forward for others to agree on."""
    return _PROPOSE.search(text) is not None


def opines(text: str) -> bool:
    return _OPINION.search(text) is not None


def laughs(text: str) -> bool:
    return _LAUGH.search(text) is not None


def small_talk(text: str) -> bool:
    return _SMALL.search(text) is not None


def negates(text: str) -> bool:
    return _NEGATED.search(text) is not None


def does(text: str) -> bool:
    """Whether a verb of doing stands in it."""
    return VERB.search(text) is not None


def takes(text: str) -> bool:
    """Whether one says to do it oneself: 我来，我去，交给我."""
    return _TAKE.search(text) is not None


def commits(rest: str) -> bool:
    """Whether what follows 我 is a promise to act: 明天发，去跟他说."""
    return _COMMIT.match(rest) is not None


def calls(text: str) -> bool:
    """Whether somebody is sought for a task: 谁能…, 需要有人…."""
    return _OPEN_CALL.search(text) is not None


def polite(text: str) -> bool:
    return _ASK_POLITE.search(text) is not None


def reminds(text: str) -> bool:
    return _REMIND.search(text) is not None


def must(text: str) -> bool:
    return _MUST.search(text) is not None


def hands(text: str) -> bool:
    """Whether a task is put into somebody's hands: 负责，牵头."""
    return _HAND.search(text) is not None


def without_opener(text: str) -> str:
    """The sentence without what only opens it: 好的，那…, 对了，."""
    return OPENERS.sub("", text)
