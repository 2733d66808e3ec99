"""Applications in chat: what goes out, what waits for whom, where one's own is, and answers to what was asked."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import approval_cards, approval_words
from actions.approval_asked import MOST, NOTHING, VIA, account_of, asked_now, by_number, remember
from actions.approval_deciding import carry_out, pick
from actions.base import Context, slots
from actions.heard import Heard
from actions.request_parts import find_kind, own_account
from actions.requests import Request
from actions.yes_no import agrees
from botbay.chat.models import Account
from workers.approvals import service, words
from workers.approvals.listing import Listed
from workers.approvals.service import ApprovalError

#: A number that is an application's, whatever was listed.
_MARKED = re.compile(r"[#＃号]")


# --- asking for something, and where it is -----------------------------------------------------------------


async def answer_submit(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """It was seen and goes out."""
    account = await account_of(context)
    values = {name: value for name, value in request.parts["values"].items() if value is not None}
    try:
        application = await service.submit(
            context.session,
            account=account,
            kind=str(request.parts["kind"]),
            values=values,
            key=f"turn:{context.turn.id}",
            via=VIA,
        )
    except ApprovalError as error:
        dispatcher.utter_message(text=f"{error}{'' if error.code == 'chain' else '改好了再提一次吧。'}")
        return remember(context, request)
    (listed,) = await service.listed(context.session, [application])
    who = "、".join(words.name(each) for each, _ in listed.waiting)
    dispatcher.utter_message(
        text=f"提交了：{words.head(application)}。先到{words.step_of(listed)} {who}那儿，每一步我都告诉你。\n"
        f"想问进度说「我的单子到哪了」，不要了说「撤回 {application.id}号」。"
    )
    return remember(context, request, [{"application": application.id}])


async def answer_status(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """Where one's own applications are; one that was named by its number, if one may see it."""
    account, heard = await account_of(context), Heard.of(tracker)
    shown: list[Listed] = []
    for number in approval_words.numbers(heard.text):
        one = await service.get(context.session, account, number)
        if one is None:
            dispatcher.utter_message(text=f"没有 #{number} 这张单子，看看编号？")
            return remember(context, request)
        shown.append(one)
    if not shown:
        shown = list(await service.own(context.session, account))
        kind = find_kind(heard.text)
        shown = [each for each in shown if each.application.kind == kind] or shown
    if not shown:
        dispatcher.utter_message(text="你最近没有提过申请。要提的话说「我要请假」「报销打车费 56 元」这样就行。")
    else:
        dispatcher.utter_message(text="\n".join(approval_words.whereabouts(each) for each in shown[:MOST]))
    return remember(context, request)


