"""The child that decodes a picture: ``python -m workers.ocr.decoding SOURCE OUT``.

It writes into the folder OUT ``pixels``, the picture as a browser shows it in rows of red, green and blue bytes, and
``facts.json``: {"width": int, "height": int, "pages": int, "problem": str}; pages: of a PDF, else 0.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from botbay.confined import Limits, confine
from workers.ocr import scanned

LIMITS = Limits(memory=2048 * 1024**2, output=512 * 1024**2, cpu=60, wall=90)
PIXELS, FACTS = "pixels", "facts.json"

_BYTES = 64 * 1024**2
_MOST = 80_000_000  # pixels
_LONGEST = 60_000  # pixels of one side
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")


class Undecodable(Exception):
    """No picture comes out of this file. The text is for people."""


def decode(source: Path) -> tuple[NDArray[np.uint8], int]:
    """The first picture of a file, or the first pages of a PDF: rows of pixels of red, green and blue; and how many
    pages there are, 0 where it is no PDF. Raises Undecodable, and what decoders raise."""
    size = source.stat().st_size
    if size == 0:
        raise Undecodable("图片是空的")
    if size > _BYTES:
        raise Undecodable(f"图片太大（{size // 1024**2} MB），不读上面的字")
    if scanned.is_pdf(source):
        return scanned.render(source)
    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # asked below, of every format, before a pixel is decoded
    try:
        image = Image.open(source, formats=_FORMATS)
    except UnidentifiedImageError:
        raise Undecodable("不是认得的图片，或者文件坏了") from None
    with image:
        width, height = image.size
        if width * height > _MOST or max(width, height) > _LONGEST:
            raise Undecodable(f"画面太大（{width}×{height}），不读上面的字")
        image.load()
        return np.asarray(_plain(ImageOps.exif_transpose(image))), 0


def _plain(image: Image.Image) -> Image.Image:
    """In eight bits a colour, on white."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.mode in ("LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep greys spread over what eight bits can show; a plain conversion would clip them to white."""
    deep = np.nan_to_num(np.asarray(image).astype(np.float32))
    low, high = float(deep.min()), float(deep.max())
    return Image.fromarray(((deep - low) * (255.0 / ((high - low) or 1.0))).astype(np.uint8))


def main() -> None:
    confine(LIMITS)
    source, out = (Path(argument) for argument in sys.argv[1:])
    facts: dict[str, object] = {"width": 0, "height": 0, "pages": 0, "problem": ""}
    try:
        pixels, pages = decode(source)
        (out / PIXELS).write_bytes(pixels.tobytes())
        facts |= {"height": pixels.shape[0], "width": pixels.shape[1], "pages": pages}
    except Undecodable as error:
        facts["problem"] = str(error)
    except MemoryError:
        facts["problem"] = "图片太占内存，不读上面的字"
    except Exception:
        # Decoders raise anything on what is broken, and say it in nobody's language.
        facts["problem"] = "图片不完整，或者坏了"
    (out / FACTS).write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
