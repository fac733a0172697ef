"""A register on each database, with two companies and a clock set to December."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 12, 3, 5, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def companies() -> Companies:
    return Companies.load(HOUSE / "dialplan" / "companies")


@pytest.fixture(scope="session")
def calendar() -> ProductionCalendar:
    return ProductionCalendar()


@pytest.fixture
def register(db: Database, clock: SetClock, companies: Companies, calendar: ProductionCalendar) -> Register:
    return Register(db, clock, companies, calendar)
