"""The player in a browser, by the keyboard alone: why, sound, speed, sides, silence, marks, words, the next call."""

from __future__ import annotations

import re
import struct
import wave
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect
from sqlalchemy import select

from agent_console.calls.listening.models import Listening
from agent_console.calls.listening.stretches import length
from agent_console.people.models import Role
from quality.marks import marks
from recordings.models import Recording
from tests.console.calls import RATE, StoredCall, lasts, stored_call
from tests.console.conftest import Axe, ConsoleApp, sign_in

expect.set_options(timeout=20_000)

OBSERVED = """
  window.sounds = [];
  window.volumes = [];
  window.Audio = class extends Audio {
    constructor() { super(); window.sounds.push(this); }
  };
  const createGain = AudioContext.prototype.createGain;
  AudioContext.prototype.createGain = function () {
    const made = createGain.call(this);
    window.volumes.push(made);
    return made;
  };
"""
"""Keeps what the page makes of its sound, to look at."""

WORDS = {
    "machine": True,
    "says": "",
    "channels": [
        {"who": "Оператор", "utterances": [{"start": 9.0, "end": 12.0, "text": "Бригада выехала", "words": []}]},
        {
            "who": "Абонент",
            "utterances": [
                {"start": 0.0, "end": 9.0, "text": "нет света", "words": [["нет", 0.0, 5.0], ["света", 5.0, 9.0]]}
            ],
        },
    ],
}


