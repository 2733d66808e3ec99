"""What ``botbay up --demo`` adds, so that 我要请假 works at once: colleagues with accounts, and who approves what."""

from botbay.chat import bots, contacts, simulator
from botbay.chat.models import Contact
from botbay.chat.simulator_line import bot_id
from botbay.db import now, transaction
from botbay.settings import SIMULATOR
from workers.accounts import service as accounts
from workers.approvals import catalogue

#: By WeChat id in the simulator: account, name, roles. 老李 is left for whoever tries the demo to play, as admin.
_PEOPLE = {
    "sim-xiaowang": ("xiaowang", "小王", ()),
    "sim-zhangjie": ("zhangjie", "张姐", ("主管",)),
    "sim-zhaomin": ("zhaomin", "赵敏", ("总经理", "财务")),
}
#: So that what 小王 asks for can be approved on the page at once.
_ADMIN = ("主管", "总经理")


async def demo() -> None:
    """Made once; what has been changed since stays so."""
    async with transaction() as session:
        await simulator.seed_demo(session)
        if await accounts.find_account(session, "zhangjie") is not None:
            return
        admin = await accounts.ensure_admin(session)
        bot = await bots.ensure(session, SIMULATOR.name)
        known = await contacts.upsert(session, {wechat_id: name for wechat_id, (_, name, _) in _PEOPLE.items()})
        for wechat_id, (login, name, roles) in _PEOPLE.items():
            account = await accounts.add_account(session, login, display_name=name)
            contact = await session.get_one(Contact, known[wechat_id])
            contact.account_id, contact.bound_at = account.id, now()
            await simulator.befriend(session, bot_id(SIMULATOR.name), wechat_id)
            await contacts.engage(session, bot.id, contact.id, now())
            for role in roles:
                await catalogue.give_role(session, role, account)
        for role in _ADMIN:
            await catalogue.give_role(session, role, admin)
