"""What is said about applications, and what people's answers to them say."""

import re
from collections.abc import Sequence
from decimal import Decimal

from botbay.db import now
from botbay.zh.numbers import number
from workers.approvals import amounts, words
from workers.approvals.flow import State
from workers.approvals.kinds import FieldType
from workers.approvals.listing import Listed

_NUMBERS = re.compile(
    r"[#＃]\s*(\d{1,9})|(?:申请|单子?|编号)\s*(\d{1,9})(?![\d元块.个])|(?<![\d月])(\d{1,9})\s*号(?![楼线院])"
    r"|^\D{0,6}?(?:同意|通过|批准?|驳回|拒绝|撤回|撤销|看看?)\s*(\d{1,9})[。.]?$|^(\d{1,9})\s*(?:可以|行|同意|过|通过|批|不|驳|ok)|^\s*(\d{1,9})\s*[。.]?$",
    re.IGNORECASE,
)
_PLACE = re.compile(r"第\s*([一二两三四五六七八九十\d]{1,3})\s*[个张条份单]?|(前者)|(后者|最后一[个张条份])")
_ALL = re.compile(
    r"都(?=同意|过|批|通过|行|可以|准|不|驳|拒|给|撤|ok)|[同意过批行准](?:了)?都|全部|全都|所有|一起|一并|通通|统统|(?:approve|reject)\s*all",
    re.IGNORECASE,
)
_NO = re.compile(
    r"不行|不可以|不同意|不批|不准|不通过|不过(?![来去])|驳回|驳了|拒绝|拒了|打回|退回|\bno\b|reject", re.IGNORECASE
)
_YES = re.compile(r"同意|可以|通过|批准|批|准|过|行|没问题|ok|approve", re.IGNORECASE)
#: Said to a question whether to approve, these may be no more than 收到.
_CLEAR = re.compile(
    r"^(?:嗯+|那|我看|都|就)*(?:可以|行|没问题|ok|同意|通过|批|准|过)[的了吧啊呀哈滴呗！!。.~\s]*(?:批吧)?$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[，,。；;：:！!\n\s]+")
_BECAUSE = re.compile(r"(?:因为|由于|理由(?:是|[：:])|原因(?:是|[：:]))[：:，,\s]*(?P<why>.+)$")
#: A clause that says only the verdict, and on what.
_VERDICT = re.compile(
    r"^(?:我|这[张个份条单]?|那[张个份条单]?|嗯|先|就|给我|帮我|麻烦|把|第[一二三四五六七八九十\d]+[个张条份单]?|申请|单子?|[#＃]?\d{1,9}号?|的|都|全部|一下|他|她|它|TA|给他|给她|退回去?)*"
    r"(?:不行|不可以|不同意|不批准?|不准|不通过|不过|驳回|驳了|拒绝|拒了|打回去?|退回去?|同意|可以|通过|批准|批|准|过|行|没问题|ok|no|reject|approve)"
    r"(?:了|吧|啊|掉|哦|的|呀|给他|给她|去|一下|这[张个份条单]|那[张个份条单]|申请|单子?|[#＃]?\d{1,9}号?)*$",
    re.IGNORECASE,
)
#: A clause with one of these tells the verdict, whatever else it names: 驳回老李的报销.
_STRONG = re.compile(r"同意|通过|批准|驳回|拒绝|打回|退回|不批|不准|\bno\b|reject|approve", re.IGNORECASE)
_NAMES_IT = re.compile(r"^(?:申请|单子?|[#＃]?\d{1,9}号?|的)+$")
_POLITE = re.compile(r"^(?:谢谢|辛苦了?|麻烦了?|好的?|嗯+|哈+|吧|了)$")


# --- reading -----------------------------------------------------------------------------------------------


def numbers(text: str) -> list[int]:
    """The numbers of applications that a sentence names: #12, 12号, 申请12; a 12 alone."""
    found = [int(next(each for each in one.groups() if each)) for one in _NUMBERS.finditer(text)]
    return list(dict.fromkeys(found))


def place(text: str) -> int | None:
    """The place in a list that a sentence names, from 1 (-1: the last); None for none."""
    found = _PLACE.search(text)
    if found is None:
        return None
    return number(found[1]) if found[1] else (1 if found[2] else -1)


