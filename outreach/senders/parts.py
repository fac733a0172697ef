"""A text as short messages: UCS-2, one of 70 characters, or parts of 67 with a header each."""

from __future__ import annotations

from typing import Final

WHOLE: Final = 140
"""Octets of a short message."""
HEADER: Final = 6
"""Octets of the user data header (3GPP TS 23.040, 9.2.3.24.1) in each part of a longer one."""
MOST_PARTS: Final = 10


def split(text: str, reference: int) -> list[bytes]:
    """The parts in their order, each with its header; one without a header where one is enough.

    `reference` (0-255) tells parts of one message from another's. Raises ValueError for more than MOST_PARTS.
    """
    coded = text.encode("utf-16-be", "surrogatepass")
    if len(coded) <= WHOLE:
        return [coded]
    parts, at = [], 0
    while at < len(coded):
        end = min(at + WHOLE - HEADER, len(coded))
        if end < len(coded) and 0xD8 <= coded[end - 2] <= 0xDB:  # a pair that means one sign stays together
            end -= 2
        parts.append(coded[at:end])
        at = end
    if len(parts) > MOST_PARTS:
        raise ValueError(f"{len(parts)} parts")
    return [bytes((5, 0, 3, reference % 256, len(parts), no)) + part for no, part in enumerate(parts, 1)]
