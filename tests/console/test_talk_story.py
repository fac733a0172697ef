"""Two real talks all the way: recorded, transcribed, found by a word, played at its second, judged, disputed, decided.

One of them is judged while there is no engine at all: the pages say so in words, and everything else goes on.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import openpyxl
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select

from agent_console.calls.listening.models import Listening
from agent_console.people.models import AuditAction, AuditEntry, Role, User
from appeals.models import Answer, Appeal
from ivr.journal.models import CallRecord
from quality.measures.models import TalkMeasures
from quality.reviews.models import Review, ReviewGrade
from quality.transcripts.models import Transcript, TranscriptState
from recordings.models import Recording
from tests.console.said_aloud import second_of
from tests.console.talk_floor import CALLER, Talks, talked
from tests.faults.injury import until_known
from tests.speech_models import whisper_base

pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(420)]

expect.set_options(timeout=15_000)
NO_ENGINE = "Распознавание не настроено"
COMPLAINS, ANSWERS = ("провод", "вис", "забор"), ("оператор", "ольг", "бригад", "ед")
"""How words begin that the caller and Olga say: those of the caller are the first ones of their sentence."""


@pytest.fixture(scope="module")
def engine(talks: Talks) -> None:
    """From here on there is an engine that hears words."""
    whisper_base(talks.house.var)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talks]:
    async with talked(tmp_path_factory.mktemp("talks")) as made:
        yield made


async def test_the_card_opens_as_it_rings_and_an_appeal_is_registered_in_the_talk(talks: Talks) -> None:
    async with talks.house.db.read() as session:
        call = await session.get_one(CallRecord, talks.with_olga.call_id)
        appeal = (await session.scalars(select(Appeal))).one()
        answer = (await session.scalars(select(Answer))).one()
    assert (appeal.number, appeal.call_id, call.caller) == (talks.number, call.id, CALLER)
    assert (appeal.state, appeal.recording_id, answer.on_call) == ("closed", talks.with_olga.id, True)


async def test_with_no_engine_a_talk_is_found_by_its_measures_and_judged(talks: Talks, tmp_path: Path) -> None:
    await measured(talks)
    async with talks.as_(Role.QA, "/talks") as page:
        await expect(page.locator("#main").get_by_text(NO_ENGINE)).to_be_visible()
        await page.get_by_text("Ещё условия").press("Enter")
        await page.get_by_label("Тишина").select_option("20")
        await page.get_by_label("Оператор", exact=True).select_option("102")
        await page.get_by_label("Оператор", exact=True).press("Enter")
        await page.get_by_role("button", name="Найти").press("Enter")
        await page.wait_for_url(re.compile("silence=20"))
        await expect(page.locator(".talks > li")).to_have_count(1)
        await page.locator(".talks a.strong").press("Enter")
        await expect(page.locator("[data-transcript]").get_by_text(NO_ENGINE)).to_be_visible()
        await expect(page.get_by_role("list", name="Правила разговора")).to_contain_text("нет расшифровки")
        await page.screenshot(path=tmp_path / "no-engine.png", full_page=True)
        await page.goto(f"{talks.house.base}/judging")
        await claims(page, "Оператор 102")
        await judges(page, missed="silence", at_s=2.0)
        await page.screenshot(path=tmp_path / "judging.png", full_page=True)
        await finishes(page)
    review, grade = await judged(talks, "102", "silence")
    assert (review.call_id, review.total) == (talks.with_igor.call_id, 90)
    assert grade.recording_id == talks.with_igor.id


@pytest.mark.usefixtures("engine")
async def test_a_word_is_found_and_its_talk_opened_and_played_at_its_second(talks: Talks, tmp_path: Path) -> None:
    said_s = second_of(talks.words.complains, talks.file(talks.with_olga), 0)
    async with talks.as_(Role.QA, "/talks") as page:
        words = await until_known(lambda: heard(talks, talks.with_olga), "the words of Olga's talk", 240)
        complains = understood(words[0], COMPLAINS)
        for word, who in ((understood(words[1], ANSWERS), "Оператор"), (complains, "Абонент")):
            await page.locator("#q").fill(word)
            await page.locator("#q").press("Enter")
            await expect(page.locator(".talk-said").first).to_contain_text(who)
        await expect(page.locator("#main")).not_to_contain_text(NO_ENGINE)
        await page.screenshot(path=tmp_path / "found.png")
        await page.locator(".talk-said a").first.press("Enter")
        await page.wait_for_url(re.compile(rf"/calls/{talks.with_olga.call_id}\?"))
        player = page.locator(f'[data-recording="{talks.with_olga.id}"]')
        line = player.locator("[aria-current] .player-line").filter(has_text=complains)  # she may be answered meanwhile
        await expect(line).to_be_visible()
        began = await place(player)
        print(f"said at {said_s:.2f} s, opened at {began:.2f} s")
        assert abs(began - said_s) <= 1.5  # the first word, or the second where that one was misheard
        await page.keyboard.press("Space")
        await player.get_by_role("button", name="контроль качества").press("Enter")
        await plays_to(player, began + 1.5)
        await expect(line.locator(".now")).to_be_visible()
        assert await page.evaluate("sounds.some((one) => one.webkitAudioDecodedByteCount > 0)")
        await player.get_by_role("button", name="Остановить").press("Enter")
        await expect(player).to_have_attribute("data-state", "paused")
        await page.screenshot(path=tmp_path / "played.png", full_page=True)
    listening = await until_known(lambda: listened(talks, talks.with_olga), "what was listened to")
    assert listening.reason == "quality"
    assert abs(listening.heard[0][0] - began) < 0.5
    assert listening.heard[0][1] >= began + 1


async def test_a_talk_is_judged_disputed_decided_and_counted(talks: Talks, tmp_path: Path) -> None:
    async with talks.as_(Role.QA, "/judging") as page:
        await claims(page, "Оператор 101")
        await judges(page, missed="understood", at_s=4.0)
        await finishes(page)
    review, grade = await judged(talks, "101", "understood")
    assert review.total == 85
    assert grade.second is not None
    page = talks.olga.page
    await page.goto(f"{talks.house.base}/reviews")
    await page.locator("tr.link a").press("Enter")
    own = page.locator(".player")
    while await own.get_attribute("data-state") is None:  # again where the page's script was not there yet
        await page.get_by_title("Слушать отсюда").press("Enter")
        with contextlib.suppress(AssertionError):
            await expect(own).to_have_attribute("data-state", "playing", timeout=5000)
    await plays_to(own, grade.second + 1)
    assert await place(own) < grade.second + 5
    await page.keyboard.press("Space")
    await expect(own).to_have_attribute("data-state", "paused")
    await page.get_by_label("Или с чем не согласны").fill("Адрес я повторила")
    await page.screenshot(path=tmp_path / "own.png", full_page=True)
    await page.get_by_role("button", name="Оспорить").press("Enter")
    await expect(page.get_by_text("ждёт решения")).to_be_visible()
    async with talks.as_(Role.QA_HEAD, "/worklist") as page:
        await page.get_by_role("link", name="Спор об оценке").press("Enter")
        await page.get_by_role("link", name="Решить спор").press("Enter")
        await page.locator("[name=grade-understood][value=partly]").check(force=True)
        await page.get_by_label("Почему вы так решили").fill("Улицу назвала, дом нет")
        await page.keyboard.press("Control+Enter")
        await expect(page.locator("#score b")).to_have_text("93")
        await page.goto(f"{talks.house.base}/quality")
        row = page.locator("tbody tr").filter(has_text="Оператор 101")
        await expect(row.locator("td").nth(2)).to_have_text("93")
        for kind in ("csv", "xlsx"):
            async with page.expect_download() as download:
                await page.get_by_role("link", name=kind.upper()).click()
            await (await download.value).save_as(tmp_path / f"quality.{kind}")
    await expect_shown(talks.olga.page, "Улицу назвала, дом нет")
    with (tmp_path / "quality.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert ["Оператор 101", "1", "93,0"] in [row[:3] for row in rows]
    sheet = openpyxl.load_workbook(io.BytesIO((tmp_path / "quality.xlsx").read_bytes())).active
    assert sheet is not None
    assert ("Оператор 101", 1, 93) in [row[:3] for row in sheet.iter_rows(values_only=True)]


async def expect_shown(page: Page, text: str) -> None:
    """The same page, opened anew, shows it."""
    await page.reload()
    await expect(page.locator("#main")).to_contain_text(text)


async def claims(page: Page, agent: str) -> None:
    """Take the talk of this agent from the queue by the key that stands before it."""
    row = page.locator("tbody tr").filter(has_text=agent)
    key = await row.locator("kbd").inner_text()
    await page.locator("h1").click()
    await page.keyboard.press(key)
    await expect(page.locator("#judging")).to_be_visible()


async def judges(page: Page, *, missed: str, at_s: float) -> None:
    """Everything is met but one point, whose place is kept while it is heard; by keys alone."""
    player, points = page.locator(".player").first, page.locator("[data-point]")
    for number in range(await points.count()):
        point = points.nth(number)
        while not await point.evaluate("one => one === document.activeElement"):
            await page.keyboard.press("j")  # again where the page's script was not there yet
        if await point.get_attribute("data-point") != missed:
            await page.keyboard.press("1")
            continue
        await page.keyboard.press("3")
        await page.keyboard.press("Space")
        await plays_to(player, at_s)
        await page.keyboard.press("e")
        await page.keyboard.press("Space")
        await expect(page.locator("[data-point]:focus [data-told]")).to_have_text(re.compile(r"^0:0\d"))
        assert await page.evaluate("sounds.some((one) => one.webkitAudioDecodedByteCount > 0)")


async def finishes(page: Page) -> None:
    """The card is finished, and counted in the reviewer's day."""
    await page.get_by_label("Что сказать оператору").fill("Повторите адрес вслух")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="Оценено сегодня")).to_be_visible()


