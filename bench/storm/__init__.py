"""`gridline bench storm`: a drawn storm through the product, simulated over hours and for real through Asterisk."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from bench import aims
from bench.aims import Aim
from bench.quiet import Watch
from bench.storm import real, weather
from bench.storm.night import Means, Night
from gridline import log

SEED: Final = 20261128
BARE: Final = Means(storm_mode=False, memory=False, gathered=False)
"""The same night without storm mode, known numbers and proposals."""


@dataclass(frozen=True, slots=True)
class Length:
    """How big a night and a real storm are."""

    substations: int
    calm_s: float
    storm_s: float
    real: real.Size


WHOLE: Final = Length(4, 3600, 3 * 3600, real.Size(240))
QUICK: Final = Length(1, 300, 600, real.Size(10, 2.0, brief=True))


def add_to(group: typer.Typer) -> None:
    """Add the command."""

    @group.command("storm")
    def storm(
        seed: Annotated[int, typer.Option("--seed", help="Какая ночь")] = SEED,
        quick: Annotated[bool, typer.Option("--quick", help="Проба: числа ничего не значат")] = False,
        only: Annotated[str, typer.Option("--only", help="simulated или real: одна половина")] = "",
        rate: Annotated[float, typer.Option("--rate", help="Звонков в секунду через Asterisk; 0: найти")] = 0.0,
        out: Annotated[Path | None, typer.Option("--json", help="Записать числа в файл")] = None,
    ) -> None:
        """Шторм: часы звонков в ускоренном времени, рядом та же ночь без средств, и звонки через Asterisk."""
        watch = Watch()
        log.configure("people", "error")
        length = QUICK if quick else WHOLE
        found: dict[str, Any] = {}
        if only != "real":
            found |= asyncio.run(simulated(seed, length))
        if only != "simulated":
            found["real"] = asyncio.run(_real(replace(length.real, rate=rate) if rate else length.real))
        quietness = watch.told()
        if out is not None:
            kept = found | {"quietness": asdict(quietness), "quiet": quietness.quiet, "seed": seed, "quick": quick}
            out.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        sections: dict[str, tuple[Sequence[Aim], dict[str, Any]]] = {
            "storm": (aims.STORM, found),
            "storm without its means": (aims.STORM, found.get("bare", {})),
            "storm through Asterisk": (aims.STORM_REAL, found.get("real", {})),
        }
        Console().print(aims.table(sections, quietness), markup=False, highlight=False, soft_wrap=True)


async def simulated(seed: int, length: Length) -> dict[str, Any]:
    """The night with everything, and under `bare` the same night without."""
    return await _night(seed, length, Means()) | {"bare": await _night(seed, length, BARE)}


async def _night(seed: int, length: Length, means: Means) -> dict[str, Any]:
    drawn = weather.drawn(seed, substations=length.substations, calm_s=length.calm_s, storm_s=length.storm_s)
    with tempfile.TemporaryDirectory(prefix="gridline-storm-") as folder:
        return await Night(Path(folder), drawn, means, seed).run()


async def _real(size: real.Size) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="gridline-storm-") as folder:
        return await real.storm(Path(folder), size)
