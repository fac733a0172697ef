"""Keeps who was told what of an outage, behind the call's back: through its journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from ivr.journal.entries import OutageTold
from ivr.line import CallerHungUp, Line
from ivr.services import Services
from ivr.voice.clips import PromptUnavailable
from ivr.voice.prompts import Phrase

CHARACTERS_A_SECOND = 16.0
"""Of our voice, rather fast than slow: whoever hung up sooner has not heard the words to their end."""


@contextmanager
def kept(line: Line, services: Services, told: Mapping[str, Sequence[Phrase]]) -> Iterator[None]:
    """What is said inside the block contains these phrases, by outage (id); whoever hangs up in them was not told."""
    words = {outage: line.words(*phrases) for outage, phrases in told.items()}
    began = services.clock.monotonic()
    heard = True
    try:
        yield
    except CallerHungUp:
        said_s = services.clock.monotonic() - began
        heard = said_s * CHARACTERS_A_SECOND > sum(map(len, words.values()))
        raise
    except PromptUnavailable:
        heard = False
        raise
    finally:
        now = services.clock.now()
        for outage, text in words.items() if heard else ():
            services.journal.told(line.call.id, OutageTold(outage, now, text, line.call.caller))
