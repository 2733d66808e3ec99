"""When a whole sentence asks to be reminded: how often, which day and which hour may stand apart."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from actions.request_parts import what_of
from workers.reminders.times import Unclear, read, shown

ZONE = ZoneInfo("Asia/Shanghai")
MOMENT = datetime(2026, 11, 24, 10, 20, tzinfo=ZONE)  # a Tuesday


@pytest.mark.parametrize(
    ("sentence", "slot"),
    [
        ("每天提醒我喝水，下午4点", "每天 16:00"),
        ("提醒我每天吃药，晚上九点", "每天 21:00"),
        ("晚上九点提醒我吃药，每天", "每天 21:00"),
        ("每周提醒我交周报，周五下午四点", "每周五 16:00"),
        ("每两周开一次例会，周三上午10点提醒我", "每2周的周三 10:00"),
        ("每月提醒我还款，15号", "每月15号 09:00"),
        ("工作日提醒我打卡，9点和18点", "每个工作日 09:00、18:00"),
        ("每天提醒我看一下明天下午4点的会", "每天 09:00"),
        ("除了周末每天9点提醒我打卡", "每个工作日 09:00"),
        ("每天早上9点提醒我打卡，周末不用", "每个工作日 09:00"),
        ("每天早上9点提醒我打卡（节假日除外）", "每个工作日 09:00"),
        ("提醒我周末不要加班", "这周六 09:00"),
        ("每天早上9点，周末不要迟到", "每天 09:00"),
        ("每天晚上8点提醒我听日语", "每天 20:00"),
        ("每天下班前半小时提醒我写日报", "每天 17:30"),
        ("下周工作日每天9点提醒我", "每个工作日 09:00，到12月6号为止"),
        ("一周一次提醒我浇花，周五", "每周五 09:00"),
        ("每逢15号提醒我还房贷", "每月15号 09:00"),
        ("每月10号到12号每天提醒我交报表", "每月10号、11号、12号 09:00"),
        ("除了周三每天晚上八点提醒我健身", "每周一、二、四、五、六、日 20:00"),
        ("每天晚上八点提醒我健身，周三和周五除外", "每周一、二、四、六、日 20:00"),
        ("从明天开始每天早上六点提醒我跑步，坚持21天", "每天 06:00，到12月15号为止"),
        ("每天提醒我喝水，上午十点，坚持30天", "每天 10:00，到12月24号为止"),
        ("每天早上9点和下午3点半提醒我吃药", "每天 09:00、15:30"),
        ("每天提醒我吃药，8:30、12:15、18:45", "每天 08:30、12:15、18:45"),
        ("工作日9点和17:30提醒我打卡", "每个工作日 09:00、17:30"),
        ("每周一三五早上7点半和晚上9点提醒我锻炼", "每周一、三、五 07:30、21:00"),
        ("明天上午十点和下午四点半提醒我喝水", "11月25号 10:00、16:30"),
        ("帮我记一下周五要交房租", "这周五 09:00"),
        ("下周中提醒我跟进", "下周三 09:00"),
        ("月中提醒我还信用卡", "12月15号 09:00"),
        ("明天下午三点开会前10分钟提醒我", "明天（周三）14:50"),
        ("周六下午四点的飞机，起飞前两个小时提醒我", "这周六 14:00"),
        ("明天上午十点和下午四点提醒我喝水", "11月25号 10:00、16:00"),
        ("后天8点、12点、18点提醒我吃药", "11月26号 08:00、12:00、18:00"),
        ("过年前两周提醒我抢票", "2027年1月23号 09:00"),
        ("半夜提醒我抢票", "明天（周三）00:00"),
        ("每天早上7点，连续三天", "每天 07:00，到11月27号为止"),
        ("12月5号考试，前一天晚上8点提醒我", "下周五 20:00"),
        ("12月5号考试，头一天下午3点提醒我", "下周五 15:00"),
        ("12月5号考试，第二天上午10点提醒我估分", "下周日 10:00"),
        ("12月5号考试，早上6点提醒我", "下周六 06:00"),
        ("明天下午三点开会，提前15分钟叫我", "明天（周三）14:45"),
    ],
)
def test_the_slot_of_a_sentence(sentence: str, slot: str) -> None:
    found = read(sentence, ZONE, MOMENT)
    assert found is not None
    assert shown(found.when, ZONE, MOMENT) == slot


@pytest.mark.parametrize(
    ("sentence", "workdays"),
    [
        ("每个工作日9点提醒我打卡", True),
        ("每个工作日9点和17:30提醒我打卡", True),
        ("每天早上9点提醒我打卡（节假日除外）", True),
        ("每天早上9点提醒我打卡，周末不用", False),
        ("每天早上9点提醒我打卡", False),
    ],
)
def test_holidays_are_left_out_where_working_days_are_meant(sentence: str, workdays: bool) -> None:
    found = read(sentence, ZONE, MOMENT)
    assert found is not None and found.when.workdays is workdays


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("每天早上9点提醒我打卡，周末不用", "打卡"),
        ("每天早上9点提醒我打卡（节假日除外）", "打卡"),
        ("提醒我周末不要加班", "不要加班"),
        ("从明天开始每天早上六点提醒我跑步，坚持21天", "跑步"),
        ("每天喝水提醒我，上午十点，坚持30天", "喝水"),
        ("工作日提醒我打卡，9点和18点", "打卡"),
        ("每天提醒我和小王对账", "和小王对账"),
        ("每周提醒我交周报，周五下午四点", "交周报"),
        ("12月5号考试，头一天下午3点提醒我带身份证", "带身份证"),
    ],
)
def test_what_is_to_be_done_holds_nothing_of_when(sentence: str, what: str) -> None:
    assert what_of(sentence, MOMENT) == what


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("明天25点提醒我", "没有「明天25点」这个时间，换一个吧，什么时候提醒？"),
        ("2月30号下午3点提醒我", "没有「2月30号下午3点」这一天，换一个吧，什么时候提醒？"),
        ("明天三点提醒我", "明天（周三）的3点，是凌晨还是下午？"),
    ],
)
def test_what_is_no_time_or_could_be_two_is_asked_about(sentence: str, question: str) -> None:
    with pytest.raises(Unclear, match=question):
        read(sentence, ZONE, MOMENT)
