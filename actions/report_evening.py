"""The report that comes by itself: set up, moved to another hour, and taken back."""

from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import Context
from actions.request_parts import own_account
from actions.requests import Request
from botbay.chat import conversations
from botbay.db import now
from botbay.zh.time import parse
from workers.report import evening
from workers.report.evening import EveningError, Subscription

_NOT_BOUND = "自动发日报要先绑定账号，私聊我说「绑定账号」就行。"


async def answer(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """From now on it comes, in private wherever it was asked for; asked again, at the other time."""
    account = await own_account(context.session, context)
    if account is None:
        dispatcher.utter_message(text=_NOT_BOUND)
        return []
    shown = str(request.parts["time"]["shown"])
    moment = now().astimezone(evening.zone_of(account)).replace(tzinfo=None)
    every = next((one for one in parse(shown, moment, "future") if one.rrule is not None), None)
    if every is None or every.rrule is None or every.at is None:
        dispatcher.utter_message(text="没听准几点发，说「每天晚上九点发我日报」这样就行。")
        return []
    before = await evening.status(context.session, account)
    private = await conversations.get(context.session, context.bot.id, None, context.contact.id)
    try:
        comes = await evening.subscribe(context.session, account, private, every.rrule, every.at)
    except EveningError as error:
        dispatcher.utter_message(text=str(error))
        return []
    done = f"好，改成{shown} 发你日报" if before is not None else f"好，{shown} 自动发你日报"
    if not context.private:
        done += "，私聊给你"  # what spans rooms is no matter for one of them
    if request.parts.get("room"):
        done += "，你在的群都算在里面"
    dispatcher.utter_message(
        text=f"{done}。{_first(comes, moment)}；那天没人说话就不发。\n不想收了说「别再每天发了」就行。"
    )
    return []


async def answer_off(
    context: Context, tracker: Tracker, request: Request, dispatcher: CollectingDispatcher
) -> list[dict[str, Any]]:
    """It comes no more."""
    account = await own_account(context.session, context)
    if account is None:
        dispatcher.utter_message(text=_NOT_BOUND)
    elif await evening.unsubscribe(context.session, account):
        dispatcher.utter_message(text="好，以后不自动发日报了。想看随时说「日报」，想恢复说「每天晚上九点发我日报」。")
    else:
        dispatcher.utter_message(text="本来就没有在自动发日报。想要的话说「每天晚上九点发我日报」就行。")
    return []


def _first(comes: Subscription, moment: datetime) -> str:
    """When the next one comes, and of which day it tells."""
    at = comes.following
    days = (at.date() - moment.date()).days
    near = ("今天", "明天", "后天")
    day = near[days] if days < len(near) else f"{at.month}月{at.day}日（周{'一二三四五六日'[at.weekday()]}）"
    told = "" if comes.day == at.date() else "，说的是前一天"
    return f"下一份是{day} {at:%H:%M}{told}"
