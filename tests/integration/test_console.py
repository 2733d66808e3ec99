"""The standing turn of ``botbay rasa shell``: actions may work in it, and no dispatcher ever takes it."""

from botbay.chat import conversations
from botbay.chat.console import is_standing, open_console
from botbay.chat.models import Contact, Conversation, Turn
from botbay.db import transaction


async def test_each_console_begins_anew_in_the_same_turn(database: str) -> None:
    async with transaction() as session:
        first = await open_console(session, "harbour")
    async with transaction() as session:
        second = await open_console(session, "harbour")
        turn = await session.get_one(Turn, second.turn_id)
        conversation = await session.get_one(Conversation, turn.conversation_id)
        contact = await session.get_one(Contact, conversation.contact_id)
        assert (contact.name, conversation.room_id) == ("控制台", None)
        assert conversation.sender_id == second.sender_id
        assert is_standing(turn)
    assert (first.turn_id, first.bound, first.named) == (second.turn_id, False, False)
    assert first.sender_id != second.sender_id


async def test_no_dispatcher_takes_it_and_it_is_not_begun_anew_meanwhile(database: str) -> None:
    async with transaction() as session:
        console = await open_console(session, "harbour")
        turn = await session.get_one(Turn, console.turn_id)
        assert await conversations.claim(session) is None
        conversation = await session.get_one(Conversation, turn.conversation_id)
        await conversations.forget_dialogues(session, Conversation.id == conversation.id)
        await conversations.begin_anew(session)
        await session.refresh(conversation)
        assert conversation.sender_id == console.sender_id
