"""The days on and off of the installation, changed in the browser: one table, every version of it kept.

There is no draft: a day is one row, checked by the loader of the file and written at once. Whoever saves names the
table that they looked at, and where it is another by now they are told whose.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.calendar import calendar_file
from gridline.calendar.calendar_file import NAME, MovedDay
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, Misconfigured, NotFound, Unavailable
from ivr.menus.editions.models import EditionVersion

WHOLE: Final = ""
"""The company of its versions: none, the table is everybody's."""
FOUND: Final = "Файл изменён не в консоли"

Noted = Callable[[AsyncSession, EditionVersion, str, str], None]
"""Writes the change in its own transaction, before and after: the audit."""

log = structlog.get_logger(__name__)


class CalendarMoved(Conflict):
    """Somebody else has changed the table since this one was looked at."""

    code = "calendar-moved"
    title = "Календарь уже изменили"


class CalendarDays:
    """The table in `var`, and `calendar`, which everything counts by."""

    def __init__(self, db: Database, clock: Clock, var: Path, calendar: ProductionCalendar) -> None:
        self._db = db
        self._clock = clock
        self._var = var
        self._calendar = calendar
        self._turn = asyncio.Lock()
        self._seen = ""
        """The text that `calendar` was last told; of the first look, the one it was made of."""

    async def now(self) -> tuple[list[MovedDay], str]:
        """The days, and the revision of the table that they stand in. Raises Misconfigured, InvalidInput."""
        text = await asyncio.to_thread(calendar_file.kept_text, self._var)
        return await asyncio.to_thread(_days, text), _revision(text)

    async def look(self) -> None:
        """Take over a file that was changed by hand; a broken one is refused whole, and the old days serve."""
        async with self._turn:
            try:
                text = await asyncio.to_thread(calendar_file.kept_text, self._var)
                if text != self._seen:
                    self._seen = text
                    self._take(await asyncio.to_thread(_days, text))
            except (Misconfigured, InvalidInput) as error:
                log.error("calendar-refused", reason=error.message)

    async def save(self, revision: str, days: Sequence[MovedDay], note: str, who: str, noted: Noted) -> None:
        """Let everything count by these days from now on.

        Raises CalendarMoved, InvalidInput where the loader of the file refuses them, Unavailable; nothing is changed.
        """
        text = calendar_file.table_text(days) if days else ""
        checked = await asyncio.to_thread(_days, text)
        async with self._turn:
            before = await asyncio.to_thread(calendar_file.kept_text, self._var)
            if _revision(before) != revision:
                raise CalendarMoved(await self._moved(before))
            if text == before:
                return
            try:
                async with AsyncExitStack() as undoing:  # a commit that fails, or a save that is cancelled
                    undoing.push_async_callback(asyncio.to_thread, calendar_file.keep, before, self._var)
                    await self._written(before, text, note, who, noted)
                    undoing.pop_all()
            except OSError as error:
                raise Unavailable(
                    f"Файл {self._var / NAME} не записать ({error.strerror}). Ничего не изменилось."
                ) from error
            self._seen = text
            self._take(checked)

    async def versions(self, most: int) -> list[EditionVersion]:
        """The newest versions, the newest first. Raises Unavailable."""
        query = select(EditionVersion).where(EditionVersion.company_id == WHOLE)
        async with self._db.read() as session:
            return list(await session.scalars(query.order_by(EditionVersion.number.desc()).limit(most)))

    async def days_of(self, number: int) -> list[MovedDay]:
        """The days of a version. Raises NotFound, Unavailable."""
        query = select(EditionVersion).where(EditionVersion.company_id == WHOLE, EditionVersion.number == number)
        async with self._db.read() as session:
            found = await session.scalar(query)
        if found is None:
            raise NotFound("Такой версии календаря нет.")
        return await asyncio.to_thread(_days, table_of(found))

    async def _written(self, before: str, text: str, note: str, who: str, noted: Noted) -> None:
        async with self._db.write() as session:
            query = select(EditionVersion).where(EditionVersion.company_id == WHOLE)
            newest = await session.scalar(query.order_by(EditionVersion.number.desc()).limit(1))
            number = newest.number if newest is not None else 0
            if newest is None or table_of(newest) != before:
                number += 1
                session.add(self._version(number, before, FOUND if newest is not None else "", ""))
            version = self._version(number + 1, text, note, who)
            session.add(version)
            noted(session, version, before, text)
            await session.flush()
            await asyncio.to_thread(calendar_file.keep, text, self._var)

    def _version(self, number: int, text: str, note: str, who: str) -> EditionVersion:
        return EditionVersion(
            company_id=WHOLE,
            number=number,
            published_at=self._clock.now(),
            published_by=who,
            note=note,
            content={"files": {NAME: text}, "words": {}, "takes": {}},
        )

    async def _moved(self, before: str) -> str:
        """Who has changed it, and what they say of it."""
        newest = next(iter(await self.versions(1)), None)
        if newest is None or table_of(newest) != before:
            return (
                "Пока вы правили, календарь изменили в самом файле. Ниже он такой, какой теперь; ваше осталось в полях."
            )
        what = f"{newest.published_by}: {newest.note}"
        return f"Пока вы правили, календарь изменили. {what}. Ваше осталось в полях, сохраните ещё раз."

    def _take(self, days: Sequence[MovedDay]) -> None:
        calendar_file.lay(self._calendar, days)


def table_of(version: EditionVersion) -> str:
    """The table of a version."""
    return str(version.content["files"][NAME])


def _days(text: str) -> list[MovedDay]:
    return calendar_file.days_in(text) if text else []


def _revision(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
