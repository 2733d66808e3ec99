"""What an edit makes of minutes."""

from datetime import datetime

import pytest

from tests.minutes_fixture import ZONE, made
from workers.minutes.editing import Draft, EditError


def test_an_edit_that_changes_nothing_is_the_same_document() -> None:
    assert Draft.of(made()).document() == made()


def test_a_highlight_is_edited_wherever_it_stands() -> None:
    minutes = made()
    draft = Draft.of(minutes)
    draft.line("highlights", minutes.highlights[2]).text = " 设计稿用蓝色版 "
    draft.line("highlights", minutes.highlights[0]).gone = True
    edited = draft.document()
    assert [item.text for item in edited.highlights] == [minutes.highlights[1].text, "设计稿用蓝色版"]
    assert [[item.text for item in chapter.items] for chapter in edited.chapters] == [
        [minutes.highlights[1].text],
        ["设计稿用蓝色版"],
    ]
    assert edited.highlights[1].source == minutes.highlights[2].source
    assert edited.summary == minutes.summary


def test_a_highlight_told_in_fewer_words_elsewhere_is_the_same() -> None:
    minutes = made()
    short = minutes.chapters[1].items[0].model_copy(update={"text": "设计稿按新的蓝色版改…"})
    minutes = minutes.model_copy(
        update={"chapters": (minutes.chapters[0], minutes.chapters[1].model_copy(update={"items": (short,)}))}
    )
    draft = Draft.of(minutes)
    assert len(draft.lines["highlights"]) == 3
    assert draft.document() == minutes
    draft.line("highlights", minutes.highlights[2]).text = "用蓝色版"
    edited = draft.document()
    assert edited.highlights[2].text == edited.chapters[1].items[0].text == "用蓝色版"


def test_a_topic_without_any_line_goes() -> None:
    minutes = made()
    draft = Draft.of(minutes)
    draft.line("highlights", minutes.highlights[2]).gone = True
    draft.topics[0] = "发版"
    assert [chapter.title for chapter in draft.document().chapters] == ["发版"]


def test_what_was_said_of_a_time_goes_with_the_time() -> None:
    minutes = made()
    draft = Draft.of(minutes)
    first, second, third = (draft.line("todos", todo) for todo in minutes.todos)
    first.due = datetime(2026, 3, 9, 12, 0, tzinfo=ZONE)
    second.who = "老李"
    third.text = "把素材和字体给钱小满"
    edited = draft.document().todos
    assert (edited[0].due, edited[0].shown, edited[0].text) == (first.due, "", minutes.todos[0].text)
    assert (edited[1].who, edited[1].due) == ("老李", None)
    assert (edited[2].what, edited[2].shown) == ("把素材和字体给钱小满", "明天下午3点前")


def test_whoever_gets_a_todo_keeps_the_key_of_the_name() -> None:
    minutes = made()
    known = minutes.model_copy(
        update={"todos": (minutes.todos[0].model_copy(update={"who_key": "7"}), *minutes.todos[1:])}
    )
    draft = Draft.of(known)
    draft.line("todos", known.todos[1]).who = "老李"
    draft.line("todos", known.todos[0]).who = "外包老周"
    assert [todo.who_key for todo in draft.document().todos[:2]] == ["", "7"]


def test_lines_are_added_and_blank_ones_forgotten() -> None:
    draft = Draft.of(made())
    draft.add("decisions").text = "下周一复盘"
    draft.add("decisions")
    draft.add("todos").text = "订会议室"
    edited = draft.document()
    assert [(item.text, item.source) for item in edited.decisions[2:]] == [("下周一复盘", ())]
    assert (edited.todos[-1].what, edited.todos[-1].who, edited.todos[-1].due) == ("订会议室", "", None)


@pytest.mark.parametrize("text", ["", "  ", "长" * 2001])
def test_a_line_that_cannot_stand_is_told(text: str) -> None:
    minutes = made()
    draft = Draft.of(minutes)
    draft.line("decisions", minutes.decisions[1]).text = text
    with pytest.raises(EditError):
        draft.document()
    draft.line("decisions", minutes.decisions[1]).gone = True
    assert draft.document().decisions == minutes.decisions[:1]
