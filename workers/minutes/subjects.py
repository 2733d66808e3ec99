"""Who is the subject of a clause: 我, 你, or one who is named, not merely spoken of."""

import re

from workers.minutes import cues

#: So far from its beginning a subject stands in a clause, in characters.
_NEAR = 12
_ME = re.compile(
    r"(?:我|俺|偶|咱(?!们))(?!的(?!话)|家|妈|爸|老公|老婆|同事|朋友|儿子|女儿|们?公司|们?班|表[哥姐弟妹]|[哥姐弟妹]|奶奶|爷爷|学生|领导|老板|同学|娃|字|车|觉得|知道|以为|不|没|看到|想问|是|有|在(?!群|公司|网上|平台|店)|怕|们的|家的|喜欢|勒|靠|去[！!~。]*$|爱|就知道|记得|说(?:过|了|的)|也是|还是|发现|听说|同意|支持|赞成|可没|只(?!要)|想请|问(?:一?下|问)(?:就是|[，,：:\s]|这|那|各|大家|你|您)|看(?:着|过|了|上)|刚|昨|已|也不|又|才|真|好像|们)"
)
_ME_OBJECT = re.compile(
    r"[给跟找等诉发私聊转问让叫请帮替陪送听比像对向和是被把借教交喊拉借到了放骂夸杀带](?:一下|下|一声)?$"
)
_YOU = re.compile(
    r"(?:你|您)(?!好|们|的|家|说(?:的|得)|看(?:看|着|吧|这|我)|是|有|在|知道|觉得|妈的|们好|不|没|这|那(?!边)|怎么|咋|才|真|太|也太|又|这么|想|要是|今天(?:怎么|咋)|爸|妹|个|懂|俩|猜|可真|确定)"
)
_YOU_AFTER = re.compile(
    r"(?:^|[，,：:\s]|那|就|但|所以|麻烦|请|辛苦|要不|还是|回头|到时候?|时候|的话|[今明后]天|[早晚]上?|[上下中]午|周[一二三四五六日末]|号|点|之?[前后]|让|叫|由|面|[\u4e00-\u9fff]{2}那边?|^(?:妈|爸|哥|姐|叔|姨|婶|嫂|爷爷|奶奶|老婆|老公|亲爱的|宝|师傅|老师|老板|兄弟|姐妹))$"
)
_WE = re.compile(
    r"^(?:[^，,我]{0,4})(?:我们|咱们|俺们|我哋)(?:这边|这里|公司|科|组|店|部门)?(?!都|一起|内部|那|这(?!边)|的|是不|要不|是|有|没|不|还|家|大家)"
)
_NOT_SUBJECT_AFTER = re.compile(
    r"^(?:我|俺|咱|的|家的|说|像|是|也(?!去|来|要|得|带)|在|那个|这个|有|没|不|觉得|怎么|你(?:说|看|觉得|是|有|怎么|在|好)|好|早|辛苦|威武|牛|万岁|给力|谢|真|太|还|和|跟|、|们|又|在|真|已|刚|最|才|这|那)"
)
_NOT_SUBJECT_BEFORE = re.compile(
    r"(?:给|告诉|通知|跟|和|找|问|像|是|在|到|被|的|对|向|比|听|谢|谢谢|感谢|@|等|与|发|跟着|替|为|帮|陪|、|把|看|除了?)$"
)


def me(text: str) -> re.Match[str] | None:
    """The 我 that acts in a clause: not 告诉我, not 我觉得."""
    for found in _ME.finditer(text):
        near = found.start() <= _NEAR or cues.commits(text[found.end() :])
        if near and not _ME_OBJECT.search(text[: found.start()]):
            return found
    return None


def we(text: str) -> re.Match[str] | None:
    """The 我们 that acts: those for whom the speaker answers."""
    return _WE.search(text)


def you(text: str) -> re.Match[str] | None:
    """The 你 that is told to act."""
    found = _YOU.search(text)
    return found if found and found.start() <= _NEAR and _YOU_AFTER.search(text[: found.start()]) else None


def acts(before: str, after: str) -> bool:
    """Whether one who is named between these words acts there."""
    return _NOT_SUBJECT_BEFORE.search(before) is None and _NOT_SUBJECT_AFTER.match(after) is None


def spoken_of(before: str) -> bool:
    """Whether what follows these words is only their object: 发给…, 除了…."""
    return _NOT_SUBJECT_BEFORE.search(before) is not None
