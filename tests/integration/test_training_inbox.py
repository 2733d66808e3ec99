"""The inbox: what comes in, only with a yes; what a maintainer makes of it; what goes when the yes is taken back."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select, update

from botbay import jobs, rasa
from botbay.chat import consent, conversations, rooms
from botbay.chat.models import Account, Bot, Contact, Room, Turn
from botbay.db import now, transaction
from tests.conftest import use_settings
from tests.training_fixture import project  # noqa: F401 (fixture)
from workers.training import jobs as training_jobs
from workers.training import service
from workers.training.export import Entity
from workers.training.models import Reason, RunState, Sentence, Sighting, TrainingRun
from workers.training.service import TrainingError

pytestmark = pytest.mark.usefixtures("database", "project")
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Person:
    contact_id: int
    conversation_id: int
    room_id: int | None = None

    async def turn(self) -> Turn:
        """A turn in which this person said something."""
        async with transaction() as session:
            turn = Turn(conversation_id=self.conversation_id, key=f"turn-{next(_numbers)}")
            session.add(turn)
            await session.flush()
            return turn

    async def say(
        self,
        text: str,
        reason: Reason = Reason.UNKNOWN,
        *,
        turn: Turn | None = None,
        label: str | None = None,
        ranking: tuple[tuple[str, float], ...] = (("ask_minutes", 0.41234), ("ask_daily_report", 0.3)),
    ) -> Turn:
        turn = turn or await self.turn()
        async with transaction() as session:
            await service.note(session, turn=turn, text=text, reason=reason, ranking=ranking, label=label)
        return turn


async def somebody(name: str = "钱小满", *, agreed: bool = True, room: int | None = None) -> Person:
    """In private, or in a room."""
    async with transaction() as session:
        bot = await session.scalar(select(Bot))
        if bot is None:
            bot = Bot(name="work", wechat_name="小港")
            session.add(bot)
        contact = Contact(wechat_id=f"wxid-{next(_numbers)}", name=name)
        session.add(contact)
        await session.flush()
        if agreed and room is None:
            contact.keep_private_at = now()
        conversation_id = await conversations.get(session, bot.id, room, contact.id)
        return Person(contact_id=contact.id, conversation_id=conversation_id, room_id=room)


async def a_room(*members: str, recording: bool = True) -> int:
    async with transaction() as session:
        facts = rooms.RoomFacts(
            wechat_id=f"room-{next(_numbers)}",
            topic="产品群",
            owner_id=None,
            members={f"wxid-{next(_numbers)}": (name, "") for name in members},
        )
        room_id = await rooms.upsert(session, facts, now())
        if recording:
            await session.execute(update(Room).where(Room.id == room_id).values(recording_at=now()))
        return room_id


async def inbox() -> list[str]:
    async with transaction() as session:
        return [item.sentence.text for item in (await service.waiting(session))[0]]


async def only() -> Sentence:
    """The one sentence that waits."""
    async with transaction() as session:
        [item], total = await service.waiting(session)
        assert total == 1
        return item.sentence


async def act(rule: Callable[..., object], *arguments: object) -> None:
    async with transaction() as session:
        await rule(session, *arguments)  # type: ignore[misc]


async def stored() -> tuple[int, int]:
    """How many sentences and sightings the database holds."""
    async with transaction() as session:
        sentences = await session.scalar(select(func.count()).select_from(Sentence))
        sightings = await session.scalar(select(func.count()).select_from(Sighting))
        return sentences or 0, sightings or 0


# --- what comes in -----------------------------------------------------------------------------------------


async def test_what_was_not_understood_waits_masked_with_what_the_bot_thought() -> None:
    person = await somebody()
    await person.say("打 13912345678 给钱小满说日报好了没", Reason.UNSURE)
    sentence = await only()
    assert sentence.text == "打 13800000000 给小王说日报好了没"
    assert sentence.ranking == [["ask_minutes", 0.412], ["ask_daily_report", 0.3]]


async def test_nothing_is_kept_of_whom_nothing_may_be_kept() -> None:
    stranger = await somebody(agreed=False)
    await stranger.say("给我整一份那个")
    silent = await somebody(room=await a_room(recording=False))
    await silent.say("给我整一份那个")
    room = await a_room()
    refused = await somebody(room=room)
    async with transaction() as session:
        await consent.refuse(session, refused.contact_id, room)
    await refused.say("给我整一份那个")
    assert await stored() == (0, 0)
    await (await somebody(room=room)).say("给我整一份那个")
    assert await inbox() == ["给我整一份那个"]


async def test_each_must_agree_where_each_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, consent="member")
    room = await a_room()
    person = await somebody(room=room)
    await person.say("给我整一份那个")
    assert await inbox() == []
    async with transaction() as session:
        await consent.agree(session, person.contact_id, room)
    await person.say("给我整一份那个")
    assert await inbox() == ["给我整一份那个"]


async def test_names_of_the_room_and_of_accounts_are_masked_and_the_bots_is_not() -> None:
    async with transaction() as session:
        session.add(Account(name="porbello", display_name="孙大圣"))
    room = await a_room("老李", "小港", "Amy Wong")
    await (await somebody(room=room)).say("小港 把老李和Amy Wong的日报发给孙大圣 porbello")
    assert await inbox() == ["小港 把小王和小王的日报发给小王 xiaowang"]


async def test_in_private_the_names_of_ones_rooms_are_masked() -> None:
    person = await somebody()
    room = await a_room("老李")
    async with transaction() as session:
        contact = await session.get_one(Contact, person.contact_id)
        room_row = await session.get_one(Room, room)
        facts = rooms.RoomFacts(
            wechat_id=room_row.wechat_id,
            topic="产品群",
            owner_id=None,
            members={contact.wechat_id: ("", ""), "wxid-li": ("老李", "")},
        )
        await rooms.upsert(session, facts, now())
    await person.say("问问老李咋整")
    assert await inbox() == ["问问小王咋整"]


async def test_the_rooms_of_the_asker_are_masked_with_and_without_the_word_and_accounts_that_were_found_too() -> None:
    room = await a_room("老李")
    person = await somebody(room=room)
    turn = await person.turn()
    async with transaction() as session:
        await service.note(
            session,
            turn=turn,
            text="产品群和产品的那份，绑lihong吧，谢谢王晓梅",
            reason=Reason.UNKNOWN,
            ranking=(),
            accounts=["lihong"],
        )
    assert await inbox() == ["工作群和工作的那份，绑xiaowang吧，谢谢小王"]


async def test_noting_a_turn_twice_changes_nothing_and_each_reason_counts() -> None:
    person = await somebody()
    turn = await person.say("给我整一份那个", Reason.UNSURE)
    await person.say("给我整一份那个", Reason.UNSURE, turn=turn)
    assert await stored() == (1, 1)
    await person.say("给我整一份那个", Reason.WRONG, turn=turn)
    async with transaction() as session:
        [item], _ = await service.waiting(session)
    assert (item.count, item.reasons) == (2, {Reason.UNSURE, Reason.WRONG})


async def test_the_same_masked_sentence_of_several_people_is_one_with_a_count() -> None:
    for name, number in (("钱小满", "13912345678"), ("孙大圣", "13712345678")):
        await (await somebody(name)).say(f"叫{name}打{number}")
    async with transaction() as session:
        [item], total = await service.waiting(session)
    assert (item.sentence.text, item.count, total) == ("叫小王打13800000000", 2, 1)


async def explained(person: Person, label: str, *, chosen: bool = False) -> None:
    """This person chooses, or says, something in a turn of its own."""
    turn = await person.turn()
    async with transaction() as session:
        await service.suggest(session, turn=turn, label=label, chosen=chosen)


@pytest.mark.parametrize("chosen", [False, True])
async def test_what_the_person_does_next_explains_the_sentence(chosen: bool) -> None:
    person, other = await somebody(), await somebody()
    await person.say("给我整一份那个")
    for each, label in ((other, "help"), (person, "ask_minutes"), (person, "no_such_intent")):
        await explained(each, label, chosen=chosen)
    assert (await only()).suggestion == "ask_minutes"


async def test_only_what_is_said_directly_after_a_sentence_explains_it() -> None:
    person = await somebody()
    await person.say("给我整一份那个")
    await person.turn()
    await explained(person, "find_file")
    assert (await only()).suggestion is None


async def test_a_choice_that_had_to_be_asked_for_twice_explains_all_the_same() -> None:
    person = await somebody()
    await person.say("给我整一份那个")
    await person.turn()
    await explained(person, "ask_minutes", chosen=True)
    assert (await only()).suggestion == "ask_minutes"


async def test_what_was_chosen_is_not_taken_back_by_what_is_said_later() -> None:
    person, other = await somebody(), await somebody()
    await person.say("给我整一份那个")
    await explained(person, "ask_minutes", chosen=True)
    await explained(person, "find_file")
    await other.say("给我整一份那个")
    await explained(other, "help")
    assert (await only()).suggestion == "ask_minutes"
    await other.say("给我整一份那个")
    await explained(other, "ask_daily_report", chosen=True)
    assert (await only()).suggestion == "ask_daily_report"


async def test_what_comes_much_later_explains_nothing() -> None:
    person = await somebody()
    await person.say("给我整一份那个")
    async with transaction() as session:
        await session.execute(update(Sighting).values(at=now() - timedelta(minutes=11)))
    await explained(person, "ask_minutes", chosen=True)
    assert (await only()).suggestion is None


# --- what goes ---------------------------------------------------------------------------------------------


async def test_refusing_erases_what_is_not_taught_at_once() -> None:
    person, other = await somebody(), await somebody()
    await person.say("只有我说过")
    await person.say("都说过")
    await other.say("都说过")
    labelled = await somebody()
    await labelled.say("标过还没学")
    sentence = next(item for item in await listed() if item.text == "标过还没学")
    await act(service.label, sentence.id, "help")
    async with transaction() as session:
        await consent.refuse(session, person.contact_id, None)
        await consent.forget_private(session, labelled.contact_id)
    assert await inbox() == ["都说过"]
    async with transaction() as session:
        assert (await service.labelled(session))[1] == 0
    with pytest.raises(TrainingError, match="不在了"):
        await act(service.reopen, sentence.id)
    await training_jobs.sweep()
    assert await stored() == (1, 1)
    await person.say("收回之后")
    assert await inbox() == ["都说过"]


async def listed() -> list[Sentence]:
    async with transaction() as session:
        return [item.sentence for item in (await service.waiting(session))[0]]


async def test_a_recalled_message_and_a_room_that_takes_its_yes_back_erase() -> None:
    person = await somebody()
    turn = await person.say("撤回的")
    room = await a_room()
    await (await somebody(room=room)).say("群里的")
    assert len(await inbox()) == 2
    async with transaction() as session:
        await conversations.withdraw(session, turn.key)
    assert await inbox() == ["群里的"]
    async with transaction() as session:
        await consent.erase_room(session, room)
        await conversations.begin_anew(session)
    assert await inbox() == []
    await training_jobs.sweep()
    assert await stored() == (0, 0)


@pytest.mark.parametrize(("retention", "days"), [(None, 90), (30, 30)])
async def test_what_waits_too_long_goes(monkeypatch: pytest.MonkeyPatch, retention: int | None, days: int) -> None:
    use_settings(monkeypatch, retention_days=retention)
    person = await somebody()
    for text in ("等着的", "标好的"):
        await person.say(text)
    [sentence] = [each for each in await listed() if each.text == "标好的"]
    await act(service.label, sentence.id, "help")
    async with transaction() as session:
        await session.execute(update(Sighting).values(at=now() - timedelta(days=days - 1)))
    await training_jobs.expire()
    assert await inbox() == ["等着的"]
    async with transaction() as session:
        await session.execute(update(Sighting).values(at=now() - timedelta(days=days, hours=1)))
    await training_jobs.expire()
    assert await inbox() == []
    async with transaction() as session:
        assert (await service.labelled(session))[1] == 1


# --- labels ------------------------------------------------------------------------------------------------


async def test_a_label_is_exported_once_and_can_be_taken_back_before() -> None:
    person = await somebody()
    await person.say("整一份昨儿的那个呗")
    sentence = await only()
    await act(service.label, sentence.id, "ask_daily_report")
    await act(service.reopen, sentence.id)
    assert await inbox() == ["整一份昨儿的那个呗"]
    await act(service.label, sentence.id, "ask_minutes")
    async with transaction() as session:
        assert await service.export(session) == 1
    async with transaction() as session:
        assert await service.export(session) == 0
    [block] = yaml.safe_load(rasa.labelled_path().read_text("utf-8"))["nlu"]
    assert (block["intent"], block["examples"]) == ("ask_minutes", "- 整一份昨儿的那个呗\n")
    with pytest.raises(TrainingError):
        await act(service.reopen, sentence.id)


async def test_what_was_taught_and_is_still_not_understood_comes_back_with_its_label() -> None:
    person = await somebody()
    await person.say("整一份昨儿的那个呗")
    await act(service.label, (await only()).id, "ask_minutes")
    await act(service.export)
    assert await inbox() == []
    await person.say("整一份昨儿的那个呗")
    assert (await only()).suggestion == "ask_minutes"
    await act(service.label, (await only()).id, "ask_daily_report")
    await act(service.export)
    [block] = yaml.safe_load(rasa.labelled_path().read_text("utf-8"))["nlu"]
    assert block["intent"] == "ask_daily_report"


async def test_what_was_taught_stays_taught_when_the_person_refuses() -> None:
    person = await somebody()
    await person.say("整一份昨儿的那个呗")
    await act(service.label, (await only()).id, "ask_minutes")
    await act(service.export)
    await act(consent.refuse, person.contact_id, None)
    await training_jobs.sweep()
    assert await stored() == (0, 0)
    assert "整一份昨儿的那个呗" in rasa.labelled_path().read_text("utf-8")


async def test_a_dismissed_sentence_does_not_come_back() -> None:
    person = await somebody()
    await person.say("哈哈哈哈")
    sentence = await only()
    await act(service.dismiss, sentence.id)
    await person.say("哈哈哈哈")
    assert await inbox() == []
    await act(service.reopen, sentence.id)
    assert await inbox() == ["哈哈哈哈"]


async def test_labels_against_the_data_are_refused_in_words() -> None:
    person = await somebody()
    await person.say("昨天的纪要")
    sentence = await only()
    with pytest.raises(TrainingError, match=r"minutes\.yml"):
        await act(service.label, sentence.id, "ask_daily_report")
    with pytest.raises(TrainingError, match="没有"):
        await act(service.label, sentence.id, "no_such_intent")
    for entity in (Entity(start=0, end=9, kind="account"), Entity(start=0, end=2, kind="no_such_kind")):
        with pytest.raises(TrainingError):
            await service_label(sentence.id, entity)
    await service_label(sentence.id, Entity(start=0, end=2, kind="account"))
    async with transaction() as session:
        [item], _ = await service.labelled(session)
    assert service.entities_of(item.sentence) == [Entity(start=0, end=2, kind="account")]


async def service_label(sentence_id: int, *entities: Entity) -> None:
    async with transaction() as session:
        await service.label(session, sentence_id, "ask_minutes", entities)


async def test_a_label_that_the_data_have_overtaken_opens_again_with_the_reason(project: Path) -> None:  # noqa: F811
    person = await somebody()
    await person.say("整一份昨儿的那个呗")
    await act(service.label, (await only()).id, "ask_minutes")
    (project / "data" / "nlu" / "more.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: help\n  examples: |\n    - 整一份昨儿的那个呗\n', "utf-8"
    )
    async with transaction() as session:
        assert await service.export(session) == 0
    assert "more.yml" in (await only()).problem
    assert not rasa.labelled_path().exists()


# --- trainings ---------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def worker() -> AsyncIterator[None]:
    running = asyncio.create_task(jobs.run({service.JOB: training_jobs.train_model}))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def run_after(state: RunState, *, version: str | None = None, error: str = "") -> TrainingRun:
    """The latest run, once it has come to this state (with this version in use, or these words in its error)."""
    async with asyncio.timeout(60):
        while True:
            async with transaction() as session:
                run = await service.latest_run(session)
            if run is not None and run.state == state and version in (None, run.version) and error in run.error:
                return run
            await asyncio.sleep(0.1)


class Trainer:
    """Stands where the dialogue's training would take minutes: tells two parts, and gives a version."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trained = 0
        self.error: Exception | None = None
        self.swapped: list[str] = []
        monkeypatch.setattr(rasa, "train", self.train)
        monkeypatch.setattr(rasa, "use", self.use)
        monkeypatch.setattr(rasa, "swap_in", self.swap_in)

    def train(self, progress: Callable[[str], None]) -> tuple[rasa.Version, bool]:
        progress("分词")
        progress("分类")
        if self.error is not None:
            raise self.error
        self.trained += 1
        return self.use(f"v{self.trained}"), True

    def use(self, name: str) -> rasa.Version:
        return rasa.Version(name=name, trained_at=now(), path=Path(name), current=True, report=None)

    async def swap_in(self, settings: object, version: rasa.Version) -> bool:
        self.swapped.append(version.name)
        return True


