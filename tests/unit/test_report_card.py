"""The report as a picture."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.report_samples import empty, sample
from workers.report import canvas, card, html
from workers.report.document import DayCount, Keyword, PersonCount, RoomCount

_ACCENT = (15, 118, 110)


def drawn(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "PNG"
    return picture.convert("RGB")


def runs(picture: Image.Image, y: int) -> list[int]:
    """How long the stretches of (about) the accent colour are on a line of the picture."""
    found, run = [], 0
    for x in range(picture.width):
        pixel = picture.getpixel((x, y))
        assert isinstance(pixel, tuple)
        if all(abs(a - b) < 12 for a, b in zip(pixel, _ACCENT, strict=True)):
            run += 1
        elif run:
            found.append(run)
            run = 0
    return [run for run in found if run > 20]


def assert_nothing_in_the_margins(picture: Image.Image) -> None:
    for left in (0, picture.width - 60):
        darkest, _ = picture.crop((left, 0, left + 60, picture.height)).convert("L").getextrema()
        assert darkest > 245


def test_a_card_can_be_read_on_a_phone() -> None:
    picture = drawn(card.render(sample()))
    assert picture.width == 1080
    assert 2400 < picture.height < 4000
    assert len(card.render(sample())) < 300_000


def test_bars_are_as_long_as_what_they_count() -> None:
    people = tuple(
        PersonCount(contact_id=place, name=f"人{place}", count=count) for place, count in enumerate((400, 200, 100), 1)
    )
    bare = empty(total=700, people=people, people_count=3, room_id=1, title="群")
    with_people, without = drawn(card.render(bare)), drawn(card.render(bare.model_copy(update={"people": ()})))
    lengths = []
    for y in range(without.height - 100, with_people.height):
        if (found := runs(with_people, y)) and (not lengths or lengths[-1] != max(found)):
            lengths.append(max(found))
    longest = sorted(set(lengths), reverse=True)
    assert longest[0] > 400
    for part in (1 / 2, 1 / 4):
        assert any(abs(length - longest[0] * part) <= 4 for length in longest)


def test_an_empty_day_is_a_short_card() -> None:
    assert drawn(card.render(empty())).height < 600


def test_numbers_of_any_size_stay_in_the_picture() -> None:
    many = 9_876_543_210
    report = sample(
        total=many,
        people=(PersonCount(contact_id=1, name="王", count=many),),
        rooms=(RoomCount(room_id=1, name="产品群", count=many, people=1),),
        trend=tuple(DayCount(day=each.day, count=many) for each in sample().trend),
    )
    assert_nothing_in_the_margins(drawn(card.render(report)))


def test_a_name_of_signs_only_does_not_vanish_beside_other_words() -> None:
    named, signs = (card.render(sample(room_id=1, title=title)) for title in ("[表情]", "🎉🎊"))
    assert named == signs


def test_phone_numbers_in_names_are_starred() -> None:
    def of(name: str) -> bytes:
        return card.render(sample(people=(PersonCount(contact_id=1, name=name, count=3),)))

    assert of("王师傅13800138000") == of("王师傅138****8000")


def test_pieces_for_a_mail_are_the_card_cut_between_its_sections() -> None:
    """Outlook takes the top off a picture that is higher than 1728 pixels."""
    whole, cut = drawn(card.render(sample())), [drawn(piece) for piece in card.pieces(sample())]
    assert len(cut) > 1
    assert max(piece.height for piece in cut) <= 1728
    again, y = Image.new("RGB", whole.size), 0
    for piece in cut:
        again.paste(piece, (0, y))
        y += piece.height
    assert again.tobytes() == whole.tobytes()


def test_what_does_not_fit_is_cut() -> None:
    assert canvas.clipped("项目二期施工协调群", 36, 200).endswith("…")
    assert canvas.measure(canvas.clipped("项目二期施工协调群", 36, 200), 36) <= 200
    assert canvas.clipped("产品群", 36, 200) == "产品群"
    assert all(canvas.measure(line, 30) <= 300 for line in canvas.wrapped("这段时间的消息可能不全" * 9, 30, 300, 3))


_NAMES = st.text(st.characters(codec="utf-8") | st.sampled_from("😀‮\x00한א\n王"), max_size=40)


@settings(max_examples=25, deadline=None)
@given(names=st.lists(_NAMES, max_size=8), counts=st.lists(st.integers(0, 10**9), min_size=24, max_size=24))
def test_any_names_and_numbers_can_be_drawn_and_mailed(names: list[str], counts: list[int]) -> None:
    report = sample(
        total=sum(counts),
        hours=tuple(counts),
        rooms=tuple(
            RoomCount(room_id=place, name=name, count=counts[place], people=1) for place, name in enumerate(names)
        ),
        people=tuple(PersonCount(contact_id=place, name=name, count=counts[place]) for place, name in enumerate(names)),
        keywords=tuple(Keyword(word=name, weight=0.5, count=1) for name in names),
        gaps=tuple(names),
    )
    whole = drawn(card.render(report))
    assert whole.width == 1080
    assert_nothing_in_the_margins(whole)
    cut = [drawn(piece) for piece in card.pieces(report)]
    assert max(piece.height for piece in cut) <= 1728
    assert sum(piece.height for piece in cut) == whole.height
    body, pictures = html.render(report, None)
    assert all(f"cid:{cid}" in body for cid in pictures)
    assert "\x00" not in body
