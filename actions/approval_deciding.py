"""同意, 不行, 转给李总, 撤回: done where it is plain which application is meant, and asked where it is not.

What cannot be undone is never done on a guess: a bare 同意 counts for the one application that was asked about just
before, and only while no other waits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import approval_words
from actions.approval_asked import MOST, NOTHING, VIA, account_of, asked_now, just_submitted, remember
from actions.base import Context
from actions.heard import Heard
from actions.request_parts import find_kind
from actions.requests import Request
from botbay.chat.models import Account
from workers.approvals import people, service, words
from workers.approvals.listing import Listed
from workers.approvals.service import ApprovalError

_EXAMPLES = {"approve": "同意", "reject": "不行，原因", "transfer_approval": "转给某某", "withdraw_application": "撤回"}
_DONE = {"approve": "同意", "reject": "驳回", "transfer_approval": "转交", "withdraw_application": "撤回"}


async def answer_decision(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """同意, 不行，发票抬头写错了: decides where it is plain which one is meant, and asks where it is not."""
    account, heard = await account_of(context), Heard.of(tracker)
    deed = {"deed": request.intent, "words": approval_words.remark(heard.text)}
    asked = asked_now(context, tracker)
    names_one = approval_words.numbers(heard.text) or request.parts.get("person")
    confirms = asked is not None and "confirm" in asked.choices[0] and asked.choices[0]["deed"] == request.intent
    if asked is not None and confirms and not names_one:
        return await carry_out(context, account, request, asked.choices[0], dispatcher)
    waiting = await service.waiting_for(context.session, account)
    return await pick(context, account, tracker, request, waiting, deed, dispatcher)


async def answer_transfer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """转给李总: another account is to answer."""
    account = await account_of(context)
    said = str(request.parts["person"])
    found = await people.named(context.session, said, account)
    if not found.accounts:
        dispatcher.utter_message(text=f"没找到「{said}」，TA 要先在 BotBay 有账号。说全名试试，比如「转给李建国」。")
        return remember(context, request)
    waiting = await service.waiting_for(context.session, account)
    if len(found.accounts) > 1:
        listed = "、".join(f"{words.name(each)}（{each.name}）" for each in found.accounts[:MOST])
        dispatcher.utter_message(text=f"「{said}」可能是：{listed}。说「转给」加全名或账号名就行。")
        return remember(context, request)
    (to,) = found.accounts
    deed: dict[str, Any] = {"deed": request.intent, "to": to.id, "to_name": words.name(to), "words": ""}
    if not found.sure:
        deed["ask"] = True
    return await pick(context, account, tracker, request, waiting, deed, dispatcher)


async def answer_withdraw(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """The applicant takes one back that has not ended."""
    account = await account_of(context)
    mine = [each for each in await service.own(context.session, account) if each.step]
    if (just_now := just_submitted(context, tracker)) is not None and find_kind(Heard.of(tracker).text) is None:
        mine = [each for each in mine if each.application.id == just_now] or mine
    return await pick(context, account, tracker, request, mine[::-1], {"deed": request.intent, "words": ""}, dispatcher)


async def pick(
    context: Context,
    account: Account,
    tracker: Tracker,
    request: Request,
    listed: Sequence[Listed],
    deed: Mapping[str, Any],
    dispatcher: CollectingDispatcher,
) -> list[dict[str, Any]]:
    """Does the deed on those of the list that the sentence means; asks which, or whether, where that is not plain."""
    heard = Heard.of(tracker)
    named = approval_words.numbers(heard.text)
    asked = asked_now(context, tracker)
    if not named and (place := approval_words.place(heard.text)) is not None:
        told = [int(each["application"]) for each in asked.choices if "application" in each] if asked else []
        if not 0 < abs(place) <= len(told):
            dispatcher.utter_message(text="说编号最准，比如「12号」；说「待我审批的」看有哪些。")
            return remember(context, request)
        named = [told[place - 1 if place > 0 else place]]
    if named:
        return await carry_out(context, account, request, {**deed, "confirm": named}, dispatcher, plain=True)
    if not listed:
        dispatcher.utter_message(text=_nothing(request))
        return remember(context, request)
    person = str(request.parts.get("person") or "") if "to" not in deed else ""
    kind = find_kind(heard.text)
    meant = _filtered(listed, person, kind)
    if not meant:
        about = f"{person}{kind or ''}" if person else str(kind)
        lead = f"没有{about}的单子，现在有这些："
        dispatcher.utter_message(text=approval_words.which(listed[:MOST], lead, _EXAMPLES[request.intent]))
        return remember(context, request, _as_choices(listed, deed))
    if approval_words.means_all(heard.text) and len(meant) > 1:
        shown = "\n".join(approval_words.line(each) for each in meant)
        dispatcher.utter_message(
            text=f"这 {len(meant)} 张都{_deed_words(deed)}吗？\n{shown}\n回「好」就办，不对就说编号。"
        )
        return remember(context, request, [{**deed, "confirm": [each.application.id for each in meant]}])
    if len(meant) > 1:
        lead = f"有 {len(meant)} 张，{_deed_words(deed)}哪张？"
        dispatcher.utter_message(text=approval_words.which(meant[:MOST], lead, _EXAMPLES[request.intent]))
        return remember(context, request, _as_choices(meant, deed))
    number = meant[0].application.id
    just_asked = asked is not None and [each.get("application") for each in asked.choices] == [number]
    plain = (bool(person) or kind is not None or request.intent == "withdraw_application") or just_asked
    doing = {**deed, "confirm": [number]}
    return await carry_out(context, account, request, doing, dispatcher, plain=plain, one=meant[0])


async def carry_out(
    context: Context,
    account: Account,
    request: Request,
    doing: Mapping[str, Any],
    dispatcher: CollectingDispatcher,
    *,
    plain: bool = True,
    one: Listed | None = None,
) -> list[dict[str, Any]]:
    """Does the deed on ``confirm``; asks first where it is not ``plain``, or a name was only like what was said."""
    if one is None and (doing.get("ask") or not plain):
        one = await service.get(context.session, account, int(doing["confirm"][0]))
    if (not plain or doing.get("ask")) and one is not None:
        dispatcher.utter_message(text=f"是{_deed_words(doing)}{approval_words.line(one)}吗？回「好」就办。")
        waits = {name: value for name, value in doing.items() if name != "ask"}
        return remember(context, request, [waits])
    for number in doing["confirm"]:
        try:
            text = await _do(context, account, int(number), doing)
        except ApprovalError as error:
            text = str(error)
        dispatcher.utter_message(text=text)
    if doing["deed"] in ("approve", "reject") and (left := await service.waiting_for(context.session, account)):
        dispatcher.utter_message(text=f"还有 {len(left)} 张等你批，说「待我审批的」就列出来。")
    return remember(context, request)


async def _do(context: Context, account: Account, number: int, doing: Mapping[str, Any]) -> str:
    session = context.session
    match doing["deed"]:
        case "transfer_approval":
            to = await session.get_one(Account, int(doing["to"]))
            application = await service.transfer(session, number, account, to, via=VIA)
            return f"好，{words.head(application)}转给{words.name(to)}了，也告诉提的人了。"
        case "withdraw_application":
            return f"好，{words.head(await service.withdraw(session, number, account, via=VIA))}撤回了。"
        case deed:
            approve = deed == "approve"
            said = str(doing.get("words") or "")
            application = await service.decide(session, number, account, approve=approve, words_said=said, via=VIA)
    (listed,) = await service.listed(session, [application])
    return approval_words.done(listed, approve=approve)


def _filtered(listed: Sequence[Listed], person: str, kind: str | None) -> list[Listed]:
    found = [each for each in listed if kind is None or each.application.kind == kind]
    if person:
        found = [each for each in found if people.fits(person, each.applicant)]
    return found


def _as_choices(listed: Sequence[Listed], deed: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{**deed, "application": each.application.id} for each in listed[:MOST]]


def _deed_words(deed: Mapping[str, Any]) -> str:
    said = _DONE[str(deed["deed"])]
    return f"转给{deed['to_name']}：" if deed.get("to_name") else said


def _nothing(request: Request) -> str:
    if request.intent == "withdraw_application":
        return "你没有还在审批的单子，没什么要撤回的。"
    return NOTHING
