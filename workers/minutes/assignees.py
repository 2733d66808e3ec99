"""Who is meant: the people of a room by the names and forms of address that others use for them."""

import re
from collections import defaultdict
from collections.abc import Iterator

from workers.minutes.talk import Person, Talk

#: What a todo for all is given to.
EVERYONE = "大家"
#: Words that mean all who are there. 每家, 家长们, 值班的人 are as good as 大家.
EVERYBODY = (
    r"(?:(?<=请)(?:家长|同学|业主|员工|住户|队员|会员)(?!会)|大家伙?儿?|大伙|各位(?:老师|家长|同学|同事|业主|邻居|老板|伙伴|亲)?|所有[^，,。]{0,8}的(?:人|同学|家长|同事)|所有(?:的)?(?:人|同学|家长|人员|成员|队员|师傅)|全体(?:人员|成员|同学|员工|队员|家长|\w{2})?"
    r"|其[他余]人|全部(?=[到来参集回过])|每(?:个?人(?!(?:最[多少]|限|平均|再|只|就)?[\d一两二三四五六七八九十半])|家|位|组|班|户|个(?:部门|组|班|同学|家长|孩子|队员|店))|各(?=[交付出带转买拿])|各[\u4e00-\u9fff]{1,3}(?:长|组|班|部|店|家|户|队|人)|各(?:组|班|部门|家|户|科室|店|车间|班组|队|工种|校区|年级|小组|项目)(?:长|主管|负责人)?"
    r"|(?:家长|同学|同事|业主|队员|小伙伴|伙伴|兄弟|姐妹|师傅|工友|店员|邻居|朋友|孩子|老师|志愿者|组长|选手|社员|员工|亲|宝子?|成员)们|你们|咱们都|全员|全班|全组|全队"
    r"|(?:还)?没[\u4e00-\u9fff]{1,8}的(?:人|同学|家长|家|同事|小伙伴|邻居|业主|朋友)?)"
)

_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦马苗凤花方俞任袁柳史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅"
    "皮卞齐康伍余元卜顾孟黄穆萧尹姚邵湛汪祁毛狄臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房裘缪干解应宗丁"
    "宣邓郁单杭洪包诸左石崔吉龚程邢裴陆荣翁荀甄家封储靳段焦巴牧山谷车侯班秋仲伊宫宁仇栾甘厉武符刘景詹束龙叶司黎白蒲赖卓屠池乔党翟谭劳申冉桑桂牛边燕温庄晏柴瞿阎连习艾容向古"
    "易慎戈廖庾衡步耿满匡文寇广东欧沃利师巩聂关荆游盖益桓公肖尚刚曾覃辛那简饶沙丰查游岳帅涂代"
)
#: Titles that follow a surname or a part of a name.
_TITLES = (
    "哥|姐|总监|总|工|老师|师傅|经理|主任|主管|老板|叔叔|叔|阿姨|姨|嫂子|嫂|婶|伯|爷爷|奶奶|爷|奶|妈妈|妈|爸爸|爸|队长|队|导演|导|院长|校长|会长|会计|医生|护士长|护士|教练|店长|班长"
    "|组长|厂长|所长|局|科长|科|处长|处|部长|书记|律师|博士|教授|同学|大哥|大姐|姐姐|哥哥|妹妹|弟弟|妹|弟|子|儿|宝|大夫|秘书|助理|监理|设计|美女|帅哥|兄弟|兄"
)
_LIKE_PARENT = re.compile(r"(妈妈|妈|爸爸|爸|爷爷|爷|奶奶|奶|外婆|外公|姥姥|姥爷|家长)$")
_SHORT_PARENT = {"妈妈": "妈", "爸爸": "爸", "爷爷": "爷", "奶奶": "奶", "妈": "妈妈", "爸": "爸爸"}
#: An outsider as people call one: 老吴, 王工, 物业张经理.
OUTSIDER = re.compile(
    rf"[老小阿大][{_SURNAMES}](?![\u4e00-\u9fff]{{0,1}}(?:时|板))|(?<![\u4e00-\u9fff])?[{_SURNAMES}](?:{_TITLES.replace('|子|儿|宝', '').replace('|科|', '|').replace('|处|', '|').replace('|局', '').replace('|设计', '')})"
)
#: Roles that a task is given to by name: 让物业来看看, 叫财务付一下.
_ROLES = (
    "物业|老板|财务|会计|客服|班主任|领导|司机|房东|保安|保洁|运维|法务|行政|人事|前台|厂家|师傅|供应商|设计院|监理|甲方|施工队|电工|水电|木工|瓦工|油漆工|销售|市场部?|仓库|采购|产品|设计|测试|前端|后端"
    "|开发|美工|摄影师|主持人|化妆师|司仪|酒店|旅行社|导游|中介|快递|维修|居委会?|社区|教务处?|学委|班长|团支书|体委|组长|队长|裁判|教练|家委会?|总务|后勤|工头|项目部|资料员|安全员|材料员"
)
ROLE = re.compile(_ROLES)
#: 绿源公司的小董 is 小董.
_HOUSE = re.compile(r"[\u4e00-\u9fff]{2,6}?(?:公司|那边|单位|厂|店)的?")
_KIN = re.compile(r"[表堂大二三四小]?(?:哥|姐|弟|妹|叔|舅|姨|姑|婶|伯|嫂)(阿[\u4e00-\u9fff])$")
_TITLED = re.compile(rf"[{_SURNAMES}](?:{_TITLES})$")
_SPLIT = re.compile(r"[-—_·•|｜/\\()（）\[\]【】,，:：~～!！&+\s\d]+")
_CJK = re.compile(r"^[\u4e00-\u9fff]+$")
_LATIN = re.compile(r"[A-Za-z][A-Za-z.]*")
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


