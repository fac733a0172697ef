"""What the controller keeps of a call in its channel, sealed: only what it wrote there itself is believed again."""

from __future__ import annotations

import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class SealedFacts:
    """The part of a call that outlives the controller that served it, as channel variables hold it."""

    call: str = ""
    place: str = ""
    notice: str = ""
    """1 once the notice was heard to its end."""
    danger: str = ""
    """1 once the caller chose danger."""
    trust: str = ""
    """1 on a trust line, and once the trust line was told something."""


@dataclass(frozen=True)
class Seal:
    """Signs what is kept of a call. Controllers that take over each other's calls need the same key."""

    key: str

    def of(self, channel: str, kept: SealedFacts) -> str:
        """The seal (32 hex digits): good for this channel (Asterisk's unique id) and for no other."""
        text = "\n".join((channel, kept.call, kept.place, kept.notice, kept.danger, kept.trust))
        return hmac.digest(self.key.encode(), text.encode(), "sha256")[:16].hex()

    def fits(self, seal: str, channel: str, kept: SealedFacts) -> bool:
        """Whether a controller with our key wrote all of this."""
        return hmac.compare_digest(seal.encode(), self.of(channel, kept).encode())
