"""Previews: made in a child that may die, stored once, and of bad input only a word about what is wrong."""

import asyncio
import io
import math
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import pypdfium2
import pysilk
import pytest
from PIL import Image
from sqlalchemy import text, update

from botbay import storage
from botbay.chat import files, filetypes, messages
from botbay.chat.housekeeping import erase_file
from botbay.chat.models import Blob, FileKind, Message
from botbay.db import transaction
from botbay.jobs import Later, Work
from connector import media
from tests.media_fixture import Gateway, awaited, file_of, once, queued
from tests.media_fixture import media as given
from workers.archive import jobs as archive
from workers.archive import sandbox


async def bring(data: bytes, name: str = "") -> Blob:
    """A message brings these bytes; their blob."""
    file_id = await awaited(name)
    await once(media.fetcher(Gateway(lambda _: given(data))), file_id, tries=7)
    blob = (await file_of(file_id))[1]
    assert blob is not None
    return blob


async def preview(blob: Blob) -> Blob:
    await archive.preview_file(Work(payload={"blob_id": blob.id}, attempt=0, final=False))
    async with transaction() as session:
        return await session.get_one(Blob, blob.id)


async def bytes_of(key: str | None) -> bytes:
    assert key is not None
    return b"".join([chunk async for chunk in storage.get(key)])


async def thumb_of(blob: Blob) -> Image.Image:
    image = Image.open(io.BytesIO(await bytes_of(blob.thumb_key)))
    assert image.format == "WEBP"
    assert max(image.size) <= 480
    return image.convert("RGB")


def near(found: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) < 24 for one, other in zip(found, wanted, strict=True))


# --- what is made ------------------------------------------------------------------------------------------


def picture(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def turned() -> bytes:
    """Red above blue on the screen, held sideways by the camera."""
    image = Image.new("RGB", (800, 400), "red")
    image.paste("blue", (400, 0, 800, 400))
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture(image, "JPEG", exif=exif)


def deep() -> bytes:
    image = Image.new("I;16", (600, 400))
    image.putdata([30_000] * (600 * 400))
    return picture(image)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("data", "size", "at", "colour"),
    [
        (picture(Image.new("RGB", (2000, 1000), "green"), "JPEG"), (480, 240), (9, 9), (0, 128, 0)),
        (picture(Image.new("RGB", (100, 50), "green"), "GIF"), (100, 50), (9, 9), (0, 128, 0)),
        (picture(Image.new("RGB", (960, 960), "green"), "WEBP"), (480, 480), (9, 9), (0, 128, 0)),
        (picture(Image.new("RGBA", (960, 960), (255, 0, 0, 0))), (480, 480), (9, 9), (255, 255, 255)),
        (picture(Image.new("CMYK", (960, 960), (0, 255, 255, 0)), "JPEG"), (480, 480), (9, 9), (254, 0, 0)),
        (deep(), (480, 320), (9, 9), (117, 117, 117)),
        (turned(), (240, 480), (100, 20), (254, 0, 0)),
        (picture(Image.new("RGB", (1080, 15360), "green")), (192, 480), (9, 9), (0, 128, 0)),  # a long screenshot
        (picture(Image.new("1", (960, 960), 1)), (480, 480), (9, 9), (255, 255, 255)),
        (picture(Image.new("P", (960, 960), 0), transparency=0), (480, 480), (9, 9), (255, 255, 255)),
    ],
)
async def test_a_picture_gets_a_small_one(
    data: bytes, size: tuple[int, int], at: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    blob = await preview(await bring(data))
    image = await thumb_of(blob)
    assert (blob.problem, image.size) == ("", size)
    assert near(image.getpixel(at), colour)


def film(frames: list[Image.Image], rate: int = 10) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height = frames[0].size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = 5
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))
    return out.getvalue()


def black_then_busy() -> bytes:
    busy = Image.new("RGB", (320, 240), "white")
    busy.paste("red", (0, 0, 160, 240))
    return film([Image.new("RGB", (320, 240), "black")] * 10 + [busy] * 20)


