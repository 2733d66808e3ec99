"""Lines that never count: 收到, +1, thanks, greetings, stickers, jokes, red packets, and talk with the bot.

Noise is what a highlight, a summary or a chapter must not show. A bare 好 is noise too, although it may agree to
something: what it agrees to is found elsewhere.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from workers.minutes.talk import Line, Talk

#: Kinds that say nothing, whatever text comes with them.
_SILENT = frozenset({"emoticon", "red_packet", "transfer", "location", "notice", "recall", "card", "unknown"})
#: Kinds that bring something beside their text.
_BRINGING = frozenset({"link", "file", "mini_program", "merged"})
_MENTION = re.compile(r"@[^\s@\u2005]{1,24}(?:[\s\u2005]|$)")
_EMOTICON = re.compile(r"\[[\w\u4e00-\u9fff ]{1,8}\]|【[\u4e00-\u9fff]{1,4}】")
_QUOTE = re.compile(r"^「[^」]*」\s*-[- ]{2,}\s*", re.S)
_RUN = re.compile(r"(.)\1+")

#: What is said without saying anything. A line that is made of nothing but these is noise. Characters said over and
#: over stand once (好好的 as 好的, 哈哈哈 as 哈).
_SAID = """
收到 已收 收 收悉 好 好的 好滴 好说 行 成 中 可 可以 阔以 没问题 没毛病 没事 没事儿 没关系 不客气 别客气 客气 嗯 恩 唔 哦 噢 喔 ok okay okk
okok yes yep yeah yea sure np noproblem roger copy get gotit 明白 知道 了解 懂 清楚 晓得 遵命 得令 得 妥 要得 对 对的 是 是滴 就是 确实 没错 真 真的
当然 必须 必须的 同意 赞同 赞成 支持 附议 同上 同求 同问 跟上 已阅 已读 已知 已接龙 +1 十1 加一 1 2 3 在 到 来 有 稍等 稍等下 稍等一下 等下 等等
马上 我也 也是 我也是 俺也一样 我也一样 一样 看到 我看到 看见 看了 听你的 都行 都可以 随便 随意 无所谓 没有 没 不是 不用 不会 不要紧 别急 不急 慢慢来
嗯呐 昂 诺 那好 那行 也行 也好 也可以 就这样 这样 这样啊 原来如此 原来 怪不得 难怪 是吗 真假 有道理 说得对 说的对 很好 挺好 不错 蛮好 太好 靠谱 可行
完美 搞定 我 你 他 她 啥 什么 谁 嘛 哪
谢 感谢 多谢 蟹 3q thx thanks thank you thankyou tks 感恩 辛苦 有劳 麻烦 劳驾 费心 破费 感激 太 非常 十分 特别 大家的 老师的 家长的 提醒 分享 通知 配合 理解
帮忙 不尽 告知 一下 的支持 的配合 的分享 的提醒 的理解 费心了 让您 让你 给您 给你 添麻烦
早 早上好 早安 上午好 中午好 下午好 晚上好 晚安 你好 您好 大家好 hello helo hi 嗨 哈喽 哈啰 吃了吗 吃了么 吃了没 在吗 在么 在不 有人吗 有人么 拜 再见 回见
回聊 明天见 明儿见 明早见 周一见 下周见 周末见 晚上见 下午见 到时见 待会见 一会见 不见不散 8 bye 散会 下线 睡 先睡 撤 溜 下班 先下 先撤 先这样 欢迎 热烈欢迎
欢迎新人 欢迎加入 新人 新朋友 报到 初来乍到 请多关照 多关照
生日 节日 新年 春节 中秋 中秋节 国庆 国庆节 端午 端午节 元旦 圣诞 圣诞节 周末 假期 教师节 母亲节 父亲节 儿童节 妇女节 女神节 六一 五一 元宵 元宵节 节 快乐 愉快
安康 祝 祝你 祝您 祝大家 祝各位 新春 新春快乐 新年好 过年好 恭喜 恭贺 贺喜 发财 恭喜发财 祝贺 好运 顺利 一切顺利 一路平安 一路顺风 注意安全 路上小心 早日康复
多保重 保重 多休息 好好休息 加油 冲 奥利给 撒花 鼓掌 热烈鼓掌 万事如意 大吉大利 阖家幸福 阖家欢乐 身体健康 平安 开工大吉 开门红 旗开得胜 必胜 胜利 幸福 美满
哈 嘿 呵 嘻 呼 咯 桀 h k ha haha hia he hehe xi xixi w 23 6 xs xswl 笑死 笑哭 笑不活 笑喷 笑cry lol lmao 牛 牛逼 牛批 牛b nb yds awsl dbq 绝 绝子 厉害
腻害 强 赞 棒 真棒 大赞 点赞 膜拜 佩服 羡慕 真香 可爱 好看 漂亮 真好 真不错 难 太难 惨 太惨 太强 太牛 我去 卧槽 我艹 我草 我靠 wc 我的天 我的妈 天 天哪 天呐 天啊
妈呀 妈耶 omg 哎 哎呀 哎哟 唉 啊 呃 额 嗷 哇 哇塞 呜 嘤 害 切 靠 晕 汗 囧 尴尬 无语 抱 摸 心疼 可怜 救命 离谱 破防 裂开 扎心 崩溃 哭 累 困 饿 馋 好馋 好饿
好困 好累 吃瓜 路过 围观 打卡 沙发 前排 潜水 冒泡 躺平 摆烂 开玩笑 逗你 逗你玩 皮一下 哪里 过奖 低调 惭愧 不敢当 凡尔赛 内卷 摸鱼 抢 抢到 没抢到 手慢 手气最佳
手气 大气 威武 霸气 阔气 土豪 红包 不愧是 果然 哼 嗐 呸 呀 吓 我不信 救救我 要命 心动 慕 爱 么么 比心
了 啦 吧 呢 噢 的 滴 哒 嘞 喽 呐 诶 欸 耶 捏 哟 哩 撒 咧 呗 啵 就 都 也 那 这 还 先 很 挺 最 更 ?
"""
#: Somebody addressed, beside the names of the room: 谢谢王姐 is as little as 谢谢.
_CALLED = re.compile(
    r"(?:各位|大家|所有|咱|你|您|他)?(?:老师|家长|同学|同事|朋友|亲|宝子?|姐妹|兄弟|老铁|家人|大佬|大神|领导|老板|师傅|伙伴|小伙伴|邻居|业主|群友|"
    r"亲戚|队友|同志|美女|帅哥|长辈|姐|哥)们?|各位|大家|所有人|大伙儿?|你们|咱们?|您|[老小阿][\u4e00-\u9fff]|"
    r"[\u4e00-\u9fff]{1,2}(?:总|姐|哥|老师|工|导|叔|阿姨|姨|爷爷|奶奶|师傅|主任|经理|老板|妈|爸|嫂|队|医生|教练|店长|班长)"
)
_WHOLE = 40  # characters of a line of which every one is looked at

#: Small talk that says more than one of those words.
_CHAT = re.compile(
    r"哈{3,}$|^哈{2,}|笑死|笑不活|笑喷|hhh|233|(?<!\d)666|xswl|yyds|"
    r"(?:今天|今儿|外面|最近)?(?:天气|太阳)?(?:好|真|太|可真)(?:热|冷|晒|舒服)[啊呀了吧]|堵(?:车|死)了|"
    r"(?:吃|喝)(?:了|过)(?:吗|没|么)|吃(?:什么|啥)(?:呢|好|呀|啊)?$|减肥|奶茶|(?:好|真|太)(?:香|好吃|可爱|馋|帅|美|萌|好看|羡慕)|羡慕(?:了|啊|死)|"
    r"生日快乐|新年快乐|节日快乐|恭喜发财|早日康复|(?:谢谢|感谢)(?:老板|大佬|红包)|老板大气|手气|抢(?:到|了)(?:\d|个|多少)|"
    r"^(?:谢谢|感谢|多谢|辛苦)|(?:辛苦|麻烦|谢谢)(?:了|啦|您|你|大家|各位|老师|您了|你了)+$|开玩笑|打扰了|^欢迎"
)
_LIGHT = re.compile(
    r"吃(?:饭|瓜|货)|开饭|好吃|食堂|火锅|烧烤|红烧|麻辣|龙虾|米粉|螺蛳粉|撸串|夜宵|宵夜|啤酒|喝酒|老婆|老公大人|万岁|遵命|威武|救我|杀了我|要命|裂|惨|神仙|滚|嘻|呜|哼|嗷|呸|逗|猫|"
    r"求(?:带|抱|放过|夜宵|安慰)|精神支持|别提了|当我没说|又来|怪我|表扬|辛苦|晚安|早安|心情|给力|爱你|么么|哈哈|太(?:难|惨|累|强|牛|香|美|逗)"
)
_PICTOGRAM = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")
_SHORT = 18  # characters of a line up to which small talk takes the whole of it
_FACT = re.compile(
    r"\d[点号日月年块元个人]|[一二两三四五六七八九十]+[点号日月年块元个]|https?:|[?？]|怎么|什么|多少|几|要不|改|定|必须|记得|截止|之前|需要|负责|安排"
)

#: What people tell a bot to do. Weighs only where the one addressed looks to be a bot.
_COMMAND = re.compile(
    r"纪要|日报|周报|总结|整理一?下|提醒|待办|审批|找一?下|查一?下|搜一?下|找文件|帮助|说了[啥什]|开始记录|停止记录|停止应答|开始应答|"
    r"不要记录|发我?邮箱|你好|在[吗么]|你是谁|能干[啥嘛什]|会[啥什]|天气|几点"
)
#: A name that a bot bears.
_BOT_NAME = re.compile(r"小贝|机器人|小助手|群助手|智能助[理手]|botbay|(?:^|[^a-z])(?:bot|ai)(?:$|[^a-z])|bot$", re.I)
#: How a bot speaks.
_MACHINE = re.compile(
    r"为[您你]生成|已(?:为|生成|整理|设置|记录|创建|添加)|点(?:此|击|开|这里)|查看(?:全文|详情)|共[有计]?\s*\d+\s*[项条个]|[待事]办\s*\d+\s*[项条]|[《「].{0,30}(?:纪要|日报|周报)[》」]|回复.{1,8}(?:确认|取消)"
)
_ANSWERS_WITHIN = 3  # messages


def plain(text: str) -> str:
    """What a line says without quote, mentions, emoticons, signs and spaces; half-width, in lower case."""
    text = _EMOTICON.sub("", _MENTION.sub("", _QUOTE.sub("", text)))
    text = unicodedata.normalize("NFKC", text).lower()
    return "".join(each for each in text if each.isalnum() or each in "+?")


def _squeezed(text: str) -> str:
    return _RUN.sub(r"\1", text)


_WORDS = frozenset(map(_squeezed, _SAID.split()))
_LONGEST = max(map(len, _WORDS))
_BEGIN = frozenset(word[0] for word in _WORDS)
_NOBODY: Mapping[str, Collection[str]] = MappingProxyType({})


def is_noise(line: Line, names: Mapping[str, Collection[str]] = _NOBODY) -> bool:
    """Whether the line alone shows that it never counts: its kind, or that it says no more than 收到.

    ``names`` are those by which people of the room may be addressed, by their first character.
    """
    if line.to_bot or line.by_bot or line.kind in _SILENT:
        return True
    if line.kind in _BRINGING and (line.title or line.file_name or line.link):
        return False
    said = plain(line.text)
    if len(said) <= _WHOLE and _says_nothing(_squeezed(said), names):
        return True
    return len(said) <= _SHORT and _CHAT.search(said) is not None and _FACT.search(said) is None


def _says_nothing(said: str, names: Mapping[str, Collection[str]]) -> bool:
    """Whether all of it can be read as words that say nothing and people addressed."""
    reached = [True] + [False] * len(said)
    for at in range(len(said)):
        if not reached[at]:
            continue
        if said[at] in _BEGIN:
            for end in range(at + 1, min(len(said), at + _LONGEST) + 1):
                reached[end] |= said[at:end] in _WORDS
        called = _CALLED.match(said, at)
        if called is not None:
            reached[called.end()] = True
        for name in names.get(said[at], ()):
            if said.startswith(name, at):
                reached[at + len(name)] = True
    return reached[-1]


def bots_marked(talk: Talk) -> Talk:
    """The talk with what was said to a bot of the room, and by it, marked as such."""
    machines = _bots(talk)
    lines = [
        replace(
            line,
            by_bot=line.by_bot or line.who in machines,
            to_bot=line.to_bot or _is_call(line, machines.intersection(line.mentions)),
        )
        for line in talk.lines
    ]
    return replace(talk, lines=lines)


def noisy(talk: Talk) -> frozenset[int]:
    """The ids of the lines that never count. What concerns a bot has to be marked."""
    names = {_squeezed(plain(name)) for person in talk.people for name in (person.name, *person.others)} - {""}
    by_first: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        by_first[name[0]].append(name)
    return frozenset(line.id for line in talk.lines if is_noise(line, by_first))


def lightness(line: Line) -> float:
    """How much a line sounds like small talk, from 0 to 1: laughing, emoticons, a light word, no fact."""
    said = plain(line.text)
    marks = 0.5 * bool(_EMOTICON.search(line.text)) + 0.5 * bool(_PICTOGRAM.search(line.text))
    marks += 0.7 * bool(_CHAT.search(said)) + 0.5 * bool(_LIGHT.search(said)) + 0.4 * (len(said) <= 5)
    return min(1.0, marks * (0.5 if _FACT.search(said) else 1.0))


def _is_call(line: Line, machines: Collection[str]) -> bool:
    """Whether a line is for a bot: it begins with its name, or mentions it and says little."""
    first = _MENTION.match(line.text.lstrip())
    if first is not None and _BOT_NAME.search(first[0].strip("@\u2005 ")) is not None:
        return True
    return bool(machines) and (first is not None or len(plain(line.text)) <= _SHORT)


def _bots(talk: Talk) -> frozenset[str]:
    """Those who bear a bot's name, or say nothing but answers to commands: several, or such as a bot gives."""
    named = {person.key for person in talk.people if any(map(_BOT_NAME.search, (person.name, *person.others)))}
    said: Counter[str] = Counter()
    machine: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    commands: Counter[str] = Counter()
    called: dict[str, int] = {}  # whom a command was told, and when that was
    for number, line in enumerate(talk.lines):
        said[line.who] += 1
        if line.who in called and number - called[line.who] <= _ANSWERS_WITHIN:
            answers[line.who] += 1
            machine[line.who] += _MACHINE.search(line.text) is not None
            called[line.who] = number
        if len(line.mentions) == 1 and line.text.startswith("@") and _COMMAND.search(line.text):
            called[line.mentions[0]] = number
            commands[line.mentions[0]] += 1
    alike = {
        key
        for key, number in commands.items()
        if said[key] and answers[key] == said[key] and (number >= 2 or machine[key] == said[key])
    }
    return frozenset(named | alike)
