"""Makes the pictures of docs/quality.ru.md: `python -m tests.console.quality_screens`, after a change of its pages."""

from __future__ import annotations

import asyncio
import os
import tempfile
import wave
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from playwright.async_api import Page, async_playwright
from sqlalchemy import update

from agent_console.people.models import Role, User
from gridline.db import Database, new_id
from gridline.settings import HOUSE
from ivr.figures.models import CallSurvey
from ivr.voice import audio
from migrations import upgrade
from quality.cards.card import Grade
from quality.marks import marks
from quality.measures.measuring import Measuring
from quality.reviews.models import Review
from quality.reviews.reviews import GivenGrade, Judged, Reviewer
from quality.transcripts.transcription import Transcription
from recordings.models import Recording
from speech.port import Heard, Word
from tests.console.calls import StoredCall, stored_call
from tests.console.conftest import CHEAP, CHROMIUM, CHROMIUM_FLAGS, COMPANY, PASSWORD, ConsoleApp, opened, sign_in
from tests.console.said_aloud import said

SCREENS = HOUSE / "docs/screens"
AGENTS = {"103": "Дарья Волкова", "104": "Тимур Ахметов", "105": "Елена Громова", "106": "Артём Зуев"}
TALK = (
    (0, "Здравствуйте, у нас с утра нет света, и провод искрит на столбе у самого дома."),
    (1, "Добрый день, оператор Ольга. Не подходите к проводу ближе восьми метров и никого не подпускайте."),
    (1, "Назовите, пожалуйста, адрес."),
    (0, "Улица Весенняя, дом пять. У соседей тоже темно."),
    (1, "Я сообщила диспетчеру, бригада уже выехала. Свет включат до двадцати одного часа."),
    (0, "Спасибо, будем ждать."),
)
CONNECTED = """() => {
  const shown = document.getElementById("link-state");
  [shown.dataset.state, shown.textContent] = ["up", "На связи"];
}"""
"""How it looks once the stream of updates has come: a picture need not wait for it."""
VOICES = ("elena", "anna")
PAUSE_S = 0.8
WEEKS = (3, 2, 1, 0)
TOTALS = {"101": (0, 1, 0, 0), "103": (2, 1, 1, 0), "104": (3, 3, 3, 4), "105": (1, 0, 1, 1), "106": (4, 3, 2, 2)}
"""By agent, how many points were missed in each of the last four weeks."""


class ScriptEars:
    """Hears what was written for the talk, and nothing in other recordings."""

    available, says = True, ""

    def __init__(self) -> None:
        self.words: dict[tuple[str, int], list[Word]] = {}

    async def transcribe(self, wav: Path, channel: int) -> Heard:
        """The words of this side."""
        return Heard(tuple(self.words.get((wav.stem, channel), ())), "script", "script", 1.0)


async def spoken() -> tuple[bytes, tuple[list[Word], list[Word]]]:
    """The two sides of TALK, sample by sample in turn, and the words of each."""
    sides: list[list[audio.Pcm]] = [[], []]
    words: tuple[list[Word], list[Word]] = ([], [])
    at_s = 0.0
    for who, sentence in TALK:
        pcm = audio.to_pcm((await said(sentence, VOICES[who])).samples.astype(np.float64))
        texts = [word.strip(".,").lower() for word in sentence.split()]
        each = len(pcm) / audio.RATE / sum(len(text) + 1 for text in texts)
        for text in texts:
            words[who].append(Word(text, round(at_s, 2), round(at_s + each * len(text), 2), 0.9))
            at_s += each * (len(text) + 1)
        pause = np.zeros(int(PAUSE_S * audio.RATE), np.int16)
        sides[who] += [pcm, pause]
        sides[1 - who] += [np.zeros_like(pcm), pause]
        at_s += PAUSE_S
    return np.stack([np.concatenate(side) for side in sides], axis=1).astype("<i2").tobytes(), words


class Hall:
    """Where the talks are led: each has the sound of TALK."""

    def __init__(self, made: ConsoleApp, sound: bytes) -> None:
        self.made, self.sound, self.callers = made, sound, 0

    async def talk(self, hours: float, agent: str = "101", priority: int = 0) -> StoredCall:
        """A talk of this agent, so long ago, with a caller of its own."""
        self.callers += 1
        console, seconds = self.made.console, len(self.sound) / 4 / audio.RATE
        call = await stored_call(
            console,
            console.clock.now() - timedelta(hours=hours),
            agent=agent,
            user_id=self.made.users[Role.AGENT].user_id if agent == "101" else agent * 10,
            caller=f"+7923555{self.callers:04d}",
            priority=priority,
            seconds=seconds,
            sounds=0,
        )
        with wave.open(str(call.file), "wb") as out:
            out.setparams((2, 2, audio.RATE, 0, "NONE", ""))
            out.writeframes(self.sound)
        async with console.db.write() as session:
            recording = await session.get_one(Recording, call.recording)
            recording.bytes = call.file.stat().st_size
        return call


async def judged(made: ConsoleApp, call: StoredCall, missed: Sequence[str], agent: str = "101", weeks: int = 0) -> str:
    """QA's finished review of it, so many weeks ago."""
    qa, judging = made.users[Role.QA], made.console.judging
    by, scope = Reviewer(qa.signature, qa.user_id), qa.judging_scope
    id = await judging.reviews.claim(call.call, agent, "etiquette", by, visible_to=scope)
    given = {point.code: GivenGrade(Grade.MET) for point in judging.cards.card("etiquette").points}
    for code in missed:
        given[code] = GivenGrade(Grade.MISSED, 21.5, call.recording, "Спросил адрес, но не повторил его")
    await judging.reviews.finish(
        id, Judged(given, "Повторяйте адрес вслух: так слышно, что он записан."), by, visible_to=scope
    )
    async with made.console.db.write() as session:
        at = made.console.clock.now() - timedelta(weeks=weeks)
        await session.execute(update(Review).where(Review.id == id).values(finished_at=at))
    return id


