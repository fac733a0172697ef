"""Whose branch a caller is: known by their premise without a question, guessed by their number, or chosen by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bench.numbering.tables import HEADER
from grid import premises
from grid.imports import HandedTable
from grid.imports.numbering import import_numbering
from grid.imports.premises import import_premises
from grid.models import Premise
from grid.outages.models import Service
from grid.outages.reports import OutageContact
from gridline.db import new_id
from ivr.actions import find_branch
from ivr.call import Call
from tests.store.promises.shop import ScriptedCaller, Shop, opened
from worklist import outage_reports

PREMISES = """компания;лицевой счёт;абонент;филиал;населённый пункт;дом;телефоны
mrsk-centra;90001;Орлов О. И.;orel;г. Орёл;1;+79100000001, +79100000003
mrsk-centra;90002;Тверской О. И.;tver;г. Тверь;2;+79100000002, +79100000003
mrsk-centra;90004;Ничей О. И.;;г. Орёл;4;+79100000004
"""
HOME, TWO_BRANCHES, NO_BRANCH = "+79100000001", "+79100000003", "+79100000004"
OF_KURSK, BY_CODE, STRANGER = "+79102100001", "+74852100001", "+79150000000"
RANGE = "910;2100000;2199999;100000;АО Связь;-;Курская область;7700000001"


@pytest.fixture
async def shop(sample_template: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    """The sample data, premises of three kinds, and one range of mobile numbers."""
    async with opened(sample_template, tmp_path, "", "") as made:
        homes, table = tmp_path / "premises.csv", tmp_path / "DEF-9xx.csv"
        homes.write_text(PREMISES, encoding="utf-8")
        table.write_text(f"{HEADER}\n{RANGE}\n", encoding="utf-8-sig")
        await import_premises(made.db, HandedTable(homes, made.services.companies))
        await import_numbering(made.db, [table], at=made.services.clock.now(), actor="test")
        await made.services.numbering.round()
        yield made


async def asked(shop: Shop, number: str | None, *keys: str, premise: Premise | None = None) -> tuple[str, list[str]]:
    """The branch of a call and the questions it took."""
    services = shop.services
    mrsk, now = services.companies.by_id("mrsk-centra"), services.clock.now()
    call = Call(new_id(), "1.1", mrsk, "78005050115", number, number or "", now, premise=premise)
    call.of_range = services.numbering.branch_of(mrsk, number)
    said: list[str] = []

    async def hear(id: str) -> None:
        said.append(id)

    assert await find_branch.act(ScriptedCaller(call, keys, hear), services, "") == "done"
    assert call.branch is not None
    return call.branch.id, said


async def reported(shop: Shop, number: str, branch: str) -> None:
    at = shop.services.clock.now() - timedelta(hours=1)
    told = OutageContact("mrsk-centra", Service.ELECTRICITY, at, phone=number, branch=branch, settlement="г. Тамбов")
    async with shop.db.write() as session:
        await outage_reports.take(session, shop.services.worklist, told, None)


async def test_a_known_premise_is_the_answer(shop: Shop) -> None:
    assert await asked(shop, HOME) == ("orel", [])


async def test_a_premise_named_in_the_call_is_the_answer(shop: Shop) -> None:
    async with shop.db.read() as session:
        named = await premises.by_phone(session, "mrsk-centra", "+79100000002")
    for number in (HOME, STRANGER, None):
        assert await asked(shop, number, premise=named[0]) == ("tver", [])


async def test_what_is_open_for_a_number_is_asked_first_for_it_may_be_of_another_place(shop: Shop) -> None:
    await reported(shop, OF_KURSK, "tambov")
    assert await asked(shop, OF_KURSK, "1") == ("tambov", ["branch-confirm"])
    assert await asked(shop, OF_KURSK, "2", "2", "1") == (
        "kursk",
        ["branch-confirm", "branch-groups", "branch-group-2"],
    )


@pytest.mark.parametrize("branch", ["", "closed-long-ago"])
async def test_what_is_open_of_no_branch_is_no_answer(shop: Shop, branch: str) -> None:
    await reported(shop, OF_KURSK, branch)
    assert await asked(shop, OF_KURSK, "1") == ("kursk", ["branch-confirm"])


@pytest.mark.parametrize("number", [TWO_BRANCHES, NO_BRANCH])
async def test_premises_of_two_branches_or_of_none_are_no_answer(shop: Shop, number: str) -> None:
    assert await asked(shop, number, "2", "2") == ("lipetsk", ["branch-groups", "branch-group-2"])


@pytest.mark.parametrize(("number", "branch"), [(OF_KURSK, "kursk"), (BY_CODE, "yaroslavl")])
async def test_a_guess_is_confirmed_or_mended(shop: Shop, number: str, branch: str) -> None:
    assert await asked(shop, number, "1") == (branch, ["branch-confirm"])
    mended = await asked(shop, number, "2", "1", "1")
    assert mended == ("belgorod", ["branch-confirm", "branch-groups", "branch-group-1"])


async def test_who_cannot_be_looked_up_is_asked(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "gridline.db").unlink()
    assert await asked(shop, HOME, "1", "1") == ("belgorod", ["branch-groups", "branch-group-1"])
    assert await asked(shop, OF_KURSK, "1") == ("kursk", ["branch-confirm"])
