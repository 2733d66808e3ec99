"""The web server over HTTP: signing in and out, who may see what, and how it meets bad requests."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from botbay.chat.models import Role
from botbay.db import dispose, transaction
from botbay.postgres import EmbeddedPostgres
from botbay.settings import load_settings
from tests.web_fixture import REPOSITORY, Site, free_port, postgres, running_site  # noqa: F401 (fixture)
from workers.accounts import service as accounts


@pytest.fixture(scope="module")
def site(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: F811
    with running_site(postgres, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    await dispose()


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=site.url) as client:
        yield client


async def member(name: str, *, password: str | None = "long enough", role: Role = Role.MEMBER) -> None:
    async with transaction() as session:
        await accounts.add_account(session, name, password=password, role=role)


async def disable(name: str) -> None:
    async with transaction() as session:
        account = await accounts.find_account(session, name)
        assert account is not None
        await accounts.disable(session, account)


async def sign_in(browser: httpx.AsyncClient, name: str, password: str = "long enough", **more: str) -> httpx.Response:
    return await browser.post("/login", data={"name": name, "password": password, **more})


async def signed_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/me")).status_code == 200


async def test_health_says_whether_the_database_answers(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": True})


@pytest.mark.parametrize("path", ["/", "/bots", "/bind", "/accounts", "/me"])
async def test_nobody_sees_a_page_without_signing_in(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


async def test_signing_in_leads_back_to_the_page_asked_for(browser: httpx.AsyncClient) -> None:
    await member("back")
    assert (await browser.get("/bind")).headers["location"] == "/login?next=/bind"
    answer = await sign_in(browser, "back", next="/bind")
    assert (answer.status_code, answer.headers["location"]) == (303, "/bind")
    assert (await browser.get("/bind")).status_code == 200


async def test_signing_in_does_not_lead_to_another_site(browser: httpx.AsyncClient) -> None:
    await member("away")
    assert (await sign_in(browser, "away", next="//evil.example/")).headers["location"] == "/"


async def test_a_wrong_password_is_told_and_the_name_is_kept(browser: httpx.AsyncClient) -> None:
    await member("wrong")
    answer = await sign_in(browser, "wrong", "not this one")
    page = await browser.get(answer.headers["location"])
    assert "账号名或密码不对" in page.text
    assert '"value":"wrong"' in page.text
    assert not await signed_in(browser)


async def test_signing_out_ends_it(browser: httpx.AsyncClient) -> None:
    await member("leaver")
    await sign_in(browser, "leaver")
    assert await signed_in(browser)
    await browser.post("/logout")
    assert not await signed_in(browser)


async def test_a_disabled_account_is_out_at_once(browser: httpx.AsyncClient) -> None:
    await member("fired")
    await sign_in(browser, "fired")
    assert await signed_in(browser)
    await disable("fired")
    assert not await signed_in(browser)
    await sign_in(browser, "fired")
    assert not await signed_in(browser)


async def test_a_new_password_ends_the_other_sessions(site: Site, browser: httpx.AsyncClient) -> None:
    await member("two")
    await sign_in(browser, "two")
    async with httpx.AsyncClient(base_url=site.url) as elsewhere:
        await sign_in(elsewhere, "two")
        form = {"old": "long enough", "new": "even longer", "again": "even longer"}
        answer = await browser.post("/me/password", data=form)
        assert answer.headers["location"] == "/me?done=password"
        assert await signed_in(browser)
        assert not await signed_in(elsewhere)
        await sign_in(elsewhere, "two", "even longer")
        assert await signed_in(elsewhere)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"old": "long enough", "new": "even longer", "again": "even longe"}, "different"),
        ({"old": "not this one", "new": "even longer", "again": "even longer"}, "old"),
        ({"old": "long enough", "new": "short", "again": "short"}, "short"),
    ],
)
async def test_a_password_is_changed_with_care(browser: httpx.AsyncClient, form: dict[str, str], problem: str) -> None:
    await member(f"care-{problem}")
    await sign_in(browser, f"care-{problem}")
    answer = await browser.post("/me/password", data=form)
    assert answer.headers["location"] == f"/me?problem={problem}"


async def test_looking_at_a_link_does_not_use_it_up(site: Site, browser: httpx.AsyncClient) -> None:
    link = await site.login_link()
    for _ in range(3):  # a chat's link preview
        assert "sign-in" in (await browser.get(link)).text
    assert (await browser.post(link)).headers["location"] == "/me?first=1"
    assert (await browser.get("/accounts")).status_code == 200


async def test_a_used_link_says_so_and_what_to_do(site: Site, browser: httpx.AsyncClient) -> None:
    link = await site.login_link()
    await browser.post(link)
    async with httpx.AsyncClient(base_url=site.url) as thief:
        answer = await thief.post(link)
        assert not await signed_in(thief)
        for page in (await thief.get(link), await thief.get(answer.headers["location"])):
            assert "已经用过，或者过期了" in page.text
            assert "botbay login-link" in page.text


async def test_who_came_by_a_link_sets_a_password_without_the_old_one(site: Site, browser: httpx.AsyncClient) -> None:
    await member("forgetful")
    await browser.post(await site.login_link("forgetful"))
    answer = await browser.post("/me/password", data={"new": "remember me", "again": "remember me"})
    assert answer.headers["location"] == "/me?done=password"
    answer = await browser.post("/me/password", data={"new": "once more!", "again": "once more!"})
    assert answer.headers["location"] == "/me?problem=old"


async def test_members_do_not_see_what_is_for_maintainers(browser: httpx.AsyncClient) -> None:
    await member("plain")
    await sign_in(browser, "plain")
    for path in ("/bots", "/accounts"):
        answer = await browser.get(path)
        assert answer.status_code == 403
        assert "维护者" in answer.text
    assert "/accounts" not in (await browser.get("/")).text


async def test_the_cookie_is_for_https_only_where_the_page_came_by_https(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/login", headers={"x-forwarded-proto": "https"})
    assert "; secure" in answer.headers["set-cookie"]


async def test_a_session_cookie_made_elsewhere_is_worth_nothing(browser: httpx.AsyncClient) -> None:
    await member("real")
    answer = await sign_in(browser, "real")
    cookie = answer.cookies["botbay"]
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    body, rest = cookie.split(".", 1)
    forged = body[:-2] + ("A" if body[-2] != "A" else "B") + body[-1]
    browser.cookies.clear()
    browser.cookies.set("botbay", f"{forged}.{rest}")
    assert not await signed_in(browser)


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_another_site_cannot_act_in_somebodys_name(browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await browser.post("/logout", headers=headers)
    assert answer.status_code == 403
    answer = await browser.post("/login", data={"name": "x", "password": "y"}, headers=headers)
    assert answer.status_code == 403


async def test_another_site_cannot_open_a_socket(site: Site) -> None:
    def handshake(origin: str) -> str:
        with socket.create_connection(("127.0.0.1", int(site.url.rsplit(":", 1)[1])), timeout=10) as connection:
            lines = [
                "GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1",
                f"Host: {site.url.removeprefix('http://')}",
                f"Origin: {origin}",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ]
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            return connection.recv(64).decode(errors="replace").split(" ")[1]

    assert await asyncio.to_thread(handshake, "https://evil.example") == "403"
    assert await asyncio.to_thread(handshake, site.url) == "101"


async def test_every_answer_carries_the_security_headers(browser: httpx.AsyncClient) -> None:
    for path in ("/login", "/health", "/static/botbay.css", "/nowhere"):
        headers = (await browser.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "connect-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert (await browser.get("/login")).headers["cache-control"] == "no-store"


async def test_pages_name_no_other_host(browser: httpx.AsyncClient) -> None:
    text = (await browser.get("/login")).text + (await browser.get("/static/botbay.css")).text
    assert [url for url in re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(https?:)?//[^"')]+""", text) if url] == []


