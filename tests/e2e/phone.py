"""People in the simulator, and what they get to read."""

from sqlalchemy import func, select

from botbay.chat import simulator, simulator_line, simulator_rooms
from botbay.chat.simulator_models import SimMessage
from botbay.db import transaction
from botbay.settings import SIMULATOR
from tests.e2e.people import HELLO, bind_code, make_account
from tests.e2e.stack import eventually

BOT = simulator_line.bot_id(SIMULATOR.name)


class Phone:
    """Somebody's phone in the simulator, open at a chat: that with the bot, or a room's."""

    def __init__(self, contact_id: str, chat: simulator.Chat | None = None) -> None:
        self.contact_id = contact_id
        self._chat = chat or simulator.private_chat(BOT, contact_id)
        self.read = 0

    @property
    def chat(self) -> simulator.Chat:
        return self._chat

    async def befriend(self, name: str) -> None:
        async with transaction() as session:
            await simulator.create_contact(session, name, id=self.contact_id)
            await simulator.ask_to_be_friends(session, BOT, self.contact_id, HELLO)

    async def say(self, words: str) -> None:
        async with transaction() as session:
            await simulator.say(session, self._chat, self.contact_id, words)

    async def skip(self) -> None:
        """What came until now is read."""
        async with transaction() as session:
            self.read = await session.scalar(select(func.max(SimMessage.id))) or 0

    async def hears(self, words: str) -> str:
        """The bot's next message that holds these words; those before it are read too."""
        found = ""

        async def look() -> None:
            nonlocal found
            here = (
                SimMessage.room_id == self._chat.room_id
                if self._chat.room_id
                else SimMessage.contact_id == self.contact_id
            )
            said = select(SimMessage).where(here, SimMessage.talker_id == BOT)
            async with transaction() as session:
                new = (await session.scalars(said.where(SimMessage.id > self.read).order_by(SimMessage.id))).all()
            matching = [message for message in new if words in message.text]
            assert matching, [message.text for message in new]
            self.read, found = matching[0].id, matching[0].text

        await eventually(look, timeout=60)
        return found


async def bound_person(account_name: str, name: str, email: str | None = None) -> Phone:
    """A friend who is bound, agreed to being kept, and calls the bot 小贝."""
    account = await make_account(account_name, name, email)
    phone = Phone(f"sim-{account_name}")
    await phone.befriend(name)
    await phone.hears("账号名")
    await phone.say(account_name)
    await phone.hears("验证码")
    await phone.say(await bind_code(account))
    await phone.hears("网盘")
    await phone.say("要")
    await phone.hears("名字")
    await phone.say("小贝")
    await phone.hears("专属助手小贝")
    return phone


async def recorded_room(owner: str, topic: str, **others: str) -> Phone:
    """A room whose talk is kept, as its owner sees it; ``others`` are names by the ids of people who are new, sim_zhao."""
    ids = {contact.replace("_", "-"): name for contact, name in others.items()}
    async with transaction() as session:
        for contact, name in ids.items():
            await simulator.create_contact(session, name, id=contact)
        room = await simulator_rooms.create_room(session, owner, topic, [*ids, BOT])
    here = Phone(owner, simulator.room_chat(room.id))
    await here.hears("开始记录")
    await here.say("@小助手\u2005开始记录")
    await here.hears("开始记录")
    return here
