"""A menu as its files say it: a company's own places, over those of the common menu where it begins `from: common`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridline.yaml.file import Mistake, Tree, YamlFile, misconfigured, read

FROM, COMMON = "from", "common"
COMMON_FILE = f"{COMMON}.yaml"
"""Beside the companies' menus, and none of theirs."""
_NO_WAYS = frozenset({"say", "do", "topic", "words", "repeat", "tries", "wait"})
"""Words of a place that name no other place."""


@dataclass(frozen=True)
class Written:
    """The places of one menu, and the file that each of them stands in."""

    own: YamlFile
    common: YamlFile | None
    places: Mapping[str, Tree]
    shared: frozenset[str]
    """The places that stand in the common file."""
    names: frozenset[str]
    """Every name that may be led to: common places that are left out too."""

    @property
    def files(self) -> Sequence[YamlFile]:
        """The company's, then the common one if it is used."""
        return [self.own] if self.common is None else [self.own, self.common]

    def file(self, place: str = "") -> YamlFile:
        """Where this place is written; the company's own file for what belongs to none."""
        return self.common if self.common is not None and place in self.shared else self.own

    def elsewhere(self, place: str) -> str:
        """The file of a place that is not in the company's own, or ""."""
        return str(self.file(place).path) if place in self.shared else ""


def written(path: Path, common_file: Path | None = None) -> Written:
    """Read a menu with what it takes from the common one. Raises Misconfigured when a file cannot be read.

    The common one lies beside it, or is named where the menu is a draft that lies elsewhere.

    A place of the company's replaces the common one of that name whole; a common place that nothing leads to then is
    left out. The order is the common file's, so a call begins where every company's begins.
    """
    own = read(path)
    if not isinstance(own.tree, dict):
        return Written(own, None, {}, frozenset(), frozenset())
    if FROM not in own.tree:
        return Written(own, None, own.tree, frozenset(), frozenset(own.tree))
    if own.tree[FROM] != COMMON:
        own.mistakes.append(Mistake(own.line(FROM), "Взять можно только общее меню.", f"Пишите {FROM}: {COMMON}."))
        raise misconfigured(path, own.mistakes)
    common = read(common_file or path.with_name(COMMON_FILE))
    theirs = common.tree
    if not isinstance(theirs, dict) or not theirs:
        raise misconfigured(common.path, [Mistake(1, "В общем меню нет ни одного места.", "Начните с места notice:.")])
    if FROM in theirs:
        raise misconfigured(
            common.path, [Mistake(common.line(FROM), "Общее меню ни из чего не берётся.", f"Уберите строку {FROM}.")]
        )
    mine = {name: body for name, body in own.tree.items() if name != FROM}
    named = {**theirs, **mine}
    reached = _reached([next(iter(named)), *mine], named)  # the company's own stay, so that the check names them
    places = {name: body for name, body in named.items() if name in mine or name in reached}
    return Written(own, common, places, frozenset(places.keys() - mine.keys()), frozenset(named))


def _reached(starts: Sequence[str], places: Mapping[str, Tree]) -> set[str]:
    seen, ahead = set(starts), list(starts)
    while ahead:
        for target in _targets(places[ahead.pop()]):
            if target in places and target not in seen:
                seen.add(target)
                ahead.append(target)
    return seen


def _targets(body: Tree) -> Iterator[str]:
    """Every name that a place may lead to, as it is written: mistakes in it are the reader's to find."""
    for word, value in body.items() if isinstance(body, dict) else ():
        if word not in _NO_WAYS:
            ways = value.values() if isinstance(value, dict) else [value]
            yield from (way for way in ways if isinstance(way, str))