async def test_a_page_that_is_not_there_says_so_in_chinese(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/nowhere")
    assert answer.status_code == 404
    assert "没有这一页" in answer.text


async def test_nothing_is_written_into_the_working_directory(site: Site, browser: httpx.AsyncClient) -> None:
    await member("tidy")
    await sign_in(browser, "tidy")
    await browser.get("/")
    assert list(site.work_dir.iterdir()) == []


async def test_tokens_do_not_reach_the_log(site: Site, browser: httpx.AsyncClient) -> None:
    link = await site.login_link()
    await browser.get(link)
    await browser.post(link)
    assert link.rsplit("/", 1)[1] not in (site.work_dir.parent / "web.log").read_text()


async def test_a_database_that_is_away_is_told_and_found_again(site: Site, browser: httpx.AsyncClient) -> None:
    await member("patient")
    await sign_in(browser, "patient")
    settings = load_settings()
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    base, name = url.rsplit("/", 1)
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            assert (await browser.get("/health")).json() == {"status": "degraded", "database": False}
            answer = await browser.get("/me")
            assert (answer.status_code, "数据库暂时连不上" in answer.text) == (503, True)
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    assert (await browser.get("/health")).json()["database"] is True
    assert await signed_in(browser)


def start(**settings: object) -> subprocess.CompletedProcess[str]:
    environment = {f"BOTBAY_{name.upper()}": str(value) for name, value in settings.items()}
    path = os.pathsep.join([*sys.path, str(REPOSITORY)])
    return subprocess.run(
        [sys.executable, "-m", "web"],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_taken_port_is_one_clear_line(site: Site) -> None:
    port = site.url.rsplit(":", 1)[1]
    result = start(web_port=port)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"botbay：网页端口 {port} 已被占用：用 BOTBAY_WEB_PORT 换一个端口，或停掉占用它的程序。"
    ]


def test_an_address_of_another_machine_is_one_clear_line(site: Site) -> None:
    result = start(web_host="192.0.2.1", web_port=free_port())
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "BOTBAY_WEB_HOST" in result.stderr


def test_a_bad_setting_is_one_clear_line(site: Site) -> None:
    result = start(web_port="many")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "BOTBAY_WEB_PORT" in result.stderr


def test_it_stops_cleanly_on_sigterm(postgres: EmbeddedPostgres, tmp_path: Path) -> None:  # noqa: F811
    with running_site(postgres, tmp_path) as running:
        with httpx.Client(base_url=running.url) as client:
            assert client.get("/login").status_code == 200
        running.server.send_signal(signal.SIGTERM)
        assert running.server.wait(10) == 0
