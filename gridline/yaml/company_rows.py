"""Rules as rows of a YAML file: the product's for every company, a company's own in `dialplan` in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Generic, Literal, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, create_model, model_validator

from gridline.errors import Misconfigured
from gridline.yaml.file import read
from gridline.yaml.model import validated


class CompanyRow(BaseModel):
    """One row: of one company, or of everybody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    company: str | None = None

    @property
    def about(self) -> str:
        """What it says something of, where a company has several rows."""
        return ""


class NormRow(CompanyRow):
    """A row that says whether an act binds it; a default is never shown as law."""

    standing: Literal["rule", "seed", "default"]
    act: str = ""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.standing == "default") == bool(self.act):
            raise ValueError("Норма называет акт, а настройка по умолчанию — нет. Исправьте standing или act.")
        return self


Row = TypeVar("Row", bound=CompanyRow)


class CompanyRows(Generic[Row]):
    """Every row of the installation; a later one of the same matter and company takes the place of an earlier one.

    Raises Misconfigured where a matter has no row for all companies.
    """

    title: ClassVar[str]
    """What the rows are, for the person who keeps the file."""
    matters: ClassVar[Sequence[str]] = ("",)

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows: Mapping[tuple[str, str | None], Row] = {(row.about, row.company): row for row in rows}
        if missing := [matter for matter in self.matters if (matter, None) not in self._rows]:
            raise Misconfigured(f"{self.title}: нет строки для {', '.join(missing) or 'всех компаний'}")

    def row(self, company_id: str, matter: str = "") -> Row:
        """The company's own row, or everybody's."""
        return self._rows.get((matter, company_id)) or self._rows[matter, None]


def rows_of(shipped: Path, dialplan: Path, model: type[Row], key: str) -> list[Row]:
    """The rows under `key` of the shipped file, then of the installation's file of the same name, if there is one.

    Raises Misconfigured with every mistake of a file at its line.
    """
    whole = create_model("Rows", __config__=ConfigDict(extra="forbid"), **{key: (tuple[model, ...], ...)})  # type: ignore[call-overload,valid-type]  # a field by its name
    own = dialplan / shipped.name
    files = [shipped, own] if own.exists() else [shipped]
    return [row for file in files for row in cast("tuple[Row, ...]", getattr(validated(read(file), whole, {}), key))]
