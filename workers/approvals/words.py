"""An application in people's words."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from botbay.chat.lines import flat
from botbay.chat.models import Account
from botbay.zh.masking import masked
from workers.approvals import fields
from workers.approvals.flow import Reason
from workers.approvals.kinds import FieldType, Kind
from workers.approvals.listing import Listed
from workers.approvals.models import Application

_LONGEST = 200  # characters of a text on a card
_LONGEST_REASON = 300

REFUSED: Mapping[Reason, str] = {
    Reason.OWN: "自己的单子不能自己批。",
    Reason.NOT_ASKED: "这张不用你批。",
    Reason.NOT_YET: "还没轮到你，前面一步还没批完。",
    Reason.ALREADY: "你已经批过了，一张单子只算一次。",
    Reason.PASSED: "你已经转给别人了，现在归 TA 批。",
    Reason.THERE: "TA 本来就在这一步里，换一个人吧。",
    Reason.OVER: "已经有结果了，不用再批。",
}


def name(account: Account | None) -> str:
    """What people call the account's person."""
    return flat(account.display_name) if account is not None else "系统"


def kind_of(application: Application) -> Kind:
    """The kind as it was when the application was made."""
    return Kind.model_validate(application.definition)


def head(application: Application) -> str:
    """#12 报销（1,200 元）: its number, its kind, and its amount or time."""
    kind = kind_of(application)
    main = (FieldType.AMOUNT, FieldType.SPAN, FieldType.DATE)
    told = next((f for f in kind.fields if f.type in main and f.name in application.values), None)
    about = f"（{fields.shown(told, application.values[told.name])}）" if told is not None else ""
    return f"#{application.id} {flat(kind.name)}{about}"


def details(application: Application) -> list[str]:
    """A line for each field; long numbers of people are masked, it is read in another conversation."""
    kind = kind_of(application)
    lines = []
    for field in kind.fields:
        if field.name in application.values:
            text = fields.shown(field, application.values[field.name])
            lines.append(f"{flat(field.name)}：{masked(short(text, _LONGEST))}")
    return lines


def reason(text: str) -> str:
    """A remark as it is kept and told."""
    return masked(short(" ".join(text.split()), _LONGEST_REASON))


def short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def waited(since: datetime, at: datetime) -> str:
    """3 分钟, 2 小时, 3 天."""
    gone = at - since
    if gone < timedelta(hours=1):
        return f"{max(int(gone.total_seconds() // 60), 1)} 分钟"
    return f"{int(gone.total_seconds() // 3600)} 小时" if gone < timedelta(days=2) else f"{gone.days} 天"


def step_of(listed: Listed) -> str:
    """The step it is in: 主管（1/2）; its name alone where it is the only one."""
    count = len(listed.application.chain)
    place = f"（{listed.application.at + 1}/{count}）" if count > 1 else ""
    return f"{flat(listed.step)}{place}"
