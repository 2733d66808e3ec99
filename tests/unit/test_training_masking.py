"""What goes into the inbox names nobody and still reads as it was meant."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workers.training.masking import mask

PEOPLE = {"张三", "钱小满", "老李", "Li", "王"}
ACCOUNTS = {"admin", "porbello"}
ROOMS = {"三年二班家长群", "海棠群", ""}
BOTS = {"小贝", "小港"}
STAND_INS = "13800000000 110101199001010000 6222000000000000000 20260101 010-12345678 " + "1234567890" * 5


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("打我电话13912345678", "打我电话13800000000"),
        ("打 139 1234 5678 找我", "打 13800000000 找我"),
        ("+86-139-1234-5678", "13800000000"),
        ("１３９１２３４５６７８", "13800000000"),
        ("座机 021-66778899", "座机 010-12345678"),
        ("身份证11010519491231002X", "身份证110101199001010000"),
        ("卡号 6217 0000 1234 5678 901", "卡号 6222000000000000000"),
        ("纪要发到 Li.Lei@corp.com.cn，谢谢", "纪要发到 someone@example.com，谢谢"),
        ("把 https://pan.corp.cn/s/1aB?pwd=x 这个存下来", "把 https://example.com 这个存下来"),
        ("看https://pan.corp.cn/s/1aB这个链接", "看https://example.com这个链接"),
        ("@张三\u2005昨天的日报", "@小王\u2005昨天的日报"),
        ("@没见过的人 昨天的日报", "@小王 昨天的日报"),
        ("@所有人 开会", "@所有人 开会"),
        ("提醒钱小满三点开会", "提醒小王三点开会"),
        ("報告發給張三", "報告發給小王"),
        ("问 li 要日报", "问 小王 要日报"),
        ("Lily 的日报", "Lily 的日报"),
        ("我是 porbello", "我是 xiaowang"),
        ("绑定账号是zhang.wei", "绑定账号是xiaowang"),
        ("加我 wxid_a1b2c3d4", "加我 wxid_xiaowang"),
        ("验证码 839201", "验证码 123456"),
        ("一三九一二三四五六七八", "一二三四五六七八九零一"),
        ("报销18999元", "报销12345元"),
        ("19880527 生的", "20260101 生的"),
        ("wifi密码是qwerty123", "wifi密码是abc123"),
        ("密码8848", "密码1234"),
        ("开机密码改成了 Tom_2019!", "开机密码改成了 abc123"),
        ("口令是芝麻开门", "口令是abc123"),
        ("验证码 8392", "验证码 1234"),
        ("密码是三七二一", "密码是一二三四"),
        ("护照E12345678", "护照abc123"),
        ("护照号是 G1234567", "护照号是 abc123"),
        ("绑成lihong的", "绑成xiaowang的"),
        ("账号lihong，工号 8848", "账号xiaowang，工号 xiaowang"),
        ("谢谢王晓梅", "谢谢小王"),
        ("早上好，李娜！", "早上好，小王！"),
        ("给周敏发一份", "给小王发一份"),
        ("问小满要", "问小王要"),
        ("李老师说的", "小王说的"),
        ("我是赵子龙", "我是小王"),
        ("三年二班家长说了啥", "工作说了啥"),
        ("三年二班家长群的纪要", "工作群的纪要"),
        ("海棠的日报", "工作的日报"),
    ],
)
def test_personal_data_become_stand_ins_of_their_kind(said: str, kept: str) -> None:
    assert mask(said, people=PEOPLE, accounts=ACCOUNTS, rooms=ROOMS, spared=BOTS) == kept


@pytest.mark.parametrize(
    "said",
    [
        "昨天的日报",
        "3月5号上午九点到十一点的纪要",
        "二零二六年的纪要",
        "第3个",
        "2026年11月22日",
        "报销 320.5 元",
        "😀[捂脸]",
        "密码是多少",
        "密码不对",
        "护照2026年到期",
        "绑定wechat",
        "谢谢小贝",
        "谢谢老师",
        "谢谢小港啦",
        "找周报",
        "给文件",
        "周末那份合同",
        "海棠花开了",
    ],
)
def test_what_is_nobodys_stays(said: str) -> None:
    assert mask(said, people=PEOPLE, accounts=ACCOUNTS, rooms=ROOMS, spared=BOTS) == said


@given(
    st.text(max_size=20),
    st.sampled_from(["13912345678", "6217000012345678901", "11010519491231002X", "li.lei@corp.cn", "钱小满"]),
    st.text(max_size=20),
)
def test_nothing_personal_is_left_whatever_stands_around_it(before: str, personal: str, after: str) -> None:
    masked = mask(f"{before}{personal}{after}", people={"钱小满"})
    assert personal not in masked


@given(st.text(alphabet="0123456789", min_size=5, max_size=40))
def test_no_long_number_is_left(digits: str) -> None:
    assume(digits not in STAND_INS)
    assert digits not in mask(f"订单{digits}到哪了")
