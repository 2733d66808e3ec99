"""What a request is made of: the parts read out of a sentence, what is missing, and how it is said back."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.heard import Heard
from actions.request_parts import changed_intent, find_kind, find_rooms, free_words, read_parts, what_of
from actions.requests import FEATURES, Request
from botbay.chat.models import Room

NOW = datetime(2026, 11, 22, 17, 0)  # a Sunday
ROOMS = [Room(id=1, topic="产品群"), Room(id=2, topic="产品测试群"), Room(id=3, topic="三年二班家长群")]


def heard(text: str, intent: str = "ask_minutes", **entities: str) -> Heard:
    return Heard(
        text=text,
        intent=intent,
        confidence=0.9,
        ranking=((intent, 0.9),),
        decision="accept",
        options=(),
        entities=tuple({"entity": name, "value": value} for name, value in entities.items()),
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("明天下午三点提醒我交报告", "交报告"),
        ("提醒我明天三点去银行", "去银行"),
        ("三点有个评审会，到时候叫我一下", "有个评审会"),
        ("麻烦你帮我设个提醒，周五之前把合同寄出去", "把合同寄出去"),
        ("嗯明天上午十点叫我就行了", ""),
        ("给我设个提醒", ""),
        ("哎你给我设个提醒哈", ""),
        ("后天早上8点提醒大家带身份证", "带身份证"),
    ],
)
def test_what_is_to_be_done_stands_without_when_and_whom(text: str, what: str) -> None:
    assert what_of(text, NOW) == what


@given(st.text(max_size=60))
def test_any_text_has_something_or_nothing_to_be_done(text: str) -> None:
    assert len(what_of(text, NOW)) <= len(text) + 60
    assert isinstance(free_words(text), str)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要请三天假", "请假"),
        ("下周想休年假", "请假"),
        ("请两天", "请假"),
        ("打车费 86 块帮我报销", "报销"),
        ("申请买两台显示器", "采购"),
        ("周三去上海出差", "出差"),
        ("周末加班报一下", "加班"),
        ("我要提一个申请", None),
        ("请帮我发起一个申请", None),
    ],
)
def test_the_kind_of_an_application_is_read_from_the_sentence(text: str, kind: str | None) -> None:
    assert find_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "said", "found"),
    [
        ("产品群昨天的纪要", "产品群", [1]),
        ("产品测试群昨天的纪要", "产品测试群", [2]),
        ("家长群的纪要", "家长群", [3]),
        ("看看测试那个", None, [2]),
        ("产品的纪要", None, [1, 2]),
        ("火星群的纪要", "火星群", []),
        ("昨天的纪要", None, []),
    ],
)
def test_a_room_is_found_by_its_name_or_a_part_of_it(text: str, said: str | None, found: list[int]) -> None:
    sentence = heard(text, **({"room": said} if said else {}))
    assert [room.id for room in find_rooms(sentence, text, ROOMS, loose=True)] == found


def test_only_what_is_meant_counts_in_a_correction() -> None:
    parts = read_parts(heard("不是产品群，是三年二班家长群", "correct"), "ask_minutes", ROOMS, NOW)
    assert parts["room"] == {"id": 3, "name": "三年二班家长群"}
    parts = read_parts(heard("不是昨天，我说的是上周", "correct"), "ask_minutes", ROOMS, NOW)
    assert parts["time"]["shown"] == "上周"


def test_more_of_the_same_may_go_by_mail_or_be_the_other_thing() -> None:
    assert changed_intent("ask_minutes", "也发一份到邮箱", addressed=False) == "mail_minutes"
    assert changed_intent("ask_minutes", "发到这里", addressed=True) == "mail_minutes"
    assert changed_intent("ask_minutes", "日报也来一份", addressed=False) == "ask_daily_report"
    assert changed_intent("ask_daily_report", "不是日报，是纪要", addressed=False) == "ask_minutes"
    assert changed_intent("find_file", "昨天的呢", addressed=False) == "find_file"


def test_parts_are_asked_for_one_at_a_time_and_only_those_missing() -> None:
    assert Request(intent="create_reminder").missing == "what"
    assert Request(intent="create_reminder", parts={"what": "开会"}).missing == "time"
    assert Request(intent="create_reminder", parts={"what": "开会", "time": {"shown": "明天"}}).missing is None
    assert Request(intent="find_file", parts={"person": "老李"}).missing is None
    assert Request(intent="ask_daily_report").missing is None


@pytest.mark.parametrize("intent", FEATURES)
def test_every_request_can_be_said_back_and_kept_in_a_slot(intent: str) -> None:
    request = Request(
        intent=intent, parts={"time": {"text": "昨天", "shown": "昨天"}, "room": {"id": 1, "name": "产品群"}}
    )
    assert request.words()
    assert Request.of_slot(request.as_slot()) == request
    assert Request.of_slot(None) is None


def test_a_request_is_said_back_as_people_would() -> None:
    room = {"id": 1, "name": "产品群"}
    time = {"text": "昨天", "shown": "昨天（周六）"}
    assert Request(intent="ask_minutes", parts={"time": time, "room": room}).words() == "昨天（周六）、产品群的纪要"
    mailed = Request(intent="mail_minutes", parts={"time": time, "room": room, "email": "lin@example.com"})
    assert mailed.words() == "把昨天（周六）、产品群的纪要发到 lin@example.com"
    assert Request(intent="mail_report", parts={"email": ""}).words() == "把日报发到你的邮箱"
    reminder = {"time": {"text": "明天三点", "shown": "明天（周一）15:00"}, "what": "交报告"}
    assert Request(intent="create_reminder", parts=reminder).words() == "明天（周一）15:00提醒你交报告"
