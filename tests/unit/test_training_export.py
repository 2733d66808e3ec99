"""Labelled sentences in the training data: read back as they were, never against the data, never from the test."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from botbay import rasa
from tests.training_fixture import PROJECT, project  # noqa: F401 (fixture)
from workers.training.export import Entity, Example, refusal, writable, write
from workers.training.intents import LABELS, OTHERS

AWKWARD = [
    "- 日报",
    "[捂脸][捂脸]日报",
    "[今天](time)的日报",
    '[今天]{"entity": "time"}',
    "日报: 今天 # 的",
    "\"日报\" '呢'",
    "| > & * ! % @ `",
    "👨‍👩‍👧 日报 👍🏽",
    "第一行\n第二行\u2028第三行\x85",
    "/approve{}",
    "\ufeff甲乙报\u200b",
    "😀" * 400,
    "null",
    "---",
    "\\n\\u4e00",
    "ascii only \\u4f60",
]


def read(path: Path) -> dict[str, str]:
    """Intent by line, as a YAML loader finds them."""
    blocks = yaml.safe_load(path.read_text("utf-8"))["nlu"]
    return {line.removeprefix("- "): block["intent"] for block in blocks for line in block["examples"].splitlines()}


def read_by_rasa(path: Path) -> list[dict[str, object]]:
    """Text, intent and entities of each example, as the dialogue's own reader finds them."""
    script = """
import json, sys
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
data = RasaYAMLReader().read(sys.argv[1])
print(json.dumps([{"text": m.get("text"), "intent": m.get("intent"),
    "entities": [[e["start"], e["end"], e["entity"]] for e in m.get("entities", [])]} for m in data.training_examples]))
"""
    done = subprocess.run(
        [str(rasa.PYTHON), "-W", "ignore", "-c", script, str(path)],
        env={**os.environ, **rasa.QUIET, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: list[dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.usefixtures("project")
def test_whatever_is_exported_is_read_back_as_it_was() -> None:
    path = rasa.labelled_path()
    intents = sorted(LABELS | OTHERS)
    taught: dict[str, str] = {}

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.text() | st.sampled_from(AWKWARD), st.sampled_from(intents)), max_size=8))
    def export(said: list[tuple[str, str]]) -> None:
        path.unlink(missing_ok=True)
        examples = {writable(text): intent for text, intent in said}
        examples.pop("", None)
        write(Example(text=text, intent=intent) for text, intent in examples.items())
        found = read(path) if path.exists() else {}
        # What is one sentence to the dialogue stands there once, and not if other files have it.
        assert set(found.items()) <= set(examples.items())
        taught.update(found)

    export()
    taught.update(dict.fromkeys(filter(None, map(writable, AWKWARD)), "help"))
    path.unlink(missing_ok=True)
    write(Example(text=text, intent=intent) for text, intent in taught.items())
    by_rasa = {str(example["text"]): example["intent"] for example in read_by_rasa(path)}
    assert by_rasa == read(path)
    assert set(map(writable, AWKWARD)) <= set(by_rasa)


@pytest.mark.parametrize("text", AWKWARD)
def test_a_sentence_that_can_be_written_is_not_changed_again(text: str) -> None:
    assert writable(writable(text)) == writable(text)


@pytest.mark.usefixtures("project")
def test_marked_words_are_read_back_by_rasa() -> None:
    text = writable("提醒[捂脸]张总明早交周报")
    person, time = text.index("张总"), text.index("明早")
    entities = [
        Entity(start=time, end=time + 2, kind="time"),
        Entity(start=person, end=person + 2, kind="person"),
    ]
    write([Example(text=text, intent="create_reminder", entities=entities)])
    assert read_by_rasa(rasa.labelled_path()) == [
        {
            "text": text,
            "intent": "create_reminder",
            "entities": [[person, person + 2, "person"], [time, time + 2, "time"]],
        }
    ]


@pytest.mark.usefixtures("project")
def test_the_file_keeps_what_it_has_and_a_new_label_replaces_the_old() -> None:
    path = rasa.labelled_path()
    path.write_text(
        'version: "3.1"\nnlu:\n- intent: help\n  examples: |\n    - 说说[今天]{"entity": "time"}你能干嘛\n    - 咋弄\n',
        "utf-8",
    )
    write([Example(text="咋弄", intent="ask_identity"), Example(text="乙乙乙", intent="help")])
    write([Example(text="甲甲甲。", intent="approve")])
    assert read(path) == {
        "甲甲甲。": "approve",
        "咋弄": "ask_identity",
        "乙乙乙": "help",
        '说说[今天]{"entity": "time"}你能干嘛': "help",
    }
    assert [block["intent"] for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]] == [
        "approve",
        "ask_identity",
        "help",
    ]
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".")] == []


@pytest.mark.usefixtures("project")
def test_what_the_data_hold_already_is_not_written_twice() -> None:
    write([Example(text="昨天的纪要。", intent="ask_minutes"), Example(text="纪纪要要", intent="ask_minutes")])
    assert read(rasa.labelled_path()) == {"纪纪要要": "ask_minutes"}


@pytest.mark.usefixtures("project")
def test_a_label_against_the_data_is_refused_by_name() -> None:
    words = refusal("昨天的紀要", "ask_daily_report") or ""
    assert "minutes.yml" in words
    assert "看纪要" in words
    assert refusal("昨天的紀要", "ask_minutes") is None


def test_a_sentence_of_the_test_is_refused(project: Path) -> None:  # noqa: F811
    blocks = yaml.safe_load((PROJECT / "tests" / "test_nlu.yml").read_text("utf-8"))["nlu"]
    marked = blocks[0]["examples"].splitlines()[0].removeprefix("- ")
    sentence = re.sub(r"\[(.+?)\]\(\w+\)", r"\1", marked)
    assert "考题" in (refusal(sentence, blocks[0]["intent"]) or "")
