"""The setting of the call stories: one installation with companies, data and agents, each with a desk."""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import yaml

import migrations
from bench.numbering.tables import HEADER
from carrier.leg import Leg
from carrier.phone import AgentPhone
from carrier.stories.installation import Installation
from carrier.stories.scene import Caller, Scene, StoryLine
from grid.imports import HandedTable
from grid.imports.connections import import_connections
from grid.imports.numbering import import_numbering
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from gridline.clock import SystemClock
from gridline.numbers.phones import e164
from gridline.settings import HOUSE
from ivr.voice.prompts import Phrase

DATA = Path(__file__).parent / "data"
TALKERS = ("101", "102", "103", "105", "106", "107")
"""They pick up at once whoever calls СКЭК's office."""
DISPATCHER = "104"
"""Alone on the hotline of МРСК; each story that needs them has them to itself."""
ABSENT = "109"
"""Their phone is switched off: nobody answers СКЭК's hotline."""
CHANGED = "changed"
"""A company whose menu is changed while its callers are on the line; the menu is a copy of СКЭК's."""
STORMY = "stormy"
"""A company, like СКЭК, that three calls in a minute put into a storm; the others stay calm whatever comes."""
COPIES = {CHANGED: "78005000001", STORMY: "78005000002"}
"""Companies like СКЭК, and their numbers."""
LEADS_BY_MESSAGE = ("arhenergo", "connection")
"""A company that accompanies contracts, and nobody is there to promise a call about it."""
OF_A_TOPIC = """from: common

tariffs:
  do: knowledge
  topic: transmission
  done: offices-more
  main: main
  operator: consult-service
  none: tariffs-info
  failed: trouble
"""
"""A menu that leads to the articles of a topic on which nothing is written for callers."""
RANGES = (
    '999;0010000;0019999;10000;ООО "Связь";Курская обл.;г. Курск|Курская область;7700000001',
    '999;0020000;0029999;10000;ООО "Связь";-;Российская Федерация;7700000001',
)
"""Numbers of Kursk, and of the whole country."""
MEMBERS: Mapping[str, dict[str, list[str]]] = {
    "skek": {"skek-hotline": [ABSENT], "skek-water": [ABSENT], "skek-office": [*TALKERS]},
    "mrsk-centra": {"mrsk-hotline": [DISPATCHER], "mrsk-consultation": [ABSENT]},
    "pskovenergo": {"pskov-hotline": [ABSENT], "pskov-office": [ABSENT]},
    "arhenergo": {"arhenergo-hotline": [ABSENT], "arhenergo-office": [ABSENT]},
    "moesk": {"moesk-hotline": [ABSENT], "moesk-office": [ABSENT], "moesk-security": [ABSENT]},
    CHANGED: {f"{CHANGED}-hotline": [], f"{CHANGED}-water": [], f"{CHANGED}-office": []},
    STORMY: {f"{STORMY}-hotline": [ABSENT], f"{STORMY}-water": [], f"{STORMY}-office": []},
}


def dialplan(folder: Path) -> Path:
    """The shipped dialplan with test agents, an office that is always open and a water desk that never is."""
    shutil.copytree(HOUSE / "dialplan", folder)
    for file in sorted((folder / "companies").glob("*.yaml")):
        _change(file, file, lambda body: None)
    skek = folder / "companies" / "skek.yaml"
    for copy, did in COPIES.items():
        _change(skek, folder / "companies" / f"{copy}.yaml", partial(_renamed, id=copy, did=did))
        shutil.copy(folder / "menus" / "skek.yaml", folder / "menus" / f"{copy}.yaml")
    unspoken = "title: Договоры и оплата\nsection: contracts\ntopics: [transmission]\ntext: Договор с нами.\n"
    (folder / "knowledge" / "arhenergo" / "contracts.yaml").write_text(unspoken, "utf-8")
    (folder / "menus" / "arhenergo.yaml").write_text(OF_A_TOPIC, "utf-8")
    accompanies = yaml.safe_load((folder / "passports" / "pskovenergo.yaml").read_text("utf-8"))["accompaniment"]
    own = {"accompaniment": accompanies}
    (folder / "passports" / "arhenergo.yaml").write_text(yaml.safe_dump(own, allow_unicode=True), "utf-8")
    calm, hand = {"off": 1, "calm_min": 1, "window_s": 60}, {"hand_min": 60}
    rows = [{"of": of, "on": 1_000_000, **calm, **hand} for of in ("company", "branch")]
    rows.append({"of": "company", "company": STORMY, "on": 3, **calm, **hand})
    (folder / "storm.yaml").write_text(yaml.safe_dump({"limits": rows}), "utf-8")
    return folder


