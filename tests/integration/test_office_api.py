"""The HTTP API of outside office systems, on a real server: signed, once, and never an error of ours."""

import asyncio
import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

import tests.web_fixture
from botbay import jobs as queue
from botbay.chat.models import Account, Bot, Contact
from botbay.db import dispose, now, transaction
from botbay.jobs import Later, Work
from botbay.postgres import EmbeddedPostgres
from tests.integration.approvals_world import Office, office, state, work
from tests.integration.office_system import OfficeSystem
from tests.web_fixture import REPOSITORY, Site, free_port, running_site
from web import office_api
from workers.accounts import service as accounts
from workers.approvals import hooks, jobs, outside, repository, service
from workers.approvals.models import Application, Delivery, DeliveryState, OutsideSystem

postgres = tests.web_fixture.postgres

EXPENSE = {"金额": "80.00", "用途": "快递"}


@pytest.fixture(scope="module")
def server(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(postgres, tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
async def site(server: Site) -> AsyncIterator[Site]:
    await queue.install()
    yield server
    await dispose()


@pytest.fixture
async def world(site: Site) -> Office:
    """The same people for all tests of this page."""
    async with transaction() as session:
        people = {each.display_name: each.id for each in await session.scalars(select(Account))}
        if "小王" in people:
            contacts = {each.name: each.id for each in await session.scalars(select(Contact))}
            bot_id = (await session.scalars(select(Bot.id))).one()
            return Office(bot_id=bot_id, accounts=people, contacts=contacts)
    return await office()


class Outside(OfficeSystem):
    """The small office system, which speaks to the API, too."""

    def __init__(self, site: str, name: str, secret: str) -> None:
        super().__init__(secret=secret)
        self.name = name
        self.base = f"{site}/api/office/{quote(name)}/applications"

    def headers(self, body: bytes, at: float | None = None) -> dict[str, str]:
        timestamp, signature = self.signed(body, at)
        return {"x-botbay-timestamp": timestamp, "x-botbay-signature": signature}

    async def post(self, path: str, told: Any, **headers: str) -> httpx.Response:
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        async with httpx.AsyncClient() as client:
            return await client.post(self.base + path, content=body, headers={**self.headers(body), **headers})

    async def get(self, own_id: str, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.base}/{quote(own_id)}", headers={**self.headers(b""), **headers})

    async def put_in(self, own_id: str, **more: Any) -> httpx.Response:
        return await self.post("", new(own_id, **more))

    async def decide(self, own_id: str, by: str, verdict: str, step: str = "主管", words: str = "") -> httpx.Response:
        told = {"application": own_id, "by": by, "step": step, "verdict": verdict, "words": words}
        return await self.post(f"/{own_id}/decisions", told)

    async def withdraw(self, own_id: str) -> httpx.Response:
        return await self.post(f"/{own_id}/withdraw", {"application": own_id, "withdraw": True})


def new(own_id: str, **more: Any) -> dict[str, Any]:
    return {"id": own_id, "applicant": "xiaowang", "kind": "报销", "values": EXPENSE} | more


async def system(site: Site, name: str = "", url: str = "") -> Outside:
    name = name or f"oa-{uuid.uuid4().hex[:8]}"
    async with transaction() as session:
        row = await hooks.add_system(session, name, url, all_of_them=False)
        return Outside(site.url, name, hooks.secret_of(row))


@pytest.fixture
async def oa(site: Site, world: Office) -> AsyncIterator[Outside]:
    """A system that listens for calls back."""
    listening = Outside(site.url, "", "")
    made = await system(site, url=await listening.start())
    listening.name, listening.secret, listening.base = made.name, made.secret, made.base
    yield listening
    await listening.stop()


async def count() -> int:
    async with transaction() as session:
        return (await session.scalar(select(func.count(Application.id)))) or 0


def refused(answer: httpx.Response, status: int, code: str) -> Mapping[str, Any]:
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text
    return dict(answer.json())


# --- putting in --------------------------------------------------------------------------------------------


async def test_put_in_twice_it_is_one(oa: Outside, world: Office) -> None:
    before = await count()
    first, again = await oa.put_in("OA-7"), await oa.put_in("OA-7")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    made = first.json()
    assert made["id"] == "OA-7" and made["state"] == "open" and made["step"] == "主管"
    assert made["values"] == EXPENSE and made["waiting"] == ["lijianguo"]
    assert [(each["event"], each["by"]) for each in made["history"]] == [("submitted", "xiaowang")]
    assert await count() == before + 1
    many = await asyncio.gather(*[oa.put_in("OA-8") for _ in range(8)])
    assert {each.status_code for each in many} <= {200, 201}
    assert len({each.json()["number"] for each in many}) == 1
    assert await count() == before + 2


async def test_the_applicant_hears_of_it_and_the_approver_gets_the_card(oa: Outside, world: Office) -> None:
    number = (await oa.put_in("OA-1")).json()["number"]
    await work()
    assert f"#{number} 报销（80 元） 已经提交（{oa.name}）" in "\n".join(await world.talk("小王").cards())
    assert f"小王的申请 #{number}" in "\n".join(await world.talk("李建国").cards())


async def test_the_same_id_with_something_else_is_refused_and_changes_nothing(oa: Outside, world: Office) -> None:
    await oa.put_in("OA-1")
    for other in ({"values": EXPENSE | {"金额": 81}}, {"kind": "采购"}, {"applicant": "zhangwei"}, {"values": {}}):
        refused(await oa.put_in("OA-1", **other), 409, "taken")
    assert (await oa.put_in("OA-1", values={"用途": " 快递 ", "金额": 80})).status_code == 200, "the same in other form"
    assert (await oa.get("OA-1")).json()["values"] == EXPENSE


async def test_what_is_wrong_is_said_by_field(oa: Outside, world: Office) -> None:
    before = await count()
    told = refused(await oa.put_in("OA-1", applicant="nobody"), 422, "unknown_account")
    assert told["fields"] == [
        {"field": "applicant", "problem": "There is no such account in BotBay, or it is disabled."}
    ]
    refused(await oa.put_in("OA-1", kind="升天"), 422, "unknown_kind")
    values = {"金额": "一千二", "别的": 1, "发票": [1]}
    told = refused(await oa.put_in("OA-1", values=values), 422, "bad_values")
    assert {each["field"]: each["problem"].split(".")[0] for each in told["fields"]} == {
        "values.别的": "No such field",
        "values.金额": 'Expected: yuan above 0 and up to 1000000, with at most 2 decimals, like "99',
        "values.用途": "Missing",
        "values.发票": "Pictures cannot be put in from outside: leave it out",
    }
    leave = {"类型": "长假", "时间": {"from": "2030-01-01", "to": "2029-01-01"}, "事由": "x" * 501}
    told = refused(await oa.put_in("OA-1", kind="请假", values=leave), 422, "bad_values")
    assert [each["field"] for each in told["fields"]] == ["values.类型", "values.时间", "values.事由"]
    assert "one of 事假, 病假" in told["fields"][0]["problem"]
    told = refused(await oa.post("", {"id": 7, "applicant": "xiaowang", "kind": "报销", "more": 1}), 422, "bad_body")
    assert {each["field"] for each in told["fields"]} == {"id", "values", "more"}
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"id": "\\ud800"}', b"[" * 5000):
        told = refused(await oa.post("", body), 422, "bad_body")
        assert told["fields"]
    for bad in ("a/b", "", "x" * 101, "a b", "\x00"):
        assert refused(await oa.put_in(bad), 422, "bad_body")["fields"][0]["field"] == "id"
    assert await count() == before


async def test_one_without_approvers_is_refused(oa: Outside, world: Office) -> None:
    await oa.put_in("OA-1", applicant="lijianguo")  # 主管 himself: 总经理 approves in his place
    assert (await oa.get("OA-1")).json()["waiting"] == ["chenzong"]
    async with transaction() as session:
        holder = await session.get_one(Account, world.accounts["小赵"])
        await repository.remove_role(session, "财务", holder.id)
        await repository.remove_role(session, "总经理", world.accounts["陈总"])
    try:
        refused(await oa.put_in("OA-2"), 409, "chain")
    finally:
        async with transaction() as session:
            await repository.put_role(session, "财务", holder.id)
            await repository.put_role(session, "总经理", world.accounts["陈总"])


# --- who it is ---------------------------------------------------------------------------------------------


async def test_only_a_fresh_signature_of_the_system_counts(oa: Outside, site: Site, world: Office) -> None:
    before = await count()
    body = json.dumps(new("OA-1")).encode()
    other = await system(site)
    good = oa.headers(body)
    wrong: list[dict[str, str | bytes]] = [
        {},
        {"x-botbay-timestamp": good["x-botbay-timestamp"]},
        {**good, "x-botbay-signature": good["x-botbay-signature"][:-1]},
        {**good, "x-botbay-signature": good["x-botbay-signature"].removeprefix("sha256=")},
        {**good, "x-botbay-signature": "sha256=é".encode()},
        {**good, "x-botbay-timestamp": str(int(good["x-botbay-timestamp"]) - 1)},
        {**good, "x-botbay-timestamp": "1e9"},
        other.headers(body),
        oa.headers(body + b" "),
    ]
    async with httpx.AsyncClient() as client:
        for headers in wrong:
            answer = await client.post(oa.base, content=body, headers=headers)
            assert answer.status_code == 401 and answer.json()["error"] in ("bad_signature", "bad_timestamp"), headers
        for late in (-301, 301):
            answer = await client.post(oa.base, content=body, headers=oa.headers(body, time.time() + late))
            refused(answer, 401, "bad_timestamp")
        for name in ("nobody", "%00", "x" * 200, "..", "a%2Fb"):
            answer = await client.post(f"{site.url}/api/office/{name}/applications", content=body, headers=good)
            assert answer.status_code in (401, 404), name
    async with transaction() as session:
        off = update(OutsideSystem).where(OutsideSystem.name == oa.name)
        await session.execute(off.values(off_at=now()))
    refused(await oa.put_in("OA-1"), 401, "bad_signature")
    assert await count() == before


async def test_another_system_sees_and_moves_nothing(oa: Outside, site: Site, world: Office) -> None:
    await oa.put_in("OA-1")
    other = await system(site)
    refused(await other.get("OA-1"), 404, "unknown")
    refused(await other.decide("OA-1", "lijianguo", "approved"), 404, "unknown")
    refused(await other.withdraw("OA-1"), 404, "unknown")
    assert (await other.put_in("OA-1")).status_code == 201, "its ids are its own"
    # What people asked for in chat or on a page is no system's.
    async with transaction() as session:
        account = await session.get_one(Account, world.accounts["小王"])
        await service.submit(session, account=account, kind="报销", values=EXPENSE, key=f"{oa.name}:P-1", via="page")
    refused(await oa.get("P-1"), 404, "unknown")
    refused(await oa.withdraw("P-1"), 404, "unknown")


async def test_being_signed_in_opens_nothing_and_other_sites_matter_not(oa: Outside, site: Site, world: Office) -> None:
    async with httpx.AsyncClient(base_url=site.url) as browser:
        async with transaction() as session:
            admin = await accounts.ensure_admin(session)
            await accounts.set_password(session, admin, "long enough")
        await browser.post("/login", data={"name": "admin", "password": "long enough"})
        assert (await browser.get("/me")).status_code == 200
        refused(await browser.post(oa.base, json=new("OA-1")), 401, "bad_timestamp")
        refused(await browser.get(f"{oa.base}/OA-1"), 401, "bad_timestamp")
    # A gateway in between may add these; the signature says who it is.
    answer = await oa.post("", new("OA-1"), origin="https://oa.example.com", **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 201
    assert "set-cookie" not in answer.headers


async def test_a_request_that_is_replayed_changes_nothing_more(oa: Outside, site: Site, world: Office) -> None:
    # 李建国 is 主管 and, for this test, 财务 as well.
    await repository_role("财务", world.accounts["李建国"], there=True)
    try:
        await oa.put_in("OA-1")
        told = {"application": "OA-1", "by": "lijianguo", "step": "主管", "verdict": "approved", "words": ""}
        body = json.dumps(told).encode()
        headers = oa.headers(body)
        async with httpx.AsyncClient() as client:
            answers = [await client.post(f"{oa.base}/OA-1/decisions", content=body, headers=headers) for _ in range(3)]
            assert [each.status_code for each in answers] == [200] * 3
            assert answers[-1].json()["step"] == "财务", "once, though he has a place in the next step, too"
            # It holds for what it names, and for nothing else.
            await oa.put_in("OA-2")
            for path in ("/OA-2/decisions", "/OA-1/withdraw", "/OA-2/withdraw", ""):
                answer = await client.post(oa.base + path, content=body, headers=headers)
                assert answer.status_code == 422, path
            empty = oa.headers(b"")
            assert (await client.post(f"{oa.base}/OA-2/withdraw", headers=empty)).status_code == 422
        assert (await oa.get("OA-2")).json()["state"] == "open"
    finally:
        await repository_role("财务", world.accounts["李建国"], there=False)


async def repository_role(role: str, account_id: int, *, there: bool) -> None:
    async with transaction() as session:
        change = repository.put_role if there else repository.remove_role
        await change(session, role, account_id)


# --- what was decided elsewhere ----------------------------------------------------------------------------


async def test_a_decision_made_elsewhere_is_told_in_the_chat(oa: Outside, world: Office) -> None:
    number = (await oa.put_in("OA-1")).json()["number"]
    await work()
    for who in ("小王", "李建国", "小赵"):
        await world.talk(who).cards()
    after = await oa.decide("OA-1", "lijianguo", "approved", words="尽快 13812345678")
    assert after.status_code == 200 and after.json()["step"] == "财务"
    assert after.json()["history"][-1] | {"at": ""} == {
        "event": "approved", "step": "主管", "at": "", "by": "lijianguo", "to": None, "words": "尽快 138****5678",
    }  # fmt: skip
    await work()
    asked, did, following = [
        "\n".join(each for each in await world.talk(who).cards() if f"#{number}" in each)
        for who in ("小王", "李建国", "小赵")
    ]
    assert "李建国同意了，说「尽快 138****5678」。现在到财务（2/2） 小赵那儿" in asked
    assert f"你已经在{oa.name}同意了，这里不用再回" in did
    assert f"小王的申请 #{number}" in following

    refused(await oa.decide("OA-1", "lijianguo", "rejected"), 409, "already")
    refused(await oa.decide("OA-1", "xiaozhao", "approved", step="主管"), 409, "not_asked")
    told = refused(await oa.decide("OA-1", "xiaozhao", "approved", step="老板"), 422, "unknown_step")
    assert told["fields"] == [{"field": "step", "problem": "This application goes through the steps: 主管, 财务."}]
    refused(await oa.decide("OA-1", "nobody", "approved", step="财务"), 422, "unknown_account")
    refused(await oa.decide("OA-1", "xiaowang", "approved", step="财务"), 409, "own")
    refused(await oa.decide("OA-9", "xiaozhao", "approved"), 404, "unknown")
    refused(await oa.decide("OA-1", "xiaozhao", "maybe", step="财务"), 422, "bad_body")
    ended = await oa.decide("OA-1", "xiaozhao", "rejected", step="财务", words="缺发票")
    assert ended.json()["state"] == "rejected"
    assert (await oa.decide("OA-1", "xiaozhao", "rejected", step="财务")).json() == ended.json(), "said again"
    refused(await oa.withdraw("OA-1"), 409, "over")
    assert await state(number) == ("rejected", 1)


async def test_not_before_its_step_and_both_at_once_only_once(oa: Outside, world: Office) -> None:
    number = (await oa.put_in("OA-1")).json()["number"]
    refused(await oa.decide("OA-1", "xiaozhao", "approved", step="财务"), 409, "not_yet")
    both = await asyncio.gather(oa.decide("OA-1", "lijianguo", "approved"), oa.decide("OA-1", "lijianguo", "rejected"))
    assert sorted(each.status_code for each in both) == [200, 409]
    async with transaction() as session:
        events = [each.what for each in await repository.events(session, number)]
    assert sum(what in ("approved", "rejected") for what in events) == 1


async def test_one_is_withdrawn_once(oa: Outside, world: Office) -> None:
    number = (await oa.put_in("OA-1")).json()["number"]
    await work()
    first, again = await oa.withdraw("OA-1"), await oa.withdraw("OA-1")
    assert (first.status_code, first.json()["state"], again.json()) == (200, "withdrawn", first.json())
    refused(await oa.decide("OA-1", "lijianguo", "approved"), 409, "over")
    assert f"#{number} 报销（80 元） 已经撤回（{oa.name}）。" in await world.talk("小王").cards()


async def test_who_is_disabled_neither_asks_nor_decides(oa: Outside, world: Office) -> None:
    name = f"gone{uuid.uuid4().hex[:6]}"
    async with transaction() as session:
        account = await accounts.add_account(session, name)
    made = await oa.put_in("OA-1", applicant=name)
    async with transaction() as session:
        await accounts.disable(session, await session.get_one(Account, account.id))
    assert (await oa.put_in("OA-1", applicant=name)).json()["number"] == made.json()["number"]
    refused(await oa.put_in("OA-2", applicant=name), 422, "unknown_account")
    refused(await oa.decide("OA-1", name, "approved"), 422, "unknown_account")
    refused(await oa.withdraw("OA-1"), 409, "disabled")


# --- calls back --------------------------------------------------------------------------------------------


async def test_calls_back_that_hang_are_tried_again(oa: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", 0.3)
    oa.answers = ["hang", 503]
    number = (await oa.put_in("OA-1")).json()["number"]
    async with transaction() as session:
        (owed,) = await repository.deliveries(session, number)
    waits = []
    for _ in range(3):
        async with transaction() as session:
            await session.execute(update(Delivery).where(Delivery.id == owed.id).values(next_at=now()))
        try:
            await jobs.call_back(Work(payload={"delivery_id": owed.id}, attempt=0, final=False))
        except Later as later:
            waits.append(later.delay)
    assert waits == [timedelta(seconds=10), timedelta(seconds=60)]
    assert [each["event"] for each in oa.heard] == ["submitted"] and oa.refused == 0
    assert oa.heard[0]["application"] == {
        name: value for name, value in (await oa.get("OA-1")).json().items() if name != "history"
    }
    async with transaction() as session:
        assert (await session.get_one(Delivery, owed.id)).state == DeliveryState.DELIVERED
        assert len(await repository.tries(session, owed.id)) == 3


# --- the how-to --------------------------------------------------------------------------------------------

_PAGE = (REPOSITORY / "docs" / "howto" / "connect-an-office-system.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.+?)^```", _PAGE, re.MULTILINE | re.DOTALL)


async def _run(script: str, directory: Path) -> str:
    shell = await asyncio.create_subprocess_exec(
        "sh", "-e", "-c", script, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await shell.communicate()
    assert shell.returncode == 0, err.decode()
    return out.decode()


async def test_the_how_to_is_done_from_beginning_to_end(site: Site, world: Office, tmp_path: Path) -> None:
    port, name = free_port(), f"oa-{uuid.uuid4().hex[:8]}"

    def here(text: str) -> str:
        botbay = str(Path(sys.executable).parent / "botbay")
        places = {".venv/bin/botbay": botbay, ":9000": f":{port}", "http://127.0.0.1:8080": site.url}
        places |= {" system oa ": f" system {name} ", "/office/oa/": f"/office/{name}/", ", 9000)": f", {port})"}
        for shown, real in {**places, "python3 office.py": f"{sys.executable} office.py"}.items():
            text = text.replace(shown, real)
        return text

    adding, listening, function, new, looking, deciding, withdrawing = [here(block) for block in _blocks("sh")]
    assert await _run(adding, tmp_path) == ""
    assert (tmp_path / "oa.secret").stat().st_mode & 0o777 == 0o600
    (receiver,) = _blocks("python")
    (tmp_path / "office.py").write_text(here(receiver))
    program = await asyncio.create_subprocess_exec(*listening.split(), cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        made = [json.loads(await _run(function + new, tmp_path)) for _ in range(2)]
        assert made[0] == made[1]
        (shown,) = [json.loads(block) for block in _blocks("json")]
        assert shown.keys() == made[0].keys() and shown["history"][0].keys() == made[0]["history"][0].keys()
        never = {"number", "history"}
        assert {key: shown[key] for key in shown.keys() - never} == {key: made[0][key] for key in shown.keys() - never}
        assert json.loads(await _run(looking, tmp_path)) == made[0]
        decided = json.loads(await _run(function + deciding, tmp_path))
        assert (decided["step"], decided["history"][-1]["words"]) == ("财务", "尽快")
        assert json.loads(await _run(function + withdrawing, tmp_path))["state"] == "withdrawn"
        # What it was owed comes to the little program; a stranger does not.
        async with httpx.AsyncClient(trust_env=False) as client:
            assert await _answers(client, f"http://127.0.0.1:{port}/hook") == 401
        async with transaction() as session:
            owed = [each.id for each in await repository.deliveries(session, made[0]["number"])]
        for _ in range(2):
            for delivery_id in owed:
                await jobs.call_back(Work(payload={"delivery_id": delivery_id}, attempt=0, final=False))
        assert program.stdout is not None
        heard = [(await asyncio.wait_for(program.stdout.readline(), 20)).decode().split() for _ in owed]
        assert heard == [
            ["submitted", "OA-7", "open"],
            ["approved", "OA-7", "open"],
            ["withdrawn", "OA-7", "withdrawn"],
        ]
    finally:
        program.kill()
        await program.wait()


async def _answers(client: httpx.AsyncClient, url: str) -> int:
    for _ in range(100):
        try:
            return (await client.post(url, content=b"{}")).status_code
        except httpx.ConnectError:
            await asyncio.sleep(0.1)
    raise AssertionError("nobody listens")


def test_the_how_to_tells_every_refusal() -> None:
    told = set(re.findall(r"`([a-z_]+)`", _PAGE.partition("## 出错的时候")[2]))
    assert set(outside.REFUSED) | set(office_api.STATUS) <= told
    assert {"bad_timestamp", "bad_signature", "bad_body", "too_slow", "too_large", "too_many", "away"} <= told


# --- bad input ---------------------------------------------------------------------------------------------


async def test_sizes_and_paces_are_limited(oa: Outside, site: Site, world: Office) -> None:
    refused(await oa.post("", new("OA-1", values={"用途": "x" * 70_000})), 413, "too_large")
    refused(await oa.post("", b" " * 10_000_000), 413, "too_large")
    eager = await system(site)
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            await client.get(f"{eager.base}/none", headers=eager.headers(b""))
        answer = await client.get(f"{eager.base}/none", headers=eager.headers(b""))
    refused(answer, 429, "too_many")
    assert answer.headers["retry-after"] == "10"
    assert (await oa.put_in("OA-1")).status_code == 201, "others go on"


async def test_other_addresses_say_so(oa: Outside, site: Site) -> None:
    async with httpx.AsyncClient() as client:
        for method, path in (("DELETE", f"{oa.base}/OA-1"), ("GET", oa.base), ("POST", f"{site.url}/api/office/x")):
            refused(await client.request(method, path), 404, "no_such_address")
        refused(await client.get(f"{oa.base}/{'x' * 200}", headers=oa.headers(b"")), 404, "unknown")
        refused(await client.get(f"{oa.base}/%00", headers=oa.headers(b"")), 404, "unknown")


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_ANYTHING = st.recursive(
    _LEAVES | st.sampled_from(["80", "2026-12-01", "事假", 10**400, "1e999", "\x00", -0.0, 1e308]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "金额": _ANYTHING,
        "用途": _ANYTHING,
        "类型": _ANYTHING,
        "时间": _ANYTHING | st.fixed_dictionaries({"from": _ANYTHING, "to": _ANYTHING}),
        "事由": _ANYTHING,
        "发票": _ANYTHING,
    },
)
_NEW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["F-1", "F-2"]) | _ANYTHING,
        "applicant": st.sampled_from(["xiaowang", "XiaoWang", " xiaowang"]) | _ANYTHING,
        "kind": st.sampled_from(["报销", "请假", "加班"]) | _ANYTHING,
        "values": _VALUES | _ANYTHING,
    },
    optional={"x": _ANYTHING},
)
_DECISION = st.fixed_dictionaries(
    {
        "application": st.just("F-0") | _ANYTHING,
        "by": st.sampled_from(["lijianguo", "xiaozhao"]) | _ANYTHING,
        "step": st.sampled_from(["主管", "财务"]) | _ANYTHING,
        "verdict": st.sampled_from(["approved", "rejected"]) | _ANYTHING,
    },
    optional={"words": _ANYTHING},
)


def test_no_body_is_answered_by_an_error_of_ours(server: Site) -> None:
    async def made() -> list[Outside]:
        await queue.install()
        async with transaction() as session:
            known = await accounts.find_account(session, "xiaowang")
        if known is None:
            await office()
        systems = [await system(server) for _ in range(4)]
        for each in systems:
            await each.put_in("F-0")
        await dispose()
        return systems

    systems = asyncio.run(made())
    asked = 0

    with httpx.Client() as client:

        def answered(path: str, body: bytes) -> None:
            nonlocal asked
            asked += 1
            by = systems[asked % len(systems)]
            answer = client.post(by.base + path, content=body, headers=by.headers(body))
            assert answer.status_code < 500, (path, body, answer.text)
            assert answer.headers["content-type"] == "application/json"
            if answer.status_code >= 400:
                told = answer.json()
                assert told["error"] and told["message"]

        @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
        @given(_NEW | _ANYTHING, _DECISION | _ANYTHING, st.binary(max_size=60))
        def every(put: Any, decision: Any, raw: bytes) -> None:
            for path, told in (("", put), ("/F-0/decisions", decision)):
                body = json.dumps(told).encode()
                answered(path, body)
                # Somewhere in it something is broken.
                answered(path, body[: len(raw)] + raw + body[len(raw) + 1 :])

        every()
