"""Words of a table as people mix them: capital letters, «е» for «ё», spaces."""

from __future__ import annotations


def plain(written: str) -> str:
    """What the ways of writing one word have in common: « Лицевой  счёт» -> «лицевой счет»."""
    return " ".join(written.casefold().replace("ё", "е").split())
