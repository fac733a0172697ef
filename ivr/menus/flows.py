"""The menus in force, one flow per company; a broken file is refused whole and the old flow stays in force (F38)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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


def load_checked(file: Path, vocabulary: Vocabulary, common_file: Path | None = None) -> Flow:
    """A flow that follows every rule; of a draft, over that common file. Raises Misconfigured listing every breach."""
    flow = load_flow(file, vocabulary, common_file)
    findings = check(flow, vocabulary)
    if findings:
        raise misconfigured(file, findings)
    return flow


@dataclass
class ReadMenus:
    """Menus as their files were at one moment."""

    stamps: Mapping[str, Stamp | None]
    flows: dict[str, tuple[Flow, Flow]] = field(default_factory=dict)
    trust: dict[str, Flow] = field(default_factory=dict)
    """Of trust lines."""
    refused: list[Misconfigured] = field(default_factory=list)


class Flows:
    """Gives each new call its company's flow; the call keeps that Flow object to its end.

    Raises Misconfigured when a company has no valid menu at start. `vocabulary_of` is called again at each reload.
    """

    def __init__(self, companies: Companies, folder: Path, vocabulary_of: Callable[[Company], Vocabulary]) -> None:
        self._companies = companies
        self._folder = folder
        self._vocabulary_of = vocabulary_of
        self._seen: Mapping[str, Stamp | None] = self._stamps()
        self._flows = {company.id: self._load(company, vocabulary_of(company)) for company in companies}
        self._trust = {
            company.id: self._load_trust(company, vocabulary_of(company)) for company in companies if company.trust_line
        }

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
        return self.take(self.read(self._companies, self._vocabulary_of))

    def read(self, companies: Iterable[Company], vocabulary_of: Callable[[Company], Vocabulary]) -> ReadMenus:
        """Every menu as the files have it now, by what these companies and words are; blocks, changes nothing."""
        found = ReadMenus(self._stamps())
        for company in companies:
            try:
                found.flows[company.id] = self._load(company, vocabulary_of(company))
            except Misconfigured as error:
                found.refused.append(error)
            try:
                if company.trust_line is not None:
                    found.trust[company.id] = self._load_trust(company, vocabulary_of(company))
            except Misconfigured as error:
                found.refused.append(error)
        return found

    def take(self, found: ReadMenus) -> tuple[Misconfigured, ...]:
        """Use what was read for new calls; returns the refusals, whose companies keep their old flow."""
        self._seen = found.stamps
        self._flows |= {id: flows for id, flows in found.flows.items() if id in self._flows}
        self._trust |= {id: flow for id, flow in found.trust.items() if id in self._trust}
        return tuple(found.refused)

    def _load(self, company: Company, vocabulary: Vocabulary) -> tuple[Flow, Flow]:
        """The company's usual flow, and the one of a storm."""
        usual = load_checked(self._folder / company.menu, vocabulary)
        own = self._folder / _in_storm(company)
        return usual, load_checked(own, vocabulary) if own.exists() else shortened(usual, vocabulary)

    def _load_trust(self, company: Company, vocabulary: Vocabulary) -> Flow:
        assert company.trust_line is not None
        return load_checked(self._folder / company.trust_line.menu, vocabulary)

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
