"""Consoles that follow the wallboard while calls pass: how late its row changes, and what a console weighs."""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.calls.load import Load, Sipp
from bench.calls.rig import cpu_s, resident_mb
from bench.console.delays import Match, Moment, RowState, matched, percentile, told
from bench.console.house import COMPANY, DIALLED, QUEUE, House
from bench.console.screen import Screen
from bench.console.wire import Wire
from gridline.errors import Unavailable

LISTENERS = Path(__file__).with_name("listeners.py")
KEY_AFTER_S = 1.5
"""After the answer: up to 0.5 s wait for the caller's sound, notice and menu of 0.3 s each, 0.4 s to spare."""
STAYS_S = 4.0
"""How long a caller stays after his key: less than a second of tones, the rest in the queue."""
STRANGE = 0.05
"""The share of changes that may come from no event: after a re-read, the wait of one who came meanwhile is known to the
second only. His events then count until the next change, and come out too long."""
WARM = 10
"""Consoles that are opened before weighing."""
ROW = f"wb-queue-{QUEUE}"
PATH = "/wallboard"
_ANSWER_S = 120.0
_QUIET_S = 30.0
_LINE_LIMIT = 1 << 27
_ROW_HTML = re.compile(rf'<tr id="{ROW}".*?</tr>', re.DOTALL)
_WAITING = re.compile(r'class="wall-count[^"]*">(\d+)<')
_SINCE = re.compile(r'data-since="([^"]+)"')


@dataclass(frozen=True)
class LoadStage:
    """What came out with so many consoles."""

    consoles: int
    load: Load
    calls_per_s: float
    """Calls that Asterisk took a second, from the first to the last."""
    events: int
    """Events of callers who came to the queue or left it."""
    changes: int
    """Changes of the row in the browser."""
    screen: Match
    stream: Match | None
    """The same for the last of the consoles without a screen to have heard; None without such consoles."""
    heard: dict[str, Any]
    behind_s: tuple[float, ...]
    """How long after Asterisk's own stamp the bare socket had each event."""
    clock_error_s: float
    controller_cores: float
    busy: float
    """The machine's load average."""

    def figures(self) -> dict[str, Any]:
        """As they are written down. Raises Unavailable when the work was not proved: then there are no figures."""
        said = {key: value for key, value in self.heard.items() if key != "heard"}
        strange = self.screen.strange > STRANGE * self.changes
        whole = not self.screen.unseen and not strange and self.load.whole and self.events > 0
        lost = said and (said["whole"] < said["consoles"] or said["different"])
        if not whole or lost:
            raise Unavailable(
                f"Работа не доказана при {self.consoles} консолях: {self.load}, событий {self.events}, в браузере не "
                f"показано {self.screen.unseen}, лишнего {self.screen.strange}; прочие консоли: {said}."
            )
        seconds = self.screen.seconds
        return {
            "p50_ms": _ms(percentile(seconds, 0.5)),
            "p99_ms": _ms(percentile(seconds, 0.99)),
            "worst_ms": _ms(max(seconds)),
            "calls": self.load.ok,
            "calls_per_s": round(self.calls_per_s, 1),
            "events": self.events,
            "elements_changed": self.changes,
            "changes_not_told": self.screen.strange,
            **({} if self.stream is None else _stream(self.stream)),
            "others": said,
            "socket_behind_asterisk_p50_ms": _ms(percentile(self.behind_s, 0.5)),
            "socket_behind_asterisk_p99_ms": _ms(percentile(self.behind_s, 0.99)),
            "clock_error_ms": _ms(self.clock_error_s),
            "controller_cores": round(self.controller_cores, 2),
            "load_average": self.busy,
        }