@pytest.mark.usefixtures("database")
async def test_a_film_shows_its_first_frame_that_is_not_black() -> None:
    blob = await preview(await bring(black_then_busy()))
    image = await thumb_of(blob)
    assert (blob.kind, blob.seconds, blob.problem) == (FileKind.VIDEO, pytest.approx(3.0, abs=0.2), "")
    assert near(image.getpixel((40, 120)), (254, 0, 0))


def pdf(pages: int = 1, size: tuple[float, float] = (595, 842)) -> bytes:
    document, out = pypdfium2.PdfDocument.new(), io.BytesIO()
    for _ in range(pages):
        document.new_page(*size)
    document.save(out)
    document.close()
    return out.getvalue()


@pytest.mark.usefixtures("database")
async def test_a_pdf_shows_its_first_page_and_how_many_there_are() -> None:
    blob = await preview(await bring(pdf(3)))
    assert (blob.pages, blob.problem) == (3, "")
    assert (await thumb_of(blob)).size == (339, 480)


def tone(rate: int, seconds: float) -> bytes:
    return b"".join(
        struct.pack("<h", int(8000 * math.sin(2 * math.pi * 440 * number / rate)))
        for number in range(int(rate * seconds))
    )


def silk(seconds: float = 2.0) -> bytes:
    out = io.BytesIO()
    pysilk.encode(io.BytesIO(tone(24_000, seconds)), out, 24_000, 24_000, tencent=True)
    return out.getvalue()


