"""Pictures with writing at known places, and what was read in them."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import readings
from botbay.chat.models import File, FileKind
from botbay.chat.readings import Line, Read, Unreadable
from botbay.zh import font
from tests.drive_fixture import Drive

Box = tuple[float, float, float, float]


@dataclass
class Drawn:
    """A picture, its lines with their boxes, and where words of it stand: left, top, right, bottom in pixels."""

    data: bytes
    size: tuple[int, int]
    lines: Sequence[Line]
    places: dict[str, Box]

    @property
    def read(self) -> Read:
        text = "\n".join(line.text for line in self.lines)
        return Read(text=text, lines=self.lines, width=self.size[0], height=self.size[1])


def drawn(
    texts: Sequence[tuple[int, int, str]],
    *words: str,
    size: tuple[int, int] = (900, 700),
    high: int = 40,
    turned: Sequence[tuple[int, int, str]] = (),
) -> Drawn:
    """Texts from their upper left corners on; ``turned`` ones are read from the bottom to the top."""
    face = ImageFont.truetype(font.PATH, high, layout_engine=ImageFont.Layout.BASIC)
    face.set_variation_by_axes([400])
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    lines: list[Line] = []
    places: dict[str, Box] = {}

    def add(text: str, corners: Sequence[tuple[float, float]]) -> None:
        first, second, third, fourth = corners
        lines.append(Line(text=text, box=(first, second, third, fourth), confidence=0.99))

    for x, y, text in texts:
        draw.text((x, y), text, fill="black", font=face)
        _, top, right, bottom = face.getbbox(text)
        add(text, [(x, y + top), (x + right, y + top), (x + right, y + bottom), (x, y + bottom)])
        for word in words:
            if (at := text.find(word)) >= 0:
                left = face.getlength(text[:at])
                places[word] = (x + left, y + top, x + left + face.getlength(word), y + bottom)
    for x, y, text in turned:
        long = math.ceil(face.getlength(text))
        strip = Image.new("RGB", (long, high + 16), "white")
        ImageDraw.Draw(strip).text((0, 0), text, fill="black", font=face)
        strip = strip.rotate(90, expand=True)
        image.paste(strip, (x, y))
        add(text, [(x, y + long), (x, y), (x + strip.width, y), (x + strip.width, y + long)])
        for word in words:
            if (at := text.find(word)) >= 0:
                left = face.getlength(text[:at])
                end = left + face.getlength(word)
                places[word] = (x, y + long - end, x + strip.width, y + long - left)
    out = io.BytesIO()
    image.save(out, "PNG")
    return Drawn(out.getvalue(), size, lines, places)


async def read(session: AsyncSession, file_id: int, what: Read | Unreadable) -> None:
    """Keep what was read in a stored file, unless its bytes were read before."""
    blob_id = await session.scalar(select(File.blob_id).where(File.id == file_id))
    assert blob_id is not None
    await readings.store(session, blob_id, what)


async def sent_picture(
    session: AsyncSession,
    drive: Drive,
    name: str,
    sender: str,
    picture: Drawn,
    room: str,
    at: datetime | None = None,
) -> int:
    """A picture that somebody sent, stored and read; its file's id."""
    file_id = await drive.sent(
        session, name, sender, picture.data, room=room, at=at, mime="image/png", kind=FileKind.IMAGE
    )
    await read(session, file_id, picture.read)
    return file_id
