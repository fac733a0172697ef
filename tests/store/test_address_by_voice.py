"""An address that a caller says: what sounds like it is offered, they decide; where it fails they go on by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from grid.places import directory
from grid.places.models import ServedStreet
from ivr.actions.power import address, place
from ivr.actions.power.asked import Place
from ivr.actions.power.by_voice import phrases
from ivr.actions.power.keypad import keyed
from ivr.actions.questions import PersonWanted
from ivr.call import Call
from ivr.line import Line
from ivr.voice.hearing.answer import Answer, Pressed, Silent, Spoke, Unheard
from ivr.voice.hearing.hearing import CallersVoice
from ivr.voice.prompts import Phrase, Prompt
from tests.store.promises.shop import Shop, opened
from tests.table_ears import heard

STREETS = ("ул. Ленина", "пр-кт Ленина", "ул. Мира", "ул. Набережная", "ул. Весенняя", "ул. Тухачевского")
LETTERS = "абвгдежзийклмнопрстуфхцчшщыэюя"
IVANOVKA = ("с. Ивановка (Топкинский р-н)", "с. Ивановка (Яшкинский р-н)")


class ScriptedVoice(CallersVoice):
    """Each question takes the next answer of the script, a text being what was said; afterwards nobody speaks."""

    def __init__(self, *answers: Answer | str, there: bool = True) -> None:
        self.answers = [Spoke(heard(one)) if isinstance(one, str) else one for one in answers]
        self.there = there
        self.asked: list[tuple[str, ...]] = []
        self.said_back: list[str] = []
        self.phrases: list[Sequence[str]] = []

    def offered(self, call: Call) -> bool:
        return self.there and not call.by_keys

    def wake(self) -> None:
        """It never sleeps."""

    async def listen(self, line: Line, *question: Phrase, phrases: Sequence[str] = (), at_most: int = 1) -> Answer:
        self.asked.append(tuple(one if isinstance(one, str) else one.id for one in question))
        self.said_back += [dict(one.values)["name"] for one in question if isinstance(one, Prompt)]
        self.phrases.append(phrases)
        return self.answers.pop(0) if self.answers else Silent()


@pytest.fixture
async def shop(sample_template: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    """The sample company with more settlements than are read out, and one of many streets."""
    async with opened(sample_template, tmp_path, "speech-by-keys", "receipt") as shop:
        async with shop.db.write() as session:
            await directory.rebuild(session, {"skek"})
            for settlement in ("с. Елыкаево", *IVANOVKA):
                for street in STREETS:
                    own = {"settlement": settlement, "settlement_key": settlement.casefold(), "branch": ""}
                    keys = {"company_id": "skek", "street": street, "street_key": street, "premises": 1}
                    session.add(ServedStreet(**own, **keys))
        yield shop


async def found(shop: Shop, hearing: ScriptedVoice, *keys: str) -> Place | None:
    return await address.chosen(shop.caller(*keys), replace(shop.services, hearing=hearing))


async def test_a_settlement_and_a_street_are_said_and_confirmed(shop: Shop) -> None:
    hearing = ScriptedVoice("я живу в илыкаево", "да", "на набережной", Pressed("1"))
    found_place = await found(shop, hearing, "7", "1")
    assert found_place is not None
    assert found_place.premise.address == "с. Елыкаево, ул. Набережная, д. 7"
    assert hearing.asked == [("settlement-say",), ("place-heard",), ("street-say",), ("place-heard",)]
    assert hearing.said_back == ["село Елыкаево", "улица Набережная"]
    assert {"село елыкаево", "елыкаево", "оператор"} <= set(hearing.phrases[0])
    assert {"да", "нет"} <= set(hearing.phrases[1])
    assert not shop.kept, "nobody is sent to the keys"


async def test_two_of_one_name_are_read_out_with_their_districts(shop: Shop) -> None:
    hearing = ScriptedVoice("ивановка", "улица мира", "верно")
    found_place = await found(shop, hearing, "2", "7", "1")
    assert found_place is not None
    assert found_place.premise.settlement in IVANOVKA
    assert found_place.premise.street == "ул. Мира"


async def test_a_street_and_an_avenue_are_told_apart_by_a_key(shop: Shop) -> None:
    hearing = ScriptedVoice("елыкаево", "да", "ленина")
    found_place = await found(shop, hearing, "1", "7", "1")
    assert found_place is not None
    assert found_place.premise.street in ("ул. Ленина", "пр-кт Ленина")


async def test_what_they_did_not_mean_is_not_offered_again(shop: Shop) -> None:
    hearing = ScriptedVoice("елыкаево", "нет", "елыкаево", "елыкаево")
    with pytest.raises(PersonWanted):  # then by keys, at which they are silent
        await found(shop, hearing, "0")
    assert hearing.said_back == ["село Елыкаево"]
    assert hearing.asked[2] == ("place-say-again", "settlement-say")
    assert hearing.asked[3] == ("place-not-alike", "settlement-say")
    assert hearing.phrases[2] == (), "the second time a recogniser is not held to the list"


@pytest.mark.parametrize(
    "answers",
    [(Silent(), Silent(), Silent()), ("щука", "какая погода", Silent()), (Unheard(),)],
    ids=["silent three times", "nothing alike three times", "ears that are away"],
)
async def test_who_is_not_understood_goes_on_by_keys_for_the_rest_of_the_call(
    shop: Shop, answers: tuple[Answer | str, ...]
) -> None:
    hearing = ScriptedVoice(*answers)
    found_place = await found(shop, hearing, keyed("елы"), keyed("мир"), "7", "1")
    assert found_place is not None
    assert found_place.premise.address == "с. Елыкаево, ул. Мира, д. 7"
    assert len(hearing.asked) == len(answers), "the street is asked for by keys alone"
    assert shop.call.by_keys
    assert len(shop.kept) == 1, "one sentence about it"


async def test_keys_instead_of_words_are_the_first_letters(shop: Shop) -> None:
    hearing = ScriptedVoice(Pressed(keyed("елы")), Pressed("#"))
    found_place = await found(shop, hearing, keyed("мир"), "7", "1")
    assert found_place is not None
    assert found_place.premise.address == "с. Елыкаево, ул. Мира, д. 7"
    assert not shop.kept


async def test_a_star_asks_again_and_is_no_miss(shop: Shop) -> None:
    hearing = ScriptedVoice(*[Pressed("*")] * 4, "елыкаево", "да", "тухачевского", "да")
    assert (await found(shop, hearing, "7", "1")) is not None


@pytest.mark.parametrize("answer", ["оператор пожалуйста", Pressed("0")])
async def test_a_person_is_asked_for_by_word_or_key(shop: Shop, answer: Answer | str) -> None:
    with pytest.raises(PersonWanted):
        await found(shop, ScriptedVoice(answer))
    with pytest.raises(PersonWanted):
        await found(shop, ScriptedVoice("елыкаево", Pressed("0")))


@pytest.mark.parametrize("answer", ["да нет наверное", "чего", Silent(), Unheard(), Pressed("7")])
async def test_a_yes_that_cannot_be_understood_is_asked_for_by_key(shop: Shop, answer: Answer | str) -> None:
    found_place = await found(shop, ScriptedVoice("елыкаево", answer, "тухачевского", "да"), "1", "7", "1")
    assert found_place is not None


async def test_where_nothing_hears_nobody_is_asked_to_speak(shop: Shop) -> None:
    hearing = ScriptedVoice(there=False)
    found_place = await found(shop, hearing, keyed("елы"), keyed("мир"), "7", "1")
    assert found_place is not None
    assert hearing.asked == []
    assert not shop.kept


@pytest.mark.parametrize(("there", "question"), [(True, "place-how-aloud"), (False, "place-how")])
async def test_callers_are_told_that_they_may_speak_only_where_they_are_heard(
    sample_template: Path, tmp_path: Path, there: bool, question: str
) -> None:
    async with opened(sample_template, tmp_path, question, "receipt") as shop:
        services = replace(shop.services, hearing=ScriptedVoice(there=there))
        assert await place.find(shop.caller("3", number=None), services) is None
        assert len(shop.kept) == 1


def test_no_name_of_a_table_reaches_a_recogniser_but_as_plain_words() -> None:
    names = ['посёлок "[unk]", Звёздный\n', "улица 8-е Марта", "Ростов-на-Дону", "Robert'); DROP", "", "<s>"]
    expected = phrases(names)
    assert "посёлок звёздный" in expected
    assert "звездный" in expected
    assert "ростов-на-дону" in expected
    assert all(set(one) <= set(f"{LETTERS}ёъь -") for one in expected)
    assert phrases(f"{one}{other}{third}" for one in LETTERS for other in LETTERS for third in LETTERS) == ()
