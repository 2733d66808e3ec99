"""The words of the pages of applications: where one is, what has happened, and who is meant."""

from collections.abc import Mapping, Sequence

from botbay.chat.models import Account
from botbay.db import now
from workers.approvals import words
from workers.approvals.flow import Answer, Need, State
from workers.approvals.kinds import FieldSpec, FieldType, Kind, StepSpec
from workers.approvals.listing import Listed
from workers.approvals.models import What
from workers.approvals.seeing import SeenEvent

#: A state's words and the kind of its pill.
STATES: Mapping[State, tuple[str, str]] = {
    State.OPEN: ("审批中", "warn"),
    State.APPROVED: ("通过了", "good"),
    State.REJECTED: ("没通过", "bad"),
    State.WITHDRAWN: ("已撤回", ""),
}
#: What somebody's own part in an application was.
ANSWERS: Mapping[Answer, tuple[str, str]] = {
    Answer.WAITING: ("等答复", "warn"),
    Answer.APPROVED: ("同意了", "good"),
    Answer.REJECTED: ("没同意", "bad"),
    Answer.PASSED: ("转给别人了", ""),
    Answer.MOOT: ("不用批了", ""),
}
NEEDS: Mapping[Need, str] = {Need.ONE: "", Need.ANY: "谁先批算谁的", Need.ALL: "都要同意"}
#: What marks a line of the history.
ICONS: Mapping[What, tuple[str, str]] = {
    What.SUBMITTED: ("send", ""),
    What.ASKED: ("forum", ""),
    What.UNREACHED: ("person_off", "warn"),
    What.REMINDED: ("notifications", ""),
    What.APPROVED: ("check", "good"),
    What.REJECTED: ("close", "bad"),
    What.TRANSFERRED: ("redo", ""),
    What.HANDED_ON: ("redo", "warn"),
    What.WITHDRAWN: ("undo", ""),
    What.GRANTED: ("done_all", "good"),
}


def names(accounts: Sequence[Account]) -> str:
    return "、".join(words.name(account) for account in accounts)


def where(listed: Listed) -> str:
    """Where an open application is, whom it waits for, and for how long; empty for one that has ended."""
    if listed.application.state != State.OPEN:
        return ""
    asked = [at for _, at in listed.waiting if at is not None]
    since = f"，等了 {words.waited(min(asked), now())}" if asked else ""
    return f"在{words.step_of(listed)} {names([account for account, _ in listed.waiting])}那儿{since}"


def happened(event: SeenEvent) -> str:
    """What happened, as a sentence without its time and without what was said."""
    by, to = words.name(event.by), words.name(event.to)
    match event.what:
        case What.SUBMITTED:
            return f"{by}提交了{_via(event.via)}"
        case What.ASKED:
            return f"在微信里问了{to}（{event.step}）"
        case What.UNREACHED:
            return f"在微信里找不到{to}（{event.step}），等 TA 来网页上批"
        case What.REMINDED:
            return f"又提醒了{to}（{event.step}）"
        case What.APPROVED:
            return f"{by}同意了（{event.step}）{_via(event.via)}"
        case What.REJECTED:
            return f"{by}没同意（{event.step}）{_via(event.via)}"
        case What.TRANSFERRED:
            return f"{by}转给了{to}（{event.step}）{_via(event.via)}"
        case What.HANDED_ON:
            return f"{by}一直没回，转给了{to}（{event.step}）"
        case What.WITHDRAWN:
            return f"{by}撤回了{_via(event.via)}"
        case _:
            return "全部同意，通过了"


def _via(via: str) -> str:
    match via:
        case "":
            return ""
        case "chat":
            return "，微信里"
        case "page":
            return "，网页上"
        case _:
            return f"，{words.short(via, 20)}里"


# --- kinds -------------------------------------------------------------------------------------------------


def field_names(kind: Kind) -> str:
    return "、".join(field.name for field in kind.fields)


def field_rule(field: FieldSpec) -> str:
    """What a field takes, for maintainers."""
    match field.type:
        case FieldType.TEXT:
            rule = f"文字，最多 {field.longest} 字"
        case FieldType.AMOUNT:
            rule = f"金额，最多 {field.most:,f} 元"
        case FieldType.DATE:
            rule = f"日期{_back(field)}"
        case FieldType.SPAN:
            rule = f"起止时间，最长 {field.most_days} 天{_back(field)}"
        case FieldType.CHOICE:
            rule = "选一个：" + "、".join(field.choices)
        case _:
            rule = "图片"
    return f"{rule}（可以不填）" if field.optional else rule


def _back(field: FieldSpec) -> str:
    return "" if field.back_days is None else f"，最早 {field.back_days} 天前"


def step_rule(kind: Kind, step: StepSpec) -> str:
    """Who approves in a step, and when it is there."""
    who = "、".join(one.partition(":")[2] + ("（账号）" if one.startswith("account:") else "") for one in step.by)
    need = f"，{NEEDS[step.need]}" if len(step.by) > 1 or step.need == Need.ALL else ""
    if step.of is None:
        return who + need
    field = kind.field(step.of)
    unit = "元" if field is not None and field.type == FieldType.AMOUNT else "天"
    return f"{who}{need}；{step.of}超过 {step.above:,f} {unit}才有"
