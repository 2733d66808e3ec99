"""Saying yes and no to being kept."""

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.base import BotBayAction, BotBayForm, Context, slots
from actions.heard import Heard, answers
from actions.words import notice
from actions.yes_no import agrees
from botbay.chat import consent, rooms

_SPARE = re.compile(
    r"(?:不|别|勿|甭|先不|不要|不用|无需)(?:[要用必需]|着急)?(?:全|都|再)?[删清抹]|(?<![不别甭保])(?<!不用)(?<!不要)(?<!不必)保?留"
)
_ERASE = re.compile(r"删|清[空除掉]|抹掉")


class StartRecording(BotBayAction):
    """A room's yes: by its owner or who pulled the bot in, with the notice to all."""

    action = "action_start_recording"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        if context.room is None:
            await consent.agree(context.session, context.contact.id, None)
            dispatcher.utter_message(
                text="好的，从现在起你私聊发给我的文字、图片和文件我都替你存着，只有你能看。想停就说「不要记录我」。"
            )
            return []
        if not await rooms.may_decide(context.session, context.room.id, context.contact.id):
            dispatcher.utter_message(text="开始记录要群主或拉我进来的人说才行，请他们 @我 说「开始记录」。")
            return []
        if await consent.start_recording(context.session, context.room.id, context.contact.id):
            dispatcher.utter_message(text=f"从现在起开始记录：{notice(context.settings)}\n要停就说「停止记录」。")
        else:
            dispatcher.utter_message(text="这个群已经在记录了。要停就说「停止记录」。")
        return []


class StopRecording(BotBayAction):
    """Whoever answers for the room may stop; what was kept stays until they say that it is to be erased."""

    action = "action_stop_recording"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        session, room = context.session, context.room
        if room is None:
            await consent.stop_private(session, context.contact.id)
            dispatcher.utter_message(text="好的，你私聊发来的内容不再保存。")
            return slots(erasable=await consent.kept_private(session, context.contact.id) > 0)
        if not await rooms.may_decide(session, room.id, context.contact.id):
            dispatcher.utter_message(
                text="停止全群记录要群主或拉我进来的人说；只是不想被记录的话，说「不要记录我」，马上生效。"
            )
            return slots(erasable=False)
        stopped = await consent.stop_recording(session, room.id)
        kept = await consent.kept_of_room(session, room.id)
        words = "好的，这个群从现在起不再记录，要再开始就说「开始记录」。" if stopped else "这个群现在没有在记录。"
        if kept and tracker.active_loop.get("name"):
            words += "之前记下的要不要删，回头再说一次「停止记录」我会问你。"  # one question at a time
        dispatcher.utter_message(text=words)
        return slots(erasable=kept > 0)


class ValidateEraseRecordingForm(BotBayForm):
    """Erasing cannot be undone: 好，留着吧 is no yes to it."""

    action = "validate_erase_recording_form"

    async def extract_erase_confirmed(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if not answers(tracker, "erase_confirmed"):
            return {}
        heard = Heard.of(tracker)
        if _SPARE.search(heard.text):
            return {"erase_confirmed": False}
        if _ERASE.search(heard.text):
            return {"erase_confirmed": True}
        yes = agrees(heard)
        return {} if yes is None else {"erase_confirmed": yes}


class EraseRecording(BotBayAction):
    """The answer to whether what was kept goes too: the yes is taken back wholly only by a yes to that."""

    action = "action_erase_recording"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        session, room = context.session, context.room
        emptied = slots(erasable=False, erase_confirmed=None)
        if not tracker.get_slot("erase_confirmed"):
            dispatcher.utter_message(text="好，之前记下的都留着。")
            return emptied
        if room is None:
            erased = await consent.forget_private(session, context.contact.id)
        elif await rooms.may_decide(session, room.id, context.contact.id):
            erased = await consent.erase_room(session, room.id)
        else:
            dispatcher.utter_message(text="这要群主或拉我进来的人说才行。")
            return emptied
        dispatcher.utter_message(text=f"删好了，之前记下的 {erased} 条都没有了。")
        return emptied


class ForgetMe(BotBayAction):
    action = "action_forget_me"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        room_id = context.room.id if context.room is not None else None
        erased = await consent.refuse(context.session, context.contact.id, room_id)
        gone = f"之前的 {erased} 条也删掉了" if erased else "之前也没有留下内容"
        if room_id is not None:
            text = f"好的，这个群里不再记录你，{gone}。在所有群都不想被记录，就私聊我说一声。"
        else:
            text = f"好的，从现在起哪里都不记录你，{gone}。改主意了就说「可以记录我」。"
        dispatcher.utter_message(text=text)
        return []


class RememberMe(BotBayAction):
    action = "action_remember_me"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        room = context.room
        await consent.agree(context.session, context.contact.id, room.id if room is not None else None)
        if room is None:
            text = "谢谢信任！你私聊发给我的内容我会替你存着；各个群里也照群里的设定来。"
        elif room.recording_at is None:
            text = "好的，记下了。不过这个群还没开始记录，要等群主或拉我进来的人说「开始记录」。"
        else:
            text = "谢谢信任！从现在起你在这个群里说的也会保存。"
        dispatcher.utter_message(text=text)
        return []
