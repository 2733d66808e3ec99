"""A picture as pixels in a file, decoded by a child process that may die."""

from dataclasses import dataclass
from pathlib import Path

from botbay import sandbox
from botbay.chat.readings import Unreadable
from workers.ocr import decoding

#: Wall time of one child, in seconds; its CPU time and memory it limits itself (``decoding.LIMITS``).
TIME = 60.0
_LONGEST_ANSWER = 64 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Rows of red, green and blue bytes in a file; as browsers show it, so turned as its EXIF says.

    ``pages``: of the PDF of which it shows the first ones, one below the other; 0 where it is a picture.
    """

    pixels: Path
    width: int
    height: int
    pages: int = 0


async def decode(source: Path, folder: Path, *, time: float = TIME) -> Picture:
    """The picture in the file ``source``; its pixels go into the folder. Raises Unreadable."""
    try:
        facts = await sandbox.run(
            "workers.ocr.decoding",
            [str(Path.cwd() / source), str(folder)],
            folder / decoding.FACTS,
            time=time,
            longest=_LONGEST_ANSWER,
        )
        width, height, pages = (int(facts[each]) for each in ("width", "height", "pages"))
        picture = Picture(pixels=folder / decoding.PIXELS, width=width, height=height, pages=pages)
        problem = str(facts["problem"])
        if not problem and picture.pixels.stat().st_size != picture.width * picture.height * 3:
            raise ValueError
    except sandbox.TooSlow:
        raise Unreadable("图片解不开：太费时间了") from None
    except (sandbox.Astray, OSError, ValueError, TypeError, KeyError):
        raise Unreadable("图片解不开：文件坏了") from None
    if problem:
        raise Unreadable(problem)
    return picture
