"""A settlement's district, which tells it from another of the same name: «с. Ивановка (Топкинский р-н)»."""

from __future__ import annotations

import re
from typing import Final

_SAYS_WHAT: Final = re.compile(
    r"(?:^|[\s.])(?:р-н|район|округ|м\.?о|г\.?о|м\.?р|с/с|с/п|обл)\.?(?:$|\s)", re.IGNORECASE
)
_APART: Final = re.compile(
    r"\s*\((?P<district>[^()]*)\)\s*$|\s*,\s*(?P<after>[^,]*(?:р-н|район|округ)[^,]*)$", re.IGNORECASE
)


def named(settlement: str, district: str) -> str:
    """The settlement with its district behind it in brackets; as it is where none is told, or it is there already."""
    district = district.strip().strip("()").strip()
    if not district or not settlement or apart(settlement)[1]:
        return settlement
    return f"{settlement} ({district if _SAYS_WHAT.search(district) else f'{district} р-н'})"


def apart(settlement: str) -> tuple[str, str]:
    """The settlement without its district, and the district, which may be empty."""
    found = _APART.search(settlement)
    if found is None:
        return settlement, ""
    return settlement[: found.start()], (found["district"] or found["after"] or "").strip()
