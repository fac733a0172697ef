"""The files of `dialplan` that callers hear and agents read, read beside the calls as soon as one of them changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from grid.knowledge import Knowledge
from grid.reference import further_appeal
from grid.reference.passport_articles import articles
from grid.reference.passports import Passports
from grid.reference.surveys import Surveys
from gridline.companies import Company
from gridline.companies.parts import HigherBody
from gridline.errors import Misconfigured

KNOWLEDGE: Final = "knowledge"
PASSPORTS: Final = "passports"
SURVEYS: Final = "surveys"
Stamps = frozenset[tuple[str, int, int]]
Bodies = tuple[tuple[HigherBody, ...], ...]
"""Of every company, where its answers may be appealed against."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class OnTheShelf:
    """What the files say at one moment."""

    knowledge: Knowledge
    """The articles, those of the passports and of further appeal among them."""
    passports: Passports
    surveys: Surveys


class ReferenceShelf:
    """Reads the files when it is told to `look`; nobody's telephone waits for that.

    What is wrong is told in the log.
    """

    def __init__(self, dialplan: Path, companies: Iterable[Company]) -> None:
        self._dialplan = dialplan
        self._companies = companies
        self._seen: tuple[Stamps, Bodies] | None = None
        self._told = OnTheShelf(Knowledge({}), Passports({}), Surveys({}))
        self._turn = asyncio.Lock()

    def now(self) -> OnTheShelf:
        """What the files said at the last look; they are read here and now where nobody has looked yet."""
        if self._seen is None:
            self._look()
        return self._told

    async def look(self) -> None:
        """Read them if they have changed, off the loop; looking is some eighty calls of `stat`."""
        async with self._turn:
            await asyncio.to_thread(self._look)

    def _look(self) -> None:
        seen = (self._stamped(), tuple(company.further_appeal for company in self._companies))
        if seen != self._seen:
            self._told, self._seen = self._read(), seen

    def _stamped(self) -> Stamps:
        found = set()
        for folder in (KNOWLEDGE, PASSPORTS, SURVEYS):
            for file in (self._dialplan / folder).rglob("*.yaml"):
                try:
                    stat = file.stat()
                except FileNotFoundError:  # it went this very moment
                    continue
                found.add((str(file), stat.st_mtime_ns, stat.st_size))
        return frozenset(found)

    def _read(self) -> OnTheShelf:
        companies = {company.id: company for company in self._companies}
        try:
            passports = Passports.load(self._dialplan / PASSPORTS, companies)
        except Misconfigured as error:
            log.error("passports-refused", reason=error.message)
            passports = self._told.passports
            if self._seen is None:  # there is nothing to keep: what is right in them serves
                passports = Passports.load(self._dialplan / PASSPORTS, companies, lambda _: None)
        surveys = Surveys.load(self._dialplan / SURVEYS, companies, _survey_refused)
        knowledge = Knowledge.load(self._dialplan / KNOWLEDGE, companies, _refused)
        made = {}
        for id, company in companies.items():
            made[id] = (*articles(passports.of(id)), further_appeal.article(company))
        return OnTheShelf(knowledge.with_more(made), passports, surveys)


def _refused(error: Misconfigured) -> None:
    log.error("article-refused", reason=error.message)


def _survey_refused(error: Misconfigured) -> None:
    log.error("surveys-refused", reason=error.message)
