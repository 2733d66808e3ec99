"""A mail goes out once, whatever the server does; how it ended is told in chat, and its words are kept no longer."""

import asyncio
import contextlib
import functools
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from botbay import jobs
from botbay.chat import bots, contacts, conversations, messages
from botbay.chat.models import Account, Message, OutboxItem, Room
from botbay.db import now, transaction
from botbay.jobs import Later, Work
from botbay.settings import load_settings
from tests.conftest import use_settings
from tests.integration.certificates import Certificates, make_certificates
from tests.smtp_fixture import PASSWORD, USER, free_port, scripted, smtp_server
from workers.mail import checks, fate, service, smtp
from workers.mail import jobs as mail_jobs
from workers.mail.models import Mail, MailAttachment, MailState
from workers.mail.service import Attachment

pytestmark = pytest.mark.usefixtures("database")

TO = "wang@example.org"
LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("ca"), "127.0.0.1")


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path) -> "Setting":
    return Setting(monkeypatch)


class Setting:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch

    def __call__(self, url: str | None, **more: str) -> None:
        use_settings(self.patch, smtp_url=url, mail_from="纪要助手 <bot@example.com>" if url else None, **more)

    def hurry(self, *waits: float) -> None:
        self.patch.setattr(fate, "_WAITS", tuple(timedelta(seconds=wait) for wait in waits or (0,)))

    def patience(self, **seconds: float) -> None:
        self.patch.setattr(smtp, "PATIENCE", smtp.Patience(**seconds))
        self.patch.setattr(mail_jobs, "_STILL_HELD", timedelta(0))


async def conversation(session: AsyncSession, *, room: bool = False) -> int:
    bot = await bots.ensure(session, "harbour")
    ids = await contacts.upsert(session, {"wxid_wang": "小王"})
    room_id = None
    if room:
        there = Room(wechat_id="r@chatroom", topic="产品群")
        session.add(there)
        await session.flush()
        room_id = there.id
    return await conversations.get(session, bot.id, room_id, ids["wxid_wang"])


async def have_sent(to: str = TO, *, key: str = "k", room: bool = False, **more: object) -> int:
    """A mail with words in Chinese, to be sent; its id."""
    given = {
        "subject": "产品群的纪要 11月22日",
        "html": service.frame("产品群的纪要", "<p>周五<b>上线</b></p>"),
        "text": "周五上线\n.一个点开头的行",
        "conversation_id": None,
    } | more
    async with transaction() as session:
        if "conversation_id" not in more:
            given["conversation_id"] = await conversation(session, room=room)
        return (await service.send(session, to=to, key=key, **given)).id  # type: ignore[arg-type]


async def work(mail_id: int, *, final: bool = False) -> timedelta | None:
    """One run of the job; how long it asks to wait."""
    try:
        await mail_jobs.send_mail(Work(payload={"mail_id": mail_id}, attempt=0, final=final))
    except Later as later:
        return later.delay
    return None


async def mail_of(mail_id: int) -> Mail:
    async with transaction() as session:
        return await session.get_one(Mail, mail_id)


async def told() -> list[str]:
    async with transaction() as session:
        return list(await session.scalars(select(OutboxItem.text).order_by(OutboxItem.id)))


async def words_kept() -> int:
    """How many of the mails still hold words of people."""
    async with transaction() as session:
        texts = await session.scalar(
            select(func.count()).where((Mail.text != "") | (Mail.html != "") | (Mail.subject != ""))
        )
        files = await session.scalar(select(func.count(MailAttachment.id)))
        return (texts or 0) + (files or 0)


@contextlib.asynccontextmanager
async def worker() -> AsyncIterator[None]:
    running = asyncio.create_task(jobs.run({"send_mail": mail_jobs.send_mail}))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def ended(mail_id: int, seconds: float = 60) -> Mail:
    async with asyncio.timeout(seconds):
        while (mail := await mail_of(mail_id)).ended_at is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return mail


# --- it arrives --------------------------------------------------------------------------------------------


