"""Settings, from the environment and ``.env``; a bad or unknown one stops the start with a line that names it."""

import difflib
import functools
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from botbay.smtp import SmtpServer, parse_domain, parse_sender, parse_smtp_url

PREFIX = "BOTBAY_"
ENV_FILE = Path(".env")
#: Read by child processes of the stack only; people do not set them, and unknown-name checks let them pass.
INTERNAL = frozenset({"BOTBAY_ACTIONS_URL", "BOTBAY_TRACKER_URL"})


class SettingsError(Exception):
    """A setting is wrong. The text is one line that names it and says what it should be."""


@dataclass(frozen=True, kw_only=True)
class GatewayEndpoint:
    """Where a puppet gateway listens and the token that it wants."""

    token: str
    host: str
    port: int
    tls: bool = False
    ca: Path | None = None


@dataclass(frozen=True, kw_only=True)
class BotConfig:
    """One bot of ``BOTBAY_BOTS``; no endpoint means the simulator."""

    name: str
    endpoint: GatewayEndpoint | None


SIMULATOR = BotConfig(name="simulator", endpoint=None)

_BOT = re.compile(r"^(?P<name>[\w.-]+)=(?P<token>[^@]+)@(?P<rest>.+)$")


def parse_bots(text: str) -> tuple[BotConfig, ...]:
    """``name=token@host:port[?tls=1&ca=FILE]``, comma-separated; empty is the simulator. Raises ValueError."""
    bots: list[BotConfig] = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        match = _BOT.match(item)
        form = "name=token@host:port[?tls=1&ca=FILE]"
        if match is None:
            raise ValueError(f"第 {len(bots) + 1} 个机器人写得不对，应为 {form}")
        url = urlsplit(f"//{match['rest']}")
        try:
            host, port = url.hostname, url.port
        except ValueError:
            host, port = None, None
        if not host or not port or url.path not in ("", "/"):
            raise ValueError(f"机器人 {match['name']} 的地址不对，应为 {form}")
        query = parse_qs(url.query, keep_blank_values=True)
        if unknown := sorted(set(query) - {"tls", "ca"}):
            raise ValueError(f"机器人 {match['name']} 有不认识的参数 {unknown[0]}，只有 tls 和 ca")
        tls = query.get("tls", ["0"])[-1]
        if tls not in ("0", "1"):
            raise ValueError(f"机器人 {match['name']} 的 tls 应为 0 或 1")
        ca = Path(query["ca"][-1]) if "ca" in query else None
        if ca is not None and not ca.is_file():
            raise ValueError(f"机器人 {match['name']} 的 ca 文件不存在：{ca}")
        if match["name"] in {bot.name for bot in bots}:
            raise ValueError(f"有两个机器人都叫 {match['name']}")
        endpoint = GatewayEndpoint(token=match["token"], host=host, port=port, tls=tls == "1", ca=ca)
        bots.append(BotConfig(name=match["name"], endpoint=endpoint))
    return tuple(bots) or (SIMULATOR,)