async def answer_list(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """What waits for one's answer; by itself it comes as the card of one."""
    account, heard = await account_of(context), Heard.of(tracker)
    waiting = await service.waiting_for(context.session, account)
    if heard.triggered and (about := heard.first("query")) is not None:
        one = by_number(waiting, int(str(about).lstrip("#")))
        if one is None:  # it was answered elsewhere before the card came
            return slots(answered_request=tracker.get_slot("answered_request"))
        await approval_cards.show(context, one, len(waiting) - 1, dispatcher)
        return remember(context, request, [{"application": one.application.id}])
    if not waiting:
        dispatcher.utter_message(text=NOTHING)
        return remember(context, request)
    if len(waiting) == 1:
        await approval_cards.show(context, waiting[0], 0, dispatcher)
    else:
        lines = "\n".join(approval_words.line(each) for each in waiting[:MOST])
        more = f"\n……一共 {len(waiting)} 张" if len(waiting) > MOST else ""
        number = waiting[0].application.id
        dispatcher.utter_message(
            text=f"等你批的有 {len(waiting)} 张：\n{lines}{more}\n回「{number}号」看详情，「{number}号同意」「{number}号不行，原因」。"
        )
    return remember(context, request, [{"application": each.application.id} for each in waiting[:MOST]])


# --- what is said to a question ----------------------------------------------------------------------------


async def awaits(context: Context) -> bool:
    """Whether something waits here for the answer of who speaks, so that 同意 may be about it."""
    account = await own_account(context.session, context) if context.private else None
    return account is not None and bool(await service.waiting_for(context.session, account))


async def decided(context: Context, tracker: Tracker, heard: Heard) -> str | None:
    """approve or reject for a sentence that was not understood and can only be an answer to a card; None else."""
    verdict = approval_words.verdict(heard.text)
    account = await own_account(context.session, context) if context.private else None
    if verdict is None or account is None:
        return None
    deed = "approve" if verdict else "reject"
    if named := approval_words.numbers(heard.text):
        # Of one that does not wait any more they hear what became of it.
        known = [await service.get(context.session, account, number) for number in named]
        return deed if all(known) and (_MARKED.search(heard.text) or await awaits(context)) else None
    asked = asked_now(context, tracker)
    about_it = asked is not None and asked.intent != "submit_application"
    return deed if about_it and await awaits(context) else None


async def picked(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """88块那张, 老李的, to the question which one; None where nothing was asked, or that does not tell."""
    asked = asked_now(context, tracker)
    account = await own_account(context.session, context) if context.private else None
    if account is None or asked is None or not {"deed", "application"} <= asked.choices[0].keys():
        return None
    listed = [await service.get(context.session, account, int(each["application"])) for each in asked.choices]
    meant = [
        (choice, one)
        for choice, one in zip(asked.choices, listed, strict=True)
        if one is not None and approval_words.tells(heard.text, one)
    ]
    if len(meant) != 1:
        return None
    ((choice, one),) = meant
    return await carry_out(context, account, asked, {**choice, "confirm": [one.application.id]}, dispatcher)


async def chosen(
    context: Context, tracker: Tracker, heard: Heard, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    """What a number, a yes or a no means to what was asked here; None where it is about something else."""
    account = await own_account(context.session, context) if context.private else None
    if account is None:
        return None
    asked = asked_now(context, tracker)
    named = approval_words.numbers(heard.text)
    verdict = approval_words.verdict(heard.text)
    if asked is not None and "confirm" in asked.choices[0]:
        return await _confirmed(context, account, heard, asked, dispatcher)
    waiting = await service.waiting_for(context.session, account)
    if named and verdict is not None and all(by_number(waiting, number) for number in named):
        intent = "approve" if verdict else "reject"
        doing = {"deed": intent, "words": approval_words.remark(heard.text), "confirm": named}
        return await carry_out(context, account, Request(intent=intent), doing, dispatcher)
    one = by_number(waiting, named[0]) if len(named) == 1 and heard.intent == "choose" else None
    only_listed = asked is None or "deed" not in asked.choices[0]
    if one is not None and only_listed and (asked is not None or _MARKED.search(heard.text)):
        await approval_cards.show(context, one, len(waiting) - 1, dispatcher)
        return remember(context, asked or Request(intent="list_approvals"), [{"application": one.application.id}])
    if asked is None:
        return None
    if heard.intent == "choose" and (number := _chosen_number(heard, asked, named)) is not None:
        choice = next(each for each in asked.choices if each["application"] == number)
        if "deed" in choice:
            return await carry_out(context, account, asked, {**choice, "confirm": [number]}, dispatcher)
        one = by_number(waiting, number)
        if one is None:
            return None
        await approval_cards.show(context, one, len(waiting) - 1, dispatcher)
        return remember(context, asked, [{"application": number}])
    if verdict is None and heard.intent != "affirm":
        return None
    if not waiting or asked.intent not in ("list_approvals", "approve", "reject"):
        return None
    if verdict is False or approval_words.clear_yes(heard.text):
        request = Request(intent="reject" if verdict is False else "approve")
        deed = {"deed": request.intent, "words": approval_words.remark(heard.text)}
        return await pick(context, account, tracker, request, waiting, deed, dispatcher)
    if heard.intent != "affirm":
        return None
    number = waiting[0].application.id
    example = "同意" if len(waiting) == 1 else f"{number}号同意"
    dispatcher.utter_message(text=f"要批的话说清楚一点：回「{example}」或「{example.replace('同意', '不行，原因')}」。")
    return slots(answered_request=replace(asked, told=context.turn.id).as_slot())


async def _confirmed(
    context: Context, account: Account, heard: Heard, asked: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]] | None:
    yes = agrees(heard)
    if yes is None:
        return None
    if not yes:
        dispatcher.utter_message(text="好，先不动，想好了再说编号就行。")
        return remember(context, asked)
    return await carry_out(context, account, asked, asked.choices[0], dispatcher)


def _chosen_number(heard: Heard, asked: Request, named: Sequence[int]) -> int | None:
    """The application that a number means: its own, or its place in what was listed."""
    told = [int(each["application"]) for each in asked.choices]
    if len(named) == 1 and named[0] in told:
        return named[0]
    place = heard.first("ordinal", "number")
    if not isinstance(place, int) or place == 0 or abs(place) > len(told) or len(named) == 1:
        return None
    return told[place - 1 if place > 0 else place]
