"""Rules over a talk as rows of data: what must be heard or said in it, and what must not; a company's own first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from gridline.yaml.company_rows import CompanyRow, CompanyRows, rows_of

FILE: Final = Path(__file__).parent / "data" / "talk_rules.yaml"
Phrase = Annotated[str, Field(pattern=r"^[а-яё]+( [а-яё]+)*$")]
"""Lower-case Russian words."""


class TalkRule(CompanyRow):
    """One rule; what each field means is said in the file."""

    rule: str = Field(pattern=r"^[a-z-]{1,32}$")
    title: str = Field(min_length=3, max_length=80)
    who: Literal["agent", "caller"] = "agent"
    fact: Literal["notice", "number"] | None = None
    says: tuple[Phrase, ...] = ()
    never: tuple[Phrase, ...] = ()
    within_s: int = Field(default=0, ge=0, le=3600)
    when: Literal["always", "appeal"] = "always"
    calls: Literal["all", "in", "out"] = "all"

    @property
    def about(self) -> str:
        return self.rule

    @model_validator(mode="after")
    def _looks_at_one_thing(self) -> Self:
        if sum(map(bool, (self.fact, self.says, self.never))) != 1:
            raise ValueError("Правило смотрит на что-то одно: fact, says или never. Оставьте одно из трёх.")
        if self.fact == "number" and self.when != "appeal":
            raise ValueError("Номер называют только там, где есть обращение. Добавьте when: appeal.")
        return self


class TalkRules(CompanyRows[TalkRule]):
    """Every rule of the installation."""

    title = "Правила разговора"
    matters = ()

    def of(self, company_id: str) -> list[TalkRule]:
        """A company's rules in the order of the files: its own where it has them, everybody's otherwise."""
        named = dict.fromkeys(about for about, company in self._rows if company in (None, company_id))
        return [self.row(company_id, about) for about in named]


def of_installation(dialplan: Path) -> TalkRules:
    """The shipped rules with the installation's own (`dialplan/talk_rules.yaml`, if there is one) on top."""
    return TalkRules(rows_of(FILE, dialplan, TalkRule, "rules"))
