"""`gridline bench nodes`: what two nodes behind a Kamailio cost beside one, and what callers notice when one dies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import psutil
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from appeals import numbering
from appeals.models import Appeal
from bench import aims
from bench.calls.rig import cpu_s
from bench.databases.postgres import PostgresServer
from bench.quiet import Watch
from carrier.carrier import Carrier
from carrier.errors import CallRefused, StoryBroken
from carrier.stories import store
from carrier.stories.complaint import tells
from carrier.stories.installation import Installation, share_prompts
from carrier.stories.scene import Scene
from carrier.stories.two_nodes import NAMES, TwoNodes
from gridline.settings import HOUSE
from ivr.voice import spoken
from ivr.voice.prompts import Prompt

DID: Final = "78005009494"
ROUNDS: Final = 3
CALLS: Final = 60
"""Of a round, PACE_S apart, each LISTENS_S long."""
PACE_S: Final = 0.2
LISTENS_S: Final = 6.0
IDLE_S: Final = 10.0
"""How long each side is watched with nobody on the line: its rounds are no call's."""
SETTLES_S: Final = 300
SETTLED: Final = 0.2
"""Seconds of CPU a second, of all processes of a side."""
RATE: Final = 10
"""Calls a second that ring while a node is killed."""
AFTER_S: Final = 4
"""How long they go on ringing."""
COMPLAINTS: Final = 4
"""Complaints told before the node dies, and as many after it."""


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command("nodes")
    def nodes(out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None) -> None:
        """Два узла за Kamailio: во что они обходятся рядом с одним и что замечают звонящие, когда узел погибает."""
        watch = Watch()
        found = asyncio.run(measure())
        found["machine"] = watch.told().sentence
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        table = Table("", "цель", "вышло")
        for aim in aims.NODES:
            table.add_row(aim.key, aim.sentence, f"{aim.value(found):g}")
        Console().print(table)
        Console().print(found["machine"])


async def measure() -> dict[str, Any]:
    """A node of two dies; then two behind a Kamailio and one without, each on a database of its own, in turn."""
    with tempfile.TemporaryDirectory(prefix="gridline-nodes-") as temporary, contextlib.ExitStack() as stack:
        folder = Path(temporary)
        server = PostgresServer(shared_buffers="128MB")
        stack.callback(server.stop)
        for database in ("one", "two"):
            server.create(database)
        own = {"whisper": False, "least_free_mb": 1}
        dialplan = shutil.copytree(HOUSE / "dialplan", folder / "dialplan")
        apart = {"rtp_first_port": 12_000, "rtp_last_port": 12_999}  # of those of the two nodes
        one = Installation(folder / "one", {**own, **apart, "database_url": server.url("one")})
        two = TwoNodes(folder / "two", server.url("two"), dialplan, own)
        for house in (one, *two.nodes.values()):
            share_prompts(house.var)
        try:
            await two.start()
            await two.gives_calls_to(*NAMES)
            died = await _a_node_dies(two)
            await two.nodes[NAMES[0]].serve()
            await one.start()
            await two.gives_calls_to(*NAMES)
            return {**await _costs(one, two), **died}
        finally:
            await one.stop()
            await two.stop()


@dataclass(frozen=True)
class _Side:
    """Who is called, and every process that works for it."""

    carrier: Carrier
    roots: Sequence[int]

    def cpu_s(self) -> float:
        return sum(map(cpu_s, self._processes()))

    def _processes(self) -> Iterable[psutil.Process]:
        for root in self.roots:
            yield (process := psutil.Process(root))
            yield from process.children(recursive=True)


async def _costs(one: Installation, two: TwoNodes) -> dict[str, Any]:
    sides = {
        "one_node": _Side(one.carrier, [one.pid]),
        "two_nodes": _Side(two.carrier, [*(node.pid for node in two.nodes.values()), two.kamailio.pid]),
    }
    for side in sides.values():
        await _settled(side)
    idle = {name: await _idle(side) for name, side in sides.items()}
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            spent[name].append(await _round(side, idle[name]))
    ratios = [many / alone for alone, many in zip(spent["one_node"], spent["two_nodes"], strict=True)]
    return {
        "cpu_per_call_ratio_to_one_node": round(statistics.median(ratios), 3),
        "rounds": [round(ratio, 3) for ratio in ratios],
        "cpu_ms_a_call": {name: [round(cost * 1000, 1) for cost in costs] for name, costs in spent.items()},
        "idle_cpu_ms_a_second": {name: round(cost * 1000, 1) for name, cost in idle.items()},
    }


