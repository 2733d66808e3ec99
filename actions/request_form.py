"""Taking a request, asking for what is missing of it, and answering it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import application_form, approvals, files, messages, offers, reminder_parts
from actions.answers import carry_out
from actions.base import BotBayAction, BotBayForm, Context, slots
from actions.heard import Heard, answers
from actions.learning import explain, note_before
from actions.meaning import corrects, only_denies
from actions.reminder_moves import only_moves
from actions.request_parts import changed_intent, find_kind, free_words, named_in, own_account, read_parts, what_of
from actions.request_rooms import as_part, find_rooms, names_another_room, room_named, rooms_of
from actions.request_times import local_now
from actions.requests import ABOUT_ROOMS, FEATURES, Request
from actions.words import private_only
from workers.approvals.service import ApprovalError
from workers.reminders.service import ReminderError

#: Taken as the answer to these even when they sound like something else to do: a reminder may be of anything.
_OWN_WORDS = ("what", "query")
_SURE_IN_OWN_WORDS = 0.95
_TALK = frozenset({"help", "ask_identity", "greet", "thanks", "goodbye", "cancel", "deny", "affirm", "stop_bot"})
_MOST_CHOICES = 9
_ABOUT_CHOICE = ("ordinal", "audience", "bound", "named")
_YES = re.compile(r"(?<!不)同意|通过(?!不)|批准|批了|准了")
_NO = re.compile(r"不同意|驳回|拒绝|拒了|打回|退回|不批|不通过|不准")
_LONGEST_NAME = 12
#: 先不买了, 还是不请了: whatever it was, it is not to be.
_DROPS = re.compile(
    r"^(?:那|算了|还是|先|就|这次|暂时|我|[，,\s])*[不别](?:想|用|要)?(?:买|请假?|报销?|申请|提交?|出差?|去|弄|填|采购|加班|搞|办|提醒|设|转)(?:了|啦|吧)+[。.!！~\s]*$"
)
_DROPPED = {"dropped": True}


class Refused(Exception):
    """The request cannot be done here or for this person; the text says why and what to do."""


async def understood(context: Context, heard: Heard, before: Request | None) -> Request | None:
    """The request that a sentence makes, with what is known besides; None when it goes on from nothing.

    ``before``: what was asked for last, from which 昨天的呢 and 不是，我说的是上周 go on.
    """
    if before is not None and before.parts.get("made") and heard.intent == "create_reminder" and only_moves(heard.text):
        heard = replace(heard, intent="correct")
    intent = heard.intent
    known: dict[str, Any] = {}
    if intent in ("follow_up", "correct"):
        if before is None:
            return None
        intent = changed_intent(before.intent, heard.text, heard.first("email") is not None)
        known = {**before.parts}
        if room_named(heard) is not None:
            known.pop("room", None)
            known.pop("unknown_room", None)
    rooms = await rooms_of(context)
    read = read_parts(heard, intent, rooms, local_now(context), known)
    goes_on = heard.intent in ("follow_up", "correct")
    if "ordinal" in read and "person" not in read:
        known.pop("person", None)  # 第二个呢 is another one than 张伟's
    elif "person" in read and "ordinal" not in read:
        known.pop("ordinal", None)
    if before is not None and goes_on and not read and intent == before.intent and room_named(heard) is None:
        return None
    request = Request(intent=intent, parts={**known, **read})
    return await completed(context, heard, request, before)


async def completed(context: Context, heard: Heard, request: Request, before: Request | None) -> Request:
    """The request with the parts that need no question, and the choices for the first that does. Raises Refused."""
    parts = dict(request.parts)
    feature = request.feature
    account = await own_account(context.session, context)
    if feature.private and not context.private:
        raise Refused(private_only(context))
    if feature.personal and account is None:
        here = "跟我说「绑定账号」就行" if context.private else "请私聊我说「绑定账号」"
        raise Refused(f"{feature.words}要先绑定账号，{here}。")
    if "email" in feature.needs and parts.get("addressee"):
        pass  # somebody else's address: it is asked for
    elif "email" in feature.needs and not parts.get("email") and account is not None and account.email:
        parts["email"] = account.email if context.private else ""  # an address of one's own is not for the room
    if "email" in feature.needs and parts.get("email") is None and not context.private:
        raise Refused("发邮件的事请私聊我说，我还不知道你的邮箱。")
    choices: list[Mapping[str, Any]] = []
    named = request.intent in ABOUT_ROOMS and room_named(heard) is not None
    if "room" in feature.needs or context.room is not None or named:
        choices = await _settle_room(context, heard, parts, before)
        parts["room_open"] = named and not parts.get("room")
    if "room" not in feature.needs and not parts.get("room_open"):
        choices = []
        said = room_named(heard)
        if (
            context.private
            and said is not None
            and not find_rooms(heard, heard.text, await rooms_of(context), loose=True)
        ):
            parts["unknown_room"] = said
    if request.intent == "create_reminder":
        try:
            await reminder_parts.settle(context, heard, parts, before)
        except ReminderError as problem:
            raise Refused(str(problem)) from None
    if request.intent == "submit_application" and not parts.get("form"):
        try:
            parts = await application_form.begun(context, heard, parts)
        except ApprovalError as error:
            raise Refused(str(error)) from None
    request = replace(request, parts=parts, choices=tuple(choices))
    if request.missing == "kind":
        names = await application_form.kind_names(context)
        request = replace(request, choices=tuple({"name": kind} for kind in names))
    return request


async def _settle_room(
    context: Context, heard: Heard, parts: dict[str, Any], before: Request | None
) -> list[Mapping[str, Any]]:
    """Decide which room is meant, in ``parts``; the rooms to choose from where it cannot be told."""
    rooms = await rooms_of(context)
    said = room_named(heard)
    if context.room is not None:
        if await names_another_room(context, heard):
            raise Refused("别的群的事，私聊我说吧；在这里我只说这个群的。")
        parts["room"] = as_part(context.room)
        return []
    if parts.get("room"):
        return []
    if not rooms:
        raise Refused("你还没有和我在同一个群里。把我拉进群，说「开始记录」，之后就能问我了。")
    near = find_rooms(heard, heard.text, rooms, loose=True)
    if said is not None and not near:
        parts["unknown_room"] = said
    if len(near) > 1:
        rooms = near
    elif said is None and len(rooms) == 1:
        parts["room"] = as_part(rooms[0])
    elif said is None and before is not None and before.parts.get("room"):
        parts["room"] = before.parts["room"]
    return [as_part(room) for room in rooms[:_MOST_CHOICES]]


class TakeRequest(BotBayAction):
    """Says to the rules whether something is missing (``request_state``)."""

    action = "action_take_request"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        heard = Heard.of(tracker)
        for listed in (files.of_the_list, messages.of_the_list):
            if (events := await listed(context, tracker, heard, dispatcher)) is not None:
                return [*events, *slots(request=None, request_state="none")]
        offer = offers.standing(context, tracker)
        if heard.intent in ("approve", "reject") and offer is not None and _answers_offer(heard):
            return [*await offers.answered(context, tracker, heard, offer, dispatcher), *slots(request_state="none")]
        answers_card = heard.intent in ("approve", "reject") and await approvals.awaits(context)
        if heard.decision == "clarify" and not answers_card and (context.private or not FEATURES[heard.intent].private):
            return [*await offers.ask(context, tracker, heard, dispatcher), *slots(request=None, request_state="none")]
        if heard.intent in ("approve", "reject") and _YES.search(heard.text) and _NO.search(heard.text):
            dispatcher.utter_message(text="一次说一张吧，我怕弄反了。先说同意的是哪张？")
            return slots(request=None, request_state="none")
        before = offers.last_request(tracker)
        if heard.intent == "correct":
            await note_before(context, tracker)
            if offers.did(tracker, "action_name_bot") and (named := named_in(heard)):
                return offers.again(tracker, "name_bot", heard.text, named)
        elif heard.intent != "follow_up" and not heard.triggered:
            await explain(context, heard.intent)  # said again in other words
        try:
            request = await understood(context, heard, before)
        except Refused as refusal:
            dispatcher.utter_message(text=str(refusal))
            return slots(request=None, request_state="none")
        if request is None:
            dispatcher.utter_message(text=_nothing_before(heard))
            return slots(request=None, request_state="none")
        if heard.intent in ("correct", "follow_up") and request.feature.decides:
            asked = replace(heard, options=(request.intent,))
            return [*await offers.ask(context, tracker, asked, dispatcher), *slots(request=None, request_state="none")]
        return slots(request=request.as_slot(), request_state="missing" if request.missing else "complete")


def _answers_offer(heard: Heard) -> bool:
    """Whether 同意 or 拒绝 says no more than yes or no to what was offered, or which; 同意张伟的报销 says more."""
    return heard.decision == "clarify" or all(one.get("entity") in _ABOUT_CHOICE for one in heard.entities)


def _nothing_before(heard: Heard) -> str:
    if heard.intent == "correct":
        return "好，那你要的是什么？把整句说给我就行，比如「上周产品群的纪要」。"
    return "这句我没接上前面的话，说全一点好吗？比如「昨天的日报」。"


class ValidateRequestForm(BotBayForm):
    """Takes the answer to the question for the part that is missing, and whatever else was said with it."""

    action = "validate_request_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[str]:
        request = Request.of_slot(tracker.get_slot("request"))
        return domain_slots if request is not None and request.missing else []

    async def extract_part(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        request = Request.of_slot(tracker.get_slot("request"))
        if request is None or request.missing is None or not answers(tracker, "part"):
            return {}
        heard = Heard.of(tracker)
        if _DROPS.match(heard.text.strip()):
            dispatcher.utter_message(text="好，那先不弄了，要的时候再跟我说。")
            return {"part": _DROPPED}
        if request.missing == "form":
            changed = await application_form.taken(self.context, heard, request, dispatcher)
            return {} if changed is None else {"part": changed.as_slot()}
        if corrects(heard.text):
            if only_denies(heard.text):
                dispatcher.utter_message(text="好，那对的是什么？直接说就行；不弄了回「算了」。")
                return {"part": request.as_slot()}
            heard = replace(heard, intent="correct")
        chosen = _chosen(request, heard.first("ordinal", "number"))
        if chosen is None and self._is_something_else(heard, request):
            return {}
        parts, intent = dict(request.parts), request.intent
        if chosen is not None:
            parts |= {"room": chosen} if request.missing == "room" else {"kind": chosen["name"]}
        else:
            if heard.intent in ("correct", "follow_up"):
                intent = changed_intent(intent, heard.text, heard.first("email") is not None)
            parts |= await self._said(heard, request, intent)
        parts.pop("unknown_room", None)
        parts.pop("room_open", None)
        changed = replace(request, intent=intent, parts=parts)
        if (changed.intent, changed.parts) == (request.intent, request.parts) and room_named(heard) is None:
            return {}
        try:
            changed = await completed(self.context, heard, changed, None)
        except Refused as refusal:
            dispatcher.utter_message(text=str(refusal))
            changed = request
        return {"part": changed.as_slot()}

    async def _said(self, heard: Heard, request: Request, intent: str) -> dict[str, Any]:
        """The parts that the answer gives, the missing one in the person's own words where it is such a part."""
        moment = local_now(self.context)
        read = read_parts(heard, intent, await rooms_of(self.context), moment, request.parts)
        if request.parts.get("what") and heard.intent != "correct":
            read.pop("what", None)  # 明天上午叫我就行 says when, not what
        if heard.intent == "correct" and read:
            return read  # it changes what was said before, and answers nothing yet
        if intent == request.intent and request.missing is not None and read.get(request.missing) is None:
            read |= await self._answer(heard, request.missing)
        return read

    async def validate_part(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        return {"part": None, "request": None if value == _DROPPED else value}

    def _is_something_else(self, heard: Heard, request: Request) -> bool:
        if not heard.commands(request.intent, "choose", "correct", "follow_up"):
            return False
        if request.missing == "time" and heard.first("time") and not what_of(heard.text, local_now(self.context)):
            return False  # 每天早上九点 is the answer, whatever it sounds like
        if request.missing == "email" and heard.first("email"):
            return False
        if request.missing in _OWN_WORDS and heard.intent not in _TALK:
            return heard.confidence >= _SURE_IN_OWN_WORDS
        return True

    async def _answer(self, heard: Heard, missing: str) -> dict[str, Any]:
        words = free_words(heard.text)
        if missing == "room":
            near = find_rooms(heard, heard.text, await rooms_of(self.context), loose=True)
            return {"room": as_part(near[0])} if len(near) == 1 else {}
        if missing == "kind":
            return {"kind": kind} if (kind := find_kind(heard.text)) else {}
        if heard.intent in ("affirm", "deny", "choose") or not words:
            return {}
        if missing == "what":
            return {"what": what_of(heard.text, local_now(self.context)) or words}
        if missing == "query" or (missing == "person" and len(words) <= _LONGEST_NAME):
            return {missing: words}
        return {}


def _chosen(request: Request, number: Any) -> Mapping[str, Any] | None:
    """The choice with that number, counted from 1, or from the end where it is negative."""
    if not isinstance(number, int) or number == 0 or abs(number) > len(request.choices):
        return None
    return request.choices[number - 1 if number > 0 else number]


class AskPart(BotBayAction):
    """The question for the next part that is missing."""

    action = "action_ask_part"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        request = Request.of_slot(tracker.get_slot("request"))
        if request is not None and request.missing is not None:
            dispatcher.utter_message(text=_question(request, request.missing))
        return []


def _question(request: Request, missing: str) -> str:
    listed = "\n".join(f"{number}. {choice['name']}" for number, choice in enumerate(request.choices, 1))
    time = request.parts.get("time")
    match missing:
        case "room":
            unknown = request.parts.get("unknown_room")
            lead = f"没找到「{unknown}」。" if unknown else ""
            return f"{lead}要哪个群的{request.feature.words}？\n{listed}\n回编号或群名就行。"
        case "kind":
            return f"要申请什么？\n{listed}\n回编号或直接说都行。"
        case "form":
            return application_form.question(request)
        case "email" if request.parts.get("addressee"):
            return f"{request.parts['addressee']}的邮箱地址是？发我就行。"
        case "email":
            return "发到哪个邮箱？把地址发我就行。"
        case "what" if request.parts.get("pointed"):
            when = f"{time['shown']}" if time else ""
            return f"我看不到你说的是哪条：没在记录的群、没存下来的消息，我都看不到。{when}提醒你做什么？"
        case "what":
            return f"好的，{time['shown']}提醒什么事？" if time else "要提醒什么事？"
        case "time" if request.parts.get("why"):
            return str(request.parts["why"])
        case "time" if request.intent == "subscribe_report":
            return "每天几点发给你？比如「晚上九点」。"
        case "time":
            return "什么时候提醒？比如「明天下午三点」。"
        case "person":
            return "转给谁来批？说名字就行。"
        case _ if request.intent == "find_file":
            return "想找什么文件？说个文件名或关键词就行。"
        case _:
            return "想找哪句话？说个关键词就行。"


class AnswerRequest(BotBayAction):
    """All is known: does it."""

    action = "action_answer_request"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        request = Request.of_slot(tracker.get_slot("request"))
        if request is None:
            return []
        return [
            *slots(request=None, request_state="none"),
            *await carry_out(context, tracker, replace(request, choices=()), dispatcher),
        ]


class AnswerAside(BotBayAction):
    """Another request while a form waits: one that lacks nothing is answered, and the form goes on.

    One that lacks something takes the place of a request that waits; any other form is to be ended first.
    """

    action = "action_answer_aside"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        waiting = Request.of_slot(tracker.get_slot("request"))
        heard = Heard.of(tracker)
        if heard.decision == "clarify":
            dispatcher.utter_message(response="utter_answer_first")
            return []
        try:
            request = await understood(context, heard, waiting)
        except Refused as refusal:
            dispatcher.utter_message(text=str(refusal))
            return []
        if request is None:
            return []
        if not request.missing:
            return await carry_out(context, tracker, replace(request, choices=()), dispatcher)
        if waiting is not None:
            return slots(request=request.as_slot())
        dispatcher.utter_message(response="utter_answer_first")
        return []
