"""What a crash left in storage goes after a day; what anything names stays, and so does what is somebody else's."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from botbay import storage
from botbay.chat import conversations, outbox
from botbay.chat.leftovers import erase_leftovers
from botbay.chat.models import Blob, Bot, Contact
from botbay.chat.simulator_models import SimContact, SimMessage, SimRoom
from botbay.db import now, transaction
from connector import media
from tests.media_fixture import Gateway, awaited, once, stream
from tests.media_fixture import media as given

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "storage"


def keys(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


async def put(*names: str) -> None:
    for name in names:
        await storage.put(name, stream(b"x"))


def age(root: Path, days: float) -> None:
    at = time.time() - days * 86400
    for path in root.rglob("*"):
        if path.is_file():
            os.utime(path, (at, at))


async def blobs(count: int, *, born: float = 30.0) -> None:
    """Files that were fetched some days ago."""
    for number in range(count):
        await once(media.fetcher(Gateway(lambda _, n=number: given(f"第 {n} 份".encode()))), await awaited())  # type: ignore[misc]
    async with transaction() as session:
        await session.execute(update(Blob).values(stored_at=now() - timedelta(days=born)))


async def name_in_use() -> set[str]:
    """Objects that a preview, a message to be sent and a message of the simulator need."""
    used = {"previews/2026/01/thumb", "previews/2026/01/play", "files/2026/01/outgoing", "simulator/sent"}
    await put(*used)
    async with transaction() as session:
        await session.execute(
            update(Blob)
            .where(Blob.id == 1)
            .values(thumb_key="previews/2026/01/thumb", play_key="previews/2026/01/play")
        )
        bot, contact = Bot(name="other"), Contact(wechat_id="wxid_x", name="x")
        session.add_all([bot, contact])
        await session.flush()
        conversation = await conversations.get(session, bot.id, None, contact.id)
        await outbox.put(session, conversation, "k", kind="file", file_key="files/2026/01/outgoing", file_name="a")
        session.add(SimContact(id="li", name="李"))
        await session.flush()
        session.add(SimRoom(id="r", topic="", owner_id="li"))
        await session.flush()
        session.add(SimMessage(room_id="r", talker_id="li", kind="file", file_key="simulator/sent"))
    return used


async def test_only_what_nothing_names_goes(root: Path) -> None:
    await blobs(6)
    used = await name_in_use() | {key for key in keys(root) if key.startswith("files/")}
    elsewhere = {"models/rasa.tar.gz", "exports/room.zip"}
    await put(*elsewhere, "files/2026/01/left", "previews/2026/01/left", "simulator/left")
    age(root, 2)
    await put("files/2026/01/young")
    await erase_leftovers()
    assert keys(root) == used | elsewhere | {"files/2026/01/young"}
    await erase_leftovers()
    assert keys(root) == used | elsewhere | {"files/2026/01/young"}


async def test_many_pages_of_them(root: Path) -> None:
    await blobs(1)
    folder = root / "files" / "2025"
    folder.mkdir()
    named = [f"files/2025/{number}" for number in range(1500)]
    async with transaction() as session:
        for number, key in enumerate(named):
            session.add(Blob(sha256=str(number), size=1, key=key, mime="x/y", kind="other"))
    for number in range(2600):
        (folder / str(number)).write_bytes(b"x")
    age(root, 2)
    await erase_leftovers()
    assert len(keys(root)) == 1501


async def test_nothing_goes_where_the_database_is_new(root: Path) -> None:
    """Somebody began with an empty database over the files of the old one."""
    await put(*(f"files/2026/01/{number}" for number in range(3)))
    age(root, 40)
    before = keys(root)
    await erase_leftovers()
    assert keys(root) == before
    await blobs(5, born=30)
    after = keys(root)
    await erase_leftovers()
    assert keys(root) == after


async def test_nothing_goes_where_most_would(root: Path) -> None:
    """The storage is shared with another database, which is a mistake that must not cost files."""
    await blobs(2)
    await put(*(f"files/2026/01/{number}" for number in range(5)))
    age(root, 2)
    before = keys(root)
    await erase_leftovers()
    assert keys(root) == before
