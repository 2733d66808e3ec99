"""The World of the Wechaty driver: the real Node gateway whose puppet the test plays."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from connector.drivers.base import Driver, MessageKind
from tests.gateway_fixture import MockGateway
from tests.integration.drivers.world import Accepted, Sent


class GatewayWorld:
    """``World`` by a started ``MockGateway``."""

    def __init__(self, gateway: MockGateway, driver: Driver) -> None:
        self.gateway = gateway
        self.driver = driver

    @property
    def bot_id(self) -> str:
        return self.gateway.bot_id

    async def login(self, name: str) -> None:
        await self.gateway.started()
        await self.gateway.login(name)

    async def logout(self, reason: str) -> None:
        await self.gateway.logout(reason)

    async def contact(self, contact_id: str, name: str, alias: str = "", is_friend: bool = True) -> None:
        await self.gateway.contact(contact_id, name, alias, is_friend)

    async def room(self, room_id: str, topic: str, members: Mapping[str, str], owner_id: str | None) -> None:
        await self.gateway.room(room_id, topic, members, owner_id)

    async def say(
        self,
        talker_id: str,
        text: str,
        *,
        room_id: str | None = None,
        mention_ids: Sequence[str] = (),
        quoted: tuple[str, str] | None = None,
    ) -> str:
        if quoted is not None:
            text = f"「{quoted[0]}：{quoted[1]}」\n- - - - - - - - - - - - - - -\n{text}"
        return await self.gateway.say(talker_id, text, room_id=room_id, mention_ids=mention_ids)

    async def type_on_phone(self, text: str, *, room_id: str | None = None, to: str | None = None) -> str:
        return await self.gateway.say(self.bot_id, text, room_id=room_id, to=to)

    async def send_media(self, talker_id: str, path: Path, kind: MessageKind, *, room_id: str | None = None) -> str:
        return await self.gateway.say(talker_id, kind=kind.value, file=path, room_id=room_id)

    async def recall(self, talker_id: str, source_id: str, *, room_id: str | None = None) -> None:
        await self.gateway.recall(talker_id, source_id, room_id)

    async def request_friendship(self, contact_id: str, hello: str) -> str:
        return await self.gateway.friendship(contact_id, hello)

    async def invite(self, inviter_id: str, topic: str) -> str:
        return await self.gateway.invite(inviter_id, topic)

    async def join(self, room_id: str, invitee_ids: Sequence[str], inviter_id: str) -> None:
        await self.gateway.room_join(room_id, invitee_ids, inviter_id)

    async def leave(self, room_id: str, leaver_ids: Sequence[str], remover_id: str | None = None) -> None:
        await self.gateway.room_leave(room_id, leaver_ids, remover_id)

    async def rename(self, room_id: str, topic: str, changer_id: str) -> None:
        await self.gateway.room_topic(room_id, topic, changer_id)

    async def sent(self) -> Sequence[Sent]:
        return [
            Sent(
                conversation_id=entry["conversationId"],
                source_id=entry["id"],
                text=entry.get("text", ""),
                mention_ids=tuple(entry.get("mentionIds", ())),
                file_name=entry.get("name", ""),
                size=entry.get("size", 0),
                sha256=entry.get("sha256", ""),
            )
            for entry in await self.gateway.sent()
        ]

    async def accepted(self) -> Accepted:
        accepted = await self.gateway.accepted()
        return Accepted(friendship_ids=tuple(accepted["friendships"]), invitation_ids=tuple(accepted["invitations"]))
