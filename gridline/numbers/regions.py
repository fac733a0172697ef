"""Names of Russia's regions as tables and people write them, made comparable: «Белгородская обл.», «Карелия Респ.»."""

from __future__ import annotations

import re

from gridline.tables.words import plain

WHOLE_COUNTRY = "Российская Федерация"
"""What the numbering tables write for numbers that belong to no region: 8-800, satellites."""

_SHORT = {
    "обл": "область",
    "респ": "республика",
    "ао": "автономный округ",
    "аобл": "автономная область",
    "авт": "автономный",
    "окр": "округ",
    "г": "",
    "гор": "",
    "город": "",
}
"""Words of a region's kind; that Moscow is a town need not be said."""
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def key(name: str) -> str:
    """What the ways of writing one region have in common, whatever the order of its words; "" of no name."""
    words = (_SHORT.get(word, word) for word in _WORD.findall(re.sub(r"\s*-\s*", "-", plain(name))))
    return " ".join(sorted(filter(None, words)))
