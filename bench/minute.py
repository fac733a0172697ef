"""`gridline bench minute`: what a caller has heard how long after the ring, by real calls to every company.

The callers are patient: they hear each question out before they press, and then press at once.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

import migrations
from bench import aims
from carrier.stories.installation import Installation
from carrier.stories.scene import Caller, Scene
from grid.imports import HandedTable
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from gridline.clock import SystemClock
from gridline.companies import Company
from ivr.actions import SIGNATURES
from ivr.menus.flows import load_checked
from ivr.menus.vocabulary import DANGER, POWER, Vocabulary
from ivr.menus.ways import Way, way_to
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

CODES: Final = {"skek": "3842", "mrsk-centra": "4852", "pskovenergo": "8112", "arhenergo": "8182", "moesk": "4952"}
"""A town of each company, or of a branch."""
BRANCH: Final = {"mrsk-centra": ("yaroslavl", "Ярославская область")}
ACCOUNT: Final = "100000001"
STREET, HOUSE = "ул. Тёмная", "1"
CAUSE: Final = Prompt("outage-cause", cause="обрыв провода")
WITHIN_S: Final = 90
DISPATCHER: Final = "101"
_PREMISES: Final = (
    "компания;лицевой счёт;объект;абонент;вид абонента;филиал;населённый пункт;улица;дом;корпус;квартира;линия;телефоны"
)
_OUTAGES: Final = (
    "компания;номер;вид;услуга;статус;причина;начало;ожидаемое окончание;окончание;линия;лицевые счета;"
    "населённый пункт;улицы"
)


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command("minute")
    def minute(out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None) -> None:
        """Через сколько секунд после вызова звонящий услышал то, ради чего звонил: настоящими звонками."""
        found = asyncio.run(measure())
        if out is not None:
            out.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        table = Table("компания", *(aim.key for aim in aims.MINUTE))
        for company, figures in found["companies"].items():
            table.add_row(company, *(f"{figures[aim.key]:.1f}" for aim in aims.MINUTE))
        table.add_row("цель", *(aim.sentence for aim in aims.MINUTE))
        Console().print(table)


async def measure() -> dict[str, Any]:
    """Seconds for every company, one call to each at a time, and the longest of each."""
    with tempfile.TemporaryDirectory(prefix="gridline-minute-") as folder:
        house = Installation(Path(folder) / "var", {"agents": [DISPATCHER], "whisper": False})
        await _with_data(house, Path(folder))
        try:
            await house.start()
            measured = await asyncio.gather(*(_of(house, company) for company in house.companies))
            companies = {company.id: figures for company, figures in zip(house.companies, measured, strict=True)}
        finally:
            await house.stop()
    longest = {aim.key: max(figures[aim.key] for figures in companies.values()) for aim in aims.MINUTE}
    return {"companies": companies, **longest}


async def _with_data(house: Installation, folder: Path) -> None:
    """A dark house of every company, and the number its people call from."""
    premises, outages = [_PREMISES], [_OUTAGES]
    for company in house.companies:
        branch, _ = BRANCH.get(company.id, ("", ""))
        own = _number(company, 1)
        premises.append(f"{company.id};{ACCOUNT};;Тёмный Иван;физлицо;{branch};г. Тёмный;{STREET};{HOUSE};;;Л-1;{own}")
        outages.append(f"{company.id};А-1;аварийное;;;обрыв провода;-2h;+3h;;Л-1;;;")
    await migrations.upgrade(house.db)
    now = SystemClock().now().replace(second=0, microsecond=0)
    for name, rows, load in (("premises", premises, import_premises), ("outages", outages, import_outages)):
        file = folder / f"{name}.csv"
        file.write_text("\n".join((*rows, "")), encoding="utf-8")
        await load(house.db, HandedTable(file, house.companies, "", now))


def _number(company: Company, person: int) -> str:
    return f"+7{CODES[company.id]}{700_000 + person:06}"


async def _of(house: Installation, company: Company) -> dict[str, float]:
    file = house.settings.dialplan / "menus" / company.menu
    flow = load_checked(file, Vocabulary.by_book(company, house.voice.book, SIGNATURES))
    to_power, to_danger = way_to(flow, POWER), way_to(flow, DANGER)
    assert to_power is not None
    assert to_danger is not None
    return {
        "known_outage_told_s": await _known(house, company),
        "unknown_by_account_told_s": await _by_account(house, company, to_power),
        "danger_to_queue_s": await _danger(house, company, to_danger),
    }


class _Rung:
    """A caller, and the moment they dialled."""

    def __init__(self, house: Installation, company: Company, caller: Caller, since: float) -> None:
        self.caller = caller
        self._company = company.id
        self._voice = house.voice.pace(slow=company.slow_speech)
        self._offset = monotonic() - caller.leg.now_s - since

    async def heard(self, *phrases: Phrase) -> float:
        """Seconds from the ring until these words were heard to their end."""
        heard = await self.caller.hears(*phrases, within_s=WITHIN_S, whole=True)
        words = await self._voice.render(phrases, self._company)
        return round(self._offset + heard.at_s + words.seconds, 1)

    async def begun(self, *phrases: Phrase) -> float:
        """Seconds from the ring until these words began."""
        heard = await self.caller.hears(*phrases, within_s=WITHIN_S)
        return round(self._offset + heard.at_s, 1)

    async def goes(self, company: Company, way: Way) -> None:
        """Hear each menu out and press."""
        for at, press in enumerate(way.presses):
            for key in (key for before, key in way.asked if before == at):
                await self.heard(Prompt("branch-confirm", branch=BRANCH[company.id][1]))
                await self.caller.press(key)
            await self.heard(press.menu.say[0])
            await self.caller.press(press.key)


@asynccontextmanager
async def _rings(house: Installation, company: Company, person: int) -> AsyncIterator[_Rung]:
    scene, since = Scene(house, company.id, "minute", lambda line: None), monotonic()
    async with scene.call(_number(company, person)) as caller:
        yield _Rung(house, company, caller, since)
        await caller.hangs_up()


async def _known(house: Installation, company: Company) -> float:
    """Until they know that their outage is known."""
    async with _rings(house, company, 1) as rung:
        return await rung.heard("known-outage")


async def _by_account(house: Installation, company: Company, way: Way) -> float:
    """Until somebody whose number is not known has keyed their account and heard the cause of their outage."""
    async with _rings(house, company, 2) as rung:
        await rung.goes(company, way)
        await rung.heard("premise-unknown-caller", "place-how")
        await rung.caller.press("1")
        await rung.heard("account-enter")
        await rung.caller.press(f"{ACCOUNT}#")
        await rung.heard(Prompt("premise-confirm", address=spoken.address(f"г. Тёмный, {STREET}, д. {HOUSE}")))
        await rung.caller.press("1")
        return await rung.begun(CAUSE)


async def _danger(house: Installation, company: Company, way: Way) -> float:
    """Until who heard «опасность — один» and pressed it has heard how to stay safe, and is in the queue."""
    async with _rings(house, company, 3) as rung:
        await rung.heard("notice")
        first = way.presses[0]
        words = house.voice.book.text(first.menu.say[0], company.id)
        voice = house.voice.pace(slow=company.slow_speech)
        menu = await voice.render([first.menu.say[0]], company.id)
        await rung.begun(first.menu.say[0])
        await asyncio.sleep(menu.seconds * (words.index(".") + 1) / len(words))  # they listen to the first sentence
        await rung.caller.press(first.key)
        return await rung.begun("danger-to-dispatcher")
