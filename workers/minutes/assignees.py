"""Who is meant: the people of a room by the names and forms of address that others use for them."""

import re
from collections import defaultdict
from collections.abc import Iterator

from workers.minutes import aliases
from workers.minutes.aliases import LATIN, ROLE, ROLES, SURNAMES, TITLES
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

#: An outsider as people call one: 老吴, 王工, 物业张经理.
OUTSIDER = re.compile(
    rf"[老小阿大][{SURNAMES}](?![\u4e00-\u9fff]{{0,1}}(?:时|板))|(?<![\u4e00-\u9fff])?[{SURNAMES}](?:{TITLES.replace('|子|儿|宝', '').replace('|科|', '|').replace('|处|', '|').replace('|局', '').replace('|设计', '')})"
)
#: 绿源公司的小董 is 小董.
_HOUSE = re.compile(r"[\u4e00-\u9fff]{2,6}?(?:公司|那边|单位|厂|店)的?")


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
            for alias, rank in aliases.of(person):
                previous = ranked[alias].get(person.key)
                ranked[alias][person.key] = rank if previous is None else min(rank, previous)
        self._by_alias: dict[str, str] = {}
        for alias, keys in ranked.items():
            best = min(keys.values())
            owners = [key for key, rank in keys.items() if rank == best]
            if len(owners) == 1:  # two 小王 in a room: nobody knows which
                self._by_alias[alias] = owners[0]
        lengths: dict[str, set[int]] = defaultdict(set)
        for alias in self._by_alias:
            lengths[alias[0]].add(len(alias))
        #: How long the names are that begin with a character, the longest first: one pattern of all takes its time.
        self._lengths = {first: sorted(each, reverse=True) for first, each in lengths.items()}

    def key(self, name: str) -> str:
        """The one who bears or is called by this name; empty when it is nobody of the room."""
        return self._by_alias.get(name.strip().lower(), "")

    def name(self, key: str) -> str:
        return self.names.get(key, "")

    def at(self, text: str, start: int) -> tuple[str, int] | None:
        """The key of the one whose name begins there, and where it ends."""
        lower = text.lower()
        end = self._end(lower, start) if len(lower) == len(text) else None
        if end is None or not _whole(text, start, end):
            return None
        return self._by_alias[lower[start:end]], end

    def within(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Everyone who is named in a text: key, start, end."""
        lower = text.lower()
        if len(lower) != len(text):
            return
        start = 0
        while start < len(lower):
            end = self._end(lower, start)
            if end is not None and _whole(text, start, end):
                yield self._by_alias[lower[start:end]], start, end
            start = end or start + 1

    def _end(self, lower: str, start: int) -> int | None:
        """Where the longest name that begins there ends."""
        for length in self._lengths.get(lower[start : start + 1], ()):
            if lower[start : start + length] in self._by_alias:
                return start + length
        return None


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a Latin name does not stand inside a longer word."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    left = before.isascii() and before.isalpha() and text[start].isascii()
    right = after.isascii() and after.isalpha() and text[end - 1].isascii()
    return not (left or right)


def first_outsider(text: str, start: int) -> str:
    """Somebody outside the room who is named right there, as people call them."""
    if house := _HOUSE.match(text, start):
        start = house.end()
    found = OUTSIDER.match(text, start) or ROLE.match(text, start)
    if found is None:
        return ""
    longer = re.compile(rf"{ROLES}").match(text, start)
    if longer is not None and (more := OUTSIDER.match(text, longer.end())):
        return more[0]  # 运维老吴 is 老吴
    if longer is not None and (more := LATIN.match(text, longer.end())):
        return more[0]  # 财务Yuki
    return found[0]
