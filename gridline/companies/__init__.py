"""The companies that answer on this line, read from YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from gridline.companies.company import Company
from gridline.companies.mistakes import at_odds, taken
from gridline.companies.parts import ALWAYS, SHAPES, SLUG, Branch, FeedRule, Slug, Text
from gridline.errors import Misconfigured, NotFound
from gridline.yaml.file import Mistake, misconfigured, read
from gridline.yaml.model import validated

__all__ = ["ALWAYS", "SLUG", "Branch", "Companies", "Company", "FeedRule", "Slug", "Text", "every"]

AT_THE_START = (
    *("id", "time_zone", "dids", "menu", "hotline", "queues", "rule_profile", "branches", "feeds", "members"),
    *("duty_phones", "queue_names", "trust_line"),
)
"""Of a company: what is read when the line starts and stays so until it starts anew."""


class Companies:
    """All companies of this line."""

    def __init__(self, companies: Mapping[str, Company]) -> None:
        self._by_id = MappingProxyType(dict(companies))

    def __iter__(self) -> Iterator[Company]:
        return iter(self._by_id.values())

    @classmethod
    def load(cls, folder: Path) -> Companies:
        """Read every `*.yaml` of the folder. Raises Misconfigured with all mistakes of every wrong file."""
        companies, refused = every(folder)
        if refused:
            raise Misconfigured("\n".join(each.message for each in refused))
        return companies

    def take(self, others: Companies) -> list[str]:
        """Let what others say of these companies hold from now on, as far as it can while the line runs.

        Returns the ids of companies that are as they were until the next start: new ones, those that are gone, and
        those whose numbers, queues or parts are others, of which Asterisk and the forms of outages know as well.
        """
        later = sorted(self._by_id.keys() ^ others._by_id.keys())
        taken = dict(self._by_id)
        for id in self._by_id.keys() & others._by_id.keys():
            old, new = self._by_id[id], others._by_id[id]
            if any(getattr(old, name) != getattr(new, name) for name in AT_THE_START):
                later.append(id)
            else:
                taken[id] = new
        self._by_id = MappingProxyType(taken)
        return later

    @cached_property
    def queues(self) -> frozenset[str]:
        """Every queue of every company."""
        return frozenset().union(*(company.queues for company in self))

    def by_id(self, company_id: str) -> Company:
        """A company by its id. Raises NotFound."""
        if company_id not in self._by_id:
            raise NotFound(f"Компании «{company_id}» нет. Есть: {', '.join(self._by_id)}.")
        return self._by_id[company_id]


def every(folder: Path) -> tuple[Companies, list[Misconfigured]]:
    """The companies of the files that are right, and what is wrong with each of the others.

    Of two files that want one number or one queue, the second by name is wrong.
    """
    by_id: dict[str, Company] = {}
    refused: list[Misconfigured] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            file = read(path)
            company = validated(file, Company, SHAPES)
            if mistakes := [*at_odds(company, file), *taken(company, file, by_id.values())]:
                raise misconfigured(path, mistakes)
        except Misconfigured as error:
            refused.append(error)
        else:
            by_id[company.id] = company
    if not by_id and not refused:
        nobody = Mistake(1, "Нет ни одной компании.", "Положите сюда файл компании *.yaml.")
        refused.append(misconfigured(folder, [nobody]))
    return Companies(by_id), refused