async def test_a_run_exports_trains_and_swaps_in_and_tells_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(monkeypatch)
    await (await somebody()).say("整一份昨儿的那个呗")
    await act(service.label, (await only()).id, "ask_minutes")
    await act(service.start)
    with pytest.raises(TrainingError, match="还没做完"):
        await act(service.start)
    async with worker():
        run = await run_after(RunState.DONE)
        assert run.lines == ["写进训练资料：1 句新标注", "分词", "分类", "换上这个版本"]
        assert (run.version, trainer.swapped) == ("v1", ["v1"])
        await act(service.go_back, "v0")
        await run_after(RunState.DONE, version="v0")
    assert (trainer.trained, trainer.swapped) == (1, ["v1", "v0"])


async def test_a_training_that_fails_says_why_and_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(monkeypatch)
    trainer.error = rasa.RasaError("对话引擎的环境还没装：运行 make setup。")
    await act(service.start)
    async with worker():
        assert (await run_after(RunState.FAILED)).error == "对话引擎的环境还没装：运行 make setup。"
        trainer.error = ValueError("secret words")
        await act(service.start)
        assert "secret" not in (await run_after(RunState.FAILED, error="ValueError")).error
        trainer.error = None
        await act(service.start)
        await run_after(RunState.DONE)
    assert trainer.swapped == ["v1"]


async def test_a_run_whose_worker_died_is_done_from_its_beginning_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Trainer(monkeypatch)
    async with transaction() as session:
        run_id = await service.start(session)
        run = await session.get_one(TrainingRun, run_id)
        run.state, run.started_at, run.lines = RunState.RUNNING, now(), ["分词"]
    work = jobs.Work(payload={"run_id": run_id}, attempt=0, final=False)
    results = await asyncio.gather(*(training_jobs.train_model(work) for _ in range(2)), return_exceptions=True)
    # Whoever came second found the first at work, and comes again.
    assert sorted(type(result).__name__ for result in results) == ["Later", "NoneType"]
    await training_jobs.train_model(work)
    run = await run_after(RunState.DONE)
    assert (run.lines, trainer.trained) == (["没有新的标注，用现有的资料", "分词", "分类", "换上这个版本"], 1)
