"""Appeals imported from a table (CSV, XLSX): every row checked before any is stored; importing again adds nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from appeals import history
from appeals.intake.intake import Intake, accept
from appeals.register import CLOCK_SKEW, Register, Registered
from appeals.taxonomy import shipped
from gridline.clock import Clock
from gridline.companies import Companies, Company
from gridline.errors import InvalidInput, NotFound
from gridline.tables import cells, tabular
from gridline.tables.cells import When
from gridline.tables.tabular import BadCell, Problems, Row

REQUIRED = ("канал", "вид", "тема", "текст")
_TEXTS = {
    "имя": "name",
    "телефон": "phone",
    "почта": "email",
    "адрес": "post_address",
    "договор": "contract_number",
    "лицевой счёт": "account_number",
    "объект": "premise_id",
    "филиал": "branch",
}
_DETAILS = {
    "место": "place",
    "требование": "demand",
    "место жительства": "residence",
    "дата рождения": "birth_date",
    "место рождения": "birth_place",
    "документ": "identity_document",
    "организация": "organisation",
}
OPTIONAL = (
    "компания",
    "номер в источнике",
    "получено",
    "код",
    "заявитель",
    "способ ответа",
    "нарушение с",
    "нарушение по",
    *_TEXTS,
    *_DETAILS,
)
AT_ONCE = 64
"""Rows registered concurrently: as many as the register writes in one batch."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import: the appeal of each row, in row order."""

    appeals: tuple[Registered, ...]

    @property
    def sentence(self) -> str:
        """The result in Russian, for whoever ran the import."""
        new = sum(not appeal.existed for appeal in self.appeals)
        return f"Зарегистрировано: {new}, было зарегистрировано раньше: {len(self.appeals) - new}."


async def import_appeals(
    register: Register, clock: Clock, companies: Companies, file: Path, *, company_id: str, actor: str
) -> Imported:
    """Register every row of the table.

    Raises InvalidInput naming every wrong row, before anything is registered. A row is identified by
    «номер в источнике», or else by its content, so an interrupted import is finished by running it again.
    """
    problems = Problems()
    intakes = list(_intakes(clock, companies, file, company_id, actor, problems))
    problems.check(file)
    done: list[Registered] = []
    for start in range(0, len(intakes), AT_ONCE):
        part = intakes[start : start + AT_ONCE]
        done += await asyncio.gather(*(register.register(intake) for intake in part))
    return Imported(tuple(done))


def _intakes(
    clock: Clock, companies: Companies, file: Path, company_id: str, actor: str, problems: Problems
) -> Iterator[Intake]:
    seen: Counter[str] = Counter()
    for row in tabular.rows(file, required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            company = companies.by_id(row.cells["компания"] or company_id)
            fields = _fields(row, company)
            if (received := fields.get("received_at")) is not None and received > clock.now() + CLOCK_SKEW:
                raise BadCell("«получено» ещё не наступило")
            key = _key(row, seen)
            yield accept({**fields, "company_id": company.id, "actor": actor, "idempotency_key": key})
        except BadCell as error:
            problems.add(row.number, str(error))
        except (InvalidInput, NotFound) as error:
            problems.add(row.number, error.message)


def _key(row: Row, seen: Counter[str]) -> str:
    """The row's own number, or its content plus the count of identical rows before it."""
    if source := row.cells["номер в источнике"]:
        seen[source] += 1
        if seen[source] > 1:
            raise BadCell(f"«номер в источнике» {source[:30]} уже был в этой таблице")
        return f"import:{history.sha256(source)[:32]}"
    content = history.sha256(history.canonical(row.cells))[:32]
    seen[content] += 1
    return f"import:{content}:{seen[content]}"


def _fields(row: Row, company: Company) -> dict[str, Any]:
    codes = shipped()
    zone = When(company.zone)
    fields: dict[str, Any] = {
        "channel": cells.choice(row.cells, "канал", _choices(codes.channels)),
        "kind": cells.choice(row.cells, "вид", _choices(codes.kinds)),
        "topic": cells.choice(row.cells, "тема", _choices(codes.topics)),
        "text": row.cells["текст"],
        "received_at": cells.moment(row.cells, "получено", zone),
        "applicant_kind": cells.choice(row.cells, "заявитель", _choices(codes.applicant_kinds), default="unknown"),
        **{field: row.cells[column] for column, field in _TEXTS.items()},
    }
    if row.cells["код"]:
        fields["disposition"] = cells.choice(row.cells, "код", _choices(codes.dispositions))
    if row.cells["способ ответа"]:
        fields["answer_way"] = cells.choice(row.cells, "способ ответа", _choices(codes.answer_ways))
    details = _details(row, zone, codes.kinds[fields["kind"]].details)
    return fields | ({"details": details} if details else {})


def _details(row: Row, zone: When, kind: str) -> dict[str, Any] | None:
    if kind == "none":
        return None
    period: dict[str, datetime | None] = {
        column: cells.moment(row.cells, column, zone) for column in ("нарушение с", "нарушение по")
    }
    if kind == "theft":
        return {"type": "theft", "place": row.cells["место"], "seen_at": period["нарушение с"]}
    texts = {field: row.cells[column] for column, field in _DETAILS.items() if field not in ("place", "birth_date")}
    return texts | {
        "type": "claim",
        "device_address": row.cells["место"],
        "violated_from": period["нарушение с"],
        "violated_to": period["нарушение по"],
        "birth_date": cells.day(row.cells, "дата рождения", zone, years=cells.BIRTH_YEARS),
    }


def _choices(table: Mapping[str, Any]) -> dict[str, str]:
    """Codes and their titles, as people write them."""
    return {name.casefold(): code for code, row in table.items() for name in (code, row.title)}