async def place(player: Locator) -> float:
    """The second at which a player stands."""
    return float(await player.get_by_role("slider", name="Место в записи").input_value())


async def plays_to(player: Locator, second: float) -> None:
    """It is playing, and comes to this second."""
    await expect(player).to_have_attribute("data-state", "playing")

    async def there() -> bool:
        return await place(player) >= second

    await until_known(there, f"{second:g} s of the sound")


async def measured(talks: Talks) -> None:
    """Both talks have their measures."""

    async def look() -> bool:
        async with talks.house.db.read() as session:
            found = set(await session.scalars(select(TalkMeasures.recording_id).where(TalkMeasures.problem == "")))
        return {talks.with_olga.id, talks.with_igor.id} <= found

    await until_known(look, "the measures of both talks", 30)


async def heard(talks: Talks, recording: Recording) -> list[str] | None:
    """What was heard of the caller and of the agent, as soon as both have their words."""
    async with talks.house.db.read() as session:
        query = select(Transcript).where(
            Transcript.recording_id == recording.id, Transcript.state == TranscriptState.HEARD
        )
        sides = list(await session.scalars(query.order_by(Transcript.channel)))
        return [" ".join(word[0] for word in side.words).casefold() for side in sides] if len(sides) == 2 else None


def understood(text: str, said: tuple[str, ...]) -> str:
    """The first of these words that was understood, as it was: what a small model gets wrong differs by machine."""
    words: list[str] = re.findall(r"\w+", text)
    there = [next((word for word in words if word.startswith(begins)), None) for begins in said]
    found = [word for word in there if word]
    assert len(found) * 2 >= len(said), f"{said} were said, heard was: {text}"
    return found[0]


async def listened(talks: Talks, recording: Recording) -> Listening | None:
    """The first listening of it with what was heard, and its line of the audit."""
    async with talks.house.db.read() as session:
        who = await session.scalar(select(User.id).where(User.login == Role.QA.value))
        noted = await session.scalars(
            select(AuditEntry.user_id).where(
                AuditEntry.action == AuditAction.RECORDING_LISTENED, AuditEntry.subject == f"recording:{recording.id}"
            )
        )
        assert who in set(noted)
        found = await session.scalars(select(Listening).where(Listening.recording_id == recording.id))
        return next((one for one in found if one.heard and one.user_id == who), None)


async def judged(talks: Talks, agent: str, point: str) -> tuple[Review, ReviewGrade]:
    """The finished review of this agent's talk, and the grade of one point."""
    async with talks.house.db.read() as session:
        review = (await session.scalars(select(Review).where(Review.agent == agent))).one()
        given = select(ReviewGrade).where(ReviewGrade.review_id == review.id, ReviewGrade.point == point)
        return review, (await session.scalars(given)).one()
