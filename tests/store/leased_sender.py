"""A process that sends messages under a lease: `python -m tests.store.leased_sender URL NODE LEDGER`.

Each message that leaves is a line of the ledger: the node, and the message's id. A message takes a while to leave.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.processes.leases import Leases
from gridline.settings import HOUSE
from outreach import quiet
from outreach.messages import Messages
from outreach.models import MessageState, MessageWay
from outreach.senders.port import Parcel
from service.jobs import Jobs

TAKES_S = 0.05


class Ledger:
    """A provider that takes everything, and writes down what it took."""

    repeatable = False

    def __init__(self, file: Path, node: str) -> None:
        self._file = file
        self._node = node

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Write it down."""
        await asyncio.sleep(TAKES_S)
        with self._file.open("a") as ledger:
            ledger.write(f"{self._node} {parcel.id}\n")
        return ()

    async def ask(self, provider_id: str) -> MessageState | None:
        """Nothing more is known."""
        del provider_id
        return None

    async def close(self) -> None:
        """Nothing is open."""


async def main(url: str, node: str, ledger: Path) -> None:
    """Send until SIGTERM."""
    db, stop = Database(url, pool_size=4), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    companies = Companies.load(HOUSE / "dialplan/companies")
    sender = Ledger(ledger, node)
    senders = {MessageWay.SMS: sender, MessageWay.EMAIL: sender}
    hours = quiet.of_installation(HOUSE / "dialplan")
    messages = Messages(db, SystemClock(), companies, hours, senders, asyncio.Queue())
    leases = Leases(db, node)
    jobs = Jobs(leases)
    jobs.keep("leases", leases.run)
    jobs.once("messages", messages.run_once, every_s=0.1)
    await stop.wait()
    await jobs.stop()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