@pytest.fixture
async def call(console_app: ConsoleApp) -> StoredCall:
    """A call of twelve seconds of which the middle eight are silent, and an older one beneath it in the list."""
    now = console_app.console.clock.now()
    await stored_call(console_app.console, now - timedelta(minutes=9), caller="+79235550909")
    call = await stored_call(console_app.console, now - timedelta(minutes=3))
    loud, quiet = struct.pack("<hh", 9000, 0), struct.pack("<hh", 0, 0)
    with wave.open(str(call.file), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        out.writeframes(loud * RATE * 2 + quiet * RATE * 8 + loud * RATE * 2)
    return call


async def place(player: Locator) -> float:
    return float(await player.get_by_role("slider", name="Место в записи").input_value())


async def says_words(page: Page, told: dict[str, Any]) -> None:
    """Stand in for the transcript's route."""

    async def answer(route: Route) -> None:
        await route.fulfill(json=told)

    await page.route(re.compile(r"/recordings/[0-9a-f]{32}/transcript$"), answer)


async def test_a_call_is_heard_by_the_keyboard_alone(
    page: Page, console_app: ConsoleApp, call: StoredCall, axe: Axe, tmp_path: Path
) -> None:
    await says_words(page, WORDS)
    await page.add_init_script(OBSERVED)
    await sign_in(page, console_app.base, Role.QA, "/calls?result=answered")
    await page.get_by_role("link", name=re.compile("сегодня|вчера")).first.press("Enter")
    player = page.locator(f'[data-player="/recordings/{call.recording}"]')
    await expect(player.locator(".player-line").first).to_contain_text("Абонент нет света")

    await page.keyboard.press("Space")  # no sound without a reason
    await expect(player.get_by_role("alert")).to_contain_text("зачем слушаете")
    await expect(player.get_by_role("button", name="обращение")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(player).to_have_attribute("data-state", "playing")
    await expect(player.locator("[aria-current] .now")).to_have_text(re.compile("нет|света"))
    await page.locator("h1").click()
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-state", "paused")
    begun = await place(player)

    for key, moved in (("ArrowRight", 5), ("ArrowLeft", -5), ("KeyL", 10), ("KeyJ", -10)):
        before = await place(player)
        await page.keyboard.press(key)
        assert abs(await place(player) - min(12, max(0, before + moved))) < 0.2, key
    await page.keyboard.press("Equal")
    await expect(player.get_by_role("button", name="1,25×")).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("Digit1")
    await expect(player.get_by_role("button", name="без звонящего")).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate("[sounds[0].playbackRate, sounds[0].preservesPitch]") == [1.25, True]
    assert await page.evaluate("volumes.map((one) => one.gain.value)") == [0, 1]
    await page.keyboard.press("KeyJ")
    assert await place(player) == 0
    await page.keyboard.press("KeyS")
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-state", "paused")  # at its end, eight silent seconds jumped over
    await expect(player.locator("[data-now]")).to_have_text("0:12")
    await expect(player.locator("li[aria-current]")).to_have_count(0)

    await player.get_by_role("button", name="Бригада выехала").press("Enter")
    assert await place(player) == 9
    await page.locator("h1").click()
    await page.keyboard.press("KeyM")
    await expect(player.get_by_text("Пометка на 0:09")).to_be_visible()
    await page.keyboard.type("назвали срок")
    await page.keyboard.press("Enter")
    await expect(player.locator("[data-mark-at]")).to_contain_text("назвали срок")
    await expect(player.get_by_role("button", name="Слушать")).to_be_focused()  # the keys play again
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "player-light.png", full_page=True)
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.screenshot(path=tmp_path / "player-dark.png", full_page=True)

    async with console_app.console.db.read() as session:
        (kept,) = await session.scalars(select(Listening))
    assert (kept.user_id, kept.reason) == (console_app.users[Role.QA].user_id, "quality")
    assert kept.heard[0][0] < 0.5
    assert kept.heard[0][1] >= begun - 0.6
    assert kept.heard[-1][1] >= 11.5
    assert length(kept.heard) < max(begun, 2.3) + 3.5  # the silence, from 2.3 to 9.7, is not among what was heard

    await page.keyboard.press("KeyN")
    await expect(page.locator("h1")).to_contain_text("***09")
    await expect(page.locator(".player-line").first).to_be_visible()  # the page's script has begun
    await page.keyboard.press("Space")
    await expect(page.locator(".player")).to_have_attribute("data-state", "playing")  # the reason is remembered


async def test_marks_come_to_the_next_listener_and_a_place_is_opened(
    page: Page, console_app: ConsoleApp, call: StoredCall
) -> None:
    await says_words(page, {"machine": True, "says": "Слова ещё распознаются.", "channels": []})
    await sign_in(page, console_app.base, Role.SUPERVISOR, "/calls")
    await page.goto(f"{console_app.base}/calls/{call.call}?recording={call.recording}&at=7.5")
    player = page.locator(f'[data-player="/recordings/{call.recording}"]')
    await expect(player.locator("[data-now]")).to_have_text("0:07")
    await expect(player.get_by_text("Слова ещё распознаются.")).to_be_visible()
    await expect(player.get_by_role("list", name="Что происходило")).to_contain_text("0:12 Разговор окончен")
    await expect(page.locator("#link-state")).to_have_text("На связи")
    async with console_app.console.db.write() as session:
        recording = await session.get_one(Recording, call.recording)
        now = console_app.console.clock.now()
        await marks.add(session, recording, author="user:qa", at_s=3.25, text="<b>грубо</b>", now=now)
    console_app.console.push.publish(f"marks:{call.recording}", "marks", "{}")
    await expect(player.locator("[data-mark-at]")).to_contain_text("<b>грубо</b>")
    await expect(player.locator("[data-mark-at]")).to_contain_text("Анна Ким")
    await expect(player.get_by_text("Исправить")).to_have_count(0)  # another's
    await player.locator("[data-mark-at] [data-seek]").click()
    assert await place(player) == 3.2


FIRST_SOUND = """player => new Promise((done) => {
  const range = player.querySelector("[type=range]");
  const from = Number(range.value);
  const pressed = performance.now();
  const look = () =>
    Number(range.value) > from ? done(performance.now() - pressed) : requestAnimationFrame(look);
  player.querySelector("[data-play]").click();
  look();
})"""


async def test_an_hour_opens_at_once(page: Page, console_app: ConsoleApp) -> None:
    """From a press to the first sound in the middle of 115 MB; the seconds sent are a few minutes, not an hour."""
    call = await stored_call(console_app.console, console_app.console.clock.now() - timedelta(hours=2), seconds=1)
    await lasts(console_app.console, call, 3600)
    await says_words(page, {"machine": True, "says": "", "channels": []})
    await sign_in(page, console_app.base, Role.QA, f"/calls/{call.call}?at=3000")
    player = page.locator(".player")
    await player.get_by_role("button", name="обучение").click()
    first_sound_ms = await player.evaluate(FIRST_SOUND)
    print(f"first_sound_ms of an hour: {first_sound_ms:.0f}")
    assert first_sound_ms < 6000  # a machine that does eight other things
    async with console_app.console.db.read() as session:
        (kept,) = await session.scalars(select(Listening))
    assert length(kept.sent) <= 240
    assert any(begin <= 3000 <= end for begin, end in kept.sent)
