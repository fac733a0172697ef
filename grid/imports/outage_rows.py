"""One row of an outages table read: facts and scopes of one outage, before anybody has looked into the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from grid.imports import HandedTable, Key
from grid.models import NodeKind
from grid.net import COLUMN_OF
from grid.outages.models import OutageStatus, Service
from grid.outages.scopes import ScopePart
from grid.places import districts, houses
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound
from gridline.tables import cells
from gridline.tables.cells import When
from gridline.tables.tabular import BadCell, Problems

REQUIRED = ("номер", "вид", "начало")
OPTIONAL = (
    *("компания", "филиал", "услуга", "статус", "причина", "ожидаемое окончание", "окончание"),
    *("линия", "ТП", "подстанция", "лицевые счета", "населённый пункт", "район", "улицы", "дома"),
)
KINDS = {"плановое": True, "аварийное": False}
SERVICES = {"электроэнергия": Service.ELECTRICITY, "вода": Service.WATER}
STATUSES = {
    "объявлено": OutageStatus.ANNOUNCED,
    "идёт": OutageStatus.ACTIVE,
    "восстановлено": OutageStatus.RESTORED,
    "отменено": OutageStatus.CANCELLED,
}
NODES = {"линия": NodeKind.FEEDER, "ТП": NodeKind.TRANSFORMER, "подстанция": NodeKind.SUBSTATION}


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """The columns of an outage that come from the table."""

    service: Service
    planned: bool
    status: OutageStatus
    cause: str
    starts_at: datetime
    expected_end: datetime | None
    actual_end: datetime | None
    branch: str

    @property
    def over_at(self) -> datetime | None:
        """Until when it counts beside others: its end, or a planned one's expected end; None for none."""
        return self.actual_end or (self.expected_end if self.planned else None)

    def meets(self, other: OutageFacts) -> bool:
        """Whether both say that the same supply is off at one moment."""
        if OutageStatus.CANCELLED in (self.status, other.status) or self.service is not other.service:
            return False
        if self.planned is not other.planned:
            return False
        ends = [(self.over_at, other.starts_at), (other.over_at, self.starts_at)]
        return all(end is None or end > start for end, start in ends)


@dataclass(frozen=True, slots=True)
class OutageRow:
    """One outage of a table."""

    number: int
    """Of the row."""
    code: Key
    facts: OutageFacts
    affects: frozenset[ScopePart]
    accounts: tuple[str, ...]


def read(table: HandedTable, problems: Problems) -> Iterator[OutageRow]:
    """Every row that can be one; the others go to `problems`."""
    for row in table.rows(required=REQUIRED, optional=OPTIONAL, problems=problems):
        try:
            company = table.company(row.cells)
            code = (company.id, cells.text(row.cells, "номер", at_most=40, required=True))
            affects = _affects(row.cells)
            accounts = tuple(cells.listed_accounts(row.cells, "лицевые счета", at_most=1000))
            if not affects and not accounts:
                raise BadCell("не сказано, кого касается: линия, ТП, подстанция, лицевые счета или населённый пункт")
            facts = _facts(row.cells, company, table.when(company))
        except BadCell as error:
            problems.add(row.number, str(error))
        else:
            yield OutageRow(row.number, code, facts, affects, accounts)


def _facts(row: dict[str, str], company: Company, when: When) -> OutageFacts:
    planned = cells.choice(row, "вид", KINDS)
    starts_at = cells.moment(row, "начало", when, required=True)
    expected_end = cells.moment(row, "ожидаемое окончание", when)
    actual_end = cells.moment(row, "окончание", when)
    assert starts_at is not None
    for name, end in (("ожидаемое окончание", expected_end), ("окончание", actual_end)):
        if end is not None and end <= starts_at:
            raise BadCell(f"«{name}» не позже начала")
    usual = "восстановлено" if actual_end else "объявлено" if planned else "идёт"
    status = cells.choice(row, "статус", STATUSES, default=usual)
    if status is OutageStatus.RESTORED and actual_end is None:
        raise BadCell("«восстановлено» без времени в столбце «окончание»")
    if actual_end is not None and status in (OutageStatus.ANNOUNCED, OutageStatus.ACTIVE):
        raise BadCell("есть «окончание», а статус говорит, что отключение не кончилось")
    branch = cells.text(row, "филиал", at_most=32)
    if branch:
        try:
            company.branch(branch)
        except NotFound as error:
            raise BadCell(error.message) from error
    return OutageFacts(
        service=cells.choice(row, "услуга", SERVICES, default="электроэнергия"),
        planned=planned,
        status=status,
        cause=cells.text(row, "причина", at_most=300),
        starts_at=starts_at,
        expected_end=expected_end,
        actual_end=actual_end,
        branch=branch,
    )


def _affects(row: dict[str, str]) -> frozenset[ScopePart]:
    settlement = cells.text(row, "населённый пункт", at_most=100)
    streets = cells.listed(row, "улицы", at_most=200)
    if streets and not settlement:
        raise BadCell("«улицы» без «населённого пункта»")
    codes = {column: cells.listed(row, column, at_most=20) for column in NODES}
    if any(len(code) > 60 for listed in codes.values() for code in listed) or any(len(name) > 100 for name in streets):
        raise BadCell("«линия», «ТП» или «подстанция» длиннее 60 знаков или название улицы длиннее 100")
    found = {ScopePart(**{COLUMN_OF[NODES[column]]: code}) for column, listed in codes.items() for code in listed}
    settlement = districts.named(settlement, cells.text(row, "район", at_most=60))
    if len(settlement) > 100:
        raise BadCell("«населённый пункт» вместе с районом длиннее 100 знаков")
    named = _houses(row, streets)
    if settlement:
        found |= {ScopePart(settlement=settlement, street=street, houses=named) for street in streets or [""]}
    return frozenset(found)


def _houses(row: dict[str, str], streets: list[str]) -> str:
    named = cells.text(row, "дома", at_most=houses.LONGEST)
    if named and len(streets) != 1:
        raise BadCell("«дома» пишут у одной улицы: разделите отключение на строки с разными номерами")
    try:
        houses.parse(named)
    except InvalidInput as error:
        raise BadCell(error.message) from error
    return named
