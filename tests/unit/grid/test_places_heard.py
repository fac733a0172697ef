"""What a recogniser made of 113 places on the telephone is found in their lists.

The shares are floors under what was measured: first 0.97 of settlements and 0.92 of streets, among three 0.97 and 0.96.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from grid.places import districts
from grid.places.by_sound import alike
from gridline.settings import HOUSE
from ivr.voice import spoken
from ivr.voice.synthesis import find_rhvoice
from speech.ears import Ears
from tests.places_heard import LISTS, heard, names_of, recorded
from tests.speech_models import whisper_base


def aloud(name: str) -> tuple[str, str]:
    """The name as the line says it, with its district and without."""
    return spoken.address(name), spoken.address(districts.apart(name)[0])


@pytest.mark.parametrize(("kind", "first", "three", "wrong"), [("settlement", 0.95, 0.95, 0), ("street", 0.9, 0.94, 1)])
def test_most_places_are_found_by_what_was_heard(kind: str, first: float, three: float, wrong: int) -> None:
    rows, places = [row for row in recorded() if row[0] == kind], names_of(kind)
    found = [(name, alike(text, places, aloud)) for _, name, text in rows]
    assert {name for name, _ in found} == set(places)
    best = [bool(one.things) and aloud(one.things[0])[1] == aloud(name)[1] for name, one in found]
    assert sum(best) / len(rows) >= first
    assert sum(name in one.things for name, one in found) / len(rows) >= three
    assert sum(one.clear and not right for (_, one), right in zip(found, best, strict=True)) <= wrong


@pytest.fixture
async def ears(tmp_path: Path) -> AsyncIterator[Ears]:
    ears = Ears(whisper_base(tmp_path), niceness=0)
    yield ears
    await ears.close()


async def test_places_are_heard_today_as_they_were(ears: Ears, tmp_path: Path) -> None:
    if find_rhvoice(HOUSE / ".packages") is None:
        pytest.skip("RHVoice не установлен: make setup")
    again = [(kind, names_of(kind)[at]) for kind, at in zip(LISTS, (2, 20), strict=True)]
    async for kind, name, text in heard(ears, again, tmp_path):
        assert alike(text, names_of(kind), aloud).things[0] == name, text
