"""Binding a contact to an account by chat, and unbinding it."""

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.base import BotBayAction, BotBayForm, Context, slots
from actions.heard import Heard, answers
from actions.yes_no import agrees
from botbay.chat import accounts, consent
from workers.accounts import service
from workers.accounts.names import code_digits
from workers.accounts.service import BindResult

_TRIES = 3
#: What is meant as a code, likeliest first: six digits, any few digits, letters and digits and nothing else.
_CODES = (
    re.compile(r"(?<!\d)\d{6}(?!\d)"),
    re.compile(r"\d{4,}"),
    re.compile(r"^(?:验证码)?(?:[是为:])?(?=[a-z]*\d)([0-9a-z]{4,8})$", re.IGNORECASE),
)
_WRONG = {
    BindResult.WRONG: "验证码不对",
    BindResult.EXPIRED: "这个验证码过期了，请在网页上点「换一个」",
    BindResult.USED: "这个验证码已经用过了，请在网页上点「换一个」",
}


class ValidateBindAccountForm(BotBayForm):
    action = "validate_bind_account_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[str]:
        if tracker.get_slot("bind_failed"):
            return []
        if self.context.settings.bind_verification == "none":
            return [slot for slot in domain_slots if slot != "bind_code"]
        return domain_slots

    async def extract_account_name(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        heard = Heard.of(tracker)
        named = heard.first("account")
        if (named is not None and heard.intent == "bind_account") or not answers(tracker, "account_name"):
            return {"account_name": named} if named is not None else {}
        asks_again = heard.intent == "bind_account" and named is None and "绑" in heard.text
        if asks_again or heard.commands("bind_account", "name_bot"):
            return {}
        return {"account_name": named or heard.text}

    async def extract_bind_code(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if not answers(tracker, "bind_code"):
            return {}
        heard = Heard.of(tracker)
        if code := _tried(heard.text):
            return {"bind_code": code}
        return {} if heard.commands("choose") else {"bind_code": heard.text}

    async def extract_keep_consent(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if not answers(tracker, "keep_consent"):
            return {}
        yes = agrees(Heard.of(tracker), yes=("remember_me", "start_recording"), no=("forget_me", "stop_recording"))
        return {} if yes is None else {"keep_consent": yes}

    async def validate_account_name(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        account = await service.find_account(self.context.session, value)
        if account is None:
            dispatcher.utter_message(
                text="没找到这个账号，看看是不是打错了？还没有账号的话，请管理员在网页「账号」里开一个。"
            )
            return {"account_name": None}
        return {"account_name": account.name}

    async def validate_bind_code(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if _tried(value) is None:  # 等一下, 没收到: no try, and the question is asked again
            dispatcher.utter_message(text="不急，看到了再发给我，是 6 位数字。不想绑了就回「算了」。")
            return {"bind_code": None}
        account = await service.find_account(self.context.session, str(tracker.get_slot("account_name")))
        result = BindResult.WRONG
        if account is not None:
            result = await service.check_bind_code(self.context.session, account, value)
        if result == BindResult.OK:
            return {"bind_code": value, "bind_tries": 0}
        tries = int(tracker.get_slot("bind_tries") or 0) + 1
        if tries >= _TRIES:
            dispatcher.utter_message(
                text=f"{_WRONG[result]}。已经错了三次，先停一停；在网页上换个新验证码，再跟我说「绑定账号」。"
            )
            return {"bind_code": None, "bind_tries": 0, "bind_failed": True, "requested_slot": None}
        dispatcher.utter_message(text=f"{_WRONG[result]}，还可以试 {_TRIES - tries} 次。")
        return {"bind_code": None, "bind_tries": tries}


def _tried(text: str) -> str | None:
    """The code that somebody means by a text; None where it holds nothing like one."""
    plain = code_digits(text)
    found = next((match for code in _CODES if (match := code.search(plain))), None)
    return None if found is None else found[found.lastindex or 0]


class BindAccount(BotBayAction):
    """Performs what the form has gathered, and empties it."""

    action = "action_bind_account"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        emptied = slots(account_name=None, bind_code=None, keep_consent=None, bind_failed=False, bind_tries=0)
        named = context.contact.nickname is not None
        if tracker.get_slot("bind_failed"):
            return [*emptied, *slots(bound=False, named=named)]
        account = await service.find_account(context.session, str(tracker.get_slot("account_name")))
        result = BindResult.WRONG
        if account is not None:
            code = tracker.get_slot("bind_code")
            result = await service.bind(context.session, context.contact, account, str(code) if code else None)
        if account is None or result != BindResult.OK:
            dispatcher.utter_message(
                text=f"{_WRONG[result]}，这次没有绑上。在网页上换个新验证码，再跟我说「绑定账号」。"
            )
            return [*emptied, *slots(bound=False, named=named)]
        if tracker.get_slot("keep_consent"):
            await consent.agree(context.session, context.contact.id, None)
            kept = "你私聊发来的内容会存进你的网盘，想停就说「不要记录我」。"
        else:
            kept = "你私聊发来的内容我不会保存；改主意了就说「可以记录我」。"
        dispatcher.utter_message(text=f"绑定好了，{account.display_name}！{kept}")
        return [*emptied, *slots(bound=True, named=named)]


class ValidateUnbindAccountForm(BotBayForm):
    action = "validate_unbind_account_form"

    async def extract_unbind_confirmed(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> dict[str, Any]:
        if not answers(tracker, "unbind_confirmed"):
            return {}
        yes = agrees(Heard.of(tracker), yes=("unbind_account",))
        return {} if yes is None else {"unbind_confirmed": yes}


class UnbindAccount(BotBayAction):
    action = "action_unbind_account"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        confirmed = bool(tracker.get_slot("unbind_confirmed"))
        if confirmed:
            await service.unbind(context.session, context.contact)
            dispatcher.utter_message(text="已经解绑了。想再绑的时候，跟我说「绑定账号」。")
        else:
            dispatcher.utter_message(text="好，那就不解绑，一切照旧。")
        return slots(unbind_confirmed=None, bound=await accounts.bound(context.session, context.contact))


class ForgetForm(BotBayAction):
    """Empties every form that was left in the middle."""

    action = "action_forget_form"

    async def answer(
        self, context: Context, tracker: Tracker, dispatcher: CollectingDispatcher
    ) -> list[dict[str, Any]]:
        return slots(
            account_name=None,
            bind_code=None,
            keep_consent=None,
            bind_failed=False,
            bind_tries=0,
            unbind_confirmed=None,
            erasable=False,
            erase_confirmed=None,
            bot_nickname=None,
            request=None,
            request_state="none",
            offered=None,
        )
