"""An address chosen by keys: few letters, short lists, more letters where a list would be long, and a way out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from grid.places import directory
from grid.places.models import ServedStreet
from ivr.actions.power import address
from ivr.actions.power.asked import Place
from ivr.actions.power.keypad import keyed
from ivr.actions.questions import NumberAsked, PersonWanted
from ivr.voice.prompts import Phrase
from tests.store.promises.shop import HANGS_UP, Shop, opened

STREETS = [
    *(f"ул. Лен{letter}ова" for letter in "абвгде"),
    *(f"ул. Мира {number}-я" for number in range(1, 12)),
    "ул. Карла Маркса",
    "пр-кт Октябрьский",
]


@pytest.fixture
async def shop(sample_template: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    """The sample company, with a settlement of many streets."""
    async with opened(sample_template, tmp_path, "premise-confirm", "receipt") as shop:
        async with shop.db.write() as session:
            await directory.rebuild(session, {"skek"})
            for street in STREETS:
                own = {"settlement": "с. Многоулицкое", "settlement_key": "с многоулицкое"}
                keys = {"company_id": "skek", "branch": "", "street": street, "street_key": street, "premises": 1}
                session.add(ServedStreet(**own, **keys))
        yield shop


async def found(shop: Shop, *keys: str) -> Place | None:
    return await address.chosen(shop.caller(*keys), shop.services)


async def test_a_few_letters_of_each_and_the_house_find_the_place(shop: Shop) -> None:
    place = await found(shop, keyed("мно"), keyed("октя"), "7", "1")
    assert place is not None
    assert not place.exact
    assert place.premise.address == "с. Многоулицкое, пр-кт Октябрьский, д. 7"


async def test_a_few_alike_are_read_out_four_at_a_time(shop: Shop) -> None:
    place = await found(shop, keyed("мно"), keyed("лен"), "9", "2", "7", "1")
    assert place is not None
    assert place.premise.street == "ул. Ленеова"


async def test_where_too_many_are_alike_more_letters_are_asked_for(shop: Shop) -> None:
    place = await found(shop, keyed("мно"), keyed("мир"), keyed("марк"), "7", "1")
    assert place is not None
    assert place.premise.street == "ул. Карла Маркса"


@pytest.mark.parametrize(
    "keys",
    [
        ("99999", "99999", "99999"),
        ("", "", ""),
        (keyed("мно"), keyed("лен"), "9", "9"),
        (keyed("мно"), keyed("октя"), "", "#", ""),
        (keyed("мно"), keyed("октя"), "7", "2"),
    ],
    ids=["no such name", "silence", "none of the list", "no house", "not that address"],
)
async def test_who_cannot_choose_says_it_aloud(shop: Shop, keys: tuple[str, ...]) -> None:
    assert await found(shop, *keys) is None


async def test_zero_is_a_person_and_the_star_says_it_again(shop: Shop) -> None:
    with pytest.raises(PersonWanted):
        await found(shop, "*", keyed("мно"), "0", HANGS_UP)


async def test_a_house_that_is_known_brings_its_building_and_its_feeder(shop: Shop) -> None:
    """The sample's Кемерово has three streets, which are read out; of Весенняя, 5 it knows корпус 2."""
    place = await found(shop, keyed("кем"), "1", "5", "1")
    assert place is not None
    assert (place.premise.building, place.premise.line) == ("2", "ПС Северная ф. 12")


async def test_who_is_silent_after_a_wrong_name_is_not_told_of_the_name_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = shop.caller("99999", "", "0", HANGS_UP)
    asked, ask = list[tuple[Phrase, ...]](), caller.ask_digits

    async def noted(*phrases: Phrase, at_most: int) -> str:
        asked.append(phrases)
        return await ask(*phrases, at_most=at_most)

    monkeypatch.setattr(caller, "ask_digits", noted)
    with pytest.raises(PersonWanted):
        await address.chosen(caller, shop.services)
    assert asked == [
        ("settlement-letters",),
        ("letters-none", "settlement-letters"),
        ("nothing-heard", "settlement-letters"),
    ]


async def test_nobody_is_invited_to_try_once_more_before_they_get_a_person(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, said = shop.caller("", "*1", ""), list[Phrase]()

    async def noted(*phrases: Phrase, interruptible: bool = True) -> None:
        said.extend(phrases)

    monkeypatch.setattr(caller, "say", noted)
    with pytest.raises(PersonWanted):
        await NumberAsked(caller, "account-enter", at_most=9).digits()
    assert said[-2:] == ["account-enter", "person-after-tries"]
