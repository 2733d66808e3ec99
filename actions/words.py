"""Words that several actions say."""

from datetime import datetime, timedelta

from actions.base import Context
from botbay.settings import Settings


def notice(settings: Settings) -> str:
    """What is kept, for whom, for how long, and how to say no: for everybody in a room."""
    kept = f"保存 {settings.retention_days} 天" if settings.retention_days else "一直保存到有人要求删除"
    if settings.consent == "member":
        choice = "只保存同意的人：愿意的说「可以记录我」，没说的只计条数。"
    else:
        choice = "不想被记录就 @我 说「不要记录我」，马上生效，之前的也会删掉。"
    return f"会保存群里的文字、图片、语音、视频和文件，只给群成员看，{kept}。\n{choice}"


def private_only(context: Context) -> str:
    """What is personal is no matter for a room."""
    hello = context.bot.hello or context.settings.hello
    return f"这个涉及个人账号，请私聊我说。还不是好友的话，加我时写「{hello}」就行。"


def day_said(moment: datetime, now: datetime) -> str:
    """When something was, as people say it: 今天 15:20, 昨天 15:20, 周五, 10月12日; both in the people's zone."""
    days = (now.date() - moment.date()).days
    if 0 <= days <= 1:
        return f"{('今天', '昨天')[days]} {moment:%H:%M}"
    if 2 <= days <= 7 + now.weekday():
        monday = now.date() - timedelta(days=now.weekday())
        return f"{'周' if moment.date() >= monday else '上周'}{'一二三四五六日'[moment.weekday()]}"
    year = "" if moment.year == now.year else f"{moment.year}年"
    return f"{year}{moment.month}月{moment.day}日"
