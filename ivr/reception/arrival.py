"""What is known of a call when it comes: what the dialplan says of it, and how much of that may be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from gridline import metrics
from ivr.telephony.seal import Seal, SealedFacts
from ivr.telephony.wire import clean

log = structlog.get_logger(__name__)
_SAID, _BEFORE = 8, (6, 7)
"""How much a dialplan says; and one of before danger, or the trust line, was kept, in an Asterisk that runs on."""


@dataclass(frozen=True)
class Arrival:
    """The dialplan's words, and Asterisk's of its channel.

    The dialplan speaks in the address it asks for, `agi://HOST/call/COMPANY/DIALLED/CALL/PLACE/NOTICE/SEAL/DANGER/TRUST`:
    it is the first thing Asterisk 22 sends, before anything that a telephone may have put in.
    """

    company_id: str
    dialled: str
    kept: SealedFacts
    """What a controller before this one left in the channel; empty for a new call, and when its seal does not fit."""
    channel: str
    caller_raw: str
    nameless: bool = False
    """Nobody may know who calls. The dialplan's word is enough: should it be wrong, only a number is not known."""

    @classmethod
    def of(cls, env: Mapping[str, str], seal: Seal) -> Arrival:
        """Read the AGI environment; anything the dialplan did not say is empty."""
        said = env.get("network_script", "").split("/")[1:]
        if len(said) in _BEFORE:
            said += [""] * (_SAID - len(said))
        if len(said) != _SAID:
            said = [""] * _SAID
        company, dialled, call, place, notice, signature, danger, trust = said
        channel = clean(env.get("uniqueid", ""))
        kept = SealedFacts(call, place, notice, danger, trust)
        if kept != SealedFacts(trust=trust) and not seal.fits(signature, channel, kept):
            metrics.SEALS_REFUSED.inc()
            log.warning("call-not-sealed-by-us", channel=channel, claimed=clean(call, 40), place=clean(place, 40))
            kept = SealedFacts()
        caller = clean(env.get("callerid", ""))
        raw = "" if caller == "unknown" else caller[:64]
        return cls(company, clean(dialled)[:32], kept, channel, raw, nameless=trust == "1")
