"""How many calls a minute came lately, of each company and branch; counted in memory, a call costs two appends."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import datetime, timedelta

Scoped = tuple[str, str]
"""A company's id and a branch's; an empty branch is the whole company."""
LONGEST_S = 3600


class Rates:
    """The arrivals of the last hour on this node."""

    def __init__(self) -> None:
        self._came: defaultdict[Scoped, deque[datetime]] = defaultdict(deque)

    def came(self, company_id: str, branch: str, at: datetime) -> None:
        """A call came; it counts for its company and, where one is known, for its branch."""
        for scope in {(company_id, ""), (company_id, branch)}:
            self._came[scope].append(at)

    def scopes(self) -> Iterator[Scoped]:
        """Everything that was called within the last hour."""
        yield from self._came

    def a_minute(self, scope: Scoped, now: datetime, window_s: int) -> float:
        """Calls a minute over the last `window_s` seconds."""
        times = self._came.get(scope)
        if times is None:
            return 0.0
        since, forgotten = now - timedelta(seconds=window_s), now - timedelta(seconds=LONGEST_S)
        while times and times[0] < forgotten:
            times.popleft()
        recent = 0
        for at in reversed(times):
            if at < since:
                break
            recent += 1
        return recent * 60 / window_s
