"""What a request is made of: the parts read out of a sentence, what is missing, and how it is said back."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.heard import Heard
from actions.request_parts import changed_intent, find_kind, find_rooms, free_words, named_in, read_parts, what_of
from actions.request_rooms import only_names_room
from actions.request_times import read_span, read_time
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
        ("我想让你提醒我一件事", ""),
        ("提醒我想想方案", "想想方案"),
        ("明天提醒我记账", "记账"),
        ("下午提醒我发通知", "发通知"),
        ("提醒我设计海报", "设计海报"),
        ("提醒我给我妈打电话", "给我妈打电话"),
        ("下周一提醒我建行还款", "建行还款"),
        ("晚上八点提醒我去酒吧", "去酒吧"),
        ("明天提醒我整理上周的报表", "整理上周的报表"),
        ("提醒我交周五的会议材料", "交周五的会议材料"),
        ("remind me to call Bob", "call Bob"),
        ("明天下午三点开会，到时候提醒我一下", "开会"),
        ("帮我设个明天早上八点的闹钟", ""),
        ("定个后天下午五点接孩子的闹钟", "接孩子"),
        ("记个待办：周报", "周报"),
        ("半小时后叫我", ""),
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


def test_a_year_in_the_name_of_a_room_is_no_time() -> None:
    said = heard("我要看三年二班家长群的", room="三年二班家长群", time="三年")
    assert read_parts(said, "ask_minutes", ROOMS, NOW) == {"room": {"id": 3, "name": "三年二班家长群"}}


def test_what_is_taken_back_in_the_middle_of_a_sentence_does_not_count() -> None:
    assert read_parts(heard("产品测试群，哦不，三年二班家长群"), "ask_minutes", ROOMS, NOW) == {
        "room": {"id": 3, "name": "三年二班家长群"}
    }
    parts = read_parts(heard("明天，不对，后天三点提醒我开会", "create_reminder"), "create_reminder", ROOMS, NOW)
    assert (parts["time"]["text"], parts["what"]) == ("后天三点", "开会")


@pytest.mark.parametrize(
    ("text", "who"),
    [("老李那张报销单我不方便批，转给别人吧", None), ("老李那张单子转给王总批", "王总"), ("让王总来批", "王总")],
)
def test_an_approval_goes_to_whom_it_is_given(text: str, who: str | None) -> None:
    people = [{"entity": "person", "value": name} for name in ("老李", "王总") if name in text]
    said = replace(heard(text, "transfer_approval"), entities=tuple(people))
    assert read_parts(said, "transfer_approval", ROOMS, NOW).get("person") == who


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("那三年二班家长群的", True),
        ("测试群呢", True),
        ("产品群", True),
        ("测试群什么时候开会", False),
        ("群呢", False),
    ],
)
def test_a_sentence_may_say_nothing_but_which_room(text: str, only: bool) -> None:
    assert only_names_room(text, ROOMS) == only


@pytest.mark.parametrize(
    ("text", "person", "whom", "what"),
    [
        ("提醒小王明天交表", "小王", "小王", "交表"),
        ("明天提醒我通知李姐交表", "李姐", None, "通知李姐交表"),
        ("提醒我叫小王开会", "小王", None, "叫小王开会"),
        ("明天提醒我给大家买早餐", None, None, "给大家买早餐"),
        ("后天早上8点提醒大家带身份证", None, "大家", "带身份证"),
    ],
)
def test_who_is_reminded_and_who_it_is_about(text: str, person: str | None, whom: str | None, what: str) -> None:
    said = heard(text, "create_reminder", **({"person": person} if person else {}))
    parts = read_parts(said, "create_reminder", ROOMS, NOW)
    assert (parts.get("person"), parts["what"]) == (whom, what)


def test_mail_for_somebody_else_waits_for_their_address() -> None:
    other = read_parts(heard("把昨天的纪要发给李总邮箱", "mail_minutes", person="李总"), "mail_minutes", ROOMS, NOW)
    assert other["addressee"] == "李总"
    own = read_parts(heard("老李说的那个纪要发我邮箱", "mail_minutes", person="老李"), "mail_minutes", ROOMS, NOW)
    assert "addressee" not in own
    both = replace(
        heard("纪要发给li@a.com和wang@b.com", "mail_minutes"),
        entities=({"entity": "email", "value": "li@a.com"}, {"entity": "email", "value": "wang@b.com"}),
    )
    assert read_parts(both, "mail_minutes", ROOMS, NOW)["email"] == "li@a.com，wang@b.com"


@pytest.mark.parametrize(
    ("text", "intent", "time"),
    [
        ("我要请三天年假，下周一到周三", "submit_application", "下周一到周三"),
        ("我要请三天年假", "submit_application", "三天"),
        ("把3点的提醒改到4点", "snooze_reminder", "4点"),
        ("明天的会推迟到后天提醒", "snooze_reminder", "后天"),
    ],
)
def test_of_several_times_the_one_that_is_asked_for_counts(text: str, intent: str, time: str) -> None:
    assert read_parts(heard(text, intent), intent, ROOMS, NOW)["time"]["text"] == time


def test_a_room_without_a_name_of_its_own_is_not_any_room() -> None:
    rooms = [Room(id=1, topic="大群"), Room(id=2, topic="产品群")]
    assert find_rooms(heard("研发群的纪要", room="研发群"), "研发群的纪要", rooms, loose=True) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [("不是小北，是小贝", ["小贝"]), ("不对，我要看今天的日报", []), ("不是，明天再说", [])],
)
def test_a_correction_after_naming_gives_a_name_or_is_about_something_else(text: str, named: list[str]) -> None:
    said = heard(text, "correct", **({"time": "明天"} if "明天" in text else {}))
    assert [each["value"] for each in named_in(said)] == named


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
def test_every_request_can_be_kept_in_a_slot(intent: str) -> None:
    request = Request(
        intent=intent, parts={"time": {"text": "昨天", "shown": "昨天"}, "room": {"id": 1, "name": "产品群"}}
    )
    assert Request.of_slot(request.as_slot()) == request
    assert Request.of_slot(None) is None


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("今天的纪要", {"text": "今天"}),
        ("纪要", None),
        ("会议纪要", None),
        ("昨天会议纪要发我", {"text": "昨天"}),
        ("昨天下午那场的纪要", {"text": "昨天下午", "talk": "yes"}),
        ("三点的会讲了啥", {"text": "三点", "talk": "yes"}),
        ("上次纪要之后说了啥", {"from": "minutes"}),
        ("最近一次纪要之后呢", {"from": "minutes"}),
        ("上次之后又说了什么", {"from": "minutes"}),
        ("我不在的时候说了啥", {"from": "spoken"}),
        ("我错过了什么", {"from": "spoken"}),
        ("刚才我不在，说啥了", {"from": "spoken"}),
        ("我昨天不在，说了啥", {"text": "昨天"}),
        ("给小周补一下他错过的内容", None),
    ],
)
def test_which_span_of_talk_minutes_are_asked_for(text: str, about: dict[str, str] | None) -> None:
    found = read_span(text, text, read_time(heard(text), text, "ask_minutes", NOW))
    if about is None:
        assert found is None
    else:
        assert found is not None
        kept = {name: found.get(name) for name in ("from", "talk")} | {name: found[name] for name in about}
        assert kept == {"from": None, "talk": None} | about
