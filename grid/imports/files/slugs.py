"""Names of ours for what a table calls in Russian: `odintsovo-2` for «Одинцово», in the letters that files allow."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

LONGEST: Final = 32
_LETTERS: Final = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфхыэё", "abvgdeziyklmnoprstufhyee", strict=True)),
        **{"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"},
    }
)


def slug(name: str, taken: Container[str], *, default: str) -> str:
    """A name of small Latin letters, digits and hyphens that is not `taken`."""
    letters = re.sub(r"[^a-z0-9]+", "-", name.casefold().translate(_LETTERS)).strip("-")
    base = letters if letters[:1].isalpha() else f"{default}-{letters}".strip("-")
    made, number = base[:LONGEST].rstrip("-"), 1
    while made in taken:
        number += 1
        made = f"{base[: LONGEST - 4].rstrip('-')}-{number}"
    return made
