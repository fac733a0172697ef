"""A complaint told to the line of СКЭК."""

from __future__ import annotations

from carrier.stories.scene import Caller
from ivr.voice import spoken
from ivr.voice.prompts import Prompt


async def tells(caller: Caller, phone: str) -> None:
    """A complaint in their own words about the voltage, from the main menu to the telephone for the answer (E.164)."""
    await caller.press("5")
    await caller.hears("complaint-menu")
    await caller.press("1")
    await caller.hears("beep")
    await caller.says("Моргает свет.")
    await caller.press("#")
    await caller.hears("complaint-review")
    await caller.press("1")
    await caller.hears("complaint-topic-water")
    await caller.press("2")
    await caller.hears(Prompt("complaint-contact", phone=spoken.phone(phone)))
    await caller.press("1")
