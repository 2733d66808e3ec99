"""How many times of what people type are read right, beside plain JioNLP, and what a sentence costs.

``python -m tests.bench.times [FILE]``: the future points and the recurring ones of Recognizers-Text's specifications
for Chinese, as a file of lines with ``text span base type expected``; ``TIME_RECOGNIZERS`` names it too. JioNLP is
asked where ``JIONLP_PYTHON`` names a Python that has it: it is no part of the project.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botbay.zh.time import TimeExpression, parse
from tests.time_lines import Line, at_is, lines, right

#: Feasts and months of the moon that the authors of the file take for days of the sun.
_LUNAR = ("农历", "正月", "初一", "大年", "中秋", "春节", "除夕", "元宵", "端午", "重阳")
_RULES = {
    "P1D": "FREQ=DAILY",
    "P1W": "FREQ=WEEKLY",
    "P1M": "FREQ=MONTHLY",
    "P1Y": "FREQ=YEARLY",
    "XXXX-WXX-1": "FREQ=WEEKLY;BYDAY=MO",
    "XXXX-WXX-1T20": "FREQ=WEEKLY;BYDAY=MO;BYHOUR=20;BYMINUTE=0",
}
_OWN = ("own.txt", "blind.txt")
_ROUNDS = 20
_UNITS = {"HOURLY": "hour", "DAILY": "day", "WEEKLY": "day", "MONTHLY": "month", "YEARLY": "year", "MINUTELY": "minute"}


@dataclass(frozen=True)
class Row:
    """One row of the specifications: its last expected value is the one in the future."""

    text: str
    span: str
    base: datetime
    kind: str
    expected: str
    ahead: bool  # it lies in the future, or has no year and means the next

    @property
    def question(self) -> dict[str, str]:
        return {"text": self.text, "base": self.base.isoformat(), "span": self.span.strip()}


def main() -> None:
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TIME_RECOGNIZERS")
    if named:
        _specifications(Path(named))
    else:
        print("Recognizers-Text's expressions: left out, TIME_RECOGNIZERS names no file")
    for name in _OWN:
        _own(name)


def _specifications(file: Path) -> None:
    raw = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    rows = [_row(each) for each in raw if each["type"] in ("point", "recurring")]
    moon = [row for row in rows if row.kind == "point" and any(word in row.span for word in _LUNAR)]
    rows = [row for row in rows if row not in moon]
    theirs, _ = _jionlp([row.question for row in rows])
    kinds = {
        "points": [at for at, row in enumerate(rows) if row.kind == "point"],
        "future points": [at for at, row in enumerate(rows) if row.kind == "point" and row.ahead],
        "recurring": [at for at, row in enumerate(rows) if row.kind == "recurring"],
    }
    print(f"-- Recognizers-Text, without {len(moon)} of the moon: {'、'.join(dict.fromkeys(r.span for r in moon))}")
    for name, places in kinds.items():
        wrong = [rows[at].text for at in places if not _read_right(rows[at])]
        also = sum(_jionlp_read_right(rows[at], theirs[at]) for at in places) if theirs else None
        _say(name, len(places) - len(wrong), len(places), also, wrong)


def _row(raw: dict[str, Any]) -> Row:
    last = raw["expected"][-1]
    value = (
        last["timex"]
        if raw["type"] == "recurring"
        else next(last[k] for k in ("date", "dateTime", "value") if k in last)
    )
    base = datetime.fromisoformat(raw["base"] or "2018-01-01T00:00:00")
    return Row(raw["text"], raw["span"], base, raw["type"], value, value[:10] >= base.isoformat()[:10])


def _read_right(row: Row) -> bool:
    places = [found.span() for found in re.finditer(re.escape(row.span.strip()), row.text)] or [(0, len(row.text))]
    found = parse(row.text, row.base)
    hit = next((one for one in found if any(one.start < end and one.end > begin for begin, end in places)), None)
    if hit is None:
        return False
    if row.kind == "recurring":
        return hit.rrule == _RULES[row.expected]
    if row.expected.startswith("0001"):  # their way to say that there is no such day
        return hit.kind == "none"
    return hit.at is not None and _same(row.expected, hit.at)


def _same(expected: str, at: datetime) -> bool:
    return at.date().isoformat() == expected if len(expected) == 10 else at == datetime.fromisoformat(expected)


def _jionlp_read_right(row: Row, found: dict[str, Any] | None) -> bool:
    if found is None:
        return row.expected.startswith("0001")
    if row.kind == "recurring":
        return _jionlp_period(found, _RULES[row.expected])
    return any(_same(row.expected, at) for at in _moments(found))


def _own(name: str) -> None:
    own = lines(name)
    wrong = [line.text for line in own if not right(line, _first(line))]
    theirs, seconds = _jionlp([{"text": line.text, "base": line.base.isoformat()} for line in own])
    also = sum(_jionlp_right(*pair) for pair in zip(own, theirs, strict=True)) if theirs else None
    print(f"-- our own, {name}: first time of the sentence, its rule, and whether it is to be asked")
    _say("all", len(own) - len(wrong), len(own), also, wrong)
    for line in own:
        _first(line)
    started = time.process_time()
    for _ in range(_ROUNDS):
        for line in own:
            _first(line)
    ours = (time.process_time() - started) / _ROUNDS / len(own) * 1e6
    compared = f", JioNLP {seconds / len(own) * 1e6:.0f}" if theirs else ""
    print(f"   CPU µs a sentence: {ours:.0f}{compared}")


def _first(line: Line) -> TimeExpression | None:
    return next(iter(parse(line.text, line.base)), None)


def _jionlp_right(line: Line, found: dict[str, Any] | None) -> bool:
    """As kind as can be to it: either end of what it says will do, no deadline and no question is asked for."""
    if line.kind == "none":
        return found is None
    if found is None:
        return False
    if line.rrule:
        return _jionlp_period(found, line.rrule)
    moments = _moments(found)
    if line.kind == "span":
        return bool(moments) and moments[0] == datetime.fromisoformat(line.meant.split("..")[0])
    return not line.meant or any(at_is(line.meant.lstrip("<>"), at) for at in moments)


def _moments(found: dict[str, Any]) -> list[datetime]:
    if found["type"] not in ("time_point", "time_span"):
        return []
    moments = []
    for each in found["time"]:
        try:
            moments.append(datetime.fromisoformat(each))
        except ValueError:  # inf
            continue
    return moments


def _jionlp_period(found: dict[str, Any], rule: str) -> bool:
    """Whether the length of its period is the rule's; which days it names is not asked."""
    if found["type"] != "time_period" or not isinstance(found["time"].get("delta"), dict):
        return False
    parts = dict(each.split("=") for each in rule.split(";"))
    count = int(parts.get("INTERVAL", "1")) * (7 if parts["FREQ"] == "WEEKLY" else 1)
    said = {unit: float(value) for unit, value in found["time"]["delta"].items() if value}
    return said in ({_UNITS[parts["FREQ"]]: float(count)}, {"workday": 1.0} if "MO,TU,WE,TH,FR" in rule else {})


def _jionlp(questions: Sequence[dict[str, str]]) -> tuple[list[dict[str, Any] | None], float]:
    """Its answers and the CPU time (s) of them all; nothing where there is no JioNLP."""
    python = os.environ.get("JIONLP_PYTHON")
    if not python:
        return [], 0.0
    asked = "\n".join(json.dumps(each, ensure_ascii=False) for each in questions)
    script = Path(__file__).with_name("times_jionlp.py")
    done = subprocess.run([python, script], input=asked, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "null"))]
    return answers[:-1], float(answers[-1]["seconds"])


def _say(name: str, count: int, of: int, theirs: int | None, wrong: Sequence[str]) -> None:
    compared = "" if theirs is None else f" · JioNLP {theirs} ({theirs / of:.1%})"
    print(f"   {name}: {count} of {of} ({count / of:.1%}){compared}")
    for text in wrong:
        print(f"     wrong: {text}")


if __name__ == "__main__":
    main()
