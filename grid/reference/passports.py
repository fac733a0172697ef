"""Passports of services (order 186, annex 1): how one connects to the grid, by applicant and power, as data.

A file a company, and one for all; what stands here is said to callers and shown to agents. A term that binds names its
act, any other is our setting (`standing: default`) and is never told as law. Fees are the file's words, no figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from grid.reference.aloud import Aloud
from gridline.errors import Misconfigured, NotFound
from gridline.yaml.file import Mistake, YamlFile, misconfigured, read
from gridline.yaml.model import validated

COMMON: Final = "common"
SHAPES: Final = {"^[a-z][a-z0-9-]{0,31}$": "Строчные латинские буквы, цифры и дефис, с буквы, не длиннее 32."}

Refused = Callable[[Misconfigured], None]
"""Is told of a file that cannot be taken."""


class WhoConnects(StrEnum):
    """Who connects."""

    PERSON = "person"
    BUSINESS = "business"
    """A sole trader or a legal entity."""


class PowerBand(StrEnum):
    """How much power is asked for: the bounds of the rules are 15 and 150 kW."""

    TO_15 = "to-15"
    TO_150 = "to-150"
    MORE = "more"


class ConnectionReason(StrEnum):
    """Why a contract is wanted."""

    NEW_OBJECT = "new-object"
    MORE_POWER = "more-power"
    RELIABILITY = "reliability"
    SCHEME = "scheme"


APPLICANTS: Final[Mapping[WhoConnects, str]] = {
    WhoConnects.PERSON: "физлицо",
    WhoConnects.BUSINESS: "ИП или организация",
}
POWERS: Final[Mapping[PowerBand, str]] = {
    PowerBand.TO_15: "до 15 кВт",
    PowerBand.TO_150: "до 150 кВт",
    PowerBand.MORE: "больше 150 кВт",
}
REASONS: Final[Mapping[ConnectionReason, str]] = {
    ConnectionReason.NEW_OBJECT: "новый объект",
    ConnectionReason.MORE_POWER: "больше мощности",
    ConnectionReason.RELIABILITY: "другая категория надёжности",
    ConnectionReason.SCHEME: "изменение схемы",
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Term(_Frozen):
    """How long something takes at most."""

    working_days: Annotated[int, Field(ge=1, le=500)] | None = None
    months: Annotated[int, Field(ge=1, le=60)] | None = None
    standing: Literal["rule", "default"]
    act: str = ""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.working_days is None) == (self.months is None):
            raise ValueError("Срок — либо working_days, либо months. Оставьте одно из них.")
        if (self.standing == "rule") != bool(self.act):
            raise ValueError("Норма называет акт, а настройка по умолчанию — нет. Исправьте standing или act.")
        return self


class PassportStage(_Frozen):
    """One step of the service; its number is its place in the list."""

    name: Aloud
    content: Aloud
    form: Annotated[str, Field(min_length=1, max_length=200)]
    """How the applicant gets its result: on paper, in the account on the site."""
    term: Term | None = None
    """None: not known; the caller is told to ask."""
    visit: Annotated[int, Field(ge=1, le=9)] | None = None
    """Which visit of the applicant this step takes, where the company counts them."""


class Passport(_Frozen):
    """One service."""

    id: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    applicants: Annotated[tuple[WhoConnects, ...], Field(min_length=1)]
    power: PowerBand
    intro: Aloud | None = None
    """Said before the steps in place of their number."""
    documents: Aloud
    conditions: Aloud
    fee: Aloud
    """The rule in plain words; what it comes to in roubles depends on region and year, and a person tells it."""
    result: Aloud
    term: Term
    contacts: str = ""
    stages: Annotated[tuple[PassportStage, ...], Field(min_length=1)]


class PassportFile(_Frozen):
    """What one file says, a company's or the common one."""

    reasons: tuple[ConnectionReason, ...] | None = None
    accompaniment: Aloud | None = None
    passports: tuple[Passport, ...] = ()