async def seeded(hall: Hall, ears: ScriptEars, words: tuple[list[Word], list[Word]]) -> tuple[StoredCall, str, str]:
    """Five agents and their month: the talk to judge, a review to answer, a review in dispute."""
    made, console, points = hall.made, hall.made.console, ["understood", "plain", "next-step", "silence"]
    async with console.db.write() as session:
        session.add_all(_agent(agent, name, made) for agent, name in AGENTS.items())
    for agent, months in TOTALS.items():
        for week, missed in zip(WEEKS, months, strict=True):
            call = await hall.talk(24 * 7 * week + 30, agent)
            await judged(made, call, points[:missed], agent, week)
            async with console.db.write() as session:
                session.add(_survey(made, call, agent, 5 - missed))
    main = await hall.talk(1.2, priority=10)
    for hours, agent in ((2, "103"), (3, "104"), (4, "105")):
        await hall.talk(hours, agent)
    mine = await hall.talk(5)
    own = await judged(made, mine, ["understood"])
    disputed = await judged(made, await hall.talk(6), ["understood"])
    why = "Адрес звонящая назвала ясно, я его сразу записала: повторять было незачем"
    await console.judging.disputes.dispute(disputed, made.users[Role.AGENT].user_id, why)
    ears.words |= {(one.recording, side): words[side] for one in (main, mine) for side in (0, 1)}
    db, clock, store, quiet = console.db, console.clock, console.store, lambda: True
    await Transcription(db, clock, ears, store, node="n", is_quiet=quiet, days=60).run_once()
    await Measuring(db, clock, store, is_quiet=quiet, days=60).run_once()
    async with db.write() as session:
        recording = await session.get_one(Recording, main.recording)
        note, author = "Про восемь метров сказано сразу: хороший пример новичкам", made.users[Role.QA_HEAD].signature
        await marks.add(session, recording, author=author, at_s=8.0, text=note, now=clock.now())
    return main, own, disputed


def _agent(agent: str, name: str, made: ConsoleApp) -> User:
    return User(
        login=f"agent{agent}",
        name=name,
        password_hash=CHEAP.hash(PASSWORD),
        one_time=False,
        role=Role.AGENT,
        company_id=COMPANY,
        branch="",
        agent=agent,
        created_at=made.console.clock.now(),
        disabled_at=None,
    )


def _survey(made: ConsoleApp, call: StoredCall, agent: str, score: int) -> CallSurvey:
    return CallSurvey(
        id=new_id(),
        call_id=call.call,
        company_id=COMPANY,
        branch="",
        agent=agent,
        queue="skek-hotline",
        topic="outages",
        asked_at=made.console.clock.now(),
        score=score,
    )


async def pictured(page: Page, made: ConsoleApp, main: StoredCall, own: str, disputed: str) -> None:
    """One picture after another, each as a person would see it."""

    async def keep(name: str) -> None:
        await page.wait_for_load_state("networkidle")
        await page.evaluate(CONNECTED)
        await page.screenshot(path=SCREENS / f"quality-{name}.png")

    await sign_in(page, made.base, Role.QA, "/judging")
    await keep("queue")
    await page.goto(f"{made.base}/talks?q=искрит+провод")
    await keep("talks")
    await page.goto(f"{made.base}/calls/{main.call}?recording={main.recording}&at=7")
    await page.locator(".player-line").first.wait_for()
    await page.set_viewport_size({"width": 1366, "height": 900})
    await keep("player")
    await page.goto(f"{made.base}/judging")
    await page.keyboard.press("1")
    await page.locator("#judging").wait_for()
    for key in "j1j1j1":
        await page.keyboard.press(key)
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("e")
    await page.evaluate("scrollTo(0, 0)")
    await keep("review")
    await page.context.clear_cookies()
    await sign_in(page, made.base, Role.QA_HEAD, f"/judging/{disputed}")
    await keep("deciding")
    await page.set_viewport_size({"width": 1366, "height": 768})
    await page.goto(f"{made.base}/quality")
    await keep("figures")
    await page.context.clear_cookies()
    await sign_in(page, made.base, Role.AGENT, f"/reviews/{own}")
    await page.set_viewport_size({"width": 1366, "height": 900})
    await page.add_style_tag(content="#softphone, #loading { display: none !important }")  # there is no Asterisk here
    await keep("own")


async def main() -> None:
    """All of them."""
    with tempfile.TemporaryDirectory() as beside:
        folder = Path(beside)
        db = Database(f"sqlite+aiosqlite:///{folder / 'gridline.db'}")
        await upgrade(db)
        async with opened(db, folder) as made, async_playwright() as playwright:
            ears = ScriptEars()
            vars(made.console)["ears"] = ears
            sound, words = await spoken()
            kept = await seeded(Hall(made, sound), ears, words)
            russian = {"LANGUAGE": "ru", "LANG": "ru_RU.UTF-8"}
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, "--lang=ru"], env={**os.environ, **russian}
            )
            window = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU", bypass_csp=True)
            await pictured(await window.new_page(), made, *kept)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
