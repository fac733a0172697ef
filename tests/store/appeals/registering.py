"""A process that registers appeals until killed and prints each number once confirmed.

`python -m tests.store.appeals.registering DATABASE_URL PREFIX` prints lines `KEY NUMBER`.
"""

from __future__ import annotations

import asyncio
import itertools
import sys

from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE
from tests.store.appeals.made import intake

WRITERS = 4


async def run(url: str, prefix: str) -> None:
    """Register appeals until killed."""
    companies = Companies.load(HOUSE / "dialplan" / "companies")
    # One register per writer, so that they are in different transactions when killed.
    registers = [Register(Database(url), SystemClock(), companies, ProductionCalendar()) for _ in range(2)]
    counter = itertools.count()

    async def write(register: Register) -> None:
        while True:
            key = f"{prefix}-{next(counter)}"
            done = await register.register(intake(idempotency_key=key))
            sys.stdout.write(f"{key} {done.number}\n")
            sys.stdout.flush()

    await asyncio.gather(*(write(registers[n % len(registers)]) for n in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2]))
