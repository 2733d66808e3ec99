"""``botbay time parse`` as a script uses it."""

import json

from click.testing import CliRunner

from botbay.zh.commands import time


def rows(lines: str, *options: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(time, ["parse", "--base", "2026-11-24T10:00:00+08:00", *options], input=lines)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_line_in_is_a_line_out() -> None:
    point, span, again, length, nothing, never = rows("明天下午三点开会\n下周\n每天早上八点\n半小时\n你好\n2月30号\n")
    assert point == {
        "text": "明天下午三点开会",
        "kind": "point",
        "at": "2026-11-25T15:00:00+08:00",
        "rrule": None,
        "matched": "明天下午三点",
    }
    assert (span["kind"], span["until"]) == ("span", "2026-12-07T00:00:00+08:00")
    assert (again["kind"], again["rrule"]) == ("recurring", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0")
    assert (length["kind"], length["seconds"]) == ("duration", 1800)
    assert (nothing["kind"], nothing["matched"]) == ("none", None)
    assert (never["kind"], never["matched"]) == ("none", "2月30号")


def test_the_past_may_be_preferred() -> None:
    [row] = rows("周五\n", "--prefer", "past")
    assert row["at"] == "2026-11-20T00:00:00+08:00"


def test_a_bad_base_is_named() -> None:
    result = CliRunner().invoke(time, ["parse", "--base", "昨天"], input="")
    assert result.exit_code == 2
    assert "昨天" in result.stderr
