"""Who may see what: a stranger, a member of another room, a former member, a member, a maintainer."""

from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import messages
from botbay.chat.access import (
    PRIVATE,
    Audience,
    Subject,
    administers,
    readable_files,
    readable_messages,
    readable_rooms,
)
from botbay.chat.models import Account, Bot, Contact, File, FileState, Member, Message, Role, Room
from botbay.db import now, transaction

pytestmark = pytest.mark.usefixtures("database")


@dataclass
class World:
    """Two rooms with a message and a file each, and what 王 and the bot said in private."""

    room: int
    other_room: int
    bound: int  # the account of 王, a member
    contacts: dict[str, int]


async def build(session: AsyncSession) -> World:
    bot = Bot(name="harbour")
    account = Account(name="wang", display_name="王")
    session.add_all([bot, account])
    await session.flush()
    people = {name: Contact(wechat_id=name, name=name) for name in ("member", "elsewhere", "former", "stranger")}
    people["member"].account_id = account.id
    rooms = [Room(wechat_id="r1", topic="产品群"), Room(wechat_id="r2", topic="别的群")]
    session.add_all([*people.values(), *rooms])
    await session.flush()
    ids = {name: contact.id for name, contact in people.items()}
    session.add_all(
        [
            Member(room_id=rooms[0].id, contact_id=ids["member"]),
            Member(room_id=rooms[0].id, contact_id=ids["former"], left_at=now()),
            Member(room_id=rooms[1].id, contact_id=ids["elsewhere"]),
            Member(room_id=rooms[1].id, contact_id=ids["member"]),
        ]
    )
    for room in rooms:
        await add_message(session, bot.id, f"in {room.topic}", room_id=room.id, talker_id=ids["member"])
    await add_message(session, bot.id, "in private", peer_id=ids["member"], talker_id=ids["member"])
    withheld = await add_message(session, bot.id, "", room_id=rooms[0].id, talker_id=None, source="counted")
    withheld.withheld = True
    return World(room=rooms[0].id, other_room=rooms[1].id, bound=account.id, contacts=ids)


async def add_message(
    session: AsyncSession,
    bot_id: int,
    text: str,
    *,
    talker_id: int | None,
    room_id: int | None = None,
    peer_id: int | None = None,
    source: str = "",
) -> Message:
    message = Message(
        bot_id=bot_id,
        room_id=room_id,
        peer_id=peer_id,
        talker_id=talker_id,
        source_id=source or text,
        kind="text",
        text=text,
        mention_ids=[],
        raw={},
        sent_at=now(),
    )
    session.add(message)
    await session.flush()
    session.add(File(message_id=message.id, name=text, state=FileState.STORED))
    await session.flush()
    return message


async def seen(session: AsyncSession, subject: Subject, audience: Audience) -> tuple[set[str], set[str], set[str]]:
    """The topics, texts and file names that the subject may be shown there."""
    rooms = await session.scalars(readable_rooms(subject, audience))
    texts = await session.scalars(readable_messages(subject, audience))
    files = await session.scalars(readable_files(subject, audience))
    return {r.topic for r in rooms}, {m.text for m in texts}, {f.name for f in files}


NOTHING: tuple[set[str], set[str], set[str]] = (set(), set(), set())


async def test_access_is_walked_by_everybody() -> None:
    async with transaction() as session:
        world = await build(session)

        def contact(name: str) -> Subject:
            return Subject(contact_id=world.contacts[name])

        assert await seen(session, contact("stranger"), PRIVATE) == NOTHING
        assert await seen(session, contact("former"), PRIVATE) == NOTHING
        assert await seen(session, contact("elsewhere"), Audience(room_id=world.room)) == NOTHING
        assert await seen(session, contact("elsewhere"), PRIVATE) == ({"别的群"}, {"in 别的群"}, {"in 别的群"})

        everything = {"in 产品群", "in 别的群", "in private"}
        assert await seen(session, contact("member"), PRIVATE) == ({"产品群", "别的群"}, everything, everything)
        # In a room only that room's material is shown, whoever asks.
        here = Audience(room_id=world.room)
        assert await seen(session, contact("member"), here) == ({"产品群"}, {"in 产品群"}, {"in 产品群"})
        # The signed-in account is the same person as the contact bound to it.
        assert await seen(session, Subject(account_id=world.bound), PRIVATE) == (
            {"产品群", "别的群"},
            everything,
            everything,
        )
        # Running the service opens nobody's messages.
        maintainer = Account(name="admin", display_name="管理员", role=Role.MAINTAINER)
        session.add(maintainer)
        await session.flush()
        assert administers(Subject.of_account(maintainer))
        assert not administers(contact("member"))
        assert await seen(session, Subject.of_account(maintainer), PRIVATE) == NOTHING
        assert await seen(session, Subject(), PRIVATE) == NOTHING


async def test_what_was_erased_is_shown_to_nobody() -> None:
    async with transaction() as session:
        world = await build(session)
        assert await messages.erase(session, Message.room_id == world.room) == 1
        session.expire_all()
        _, texts, files = await seen(session, Subject(contact_id=world.contacts["member"]), PRIVATE)
        assert texts == {"in 别的群", "in private"}
        assert files == texts
