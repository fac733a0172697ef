"""What an agent is told of a caller: only what is known, short enough, ready beside the call, gone with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE
from ivr.call import Call
from ivr.desk.whisper import Facts, Whispers, words
from ivr.journal.models import CallRecord
from ivr.live.board import Board
from ivr.live.view import CallKey
from ivr.telephony import events as ev
from ivr.telephony.events import Channel
from ivr.voice import audio
from ivr.voice.prompts import PromptBook
from ivr.voice.voice import Voice
from tests.unit.eventually import eventually

BOOK = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
OWN = "+79131203401"


class Reciter:
    """A synthesiser of tones that remembers what it said."""

    fingerprint = "reciter/1"

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.letter_s = 0.06

    async def speak(self, text: str) -> bytes:
        self.spoken.append(text)
        return audio.wav_bytes(audio.tone(500, self.letter_s * len(text)))


@pytest.mark.parametrize(
    ("facts", "waited_s", "said"),
    [
        (Facts("Кемерово", "outages", 3), 125, "Кемерово, нет света, третий звонок, ждёт две минуты"),
        (Facts("Кемерово", "outages"), 59, "Кемерово, нет света"),
        (Facts("Кемерово", "maintenance", 2, danger=True), 61, "Опасность, Кемерово, второй звонок, ждёт одну минуту"),
        (Facts(topic="transmission", times_today=21), 13 * 60, "двадцать первый звонок, ждёт десять минут"),
        (Facts(), 30, ""),
    ],
)
def test_only_what_is_known_is_said(facts: Facts, waited_s: float, said: str) -> None:
    assert ", ".join(words(BOOK, "skek", facts, waited_s)) == said


class Street:
    """One caller in the hotline's queue, and what is kept for him."""

    def __init__(self, db: Database, folder: Path, companies: Companies) -> None:
        self.reciter = Reciter()
        self.voice = Voice(BOOK, self.reciter, folder / "made", folder / "studio")
        self.board = Board("node1")
        self.clock = SystemClock()
        self.folder = folder / "whispers"
        self.whispers = Whispers(
            db, self.clock, self.board, self.voice, self.folder, key_of=lambda channel: CallKey("node1", "", channel)
        )
        self.channel = Channel("1.1", "1.1", "PJSIP/trunk-00000001", OWN, "skek")
        self.call = Call(
            "a" * 32, "1.1", companies.by_id("skek"), "78005009494", OWN, OWN, self.clock.now(), subject="outages"
        )

    def waits(self, seconds: float) -> None:
        at = self.clock.now() - timedelta(seconds=seconds)
        self.board.apply(ev.ChannelSeen(at, self.channel))
        self.board.apply(ev.CallerJoinedQueue(at, self.channel, "skek-hotline", 1, 1))

    def there(self) -> bool:
        """Whether a whole file lies there for his agent."""
        file = self.folder / f"{self.call.id}.wav"
        return file.is_file() and file.stat().st_size > 44


@pytest.fixture
async def street(sqlite_db: Database, tmp_path: Path, companies: Companies) -> AsyncIterator[Street]:
    street = Street(sqlite_db, tmp_path, companies)
    street.folder.mkdir()
    (street.folder / "left-behind.wav").symlink_to(tmp_path)
    run = asyncio.create_task(street.whispers.run())
    yield street
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await street.voice.close()


async def test_a_file_lies_ready_while_the_caller_waits(street: Street, sqlite_db: Database) -> None:
    async with sqlite_db.write() as session:
        session.add_all(_call(days_ago, number) for number, days_ago in enumerate((0, 0, 2)))
    street.waits(140)
    assert street.whispers.follow(street.call) == street.folder / street.call.id
    await eventually(street.there)
    assert street.reciter.spoken == ["нет света, третий звонок, ждёт две минуты."]
    assert not (street.folder / "left-behind.wav").is_symlink()


async def test_what_would_keep_the_caller_waiting_is_left_out_from_the_end(street: Street) -> None:
    street.call.subject = "appeal"
    street.reciter.letter_s = 0.12
    street.waits(140)
    street.whispers.follow(street.call)
    await eventually(street.there)
    assert street.reciter.spoken == ["спрашивает об обращении, ждёт две минуты.", "спрашивает об обращении."]


async def test_of_whom_nothing_is_known_nothing_is_said(street: Street) -> None:
    street.call.subject = ""
    street.whispers.follow(street.call)
    street.waits(0)
    other = replace(street.call, id="b" * 32, subject="water")
    street.whispers.follow(other)
    await eventually((street.folder / f"{other.id}.wav").is_file)
    assert not street.there()


async def test_a_whisper_that_cannot_be_kept_costs_nobody_else_theirs(street: Street) -> None:
    await eventually(lambda: not (street.folder / "left-behind.wav").is_symlink())
    street.folder.rmdir()
    with structlog.testing.capture_logs() as told:
        street.whispers.follow(street.call)
        await eventually(lambda: [one["event"] for one in told] == ["whisper-given-up"])
    other = replace(street.call, id="b" * 32, subject="water")
    street.folder.mkdir()
    street.whispers.follow(other)
    await eventually((street.folder / f"{other.id}.wav").is_file)


def _call(days_ago: int, number: int) -> CallRecord:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return CallRecord(
        node="node1",
        boot="b",
        linkedid=f"0.{number}",
        company_id="skek",
        dialled="78005009494",
        caller_raw=OWN,
        caller=OWN,
        branch="",
        flow_version="",
        started_at=at,
    )
