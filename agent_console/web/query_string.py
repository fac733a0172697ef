"""A page's query string, read field by field: whatever it cannot be is refused with words, never met further on."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from gridline.calendar.days import FIRST_DAY, LAST_DAY
from gridline.errors import InvalidInput

LONGEST_QUERY = 200
_CURSOR = re.compile(r"([0-9]{1,10})\.([0-9]{6})\.([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page of a list that is ordered by moment begins: after this row."""

    at: datetime
    id: str

    def __str__(self) -> str:
        return f"{int(self.at.timestamp())}.{self.at.microsecond:06}.{self.id}"


class QueryString:
    """What the address of a page asks. Every method raises InvalidInput for what its field cannot be."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def text(self, name: str, *, at_most: int = LONGEST_QUERY) -> str:
        """Words, their spaces made single; empty for none. What is longer is cut: a search says what it searched."""
        return " ".join(self._given.get(name, "").replace("\0", "").split())[:at_most]

    def code(self, name: str, known: Collection[str], what: str) -> str:
        """One value of a closed list; empty for none. `what` names the field to a reader."""
        value = self._given.get(name, "")
        if value and value not in known:
            raise InvalidInput(f"{what} «{value[:40]}»: такого значения нет.")
        return value

    def day(self, name: str) -> date | None:
        """A day in ISO form from 2000 to 2099; None for none."""
        value = self._given.get(name, "")
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise InvalidInput(f"Дата «{value[:20]}» не разобрана. Пишите как 2026-11-22.") from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidInput(f"Дата «{value[:20]}» вне {FIRST_DAY.year}-{LAST_DAY.year} годов.")
        return day

    def year(self, name: str) -> int | None:
        """A year from 2000 to 2099; None for none."""
        value = self._given.get(name, "")
        if not value:
            return None
        if not re.fullmatch("[0-9]{4}", value) or not FIRST_DAY.year <= int(value) <= LAST_DAY.year:
            raise InvalidInput(f"Год «{value[:20]}» указан неверно: от {FIRST_DAY.year} до {LAST_DAY.year}.")
        return int(value)

    def second(self, name: str) -> float:
        """A place in a recording, in seconds of up to a day; 0 for none."""
        value = self._given.get(name, "")
        if value and not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", value):
            raise InvalidInput(f"Секунда записи «{value[:20]}» не разобрана. Пишите как 75 или 75.5.")
        return float(value or 0)

    def start(self, name: str) -> PageStart | None:
        """The row after which a page begins; None for its beginning."""
        value = self._given.get(name, "")
        if not value:
            return None
        match = _CURSOR.fullmatch(value)
        if match is None:
            raise InvalidInput("Начало страницы указано неверно. Откройте список сначала.")
        at = datetime.fromtimestamp(int(match[1]), UTC).replace(microsecond=int(match[2]))
        if at.date() > LAST_DAY:
            raise InvalidInput("Начало страницы указано неверно. Откройте список сначала.")
        return PageStart(at, match[3])


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What one page is asked, typed; made of a QueryString, and an address again. Empty values are "any"."""

    PATH: ClassVar[str]
    PLACE: ClassVar[str] = ""
    """The field that says where a page of the list begins: forgotten by every change but its own."""

    def url(self, **changes: Any) -> str:
        """The page's address with these changes, from the list's beginning."""
        asked = self.changed(**changes)
        values = {field.name: getattr(asked, field.name) for field in fields(asked)}
        given = {
            name: str(value) for name, value in values.items() if value not in (None, "") and not asked.usual(name)
        }
        return f"{self.PATH}?{urlencode(given)}" if given else self.PATH

    def changed(self, **changes: Any) -> Self:
        """The same question with these changes, from the list's beginning."""
        return replace(self, **({self.PLACE: None} if self.PLACE else {}) | changes)

    def usual(self, name: str) -> bool:
        """Whether a field has the value it has when the address does not name it."""
        return False
