"""What a question asks for, and which line answers it."""

import pytest

from workers.search.questions import Wanted, best, plain, understand
from workers.search.service import snip

#: A question, the line that answers it, and lines that must not be taken for the answer.
ANSWERED = [
    ("WiFi密码多少", "WiFi密码是 shuixiang2026", ["有人知道WiFi密码吗", "wifi又断了"]),
    ("wifi密码", "会议室WiFi密码：88889999", ["wifi密码改了？"]),
    ("公司WiFi密码是什么", "公司的WiFi密码改成 abcd_2026 了", ["公司WiFi密码谁知道"]),
    ("评审会几点", "评审会改到下午三点", ["评审会几点来着", "评审会的材料在哪"]),
    ("评审会什么时候开", "评审会定在周三上午10:00开", ["评审会要带电脑"]),
    ("评审会在哪", "评审会在3楼302会议室", ["评审会材料发我一下"]),
    ("周会在哪个会议室", "周会在海棠厅", ["周会取消了"]),
    ("报价多少", "最终报价是8.6万", ["报价单发群里了"]),
    ("服务器多少钱", "服务器一台 12800 元", ["服务器太贵了"]),
    ("停车场在哪里", "停车场在B座地下2层", ["停车场满了"]),
    ("合同找谁", "合同的事找法务小周", ["合同还没签"]),
    ("报销谁负责", "报销现在由陈会计负责", ["报销单在哪下载"]),
    ("会议链接", "会议链接 https://meeting.example.com/12", ["会议链接打不开"]),
    ("报名网址是多少", "报名网址：www.example.com/bm", ["报名网址发我一下"]),
    ("快递单号多少", "快递单号 SF1380013800", ["快递单号填错了"]),
    ("项目什么时候截止", "项目截止到11月30号", ["项目截止前要交"]),
    ("年会几号", "年会定在1月18号", ["年会表演报名"]),
    ("春游去哪", "春游去世界之窗，门口集合，在东门广场", ["春游还去吗"]),
    ("发票抬头是什么", "发票抬头：南山科技有限公司", ["发票抬头写错了"]),
    ("税号多少", "税号 91440300MA5F", ["税号给我一下"]),
    ("车牌号多少", "车牌号粤B·12345", ["车牌号登记一下"]),
    ("房间号多少", "房间号1206", ["房间号我忘了"]),
    ("谁负责测试环境", "测试环境是小林负责", ["测试环境挂了"]),
    ("食堂几点关门", "食堂晚上7点半关门", ["食堂关门了吗"]),
    ("放假放几天", "国庆放假7天", ["放假去哪玩"]),
    ("钥匙放哪了", "钥匙在前台抽屉里", ["钥匙丢了"]),
    ("验收时间", "验收时间定了，下周二", ["验收时间待定吗"]),
    ("押金多少", "押金两千", ["押金能退吗"]),
    ("数据库版本是多少", "数据库版本是18.6", ["数据库版本升级有风险"]),
    ("请问打印机密码是多少呀", "打印机密码 0000", ["打印机没纸了"]),
    ("老王电话多少", "老王电话13812345678", ["老王电话打不通"]),
    ("客户地址", "客户地址：科技园南路15号", ["客户地址有变吗"]),
    ("集合地点在哪", "集合地点学校南门", ["集合地点发一下"]),
    ("值班是谁", "这周值班是小赵", ["值班好累"]),
]
#: Questions to which none of the lines is an answer.
UNANSWERED = [
    ("WiFi密码多少", ["有人知道WiFi密码吗", "WiFi密码多少？", "wifi断了"]),
    ("食堂几点开门", ["食堂的菜不错", "食堂开门了吗"]),
    ("合同找谁", ["合同还没签", "找不到合同"]),
    ("今天天气怎么样", ["今天加班", "天气预报不准吧？"]),
    ("报价多少", ["报价太高了", "报价是多少啊"]),
    ("评审会在哪", ["评审会推迟了", "评审会在哪开？"]),
    ("会议链接", ["会议链接打不开", "会议开始了"]),
]


@pytest.mark.parametrize(("question", "answer", "others"), ANSWERED, ids=[each[0] for each in ANSWERED])
def test_the_line_that_answers_is_found_among_those_that_do_not(question: str, answer: str, others: list[str]) -> None:
    asked = understand(question)
    assert asked is not None
    lines = [*others, answer]
    at = best(asked, lines)
    assert at is not None
    assert lines[at] == answer


@pytest.mark.parametrize(("question", "lines"), UNANSWERED, ids=[each[0] for each in UNANSWERED])
def test_where_nothing_answers_nothing_is_told_as_an_answer(question: str, lines: list[str]) -> None:
    asked = understand(question)
    assert asked is None or best(asked, lines) is None


def test_the_newest_of_equal_answers_counts() -> None:
    asked = understand("WiFi密码多少")
    assert asked is not None
    assert best(asked, ["WiFi密码是 bbbb2222", "WiFi密码是 aaaa1111"]) == 0


def test_a_bare_word_asks_nothing() -> None:
    assert understand("报告") is None
    assert understand("吃饭") is None
    assert understand("的") is None


def test_what_is_wanted_is_told_by_the_words_that_ask() -> None:
    wanted = {
        text: (asked.wanted if (asked := understand(text)) else None) for text in ("年会几号", "年会在哪", "年会谁主持")
    }
    assert wanted == {"年会几号": Wanted.TIME, "年会在哪": Wanted.PLACE, "年会谁主持": Wanted.PERSON}


def test_a_snippet_stands_around_the_word_and_marks_it() -> None:
    text = "很长的前言" * 30 + "重点在这里" + "很长的后文" * 30
    snippet, marks = snip(text, text, ["重点"])
    ((begin, end),) = marks
    assert snippet[begin:end] == "重点"
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert len(snippet) < 100


def test_marks_that_touch_are_one() -> None:
    assert snip("采购合同", "采购合同", ["采购", "合同", "购合"]) == ("采购合同", ((0, 4),))
    assert plain("ＷｉＦｉ會議") == "wifi会议"
