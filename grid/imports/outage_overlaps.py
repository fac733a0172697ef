"""One place off twice at one moment: a mistake within a table, two truths where somebody else says the other one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from grid.imports import Key
from grid.imports.outage_rows import OutageFacts, OutageRow
from grid.outages.scopes import ScopePart
from gridline.tables.tabular import Problems


def refuse(rows: Sequence[OutageRow], problems: Problems) -> None:
    """Rows that say of one place and moment what an earlier row says under another number go to `problems`."""
    at: dict[tuple[str, ScopePart], list[OutageRow]] = defaultdict(list)
    for row in rows:
        places = [at[row.code[0], part] for part in row.affects]
        meets = next((one for here in places for one in here if one.facts.meets(row.facts)), None)
        if meets is not None:
            same = f"пересекается с отключением {meets.code[1]} в строке {meets.number}: то же место и время"
            problems.add(row.number, f"{same}. Оставьте одно или разведите их по времени")
        for here in places:
            here.append(row)


def beside(rows: Sequence[OutageRow], known: Mapping[Key, tuple[OutageFacts, frozenset[ScopePart]]]) -> Iterator[str]:
    """Outages of the store that say the same of the same place, in words: no mistake, but a person should look."""
    named = {row.code for row in rows}
    others: dict[tuple[str, ScopePart], list[tuple[str, OutageFacts]]] = defaultdict(list)
    for key, (facts, affects) in known.items():
        if key not in named:
            for part in affects:
                others[key[0], part].append((key[1], facts))
    for row in rows:
        here = [one for part in row.affects for one in others.get((row.code[0], part), ())]
        if meets := sorted({number for number, facts in here if facts.meets(row.facts)}):
            yield f"Отключение {row.code[1]} пересекается с {', '.join(meets[:5])}: то же место и время."
