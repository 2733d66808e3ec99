"""The fields of an application, asked for one by one: part of the form for requests.

What is known stands in the request's parts: ``form``, the fields of its kind; ``values``, as they are kept (see
``workers.approvals.fields``; None: left out); ``rest``, words that the next answer completes; ``confirmed``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import select

from actions.application_words import own_words
from actions.base import Context
from actions.heard import Heard
from actions.meaning import corrects, meant, only_denies
from actions.request_parts import own_account
from actions.request_times import local_now
from actions.requests import Request
from actions.yes_no import agrees
from botbay.chat.access import PRIVATE, Subject, readable_files
from botbay.chat.models import File, FileKind, FileState, Message
from botbay.db import now
from workers.approvals import fields, service
from workers.approvals.fields import FieldProblem
from workers.approvals.kinds import FieldSpec, FieldType, Kind

_NOTHING = re.compile(
    r"^(?:没有?[了的]?|无|不用了?|不要了?|跳过|略|没(?:发票|照片|图)|none|no|-)[。.!！]?$", re.IGNORECASE
)
_SENT = re.compile(r"好了|发了|发过去了|发完|传了|传好|上传了|就这些|这张|这些|ok|完了", re.IGNORECASE)
_SUBMIT = re.compile(r"提交|确认|交吧|发吧|就这样")
_CHANGED = re.compile(r"(?:改成|改为|换成|应该是|应为|是|：|:)\s*(?P<to>.+)$")
_LENGTH = re.compile(r"[一两二三四五六七八九十半\d]+(?:个?(?:天|小时|钟头|周|星期)|个月)半?")
#: 用途改成…, 上海改成苏州.
_IN_PLACE = re.compile(
    r"^(?:[把将])?(?P<old>.+?)(?:改成|改为|换成)(?P<to>.+)$|^不是(?P<not>.+?)[，,\s]*(?:而?是)(?P<but>.+)$"
)
#: A picture belongs to the application if it came so long before the word that it was sent.
_WITH_IT = timedelta(minutes=15)
#: In answer to a question in one's own words these leave it, and nothing else does.
_LEAVES = frozenset({"cancel", "stop_bot", "forget_me"})
_SURE = 0.95


def field_of(request: Request) -> FieldSpec | None:
    """The field to ask for next; None where all are known."""
    values = request.parts.get("values") or {}
    form = request.parts.get("form") or ()
    return next((FieldSpec.model_validate(each) for each in form if each["name"] not in values), None)


async def kind_names(context: Context) -> list[str]:
    return list(await service.kinds(context.session))


async def begun(context: Context, heard: Heard, parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts with the form of the kind, and what the sentence has told already. Raises ApprovalError."""
    kinds = await service.kinds(context.session)
    kind = kinds.get(str(parts.get("kind"))) or _named(kinds, heard.text)
    if kind is None:
        return {**parts, "kind": None}
    account = await own_account(context.session, context)
    if account is not None:
        await service.ready(context.session, kind, account)
    told: dict[str, Any] = {"kind": kind.name, "form": [each.model_dump(mode="json") for each in kind.fields]}
    values: dict[str, Any] = {}
    for field in kind.fields:
        try:
            said = heard.first("amount") if field.type == FieldType.AMOUNT else heard.text
            if field.type in (FieldType.TEXT, FieldType.PICTURE) or not said or heard.intent == "choose":
                continue
            value = fields.read(field, str(said), local_now(context))
        except FieldProblem as problem:
            if length := _LENGTH.search(heard.text) if field.type == FieldType.SPAN else None:
                told["rest"] = length[0]
            else:
                told["problem"] = str(problem)
            continue
        if value is not None:
            values[field.name] = value
    if heard.intent != "choose":
        values |= own_words(kind, heard.text, heard.first("amount"), local_now(context))
    return {**parts, **told, "values": values}