def sound(form: str, codec: str, rate: int, seconds: float = 2.0) -> bytes:
    out = io.BytesIO()
    samples = tone(rate, seconds)
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
        frame.sample_rate = rate
        frame.planes[0].update(samples)
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate, frame_size=size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("data", "mime", "converted"),
    [
        (silk(), "audio/silk", True),
        (silk()[1:], "audio/silk", True),  # as other clients write it
        (sound("amr", "libopencore_amrnb", 8000), "audio/amr", True),
        (sound("wav", "pcm_s16le", 16_000), "audio/wav", True),
        (sound("ogg", "libopus", 48_000), "audio/ogg", True),
        (sound("flac", "flac", 44_100), "audio/flac", True),
        (sound("mp3", "libmp3lame", 44_100), "audio/mpeg", False),
        (sound("ipod", "aac", 44_100), "audio/mp4", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_voice_can_be_played_in_a_browser(data: bytes, mime: str, converted: bool) -> None:
    blob = await preview(await bring(data))
    assert (blob.mime, blob.kind, blob.problem) == (mime, FileKind.AUDIO, "")
    assert blob.seconds == pytest.approx(2.0, abs=0.2)
    if not converted:
        assert blob.play_key is None
        return
    with av.open(io.BytesIO(await bytes_of(blob.play_key)), format="mp3") as container:
        loudest = max(abs(int(value)) for frame in container.decode(audio=0) for value in _samples(frame))
    assert 5000 < loudest < 12_000


def _samples(frame: av.AudioFrame) -> list[int]:
    [plain] = av.AudioResampler(format="s16", layout="mono", rate=frame.sample_rate).resample(frame)
    return list(struct.unpack(f"<{plain.samples}h", bytes(plain.planes[0])[: 2 * plain.samples]))


# --- what goes wrong ---------------------------------------------------------------------------------------


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG that claims a size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """30000 x 30000 pixels in a few kilobytes."""
    squeezer = zlib.compressobj(9)
    body = b"".join(squeezer.compress(bytes(30_000 * 3 + 1)) for _ in range(300)) + squeezer.flush()
    return png(30_000, 30_000, body)


def zip_bomb(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in names:
            archive.writestr(name, bytes(30 * 1024 * 1024))
    return out.getvalue()


def playlist() -> bytes:
    return b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


def endless_pdf() -> bytes:
    """Its pages are their own children."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Count 99999/Kids[2 0 R 2 0 R]>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def locked_pdf() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/P -4/O(" + b"o" * 32 + b")/U(" + b"u" * 32 + b")>>endobj\n"
        b"trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>\n%%EOF"
    )


def tiff_loop() -> bytes:
    """A directory whose next one is itself."""
    entries = struct.pack("<HHII", 256, 4, 1, 60000) + struct.pack("<HHII", 257, 4, 1, 60000)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entries + struct.pack("<I", 8) + bytes(100)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b"\x2c" + bytes(8) + b"\x00\x02\x00\x3b"


NOISE = bytes((number * 7919 + 13) % 251 for number in range(20_000))
MP4, PDF, SILK, JPEG = black_then_busy(), pdf(), silk(), picture(Image.effect_noise((900, 900), 60), "JPEG")

#: Bad input, what it is taken for, and whether it gets a preview all the same.
BAD: dict[str, tuple[Callable[[], bytes], FileKind, bool]] = {
    "decompression bomb": (bomb, FileKind.IMAGE, False),
    "claims 4 G x 4 G": (lambda: png(2**31 - 1, 2**31 - 1, b""), FileKind.IMAGE, False),
    "1 x 100000": (lambda: picture(Image.new("RGB", (1, 100_000))), FileKind.IMAGE, False),
    "100000 x 1": (lambda: picture(Image.new("RGB", (100_000, 1))), FileKind.IMAGE, False),
    "no pixels": (lambda: png(0, 0, b""), FileKind.IMAGE, False),
    "png of garbage": (lambda: png(100, 100, b"garbage"), FileKind.IMAGE, False),
    "png of nothing": (lambda: b"\x89PNG\r\n\x1a\n", FileKind.IMAGE, False),
    "half a png": (lambda: picture(Image.effect_noise((500, 500), 60))[:50_000], FileKind.IMAGE, False),
    "half a jpeg": (lambda: JPEG[: len(JPEG) // 2], FileKind.IMAGE, False),
    "jpeg of garbage": (lambda: b"\xff\xd8\xff\xe0" + NOISE, FileKind.IMAGE, False),
    "gif of 65535 x 65535": (lambda: gif(65_535, 65_535), FileKind.IMAGE, False),
    "webp of garbage": (lambda: b"RIFF\x20\x4e\x00\x00WEBPVP8 " + NOISE, FileKind.IMAGE, False),
    "tiff in a loop": (tiff_loop, FileKind.IMAGE, False),
    "photoshop": (lambda: b"8BPS\x00\x01" + NOISE, FileKind.IMAGE, False),
    "heic": (lambda: b"\x00\x00\x00\x18ftypheic" + bytes(4) + b"mif1heic" + NOISE, FileKind.IMAGE, False),
    "bmp of garbage": (lambda: b"BM\xff\xff\xff\x7f" + bytes(4) + NOISE, FileKind.IMAGE, False),
    "zip bomb named docx": (lambda: zip_bomb("a", "b"), FileKind.ARCHIVE, False),
    "zip bomb as docx": (lambda: zip_bomb("[Content_Types].xml", "word/document.xml"), FileKind.DOCUMENT, False),
    "half a zip": (lambda: zip_bomb("a")[:9000], FileKind.ARCHIVE, False),
    "truncated mp4": (lambda: MP4[: len(MP4) // 2], FileKind.VIDEO, False),
    "mp4 of garbage": (lambda: b"\x00\x00\x00\x18ftypisom" + NOISE, FileKind.VIDEO, False),
    "mp4 with holes": (lambda: MP4[:500] + bytes(1500) + MP4[2000:], FileKind.VIDEO, False),
    "webm of garbage": (lambda: b"\x1a\x45\xdf\xa3\x42\x82\x84webm" + NOISE, FileKind.VIDEO, False),
    "avi of garbage": (lambda: b"RIFF\x20\x4e\x00\x00AVI " + NOISE, FileKind.VIDEO, False),
    "flv of garbage": (lambda: b"FLV\x01" + NOISE, FileKind.VIDEO, False),
    "silk of garbage": (lambda: b"\x02#!SILK_V3" + NOISE, FileKind.AUDIO, False),
    "silk of nothing": (lambda: b"\x02#!SILK_V3", FileKind.AUDIO, False),
    "half a silk": (lambda: SILK[: len(SILK) // 2], FileKind.AUDIO, True),
    "huge silk": (lambda: b"\x02#!SILK_V3" + bytes(5 * 1024 * 1024), FileKind.AUDIO, False),
    "amr of garbage": (lambda: b"#!AMR\n" + NOISE, FileKind.AUDIO, False),
    "mp3 of nothing": (lambda: b"ID3\x04\x00\x00\x00\x00\x00\x00", FileKind.AUDIO, False),
    "wav of garbage": (lambda: b"RIFF\x20\x4e\x00\x00WAVE" + NOISE, FileKind.AUDIO, False),
    "flac of garbage": (lambda: b"fLaC" + NOISE, FileKind.AUDIO, False),
    "wma of garbage": (lambda: b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + NOISE, FileKind.AUDIO, False),
    "playlist of local files": (playlist, FileKind.TEXT, False),
    "half a pdf": (lambda: PDF[: len(PDF) // 2], FileKind.PDF, False),
    "pdf of garbage": (lambda: b"%PDF-1.7\n" + NOISE + b"%%EOF", FileKind.PDF, False),
    "pdf in a loop": (endless_pdf, FileKind.PDF, False),
    "pdf with a password": (locked_pdf, FileKind.PDF, False),
    "pdf of a mile": (lambda: pdf(size=(200_000, 200_000)), FileKind.PDF, False),
    "html as a picture": (lambda: b"<html><script>x()</script>", FileKind.TEXT, False),
    "svg with a script": (lambda: b"<svg onload='x()'/>", FileKind.OTHER, False),
    "noise": (lambda: bytes(range(256)) * 100, FileKind.OTHER, False),
}
_SILENT = {FileKind.TEXT, FileKind.OTHER, FileKind.ARCHIVE, FileKind.DOCUMENT}


@pytest.mark.usefixtures("database")
async def test_bad_input_costs_a_preview_at_most() -> None:
    outcomes: dict[str, tuple[FileKind, bool, bool]] = {}

    async def outcome(what: str) -> None:
        make, kind, _ = BAD[what]
        blob = await preview(await bring(make(), "合同.docx"))
        assert blob.previewed_at is not None
        assert await bytes_of(blob.key)  # whatever it is, it is kept
        shown = blob.thumb_key is not None or blob.play_key is not None
        outcomes[what] = (blob.kind, shown, shown or kind in _SILENT or bool(blob.problem))

    for what in BAD:
        await outcome(what)
    expected = {what: (kind, shown, True) for what, (_, kind, shown) in BAD.items()}
    assert outcomes == expected
    assert len(BAD) >= 40


# --- the child ---------------------------------------------------------------------------------------------


def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put a program in the decoders' place."""
    program = tmp_path / "child.py"
    program.write_text(body)
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {program} "$@"\n')
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import os; os.abort()", "读不懂"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "读不懂"),
        ("print('x' * 10_000_000)", "读不懂"),
        ("import sys; open(sys.argv[-1] + '/facts.json', 'w').write('x' * 10_000_000)", "读不懂"),
        ("import sys; open(sys.argv[-1] + '/facts.json', 'w').write('[]')", "读不懂"),
        ("import sys; open(sys.argv[-1] + '/facts.json', 'w').write('{}'); sys.exit(3)", "读不懂"),
        ("import time; time.sleep(600)", "太费时间"),
        ("import os, time\nif os.fork(): time.sleep(600)\nelse: time.sleep(600)", "太费时间"),
        ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass", "太费时间"),
    ],
)
async def test_a_child_that_dies_or_hangs_leaves_a_word_and_the_worker_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    blob = await bring(picture(Image.new("RGB", (50, 50))))
    child(tmp_path, monkeypatch, body)
    monkeypatch.setattr(sandbox.preview, "__kwdefaults__", {"time": 3.0})
    started = time.monotonic()
    blob = await preview(blob)
    assert time.monotonic() - started < 10
    assert words in blob.problem
    assert (blob.previewed_at is not None, blob.thumb_key) == (True, None)


async def test_the_child_is_confined_and_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOTBAY_SECRET_KEY", "s" * 32)
    body = """
import json, os, sys
from botbay.confined import confine
from workers.archive import previews
confine(previews.LIMITS)
try:
    bytes(2 * 1024**3)
except MemoryError:
    secrets = [name for name in os.environ if "BOTBAY" in name]
    open(sys.argv[-1] + "/facts.json", "w").write(json.dumps({"refused": True, "secrets": secrets}))
"""
    child(tmp_path, monkeypatch, body)
    assert await sandbox.preview("image", "image/png", tmp_path, tmp_path) == {"refused": True, "secrets": []}


# --- once, and only while it is wanted ---------------------------------------------------------------------


@pytest.mark.usefixtures("database")
async def test_a_preview_is_made_once(tmp_path: Path) -> None:
    blob = await bring(picture(Image.new("RGB", (900, 900), "green")))
    first = await preview(blob)
    second = await preview(blob)
    assert (first.thumb_key, first.previewed_at) == (second.thumb_key, second.previewed_at)
    await asyncio.gather(*(preview(blob) for _ in range(3)))
    assert len([path for path in (tmp_path / "data" / "storage" / "previews").rglob("*") if path.is_file()]) == 1


@pytest.mark.usefixtures("database")
async def test_of_several_runs_at_once_one_is_kept(tmp_path: Path) -> None:
    blob = await bring(picture(Image.new("RGB", (900, 900), "green")))
    await asyncio.gather(*(preview(blob) for _ in range(3)))
    await erase_all()
    kept = [path for path in (tmp_path / "data" / "storage" / "previews").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [((await preview(blob)).thumb_key or "").rpartition("/")[2]]


async def erase_all() -> None:
    for payload in await queued(files.ERASE_JOB):
        await erase_file(Work(payload=payload, attempt=0, final=False))


@pytest.mark.usefixtures("database")
async def test_what_was_made_of_bytes_that_went_meanwhile_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = await bring(picture(Image.new("RGB", (900, 900), "green")))
    real = sandbox.preview

    async def slow(kind: str, mime: str, source: Path, out: Path) -> dict[str, object]:
        found = await real(kind, mime, source, out)
        async with transaction() as session:
            await messages.erase(session, Message.id.is_not(None))
        return found

    monkeypatch.setattr(sandbox, "preview", slow)
    await archive.preview_file(Work(payload={"blob_id": blob.id}, attempt=0, final=False))
    await erase_all()
    assert [path for path in (tmp_path / "data" / "storage").rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("database")
async def test_bytes_that_are_missing_are_told() -> None:
    blob = await bring(picture(Image.new("RGB", (9, 9))))
    await storage.delete(blob.key)
    assert (await preview(blob)).problem == "文件的内容不见了"


@pytest.mark.usefixtures("database")
async def test_a_storage_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    blob = await bring(picture(Image.new("RGB", (9, 9))))

    async def away(*args: object) -> object:
        raise storage.StorageUnavailable("磁盘满了")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "put", away)
        with pytest.raises(Later):
            await preview(blob)
    assert (await preview(blob)).thumb_key is not None


@pytest.mark.usefixtures("database")
async def test_what_was_stored_before_kinds_were_told_is_recognised() -> None:
    file_id = await awaited("合影.jpg")
    await once(media.fetcher(Gateway(lambda _: given(JPEG))), file_id)
    async with transaction() as session:
        await session.execute(update(Blob).values(mime=filetypes.UNKNOWN, kind=FileKind.OTHER))
    blob = (await file_of(file_id))[1]
    assert blob is not None
    blob = await preview(blob)
    assert (blob.mime, blob.kind, (await file_of(file_id))[0].kind) == ("image/jpeg", FileKind.IMAGE, FileKind.IMAGE)
    assert blob.thumb_key is not None


@pytest.mark.usefixtures("database")
async def test_a_job_that_was_lost_is_put_in_again() -> None:
    blob = await bring(JPEG)
    async with transaction() as session:
        await session.execute(text("DELETE FROM pgqueuer"))
        await session.execute(update(Blob).values(stored_at=blob.stored_at.replace(year=2020)))
    await archive.preview_forgotten()
    await archive.preview_forgotten()
    assert await queued(files.PREVIEW_JOB) == [{"blob_id": blob.id}]
