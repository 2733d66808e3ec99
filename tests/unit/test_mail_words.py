"""What people give a mail, addresses, subjects, names of files, can do no harm to its head or its way."""

import email
from datetime import UTC, datetime
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botbay.smtp import ascii_domain
from workers.mail import messages
from workers.mail.answers import Refused, Setup, SmtpProblem, Stage, Temporary, judged
from workers.mail.frame import frame
from workers.mail.messages import Attachment
from workers.mail.service import MailError, check_address

#: All that has ever ended a line or a part of a head, among letters.
NASTY = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\r\n\t\0\x0b\x0c\x1c\x85\u2028\ud800@<>,;:\"' ")))


def build(**more: object) -> messages.Envelope:
    given = {
        "message_id": "<1@example.com>",
        "date": datetime(2026, 11, 22, tzinfo=UTC),
        "sender": ("", "bot@example.com"),
        "recipient": "a@example.org",
        "subject": "s",
        "text": "t",
        "html": "<p>h</p>",
    } | more
    return messages.build(**given)  # type: ignore[arg-type]


# --- addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("wang@example.com", "wang@example.com"),
        ("  Wang.Li+botbay@Mail.Example.COM ", "Wang.Li+botbay@mail.example.com"),
        ("wang＠example。com", "wang@example.com"),
        ("ｗａｎｇ@example．com", "wang@example.com"),
        ("12345678@qq.com", "12345678@qq.com"),
        ("o'neil@example.ie", "o'neil@example.ie"),
        ("li@例子.公司", "li@例子.公司"),
        ("li@xn--fsqu00a.xn--55qx5d", "li@例子.公司"),
        ("小王@例子.公司", "小王@例子.公司"),
    ],
)
def test_an_address_is_read_as_it_was_meant(written: str, read: str) -> None:
    assert check_address(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "wang",
        "@example.com",
        "wang@",
        "wang@localhost",
        "wang@127.0.0.1",
        "wang@[127.0.0.1]",
        "wang@-a.com",
        "wang@a..com",
        ".wang@a.com",
        "wang.@a.com",
        "wa..ng@a.com",
        "a@b@c.com",
        "a@b.com,c@d.com",
        "a@b.com；c@d.com",
        "a@b.com c@d.com",
        "小王 <a@b.com>",
        "<a@b.com>",
        '"a b"@c.com',
        "a@b.com\nBcc: c@d.com",
        "a\r\n@b.com",
        "a@b.com\0",
        "a@b\u202e.com",
        "a" * 65 + "@b.com",
        "王" * 22 + "@b.com",
        "a@" + ".".join(["b" * 60] * 5) + ".com",
    ],
)
def test_a_bad_address_is_refused_with_a_word(written: str) -> None:
    with pytest.raises(MailError, match="邮箱"):
        check_address(written)


@given(st.one_of(NASTY, st.builds("{}@{}.{}".format, NASTY, NASTY, NASTY)))
def test_whatever_is_taken_for_an_address_is_one_address(text: str) -> None:
    try:
        address = check_address(text)
    except MailError:
        return
    assert check_address(address) == address
    local, _, domain = address.partition("@")
    assert local
    assert "." in domain
    sent = f"{local}@{ascii_domain(domain)}"
    assert sent.isprintable()
    assert not set(sent) & set(' ,;<>"\\')
    assert len(sent.encode()) <= 254
    parsed = email.message_from_string(build(recipient=address).content.decode(), policy=default)
    assert [each.addr_spec for each in parsed["To"].addresses] == [sent]
    assert parsed["Bcc"] is None


# --- heads -------------------------------------------------------------------------------------------------


@given(subject=NASTY, sender=NASTY, name=NASTY, mime=NASTY)
def test_no_text_leaves_its_place_in_the_head(subject: str, sender: str, name: str, mime: str) -> None:
    files = [
        Attachment(name=name, mime=mime, content=b"x"),
        Attachment(name=name, mime="image/png", content=b"y", cid="c"),
    ]
    envelope = build(subject=subject, sender=(sender, "bot@example.com"), attachments=files)
    parsed = email.message_from_bytes(envelope.content, policy=default)
    assert set(parsed.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert [part.get_content_type() for part in parsed.walk()][:3] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
    ]
    assert len(list(parsed.walk())) == 7
    assert [each.addr_spec for each in parsed["From"].addresses] == ["bot@example.com"]
    assert max(map(len, envelope.content.split(b"\r\n"))) <= 998
    assert envelope.content.isascii()


@given(NASTY)
def test_a_subject_is_one_line_that_can_be_stored_and_sent(text: str) -> None:
    line = messages.one_line(text)
    assert len(line) <= 200
    assert line == line.strip()
    assert not set(line) & set("\r\n\0\x0b\x0c\x1c\x85\u2028\u2029")
    assert len(line.splitlines()) <= 1
    line.encode()


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("纪要.docx", "纪要.docx"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a:b\\c|d.pdf", "a_b_c_d.pdf"),
        ("", "附件"),
        ("...", "附件"),
        ("纪" * 200 + ".docx", "纪" * 75 + ".docx"),
    ],
)
def test_a_file_gets_a_name_that_any_system_saves(given: str, made: str) -> None:
    assert messages.file_name(given) == made


def test_the_frame_says_what_people_wrote_and_fetches_nothing() -> None:
    page = frame("纪要 <script>", "<p>好</p>", "由 & 发出")
    assert "纪要 &lt;script&gt;" in page
    assert "由 &amp; 发出" in page
    assert "<p>好</p>" in page
    assert "http" not in page
    assert "<style" not in page  # QQ Mail and Gmail would drop it


# --- answers -----------------------------------------------------------------------------------------------


@given(st.sampled_from(Stage), st.integers(-1, 999), st.text(max_size=80))
def test_every_answer_means_something(stage: Stage, code: int, text: str) -> None:
    problem = judged(stage, code, text)
    assert isinstance(problem, Refused) == (500 <= code < 600)
    assert isinstance(problem, Temporary) != isinstance(problem, Refused)
    assert problem.words
    assert problem.mend
    assert not problem.words.endswith("。")


@pytest.mark.parametrize(
    ("stage", "code", "text", "kind", "says"),
    [
        (Stage.LOGIN, 535, "5.7.8 Error: authentication failed", Setup, "授权码"),
        (Stage.LOGIN, 535, "Login Fail. Please enter your authorization code to login.", Setup, "授权码"),
        (Stage.LOGIN, 454, "4.7.0 Temporary authentication failure", Temporary, "过一会儿"),
        (Stage.CONNECT, 554, "No SMTP service here", Setup, "端口"),
        (Stage.CONNECT, 421, "Too many connections", Temporary, "过一会儿"),
        (Stage.SENDER, 501, "mail from address must be same as authorization user", Setup, "BOTBAY_MAIL_FROM"),
        (Stage.SENDER, 552, "5.3.4 Message too big", Refused, "这么大"),
        (Stage.CONTENT, 550, "5.7.1 Message rejected as spam", Refused, "垃圾邮件"),
        (Stage.CONTENT, 554, "5.2.2 mailbox full", Refused, "满了"),
        (Stage.RECIPIENT, 450, "4.2.0 Greylisted", Temporary, "过一会儿"),
    ],
)
def test_what_servers_say_is_told_apart(stage: Stage, code: int, text: str, kind: type[SmtpProblem], says: str) -> None:
    problem = judged(stage, code, text)
    assert type(problem) is kind
    assert says in problem.mend
