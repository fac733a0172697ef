"""Files that are no recordings, and recordings that go while somebody listens: pages say so, and nothing falls."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import Role
from ivr.journal.models import CallRecord
from quality.measures.measuring import Measuring
from quality.measures.models import TalkMeasures
from recordings.erasure import erase
from recordings.models import Recording
from recordings.store import Store
from tests.console.calls import RATE, lasts, stored_call
from tests.console.conftest import ClientOf, ConsoleApp, sign_in
from tests.console.test_judging import a_talk, judged
from tests.console.test_recording import listenings


def wav(samples: bytes, *, channels: int = 2, rate: int = RATE, told: int | None = None) -> bytes:
    """A WAV of these samples; `told`: the length that its header tells."""
    size = len(samples) if told is None else told
    head = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + head + b"data" + struct.pack("<I", size) + samples


SAID = b"".join(struct.pack("<hh", 9000 * (-1) ** at, 0) for at in range(RATE))
BAD = {
    "nothing": (b"", 404, False),
    "half a header": (wav(b"")[:30], 404, False),
    "no samples": (wav(b""), 200, True),
    "cut in a sample": (wav(SAID[:-3], told=len(SAID)), 200, True),
    "told longer than it is": (wav(SAID, told=len(SAID) * 9), 200, True),
    "one side where two are due": (wav(SAID, channels=1), 200, True),
    "twice the rate": (wav(SAID, rate=2 * RATE), 200, True),
    "no sound": ("%PDF-1.4 договор".encode() * 99, 404, False),
}
"""What: its bytes, how its curve is answered, and whether it can be measured."""


@pytest.mark.parametrize("what", BAD)
async def test_a_file_that_is_no_recording_is_told_and_harms_nothing(
    console_app: ConsoleApp, client_of: ClientOf, what: str
) -> None:
    content, drawn, is_measured = BAD[what]
    console, client = console_app.console, await client_of(Role.QA)
    call = await stored_call(console, console.clock.now() - timedelta(minutes=2))
    call.file.write_bytes(content)
    assert await Measuring(console.db, console.clock, console.store, is_quiet=lambda: True, days=1).run_once() == 1
    async with console.db.read() as session:
        row = (await session.scalars(select(TalkMeasures))).one()
    assert (row.problem == "") is is_measured
    path = f"/recordings/{call.recording}"
    assert (await client.get(f"{path}/levels")).status == drawn
    for asked, first in (("bytes=0-", 0), ("bytes=-5", 0), ("bytes=44-90", 44)):
        answer = await client.get(path, headers={"Range": asked})
        assert answer.status == (206 if first < len(content) else 416), asked
    for page in (f"/calls/{call.call}", "/talks", "/judging"):
        assert (await client.get(page)).status == 200, page


async def test_ten_hours_are_opened_in_their_middle(console_app: ConsoleApp, client_of: ClientOf) -> None:
    call = await stored_call(console_app.console, console_app.console.clock.now() - timedelta(hours=11), seconds=1)
    await lasts(console_app.console, call, 36_000)
    client, half = await client_of(Role.QA), 44 + 18_000 * RATE * 4
    answer = await client.get(f"/recordings/{call.recording}", headers={"Range": f"bytes={half}-"})
    assert (answer.status, answer.headers["Content-Length"]) == (206, str(60 * RATE * 4))
    assert [one.sent for one in await listenings(console_app)] == [[[18_000, 18_060]]]
    assert "10:00:00" in await (await client.get(f"/calls/{call.call}")).text()


async def test_what_is_erased_while_it_is_heard_falls_silent_and_says_why(console_app: ConsoleApp, page: Page) -> None:
    console = console_app.console
    call = await stored_call(console, console.clock.now() - timedelta(minutes=9), seconds=1)
    await lasts(console, call, 600)
    await sign_in(page, console_app.base, Role.QA, f"/calls/{call.call}")
    player = page.locator(".player")
    await player.get_by_role("button", name="обучение").click()
    await player.get_by_role("button", name="Слушать").click()
    await expect(player).to_have_attribute("data-state", "playing")
    await expect(player.locator("[data-now]")).to_have_text(re.compile("0:0[1-9]"))
    await erase(console.db, console.store, [call.recording], node="n", at=console.clock.now())
    slider = player.get_by_role("slider", name="Место в записи")
    await slider.fill("480")
    await expect(player.get_by_role("alert")).to_contain_text("Запись не открывается")
    await page.reload()
    await expect(page.get_by_text("Запись уничтожена по акту.")).to_be_visible()
    (kept,) = await listenings(console_app)
    assert kept.sent


async def test_a_clock_that_was_set_back_in_a_talk_loses_it_nowhere(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    call = await a_talk(console_app)
    async with console_app.console.db.write() as session:
        recording = await session.get_one(Recording, call.recording)
        recording.ended_at = recording.started_at - timedelta(hours=1)
        record = await session.get_one(CallRecord, call.call)
        record.ended_at = recording.ended_at
    id = await judged(console_app, call)
    qa, agent = await client_of(Role.QA), await client_of(Role.AGENT)
    for client, page in ((qa, f"/judging/{id}"), (agent, f"/reviews/{id}"), (qa, f"/calls/{call.call}")):
        answer = await client.get(page)
        assert (answer.status, call.recording in await answer.text()) == (200, True), page
    for page in ("/calls", "/talks", "/quality"):
        assert (await qa.get(page)).status == 200, page


class Leaky(Store):
    """A store whose file goes while it is read."""

    async def open_range(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """One block, and then no more of it."""
        async for block in super().open_range(name, start, end):
            yield block[:1000]
            raise FileNotFoundError(name)


async def test_a_file_that_goes_while_it_is_sent_ends_that_answer_alone(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    console, client = console_app.console, await client_of(Role.QA)
    call = await stored_call(console, console.clock.now())
    store = Leaky.in_folder(console.recordings)
    vars(console)["store"] = Leaky(lambda: store.objects)
    with pytest.raises(aiohttp.ClientPayloadError):
        async with asyncio.timeout(5):
            await client.get(f"/recordings/{call.recording}")
    vars(console)["store"] = store
    assert (await client.get(f"/recordings/{call.recording}")).status == 200
    assert [one.sent for one in await listenings(console_app)] == [[[0, 12]]] * 2
