"""`gridline bench callers`: random callers through every company's menus, without sound; each call must end well.

And each must end there once more when its keys are led through the same menu, as a manager replays past calls.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr.actions import SIGNATURES
from ivr.menus.flows import Flows
from ivr.menus.load import TRIES
from ivr.menus.model import Flow, Menu
from ivr.menus.replay import PastStep, replay
from ivr.menus.vocabulary import DANGER, PERSON, Vocabulary
from ivr.menus.walk import MOST_KEYS, Act, Step, walk
from ivr.telephony.agi import CallerHungUp
from ivr.voice.prompts import Phrase, PromptBook

SEED: Final = 20261130
CALLS: Final = 100_000
KEYS: Final = "0123456789*#"
TALKS: Final = 0.3
"""How often somebody answers where an action calls a person."""
HANGS_UP: Final = 0.02
"""How often a caller puts the line down at a question."""
INTERRUPTS: Final = 0.1
"""How often a key is pressed into a statement."""
STORMY: Final = 5
"""Every which call meets the menu of a storm."""
SHOWN: Final = 40
_CLOCK: Final = SetClock(datetime(2026, 11, 30, tzinfo=UTC))


class CallEnd(StrEnum):
    """How a call ended."""

    GOODBYE = "goodbye"
    PERSON = "person"
    HUNG_UP = "hung-up"
    CUT_OFF = "cut-off"
    """By us, without a word of parting: never meant."""
    ENDLESS = "endless"
    """More steps than any call can take whose every loop needs a key: never meant."""


WELL: Final = frozenset({CallEnd.GOODBYE, CallEnd.PERSON, CallEnd.HUNG_UP})


class _TalksOn(Exception):
    """The call has taken more steps than a call can."""


@dataclass
class _Standing:
    """The part of a call that the engine keeps."""

    id: str = "bench"
    place: str = ""
    ahead: str = ""
    danger_offered: bool = False


@dataclass
class RandomLine:
    """A caller who presses what comes: the menu's keys, wrong ones, the star, nothing at all; or hangs up."""

    dice: random.Random
    flow: Flow
    keys: Sequence[str]
    """What this caller draws from when asked; "" is silence. Nothing to draw from: the keys that the menu offers."""
    most: int
    """Steps that no call can take: between two keys that count, no place comes again but for the tries of a menu."""
    call: _Standing = field(default_factory=_Standing)
    parted: bool = False
    """Whether the last words said were the call's last."""
    answered: bool = False
    """Whether a person answered."""
    steps: list[PastStep] = field(default_factory=list)

    @property
    def way(self) -> list[str]:
        """The places they came through."""
        return [step.place for step in self.steps]

    def took(self, step: Step) -> None:
        """A step of the walk."""
        self.steps.append(PastStep(step.place, step.exit, step.key, step.leads_to))
        if len(self.steps) > self.most:
            raise _TalksOn

    def mark(self, name: str, value: str) -> None:
        """A channel variable; nobody reads it here."""

    async def say(self, *phrases: Phrase, last: bool = False) -> str:
        """Nothing is played; now and then a key comes into it."""
        self.parted = last
        return self.dice.choice(KEYS) if self.dice.random() < INTERRUPTS else ""

    async def ask_key(self, *phrases: Phrase, wait_s: float = 5) -> str:
        """A key of theirs at random, or the line is put down."""
        self.parted = False
        if self.dice.random() < HANGS_UP:
            raise CallerHungUp
        return self.dice.choice(self.keys or self._offered())

    def _offered(self) -> Sequence[str]:
        menu = self.flow.places[self.call.place]
        return tuple(menu.press) if isinstance(menu, Menu) else KEYS

    async def hang_up(self) -> None:
        """The end; what was said before it is known."""


HABITS: Final[Sequence[Sequence[str]]] = ((), (), (), KEYS, ("", *"12345"), "*", ("",), ("", "9", "#"))
"""What callers press: what is offered (three of eight), anything, anything but a person, the star for ever, nothing,
only what is wrong."""


@dataclass
class Fates:
    """What became of the callers of one company."""

    endings: Counter[CallEnd] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    longest: int = 0
    """Steps of the longest call."""
    bad: list[str] = field(default_factory=list)
    """The way of each call that did not end well, or that a replay of its keys leads elsewhere."""


