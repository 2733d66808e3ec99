"""``make bench``: speed as ratios in one run, against what people would otherwise use. Nothing here passes or fails."""

import os
import subprocess

from botbay import rasa
from tests.bench import drive, files, ingest, minutes, ocr, reminders, report, search, times


def main() -> None:
    print("== ingest: durable messages with their jobs, in batches, one commit a message, and pgbench")
    ingest.main()
    print("== files: one of 1 GB from the gateway into storage")
    files.main()
    print("== the drive: pages of 10,000 files among 100,000 messages, and 1 GB as a zip")
    drive.main()
    print("== minutes: importance on marked meetings, what is found in marked chats, a room of 2,000 messages")
    minutes.main()
    print("== reports: a day and a month of 50 rooms over 100,000 messages, and the picture")
    report.main()
    print("== search: words of one, two and four characters among 100,000 messages, beside LIKE")
    search.main()
    print("== pictures: read by the default engine and by PaddleOCR's own, one process and two")
    ocr.main()
    print("== times: what people type to be reminded, and marked expressions, beside JioNLP")
    times.main()
    print("== reminders: 100,000 that wait, three workers of which one after another is killed")
    reminders.main()
    print("== understanding: this pipeline, stock LogisticRegression, stock DIET (takes some minutes)")
    subprocess.run(
        [str(rasa.PYTHON), "-W", "ignore", "rasa_project/tests/compare_pipelines.py", "--every", "70"],
        cwd=rasa.ROOT,
        env={**os.environ, **rasa.QUIET, "PYTHONPATH": str(rasa.ROOT)},
        stderr=subprocess.DEVNULL,
        check=True,
    )


if __name__ == "__main__":
    main()
