"""C1: what an agent dials reaches whom they meant, or nobody: a foreign number never becomes a Russian one."""

from __future__ import annotations

from pathlib import Path

import pytest

from asterisk_conf.agents_file import AgentsFile
from carrier.errors import CallRefused, NotRung
from carrier.stories.installation import Installation

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMPANY = "78005009494"
REFUSED = 21
FOREIGN = (
    ("+4512345678", "74512345678"),
    ("4512345678", "74512345678"),
    ("+493012345678", "73012345678"),
    ("+18005551234", "78005551234"),
    ("+77012345678", "77012345678"),
    ("+375291234567", "79291234567"),
    ("8104512345678", "74512345678"),
    ("004512345678", "74512345678"),
    ("+79131", "79131"),
    ("+7913120357712345", "73120357712"),
)
"""As it is dialled, and the Russian number that dropping or adding digits would make of it."""


@pytest.fixture(scope="module")
def known_company(house: Installation) -> Path:
    """101 is signed in to the console: it is known as which company they call."""
    file = AgentsFile.of(house.settings)
    file.put_number("101", COMPANY)
    return file.file


@pytest.mark.parametrize(("dialled", "stranger"), FOREIGN)
@pytest.mark.usefixtures("known_company")
async def test_a_foreign_or_broken_number_rings_nobody(house: Installation, dialled: str, stranger: str) -> None:
    phone = house.carrier.subscriber(stranger)
    with pytest.raises(CallRefused) as refused:
        async with house.carrier.call(from_number="101", to=dialled, phone="101"):
            pytest.fail("answered")
    assert refused.value.cause == REFUSED
    with pytest.raises(NotRung):
        await phone.rung(0.1)


@pytest.mark.parametrize("dialled", ["+79131203577", "89131203577", "79131203577"])
@pytest.mark.usefixtures("known_company")
async def test_one_of_ours_rings_in_every_way_it_is_written(house: Installation, dialled: str) -> None:
    phone = house.carrier.subscriber("+79131203577")
    phone.answers(after_s=0.1)

    async with house.carrier.call(from_number="101", to=dialled, phone="101"):
        assert (await phone.rung(1)).caller == COMPANY
