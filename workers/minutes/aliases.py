"""What others may call somebody of a room: the forms of a name, and how far each is from the name itself."""

import re
from collections.abc import Iterator

import rjieba

from workers.minutes.talk import Person

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦马苗凤花方俞任袁柳史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅"
    "皮卞齐康伍余元卜顾孟黄穆萧尹姚邵湛汪祁毛狄臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪干解应宗丁"
    "宣邓郁单杭洪包诸左石崔吉龚程邢裴陆荣翁荀甄家封储靳段焦巴牧山谷车侯班秋仲伊宫宁仇栾甘厉武符刘景詹束龙叶司黎白蒲赖卓屠池乔党翟谭劳申冉桑桂牛边燕温庄晏柴瞿阎连习艾容向古"
    "易慎戈廖庾衡步耿满匡文寇广东欧沃利师巩聂关荆游盖益桓公肖尚刚曾覃辛那简饶沙丰查游岳帅涂代"
)
#: Titles that follow a surname or a part of a name.
TITLES = (
    "哥|姐|总监|总|工|老师|师傅|经理|主任|主管|老板娘|老板|叔叔|叔|阿姨|姨|嫂子|嫂|婶|伯|爷爷|奶奶|爷|奶|妈妈|妈|爸爸|爸|队长|队|导演|导|院长|校长|会长|会计|医生|护士长|护士|教练|店长|班长"
    "|组长|厂长|所长|局|科长|科|处长|处|部长|书记|律师|博士|教授|同学|大哥|大姐|姐姐|哥哥|妹妹|弟弟|妹|弟|sir|子|儿|宝|先生|女士|太太|大夫|秘书|助理|监理|设计|美女|帅哥|兄弟|兄"
)
#: Roles that a task is given to by name: 让物业来看看, 叫财务付一下.
ROLES = (
    "物业|老板|财务|会计|客服|班主任|领导|司机|房东|保安|保洁|运维|法务|行政|人事|前台|厂家|师傅|供应商|设计院|监理|甲方|施工队|电工|水电|木工|瓦工|油漆工|销售|市场部?|仓库|采购|产品|设计|测试|前端|后端"
    "|开发|美工|摄影师|主持人|化妆师|司仪|酒店|旅行社|导游|中介|快递|维修|居委会?|社区|教务处?|学委|班长|团支书|体委|组长|队长|裁判|教练|家委会?|总务|后勤|工头|项目部|资料员|安全员|材料员"
)
ROLE = re.compile(ROLES)
#: Titles by which one may be called alone, where only one of the room bears it.
_ALONE = re.compile(
    r"主任|经理|院长|店长|导演|护士长|班长|站长|校长|队长|书记|会长|团长|园长|所长|厂长|组长|科长|学委|团支书|体委|宣委|生活委员"
)
_LIKE_PARENT = re.compile(r"(妈妈|妈|爸爸|爸|爷爷|爷|奶奶|奶|外婆|外公|姥姥|姥爷|家长)$")
_SHORT_PARENT = {"妈妈": "妈", "爸爸": "爸", "爷爷": "爷", "奶奶": "奶", "妈": "妈妈", "爸": "爸爸"}
_KIN = re.compile(r"[表堂大二三四小]?(?:哥|姐|弟|妹|叔|舅|姨|姑|婶|伯|嫂)(阿[\u4e00-\u9fff])$")
_TITLED = re.compile(rf"[{SURNAMES}](?:{TITLES})$")
#: What a name of several parts is split at: signs, digits, emoji.
_SPLIT = re.compile(r"[\W\d_]+")
_RUN = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z][A-Za-z.]*")
_CJK = re.compile(r"^[\u4e00-\u9fff]+$")
LATIN = re.compile(r"[A-Za-z][A-Za-z.]*")
#: 制片阿May: 阿May.
_FOND = re.compile(r"[阿小老大][a-z]+$")
#: 大姐吴秀兰, 二哥建国.
_KIN_FIRST = re.compile(r"([大二三四五六七小老幺堂表](?:哥|姐|弟|妹|叔|舅|姨|姑|婶|伯|嫂))(?=[\u4e00-\u9fff]{2})")
#: 糖水铺芳姐.
_ENDS_CALLED = re.compile(r"[\u4e00-\u9fff](?:哥|姐|叔|姨|总|工|嫂|婶|伯|爷|导|老师)$")
#: How a longer name may begin or end with what one is called: 小葵女高, 果果前台, 桃子要嫁了; 传菜阿豪, 前台雯雯.
_BEGINS = re.compile(r"[小老阿大][\u4e00-\u9fff]|([\u4e00-\u9fff])\1|[\u4e00-\u9fff][子娃]")
_ENDS = re.compile(r"(?:[小老阿大][\u4e00-\u9fff]|([\u4e00-\u9fff])\1)$")
#: What follows a name of two characters: 桂兰姐, 圆圆老师.
_AFTER_NAME = ("哥", "姐", "总", "老师", "工", "叔", "姨", "妹", "弟", "老板", "师傅", "婶", "嫂")
#: So frequent a word is no name where it is but a part of one.
_COMMON = 250
#: Two-letter surnames.
_DOUBLE = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "夏侯",
    "端木",
    "南宫",
)


def of(person: Person) -> Iterator[tuple[str, int]]:
    """What one may be called, in lower case, with how far it is from the name: the least is meant."""
    for name in (person.name, *person.others):
        whole = name.strip().lower()
        if not whole:
            continue
        yield whole, 0
        parts = [each for each in _SPLIT.split(whole) if each]
        for part in parts:
            if len(part) > 1 and part != whole and not ROLE.fullmatch(part):
                yield part, 1
        for part in parts or [whole]:
            yield from ((each, rank) for each, rank in _of_part(part) if len(each) > 1)


