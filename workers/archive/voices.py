"""Sounds in a form that every browser plays."""

import contextlib
import io
from pathlib import Path

import av
import pysilk  # type: ignore[import-untyped]
from av.audio.resampler import AudioResampler

from workers.archive.previews import NoPreview
from workers.archive.videos import duration, open_container

#: Of these codecs browsers play a file as it is.
_PLAYED = {"audio/mpeg": {"mp3", "mp3float"}, "audio/mp4": {"aac", "mp3", "mp3float"}}
_LONGEST = 3 * 3600.0  # seconds that are converted
_SILK_RATE = 24_000
_SILK_LARGEST = 4 * 1024**2  # bytes; a minute of voice is some 100 KB
_BIT_RATE = 64_000


def playable(source: Path, mime: str, target: Path) -> float | None:
    """Write an MP3 where browsers cannot play the file itself; its length in seconds. Raises NoPreview."""
    if mime == "audio/silk":
        return _silk(source, target)
    with source.open("rb") as file, open_container(file, mime) as container:
        if not container.streams.audio:
            raise NoPreview("里面没有声音")
        stream = container.streams.audio[0]
        seconds = duration(container)
        if stream.codec_context.name in _PLAYED.get(mime, ()):
            return seconds
        if seconds is not None and seconds > _LONGEST:
            raise NoPreview("录音太长，不转成能在网页上播放的格式")
        rate = stream.codec_context.sample_rate
        with _Mp3(target, rate if rate in (8000, 16000, 24000, 44100, 48000) else 44100) as mp3:
            for frame in container.decode(stream):
                mp3.add(frame)
                if mp3.seconds > _LONGEST:
                    raise NoPreview("录音太长，不转成能在网页上播放的格式")
        return mp3.seconds


def _silk(source: Path, target: Path) -> float:
    """WeChat's voice: its own codec, decoded to 16-bit samples."""
    if source.stat().st_size > _SILK_LARGEST:
        raise NoPreview("录音太长，不转成能在网页上播放的格式")
    data, samples = source.read_bytes(), io.BytesIO()
    with contextlib.suppress(pysilk.SilkError):  # what comes before a broken part is worth hearing
        pysilk.decode(io.BytesIO(data), samples, _SILK_RATE)
    sound = samples.getvalue()
    if not sound:
        raise NoPreview("语音里没有声音")
    step = _SILK_RATE  # one second of samples
    with _Mp3(target, _SILK_RATE) as mp3:
        for start in range(0, len(sound), 2 * step):
            part = sound[start : start + 2 * step]
            frame = av.AudioFrame(format="s16", layout="mono", samples=len(part) // 2)
            frame.sample_rate = _SILK_RATE
            frame.planes[0].update(part.ljust(frame.planes[0].buffer_size, b"\0")[: frame.planes[0].buffer_size])
            mp3.add(frame)
    return mp3.seconds


class _Mp3:
    """An MP3 file that frames of any kind are added to; nothing of it stays when the making fails."""

    def __init__(self, target: Path, rate: int) -> None:
        self._target, self._rate, self._samples = target, rate, 0

    @property
    def seconds(self) -> float:
        return self._samples / self._rate

    def __enter__(self) -> "_Mp3":
        self._container = av.open(str(self._target), "w", format="mp3")
        self._stream = self._container.add_stream("libmp3lame", rate=self._rate, layout="mono")
        self._stream.bit_rate = _BIT_RATE
        self._resampler = AudioResampler(format="s16p", layout="mono", rate=self._rate)
        return self

    def add(self, frame: av.AudioFrame | None) -> None:
        for part in self._resampler.resample(frame):
            self._samples += part.samples
            part.pts = None
            self._container.mux(self._stream.encode(part))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.add(None)
                self._container.mux(self._stream.encode(None))
            self._container.close()
        finally:
            if kind is not None or self._samples == 0:
                self._target.unlink(missing_ok=True)
        if kind is None and self._samples == 0:
            raise NoPreview("里面没有声音")