def _reachable(host: str) -> str:
    """Where to call a server that listens on ``host``; every interface includes loopback."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host


class Settings(BaseSettings):
    """What can be set; each field is ``BOTBAY_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True)

    data_dir: Path = Path(".data")
    database_url: SecretStr | None = None
    storage_url: str | None = None
    bots: Annotated[tuple[BotConfig, ...], NoDecode] = (SIMULATOR,)
    login_whitelist: Annotated[frozenset[str], NoDecode] = frozenset()
    hello: str = "hello bot"
    smtp_url: SecretStr | None = None
    #: ``name@example.com`` or ``Name <name@example.com>``; left out it is the user of ``smtp_url``.
    mail_from: str | None = Field(default=None, validate_default=True)
    #: Domains to which minutes may be mailed without asking back; to others only after a yes.
    mail_domains: Annotated[frozenset[str], NoDecode] = frozenset()
    web_host: str = "127.0.0.1"
    web_port: int = 8080
    public_url: str | None = None
    secret_key: SecretStr | None = None
    ocr_engine: Literal["onnx", "paddle"] = "onnx"
    #: How many processes read pictures, each on one core.
    ocr_processes: int = Field(default=1, gt=0)
    timezone: str = "Asia/Shanghai"
    bind_verification: Literal["code", "none"] = "code"
    #: ``room``: whoever answers for the room says yes for all; ``member``: each member says yes for themselves.
    consent: Literal["room", "member"] = "room"
    #: Days that kept messages stay; told in the notice. 0 keeps them until they are erased.
    retention_days: int = Field(default=0, ge=0)
    #: A file larger than this is not kept, in MB of 1024 * 1024 bytes.
    file_limit_mb: int = Field(default=1024, gt=0)
    #: All files together take at most this much, in GB of 1024 MB; 0 is as much as there is room for.
    quota_gb: float = Field(default=0, ge=0)
    #: The pace of sending, messages a minute of one account: WeChat punishes accounts that speak too fast.
    send_rate: float = Field(default=20.0, gt=0)
    #: Minutes that the bot keeps quiet in a conversation after its account's owner typed there.
    owner_pause_minutes: int = Field(default=30, ge=0)
    #: How long a question waits for its answer before it is dropped, with a word.
    question_minutes: float = Field(default=10, gt=0)
    #: Where the dialogue server and the action server listen and are called; in containers, their services' names.
    rasa_host: str = "127.0.0.1"
    rasa_port: int = 5005
    actions_host: str = "127.0.0.1"
    actions_port: int = 5055
    #: The folder that the dialogue model is made from; the checkout's where it is left out.
    rasa_project: Path | None = None

    @field_validator("bots", mode="before")
    @classmethod
    def _bots(cls, value: object) -> object:
        return parse_bots(value) if isinstance(value, str) else value

    @field_validator("login_whitelist", mode="before")
    @classmethod
    def _whitelist(cls, value: object) -> object:
        return frozenset(filter(None, (v.strip() for v in value.split(",")))) if isinstance(value, str) else value

    @field_validator("database_url", mode="after")
    @classmethod
    def _database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if urlsplit(value.get_secret_value()).scheme not in ("postgresql", "postgres"):
            raise ValueError("应为 postgresql://用户:密码@主机:端口/库名")
        return value

    @field_validator("storage_url", mode="after")
    @classmethod
    def _storage(cls, value: str | None) -> str | None:
        if value and urlsplit(value).scheme not in ("s3", "file"):
            raise ValueError("应为 file:///目录 或 s3://桶名[/前缀]")
        return value or None

    @field_validator("public_url", mode="after")
    @classmethod
    def _public(cls, value: str | None) -> str | None:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError("应为 http(s)://主机[:端口]")
        return value.rstrip("/") if value else None

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value().strip():
            return None
        parse_smtp_url(value.get_secret_value())
        return value

    @field_validator("mail_from", mode="after")
    @classmethod
    def _sender(cls, value: str | None, info: ValidationInfo) -> str | None:
        url = info.data.get("smtp_url")
        if value and value.strip():
            parse_sender(value)
            return value
        if url is not None:
            try:
                parse_sender(parse_smtp_url(url.get_secret_value()).user)
            except ValueError:
                raise ValueError("设了 BOTBAY_SMTP_URL 就要写上发件人，例如 小助手 <bot@example.com>") from None
        return None

    @field_validator("mail_domains", mode="before")
    @classmethod
    def _domains(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return frozenset(parse_domain(part) for part in value.split(",") if part.strip())

    @field_validator("web_port", "rasa_port", "actions_port", mode="after")
    @classmethod
    def _port(cls, value: int) -> int:
        if not 1 <= value <= 65535:
            raise ValueError("端口应在 1 到 65535 之间")
        return value

    @field_validator("rasa_project", mode="before")
    @classmethod
    def _project(cls, value: object) -> object:
        if not value:
            return None
        path = Path(str(value)).expanduser().resolve()
        # Its components are imported as ``rasa_project.components``.
        if path.name != "rasa_project" or not (path / "config.yml").is_file():
            raise ValueError("应为一个名叫 rasa_project 的文件夹，里面有 config.yml、domain、data 和 components")
        return path

    @field_validator("timezone", mode="after")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("没有这个时区，例如 Asia/Shanghai") from None
        return value

    @field_validator("secret_key", mode="after")
    @classmethod
    def _secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if len(value.get_secret_value()) < 32:
            raise ValueError("至少要 32 个字符")
        return value

    @property
    def smtp_server(self) -> SmtpServer | None:
        """Where mail is handed in; None where mail is not set up."""
        return None if self.smtp_url is None else parse_smtp_url(self.smtp_url.get_secret_value())

    @property
    def mail_sender(self) -> tuple[str, str]:
        """The sender's name, which may be empty, and address. There is one where there is a mail server."""
        server = self.smtp_server
        return parse_sender(self.mail_from or (server.user if server else ""))

    @property
    def rasa_url(self) -> str:
        return f"http://{_reachable(self.rasa_host)}:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        return f"http://{_reachable(self.actions_host)}:{self.actions_port}/webhook"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def secret(self) -> str:
        """The key that signs turns, sessions and links; made on first use and kept in the data directory."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "secret_key"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            # Linked into place whole, so that two processes at the first start end up with the same key.
            fresh = path.with_name(f".secret_key.{os.getpid()}")
            fresh.write_text(secrets.token_urlsafe(48))
            fresh.chmod(0o600)
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
            return path.read_text().strip()
        except OSError as error:
            raise SettingsError(f"BOTBAY_DATA_DIR 写不进去：{error.strerror}（{self.data_dir}）") from None


def check_names(names: Mapping[str, str | None]) -> None:
    """Refuse ``BOTBAY_*`` names that are no setting: a typing error would otherwise be silently ignored."""
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known | INTERNAL:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            raise SettingsError(f"不认识的设置 {name}" + (f"，是不是 {near[0]}？" if near else "，请删掉它。"))


#: pydantic's own errors in the users' language.
_WORDS = {
    "int_parsing": "应为整数",
    "float_parsing": "应为数字",
    "literal_error": "只能是 {expected}",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
}


@functools.cache
def load_settings() -> Settings:
    """The settings of this process. Raises SettingsError with one line for people."""
    check_names({**dotenv_values(ENV_FILE), **os.environ})
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        context = first.get("ctx", {})
        words = str(context.get("error") or _WORDS.get(first["type"], first["msg"]).format(**context))
        raise SettingsError(f"设置 {name} 不对：{words}") from None