def _named(kinds: Mapping[str, Kind], text: str) -> Kind | None:
    found = [kind for kind in kinds.values() if any(word in text for word in (kind.name, *kind.words))]
    return found[0] if len(found) == 1 else None


def question(request: Request) -> str:
    """For the next field, or whether it may go out as it is."""
    problem = str(request.parts.get("problem") or "")
    lead = f"{problem}\n" if problem else ""
    field = field_of(request)
    if field is None:
        return (
            f"{lead}{shown(request)}\n提交吗？回「好」提交；要改就说「{_example(request)}」这样的；不弄了回「算了」。"
        )
    listed = "\n" + "\n".join(f"{place}. {one}" for place, one in enumerate(field.choices, 1)) if field.choices else ""
    skip = "（没有就回「没有」）" if field.optional and field.type != FieldType.PICTURE else ""
    if not lead and not request.parts.get("values"):
        lead = f"好，{request.parts['kind']}申请。"
    return f"{lead}{field.ask}{skip}{listed}"


def _example(request: Request) -> str:
    """How one of its own fields would be changed."""
    form = [FieldSpec.model_validate(each) for each in request.parts.get("form") or ()]
    for kind, to in ((FieldType.AMOUNT, "500"), (FieldType.SPAN, "后天下午"), (FieldType.DATE, "后天")):
        if field := next((each for each in form if each.type == kind), None):
            return f"{field.name}改成{' ' if to.isdigit() else ''}{to}"
    return f"{form[0].name}改成…"


def shown(request: Request) -> str:
    """The whole of it, a line a field."""
    values = request.parts.get("values") or {}
    lines = [f"{request.parts['kind']}申请："]
    for each in request.parts.get("form") or ():
        if values.get(each["name"]) is not None:
            lines.append(f"{each['name']}：{fields.shown(FieldSpec.model_validate(each), values[each['name']])}")
    return "\n".join(lines)


async def taken(context: Context, heard: Heard, request: Request, dispatcher: CollectingDispatcher) -> Request | None:
    """The request with what an answer gives; None where the sentence is no answer, but something else."""
    if heard.intent in _LEAVES and heard.commands():
        return None
    parts = {name: value for name, value in request.parts.items() if name != "problem"}
    request = replace(request, parts=parts)
    field = field_of(request)
    if field is None:
        return _confirmed(context, heard, request)
    if field.optional and _NOTHING.match(heard.text.replace(field.name, "").strip()):
        return _with(request, field, None)
    if field.type == FieldType.PICTURE:
        return await _pictures(context, heard, request, field)
    try:
        words = f"{heard.text} {parts['rest']}" if parts.get("rest") and not _LENGTH.search(heard.text) else heard.text
        value = fields.read(field, words if field.type == FieldType.SPAN else heard.text, local_now(context))
    except FieldProblem as problem:
        if field.type == FieldType.SPAN and (length := _LENGTH.search(heard.text)):
            parts["rest"] = length[0]
        return replace(request, parts={**parts, "problem": str(problem)})
    own_words = field.type == FieldType.TEXT
    something_else = heard.commands(request.intent, "choose", "correct", "follow_up", "affirm", "deny", "chitchat")
    if something_else and (value is None or (own_words and heard.confidence >= _SURE)):
        return None
    if value is None:
        return replace(request, parts={**parts, "problem": f"这句里我没读出{field.name}。"})
    return _with(request, field, value)


def _with(request: Request, field: FieldSpec, value: Any) -> Request:
    values = {**(request.parts.get("values") or {}), field.name: value}
    parts = {name: each for name, each in request.parts.items() if name != "rest"}
    return replace(request, parts={**parts, "values": values})


