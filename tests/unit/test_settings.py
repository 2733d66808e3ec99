"""Bad settings stop the start with a line that names them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botbay.settings import SIMULATOR, SettingsError, load_settings, parse_bots
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
        ("bind_verification", "sms", "code"),
        ("send_rate", "0", "大于"),
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