def _change(source: Path, target: Path, more: Callable[[dict[str, Any]], None]) -> None:
    body = yaml.safe_load(source.read_text("utf-8"))
    for name, topic in body["topics"].items():
        topic["schedule"] = "never" if name == "water" or (body["id"], name) == LEADS_BY_MESSAGE else "always"
    weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(SystemClock().now() + timedelta(days=3)).weekday()]
    body["schedules"] = {"never": {"spoken": "с восьми до восемнадцати часов", "days": {weekday: "08:00-18:00"}}}
    more(body)
    body["members"] = MEMBERS[body["id"]]
    body["survey"] = body["id"] == "skek"
    target.write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), "utf-8")


def _renamed(body: dict[str, Any], *, id: str, did: str) -> None:
    body |= {"id": id, "dids": [did], "menu": f"{id}.yaml", "hotline": f"{id}-hotline"}
    for topic in body["topics"].values():
        topic["queue"] = topic["queue"].replace("skek", id)
    body["queue_names"] = {queue.replace("skek", id): name for queue, name in body["queue_names"].items()}


async def with_data(house: Installation) -> None:
    """Premises, outages and applications of `data`, their times counted from now, and a table of mobile numbers."""
    await migrations.upgrade(house.db)
    now = SystemClock().now().replace(second=0, microsecond=0)
    for name, load in (
        ("premises", import_premises),
        ("outages", import_outages),
        ("connections", import_connections),
    ):
        await load(house.db, HandedTable(DATA / f"{name}.csv", house.companies, "", now))
    table = house.var / "DEF-9xx.csv"
    table.write_text("\n".join((HEADER, *RANGES, "")), encoding="utf-8-sig")
    await import_numbering(house.db, [table], at=now, actor="test")


class Desk:
    """Agents who pick up whatever rings and then find out who is calling."""

    def __init__(self, phones: list[AgentPhone]) -> None:
        self._phones = phones
        self._talks: defaultdict[str, asyncio.Queue[Leg]] = defaultdict(lambda: asyncio.Queue(4))

    async def work(self) -> None:
        """Answer calls until cancelled."""
        async with asyncio.TaskGroup() as agents:
            for phone in self._phones:
                phone.answers(after_s=0.3)
                agents.create_task(self._answer(phone))

    async def talk_with(self, number: str, within_s: float = 30) -> Leg:
        """The agent's end of the talk with this caller (E.164)."""
        async with asyncio.timeout(within_s):
            return await self._talks[number].get()

    async def _answer(self, phone: AgentPhone) -> None:
        while True:
            leg = await phone.answered(within_s=3600)
            self._talks[e164(leg.other) or ""].put_nowait(leg)


class Street:
    """An installation and its agents."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self.desk = Desk([house.carrier.agent(name) for name in TALKERS])
        self.dispatcher = house.carrier.agent(DISPATCHER)
        self.dispatcher_free = asyncio.Lock()
        """Held by the one story that has the dispatcher."""

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[Street]:
        """Calls are taken during the block."""
        working = None
        try:
            await self.house.start()
            await self.house.carrier.agent(ABSENT).unregisters()
            await self.dispatcher.unregisters()
            working = asyncio.create_task(self.desk.work())
            yield self
        finally:
            if working is not None:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            await self.house.stop()


class Play(Scene):
    """One story's scene on the street."""

    def __init__(self, street: Street, company: str, story: str, on_line: Callable[[StoryLine], None]) -> None:
        super().__init__(street.house, company, story, on_line)
        self.street = street
        self.seen: set[str] = set()
        """Calls that were looked up already."""

    @asynccontextmanager
    async def noticed(self, number: str | None, *, did: str | None = None) -> AsyncIterator[Caller]:
        """A caller who has heard the notice."""
        async with self.call(number, did=did) as caller:
            await caller.hears("notice")
            yield caller

    @asynccontextmanager
    async def greeted(self, number: str | None, *way: Phrase, did: str | None = None) -> AsyncIterator[Caller]:
        """A caller who has heard the notice and the main menu, and has gone on: key, what they hear, key ..."""
        async with self.noticed(number, did=did) as caller:
            await caller.hears("main-menu", within_s=40)
            await goes(caller, *way)
            yield caller


async def goes(caller: Caller, *way: Phrase) -> None:
    """Press a key, hear what follows, press the next key as soon as its head is recognised, and so on."""
    for keys, phrase in zip(way[::2], way[1::2], strict=True):
        assert isinstance(keys, str)
        await caller.press(keys)
        await caller.hears(phrase, within_s=20)
