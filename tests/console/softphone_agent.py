"""An agent in a real browser: signs in, takes calls with the page's buttons, and lets us hear what is in his ear."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Browser, Locator, Page, Playwright, TimeoutError, expect

from agent_console.people.models import Role, User
from carrier.hearing.matching import Heard16, find_all
from carrier.hearing.sound import Clip
from carrier.leg import Leg
from carrier.stories.installation import Installation
from gridline.clock import SystemClock
from ivr.voice.audio import RATE, to_pcm, wav_bytes
from tests.console.conftest import CHEAP, CHROMIUM, CHROMIUM_FLAGS, PASSWORD

IN_TIME_MS = 15_000

RECORD = """() => {
  const stream = document.querySelector("#softphone audio").srcObject;
  const recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond: 128000 });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start(200);
  window.ear = { recorder, parts, stopped };
}"""
POST = """async ([path, form]) => {
  const token = document.querySelector('meta[name="csrf"]').content;
  const body = new URLSearchParams(form);
  return (await fetch(path, { method: "POST", headers: { "X-CSRF-Token": token }, body })).status;
}"""
LISTEN = f"""() => {{
  const audio = document.querySelector("#softphone audio");
  audio.addEventListener("loadedmetadata", {RECORD}, {{ once: true }});
}}"""
HEARD = """async () => {
  const { recorder, parts, stopped } = window.ear;
  recorder.stop();
  await stopped;
  const offline = new OfflineAudioContext(1, 8000, 8000);
  const sound = await offline.decodeAudioData(await new Blob(parts).arrayBuffer());
  const bytes = new Uint8Array(sound.getChannelData(0).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""


async def hire(
    house: Installation, login: str, agent: str | None, company: str = "skek", *, role: Role = Role.AGENT
) -> None:
    """A person with the tests' password: an agent with this number, unless another role is told."""
    async with house.db.write() as session:
        session.add(
            User(
                login=login,
                name=f"Оператор {agent}" if agent else login.capitalize(),
                password_hash=CHEAP.hash(PASSWORD),
                one_time=False,
                role=role,
                company_id=company,
                branch="",
                agent=agent,
                created_at=SystemClock().now(),
                disabled_at=None,
            )
        )


@asynccontextmanager
async def chromium(playwright: Playwright, voice: Clip, folder: Path) -> AsyncIterator[Browser]:
    """A browser whose microphone says `voice` again and again."""
    file = folder / f"{voice.name}.wav"
    file.write_bytes(wav_bytes(to_pcm(voice.samples.astype(np.float64))))
    browser = await playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*CHROMIUM_FLAGS, f"--use-file-for-fake-audio-capture={file}"]
    )
    yield browser
    await browser.close()


class BrowserAgent:
    """One agent's page."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.bar = page.locator("#softphone")

    async def sign_in(self, login: str, state: str = "ready") -> None:
        """Sign in by hand; the telephone then comes up by itself."""
        await self.page.goto(f"{self.base}/signin")
        await self.page.get_by_label("Логин").fill(login)
        await self.page.get_by_label("Пароль", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Войти").click()
        await self.is_(state)

    async def opens(self, state: str = "ready") -> None:
        """Open the console once more, being signed in already."""
        await self.page.goto(self.base)
        await self.is_(state)

    async def is_(self, state: str, within_ms: float = IN_TIME_MS) -> None:
        """Wait until the bar shows this state."""
        await expect(self.bar).to_have_attribute("data-state", state, timeout=within_ms)

    def part(self, name: str) -> Locator:
        """A part of the bar by its name in the template."""
        return self.bar.locator(f"[data-phone={name}]")

    async def press(self, key: str) -> None:
        """A key of the keyboard."""
        await self.page.keyboard.press(key)

    async def posts(self, path: str, **form: str) -> None:
        """A form of the page, sent as its button does."""
        status = await self.page.evaluate(POST, [path, form])
        assert status == 200, f"{path}: {status}"

    async def listens(self) -> None:
        """Keep what comes into the ear from the first sound of the next talk on."""
        await self.page.evaluate(LISTEN)

    async def likest(self, *sounds: Clip) -> Clip:
        """Which of these words has been in the ear since `listens`.

        A browser stretches speech to catch up, so whole words are unlike themselves, and their 0.3 s pieces are not.
        """
        heard = (await self._heard()).astype(np.float32)
        return max(sounds, key=lambda sound: likeness(sound, heard))

    async def hears(self, other: Leg, sound: Clip) -> None:
        """The other side says it, and it is in the agent's ear. Said again when the machine was too busy for sound."""
        for _ in range(3):
            await self.page.evaluate(RECORD)
            await other.speak(sound)
            if find_all(sound, await self._heard()):
                return
        raise AssertionError(f"{sound.name} is not in the agent's ear")

    async def hears_of_itself(self, sound: Clip) -> None:
        """Somebody says it again and again, and it is in the agent's ear.

        Listened for several times: a browser's gain and echo control take seconds to settle on a new voice.
        """
        for _ in range(5):
            await self.page.evaluate(RECORD)
            await asyncio.sleep(3)
            if find_all(sound, await self._heard()):
                return
        raise AssertionError(f"{sound.name} is not in the agent's ear")

    async def hangs_up(self) -> None:
        """Whatever is left of a call is ended; the telephone is ready for the next."""
        while await self.part("end").is_visible():
            await self.press("Escape")
            with contextlib.suppress(TimeoutError):  # ended by itself in this very moment
                await self.part("end").click(timeout=1000)
        await self.is_("ready")

    async def _heard(self) -> Heard16:
        """What was in the ear since the recording began; it ends with this."""
        raw = np.frombuffer(base64.b64decode(await self.page.evaluate(HEARD)), "<f4")
        return to_pcm(raw.astype(np.float64))


def likeness(sound: Clip, heard: NDArray[np.float32]) -> float:
    """How well the sound's pieces are found in what was heard, on the mean: 0.84 of the right words, 0.62 of others."""
    size = RATE * 3 // 10
    energy = np.convolve(heard**2, np.ones(size), "valid") + 1.0
    found = []
    for start in range(0, len(sound.samples) - size + 1, size // 2):
        piece = sound.samples[start : start + size]
        scores = np.correlate(heard, piece, "valid") / np.sqrt(energy * float(np.sum(piece**2)))
        found.append(float(scores.max()))
    return float(np.mean(found))