def _acts(dice: random.Random) -> dict[str, Act[RandomLine]]:
    """Every action, each taking one of its exits at random; a person may answer first."""

    def act(name: str, exits: Sequence[str]) -> Act[RandomLine]:
        async def taken(line: RandomLine, _topic: str) -> str:
            line.parted = False
            if name in (PERSON, DANGER) and dice.random() < TALKS:
                line.answered = True
                raise CallerHungUp  # how a call that was talked to its end comes back to the menu
            return dice.choice(exits)

        return taken

    return {name: act(name, tuple(sorted(signature.exits))) for name, signature in SIGNATURES.items()}


async def walked(flow: Flow, calls: int, dice: random.Random, fates: Fates) -> Fates:
    """So many random callers through this flow, one after another, added to the fates."""
    acts, most = _acts(dice), (MOST_KEYS + 1) * TRIES[-1] * len(flow.places)
    for _ in range(calls):
        line = RandomLine(dice, flow, dice.choice(HABITS), most)
        ending = await _ending(flow, line, acts)
        fates.endings[ending] += 1
        fates.places.update(line.way)
        fates.longest = max(fates.longest, len(line.way))
        if ending not in WELL:
            fates.bad.append(f"{ending}: {' '.join(line.way[:SHOWN])}")
        elif (again := replay(flow, line.call.id, line.steps, flow)).changed:
            fates.bad.append(f"replayed to {again.new}: {' '.join(line.way[:SHOWN])}")
    return fates


async def _ending(flow: Flow, line: RandomLine, acts: Mapping[str, Act[RandomLine]]) -> CallEnd:
    try:
        await walk(flow, line, acts, line.took, _CLOCK)
    except CallerHungUp:
        return CallEnd.PERSON if line.answered else CallEnd.HUNG_UP
    except _TalksOn:
        return CallEnd.ENDLESS
    return CallEnd.GOODBYE if line.parted else CallEnd.CUT_OFF


async def measured(calls: int, seed: int, dialplan: Path = HOUSE / "dialplan") -> dict[str, Fates]:
    """Company -> its fates: the calls shared out evenly, every fifth through the menu of a storm or a trust line."""
    companies = Companies.load(dialplan / "companies")
    book = PromptBook.load(dialplan / "prompts.ru.yaml")
    flows = Flows(companies, dialplan / "menus", lambda company: Vocabulary.by_book(company, book, SIGNATURES))
    dice = random.Random(seed)  # the same callers each time
    share = calls // len(list(companies))
    found = {}
    for company in companies:
        to_trust = share // STORMY if company.trust_line else 0
        fates = await walked(flows.of(company), share - share // STORMY - to_trust, dice, Fates())
        if to_trust:
            fates = await walked(flows.of_trust_line(company), to_trust, dice, fates)
        found[company.id] = await walked(flows.of(company, storm=True), share // STORMY, dice, fates)
    return found


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command("callers")
    def callers(
        calls: Annotated[int, typer.Option("--calls", min=100, max=10_000_000, help="Звонков всего")] = CALLS,
        seed: Annotated[int, typer.Option("--seed", help="Какие звонящие")] = SEED,
    ) -> None:
        """Случайные звонящие в меню всех компаний, без звука; код 1, если хоть один звонок кончился не так."""
        began = time.process_time()
        found = asyncio.run(measured(calls, seed))
        took = time.process_time() - began
        out = Console(highlight=False)
        table = Table("Компания", "Прощание", "Человек", "Положили трубку", "Оборван", "Без конца", "Шагов", box=None)
        for company, fates in found.items():
            table.add_row(company, *(str(fates.endings[ending]) for ending in CallEnd), f"до {fates.longest}")
        out.print(table)
        done = sum(fates.endings.total() for fates in found.values())
        out.print(f"Звонков {done}, процессора {took:.1f} с")
        bad = [f"{company}: {way}" for company, fates in found.items() for way in fates.bad]
        for line in bad[:SHOWN]:
            out.print(line, markup=False)
        if bad:
            raise typer.Exit(1)
