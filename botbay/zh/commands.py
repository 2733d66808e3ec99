"""``botbay time``: what the Chinese in a line says about time."""

import json
import sys
from datetime import datetime
from typing import get_args

import click

from botbay.zh.time import Prefer, TimeExpression, question
from botbay.zh.time import parse as parse_times


@click.group()
def time() -> None:
    """Times in Chinese sentences."""


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    try:
        return None if value is None else datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"not an ISO time: {value}") from None


@time.command()
@click.option("--base", callback=_moment, help="The moment of speaking, in ISO 8601; now where it is left out.")
@click.option(
    "--prefer",
    type=click.Choice(get_args(Prefer)),
    default="future",
    show_default=True,
    help="Which one a name means that fits both: 周五, 3月5号.",
)
def parse(base: datetime | None, prefer: Prefer) -> None:
    """Read lines on stdin, write a JSON object for each: the first time that the line names."""
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        found = parse_times(text, base or datetime.now().astimezone(), prefer)
        click.echo(json.dumps(row(text, found[0] if found else None), ensure_ascii=False))


def row(text: str, found: TimeExpression | None) -> dict[str, object]:
    """What is printed of a time expression: ``text kind at rrule matched``, and ``until``, ``seconds``, ``past``,
    and where it is ambiguous both ``readings`` and the ``question``."""
    row: dict[str, object] = {"text": text, "kind": "none", "at": None, "rrule": None, "matched": None}
    if found is None:
        return row
    row |= {"kind": found.kind, "at": found.at and found.at.isoformat(), "rrule": found.rrule, "matched": found.text}
    if found.kind == "span":
        row["until"] = found.until and found.until.isoformat()
    if found.length is not None:
        row["seconds"] = int(found.length.total_seconds())
    if found.ambiguous:
        row["ambiguous"] = True
        row["readings"] = [each.isoformat() for each in found.readings]
        row["question"] = question(found)
    if found.past:
        row["past"] = True
    return row
