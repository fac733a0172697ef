"""Files of the line read anew, words, hours and menus together; what is wrong changes nothing; calls keep theirs."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from gridline.companies import Companies
from gridline.settings import HOUSE
from gridline.yaml import edit
from ivr.menus.editions.line_files import LineFiles, vocabulary_by_voice
from ivr.menus.flows import Flows
from ivr.voice.prompts import PromptBook
from ivr.voice.synthesis import RHVoice
from ivr.voice.voice import Voice


class Line:
    """A dialplan of its own and what serves calls from it."""

    def __init__(self, folder: Path) -> None:
        self.dialplan = Path(shutil.copytree(HOUSE / "dialplan", folder / "dialplan"))
        self.companies = Companies.load(self.dialplan / "companies")
        book, studio = PromptBook.load(self.dialplan / "prompts.ru.yaml"), self.dialplan / "studio"
        self.voice = Voice(book, RHVoice(None, "anna"), folder / "prompts", studio)
        self.flows = Flows(self.companies, self.dialplan / "menus", partial(vocabulary_by_voice, self.voice))
        self.files = LineFiles(self.dialplan, self.companies, self.flows, [self.voice])

    def put(self, file: str, *where: str, value: str) -> None:
        """Change one value of a file."""
        text = (self.dialplan / file).read_text("utf-8")
        (self.dialplan / file).write_text(edit.put(text, where, value), "utf-8")

    @property
    def flow(self) -> str:
        """The version of СКЭК's menu for the next call."""
        return self.flows.of(self.companies.by_id("skek")).version


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


async def test_words_hours_and_menu_are_taken_over_together_and_a_call_keeps_its_own(line: Line) -> None:
    assert not await line.files.look()
    call, before, version = line.voice.as_now(), line.voice.book.text("goodbye", "skek"), line.flow
    line.put("prompts.ru.yaml", "goodbye", "companies", "skek", value="Всего доброго!")
    line.put("companies/skek.yaml", "schedules", "office", "days", "fri", value="09:00-12:00")
    line.put("menus/skek.yaml", "main", "tries", value="2")
    assert await line.files.look()
    assert line.voice.book.text("goodbye", "skek") == "Всего доброго!"
    assert call.book.text("goodbye", "skek") == before
    assert line.companies.by_id("skek").schedules["office"].days["fri"] == ((540, 720),)
    assert line.flow != version
    assert not await line.files.look()


async def test_a_recording_put_there_is_found(line: Line) -> None:
    entry = line.voice.book["goodbye"]
    take = line.dialplan / "studio/skek/goodbye.wav"
    take.parent.mkdir(parents=True)
    take.write_bytes(b"RIFF")
    assert await line.files.look()
    assert line.voice.studio.take(entry, "skek") is not None
    take.unlink()
    assert await line.files.look()
    assert line.voice.studio.take(entry, "skek") is None


async def test_a_broken_book_changes_nothing_until_it_is_right(line: Line) -> None:
    book, version = line.dialplan / "prompts.ru.yaml", line.flow
    right = book.read_text("utf-8")
    book.write_text(right + "Goodbye:\n  text: 5\n", "utf-8")
    line.put("menus/skek.yaml", "main", "tries", value="2")
    async with line.files.taking:
        [refused] = await line.files.take()
    assert "Goodbye" in refused.message
    assert line.flow == version, "its words may be those of the book that was refused"
    book.write_text(right, "utf-8")
    assert await line.files.look()
    assert line.flow != version


async def test_what_asterisk_knows_of_too_waits_for_the_next_start(line: Line) -> None:
    line.put("companies/skek.yaml", "time_zone", value="Asia/Omsk")
    line.put("companies/skek.yaml", "schedules", "office", "days", "fri", value="09:00-12:00")
    line.put("companies/moesk.yaml", "spoken_name", value="Новое имя")
    assert await line.files.look()
    skek = line.companies.by_id("skek")
    assert (skek.time_zone, skek.schedules["office"].days["fri"]) == ("Asia/Novokuznetsk", ((480, 1020),))
    assert line.companies.by_id("moesk").spoken_name == "Новое имя"
    line.put("companies/skek.yaml", "time_zone", value="Нигде")
    line.put("companies/moesk.yaml", "spoken_name", value="Другое имя")
    async with line.files.taking:
        [refused] = await line.files.take()
    assert "Нигде" in refused.message
    assert line.companies.by_id("moesk").spoken_name == "Другое имя"
