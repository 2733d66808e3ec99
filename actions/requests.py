"""What the bot can be asked for: each feature with the parts it needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Kinds of application, each with what names it.
KINDS = {
    "请假": re.compile(
        r"请[^示教客问]{0,8}假|[年病事婚产丧陪]假|休假|假条|调休|[请休][半一两二三四五六七八九十\d]+个?[天周月]"
    ),
    "报销": re.compile(r"报销|报账|报帐|发票|垫付|垫的|费用"),
    "采购": re.compile(r"采购|购买|申购|添置|买"),
    "出差": re.compile(r"出差|差旅"),
    "加班": re.compile(r"加班|加个班"),
}


@dataclass(frozen=True, kw_only=True)
class Feature:
    """``words``: what it is about. ``needs``: the parts without which it cannot be done, in the order of asking."""

    words: str
    needs: tuple[str, ...] = ()
    personal: bool = False  # for people with an account
    private: bool = False  # never in a room
    decides: bool = False  # cannot be undone: never done on a guess


FEATURES = {
    "ask_daily_report": Feature(words="日报"),
    "mail_report": Feature(words="日报", needs=("email",), personal=True),
    "subscribe_report": Feature(words="自动发日报", needs=("time",), personal=True),
    "unsubscribe_report": Feature(words="不再自动发日报", personal=True),
    "ask_minutes": Feature(words="纪要", needs=("room",)),
    "mail_minutes": Feature(words="纪要", needs=("room", "email"), personal=True),
    "create_reminder": Feature(words="提醒", needs=("what", "time")),
    "list_todos": Feature(words="看待办和提醒"),
    "cancel_reminder": Feature(words="取消提醒", decides=True),
    "complete_todo": Feature(words="把待办标成完成"),
    "snooze_reminder": Feature(words="晚点再提醒"),
    "submit_application": Feature(words="申请", needs=("kind",), personal=True, private=True),
    "list_approvals": Feature(words="看待审批的单子", personal=True, private=True),
    "approve": Feature(words="同意审批", personal=True, private=True, decides=True),
    "reject": Feature(words="驳回审批", personal=True, private=True, decides=True),
    "transfer_approval": Feature(words="转交审批", needs=("person",), personal=True, private=True, decides=True),
    "withdraw_application": Feature(words="撤回申请", personal=True, private=True, decides=True),
    "ask_application_status": Feature(words="查申请进度", personal=True, private=True),
    "find_file": Feature(words="找文件", needs=("query",)),
    "find_message": Feature(words="找聊天记录", needs=("query",)),
    "read_image": Feature(words="读图里的字"),
}

#: What 也发一份到邮箱 makes of what was asked before.
MAILED = {"ask_daily_report": "mail_report", "ask_minutes": "mail_minutes"}

#: What is told of a span of talk.
MINUTES = ("ask_minutes", "mail_minutes")

#: What is told in figures.
REPORTS = ("ask_daily_report", "mail_report")

#: What is told of a room or of all: for these a part of a room's name is enough.
ABOUT_ROOMS = (*MAILED, *MAILED.values())


@dataclass(frozen=True, kw_only=True)
class Request:
    """A feature and the parts known of it. ``choices``: what a question for the part that is missing offers.

    Of a request that was answered they are what the answer told with a number, in the turn ``told``.
    ``form`` is missing of an application until its fields are told and it was seen: ``actions.application_form``.
    Parts are text, but ``time``: {"text", "shown"} (see ``actions.request_times.read_span``), and ``room``: {"id", "name"}.
    """

    intent: str
    parts: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Mapping[str, Any], ...] = ()
    told: int | None = None

    @classmethod
    def of_slot(cls, value: Any) -> "Request | None":
        """What a slot holds; None where it is empty."""
        if not isinstance(value, Mapping) or value.get("intent") not in FEATURES:
            return None
        return cls(
            intent=value["intent"],
            parts=value.get("parts") or {},
            choices=tuple(value.get("choices") or ()),
            told=value.get("told"),
        )

    def as_slot(self) -> dict[str, Any]:
        slot = {"intent": self.intent, "parts": dict(self.parts), "choices": [dict(one) for one in self.choices]}
        return slot if self.told is None else slot | {"told": self.told}

    @property
    def feature(self) -> Feature:
        return FEATURES[self.intent]

    @property
    def missing(self) -> str | None:
        """The part to ask for next."""
        if self.parts.get("room_open"):
            return "room"
        part = next((part for part in self.feature.needs if not self._knows(part)), None)
        if part is None and self.intent == "submit_application" and not self.parts.get("confirmed"):
            return "form"
        return part

    def _knows(self, part: str) -> bool:
        if part == "query":  # whose file, or which kind of file, is enough to look for; of files the day is, too
            enough = ("query", "person", "file_kind", *(("time",) if self.intent == "find_file" else ()))
            return any(self.parts.get(name) for name in enough)
        return self.parts.get(part) is not None
