"""What sentences name: each entity with its exact words, never an exception, never slow."""

import random
import re
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botbay.zh.time import parse
from rasa_project.components.finding import find_entities

HERE = Path(__file__).parent
BASE = datetime(2026, 11, 24, 10)
_MARK = re.compile(r"\[([^\]]+)\]\((\w+)\)")


def lines(path: str) -> list[str]:
    return [line for line in (HERE / path).read_text("utf-8").splitlines() if line and not line.startswith("#")]


def marked(line: str) -> tuple[str, str, list[tuple[str, str]]]:
    """The intent, the sentence and its entities."""
    intent, sentence = line.split(": ", 1)
    return intent, _MARK.sub(r"\1", sentence), [(name, value) for value, name in _MARK.findall(sentence)]


@pytest.mark.parametrize("line", lines("entities.txt") + lines("moments.txt"))
def test_what_a_sentence_names(line: str) -> None:
    intent, sentence, wanted = marked(line)
    assert [(each["entity"], each["value"]) for each in find_entities(sentence, intent)] == wanted


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("第一个", 1),
        ("第十二条", 12),
        ("第2份", 2),
        ("最后一个", -1),
        ("倒数第二个", -2),
        ("前者", 1),
        ("后者", -1),
        ("上面那个", 1),
        ("下面那条", -1),
        ("②", 2),
        ("3️⃣", 3),
        ("就2吧", 2),
        ("选三", 3),
        ("2号那个", 2),
        ("二十", 20),
    ],
)
def test_which_one_of_a_list(text: str, number: int) -> None:
    [found] = find_entities(text, "choose")
    assert (found["entity"], found["number"]) == ("ordinal", number)


@pytest.mark.parametrize(
    ("text", "number"),
    [("the second one", 2), ("the 3rd", 3), ("中间的", 2), ("底下那张", -1), ("顶上的", 1), ("上面一张", 1)],
)
def test_a_place_is_a_choice_only_where_one_is_asked_for(text: str, number: int) -> None:
    [found] = find_entities(text, "choose")
    assert (found["entity"], found["number"]) == ("ordinal", number)
    assert find_entities(text, "read_image") == []


@pytest.mark.parametrize("text", ["早晨啊", "今天辛苦了", "88", "以后叫你小贝"])
def test_small_talk_names_nothing_where_it_is_sure_to_be_that(text: str) -> None:
    assert find_entities(text, "greet") == []
    assert [each["value"] for each in find_entities(text, "greet", sure=False)] in ([text[:2]], ["88"], ["小贝"])


@pytest.mark.parametrize("text", ["你叫账房先生，记住喽", "以后喊你旺财行不行", "改叫铁蛋吧", "小招财，这就是你的名儿"])
def test_only_what_names_the_bot_holds_a_name(text: str) -> None:
    assert [each["entity"] for each in find_entities(text, "name_bot")] == ["nickname"]
    assert all(each["entity"] != "nickname" for each in find_entities(text, "out_of_scope"))


@pytest.mark.parametrize(
    "text", ["绑定我的OA账号", "bind my account please", "验证码是123456", "账号是什么", "link一下app"]
)
def test_common_words_are_no_accounts(text: str) -> None:
    assert find_entities(text, "bind_account") == []


@pytest.mark.parametrize("text", ["第二天", "第三方", "第一次", "第一批货到了", "20号", "第四季度", "第一时间"])
def test_what_only_counts_is_no_choice(text: str) -> None:
    assert [each for each in find_entities(text, "ask_minutes") if each["entity"] == "ordinal"] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("那个PDF呢", "pdf"),
        ("找word文档", "document"),
        ("上次的Excel表格", "sheet"),
        ("幻灯片在哪", "slides"),
        ("找照片", "image"),
        ("昨天的录屏", "video"),
        ("语音找一下", "audio"),
        ("压缩包发我", "archive"),
        ("谁发的链接", "link"),
    ],
)
def test_kinds_of_files(text: str, kind: str) -> None:
    [found] = [each for each in find_entities(text, "find_file") if each["entity"] == "file_kind"]
    assert found["kind"] == kind


