"""Bad settings stop the start with a line that names them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botbay.settings import SIMULATOR, SettingsError, load_settings, parse_bots
from botbay.smtp import SmtpServer, parse_smtp_url
from tests.conftest import use_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()


def refused(monkeypatch: pytest.MonkeyPatch, **settings: str) -> str:
    use_settings(monkeypatch, **settings)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    words = str(caught.value)
    assert "\n" not in words
    return words


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("web_port", "eighty", "整数"),
        ("web_port", "70000", "65535"),
        ("timezone", "Mars/Olympus", "Asia/Shanghai"),
        ("database_url", "mysql://x", "postgresql://"),
        ("storage_url", "ftp://x", "s3://"),
        ("public_url", "bots.example.com", "http"),
        ("secret_key", "short", "32"),
        ("ocr_engine", "tesseract", "onnx"),
        ("ocr_processes", "0", "大于"),
        ("bind_verification", "sms", "code"),
        ("send_rate", "0", "大于"),
        ("smtp_url", "http://mail.example.com", "smtps://"),
        ("smtp_url", "smtp://", "smtp://"),
        ("smtp_url", "smtp://bot:pass/word@mail.example.com", "%40"),
        ("smtp_url", "smtp://bot@mail.example.com", "一起写"),
        ("smtp_url", "smtp://mail.example.com:99999", "smtp://"),
        ("smtp_url", "smtp://mail.example.com?tls=yes", "none"),
        ("smtp_url", "smtps://mail.example.com?tls=none", "none"),
        ("smtp_url", "smtps://mail.example.com?ca=/nowhere.pem", "/nowhere.pem"),
        ("smtp_url", "smtps://mail.example.com?user=a", "user"),
        ("mail_from", "小助手", "邮箱"),
        ("mail_from", "a@example.com, b@example.com", "邮箱"),
        ("mail_domains", "example.com, @", "example.com"),
        ("bots", "harbour", "name=token@host:port"),
        ("bots", "harbour=t@host", "harbour"),
        ("bots", "a=t@h:1,a=t@h:2", "两个"),
        ("bots", "a=t@h:1?tsl=1", "tsl"),
        ("bots", "a=t@h:1?tls=1&ca=/nowhere.pem", "/nowhere.pem"),
    ],
)
def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str) -> None:
    words = refused(monkeypatch, **{name: value})
    assert f"BOTBAY_{name.upper()}" in words
    assert hint in words


def test_a_mail_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    words = refused(monkeypatch, smtp_url="smtp://bot:secret@mail.example.com")
    assert "BOTBAY_MAIL_FROM" in words
    assert "secret" not in refused(monkeypatch, smtp_url="smtp://bot:secret@mail.example.com:port")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (
            "smtps://bot@qq.com:code@smtp.qq.com",
            SmtpServer(host="smtp.qq.com", port=465, tls=True, user="bot@qq.com", password="code"),
        ),
        (
            "smtp://bot%40x.com:p%20%2F%23@mail.x.com",
            SmtpServer(host="mail.x.com", port=587, user="bot@x.com", password="p /#"),
        ),
        ("smtp://mail.x.com", SmtpServer(host="mail.x.com", port=25)),
        ("smtp://[::1]:2525?tls=none", SmtpServer(host="::1", port=2525, plain=True)),
    ],
)
def test_a_mail_server_is_read(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server
    assert not server.password or server.password not in repr(server)


def test_the_sender_is_who_logs_in_unless_it_is_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(
        monkeypatch, smtp_url="smtps://bot@example.com:x@mail.example.com", mail_domains="Example.com,例子。公司"
    )
    assert load_settings().mail_sender == ("", "bot@example.com")
    assert load_settings().mail_domains == {"example.com", "例子.公司"}
    use_settings(monkeypatch, mail_from='"纪要 助手" <notes@example.com>')
    assert load_settings().mail_sender == ("纪要 助手", "notes@example.com")


@given(st.one_of(st.text(max_size=60), st.text(max_size=40).map("smtp://{}".format)))
def test_no_text_breaks_the_reading_of_a_mail_server(text: str) -> None:
    try:
        server = parse_smtp_url(text)
    except ValueError as error:
        assert "\n" not in str(error)
        return
    assert server.host
    assert 0 < server.port < 65536


def test_an_unknown_name_is_refused_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "BOTBAY_WEB_PORT" in refused(monkeypatch, webport="8080")


def test_an_unknown_name_in_the_file_is_refused_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BOTBAY_HELO=hi\n")
    assert "BOTBAY_HELLO" in refused(monkeypatch)


def test_bots_are_read_with_their_gateways(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    first, second = parse_bots(f"a=tok=en@host:8788, b=t@[::1]:1?tls=1&ca={ca}")
    assert first.endpoint is not None
    assert second.endpoint is not None
    assert (first.name, first.endpoint.token, first.endpoint.host, first.endpoint.port) == ("a", "tok=en", "host", 8788)
    assert (second.endpoint.host, second.endpoint.tls, second.endpoint.ca) == ("::1", True, ca)
    assert parse_bots("") == (SIMULATOR,)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_bots(text: str) -> None:
    try:
        bots = parse_bots(text)
    except ValueError:
        return
    assert bots


def test_the_secret_is_made_once_and_for_its_owner_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_settings(monkeypatch, data_dir=tmp_path / "data", secret_key=None)
    first = load_settings().secret()
    load_settings.cache_clear()
    assert load_settings().secret() == first
    assert len(first) >= 32
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o077 == 0
