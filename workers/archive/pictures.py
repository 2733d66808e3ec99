"""Small pictures of pictures."""

from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from workers.archive.previews import NoPreview

#: The longer side of a thumbnail, in pixels.
SIDE = 480
_PIXELS = 80_000_000
_LONGEST = 40_000  # pixels of one side
_SLIMMEST = 200  # times as long as wide
#: Of a long screenshot the top is shown: as wide as this, as often as this as high.
_TALLEST = 2.5
_QUALITY = 80
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")


def thumbnail(source: Path, target: Path) -> None:
    """Write the first picture of a file as WebP, at most ``SIDE`` pixels high and wide. Raises NoPreview."""
    try:
        image = Image.open(source, formats=_FORMATS)
    except UnidentifiedImageError:
        raise NoPreview("这种图片做不了预览") from None
    with image:
        check(*image.size)
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        image.load()
        save(upright(image), target)


def check(width: int, height: int) -> None:
    """Refuse what would need too much memory, before a pixel is decoded. Raises NoPreview."""
    if width * height > _PIXELS or max(width, height) > _LONGEST or max(width, height) > _SLIMMEST * min(width, height):
        raise NoPreview(f"画面太大或太长（{width}×{height}），不做预览")


def upright(image: Image.Image) -> Image.Image:
    """As the camera was held."""
    return ImageOps.exif_transpose(image)


def save(image: Image.Image, target: Path) -> None:
    """Write a picture small, in plain colours, on white."""
    if image.height > _TALLEST * image.width:
        image = image.crop((0, 0, image.width, int(_TALLEST * image.width)))
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.mode in ("LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
    image.thumbnail((SIDE, SIDE))
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    image.convert("RGB").save(target, "WEBP", quality=_QUALITY)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep greys spread over what eight bits can show; a plain conversion would clip them to white."""
    image.thumbnail((SIDE, SIDE), Image.Resampling.NEAREST)
    grey = image.convert("F")
    low, high = grey.getextrema()
    assert isinstance(low, float) and isinstance(high, float)
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
    scale = 255.0 / ((high - low) or 1.0)
    return grey.point(lambda value: value * scale - low * scale).convert("L")
