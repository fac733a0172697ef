"""The dialplan's own voice mailbox: run by Asterisk itself when no controller answers; keeps a message, says a receipt.

A process of its own on pyst2's `agi` (sync, main thread, fixed literals only: it does not escape quotes). Everything
it needs comes from the channel's own variables and from two arguments that our rendered script gives it.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from asterisk.agi import AGI, AGIAppError, AGIError

from gridline.clock import SystemClock
from gridline.errors import Unavailable
from gridline.phones import e164
from ivr.spool import Spool
from ivr.telephony import variables
from ivr.telephony.line import raw_seconds
from recordings.incoming import Incoming

LIMIT_S = 120
SILENCE_S = 4
SHORTEST_S = 1.0
"""Less than this is a hang-up or a breath, not a message."""


def main(var: Path, series: int) -> None:
    """Record the caller, keep the message in the spool, say the receipt digit by digit."""
    agi = AGI()
    company = str(agi.get_variable(variables.COMPANY))
    call = str(agi.get_variable(variables.CALL)) or hashlib.sha256(agi.env["agi_uniqueid"].encode()).hexdigest()[:32]
    incoming = Incoming(var / "recordings/incoming", SystemClock(), least_free=0)
    message = incoming.announce(call, "message")
    file = incoming.samples(message)
    received_at = datetime.now(UTC).isoformat()
    gone = False
    try:
        target = f'"{file.with_suffix("")}"'  # our own path, proved plain when the files were rendered
        agi.execute("RECORD FILE", target, "sln", '"#"', LIMIT_S * 1000, "0", "BEEP", f"s={SILENCE_S}")
    except (AGIAppError, AGIError, ValueError):  # pyst2 says a hang-up in each of these ways
        gone = True
    incoming.ended(message.id)
    if raw_seconds(file) < SHORTEST_S:
        return
    kept = Spool(var / "spool", series).keep(
        {
            "company_id": company,
            "channel": "phone",
            "kind": "appeal",
            "topic": "outages",
            "phone": e164(agi.env.get("agi_callerid", "")),
            "call_id": call,
            "recording_id": message.id,
            "received_at": received_at,
            "idempotency_key": f"emergency:{message.id}",
        }
    )
    if not gone:
        for _ in range(2):
            agi.say_digits(kept.receipt)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    except Unavailable as error:  # nothing was promised; the dialplan ends the call politely
        sys.exit(error.message)