def _of_part(part: str) -> Iterator[tuple[str, int]]:
    """The forms of each run of Chinese characters and of Latin letters: Jason何, 店长Tina."""
    if fond := _FOND.search(part):
        yield fond[0], 1
        part = part[: fond.start()] + part[fond.start() + 1 :]
    for run in _RUN.findall(part):
        if not _CJK.match(run):
            yield from _latin(run)
            continue
        if run != part and not ROLE.fullmatch(run) and not _common(run):
            yield run, 1
        yield from _forms(run)


def _latin(run: str) -> Iterator[tuple[str, int]]:
    if len(run) == 1:
        return
    yield run, 1
    for suffix in ("哥", "姐", "总", "老师", "sir"):
        yield run + suffix, 2
    for suffix in ("哥", "姐", "总", "神"):
        yield run[0] + suffix, 5


def _forms(part: str) -> Iterator[tuple[str, int]]:
    """What one may be called whose name, or a part of it, this is."""
    if len(part) == 1:
        yield from _called(part, 4)
        yield part * 2, 4
        return
    if alone := _ALONE.match(part):  # 班长林可
        yield alone[0], 3
        if alone.end() < len(part):
            yield part[alone.end() :], 1
            yield from _forms(part[alone.end() :])
        return
    if (kin := _KIN.match(part)) is not None:  # 表哥阿伟
        yield kin[1], 1
    if (first := _KIN_FIRST.match(part)) is not None:
        yield first[0], 2
        yield part[first.end() :], 1
        yield from _forms(part[first.end() :])
        return
    parent = _LIKE_PARENT.search(part)
    if parent is not None:
        yield from _parent(part[: parent.start()], parent[0])
        return
    titled = _TITLED.search(part)
    if titled is not None:  # 张律师, 栋张律师, 物业李经理
        yield titled[0], 1
        yield titled[0][:2], 3
        yield from _called(titled[0][0], 4)
        if _ALONE.fullmatch(titled[0][1:]):
            yield titled[0][1:], 7
        return
    title = re.search(rf"(?:{TITLES})$", part)
    if title is not None and len(part) > 2 and title.start() in (1, 2, 3):  # 大伟师傅, 罗素琴护士长
        root = part[: title.start()]
        yield root, 2
        yield from _full_name(root)
        for left in root:
            yield from _called(left, 5)
        if _ALONE.fullmatch(title[0]):
            yield title[0], 7
        return
    role = ROLE.match(part)
    if role is not None and len(part) - role.end() >= 2 and not _common(part[role.end() :]):  # 客服小雯, 仓库刘志强
        yield part[role.end() :], 1
        yield from _forms(part[role.end() :])
        return
    if len(part) > 2:
        yield from _within(part)
    if part[0] in "老小阿大" and len(part) == 2:
        yield from _called(part[1], 4)
        yield part[1] * 2, 4
        for suffix in _AFTER_NAME:
            yield part + suffix, 2
        return
    if 2 <= len(part) <= 4:
        yield from _full_name(part)
    if len(part) == 2:
        for suffix in _AFTER_NAME:
            yield part + suffix, 2
        yield part[1] * 2, 5
        yield from _called(part[1], 6)


def _within(part: str) -> Iterator[tuple[str, int]]:
    """A name that begins or ends with what one is called."""
    if (first := _BEGINS.match(part)) is not None and not _common(first[0]):
        yield first[0], 3
        if first[0][0] in "小老阿大":
            yield from _called(first[0][1], 5)
    if (last := _ENDS.search(part)) is not None and not _common(last[0]):
        yield last[0], 1
        yield from _forms(last[0])
    elif (called := _ENDS_CALLED.search(part)) is not None and not _common(called[0]):
        yield called[0], 2
    elif len(part) == 4 and part[2] in SURNAMES and not _common(part[2:]):  # 医疗陈青
        yield part[2:], 3
        yield from _full_name(part[2:])
    elif len(part) == 4 and not _common(part[2:]) and _is_noun(part[2:]):  # 场控豆芽
        yield part[2:], 3


def _common(word: str) -> bool:
    """Whether a word is no name, where it is but a part of one; 老马 is one."""
    if len(word) == 2 and word[0] in "老小阿" and word[1] in SURNAMES:
        return False
    return bool(rjieba.suggest_freq(word) >= _COMMON)


def _is_noun(word: str) -> bool:
    tags = rjieba.tag(word)
    return len(tags) == 1 and tags[0][1].startswith("n")


def _parent(child: str, role: str) -> Iterator[tuple[str, int]]:
    """陈梓萱妈妈: 梓萱妈, 萱妈, 萱萱妈妈."""
    children = {child}
    if len(child) == 3:
        children |= {child[1:], child[2:]}
    if len(child) >= 2:
        children.add(child[-1])
        children.add(child[-1] * 2)
    for each in children:
        for suffix in {role, _SHORT_PARENT.get(role, role)}:
            yield each + suffix, 1 if len(each) > 1 else 2


def _full_name(name: str) -> Iterator[tuple[str, int]]:
    cut = 2 if name.startswith(_DOUBLE) and len(name) > 2 else 1
    surname, given = name[:cut], name[cut:]
    plausible = surname in _DOUBLE or surname[0] in SURNAMES
    if not plausible:
        return
    yield given, 2
    for suffix in _AFTER_NAME:
        yield given + suffix, 2
    yield from _called(surname, 4)
    for left in given:
        yield from _called(left, 5)
        yield left * 2, 5
    if len(given) == 1:
        yield given * 2, 3


def _called(root: str, rank: int) -> Iterator[tuple[str, int]]:
    for prefix in "老小阿大":
        yield prefix + root, rank
    for title in (*TITLES.split("|"), "仔"):
        yield root + title, rank
