"""Words that several actions say."""

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
