"""Every company's offices as they are now: a file that is changed serves at once, a broken one leaves the old ones."""

from __future__ import annotations

from pathlib import Path

import structlog

from grid.offices import offices
from grid.offices.offices import Offices
from gridline.companies import Companies, Company
from gridline.errors import Misconfigured

FOLDER = "offices"
"""In the dialplan."""

log = structlog.get_logger(__name__)


class OfficeBook:
    """Reads a company's file when it is asked for and has changed since; looking costs one `stat`."""

    def __init__(self, folder: Path, companies: Companies) -> None:
        self._folder = folder
        self._companies = companies
        self._known: dict[str, tuple[tuple[int, int], Offices]] = {}

    def of(self, company_id: str) -> Offices:
        """The company's offices; none where it has no file, or none that could ever be read. Raises NotFound."""
        return self._read(self._companies.by_id(company_id))

    def _read(self, company: Company) -> Offices:
        path = self._folder / f"{company.id}.yaml"
        _, before = self._known.get(company.id, ((0, 0), offices.NONE))
        try:
            seen = path.stat()
        except OSError:
            return before
        mark = (seen.st_mtime_ns, seen.st_size)
        if company.id in self._known and self._known[company.id][0] == mark:
            return before
        try:
            told = offices.load(path, company)
        except Misconfigured as error:
            log.error("offices-refused", company=company.id, reason=error.message)
            told = before
        self._known[company.id] = (mark, told)
        return told
