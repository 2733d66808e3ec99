"""The tagger learns from marked sentences; it runs in Rasa's environment, so what it finds comes from there."""

import json
import subprocess
from random import Random
from typing import Any

import pytest

from botbay.rasa import PYTHON, ROOT
from rasa_project.components.spans import Span, clean
from rasa_project.components.variants import vary

_TRAINING = """\
import json, sys
from pathlib import Path
from rasa_project.components.finding import find_entities
from rasa_project.components.learning import learn
from rasa_project.components.spans import Span
from rasa_project.components.tagger import Tagger

folder = Path(sys.argv[1])
names = ["云中鹤", "铁拐李", "镇关西", "插翅虎", "拼命三郎", "豹子头", "花和尚", "青面兽"]
marked = [(f"麻烦{name}盯一下进度", "create_reminder", [Span("person", 2, 2 + len(name))]) for name in names]
marked += [("麻烦你盯一下进度", "create_reminder", []), ("盯一下进度", "create_reminder", [])] * 4
plain = [("把进度发给老李", "create_reminder", None)]
for file in ("one", "two"):
    learn(folder / file, marked + plain, 2, 10)
tagger = Tagger(folder / "one")
(folder / "one").unlink()
again = Tagger(folder / "two")
texts = ["麻烦玉麒麟盯一下进度", "麻煩玉麒麟盯一下進度", "麻烦你盯一下进度", "", " ", "明天三点提醒我", "㎡\\0📊" * 150]
print(json.dumps([[find_entities(text, "create_reminder", True, each) for text in texts] for each in (tagger, again)]))
print(json.dumps([find_entities(text, "create_reminder") for text in texts]))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What two taggers trained alike find, and what the rules do."""
    command = [str(PYTHON), "-c", _TRAINING, str(tmp_path_factory.mktemp("tagger"))]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def values(entities: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["entity"], each["value"]) for each in entities]


def test_a_name_never_seen_is_found_where_names_stand(found: list[Any]) -> None:
    [tagged, _], ruled = found
    assert values(ruled[0]) == []
    assert values(tagged[0]) == [("person", "玉麒麟")]
    assert (tagged[1][0]["value"], tagged[1][0]["start"], tagged[1][0]["end"]) == ("玉麒麟", 2, 5)
    assert values(tagged[2]) == []


def test_times_stay_as_the_rules_find_them(found: list[Any]) -> None:
    [tagged, _], ruled = found
    assert tagged[5] == ruled[5] != []


def test_nothing_is_found_in_no_words(found: list[Any]) -> None:
    [tagged, _], _ = found
    assert tagged[3:5] == [[], []]


def test_the_same_sentences_teach_the_same(found: list[Any]) -> None:
    [tagged, again], _ = found
    assert tagged == again


def test_other_names_stand_where_names_stood() -> None:
    spans = [Span("person", 0, 2), Span("room", 4, 7), Span("time", 7, 9)]
    for seed in range(50):
        text, moved = vary("老李发到产品群明天", spans, Random(seed))
        assert [span.entity for span in moved] == ["person", "room", "time"]
        person, room, time = moved
        assert text[person.end : room.start] == "发到" and text[time.start : time.end] == "明天"
        assert text == clean(text) and (person.start, room.end, time.end) == (0, time.start, len(text))
