"""Todos of a chat: who, what, by when."""

from datetime import datetime

import pytest

from tests.minutes_chat import at, chat
from workers.minutes import todos


def found(*said: str, people: tuple[str, ...] = ()) -> list[tuple[str, datetime | None]]:
    return [(each.who, each.due) for each in todos.find(chat(*said, people=people))]


@pytest.mark.parametrize(
    ("said", "who", "due"),
    [
        (["王芳: 场地合同我明天上午去签", "李磊: 辛苦"], "王芳", at(5, 12)),
        (["王芳: 海报谁来做？", "李磊: 我来吧，周五之前发群里"], "李磊", at(6)),
        (["王芳: @李磊 麻烦把报价单周五前发我", "李磊: 好的"], "李磊", at(6)),
        (["王芳: 李磊你明天下午3点前把名单给我", "李磊: 收到"], "李磊", at(5, 15)),
        (["王芳: @所有人 身份证复印件今天下班前交到前台", "李磊: 收到", "赵敏: 收到"], "大家", at(4, 18)),
        (["王芳: 大家明天晚上8点前把作业拍照发群里", "李磊: 好"], "大家", at(5, 20)),
        (["王芳: 让小李月底前把库存盘一遍", "李磊: 行"], "李磊", at(31)),
        (["王芳: 记得给客户回个电话，今天下午", "李磊: 好的，马上"], "李磊", at(4, 18)),
        (["王芳: 灯光音响由李磊负责，15号之前调好", "李磊: 没问题"], "李磊", at(15)),
        (["李磊: 材料不够了", "王芳: 我今晚8点去买"], "王芳", at(4, 20)),
        (["王芳: 让物业张师傅周六来修一下门禁", "李磊: 嗯嗯"], "张师傅", at(7)),
        (["王芳: 老李，你后天去银行把保证金交了", "李磊: 好嘞"], "李磊", at(6)),
        (["王芳: 李磊你找物业拿图纸，今天下午6点前发群里", "李磊: 好嘞"], "李磊", at(4, 18)),
        (["赵敏: 样品还差多少", "王芳: 好 那我后天把剩下的样品寄了", "赵敏: 嗯"], "王芳", at(6)),
    ],
)
def test_a_task_has_its_person_and_its_time(said: list[str], who: str, due: datetime) -> None:
    assert found(*said) == [(who, due)]


@pytest.mark.parametrize(
    "said",
    [
        ["王芳: 合同我已经发了", "李磊: 好的"],
        ["王芳: 昨天我去银行把钱存了"],
        ["王芳: @李磊 你明天去机场接一下人吧", "李磊: 去不了，明天出差"],
        ["王芳: 如果下雨的话我就带伞"],
        ["王芳: 你明天去不去？", "李磊: 不去"],
        ["王芳: 我先去吃饭了", "李磊: 好"],
        ["王芳: 我周六要上班"],
        ["王芳: 收到", "李磊: 好的", "赵敏: 谢谢"],
        ["王芳: 周四谁在？", "李磊: 我周四去模厂"],
        ["王芳: 投票吧，吃饭扣1，看电影扣2，明天中午截止", "李磊: 1", "赵敏: 2"],
        ["王芳: @李磊 这样行不行，您再看看", "李磊: 可以"],
        ["王芳: @李磊 请问一下，明天的课几点开始？", "李磊: 9点"],
        ["王芳: 我觉得这个方案挺好的"],
        ["王芳: @李磊 报价单今天发我", "李磊: 好的", "李磊 +60: 报价单发你邮箱了"],
    ],
)
def test_what_is_done_refused_supposed_or_chatter_is_no_task(said: list[str]) -> None:
    assert found(*said) == []


def test_a_task_over_several_lines_is_one_and_takes_the_time_beside_it() -> None:
    [todo] = todos.find(chat("王芳: @李磊 你把灯箱的设计稿改一下", "王芳: 明天下午3点前", "李磊: 好的"))
    assert (todo.who, todo.who_key, todo.due) == ("李磊", "李磊", at(5, 15))
    assert todo.source[0] == 0


@pytest.mark.parametrize(
    ("said", "due"),
    [
        (["李磊: 照片不算，原件周五前送我这", "王芳: 好 我跑一趟去取原件"], at(6)),
        (["李磊: 下个月的班怎么排", "王芳: 排班表我来排，白班夜班两班倒", "李磊: 10号前给我"], at(10)),
        (["赵敏: 摊位的清单后天前给我", "李磊: 收到", "赵敏: 嗯", "王芳: 我们班的清单我来列吧"], at(6)),
    ],
)
def test_what_one_takes_on_is_due_when_the_other_wants_it(said: list[str], due: datetime) -> None:
    assert ("王芳", due) in found(*said)


def test_a_vague_time_is_no_date() -> None:
    [todo] = todos.find(chat("王芳: @李磊 尽快把发票寄给我", "李磊: 好的"))
    assert todo.due is None


def test_the_words_are_peoples_own_without_the_mention() -> None:
    [todo] = todos.find(chat("王芳: @李磊\u2005麻烦周五前把报价单发我", "李磊: 好的"))
    assert todo.text == "麻烦周五前把报价单发我"
    assert todo.what == "把报价单发我"
    assert todo.shown == "周五前"


def test_a_time_offered_instead_counts() -> None:
    [todo] = todos.find(chat("王芳: @李磊 样品今天能寄出吗", "李磊: 今天来不及，明天上午吧"))
    assert (todo.who, todo.due) == ("李磊", at(5, 12))


def test_two_people_in_a_line_have_a_task_each() -> None:
    who = [who for who, _ in found("王芳: 分一下工 李磊你负责场地，赵敏你负责摄影", "李磊: 收到", "赵敏: 收到")]
    assert sorted(who) == ["李磊", "赵敏"]


def test_what_is_said_to_the_bot_is_no_task() -> None:
    talk = chat("王芳: @小贝 明天提醒我交报表")
    told = [line.__class__(id=line.id, who=line.who, at=line.at, text=line.text, to_bot=True) for line in talk.lines]
    assert todos.find(talk.__class__(room=talk.room, lines=told, people=talk.people)) == []


def test_a_reply_goes_to_the_one_quoted() -> None:
    said = [
        "赵敏: 空调又漏水了",
        "李磊: 三楼的？",
        "王芳: 「赵敏：空调又漏水了」\\n- - - - - -\\n你先报修一下，今天就联系师傅",
    ]
    [todo] = todos.find(chat(*said, "赵敏: 好的"))
    assert todo.who == "赵敏"
