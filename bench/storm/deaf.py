"""Sipp's callers are deaf: when each presses a key and hangs up, reckoned from the sound they would have heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bench.storm import town
from bench.storm.ear import THINKS_S, named
from carrier.stories.installation import Installation
from gridline.clock import SystemClock
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

CAUSE: Final = "обрыв провода"
LASTS: Final = timedelta(hours=2)
"""What the dispatcher of this storm says of the outage."""
ANSWER_S: Final = 0.5
"""From the answer to the notice's first word, at the most."""
STAYS_S: Final = 3.0
"""After what they want to hear should be over, before they hang up."""
LIGHT: Final = "света"

Keys = Sequence[tuple[float, str]]
"""Seconds after the answer, and the key pressed then."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """What the callers of one installation do.

    A key is pressed when its menu has named it and a person has thought for a moment. That is well inside its menu, so
    a line that is a few seconds late does not put the key into another one.
    """

    notice_s: float
    """The whole of the notice, from the answer."""
    told_s: float
    """From the answer until they have been told of an outage before the menu and hang up."""
    reports: Keys
    """«Нет света», yes to the address, «сообщить»."""
    reported_s: float
    """From the last key of a report until they hang up."""
    danger: Keys
    danger_s: float
    """From the key until they hang up: they hear what to do, wait, and talk."""
    letters_a_second: float
    """How fast the voice speaks."""

    @property
    def report_s(self) -> float:
        """The whole call of one who reports, from the answer."""
        return self.reports[-1][0] + self.reported_s


async def reckoned(house: Installation, callers: int) -> Deaf:
    """Make what `callers` different houses will hear, as after an hour of a storm it is, and reckon by it."""
    voice = _Heard(house)
    notice_s = await voice.seconds("notice") + ANSWER_S
    confirms = [Prompt("premise-confirm", address=spoken.address(town.address(one))) for one in range(callers)]
    ends = (Prompt("outage-none", what=LIGHT), "report-check-fuses", Prompt("outage-end-menu", what=LIGHT))
    chosen_s = notice_s + await voice.named("2", "storm-menu-water")
    confirmed_s = chosen_s + max([await voice.named("1", one) for one in confirms])
    reported_s = confirmed_s + await voice.named("1", *ends)
    told = _told(house)
    told_s = await voice.seconds(*told)
    return Deaf(
        notice_s,
        notice_s + told_s + STAYS_S,
        ((chosen_s, "2"), (confirmed_s, "1"), (reported_s, "1")),
        await voice.seconds("report-taken") + STAYS_S,
        ((notice_s + await voice.named("1", "storm-menu-water"), "1"),),
        await voice.seconds("danger-safety") + await voice.seconds("danger-to-dispatcher") + 3 * STAYS_S,
        await voice.letters(*told) / told_s,
    )


class _Heard:
    """The sound of the installation's voice."""

    def __init__(self, house: Installation) -> None:
        self._voice = house.voice

    async def seconds(self, *phrases: Phrase) -> float:
        """How long they take."""
        return (await self._voice.render(phrases, town.COMPANY)).seconds

    async def letters(self, *phrases: Phrase) -> int:
        """How many letters they have."""
        return len((await self._voice.render(phrases, town.COMPANY)).text)

    async def named(self, key: str, *phrases: Phrase) -> float:
        """When a caller who heard this key named presses it, from the first word."""
        said = await self._voice.render(phrases, town.COMPANY)
        return said.seconds * named(said.text, key) + THINKS_S


def _told(house: Installation) -> list[Phrase]:
    """What an outage of the whole feeder that has just begun sounds like before the menu."""
    now, zone = SystemClock().now(), house.companies.by_id(town.COMPANY).zone
    return [
        "known-outage",
        Prompt("outage-unplanned", what=LIGHT, since=spoken.since_moment(now, now, zone)),
        "outage-scope-wide",
        Prompt("outage-cause", cause=CAUSE),
        Prompt("outage-until", until=spoken.until_moment(now + LASTS, now, zone)),
    ]
