"""The child that makes previews: ``python -m workers.archive.previews KIND MIME SOURCE OUT``.

It reads one file, writes ``thumb.webp`` and ``play.mp3`` into the folder OUT where it can, and ``facts.json``:
{"pages": int | null, "seconds": float | null, "problem": str}. It imports nothing of BotBay but its own decoders and limits.
"""

import json
import sys
from pathlib import Path

from botbay.confined import Limits, confine

#: In this memory a picture at its limit of pixels fits.
LIMITS = Limits(memory=1536 * 1024**2, cpu=100, wall=150, output=512 * 1024**2)

THUMB, PLAY, FACTS = "thumb.webp", "play.mp3", "facts.json"


class NoPreview(Exception):
    """This file has no preview. The text is for people."""


def make(kind: str, mime: str, source: Path, out: Path) -> dict[str, object]:
    """Make what can be made; the facts found on the way. Raises NoPreview."""
    match kind:
        case "image":
            from workers.archive import pictures

            pictures.thumbnail(source, out / THUMB)
            return {}
        case "pdf":
            from workers.archive import documents

            return {"pages": documents.first_page(source, out / THUMB)}
        case "video":
            from workers.archive import videos

            return {"seconds": videos.first_frame(source, mime, out / THUMB)}
        case "audio":
            from workers.archive import voices

            return {"seconds": voices.playable(source, mime, out / PLAY)}
    return {}


def main() -> None:
    confine(LIMITS)
    kind, mime, source, out = sys.argv[1:]
    facts: dict[str, object] = {"pages": None, "seconds": None, "problem": ""}
    try:
        facts |= make(kind, mime, Path(source), Path(out))
    except NoPreview as error:
        facts["problem"] = str(error)
    except MemoryError:
        facts["problem"] = "预览做不出来：太占内存"
    except Exception:
        # Decoders raise anything on what is broken, and say it in nobody's language.
        facts["problem"] = "预览做不出来：文件坏了或者读不懂"
    (Path(out) / FACTS).write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
