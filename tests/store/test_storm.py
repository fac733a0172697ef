"""Storm mode and announcements over the database: two nodes are one line, and one that loses its database goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from carrier.hearing.tones import chirps
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput
from gridline.scope import OutOfScope, Scope
from gridline.settings import HOUSE, Settings
from ivr.call import Call
from ivr.storm import announcements, events
from ivr.storm.announcer import Announcer, Announcing
from ivr.storm.limits import of_installation
from ivr.storm.storm import Storm
from ivr.voice import audio
from ivr.voice.voice import Voice
from recordings.disk import Disk

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SKEK, MRSK = "skek", "mrsk-centra"
KURSK = "+74712123456"
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


def node(db: Database, clock: SetClock, name: str) -> Storm:
    return Storm(db, clock, of_installation(HOUSE / "dialplan"), name)


def calls(storm: Storm, companies: Companies, company: str, many: int, caller: str = "+79131234567") -> None:
    for number in range(many):
        call = Call(f"{number:032x}", "", companies.by_id(company), "", caller, caller, NOW)
        storm.came(call)


async def test_two_nodes_add_up_and_learn_each_others_switches(
    db: Database, clock: SetClock, companies: Companies
) -> None:
    one, two = node(db, clock, "one"), node(db, clock, "two")
    calls(one, companies, SKEK, 12)  # 12 a minute each: neither alone is a storm
    calls(two, companies, SKEK, 12)
    await one.round()
    assert not one.mode(SKEK).on
    await two.round()
    assert two.mode(SKEK).on
    assert two.mode(SKEK).calls_a_minute == 24
    await one.round()
    assert one.mode(SKEK) == two.mode(SKEK)
    assert not one.mode(MRSK).on
    clock.advance(timedelta(minutes=5))
    for storm in (one, two):
        await storm.round()
    clock.advance(timedelta(minutes=10))
    await two.round()
    await one.round()
    assert not one.mode(SKEK).on
    async with db.read() as session:
        stored = await events.of_company(session, SKEK, NOW - HOUR, visible_to=Scope(), most=9)
    assert [(one.on, one.ordinal, one.actor) for one in stored] == [(False, 2, "rate"), (True, 1, "rate")]


async def test_both_deciding_at_once_is_one_switch(db: Database, clock: SetClock, companies: Companies) -> None:
    nodes = [node(db, clock, name) for name in ("one", "two")]
    for storm in nodes:
        calls(storm, companies, SKEK, 60)
    await asyncio.gather(*(storm.round() for storm in nodes))
    await asyncio.gather(*(storm.round() for storm in nodes))
    assert [storm.mode(SKEK).on for storm in nodes] == [True, True]
    async with db.read() as session:
        assert len(await events.of_company(session, SKEK, NOW - HOUR, visible_to=Scope(), most=9)) == 1


async def test_a_branch_has_a_storm_of_its_own(db: Database, clock: SetClock, companies: Companies) -> None:
    storm = node(db, clock, "one")
    calls(storm, companies, MRSK, 12, KURSK)
    await storm.round()
    assert [storm.mode(MRSK, branch).on for branch in ("kursk", "orel", "")] == [True, False, False]
    own = Call("a" * 32, "", companies.by_id(MRSK), "", KURSK, KURSK, NOW)
    other = Call("b" * 32, "", companies.by_id(MRSK), "", "+74862123456", "", NOW)
    assert (storm.is_on(own), storm.is_on(other)) == (True, False)


async def test_by_hand_it_stands_and_the_second_of_two_people_is_told(
    db: Database, clock: SetClock, companies: Companies
) -> None:
    storm, stale = node(db, clock, "one"), node(db, clock, "two")
    company = companies.by_id(SKEK)
    told: list[str] = []
    storm.listeners.append(told.append)
    await storm.by_hand(company, "", on=True, actor="user:igor")
    assert told == [SKEK]
    with pytest.raises(Conflict, match="только что переключили"):
        await stale.by_hand(company, "", on=True, actor="user:pavel")
    clock.advance(timedelta(minutes=30))
    await storm.round()
    assert storm.mode(SKEK).on
    assert storm.mode(SKEK).actor == "user:igor"
    clock.advance(timedelta(minutes=31))
    await storm.round()
    clock.advance(timedelta(minutes=11))
    await storm.round()
    assert not storm.mode(SKEK).on


async def test_without_its_database_a_node_decides_alone_and_tells_later(
    sqlite_url: str, clock: SetClock, companies: Companies
) -> None:
    file = Path(sqlite_url.partition("///")[2])
    away = file.with_name("away.db")
    db = Database(sqlite_url)
    storm = node(db, clock, "one")
    calls(storm, companies, SKEK, 60)
    await db.close()
    file.rename(away)
    await storm.round()
    assert storm.mode(SKEK).on
    away.rename(file)
    await storm.round()
    async with db.read() as session:
        (stored,) = await events.of_company(session, SKEK, NOW - HOUR, visible_to=Scope(), most=9)
    assert stored.calls_a_minute == 60
    await db.close()


@pytest.fixture
async def announcers(db: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[tuple[Announcer, Announcer]]:
    """Two nodes of one installation, each with its own disk."""
    (tmp_path / "prompts").mkdir()
    voice, disk = Voice.of(Settings(var=tmp_path, package_root=HOUSE / ".packages")), Disk()
    yield (
        Announcer(db, clock, voice, tmp_path / "one", disk),
        Announcer(db, clock, voice, tmp_path / "two", disk),
    )
    await voice.close()
    await disk.close()


def wanted(text: str = "", branch: str = "", company: str = MRSK, wav: bytes | None = None) -> Announcing:
    return Announcing(company, branch, NOW, NOW + HOUR, text, wav)


async def test_an_announcement_is_heard_on_every_node_until_its_end(
    announcers: tuple[Announcer, Announcer], clock: SetClock
) -> None:
    one, two = announcers
    id = await one.publish(wanted("Свет включим к восьми вечера", "kursk"), "user:pavel")
    assert [said.id for said in one.current(MRSK, "kursk")] == [id]
    assert [one.current(MRSK, "orel"), one.current(MRSK, ""), one.current(SKEK, "")] == [[], [], []]
    await two.round()
    assert two.current(MRSK, "kursk") == one.current(MRSK, "kursk")
    clock.advance(HOUR)
    assert one.current(MRSK, "kursk") == []
    await two.round()
    assert two.current(MRSK, "kursk") == ()


async def test_withdrawn_it_is_silent_at_once_here_and_after_a_round_elsewhere(
    announcers: tuple[Announcer, Announcer], db: Database, clock: SetClock
) -> None:
    one, two = announcers
    id = await one.publish(wanted("Ошибка"), "user:pavel")
    await two.round()
    with pytest.raises(OutOfScope):
        await one.withdraw(id, "user:anna", visible_to=Scope(SKEK))
    await one.withdraw(id, "user:igor", visible_to=Scope(MRSK))
    await asyncio.gather(one.round(), two.round())
    assert (one.current(MRSK, ""), two.current(MRSK, "")) == ((), ())
    with pytest.raises(Conflict):
        await one.withdraw(id, "user:igor", visible_to=Scope(MRSK))
    async with db.read() as session:
        assert await announcements.current(session, MRSK, "", clock.now()) == []
        (kept,) = await announcements.of_company(session, MRSK, NOW, visible_to=Scope(), most=9)
    assert (kept.made_by, kept.withdrawn_by) == ("user:pavel", "user:igor")


async def test_a_spoken_one_is_the_same_sound_on_every_node(
    announcers: tuple[Announcer, Announcer], tmp_path: Path, clock: SetClock
) -> None:
    one, two = announcers
    wav = audio.wav_bytes(audio.to_pcm(chirps(9, 2.0).samples.astype(np.float64)))
    id = await one.publish(wanted(wav=wav), "user:pavel")
    await two.round()
    sounds = [(tmp_path / folder / f"{id}.alaw").read_bytes() for folder in ("one", "two")]
    assert sounds[0] == sounds[1]
    assert len(sounds[0]) > audio.RATE
    clock.advance(HOUR)
    await two.round()
    assert list((tmp_path / "two").iterdir()) == []


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (wanted("  \n "), "пустое"),
        (wanted("слово " * 101), "длиннее"),
        (wanted(wav=b"not a sound"), "не WAV"),
        (wanted(wav=audio.wav_bytes(np.zeros(16000, np.int16))), "тишина"),
        (Announcing(SKEK, "", NOW, NOW, "Сразу кончилось"), "кончается раньше"),
    ],
)
async def test_what_cannot_be_announced_is_refused_and_not_stored(
    bad: Announcing, why: str, announcers: tuple[Announcer, Announcer], db: Database
) -> None:
    with pytest.raises(InvalidInput, match=why):
        await announcers[0].publish(bad, "user:pavel")
    async with db.read() as session:
        assert await announcements.in_force(session, NOW) == []
