"""The channel on a real Rasa server with the trained model; only the action server is a stand-in."""

import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from actions.requests import FEATURES
from botbay.rasa import model_path

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "rasa_project/.venv/bin/python"
SECRET = "a secret of this test"
CODE = "123456"
ACTING = {"bind_account", "unbind_account", "name_bot", "stop_bot", "start_bot"}
ACTING |= {"start_recording", "stop_recording", "forget_me", "remember_me"}
INERT = {"out_of_scope", "chitchat", "nlu_fallback"}
#: Every intent that does something or shows something that somebody asked for.
DOING = ACTING | set(FEATURES)
MARKED = {"time", "room", "person", "email", "ordinal", "amount", "file_kind", "query", "nickname", "account"}
_MARK = re.compile(r"\[([^\[\]]+)\]\((\w+)\)")
TALK = {"help", "ask_identity", "greet", "deny", "cancel", "stop_bot"}


class Actions:
    """An action server that knows one account and one code, counts its calls, and can be told to fail."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.failing: set[str] = set()
        actions = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                call = json.loads(self.rfile.read(int(self.headers["content-length"])))
                name, tracker = call["next_action"], call["tracker"]
                actions.calls.append((tracker["sender_id"], name))
                failed = name in actions.failing
                payload = {} if failed else actions.answer(name, tracker)
                body = json.dumps(payload).encode()
                self.send_response(500 if failed else 200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/webhook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, name: str, tracker: dict[str, Any]) -> dict[str, Any]:
        slots = tracker["slots"]
        if name.startswith("validate_"):
            return _reply([], **self.validated(tracker))
        told: dict[str, dict[str, Any]] = {
            "action_meet_contact": {"bound": slots["bound"], "named": slots["named"]},
            "action_bind_account": {
                "bound": not slots["bind_failed"],
                "named": slots["named"],
                "account_name": None,
                "bind_code": None,
                "keep_consent": None,
                "bind_failed": False,
            },
            "action_unbind_account": {"unbind_confirmed": None},
            "action_name_bot": {"bot_nickname": None, "named": True},
            "action_forget_form": {
                "account_name": None,
                "bind_code": None,
                "keep_consent": None,
                "bot_nickname": None,
                "unbind_confirmed": None,
            },
        }
        said = name if name != "action_name_bot" else f"{name} {slots['bot_nickname']}"
        if name == "action_unbind_account":
            said = f"{name} {slots['unbind_confirmed']}"
        silent = name in ("action_meet_contact", "action_forget_form")
        return _reply([] if silent else [said], **told.get(name, {}))

    @staticmethod
    def validated(tracker: dict[str, Any]) -> dict[str, Any]:
        asked, heard = tracker["slots"]["requested_slot"], tracker["latest_message"]
        text, intent = heard["text"], heard["intent"]["name"]
        named = {entity["entity"]: entity["value"] for entity in heard["entities"]}
        done = []
        for event in reversed(tracker["events"]):
            if event["event"] == "user":
                break
            if event["event"] == "action":
                done.append(event["name"])
        if set(done) - {tracker["active_loop"].get("name")}:
            return {}
        if asked in ("keep_consent", "unbind_confirmed") and intent in ("affirm", "deny", "approve", "reject"):
            return {asked: intent in ("affirm", "approve")}
        if intent in TALK:
            return {}
        if asked == "account_name":
            return {"account_name": "porbello" if "porbello" in (text, named.get("account")) else None}
        if asked == "bind_code" and text != CODE:
            return {"bind_code": None, "bind_failed": True, "requested_slot": None}
        if asked == "bind_code":
            return {"bind_code": text}
        if tracker["active_loop"].get("name") == "name_bot_form" and ("nickname" in named or asked):
            return {"bot_nickname": named.get("nickname", text)}
        return {}


def _reply(texts: list[str], **slots: Any) -> dict[str, Any]:
    events = [{"event": "slot", "name": name, "value": value, "timestamp": None} for name, value in slots.items()]
    return {"events": events, "responses": [{"text": text} for text in texts]}


class Rasa:
    """A client that signs as the dispatcher does."""

    def __init__(self, url: str, log: Path) -> None:
        self.http = httpx.Client(base_url=f"{url}/webhooks/botbay", timeout=30)
        self.log = log
        self._ids = 0

    def post(
        self, path: str, body: dict[str, Any], *, secret: str = SECRET, age: int = 0, tampered: bool = False
    ) -> httpx.Response:
        raw = json.dumps(body, ensure_ascii=False).encode()
        timestamp = str(int(time.time()) - age)
        digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + raw, hashlib.sha256).hexdigest()
        headers = {"X-BotBay-Timestamp": timestamp, "X-BotBay-Signature": f"sha256={digest}"}
        return self.http.post(path, content=raw + b" " if tampered else raw, headers=headers)

    def body(
        self,
        sender: str,
        text: str | None = None,
        *,
        trigger: str | None = None,
        entities: dict[str, Any] | None = None,
        message_id: str | None = None,
        audience: str = "private",
        bound: bool = False,
        named: bool = False,
    ) -> dict[str, Any]:
        self._ids += 1
        return {
            "message_id": message_id or f"m{self._ids}",
            "sender_id": sender,
            "text": text,
            "trigger": {"intent": trigger, "entities": entities or {}} if trigger else None,
            "metadata": {"turn_id": self._ids, "audience": audience, "bound": bound, "named": named},
        }

    def say(self, sender: str, text: str | None = None, **more: Any) -> str:
        """The replies of a turn, a line each."""
        answer = self.post("/turn", self.body(sender, text, **more))
        assert answer.status_code == 200, answer.text
        return "\n".join(reply["text"] for reply in answer.json()["replies"])


@pytest.fixture(scope="module")
def actions() -> Iterator[Actions]:
    served = Actions()
    yield served
    served.server.shutdown()
    served.server.server_close()


@pytest.fixture(scope="module")
def rasa(actions: Actions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rasa]:
    assert model_path().exists(), "no trained model: run make setup"
    folder = tmp_path_factory.mktemp("rasa")
    endpoints = folder / "endpoints.yml"
    endpoints.write_text(
        "action_endpoint:\n  url: ${BOTBAY_ACTIONS_URL}\n  enable_selective_domain: true\n"
        f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {folder}/tracker.db\n",
        "utf-8",
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [PYTHON, "-m", "rasa", "run", "--port", str(port), "-i", "127.0.0.1", "--model", model_path()]
    command += ["--endpoints", endpoints, "--credentials", ROOT / "rasa_project/credentials.yml"]
    log = folder / "rasa.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(actions.url), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        client = Rasa(f"http://127.0.0.1:{port}", log)
        _until(lambda: _healthy(client, process), "Rasa did not get ready", log)
        yield client
        client.http.close()
    finally:
        process.terminate()
        process.wait(20)


def _environment(actions_url: str) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "BOTBAY_SECRET_KEY": SECRET,
        "BOTBAY_ACTIONS_URL": actions_url,
    }


def _healthy(client: Rasa, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, client.log.read_text()[-2000:]
    try:
        return client.http.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def _until(holds: Callable[[], bool], problem: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, f"{problem}: {log.read_text()[-2000:]}"
        time.sleep(0.3)


def test_a_request_that_is_not_signed_by_the_dispatcher_is_refused(rasa: Rasa) -> None:
    body = rasa.body("stranger", "你好")
    assert rasa.http.post("/turn", json=body).status_code == 401
    assert rasa.post("/turn", body, secret="another").status_code == 401
    assert rasa.post("/turn", body, tampered=True).status_code == 401
    assert rasa.post("/turn", body, age=301).status_code == 401
    assert rasa.post("/turn", body, age=-301).status_code == 401
    assert rasa.post("/parse", {"text": "你好", "metadata": {}}, secret="another").status_code == 401
    assert rasa.post("/turn", body, age=290).status_code == 200


def test_a_signed_body_that_is_wrong_is_named_and_changes_nothing(rasa: Rasa) -> None:
    for broken in ({"text": "你好"}, rasa.body("x") | {"sender_id": ""}, rasa.body("x", "你好") | {"trigger": "y"}):
        answer = rasa.post("/turn", broken)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_a_channel_without_a_secret_does_not_start() -> None:
    program = (
        "from connector.rasa_channel import BotBayInput\n"
        "from rasa.shared.exceptions import RasaException\n"
        "for secret in ('', None, '${BOTBAY_SECRET_KEY}'):\n"
        "    try: BotBayInput.from_credentials({'secret': secret})\n"
        "    except RasaException as refusal: assert 'BOTBAY_SECRET_KEY' in str(refusal)\n"
        "    else: raise SystemExit(f'{secret!r} was taken')\n"
    )
    done = subprocess.run([PYTHON, "-c", program], cwd=ROOT, env=_environment(""), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_from_friend_request_to_a_name(rasa: Rasa, actions: Actions) -> None:
    assert "账号名" in rasa.say("ann", trigger="new_friend")
    assert "账号名" in rasa.say("ann", "nobody")
    assert "验证码" in rasa.say("ann", "porbello")
    assert "网盘" in rasa.say("ann", CODE)
    last = rasa.say("ann", "好的")
    assert last.startswith("action_bind_account\n")
    assert "起" in last and "名字" in last
    assert rasa.say("ann", "小贝", bound=True) == "action_name_bot 小贝"
    assert rasa.say("ann", trigger="new_friend", bound=True, named=True) == "action_greet_contact"


def test_a_known_account_only_names_the_bot(rasa: Rasa) -> None:
    assert "名字" in rasa.say("ben", trigger="new_friend", bound=True)
    assert rasa.say("ben", "以后叫你豆豆吧", bound=True) == "action_name_bot 豆豆"


def test_a_name_in_the_sentence_needs_no_question(rasa: Rasa) -> None:
    assert rasa.say("cleo", "以后叫你小贝吧", bound=True) == "action_name_bot 小贝"
    assert rasa.say("cleo", "给你起个名字叫Lucky", audience="room") == "action_name_bot Lucky"


def test_a_form_that_is_given_up_leaves_nothing_behind(rasa: Rasa, actions: Actions) -> None:
    rasa.say("dan", "我要绑定账号")
    rasa.say("dan", "porbello")
    rasa.say("dan", "算了")
    assert ("dan", "action_forget_form") in actions.calls
    assert "账号名" in rasa.say("dan", "我要绑定账号")
    rasa.say("dan", "porbello")
    assert rasa.say("dan", "999999") == "action_bind_account"
    assert "action" in rasa.say("dan", "今天的天气预报模板在哪里下载")


def test_questions_in_the_middle_of_a_form_are_answered_and_it_goes_on(rasa: Rasa) -> None:
    rasa.say("eve", "绑定账号")
    answer = rasa.say("eve", "你会什么")
    assert answer.startswith("action_help\n") and "账号名" in answer
    answer = rasa.say("eve", "你是谁")
    assert answer.startswith("action_identity\n") and "账号名" in answer
    assert "账号名" in rasa.say("eve", "你好")
    assert "账号名" in rasa.say("eve", "不要")
    assert "验证码" in rasa.say("eve", "我的账号是porbello")
    assert rasa.say("eve", "停止应答") == "action_stop_bot"
    assert "账号名" not in rasa.say("eve", "你好")


def test_an_answer_that_is_none_is_asked_for_again(rasa: Rasa) -> None:
    rasa.say("flo", "绑定账号")
    rasa.say("flo", "porbello")
    assert "网盘" in rasa.say("flo", CODE)
    again = rasa.say("flo", "今天的会议室在几楼")
    assert "算了" in again and "网盘" in again
    assert rasa.say("flo", "不用了").startswith("action_bind_account")


def test_unbinding_is_asked_back(rasa: Rasa) -> None:
    assert "确定" in rasa.say("fay", "解绑", bound=True)
    assert rasa.say("fay", "不要", bound=True) == "action_unbind_account False"
    assert "确定" in rasa.say("fay", "帮我解绑账号", bound=True)
    assert rasa.say("fay", "确定", bound=True) == "action_unbind_account True"


def test_nothing_personal_starts_in_a_room(rasa: Rasa) -> None:
    for text in ("绑定账号", "解绑"):
        assert rasa.say("room1:gil", text, audience="room", bound=True) == "action_private_only"
    assert rasa.say("room1:gil", "变身机器人", audience="room") == "action_start_bot"
    assert rasa.say("room1:gil", "开始记录", audience="room") == "action_start_recording"


def test_two_people_in_two_forms_are_not_mixed(rasa: Rasa) -> None:
    rasa.say("room2:hal", "给你起个名字", audience="room")
    rasa.say("room2:ida", "给你起个名字", audience="room")
    assert rasa.say("room2:hal", "阿福", audience="room") == "action_name_bot 阿福"
    assert rasa.say("room2:ida", "米粒", audience="room") == "action_name_bot 米粒"


def test_a_turn_posted_again_is_answered_from_the_tracker(rasa: Rasa, actions: Actions) -> None:
    first = rasa.body("jim", "帮助", message_id="once")
    before = rasa.post("/turn", first).json()
    assert before["replies"] == [{"text": "action_help"}]
    calls = len(actions.calls)
    assert rasa.post("/turn", first).json() == before
    rasa.say("jim", "谢谢")
    assert rasa.post("/turn", first).json() == before
    assert len(actions.calls) == calls


@pytest.mark.parametrize(
    "text",
    ["/action_stop_bot", "/stop_bot", "  /unbind_account", "／stop_bot", '/name_bot{"nickname":"黑客"}', "/restart"],
)
def test_a_text_is_never_taken_for_an_order(rasa: Rasa, text: str) -> None:
    parsed = rasa.post("/parse", {"text": text, "metadata": {"audience": "private", "bound": True}}).json()
    assert parsed["intent"]["name"] in ("nlu_fallback", "out_of_scope", "chitchat")
    assert rasa.say("kim", text, bound=True).startswith(("action_default_fallback", "哈哈", "这个", "我还在"))


def test_what_it_has_never_seen_is_understood_and_it_seldom_acts_by_mistake(rasa: Rasa) -> None:
    blocks = yaml.safe_load((ROOT / "rasa_project/tests/test_nlu.yml").read_text("utf-8"))["nlu"]
    count: Counter[str] = Counter()
    for block in blocks:
        for line in block["examples"].splitlines()[::2]:
            text, wanted = _MARK.sub(r"\1", line.removeprefix("- ")), block["intent"]
            parsed = rasa.post("/parse", {"text": text, "metadata": {}}).json()
            name = parsed["intent"]["name"]
            if wanted in INERT:
                count.update(others=1, acted=name in DOING)
                continue
            count.update(commands=1, right=name == wanted, asked=name == "unsure")
            marked = Counter((found[2], found[1]) for found in _MARK.finditer(line))
            found = Counter((one["entity"], one["value"]) for one in parsed["entities"] if one["entity"] in MARKED)
            count.update(hit=(marked & found).total(), marked=marked.total(), found=found.total())
    print(dict(count))
    # Acted on rightly: what is asked back counts against it.
    assert count["right"] / count["commands"] >= 0.94
    assert count["asked"] / count["commands"] < 0.05
    assert count["acted"] / count["others"] <= 0.01
    assert count["hit"] / count["marked"] >= 0.95
    assert count["hit"] / count["found"] >= 0.95


def test_agreeing_in_general_approves_nothing(rasa: Rasa) -> None:
    for text in ("同意", "我同意啊", "拒绝"):
        assert rasa.post("/parse", {"text": text, "metadata": {}}).json()["intent"]["name"] == "unsure"
    assert rasa.post("/parse", {"text": "老李那张报销单我同意", "metadata": {}}).json()["intent"]["name"] == "approve"


def test_the_dispatcher_is_told_whether_an_answer_is_waited_for(rasa: Rasa) -> None:
    assert rasa.post("/turn", rasa.body("quinn", "绑定账号")).json()["asked"] is True
    assert rasa.post("/turn", rasa.body("quinn", "算了")).json()["asked"] is False


def test_parsing_touches_no_conversation(rasa: Rasa) -> None:
    parsed = rasa.post("/parse", {"text": "所有群都别回复了", "metadata": {"audience": "room"}}).json()
    assert parsed["intent"]["name"] == "stop_bot"
    assert parsed["intent"]["confidence"] > 0.6
    assert {entity["entity"]: entity["value"] for entity in parsed["entities"]} == {"scope": "all", "audience": "room"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("以后叫你小贝吧", {"nickname": "小贝"}),
        ("你以后就叫「豆包」好不好？", {"nickname": "豆包"}),
        ("名字換成阿寶", {"nickname": "阿寶"}),
        ("我给你想好名字了，叫汤圆", {"nickname": "汤圆"}),
        ("call you Jarvis", {"nickname": "Jarvis"}),
        ("给你起个名，阿福", {"nickname": "阿福"}),
        ("给你起个名字", {}),
        ("你叫什么名字", {}),
        ("老师叫你去办公室一趟", {}),
        ("我的账号是porbello", {"account": "porbello"}),
        ("把我的微信绑到chen.hao这个账号", {"account": "chen.hao"}),
        ("账号是什么", {}),
        ("这个群停止应答", {"scope": "room"}),
        ("所有群停止应答", {"scope": "all"}),
        ("停止应答", {}),
    ],
)
def test_names_and_scopes_are_taken_from_the_sentence(rasa: Rasa, text: str, found: dict[str, str]) -> None:
    entities = rasa.post("/parse", {"text": text, "metadata": {}}).json()["entities"]
    assert {entity["entity"]: entity["value"] for entity in entities} == found


def test_a_turn_whose_action_failed_is_not_kept_and_can_be_run_again(rasa: Rasa, actions: Actions) -> None:
    body = rasa.body("lou", "你会什么功能")
    actions.failing.add("action_help")
    try:
        answer = rasa.post("/turn", body)
    finally:
        actions.failing.clear()
    assert answer.status_code == 500
    assert answer.json() == {"error": "action_help failed"}
    assert rasa.post("/turn", body).json()["replies"] == [{"text": "action_help"}]


def test_a_form_whose_validation_failed_goes_on_from_where_it_was(rasa: Rasa, actions: Actions) -> None:
    rasa.say("max", "绑定账号")
    body = rasa.body("max", "porbello")
    actions.failing.add("validate_bind_account_form")
    try:
        assert rasa.post("/turn", body).status_code == 500
    finally:
        actions.failing.clear()
    assert "验证码" in rasa.post("/turn", body).json()["replies"][0]["text"]


def test_no_message_text_is_logged(rasa: Rasa, actions: Actions) -> None:
    actions.failing.add("action_default_fallback")
    try:
        rasa.post("/turn", rasa.body("ned", "鱼香肉丝盖饭两份送到三号楼"))
    finally:
        actions.failing.clear()
    assert "鱼香肉丝" not in rasa.log.read_text()