async def test_it_arrives_whole_and_is_told_and_its_words_are_gone(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        files = [
            Attachment(
                name="产品群的纪要 2026-11-22（第三季度发布评审会议，最终版）.docx",
                mime=DOCX,
                content=b"\0\n.\r\n" * 999,
            ),
            Attachment(name="a.pdf", mime="application/pdf", content=b"%PDF"),
            Attachment(name="图.png", mime="image/png", content=b"png", cid="p1"),
        ]
        mail_id = await have_sent(attachments=files)
        async with worker():
            mail = await ended(mail_id)
    (got,) = server.received
    message = got.message
    assert (got.sender, got.recipients) == ("bot@example.com", [TO])
    assert message["Subject"] == "产品群的纪要 11月22日"
    assert str(message["From"]) == "纪要助手 <bot@example.com>"
    assert message["Message-ID"] == mail.message_id
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset() == timedelta(hours=8)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == ["周五上线", ".一个点开头的行"]
    assert "<b>上线</b>" in html.get_content()
    attached = {part.get_filename(): part for part in message.iter_attachments()}
    assert list(attached) == [files[0].name, "a.pdf"]
    assert attached[files[0].name].get_content() == files[0].content
    assert attached["a.pdf"].get_content_type() == "application/pdf"
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert (picture["Content-ID"], picture.get_content()) == ("<p1>", b"png")
    # The name is said in both ways, each in one piece: no one way is understood by every mailbox.
    raw = got.content.decode()
    assert re.search(r'name="=\?utf-8\?b\?', raw)
    assert re.search(r"filename\*=UTF-8''%E4%BA%A7", raw)
    assert max(map(len, got.content.splitlines())) < 998
    assert raw.isascii()
    assert mail.state == MailState.SENT
    assert await told() == [f"已发到 {TO} ✅ 没看到的话，翻翻垃圾箱。"]
    assert await words_kept() == 0
    assert server.hellos == ["example.com"]


async def test_in_a_room_no_address_is_told(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        await work(await have_sent(room=True))
        server.rcpt = ["550 5.1.1 no such user"]
        await work(await have_sent(room=False, key="k2", conversation_id=(await mail_of(1)).conversation_id))
    async with transaction() as session:
        items = (await session.scalars(select(OutboxItem).order_by(OutboxItem.id))).all()
    assert [item.text for item in items] == [
        "邮件发出去了 ✅ 没看到的话，翻翻垃圾箱。",
        "邮件没发成：没有这个邮箱，检查一下地址有没有写错（服务器答复 550）。",
    ]
    assert all(item.mention for item in items)


async def test_the_same_key_sends_once(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        first = await have_sent()
        assert await have_sent(subject="另一封") == first
        async with worker():
            await ended(first)
            assert await have_sent() == first
            await asyncio.sleep(1)
        await work(first)
    assert len(server.received) == 1
    assert len(await told()) == 1


async def test_two_workers_with_the_same_mail_send_it_once(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        mail_id = await have_sent()
        await asyncio.gather(*(work(mail_id) for _ in range(4)))
    assert len(server.received) == 1
    assert (await mail_of(mail_id)).state == MailState.SENT


async def test_it_exists_only_if_the_transaction_commits(setting: Setting) -> None:
    setting("smtp://127.0.0.1:1")
    with pytest.raises(RuntimeError):
        async with transaction() as session:
            await service.send(session, to=TO, subject="s", html="h", text="t", conversation_id=None, key="k")
            raise RuntimeError
    async with transaction() as session:
        assert await session.scalar(select(func.count(Mail.id))) == 0
        assert await session.scalar(text("SELECT count(*) FROM pgqueuer")) == 0


async def test_an_address_with_chinese_letters_is_reached(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        await work(await have_sent("小王@例子.公司"))
        await work(await have_sent("li@例子.公司", key="k2"))
    assert [got.recipients for got in server.received] == [
        ["小王@xn--fsqu00a.xn--55qx5d"],
        ["li@xn--fsqu00a.xn--55qx5d"],
    ]
    assert server.received[1].content.isascii()
    assert (await told())[0].startswith("已发到 小王@例子.公司 ")


# --- getting in --------------------------------------------------------------------------------------------


async def test_starttls_and_login(setting: Setting, certificates: Certificates) -> None:
    async with smtp_server(starttls=certificates, login=True) as server:
        setting(server.url(login=LOGIN, query=f"ca={certificates.ca}"))
        await work(await have_sent())
    assert server.secure == [True]


async def test_tls_from_the_first_byte_and_login(setting: Setting, certificates: Certificates) -> None:
    async with smtp_server(tls=certificates, login=True) as server:
        setting(server.url("smtps", LOGIN, f"ca={certificates.ca}"))
        await work(await have_sent())
    assert len(server.received) == 1


async def test_starttls_is_used_where_it_is_offered_and_nobody_logs_in(
    setting: Setting, certificates: Certificates
) -> None:
    async with smtp_server(starttls=certificates) as server:
        setting(server.url(query=f"ca={certificates.ca}"))
        await work(await have_sent())
        setting(server.url(query="tls=none"))
        await work(await have_sent(key="k2"))
    assert server.secure == [True, False]


async def test_a_password_is_never_sent_in_the_clear_unless_it_is_said_so(
    setting: Setting, caplog: pytest.LogCaptureFixture
) -> None:
    async with smtp_server(login=True) as server:
        setting(server.url(login=LOGIN))
        await work(await have_sent())
        assert (await told())[-1].startswith(f"没发到 {TO}：发信的邮箱没设置好")
        setting(server.url(login=LOGIN, query="tls=none"))
        await work(await have_sent(key="k2"))
    assert len(server.received) == 1
    assert PASSWORD not in caplog.text
    assert TO not in caplog.text


async def test_a_server_that_is_not_trusted_gets_nothing(setting: Setting, certificates: Certificates) -> None:
    async with smtp_server(tls=certificates) as server:
        setting(server.url("smtps"))
        await work(await have_sent())
    assert server.received == []
    assert (await mail_of(1)).state == MailState.FAILED


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("good", "登录成功"),
        ("wrong password", "授权码"),
        ("not trusted", "证书"),
        ("tls on a plain port", "smtp://"),
        ("no encryption", "smtps://"),
        ("away", "连不上"),
        ("none", "不发邮件"),
    ],
)
async def test_doctor_says_what_is_wrong_and_how_to_mend_it(
    setting: Setting, certificates: Certificates, how: str, says: str
) -> None:
    async with smtp_server(starttls=certificates, login=True) as server, smtp_server(login=True) as plain:
        ca = f"ca={certificates.ca}"
        urls = {
            "good": server.url(login=LOGIN, query=ca),
            "wrong password": server.url(login="bot:guess", query=ca),
            "not trusted": server.url(login=LOGIN),
            "tls on a plain port": server.url("smtps", LOGIN, ca),
            "no encryption": plain.url(login=LOGIN),
            "away": f"smtp://127.0.0.1:{await free_port()}",
        }
        setting(urls.get(how))
        (finding,) = [finding async for finding in checks.check(load_settings())]
    assert finding.ok is (how in ("good", "none"))
    assert says in finding.words
    assert "guess" not in finding.words


# --- servers that say no -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "answer", "words"),
    [
        ("rcpt", "552 5.2.2 Mailbox full", "满了"),
        ("rcpt", "550 Mailbox quota exceeded", "满了"),
        ("data", "552 Requested mail action aborted: exceeded storage allocation", "满了"),
        ("data", "552 5.3.4 Message size exceeds fixed limit", "这么大"),
        ("data", "552 message size too large", "这么大"),
        ("rcpt", "550 5.1.1 User unknown", "没有这个邮箱"),
        ("rcpt", "550 no", "没有这个邮箱"),
        ("rcpt", "550 5.2.1 disabled", "停用"),
        ("rcpt", "554 5.7.1 Relay access denied", "拒收"),
        ("data", "554 DT:SPM 163 smtp", "垃圾邮件"),
        ("mail", "553 Mail from must equal authorized user", "管理员"),
        ("mail", "501 mail from address must be same as authorization user", "管理员"),
        ("mail", "530 5.7.0 Authentication required", "管理员"),
    ],
)
async def test_a_no_is_told_with_what_to_do(setting: Setting, where: str, answer: str, words: str) -> None:
    async with smtp_server() as server:
        setting(server.url())
        setattr(server, where, [answer])
        mail_id = await have_sent(attachments=[Attachment(name="a", mime="a/b", content=b"x")])
        assert await work(mail_id) is None
        await work(mail_id)
    assert server.received == []
    (said,) = await told()
    assert said.startswith(f"没发到 {TO}：")
    assert words in said
    assert f"（服务器答复 {answer[:3]}）。" in said
    assert (await mail_of(mail_id)).state == MailState.FAILED
    assert await words_kept() == 0


async def test_greylisted_it_comes_again_with_the_same_id_through_the_queue(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        setting.hurry(0.1)
        server.rcpt = ["451 4.7.1 Greylisted, come back"]
        mail_id = await have_sent()
        async with worker():
            mail = await ended(mail_id)
    assert [got.message["Message-ID"] for got in server.received] == [mail.message_id]
    assert mail.attempts == 2
    assert await told() == [f"已发到 {TO} ✅ 没看到的话，翻翻垃圾箱。"]


async def test_a_no_for_now_at_the_end_is_tried_again(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        setting.hurry()
        server.data = ["451 4.3.0 try later"]
        mail_id = await have_sent()
        assert await work(mail_id) == timedelta(0)
        assert (await mail_of(mail_id)).state == MailState.WAITING
        assert await work(mail_id) is None
    assert len(server.received) == 1


async def test_a_server_that_is_away_is_waited_for_and_that_is_told_once(setting: Setting) -> None:
    port = await free_port()
    setting(f"smtp://127.0.0.1:{port}")
    setting.hurry()
    mail_id = await have_sent()
    for _ in range(4):
        assert await work(mail_id) == timedelta(0)
    assert await told() == [
        f"给 {TO} 的邮件还没发出去：邮件服务器连不上，或者说到一半断了。我会一直试到明天这个时候，发出去了告诉你。"
    ]
    async with smtp_server(port=port) as server:
        assert await work(mail_id) is None
    assert len(server.received) == 1
    assert len(await told()) == 2


async def test_the_waits_grow_and_after_a_day_it_is_given_up(setting: Setting) -> None:
    setting(f"smtp://127.0.0.1:{await free_port()}")
    mail_id = await have_sent()
    waits = []
    for _ in range(9):
        wait = await work(mail_id)
        assert wait is not None
        waits.append(wait)
        # Not before its time, whoever asks.
        early = await work(mail_id)
        assert early is not None
        assert early <= wait
        async with transaction() as session:
            await session.execute(update(Mail).values(next_at=now()))
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(hours=2))
    async with transaction() as session:
        await session.execute(update(Mail).values(created_at=now() - timedelta(hours=23)))
    assert await work(mail_id) is None
    assert "试了一天" in (await told())[-1]
    assert await words_kept() == 0


async def test_one_that_hangs_is_left_after_a_while(setting: Setting) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with scripted(silent) as port:
        setting(f"smtp://127.0.0.1:{port}")
        setting.patience(connect=0.3)
        setting.hurry()
        mail_id = await have_sent()
        assert await asyncio.wait_for(work(mail_id), 10) == timedelta(0)
    assert (await mail_of(mail_id)).reason == "邮件服务器没有反应"


async def up_to_data(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.test\r\n")
    for answer in (b"250 mail.test\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
        await reader.readline()
        writer.write(answer)


async def test_one_that_closes_in_the_middle_gets_it_again_and_once(setting: Setting) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await up_to_data(reader, writer)
        await reader.readexactly(100_000)
        writer.transport.abort()

    setting.hurry()
    big = [Attachment(name="大.bin", mime="application/octet-stream", content=os.urandom(8 * 1024**2))]
    async with scripted(rude) as port:
        setting(f"smtp://127.0.0.1:{port}")
        mail_id = await have_sent(attachments=big)
        assert await work(mail_id) == timedelta(0)
    assert (await mail_of(mail_id)).state == MailState.WAITING
    async with smtp_server() as server:
        setting(server.url())
        assert await work(mail_id) is None
    assert len(server.received) == 1


async def test_one_that_says_no_in_the_middle_is_heard(setting: Setting) -> None:
    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await up_to_data(reader, writer)
        await reader.readexactly(100_000)
        writer.write(b"552 5.3.4 message size exceeds limit\r\n")
        await reader.read()
        writer.close()

    big = [Attachment(name="大.bin", mime="application/octet-stream", content=os.urandom(8 * 1024**2))]
    async with scripted(early) as port:
        setting(f"smtp://127.0.0.1:{port}")
        await work(await have_sent(attachments=big))
    assert "这么大的信" in (await told())[0]


async def test_one_that_takes_it_and_hangs_up_is_not_sent_it_again(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        server.before_answer = lambda: None
        mail_id = await have_sent()
        assert await work(mail_id) is None
        await work(mail_id)
    assert len(server.received) == 1
    assert (await mail_of(mail_id)).state == MailState.UNKNOWN
    assert await told() == [
        f"发到 {TO} 的信，交给邮件服务器的时候断了线，不知道到没到。先看看收件箱和垃圾箱，没有的话再跟我说一次。"
    ]
    assert await words_kept() == 0


# --- workers that die --------------------------------------------------------------------------------------

_CHILD = """
import asyncio, sys
from botbay.jobs import Work
from workers.mail.jobs import send_mail
asyncio.run(send_mail(Work(payload={"mail_id": int(sys.argv[1])}, attempt=0, final=False)))
"""


def child(mail_id: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _CHILD, str(mail_id)])


async def test_a_worker_killed_before_the_last_byte_has_sent_nothing(setting: Setting) -> None:
    started: list[subprocess.Popen[bytes]] = []

    async def murder(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await up_to_data(reader, writer)
        await reader.readexactly(100_000)
        started[0].send_signal(signal.SIGKILL)
        with contextlib.suppress(OSError):
            assert not (await reader.read()).endswith(b"\r\n.\r\n")
        writer.close()

    big = [Attachment(name="大.bin", mime="application/octet-stream", content=os.urandom(16 * 1024**2))]
    async with scripted(murder) as port:
        setting(f"smtp://127.0.0.1:{port}")
        mail_id = await have_sent(attachments=big)
        started.append(child(mail_id))
        assert await asyncio.to_thread(started[0].wait, 60) == -signal.SIGKILL
    assert (await mail_of(mail_id)).state == MailState.WAITING
    async with smtp_server() as server:
        setting(server.url())
        assert await work(mail_id) is None
    assert len(server.received) == 1


async def test_a_worker_killed_between_the_last_byte_and_its_commit_sends_nothing_twice(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        mail_id = await have_sent()
        started = child(mail_id)
        server.before_answer = started.kill
        assert await asyncio.to_thread(started.wait, 60) == -signal.SIGKILL
        assert (await mail_of(mail_id)).state == MailState.HANDED
        # The one that had it might be alive yet, waiting for the answer.
        wait = await work(mail_id)
        assert wait is not None
        assert wait > timedelta(minutes=5)
        setting.patience(end=0)
        assert await work(mail_id) is None
    assert len(server.received) == 1
    assert (await mail_of(mail_id)).state == MailState.UNKNOWN
    assert "不知道到没到" in (await told())[0]


async def test_who_has_lost_the_mail_to_another_hands_nothing_over(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        mail_id = await have_sent()

        async def not_mine() -> bool:
            return False

        envelope = mail_jobs.messages.build(
            message_id="<x@example.com>",
            date=now(),
            sender=("", "bot@example.com"),
            recipient=TO,
            subject="s",
            text="t",
            html="h",
        )
        server_at = load_settings().smtp_server
        assert server_at is not None
        assert await smtp.deliver(server_at, envelope, not_mine) is smtp.Outcome.TAKEN_OVER
        assert server.received == []
        await work(mail_id)
    assert len(server.received) == 1


async def test_a_job_that_was_lost_is_found_again(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        mail_id = await have_sent()
        async with transaction() as session:
            await session.execute(text("DELETE FROM pgqueuer"))
            await session.execute(update(Mail).values(next_at=now() - timedelta(hours=1)))
        await mail_jobs.tidy()
        async with worker():
            await ended(mail_id)
    assert len(server.received) == 1


# --- what may not go out -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["the job", "the chore"])
async def test_a_mail_with_words_that_were_taken_back_is_not_sent(setting: Setting, by: str) -> None:
    async with smtp_server() as server:
        setting(server.url())
        async with transaction() as session:
            talk = await conversation(session, room=True)
            bot = await bots.ensure(session, "harbour")
            row = {
                "bot_id": bot.id, "room_id": 1, "peer_id": None, "talker_id": None, "source_id": "m1", "kind": "text",
                "text": "周五上线", "mention_ids": [], "details": {}, "raw": {}, "sent_at": now(), "received_at": now(),
                "from_self": False, "by_bot": False, "withheld": False,
            }  # fmt: skip
            (said,) = (await messages.store(session, [row])).values()
        mail_id = await have_sent(conversation_id=talk, sources=[said])
        async with transaction() as session:
            await messages.erase(session, Message.room_id == 1)
        if by == "the job":
            await work(mail_id)
        else:
            await mail_jobs.tidy()
    assert server.received == []
    assert "撤回或删掉" in (await told())[0]
    assert await words_kept() == 0


async def test_what_ended_is_forgotten_after_a_week(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        await work(await have_sent())
        await mail_jobs.tidy()
        assert (await mail_of(1)).state == MailState.SENT
        async with transaction() as session:
            await session.execute(update(Mail).values(ended_at=now() - timedelta(days=8)))
        await mail_jobs.tidy()
        async with transaction() as session:
            assert await session.scalar(select(func.count(Mail.id))) == 0


async def test_nothing_can_be_slipped_into_the_head(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        name = "纪要\r\nBcc: evil@example.net\r\n\r\n.docx"
        files = [Attachment(name=name, mime="text/plain\r\nX-Evil: 1", content=b"x")]
        await work(await have_sent(subject="纪要\r\nBcc: evil@example.net\u2028X: 1\x00", attachments=files))
        for bad in (f"{TO}\r\nBcc: evil@example.net", f"{TO}>\r\nRCPT TO:<evil@example.net", f"{TO},evil@example.net"):
            with pytest.raises(service.MailError, match="邮箱"):
                await have_sent(bad, key=bad)
    (got,) = server.received
    assert got.recipients == [TO]
    assert got.message["Bcc"] is None
    assert got.message["Subject"] == "纪要 Bcc: evil@example.net X: 1"
    assert not re.search(rb"^(Bcc|X-Evil|X):", got.content, re.MULTILINE)


async def test_a_mail_of_25_mb_goes_out_and_a_larger_one_is_refused_at_once(setting: Setting) -> None:
    async with smtp_server() as server:
        setting(server.url())
        content = os.urandom(25 * 1024**2 - 10_000)
        await work(
            await have_sent(attachments=[Attachment(name="大.bin", mime="application/octet-stream", content=content)])
        )
        with pytest.raises(service.MailError, match="最多能发 25 MB"):
            await have_sent(
                key="k2",
                attachments=[
                    Attachment(name="大.bin", mime="application/octet-stream", content=content + bytes(20_000))
                ],
            )
    (part,) = server.received[0].message.iter_attachments()
    assert part.get_content() == content


async def test_a_server_that_says_how_much_it_takes_is_not_sent_more(setting: Setting) -> None:
    async with smtp_server(largest=1024**2) as server:
        setting(server.url())
        big = [Attachment(name="大.bin", mime="a/b", content=os.urandom(1024**2))]
        await work(await have_sent(attachments=big))
        await work(await have_sent(key="k2"))
    assert "这么大的信（最多 1 MB）" in (await told())[0]
    assert len(server.received) == 1


# --- who may be written to ---------------------------------------------------------------------------------


async def test_ones_own_address_and_allowed_domains_need_no_asking(setting: Setting) -> None:
    setting("smtp://127.0.0.1", mail_domains="corp.example, 例子.公司")
    settings = load_settings()
    account = Account(name="wang", display_name="小王", email="Wang@Example.org")
    assert service.may_mail(settings, account, "wang@EXAMPLE.org") is service.Leave.OWN
    assert service.may_mail(settings, account, "li@corp.example") is service.Leave.ALLOWED
    assert service.may_mail(settings, account, "li@例子。公司") is service.Leave.ALLOWED
    assert service.may_mail(settings, account, "li@evil.corp.example") is service.Leave.ASK
    assert service.may_mail(settings, account, "li@corp.example.net") is service.Leave.ASK
    assert service.may_mail(settings, None, "wang@example.org") is service.Leave.ASK


async def test_without_a_server_it_is_said_at_once_and_a_mail_that_waits_is_given_up(setting: Setting) -> None:
    setting("smtp://127.0.0.1:1")
    mail_id = await have_sent()
    setting(None)
    with pytest.raises(service.MailError, match="还没有设置"):
        await have_sent(key="k2")
    await work(mail_id)
    assert "还没有设置发信的邮箱" in (await told())[0]


async def test_what_nobody_foresaw_is_told_at_the_last_try(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    async with smtp_server() as server:
        setting(server.url())
        mail_id = await have_sent()

        def broken(**anything: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(mail_jobs.messages, "build", broken)
        with pytest.raises(ZeroDivisionError):
            await work(mail_id)
        assert await told() == []
        await work(mail_id, final=True)
    assert "出了意外" in (await told())[0]
    assert await words_kept() == 0


# --- the how-to --------------------------------------------------------------------------------------------

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "set-up-mail.md").read_text()


def test_the_settings_that_the_how_to_shows_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = re.findall(r"^```ini\n(.+?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    ca = tmp_path / "ca.crt"
    ca.touch()
    monkeypatch.chdir(tmp_path)
    hosts = []
    for block in shown:
        Path(".env").write_text(block.replace("/etc/ssl/certs/ca-certificates.crt", str(ca)))
        load_settings.cache_clear()
        settings = load_settings()
        if settings.smtp_server is not None:
            hosts.append(settings.smtp_server.host)
            assert settings.mail_sender[0] == "纪要助手"
            # Where the server compares the two, they are the same.
            assert "@" not in settings.smtp_server.user or settings.smtp_server.user == settings.mail_sender[1]
    assert len(hosts) == len(shown) - 1
    assert settings.mail_domains == {"example.com", "example.cn"}


async def test_the_commands_that_the_how_to_shows_do_what_it_says(setting: Setting, tmp_path: Path) -> None:
    shown = re.findall(r"^```sh\n(.+?)\n```", _PAGE, re.MULTILINE | re.DOTALL)
    doctor, quoting, protecting = shown
    assert doctor == ".venv/bin/botbay doctor"
    run = functools.partial(subprocess.run, shell=True, cwd=tmp_path, check=True, text=True, stdout=subprocess.PIPE)
    done = await asyncio.to_thread(run, quoting, input=PASSWORD + "\n")
    (tmp_path / ".env").touch()
    await asyncio.to_thread(run, protecting)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    async with smtp_server(login=True) as server:
        setting(server.url(login=f"{quote(USER)}:{done.stdout.strip()}", query="tls=none"))
        botbay = Path(sys.executable).parent / "botbay"
        examined = await asyncio.create_subprocess_exec(
            botbay, "doctor", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, _ = await examined.communicate()
    assert f"✓ 发邮件：127.0.0.1:{server.port} 连得上，登录成功" in out.decode()