def _stream(match: Match) -> dict[str, Any]:
    return {
        "stream_p50_ms": _ms(percentile(match.seconds, 0.5)),
        "stream_p99_ms": _ms(percentile(match.seconds, 0.99)),
        "stream_unseen": match.unseen + match.strange,
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


class Others:
    """The consoles without a screen, in their own process."""

    def __init__(self, process: asyncio.subprocess.Process, house: House) -> None:
        self._process = process
        self._house = house

    async def open(self, cookies: Sequence[str]) -> None:
        """So many more consoles, each with a session of its own."""
        own = self._house.product.settings
        await self._ask(
            {
                "do": "open",
                "host": own.http_host,
                "port": own.http_port,
                "path": PATH,
                "topic": f"wallboard:{COMPANY}",
                "cookies": list(cookies),
            }
        )

    async def told(self) -> dict[str, Any]:
        """What they heard, once all have heard the last of it."""
        return await self._ask({"do": "told"})

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(_ANSWER_S):
            line = await self._process.stdout.readline()
        if not line:
            raise Unavailable("Консоли без экрана завершились.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def others(house: House) -> AsyncIterator[Others]:
    """The process of consoles without a screen, up inside the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(LISTENERS)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    try:
        yield Others(process, house)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def weight_kb(house: House, consoles: int) -> dict[str, float]:
    """What the controller grows by for each console that opens the wallboard and follows it, on a quiet line."""
    controller = house.product.controller
    async with others(house) as first:  # what the first pages cost once: templates, pools, figures of the day
        await first.open(house.cookies(min(consoles, WARM)))
    cookies = house.cookies(consoles)
    before = resident_mb(controller)
    async with others(house) as all_:
        await all_.open(cookies)
        heard = await all_.told()
        after = resident_mb(controller)
    if heard["consoles"] != consoles or heard["whole"] != consoles:
        raise Unavailable(f"Работа не доказана: из {consoles} консолей слушают {heard}.")
    return {
        "kb_per_console": round((after - before) * 1024 / consoles, 1),
        "controller_mb_0": round(before, 1),
        f"controller_mb_{consoles}": round(after, 1),
    }


async def stage(
    house: House, wire: Wire, sipp: Sipp, screen: Screen, *, consoles: int, calls: int, rate: float
) -> LoadStage:
    """Let `calls` calls pass before so many consoles, the browser being one of them."""
    controller = house.product.controller
    async with others(house) as rest:
        if consoles > 1:
            await rest.open(house.cookies(consoles - 1))
        clock = await screen.clock()
        await screen.watch_queue(ROW)
        since, used = len(wire.seen), cpu_s(controller)
        load = await sipp.run(DIALLED, calls, rate, key_after_s=KEY_AFTER_S, stays_s=STAYS_S)
        used = cpu_s(controller) - used
        busy = round(os.getloadavg()[0], 1)
        await screen.shows(0, _QUIET_S)
        heard = await rest.told() if consoles > 1 else {}
        shown = (await screen.changes(clock))[1:]  # the first is what stood there before
        later = await screen.clock()
    seen, wall = wire.seen[since:], time.time() - time.monotonic()
    events = told(seen, QUEUE)
    error_s = clock.error_s + abs(later.offset_s - clock.offset_s) + later.error_s
    arrived = [one.at for one in seen if one.is_("Newchannel") and one.headers["Channel"].startswith("PJSIP/trunk")]
    if len(arrived) < calls:
        raise Unavailable(f"Работа не доказана: Asterisk принял {len(arrived)} звонков из {calls}.")
    return LoadStage(
        consoles=consoles,
        load=load,
        calls_per_s=(len(arrived) - 1) / (arrived[-1] - arrived[0]),
        events=len(events),
        changes=len(shown),
        screen=matched(events, shown),
        stream=matched(events, _rows(heard["heard"], first=events[0].at)) if heard and events else None,
        heard=heard,
        behind_s=tuple(one.at + wall - float(one.headers["Timestamp"]) for one in seen if "Timestamp" in one.headers),
        clock_error_s=error_s,
        controller_cores=used / load.seconds,
        busy=busy,
    )


def _rows(heard: Sequence[tuple[float, str]], first: float) -> list[Moment]:
    """The row's states in the messages of a stream from the first event on: a page that opens makes messages too."""
    moments: list[Moment] = []
    for at, block in heard:
        if at < first:
            continue
        text = html.unescape(re.sub(r"^data: ", "", block, flags=re.MULTILINE))
        row = _ROW_HTML.search(text)
        waiting = _WAITING.search(row[0]) if row else None
        if row and waiting:
            since = _SINCE.search(row[0])
            state = RowState(int(waiting[1]), since[1] if since else "")
            if not moments or moments[-1].state != state:
                moments.append(Moment(at, state))
    return moments
