"""The menus in force, one flow per company; a broken file is refused whole and the old flow stays in force (F38)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gridline.companies import Companies, Company
from gridline.errors import Misconfigured
from gridline.yaml.file import misconfigured
from ivr.menus.check import check
from ivr.menus.load import load_flow
from ivr.menus.model import Flow
from ivr.menus.vocabulary import Vocabulary

Stamp = tuple[int, int]


def load_checked(file: Path, vocabulary: Vocabulary) -> Flow:
    """A flow that follows every rule. Raises Misconfigured listing every breach."""
    flow = load_flow(file, vocabulary)
    findings = check(flow, vocabulary)
    if findings:
        raise misconfigured(file, findings)
    return flow


class Flows:
    """Gives each new call its company's flow; the call keeps that Flow object to its end.

    Raises Misconfigured when a company has no valid menu at start. `vocabulary_of` is called again at each reload.
    """

    def __init__(self, companies: Companies, folder: Path, vocabulary_of: Callable[[Company], Vocabulary]) -> None:
        self._companies = companies
        self._folder = folder
        self._vocabulary_of = vocabulary_of
        self._seen = self._stamps()
        self._flows = {company.id: self._load(company) for company in companies}

    def of(self, company: Company) -> Flow:
        """The flow for a new call."""
        return self._flows[company.id]

    def changed(self) -> bool:
        """Whether a menu file has changed since the last load, whether that load took it or refused it."""
        return self._stamps() != self._seen

    def reload(self) -> tuple[Misconfigured, ...]:
        """Use every valid file for new calls; returns the refusals, whose companies keep their old flow."""
        self._seen = self._stamps()
        refused = []
        for company in self._companies:
            try:
                self._flows[company.id] = self._load(company)
            except Misconfigured as error:
                refused.append(error)
        return tuple(refused)

    def _load(self, company: Company) -> Flow:
        return load_checked(self._folder / company.menu, self._vocabulary_of(company))

    def _stamps(self) -> dict[str, Stamp | None]:
        return {company.menu: _stamp(self._folder / company.menu) for company in self._companies}


def _stamp(file: Path) -> Stamp | None:
    """What shows that a file has changed without reading it; None while it does not exist."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size
