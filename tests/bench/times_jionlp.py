"""Run by the Python that has JioNLP: lines of {"text", "base", "span"} in, what it makes of each out, then its CPU time.

It reads the span alone where one is given, and else finds the first time of the text by itself.
"""

import json
import logging
import sys
import time
from datetime import datetime
from typing import Any

import jionlp


def main() -> None:
    logging.disable()  # it writes a traceback for each expression that it cannot read
    jionlp.parse_time("明天", time_base=0.0)  # its tables are read once
    rows = [json.loads(line) for line in sys.stdin]
    started = time.process_time()
    answers = [_read(row) for row in rows]
    taken = time.process_time() - started
    for answer in answers:
        print(json.dumps(answer, ensure_ascii=False, default=str))
    print(json.dumps({"seconds": taken}))


def _read(row: dict[str, Any]) -> dict[str, Any] | None:
    base = datetime.fromisoformat(row["base"]).timestamp()
    try:
        if row.get("span"):
            found = jionlp.parse_time(row["span"], time_base=base)
        else:
            times = jionlp.ner.extract_time(row["text"], time_base=base, with_parsing=True)
            found = times[0]["detail"] if times else None
    except Exception:  # it raises all sorts where it finds no time
        return None
    return found if isinstance(found, dict) else None


if __name__ == "__main__":
    main()
