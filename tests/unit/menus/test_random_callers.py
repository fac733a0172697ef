"""Random callers through every company's menus: each call ends in a goodbye, with a person or by the caller's hand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bench.callers import SEED, WELL, CallEnd, Fates, measured, walked
from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr.menus.flows import load_checked
from ivr.menus.load import load_flow
from ivr.voice.prompts import PromptBook
from service.cli.menus import vocabulary_by_book
from tests.unit.menus.files import WORDS, flow_of, spoilt, written

COMPANIES = Companies.load(HOUSE / "dialplan" / "companies")
CALLS = 10_000
"""Of each company; `gridline bench callers` sends a hundred thousand."""


async def test_every_random_call_ends_well_and_every_place_is_come_to() -> None:
    found = await measured(CALLS * len(list(COMPANIES)), SEED)
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    assert found.keys() == {company.id for company in COMPANIES}
    for company in COMPANIES:
        fates = found[company.id]
        assert fates.bad == []
        assert fates.endings.total() == CALLS
        assert fates.endings.keys() == WELL
        flow = load_checked(HOUSE / "dialplan/menus" / company.menu, vocabulary_by_book(company, book))
        assert flow.places.keys() - fates.places.keys() == set()


@pytest.mark.parametrize(
    ("old", "new", "ending"),
    [
        ("  done: main\n  failed: main\n", "  done: notice\n  failed: notice\n", CallEnd.ENDLESS),
        ("  queued: goodbye\n", "  queued: hang-up\n", CallEnd.CUT_OFF),
    ],
)
async def test_a_menu_that_holds_or_drops_its_callers_is_found(
    old: str, new: str, ending: CallEnd, tmp_path: Path
) -> None:
    flow = load_flow(written(tmp_path, spoilt(old, new)), WORDS)
    fates = await walked(flow, 20, random.Random(SEED), Fates())
    assert fates.endings[ending] > 0
    assert fates.bad[0].startswith(f"{ending}: notice")


async def test_the_same_seed_is_the_same_callers(tmp_path: Path) -> None:
    first, again = [await walked(flow_of(tmp_path), 50, random.Random(7), Fates()) for _ in range(2)]
    assert first == again
    assert first != await walked(flow_of(tmp_path), 50, random.Random(8), Fates())