def _confirmed(context: Context, heard: Heard, request: Request) -> Request | None:
    """A yes to the whole, or a change of one field: 金额改成 500, 不对，是后天."""
    text = heard.text
    changed = _change(context, heard, request)
    if changed is not None:
        return changed
    if agrees(heard, yes=("submit_application",)) or (_SUBMIT.search(text) and not re.search(r"[不别先]", text)):
        return replace(request, parts={**request.parts, "confirmed": True})
    if heard.commands("choose", "correct", "follow_up", "affirm", "approve", "chitchat"):
        return None
    return replace(request, parts={**request.parts, "problem": "没听出要改哪一项。"})


def _change(context: Context, heard: Heard, request: Request) -> Request | None:
    """The request with the field changed that a sentence names, or that alone can hold what it says."""
    form = [FieldSpec.model_validate(each) for each in request.parts["form"]]
    open_words = request.parts.get("change")
    request = replace(request, parts={name: each for name, each in request.parts.items() if name != "change"})
    text = heard.text.strip()
    to = found["to"] if (found := _CHANGED.search(text)) else ""
    named = [field for field in form if field.name in text]
    if not named and (replaced := _in_place(request, form, text)) is not None:
        return replaced
    if not to and not named:
        return None
    if corrects(text) and not named:
        to = meant(text)
    if open_words and named and not to:
        to = str(open_words)
    for field in named or [each for each in form if each.type not in (FieldType.TEXT, FieldType.PICTURE)]:
        said = to or text.partition(field.name)[2]
        try:
            value = fields.read(field, said, local_now(context))
        except FieldProblem as problem:
            return replace(request, parts={**request.parts, "problem": str(problem)})
        if value is not None:
            return _with(request, field, value)
    if not named and corrects(text) and not only_denies(text):
        return _in_own_words(request, [field for field in form if field.type == FieldType.TEXT], to)
    return None


def _in_place(request: Request, form: Sequence[FieldSpec], text: str) -> Request | None:
    """上海改成苏州, 不是上海，是苏州: in the field that holds the old words."""
    if (found := _IN_PLACE.match(text)) is None:
        return None
    old, new = (found["old"] or found["not"]).strip(" ，,"), (found["to"] or found["but"]).strip(" ，,。")
    values = request.parts.get("values") or {}
    for field in form:
        if field.type == FieldType.TEXT and old and old in str(values.get(field.name) or ""):
            return _with(request, field, str(values[field.name]).replace(old, new))
    return None


def _in_own_words(request: Request, texts: Sequence[FieldSpec], to: str) -> Request | None:
    """不对，是苏州: of several fields that could hold it, which one is asked."""
    if len(texts) == 1:
        return _with(request, texts[0], to)
    names = "」还是「".join(field.name for field in texts)
    return (
        replace(request, parts={**request.parts, "change": to, "problem": f"「{to}」是「{names}」？"})
        if texts
        else None
    )


async def _pictures(context: Context, heard: Heard, request: Request, field: FieldSpec) -> Request | None:
    """The pictures that were sent here just before; they are no turns of their own, so a word must follow them."""
    if not _SENT.search(heard.text) and heard.intent not in ("affirm", "chitchat", "out_of_scope", "nlu_fallback"):
        return None
    sent = (
        readable_files(Subject.of_contact(context.contact), PRIVATE)
        .join(Message, Message.id == File.message_id)
        .where(
            Message.talker_id == context.contact.id,
            Message.peer_id == context.contact.id,
            Message.sent_at > now() - _WITH_IT,
            File.kind == FileKind.IMAGE,
            File.state.in_((FileState.STORED, FileState.PENDING)),
        )
        .with_only_columns(File.id)
        .order_by(File.id)
    )
    found = list((await context.session.scalars(select(File.id).where(File.id.in_(sent)).order_by(File.id))).all())
    if found:
        return _with(request, field, found[:9])
    if context.contact.keep_private_at is None:
        problem = "我没存下图片：私聊里的东西，要你先同意我保存才会留。先回「没有」提交，图片直接给批的人看吧。"
    else:
        problem = "还没收到图片，发给我之后回「好了」；没有回「没有」。"
    return replace(request, parts={**request.parts, "problem": problem})
