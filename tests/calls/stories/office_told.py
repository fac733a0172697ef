"""Offices: the address and hours of the caller's own, by what is known of them, by a key, by their settlement."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import yaml

from carrier.errors import StoryBroken
from grid.imports import HandedTable
from grid.imports.files import office_table
from grid.imports.files.offices import import_offices
from grid.offices import offices
from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr.voice.prompts import Prompt
from service.cli.import_.files import VOICE
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK, DISTRESS
from tests.calls.stories.branches import YAROSLAVL
from tests.calls.street import CHANGED, Play, goes

FOLDER = HOUSE / "dialplan" / "offices"


def address(company: str, office: str) -> Prompt:
    """How this office of the shipped files is told."""
    told: dict[str, Any] = yaml.safe_load(Path(FOLDER / f"{company}.yaml").read_text("utf-8"))
    (found,) = (one["spoken_address"] for one in told["offices"] if one["id"] == office)
    return Prompt("office-address", address=found)


KEMEROVO = address("skek", "kemerovo")


def choice(name: str, key: str) -> Prompt:
    """One of a few that are read out."""
    return Prompt("place-choice", name=name, key=key)


@BOOK.story()
async def the_only_office_is_told_at_once_with_its_hours(scene: Play) -> None:
    own = "+79131900001"
    async with scene.greeted(own, "4", "reference-menu", "2", KEMEROVO) as caller:
        await caller.hears("anything-else", within_s=40)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("offices", "done")
    if not {"office-today", "office-shut"} & set(call.said) or "office-hours" not in call.said:
        raise StoryBroken(f"о часах не сказано: {call.said}")


@BOOK.story("pskovenergo")
async def one_of_four_offices_is_chosen_by_a_key(scene: Play) -> None:
    own = "+78112190002"
    async with scene.greeted(own, "4", "reference-menu", "2", "office-which") as caller:
        await goes(caller, "3", address("pskovenergo", "opochka"))
        await caller.hangs_up()
    (await ended(scene, own)).left("offices", "hung-up")


@BOOK.story("moesk")
async def of_many_offices_the_settlement_tells_which(scene: Play) -> None:
    """«Коло» on the keys is one town, «Моск» has two offices."""
    first, second = "+74952190003", "+74952190004"
    async with scene.greeted(first, "4", "reference-menu", "2", "settlement-letters") as caller:
        await goes(caller, "4545#", address("moesk", "kolomna"))
        await caller.hangs_up()
    async with scene.greeted(second, "4", "reference-menu", "2", "settlement-letters") as caller:
        await goes(caller, "5564#", "office-which", "2", address("moesk", "moscow-north"))
        await caller.hangs_up()
    (await ended(scene, second)).left("offices", "hung-up")


@BOOK.story("moesk")
async def an_office_of_an_imported_table_is_told_to_the_next_caller(scene: Play) -> None:
    own, dialplan = "+74952190009", scene.house.settings.dialplan
    companies = Companies.load(dialplan / "companies")
    company = companies.by_id("moesk")
    now = office_table.sheet(offices.load(dialplan / "offices" / "moesk.yaml", company), company)
    file = scene.house.settings.var / "offices.csv"
    dubna = dict.fromkeys(now.columns, "") | {"офис": "Дубна", "адрес": "г. Дубна, ул. Мира, д. 5", "категория": "3"}
    dubna |= {
        "населённые пункты": "г. Дубна",
        "телефон": "8-800-700-40-70",
        "часы": "пн-пт 9-17",
        "услуги": "подключение",
    }
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=";").writerows((now.columns, *now.rows, tuple(dubna.values())))
    import_offices(dialplan, HandedTable(file, companies, "moesk"), VOICE, lambda company, gone: {})
    told = Prompt("office-address", address="город Дубна, улица Мира, дом пять")
    async with scene.greeted(own, "4", "reference-menu", "2", "settlement-letters") as caller:
        await goes(caller, "3625#", told)
        await caller.hangs_up()
    (await ended(scene, own)).left("offices", "hung-up")


@BOOK.story("mrsk-centra")
async def a_branch_tells_of_its_own_offices_alone(scene: Play) -> None:
    own = "+74852190005"
    async with scene.greeted(own, "4", YAROSLAVL, "1", "reference-menu", "2", "office-which") as caller:
        await goes(caller, "2", address("mrsk-centra", "rybinsk"))
        await caller.hangs_up()
    (await ended(scene, own)).left("offices", "hung-up")


@BOOK.story("pskovenergo")
async def zero_at_the_choice_of_an_office_is_a_person(scene: Play) -> None:
    own = "+78112190006"
    async with scene.greeted(own, "4", "reference-menu", "2", "office-which") as caller:
        await goes(caller, "0", "person-nobody")
        await caller.hangs_up()
    (await ended(scene, own)).left("offices", "operator")


@BOOK.story(CHANGED)
async def a_company_without_offices_tells_what_it_can(scene: Play) -> None:
    own = "+79131900007"
    async with scene.greeted(own, "4", "reference-menu", "2", "offices-info") as caller:
        await caller.hangs_up()
    (await ended(scene, own)).left("offices", "none")


@BOOK.story(CHANGED)
async def a_company_without_offices_leads_who_would_book_to_a_person(scene: Play) -> None:
    own = "+79131900008"
    async with scene.greeted(own, "4", "reference-menu", "3", "booking-menu", "1", "booking-person") as caller:
        await caller.hangs_up()
    (await ended(scene, own)).left("book", "none")


@DISTRESS.story("pskovenergo")
async def offices_that_cannot_be_read_out_are_a_sentence_that_can(scene: Play) -> None:
    """The words of the choice are lost."""
    own = "+78132000021"
    async with scene.greeted(own, "4", "reference-menu", "2", "offices-info") as caller:
        await caller.hangs_up()
