"""A room with people who share files, one room beside it, and one that is closed to most."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import messages
from botbay.chat.access import PRIVATE, Audience, Subject
from botbay.chat.models import Account, Blob, Bot, Contact, File, FileKind, FileState, Friend, Member, Room
from botbay.db import now
from workers.archive.finding import Found, Wanted, find

TODAY = now()


@dataclass
class FilesWorld:
    """王 is in 产品群 and 测试群; 李建国 (老李) and 小赵 are in 产品群 too; 外人 is in 别的群 only."""

    session: AsyncSession
    bot: Bot
    people: dict[str, Contact]
    rooms: dict[str, Room]
    count: int = 0

    async def say(
        self, who: str, text: str, at: datetime = TODAY, *, room: str | None = "产品群", **columns: object
    ) -> int:
        """A kept message, in a room or in private with the bot; its id."""
        self.count += 1
        row = {
            "bot_id": self.bot.id,
            "room_id": self.rooms[room].id if room else None,
            "peer_id": None if room else self.people[who].id,
            "talker_id": self.people[who].id,
            "source_id": f"m{self.count}",
            "kind": "text",
            "text": text,
            "mention_ids": [],
            "details": {},
            "raw": {},
            "sent_at": at,
            "received_at": at,
            "from_self": False,
            "by_bot": False,
            "withheld": False,
        }
        (message_id,) = (await messages.store(self.session, [row | columns])).values()
        return message_id

    async def file(
        self,
        who: str,
        name: str,
        at: datetime = TODAY,
        *,
        room: str | None = "产品群",
        kind: FileKind = FileKind.OTHER,
        state: FileState = FileState.STORED,
        content: str | None = None,
        by_bot: bool = False,
        reason: str = "",
    ) -> int:
        """A file that somebody sent; ``content`` stands for its bytes. Its id."""
        message_id = await self.say(who, "", at, room=room, kind="file", file_name=name, by_bot=by_bot)
        blob = await self._blob(content or f"bytes {self.count}", kind) if state == FileState.STORED else None
        file = File(
            message_id=message_id, name=name, kind=kind, state=state, reason=reason, blob_id=blob.id if blob else None
        )
        self.session.add(file)
        await self.session.flush()
        return file.id

    async def _blob(self, content: str, kind: FileKind) -> Blob:
        found = await self.session.scalar(select(Blob).where(Blob.sha256 == content))
        if found is None:
            found = Blob(sha256=content, size=1_258_291, key=content, mime="application/pdf", kind=kind)
            self.session.add(found)
            await self.session.flush()
        return found

    async def find(self, words: str = "", *, who: str = "王", room: str | None = None, **parts: object) -> Found:
        """What ``who`` finds in private, or asking in a room."""
        audience = Audience(room_id=self.rooms[room].id) if room else PRIVATE
        subject = Subject.of_contact(self.people[who])
        return await find(self.session, subject, audience, Wanted(words=words, **parts))  # type: ignore[arg-type]


async def build(session: AsyncSession) -> FilesWorld:
    bot = Bot(name="harbour", wechat_name="小港")
    account = Account(name="lijianguo", display_name="李建国")
    names = ("王", "建国同志", "小赵", "外人", "走了的")
    people = {name: Contact(wechat_id=f"wxid_{name}", name=name) for name in names}
    rooms = {topic: Room(wechat_id=f"{topic}@chatroom", topic=topic) for topic in ("产品群", "测试群", "别的群")}
    session.add_all([bot, account, *people.values(), *rooms.values()])
    await session.flush()
    people["建国同志"].account_id = account.id
    members = {
        "产品群": {"王": "", "建国同志": "李建国", "小赵": "后端 赵云"},
        "测试群": {"王": "", "小赵": ""},
        "别的群": {"外人": "", "建国同志": "老李"},
    }
    for topic, aliases in members.items():
        for name, alias in aliases.items():
            session.add(Member(room_id=rooms[topic].id, contact_id=people[name].id, alias=alias))
    session.add(Member(room_id=rooms["产品群"].id, contact_id=people["走了的"].id, left_at=now()))
    session.add(Friend(bot_id=bot.id, contact_id=people["小赵"].id, alias="赵子龙"))
    await session.flush()
    return FilesWorld(session, bot, people, rooms)
