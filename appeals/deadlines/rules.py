"""The rules of the register as data: each a row with its act, edition, company and value, and the choice among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gridline.errors import Misconfigured
from gridline.yaml.file import Mistake, misconfigured, read

FILE = Path(__file__).parent.parent / "data" / "rules.yaml"
OVERRIDES = "rules.yaml"
"""The installation's own rows, next to the menus; a row with a shipped row's id replaces it."""

Profile = Literal["186", "59-fz"]
Subject = Literal["answer", "answer-on-call"]
"""What the term is for: the answer on the merits, or an answer given during the call."""
Unit = Literal["calendar-days", "working-days", "hours"]


class Rule(BaseModel):
    """One rule in one edition.

    `standing` says where the number comes from: `rule` an act binds the company; `seed` it comes from a
    founding document of a grid company; `default` it is our own setting, so it is never shown as law.
    `clause` is empty where the clause of the act in force was not verified.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9.-]{1,60}$")
    subject: Subject = "answer"
    standing: Literal["rule", "seed", "default"]
    act: str
    clause: str = ""
    since: date
    until: date | None = None
    """The last day of the edition; None while it is in force."""
    profiles: tuple[Profile, ...]
    company: str | None = None
    channels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    value: int = Field(ge=0, le=3650)
    unit: Unit
    shift: bool = False
    """Whether a last day that is a day off moves to the next working day."""
    shift_act: str = ""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Rule:
        if self.standing != "default" and not self.act:
            raise ValueError("a rule or seed names its act")
        if self.standing == "default" and (self.act or self.clause):
            raise ValueError("a default is not law: no act, no clause")
        if self.until is not None and self.until < self.since:
            raise ValueError("`until` is before `since`")
        if self.shift and self.unit != "calendar-days":
            raise ValueError("only calendar days shift over days off")
        return self

    def in_force(self, day: date) -> bool:
        """Whether this edition is in force on `day`."""
        return self.since <= day and (self.until is None or day <= self.until)

    def fits(self, *, profile: str, company_id: str, channel: str, kind: str) -> bool:
        """Whether the row applies to such an appeal."""
        return (
            profile in self.profiles
            and self.company in (None, company_id)
            and (not self.channels or channel in self.channels)
            and (not self.kinds or kind in self.kinds)
        )

    @property
    def exactness(self) -> tuple[bool, bool, bool]:
        """Sort key of specificity: the company's own row wins, then one by kind, then one by channel."""
        return (self.company is not None, bool(self.kinds), bool(self.channels))

    @property
    def source(self) -> str:
        """Where the number comes from, in Russian."""
        if self.standing == "default":
            return "настройка по умолчанию, не норма права"
        return f"{self.act}, {self.clause}" if self.clause else self.act


class RuleBook:
    """Every rule of the installation. Raises Misconfigured when two rows have one id."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: Sequence[Rule] = tuple(rules)
        self._by_id: dict[str, Rule] = {}
        for rule in self.rules:
            if rule.id in self._by_id:
                raise Misconfigured(f"Правила: идентификатор {rule.id} встречается дважды")
            self._by_id[rule.id] = rule

    def by_id(self, rule_id: str) -> Rule | None:
        """The row with this id."""
        return self._by_id.get(rule_id)

    def choose(
        self, *, profile: str, company_id: str, channel: str, kind: str, day: date, subject: Subject = "answer"
    ) -> Rule:
        """The rule for an appeal received on `day` (company's zone).

        Raises Misconfigured when no row fits, or two rows fit equally well.
        """
        rows = [
            rule
            for rule in self.rules
            if rule.subject == subject
            and rule.in_force(day)
            and rule.fits(profile=profile, company_id=company_id, channel=channel, kind=kind)
        ]
        what = f"{subject}, профиль {profile}, компания {company_id}, канал {channel}, вид {kind}, {day:%d.%m.%Y}"
        if not rows:
            raise Misconfigured(f"Нет правила ({what}): добавьте строку в {OVERRIDES}")
        best = max(rule.exactness for rule in rows)
        chosen = [rule for rule in rows if rule.exactness == best]
        if len(chosen) > 1:
            names = ", ".join(rule.id for rule in chosen)
            raise Misconfigured(f"Подходят сразу несколько правил ({what}): {names}; уточните или закройте одно из них")
        return chosen[0]

    def with_rows(self, rows: Iterable[Rule]) -> RuleBook:
        """This book with `rows` added; a row with a known id replaces the old one."""
        merged = {rule.id: rule for rule in self.rules}
        merged.update({rule.id: rule for rule in rows})
        return RuleBook(merged.values())


class _RulesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: list[Rule]


def read_rows(file: Path) -> list[Rule]:
    """The rows of a rules file. Raises Misconfigured naming the file and the line of each mistake."""
    source = read(file)
    mistakes = list(source.mistakes)
    try:
        rows = _RulesFile.model_validate(source.tree).rules
    except ValidationError as error:
        mistakes += [
            Mistake(source.line(*e["loc"]), f"{'.'.join(map(str, e['loc']))}: {e['msg']}.", "Исправьте значение.")
            for e in error.errors()
        ]
        raise misconfigured(file, mistakes) from error
    if mistakes:
        raise misconfigured(file, mistakes)
    RuleBook(rows)
    return rows


@cache
def shipped() -> RuleBook:
    """The rules that come with the product."""
    return RuleBook(read_rows(FILE))


def of_installation(dialplan: Path) -> RuleBook:
    """The shipped rules with the installation's own rows (`dialplan/rules.yaml`, if there is one) on top."""
    own = dialplan / OVERRIDES
    return shipped().with_rows(read_rows(own)) if own.exists() else shipped()
