"""The offices of a company, read from `dialplan/offices/COMPANY.yaml`: who is served where, when, and how visits go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from grid import places
from grid.places import districts
from gridline.calendar.hours import Schedule
from gridline.companies import SLUG, Company, Slug, Text
from gridline.numbers.phones import parse, printable
from gridline.yaml.file import Mistake, YamlFile, misconfigured, read
from gridline.yaml.model import validated

EMAIL: Final = r"^[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{2,}$"
_SHAPES: Final = {
    SLUG: "Строчные латинские буквы, цифры и дефис, с буквы, не длиннее 32.",
    EMAIL: "Адрес почты, например office@example.ru.",
}
_SPOKEN: Final = re.compile(r"[А-Яа-яЁё+ ,.«»-]+")


def sayable(written: str) -> bool:
    """Whether it can be read aloud as it is written."""
    return _SPOKEN.fullmatch(written) is not None


def _sayable(written: str) -> str:
    if not sayable(written):
        raise ValueError(f"«{printable(written, at_most=60)}» вслух не прочесть. Напишите словами, без цифр.")
    return written


def _phone(written: str) -> str:
    known = parse(written)
    if known is None or known.abroad:
        raise ValueError(f"«{printable(written, at_most=30)}» — не российский телефон. Пишите так: +78112697999.")
    return known.e164


Sayable = Annotated[Text, AfterValidator(_sayable)]
OfficePhone = Annotated[str, AfterValidator(_phone)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BookingRules(_Frozen):
    """How visits are booked; every number is the company's own, none is known to be law (domain.md, R18)."""

    norm_min: int = Field(default=30, ge=5, le=240)
    """Minutes that a visitor may wait and be served, both together."""
    soonest_min: int = Field(default=120, ge=0, le=7 * 24 * 60)
    """Minutes from now before which nobody can be booked: the office must learn of it, the visitor must get there."""
    days: int = Field(default=14, ge=1, le=90)
    """Days ahead, counted from today, that may be booked."""
    at_once: int = Field(default=2, ge=1, le=20)
    """Visits to come that one telephone may have booked, and that may be booked in one call."""
    keep_days: int = Field(default=365, ge=30, le=3650)
    """Days after a visit for which its telephone and name are kept."""


class Office(_Frozen):
    """One office."""

    id: Slug
    name: Text
    spoken_name: Sayable | None = None
    """As callers hear it where `name` has digits or letters that cannot be read aloud."""
    category: Literal["1", "2", "3"]
    """As the standard of the company classes it; form 4.2 names it the type of the office."""
    branch: Slug | Literal[""] = ""
    address: Text
    spoken_address: Sayable
    settlements: tuple[Text, ...] = ()
    """Whom it serves; of two alike the district stands behind it in brackets."""
    phone: OfficePhone
    email: Annotated[str, StringConstraints(pattern=EMAIL)] | Literal[""] = ""
    hours: str = ""
    """The name of one of the file's schedules."""
    services: tuple[Slug, ...] = Field(min_length=1)
    """Topics of the company that it receives people on."""
    windows: int = Field(default=1, ge=1, le=40)
    """How many visitors are received at once."""
    slot_min: int = Field(default=30, ge=5, le=240)
    third_parties: tuple[Text, ...] = ()
    """Other organisations that receive people in the same office (form 4.2 asks for them)."""

    @property
    def said_name(self) -> str:
        """What a caller hears for it."""
        return self.spoken_name or self.name


class Offices(_Frozen):
    """All that one company's file says."""

    booking: BookingRules = BookingRules()
    schedules: dict[Slug, Schedule] = Field(min_length=1)
    offices: tuple[Office, ...] = Field(min_length=1)

    @cached_property
    def by_id(self) -> dict[str, Office]:
        """Each office by its id."""
        return {office.id: office for office in self.offices}

    def schedule(self, office: Office) -> Schedule:
        """When an office of this file receives people."""
        return self.schedules[office.hours]

    def of_branch(self, branch: str) -> tuple[Office, ...]:
        """Those of one branch, and those of none; of "" all."""
        return tuple(office for office in self.offices if not branch or office.branch in ("", branch))


NONE: Final = Offices.model_construct(booking=BookingRules(), schedules={}, offices=())
"""What is known of a company that has no file, or one that cannot be read."""


def load(path: Path, company: Company) -> Offices:
    """Read a company's file. Raises Misconfigured with every mistake at its line, with its cure."""
    file = read(path)
    told = validated(file, Offices, _SHAPES)
    if mistakes := list(_at_odds(told, company, file)):
        raise misconfigured(path, mistakes)
    return told


def _at_odds(told: Offices, company: Company, file: YamlFile) -> Iterator[Mistake]:
    """Fields that are each valid but contradict each other, or the company."""
    used = {office.hours for office in told.offices}
    for name in told.schedules.keys() - used:
        what = f"По расписанию «{name}» не работает ни один офис."
        yield Mistake(file.line("schedules", name), what, "Назовите его в hours у офиса или уберите.")
    names = [office.name for office in told.offices]
    ids = [office.id for office in told.offices]
    for at, office in enumerate(told.offices):
        here = ("offices", at)
        if office.id in ids[:at]:
            yield Mistake(file.line(*here, "id"), f"Офис «{office.id}» назван дважды.", "Дайте второму свой id.")
        if office.name in names[:at]:
            what = f"Офисов с именем «{office.name}» несколько."
            yield Mistake(file.line(*here, "name"), what, "Назовите их по-разному: по имени из них выбирают.")
        if office.spoken_name is None and not sayable(office.name):
            what = f"Имя «{office.name}» вслух не прочесть."
            yield Mistake(file.line(*here, "name"), what, "Добавьте spoken_name словами.")
        if office.hours not in told.schedules:
            known = ", ".join(told.schedules)
            what = f"У офиса «{office.id}» нет расписания «{office.hours}»." if office.hours else ""
            what = what or f"У офиса «{office.id}» нет часов работы."
            yield Mistake(file.line(*here, "hours"), what, f"Назовите в hours одно из schedules: {known}.")
        for topic in office.services:
            if topic not in company.topics:
                what = f"У компании нет темы «{topic}»."
                yield Mistake(file.line(*here, "services"), what, f"Есть: {', '.join(company.topics)}.")
        branches = [branch.id for branch in company.branches]
        if office.branch and office.branch not in branches:
            what = f"У компании нет филиала «{office.branch}»."
            cure = f"Есть: {', '.join(branches)}." if branches else "Уберите строку branch."
            yield Mistake(file.line(*here, "branch"), what, cure)
    yield from _settlements(told, file)


def _settlements(told: Offices, file: YamlFile) -> Iterator[Mistake]:
    """A settlement named twice in one office, or without the district that another entry of its name has."""
    with_district = {
        places.key(districts.apart(name)[0])
        for office in told.offices
        for name in office.settlements
        if districts.apart(name)[1]
    }
    for at, office in enumerate(told.offices):
        keys = [places.key(name) for name in office.settlements]
        for nth, name in enumerate(office.settlements):
            line = file.line("offices", at, "settlements", nth)
            if keys[nth] in keys[:nth]:
                yield Mistake(line, f"Населённый пункт «{name}» назван дважды.", "Оставьте его один раз.")
            if not districts.apart(name)[1] and keys[nth] in with_district:
                what = f"«{name}» есть в нескольких районах."
                yield Mistake(line, what, f"Допишите район: «{name} (… р-н)».")