async def _settled(side: _Side) -> None:
    """Wait until what a start brings with it (prompts, files) is over. Raises StoryBroken where it does not end."""
    for _ in range(SETTLES_S):
        before = side.cpu_s()
        await asyncio.sleep(1)
        if side.cpu_s() - before < SETTLED:
            return
    raise StoryBroken(f"За {SETTLES_S} с после запуска узлы не успокоились.")


async def _idle(side: _Side) -> float:
    """Seconds of CPU a second."""
    before = side.cpu_s()
    await asyncio.sleep(IDLE_S)
    return (side.cpu_s() - before) / IDLE_S


async def _round(side: _Side, idle: float) -> float:
    """Seconds of CPU a call, without what the side spends by itself."""
    before, began = side.cpu_s(), time.monotonic()
    async with asyncio.TaskGroup() as calls:
        for number in range(CALLS):
            calls.create_task(_listens(side.carrier, number))
            await asyncio.sleep(PACE_S)
    return (side.cpu_s() - before - idle * (time.monotonic() - began)) / CALLS


async def _listens(carrier: Carrier, number: int) -> None:
    async with carrier.call(from_number=_number(number), to=DID):
        await asyncio.sleep(LISTENS_S)


async def _a_node_dies(two: TwoNodes) -> dict[str, Any]:
    told = await _complain(two, 0)
    waited: list[float] = []
    refused: list[str] = []
    over = asyncio.Event()

    async def rings(number: int) -> None:
        began = time.monotonic()
        try:
            async with two.carrier.call(from_number=_number(number), to=DID):
                waited.append(time.monotonic() - began)
                await over.wait()
        except CallRefused as refusal:
            refused.append(refusal.message)

    async with asyncio.TaskGroup() as calls:
        for number in range(RATE):
            calls.create_task(rings(1000 + number))
        await asyncio.sleep(1)  # they are on the line, half of them at the node that dies
        two.kill(NAMES[0])
        waited.clear()
        refused.clear()
        for number in range(RATE * AFTER_S):
            calls.create_task(rings(2000 + number))
            await asyncio.sleep(1 / RATE)
        over.set()
    told += await _complain(two, COMPLAINTS)
    async with two.nodes[NAMES[1]].db.read() as session:
        stored = list(await session.scalars(select(Appeal.number).order_by(Appeal.number)))
    year = int(stored[0][:2])
    return {
        "seconds_to_takeover": round(max(waited), 2),
        "calls_after_takeover": len(waited) + len(refused),
        "calls_refused_after_takeover": len(refused),
        "numbers_told": len(told),
        "numbers_lost": len(set(told) - set(stored)),
        "numbers_doubled": len(told) - len(set(told)),
        "numbers_without_gap": stored == [numbering.number(year, sequence) for sequence in range(1, len(stored) + 1)],
    }


async def _complain(two: TwoNodes, first: int) -> list[str]:
    """The numbers that these callers heard, told at once at whichever node they came to."""
    async with asyncio.TaskGroup() as all_at_once:
        callers = [all_at_once.create_task(_complains(two, _number(3000 + first + at))) for at in range(COMPLAINTS)]
    return [caller.result() for caller in callers]


async def _complains(two: TwoNodes, own: str) -> str:
    scene = Scene(two.nodes[NAMES[1]], "skek", "nodes", lambda line: None)
    async with scene.call(own) as caller:
        await caller.hears("main-menu", within_s=40)
        await tells(caller, own)
        appeal = await store.appeal_of_caller(scene, own)
        today = appeal.received_at.astimezone(scene.zone).date()
        number = spoken.digit_by_digit(numbering.written(appeal.number))
        until = spoken.until(appeal.deadline, today)
        await caller.hears(Prompt("complaint-registered", number=number, until=until), within_s=20)
        await caller.hangs_up()
    return str(appeal.number)


def _number(person: int) -> str:
    return f"+7913{person:07}"
