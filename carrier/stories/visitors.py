"""Callers who keep coming while the demo stays up: some ask the menu, some wait for a person and say their need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle

from carrier.errors import CallOver, StillTalking
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene
from gridline.errors import GridlineError

PATIENCE_S = 90.0
"""How long a visitor stays on the line: long enough to be noticed, short enough not to fill a demo's queue."""
BREATH_S = 6.0
PAUSE_S = 8.0


@dataclass(frozen=True)
class Errand:
    """What one visitor wants."""

    number: str
    company: str
    keys: str
    """Pressed after the main menu."""
    words: str
    """Said again and again until the line is put down; whoever answers hears them within seconds."""
    voice: str = "aleksandr"


LANES: Sequence[Sequence[Errand]] = (
    (
        Errand("+79131203401", "skek", "0", "Здравствуйте. Улица Весенняя, дом пять. Когда дадут свет?"),
        Errand("+79131203403", "skek", "1", "На проспекте Ленина оборван провод, висит над тротуаром!"),
        Errand("+79131203404", "skek", "0", "Добрый день. Счётчик показывает ноль, кто придёт проверить?", "elena"),
    ),
    (
        Errand("+79131203402", "skek", "0", "Здравствуйте, хочу пожаловаться: третий вечер моргает свет.", "elena"),
        Errand("+74852203401", "mrsk-centra", "21", ""),
        Errand("+78112203402", "pskovenergo", "42", ""),
        Errand("+74952203403", "moesk", "32", ""),
        Errand("+79131203499", "skek", "0", "Алло. Подскажите, на каком этапе моя заявка на подключение?"),
    ),
)
"""Two at a time, so that an agent who signs in has one caller to talk with and one who waits."""


async def keep_coming(house: Installation, tell: Callable[[str], None]) -> None:
    """Place call after call until cancelled; `tell` gets a line for each."""
    async with asyncio.TaskGroup() as street:
        for lane in LANES:
            street.create_task(_one_after_another(house, lane, tell))


async def _one_after_another(house: Installation, lane: Sequence[Errand], tell: Callable[[str], None]) -> None:
    for errand in cycle(lane):
        began = asyncio.get_running_loop().time()
        try:
            ended = await _visit(house, errand)
        except (
            GridlineError,
            AssertionError,
        ) as error:  # the line is down or the menu has changed: the next visitor tries again
            ended = str(error).splitlines()[0]
        lasted = asyncio.get_running_loop().time() - began
        tell(f"{errand.number}: {errand.words or 'слушает меню'} ({lasted:.0f} с, {ended})")
        await asyncio.sleep(PAUSE_S)


async def _visit(house: Installation, errand: Errand) -> str:
    """One call from the answer to the end; how it ended."""
    scene = Scene(house, errand.company, "visit", lambda line: None)
    words = await scene.spoken(errand.words, errand.voice) if errand.words else None
    async with scene.call(errand.number) as caller:
        await caller.leg.hears(await house.voice.render(["main-menu"], errand.company), 60)
        for key in errand.keys:
            await caller.press(key)
        until = caller.leg.now_s + PATIENCE_S
        while caller.leg.now_s < until:
            try:
                if words is not None:
                    await caller.leg.speak(words)
                await caller.leg.waits_for_hangup(BREATH_S)
            except StillTalking:
                continue
            except CallOver:
                await caller.leg.waits_for_hangup(BREATH_S)
            return "линия положила трубку"
        await caller.hangs_up()
        return "положил трубку"
