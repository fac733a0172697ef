"""Every scorecard of the installation, read and checked at start: a mistake is told with its file, line and cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from gridline.errors import NotFound
from gridline.yaml.file import Mistake, YamlFile, misconfigured, read
from gridline.yaml.model import validated
from quality.cards.card import SHAPES, Scorecard

SHIPPED: Final = Path(__file__).parent / "data"
OWN: Final = "scorecards"
"""The folder of the installation's dialplan with its own cards."""


class Scorecards:
    """The cards in force now, by title."""

    def __init__(self, cards: Mapping[str, Scorecard]) -> None:
        self._cards = dict(sorted(cards.items(), key=lambda pair: pair[1].title))

    def __iter__(self) -> Iterator[Scorecard]:
        return iter(self._cards.values())

    def card(self, code: str) -> Scorecard:
        """A card by its code, as it is in force now. Raises NotFound."""
        if code not in self._cards:
            raise NotFound(f"Карты оценки «{code[:40]}» нет. Есть: {', '.join(self._cards)}.")
        return self._cards[code]


def of_installation(dialplan: Path) -> Scorecards:
    """The shipped cards with the installation's own on top. Raises Misconfigured with all mistakes of a wrong file."""
    files = [*sorted(SHIPPED.glob("*.yaml")), *sorted((dialplan / OWN).glob("*.yaml"))]
    return Scorecards({path.stem: read_card(path) for path in files})


def read_card(path: Path) -> Scorecard:
    """The card of one file. Raises Misconfigured."""
    file = read(path)
    card = validated(file, Scorecard, SHAPES)
    if mistakes := list(_at_odds(card, file)):
        raise misconfigured(path, mistakes)
    return card


def _at_odds(card: Scorecard, file: YamlFile) -> Iterator[Mistake]:
    """What is valid by itself and contradicts something else in the file."""
    if card.code != file.path.stem:
        what = f"code «{card.code}» не совпадает с именем файла."
        yield Mistake(file.line("code"), what, f"Пишите code: {file.path.stem}.")
    if not any(point.weight for point in card.points):
        yield Mistake(file.line("points"), "Ни у одного пункта нет веса.", "Впишите weight хотя бы одному.")
    elif not any(point.weight for point in card.points if point.calls == "all"):
        what = "Ни один пункт с весом не годится для исходящего звонка."
        yield Mistake(file.line("points"), what, "Уберите calls: in хотя бы у одного.")
    seen: set[str] = set()
    for at, point in enumerate(card.points):
        if point.code in seen:
            what = f"Пункт «{point.code}» повторён."
            yield Mistake(file.line("points", at, "code"), what, "Дайте каждому свой code.")
        seen.add(point.code)