def means_all(text: str) -> bool:
    return _ALL.search(text) is not None


def verdict(text: str) -> bool | None:
    """Whether a short answer approves or rejects; None where it does neither, or both."""
    first = next((clause for clause in _CLAUSE.split(text.strip()) if clause), "")
    no = _NO.search(first) is not None
    yes = _YES.search(_NO.sub("", first)) is not None
    return None if no == yes else yes


def clear_yes(text: str) -> bool:
    """可以, 行, 没问题: more than a 好, which may mean that it was seen."""
    return _CLEAR.match(text.strip()) is not None


def remark(text: str) -> str:
    """The reason in a verdict: 不行，发票抬头写错了 -> 发票抬头写错了; empty where none is given."""
    if why := _BECAUSE.search(text):
        return why["why"].strip()
    clauses = [each for each in _CLAUSE.split(text.strip()) if each]
    empty = (_VERDICT, _NAMES_IT, _POLITE)
    kept = [each for each in clauses if not _STRONG.search(each) and not any(one.match(each) for one in empty)]
    return "，".join(kept) if len(kept) < len(clauses) else ""


def tells(text: str, listed: Listed) -> bool:
    """Whether words that should tell one application from others tell this one: by its sum, its kind, or who asked."""
    kind = words.kind_of(listed.application)
    try:
        said = amounts.amount(text)
    except amounts.AmountProblem:
        said = None
    sums = [field.name for field in kind.fields if field.type == FieldType.AMOUNT]
    if said is not None and sums:
        return any(Decimal(listed.application.values.get(name) or 0) == said for name in sums)
    name = words.name(listed.applicant)
    return name in text or any(word in text for word in (kind.name, *kind.words))


# --- saying ------------------------------------------------------------------------------------------------


def card(listed: Listed, *, others: int) -> str:
    """What an approver is asked; ``others``: how many more wait for them."""
    application = listed.application
    lines = [f"📋 {words.name(listed.applicant)}的申请 {words.head(application)}", *words.details(application)]
    if listed.approved:
        lines.append(f"已同意：{'、'.join(words.name(each) for each in listed.approved)}")
    if others:
        lines.append(
            f"等你批的共 {others + 1} 张，这张回「{application.id}号同意」或「{application.id}号不行，原因」。"
        )
    else:
        lines.append("回「同意」或「不行，原因」；要别人批就「转给某某」。")
    return "\n".join(lines)


def line(listed: Listed) -> str:
    """One in a list of those that wait: #12 报销（1,200 元），王，等了 2 小时."""
    since = words.waited(listed.application.created_at, now())
    return f"{words.head(listed.application)}，{words.name(listed.applicant)}，等了 {since}"


def whereabouts(listed: Listed) -> str:
    """Where an application is, for who asked for it."""
    application = listed.application
    head = words.head(application)
    match application.state:
        case State.APPROVED:
            return f"{head}：通过了 ✅"
        case State.REJECTED:
            return f"{head}：没通过"
        case State.WITHDRAWN:
            return f"{head}：你撤回了"
    who = "、".join(words.name(account) for account, _ in listed.waiting)
    asked = [at for _, at in listed.waiting if at is not None]
    since = f"，等了 {words.waited(min(asked), now())}" if asked else ""
    done = f"；{'、'.join(words.name(each) for each in listed.approved)}已同意" if listed.approved else ""
    return f"{head}：在{words.step_of(listed)} {who}那儿{since}{done}"


def done(listed: Listed, *, approve: bool) -> str:
    """What who decided hears."""
    head = f"{words.name(listed.applicant)}的 {words.head(listed.application)}"
    if not approve:
        return f"好，没同意{head}，已经告诉 TA。"
    match listed.application.state:
        case State.APPROVED:
            return f"好，同意了{head}，全部通过 ✅"
        case _:
            who = "、".join(words.name(account) for account, _ in listed.waiting)
            return f"好，同意了{head}，接着等{words.step_of(listed)} {who}。"


def which(listed: Sequence[Listed], question: str, example: str) -> str:
    """A question that of several is meant, with their numbers."""
    shown = "\n".join(line(each) for each in listed)
    return f"{question}\n{shown}\n回编号，比如「{listed[0].application.id}号{example}」。"
