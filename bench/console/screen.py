"""A real browser before the console: what changed on its page, and when by our clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.console.delays import Moment, RowState
from gridline.errors import Unavailable

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
_TRIES = 30
_LOAD_MS = 60_000
_WATCH_QUEUE = """([row]) => {
  const changes = (window.benchChanges = []);
  let last = "";
  const look = () => {
    const now = performance.now(), shown = document.getElementById(row);
    if (!shown) return;
    const waiting = shown.querySelector(".wall-count").textContent.trim();
    const since = shown.querySelector("time[data-since]")?.dataset.since ?? "";
    if (last !== (last = waiting + " " + since)) changes.push([now, waiting, since]);
  };
  new MutationObserver(look).observe(document.getElementById("main"),
    { subtree: true, childList: true, characterData: true, attributes: true });
  look();
}"""
_WATCH_CARDS = """() => {
  const cards = (window.benchCards = []);
  let last = "";
  new MutationObserver(() => {
    const now = performance.now(), card = document.getElementById("call-card");
    if (card && last !== (last = card.dataset.call)) cards.push([now, last]);
  }).observe(document.body, { subtree: true, childList: true });
}"""
_CARD = """([call]) => {
  const got = performance.getEntriesByType("resource").findLast((one) => one.name.endsWith(`/card/${call}`));
  const count = (what) => document.querySelectorAll(`#call-card ${what}`).length;
  return { asked: got?.requestStart ?? 0, answered: got?.responseEnd ?? 0, candidates: count(".candidate"),
    calls: count(".past-call"), appeals: count("#card-appeals .appeal-line"), form: count("#appeal-form") };
}"""


@dataclass(frozen=True)
class ScreenClock:
    """How the page's `performance.now()` stands to our `time.monotonic()`."""

    offset_s: float
    error_s: float

    def ours(self, page_ms: float) -> float:
        """A moment of the page in our seconds."""
        return page_ms / 1000 + self.offset_s


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Headless Chromium. Raises Unavailable where it, or what drives it, is not installed."""
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        raise Unavailable("Нет playwright: замеру консоли нужны средства разработки (make setup).") from None
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        except Error as error:
            raise Unavailable(f"Chromium не запускается: {str(error).splitlines()[0]}") from error
        yield browser
        await browser.close()


class Screen:
    """One page of one person."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @classmethod
    async def open(cls, browser: Browser, base: str, cookie: str, path: str) -> Screen:
        """The page at `path`, loaded and following its stream."""
        context = await browser.new_context(viewport={"width": 1366, "height": 768})
        await context.add_cookies([{"name": "gridline", "value": cookie, "url": base}])
        page = await context.new_page()
        await page.goto(base + path, timeout=_LOAD_MS)
        await page.wait_for_selector("#link-state[data-state=up]", state="attached", timeout=_LOAD_MS)
        return cls(page)

    async def close(self) -> None:
        """Leave the page."""
        await self._page.context.close()

    async def clock(self) -> ScreenClock:
        """Ask the page for its clock some times: the error is half of the fastest way there and back."""
        found: list[ScreenClock] = []
        for _ in range(_TRIES):
            before = time.monotonic()
            page_ms = float(await self._page.evaluate("performance.now()"))
            after = time.monotonic()
            found.append(ScreenClock((before + after) / 2 - page_ms / 1000, (after - before) / 2))
        return min(found, key=lambda one: one.error_s)

    async def watch_queue(self, row: str) -> None:
        """Keep every change of the wallboard's row with this id from now on."""
        await self._page.evaluate(_WATCH_QUEUE, [row])

    async def shows(self, waiting: int, within_s: float) -> None:
        """Wait until the row tells of so many. Raises Unavailable."""
        await self._until(f"window.benchChanges.at(-1)?.[1] === '{waiting}'", within_s, f"ждущих не стало {waiting}")

    async def changes(self, clock: ScreenClock) -> list[Moment]:
        """What the row showed, from its first look on."""
        kept: list[list[Any]] = await self._page.evaluate("window.benchChanges")
        return [
            Moment(clock.ours(at), RowState(int(waiting), since)) for at, waiting, since in kept if waiting.isdigit()
        ]

    async def watch_cards(self) -> None:
        """Keep the moment each call's card is there from now on."""
        await self._page.evaluate(_WATCH_CARDS)

    async def card(self, number: int, clock: ScreenClock, within_s: float = 20) -> dict[str, Any]:
        """The `number`-th card (from 1) that opened: when it was there, and what it shows. Raises Unavailable."""
        await self._until(
            f"window.benchCards.length >= {number}", within_s, f"карточка {number}-го звонка не открылась"
        )
        at, call = await self._page.evaluate(f"window.benchCards[{number - 1}]")
        found: dict[str, Any] = await self._page.evaluate(_CARD, [call])
        await self._page.evaluate("performance.clearResourceTimings()")
        answered = clock.ours(found["answered"])
        return found | {"call": call, "at": clock.ours(at), "asked": clock.ours(found["asked"]), "answered": answered}

    async def _until(self, condition: str, within_s: float, otherwise: str) -> None:
        # Not playwright's own waiting: it makes functions of strings, which the console's policy forbids.
        look = f"const look = () => ({condition}) ? done() : setTimeout(look, 20); look();"
        try:
            async with asyncio.timeout(within_s):
                await self._page.evaluate(f"() => new Promise((done) => {{ {look} }})")
        except TimeoutError:
            raise Unavailable(f"В браузере за {within_s:.0f} с {otherwise}.") from None
