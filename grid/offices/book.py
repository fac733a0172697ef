"""Every company's offices: a file that changed serves after the next look, a broken one leaves the old ones."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog

from grid.offices import offices
from grid.offices.offices import Offices
from gridline.companies import Companies, Company
from gridline.errors import Misconfigured

FOLDER = "offices"
"""In the dialplan."""
NOTHING: Final = (0, 0)

log = structlog.get_logger(__name__)


class OfficeBook:
    """Reads the companies' files when it is told to `look`; whoever asks waits for no disk."""

    def __init__(self, folder: Path, companies: Companies) -> None:
        self._folder = folder
        self._companies = companies
        self._known: dict[str, tuple[tuple[int, int], Offices]] = {}

    def of(self, company_id: str) -> Offices:
        """The company's offices as they were at the last look; read here and now where nobody has looked yet.

        None where it has no file, or none that could ever be read. Raises NotFound.
        """
        company = self._companies.by_id(company_id)
        if company.id not in self._known:
            self._read(company)
        return self._known[company.id][1]

    async def look(self) -> None:
        """Read what has changed, off the loop; looking costs one `stat` a company."""
        for company in self._companies:
            await asyncio.to_thread(self._read, company)

    def _read(self, company: Company) -> None:
        path = self._folder / f"{company.id}.yaml"
        mark, told = self._known.get(company.id, (NOTHING, offices.NONE))
        try:
            stat = path.stat()
            seen = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            seen = mark
        if seen != mark:
            try:
                told = offices.load(path, company)
            except Misconfigured as error:
                log.error("offices-refused", company=company.id, reason=error.message)
        self._known[company.id] = (seen, told)
