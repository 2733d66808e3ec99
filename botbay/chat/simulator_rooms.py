"""The groups of the simulated WeChat: who comes and goes, and what they are called."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat.simulator_line import OUT, tell
from botbay.chat.simulator_models import SimEventKind, SimInvitation, SimMember, SimRoom
from botbay.chat.simulator_rules import (
    SimulatorError,
    bots_in,
    good_name,
    notice,
    require_member,
    room_chat,
    the_contact,
    the_room,
)
from botbay.db import notify, now


async def create_room(
    session: AsyncSession,
    owner_id: str,
    topic: str,
    member_ids: Collection[str] = (),
    *,
    id: str | None = None,
) -> SimRoom:
    """A group of its owner and others, bots among them if they are named."""
    await the_contact(session, owner_id)
    room = SimRoom(id=id or f"sim-{uuid.uuid4().hex[:12]}@chatroom", topic=good_name(topic), owner_id=owner_id)
    session.add(room)
    await session.flush()
    session.add(SimMember(room_id=room.id, contact_id=owner_id))
    await session.flush()
    others = [contact_id for contact_id in dict.fromkeys(member_ids) if contact_id != owner_id]
    if others:
        await invite(session, room.id, owner_id, others)
    await notify(session, OUT)
    return room


async def invite(session: AsyncSession, room_id: str, inviter_id: str, contact_ids: Sequence[str]) -> None:
    """A member pulls others in; the bots in the room, new ones too, hear of it. Who is in already stays."""
    inviter = await the_contact(session, inviter_id)
    await require_member(session, room_id, inviter_id)
    present = set(await session.scalars(select(SimMember.contact_id).where(SimMember.room_id == room_id)))
    names: list[str] = []
    joined: list[str] = []
    for contact_id in dict.fromkeys(contact_ids):
        if contact_id not in present:
            names.append((await the_contact(session, contact_id)).name)
            joined.append(contact_id)
            session.add(SimMember(room_id=room_id, contact_id=contact_id))
    if not joined:
        return
    await session.flush()
    await notice(session, room_chat(room_id), f"{inviter.name}邀请{'、'.join(names)}加入了群聊")
    payload = {"room_id": room_id, "invitee_ids": joined, "inviter_id": inviter_id}
    await tell(session, await bots_in(session, room_id), SimEventKind.ROOM_JOIN, payload)


async def send_invitation(session: AsyncSession, room_id: str, inviter_id: str, bot_id: str) -> str:
    """Invite a bot in the way of large rooms, where it must accept first; the invitation's id."""
    await require_member(session, room_id, inviter_id)
    invitation = SimInvitation(
        id=f"sim-invitation-{uuid.uuid4().hex}", bot_id=bot_id, room_id=room_id, inviter_id=inviter_id
    )
    session.add(invitation)
    await session.flush()
    topic = (await the_room(session, room_id)).topic
    payload = {"invitation_id": invitation.id, "topic": topic, "inviter_id": inviter_id}
    await tell(session, [bot_id], SimEventKind.ROOM_INVITE, payload)
    return invitation.id


async def accept_invitation(session: AsyncSession, bot_id: str, invitation_id: str) -> None:
    """The bot's account joins the room that it was invited to; doing it twice is fine."""
    invitation = await session.get(SimInvitation, invitation_id, with_for_update=True)
    if invitation is None or invitation.bot_id != bot_id:
        raise SimulatorError("没有这个入群邀请，或者它已经过期。")
    if invitation.accepted_at is None:
        invitation.accepted_at = now()
        await invite(session, invitation.room_id, invitation.inviter_id, [bot_id])


async def leave(session: AsyncSession, room_id: str, contact_id: str) -> None:
    await _remove(session, room_id, contact_id, None)


async def kick(session: AsyncSession, room_id: str, remover_id: str, contact_id: str) -> None:
    """The owner puts a member out."""
    if (await the_room(session, room_id)).owner_id != remover_id:
        raise SimulatorError("只有群主能移出成员。")
    await _remove(session, room_id, contact_id, remover_id)


async def _remove(session: AsyncSession, room_id: str, contact_id: str, remover_id: str | None) -> None:
    await require_member(session, room_id, contact_id)
    room, contact = await the_room(session, room_id), await the_contact(session, contact_id)
    bots = await bots_in(session, room_id)  # the leaver too, if it is one
    await session.execute(delete(SimMember).where(SimMember.room_id == room_id, SimMember.contact_id == contact_id))
    await notice(session, room_chat(room_id), f"{contact.name}{'退出了群聊' if remover_id is None else '被移出了群聊'}")
    if room.owner_id == contact_id:
        longest = select(SimMember.contact_id).where(SimMember.room_id == room_id)
        room.owner_id = await session.scalar(longest.order_by(SimMember.joined_at).limit(1)) or contact_id
    payload = {"room_id": room_id, "leaver_ids": [contact_id], "remover_id": remover_id}
    await tell(session, bots, SimEventKind.ROOM_LEAVE, payload)


async def set_topic(session: AsyncSession, room_id: str, changer_id: str, topic: str) -> None:
    await require_member(session, room_id, changer_id)
    room, changer = await the_room(session, room_id), await the_contact(session, changer_id)
    room.topic = good_name(topic)
    await notice(session, room_chat(room_id), f"{changer.name}修改群名为“{room.topic}”")
    payload = {"room_id": room_id, "topic": room.topic, "changer_id": changer_id}
    await tell(session, await bots_in(session, room_id), SimEventKind.ROOM_TOPIC, payload)


async def set_room_alias(session: AsyncSession, room_id: str, contact_id: str, alias: str) -> None:
    """The name that a member bears in a room (群昵称), empty for their own. No driver is told."""
    (await require_member(session, room_id, contact_id)).alias = good_name(alias) if alias else ""
    await notify(session, OUT)