Case = tuple[WhoConnects, PowerBand]
EVERY_CASE: Final[tuple[Case, ...]] = tuple((who, power) for who in WhoConnects for power in PowerBand)


@dataclass(frozen=True, slots=True)
class CompanyPassports:
    """What one company says of connecting."""

    by_case: Mapping[Case, Passport]
    reasons: tuple[ConnectionReason, ...] = ()
    """What a caller is asked about their reason; empty: they are not asked."""
    accompaniment: str = ""
    """What is said of the paid service of leading an application; empty: the company has none."""

    def of(self, who: WhoConnects, power: PowerBand) -> Passport:
        """The passport of a case. Raises NotFound."""
        try:
            return self.by_case[who, power]
        except KeyError:
            raise NotFound(f"Паспорта услуги нет: {APPLICANTS[who]}, {POWERS[power]}.") from None

    @property
    def all(self) -> tuple[Passport, ...]:
        """Every passport, each once."""
        return tuple({one.id: one for one in self.by_case.values()}.values())


class Passports:
    """The passports of every company: its own, and for what it says nothing of, the common ones."""

    def __init__(self, companies: Mapping[str, CompanyPassports]) -> None:
        self._companies = companies

    @classmethod
    def load(cls, folder: Path, companies: Iterable[str], refused: Refused | None = None) -> Passports:
        """Read `folder`. Raises Misconfigured with a file's mistakes; with `refused` that is told of it instead."""
        common = _file(folder / f"{COMMON}.yaml", refused)
        return cls({id: _together(common, _file(folder / f"{id}.yaml", refused)) for id in companies})

    def of(self, company_id: str) -> CompanyPassports:
        """Those of a company; one that has none at all has no case."""
        return self._companies.get(company_id, CompanyPassports({}))


def _together(common: PassportFile, own: PassportFile) -> CompanyPassports:
    cases = dict(_cases(common)) | dict(_cases(own))
    reasons = common.reasons if own.reasons is None else own.reasons
    return CompanyPassports(cases, reasons or (), own.accompaniment or common.accompaniment or "")


def _cases(file: PassportFile) -> Iterator[tuple[Case, Passport]]:
    for passport in file.passports:
        for who in passport.applicants:
            yield (who, passport.power), passport


def _file(path: Path, refused: Refused | None) -> PassportFile:
    if not path.exists():
        return PassportFile()
    try:
        return read_passports(path)
    except Misconfigured as error:
        if refused is None:
            raise
        refused(error)
        return PassportFile()


def read_passports(path: Path) -> PassportFile:
    """One file. Raises Misconfigured with every mistake at its line."""
    file = read(path)
    told = validated(file, PassportFile, SHAPES)
    if mistakes := list(_at_odds(told, file)):
        raise misconfigured(path, mistakes)
    return told


def _at_odds(told: PassportFile, file: YamlFile) -> Iterator[Mistake]:
    ids: set[str] = set()
    taken: dict[Case, str] = {}
    for at, passport in enumerate(told.passports):
        line = file.line("passports", at, "id")
        if passport.id in ids:
            yield Mistake(line, f"Паспорт «{passport.id}» повторён.", "Дайте каждому свой id.")
        ids.add(passport.id)
        for who in passport.applicants:
            case = (who, passport.power)
            if case in taken:
                what = f"{APPLICANTS[who]}, {POWERS[passport.power]}: это уже сказал паспорт «{taken[case]}»."
                yield Mistake(line, what, "Оставьте случай одному из них.")
            taken[case] = passport.id
        visits = [stage.visit for stage in passport.stages if stage.visit is not None]
        if visits != sorted(visits):
            what = f"Визиты паспорта «{passport.id}» идут не по порядку."
            yield Mistake(file.line("passports", at, "stages"), what, "Нумеруйте их с первого.")
    if file.path.stem == COMMON:
        for who, power in EVERY_CASE:
            if (who, power) not in taken:
                yield Mistake(1, f"Нет паспорта: {APPLICANTS[who]}, {POWERS[power]}.", "Добавьте его: он для всех.")
