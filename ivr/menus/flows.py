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
from ivr.menus.shortened import shortened
from ivr.menus.vocabulary import Vocabulary
from ivr.menus.written import COMMON_FILE

Stamp = tuple[int, int]
STORM = ".storm.yaml"
"""`skek.storm.yaml` beside `skek.yaml` is what callers meet in a storm; without it the menu is shortened by rule."""


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
        self._trust = {company.id: self._load_trust(company) for company in companies if company.trust_line}

    def of(self, company: Company, *, storm: bool = False) -> Flow:
        """The flow for a new call: the company's, or its shortened one while the line is in a storm."""
        usual, short = self._flows[company.id]
        return short if storm else usual

    def of_trust_line(self, company: Company) -> Flow:
        """The flow of the company's trust line, in a storm as well; it must have one."""
        return self._trust[company.id]

    def changed(self) -> bool:
        """Whether a menu file or the common one has changed since the last load, whether that took it or refused it."""
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
            try:
                if company.trust_line is not None:
                    self._trust[company.id] = self._load_trust(company)
            except Misconfigured as error:
                refused.append(error)
        return tuple(refused)

    def _load(self, company: Company) -> tuple[Flow, Flow]:
        """The company's usual flow, and the one of a storm."""
        vocabulary = self._vocabulary_of(company)
        usual = load_checked(self._folder / company.menu, vocabulary)
        own = self._folder / _in_storm(company)
        return usual, load_checked(own, vocabulary) if own.exists() else shortened(usual, vocabulary)

    def _load_trust(self, company: Company) -> Flow:
        assert company.trust_line is not None
        return load_checked(self._folder / company.trust_line.menu, self._vocabulary_of(company))

    def _stamps(self) -> dict[str, Stamp | None]:
        names = [name for company in self._companies for name in (*company.menus, _in_storm(company))]
        return {name: _stamp(self._folder / name) for name in (COMMON_FILE, *names)}


def _in_storm(company: Company) -> str:
    return company.menu.removesuffix(".yaml") + STORM


def _stamp(file: Path) -> Stamp | None:
    """What shows that a file has changed without reading it; None while it does not exist."""
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size
