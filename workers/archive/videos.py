"""The first frame of a film that shows something."""

from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from PIL import Image, ImageStat

from workers.archive import pictures
from workers.archive.previews import NoPreview

#: How ffmpeg calls the containers. It is always told: a playlist in disguise would have it open other files.
_FORMATS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/ogg": "ogg",
    "audio/ogg": "ogg",
    "video/x-msvideo": "avi",
    "video/x-flv": "flv",
    "video/x-ms-asf": "asf",
    "audio/x-ms-wma": "asf",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/flac": "flac",
}
_KEY_FRAMES = 8
_DULL = 6.0  # standard deviation of the greys of a black or plain frame


def open_container(file: BinaryIO, mime: str) -> InputContainer:
    """A film or a sound, as what its bytes say that it is. Raises NoPreview."""
    form = _FORMATS.get(mime)
    if form is None:
        raise NoPreview("这种格式做不了预览")
    return av.open(file, "r", format=form, options={"enable_drefs": "0"} if form == "mov" else {})


def first_frame(source: Path, mime: str, target: Path) -> float | None:
    """Write the picture; how many seconds the film takes, where it tells. Raises NoPreview."""
    with source.open("rb") as file, open_container(file, mime) as container:
        seconds = duration(container)
        if not container.streams.video:
            if not container.streams.audio:
                raise NoPreview("视频坏了或者读不懂")
            return seconds  # a film without a picture
        stream = container.streams.video[0]
        pictures.check(stream.codec_context.width, stream.codec_context.height)
        stream.codec_context.skip_frame = "NONKEY"
        best: Image.Image | None = None
        for number, frame in enumerate(container.decode(stream)):
            image = _image(frame)
            if best is None or _interest(image) >= _DULL:
                best = image
            if _interest(image) >= _DULL or number + 1 == _KEY_FRAMES:
                break
        if best is None:
            raise NoPreview("视频里没有能看的画面")
        pictures.save(best, target)
        return seconds


def duration(container: InputContainer) -> float | None:
    """In seconds."""
    return None if container.duration is None or container.duration <= 0 else container.duration / av.time_base


def _image(frame: VideoFrame) -> Image.Image:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def _interest(image: Image.Image) -> float:
    return float(ImageStat.Stat(image.convert("L").resize((32, 32))).stddev[0])