class People:
    """The people of a talk, found by any form of their names. ``names`` maps a key to the name borne in the room."""

    def __init__(self, talk: Talk) -> None:
        self.names: dict[str, str] = {each.key: each.name for each in talk.people}
        for line in talk.lines:
            self.names.setdefault(line.who, line.who)
        for bot in {line.who for line in talk.lines if line.by_bot}:
            del self.names[bot]
        ranked: dict[str, dict[str, int]] = defaultdict(dict)
        people = [each for each in talk.people if each.key in self.names]
        known = {each.key for each in people}
        people += [Person(key=key, name=name) for key, name in self.names.items() if key not in known]
        for person in people:
            for alias, rank in _aliases(person):
                previous = ranked[alias].get(person.key)
                ranked[alias][person.key] = rank if previous is None else min(rank, previous)
        self._by_alias: dict[str, str] = {}
        for alias, keys in ranked.items():
            best = min(keys.values())
            owners = [key for key, rank in keys.items() if rank == best]
            if len(owners) == 1:  # two 小王 in a room: nobody knows which
                self._by_alias[alias] = owners[0]
        names = sorted(self._by_alias, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(each) for each in names) or r"(?!)")

    def key(self, name: str) -> str:
        """The one who bears or is called by this name; empty when it is nobody of the room."""
        return self._by_alias.get(name.strip().lower(), "")

    def name(self, key: str) -> str:
        return self.names.get(key, "")

    def at(self, text: str, start: int) -> tuple[str, int] | None:
        """The key of the one whose name begins there, and where it ends."""
        found = self._pattern.match(text.lower(), start)
        if found is None or not _whole(text, found.start(), found.end()):
            return None
        return self._by_alias[found[0]], found.end()

    def within(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Everyone who is named in a text: key, start, end."""
        lower = text.lower()
        if len(lower) != len(text):
            return
        for found in self._pattern.finditer(lower):
            if _whole(text, found.start(), found.end()):
                yield self._by_alias[found[0]], found.start(), found.end()


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a Latin name does not stand inside a longer word."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    left = before.isascii() and before.isalpha() and text[start].isascii()
    right = after.isascii() and after.isalpha() and text[end - 1].isascii()
    return not (left or right)


def _aliases(person: Person) -> Iterator[tuple[str, int]]:
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
            yield from ((each, rank) for each, rank in _forms(part) if len(each) > 1)


def _forms(part: str) -> Iterator[tuple[str, int]]:
    for latin in _LATIN.findall(part):
        if latin != part and len(latin) > 1:
            yield latin, 1
            yield f"{latin}哥", 2
            yield f"{latin}姐", 2
    if not _CJK.match(part):
        return
    if (kin := _KIN.match(part)) is not None:  # 表哥阿伟
        yield kin[1], 1
    parent = _LIKE_PARENT.search(part)
    if parent is not None:
        yield from _parent(part[: parent.start()], parent[0])
        return
    titled = _TITLED.search(part)
    if titled is not None:  # 张律师, 栋张律师, 物业李经理
        yield titled[0], 1
        yield titled[0][:2], 3
        yield from _called(titled[0][0], 4)
        return
    title = re.search(rf"(?:{_TITLES})$", part)
    if title is not None and len(part) > 2 and title.start() in (1, 2):  # 大伟师傅
        root = part[: title.start()]
        yield root, 2
        for left in root:
            yield from _called(left, 5)
        return
    role = ROLE.match(part)
    if role is not None and len(part) - role.end() >= 2:  # 客服小雯, 仓库刘志强
        yield part[role.end() :], 1
        yield from _forms(part[role.end() :])
        return
    nick = re.search(rf"[老小阿大][{_SURNAMES}]$", part)
    if nick is not None and len(part) > 2:  # 水电老秦
        yield nick[0], 1
        yield from _called(nick[0][1], 4)
        return
    if part[0] in "老小阿大" and len(part) == 2:
        yield from _called(part[1], 4)
        return
    if 2 <= len(part) <= 4:
        yield from _full_name(part)


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
    plausible = surname in _DOUBLE or surname[0] in _SURNAMES
    if not plausible:
        return
    yield given, 2
    for suffix in ("哥", "姐", "总", "老师", "工", "叔", "姨", "妹", "弟"):
        yield given + suffix, 2
    yield from _called(surname, 4)
    for left in given:
        yield from _called(left, 5)
    if len(given) == 1:
        yield given * 2, 3


def _called(root: str, rank: int) -> Iterator[tuple[str, int]]:
    for prefix in "老小阿大":
        yield prefix + root, rank
    for title in _TITLES.split("|"):
        yield root + title, rank


def first_outsider(text: str, start: int) -> str:
    """Somebody outside the room who is named right there, as people call them."""
    if house := _HOUSE.match(text, start):
        start = house.end()
    found = OUTSIDER.match(text, start) or ROLE.match(text, start)
    if found is None:
        return ""
    longer = re.compile(rf"{_ROLES}").match(text, start)
    if longer is not None and (more := OUTSIDER.match(text, longer.end())):
        return more[0]  # 运维老吴 is 老吴
    if longer is not None and (more := _LATIN.match(text, longer.end())):
        return more[0]  # 财务Yuki
    return found[0]
