"""What is left of minutes when messages are taken back."""

from datetime import UTC, datetime

from workers.minutes.document import Chapter, Item, Minutes, Todo
from workers.minutes.forgetting import sources, without

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SAID = [Item(text="发布推迟到周五", source=(1,)), Item(text="灰度先放百分之十", source=(2,))]
DOCUMENT = Minutes(
    room="产品群",
    title="产品群 · 发布、灰度",
    since=AT,
    until=AT,
    people=("王", "小赵"),
    messages=3,
    summary=tuple(SAID),
    chapters=(
        Chapter(title="发布、灰度", since=AT, until=AT, messages=2, items=tuple(SAID), source=(1, 2)),
        Chapter(title="团建", since=AT, until=AT, messages=1, items=(Item(text="去爬山", source=(3,)),), source=(3,)),
    ),
    decisions=(Item(text="发布推迟到周五", source=(1, 3)), Item(text="自己补的一条")),
    todos=(Todo(text="补丁", what="补丁", source=(2, 1)),),
    keywords=("发布", "灰度", "爬山"),
)


def test_every_item_that_leans_on_a_message_that_is_gone_goes() -> None:
    left = without(DOCUMENT, {1, 3}, {"王"}, "灰度先放百分之十")
    assert sources(left) == {2}
    assert left.decisions == (Item(text="自己补的一条"),)  # somebody's own words
    assert left.todos == ()
    assert left.people == ("小赵",)
    assert left.messages == 1
    (chapter,) = left.chapters
    assert (chapter.source, chapter.messages, [item.text for item in chapter.items]) == ((2,), 1, ["灰度先放百分之十"])


def test_words_that_nobody_says_any_more_leave_titles_and_keywords() -> None:
    left = without(DOCUMENT, {1, 3}, (), "灰度先放百分之十")
    assert left.title == "产品群 · 灰度"
    assert left.keywords == ("灰度",)
    assert "发布" not in left.model_dump_json()
    assert "团建" not in left.model_dump_json()
    assert without(DOCUMENT, {1, 2, 3}, (), "").title == "产品群"


def test_nothing_changes_while_nothing_is_gone() -> None:
    assert without(DOCUMENT, {99}, (), "发布 灰度 爬山") == DOCUMENT