def test_words_to_search_for_only_where_something_is_looked_for() -> None:
    names = {each["entity"] for each in find_entities("昨天的采购合同pdf", "find_file")}
    assert names == {"time", "query", "file_kind"}
    assert {each["entity"] for each in find_entities("昨天的采购合同pdf", "ask_minutes")} == {"time"}
    assert {each["entity"] for each in find_entities("昨天的采购合同pdf")} == {"time"}


@pytest.mark.parametrize(
    "text",
    [
        *[line.split("|")[1].strip() for name in ("dev", "blind", "later") for line in lines(f"zh/times_{name}.txt")],
        *lines("zh/no_times.txt"),
    ],
)
def test_times_are_those_that_are_worked_out_later(text: str) -> None:
    found = [each["value"] for each in find_entities(text) if each["entity"] == "time"]
    assert found in [[each.text for each in parse(text, BASE, prefer)] for prefer in ("past", "future")]


@pytest.mark.parametrize("line", [line for line in lines("entities.txt") if "](time)" in line])
def test_what_is_found_can_be_worked_out_by_itself(line: str) -> None:
    for value, name in _MARK.findall(line):
        if name == "time":
            assert [value] in [[each.text for each in parse(value, BASE, prefer)] for prefer in ("past", "future")]


_WORDS = st.sampled_from(
    [
        *"张三李四王总群第一二个天周月点半上下今明后前的在把给找发@12:.,-号万块元年组班 ",
        "提醒",
        "采购合同",
        "下午",
        "每",
        "pdf",
        "📊",
        "㎡",
        "ｶﾞ",
        "İ",
        "\0",
    ]
)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(st.text(max_size=400), st.lists(_WORDS, max_size=200).map("".join)),
    st.sampled_from(
        [
            *(None, "find_file", "find_message", "choose", "approve", "name_bot", "bind_account", "create_reminder"),
            *("transfer_approval", "submit_application", "follow_up"),
        ]
    ),
)
def test_any_text_is_read_in_bounded_time(text: str, intent: str | None) -> None:
    # A busy machine may slow one reading down; a text that backtracks is slow each time.
    for _ in range(3):
        before = time.process_time()
        found: list[dict[str, Any]] = find_entities(text, intent)
        if (took := time.process_time() - before) < 0.5:
            break
    assert took < 0.5
    assert all(each["value"] == text[each["start"] : each["end"]] and each["value"] for each in found)
    assert all(first["end"] <= second["start"] for first, second in pairwise(found))


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "一",
        "上",
        "三点",
        "明天",
        "小王",
        "群",
        "第一",
        "每周",
        "发给",
        "的",
        "@",
        "a.",
        "1.",
        " ",
        "叫你",
        "名字",
        "下班",
        "财务",
        "1 ",
        "tomorrow ",
    ],
)
def test_what_repeats_is_read_in_bounded_time(text: str) -> None:
    for intent in ("find_file", "name_bot", "create_reminder", "transfer_approval", "bind_account"):
        before = time.process_time()
        find_entities(text * 300, intent)
        assert time.process_time() - before < 0.1


def test_few_words_in_any_order_are_read_in_bounded_time() -> None:
    chance = random.Random(7)
    alphabet = "张三李四王总群第一二个天周月点半上下今明后前的在把给找发说@12:.,-号万块元年组班 提醒采购合同下午每pdf"
    for _ in range(400):
        few = chance.choices(alphabet, k=chance.choice([1, 2, 3, 5, 40]))
        text = "".join(chance.choices(few, k=300))
        before = time.process_time()
        find_entities(text, "find_file")
        assert time.process_time() - before < 0.1


def test_ordinary_sentences_cost_next_to_nothing() -> None:
    sentences = [marked(line) for line in lines("entities.txt")]
    spent = []
    for intent, sentence, _ in sentences * 3:
        before = time.process_time_ns()
        find_entities(sentence, intent)
        spent.append(time.process_time_ns() - before)
    assert sorted(spent)[len(spent) // 2] < 200_000
