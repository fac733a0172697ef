"""What an action may reach for: the company's data, the register, the recordings, the board."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from appeals.register import Register
from grid.numbering.numbering import Numbering
from grid.offices.book import OfficeBook
from grid.reference.shelf import ReferenceShelf
from gridline import metrics
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from ivr.call import Call
from ivr.desk.visits import Visits
from ivr.desk.whisper import Whispers
from ivr.journal.journal import Journal
from ivr.live.board import Board
from ivr.promised.spool import Spool
from ivr.reception.ends import Ends
from ivr.storm.announcer import Announcer
from ivr.storm.storm import Storm
from ivr.voice.hearing.hearing import CallersVoice
from outreach.messages import Messages
from recordings.disk import Disk
from recordings.incoming import BadLabel, Incoming, Kind, Label
from worklist.callbacks import Callbacks
from worklist.outage_desk import OutageDesk
from worklist.steps.call_outs import CallOuts
from worklist.worklist import Worklist

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Services:
    """Built once by `service.controller` and passed to every action."""

    db: Database
    clock: Clock
    companies: Companies
    calendar: ProductionCalendar
    register: Register
    worklist: Worklist
    callbacks: Callbacks
    call_outs: CallOuts
    outage_desk: OutageDesk
    messages: Messages
    board: Board
    journal: Journal
    spool: Spool
    incoming: Incoming
    disk: Disk
    hearing: CallersVoice
    whispers: Whispers
    visits: Visits
    ends: Ends
    storm: Storm
    announcer: Announcer
    numbering: Numbering
    offices: OfficeBook
    shelf: ReferenceShelf

    async def begin_recording(self, call: Call, kind: Kind) -> Label | None:
        """A label for a recording that is about to begin, or None when it must not or cannot.

        Not before the notice was heard (rule R5), not on a full or broken disk (fault F23): the call goes on, the
        reason is logged and counted.
        """
        reason = "no-notice" if not call.notice_heard else ""
        if not reason:
            try:
                label = await self.disk.do(self._announced, call, kind)
            except OSError:
                reason = "disk"
            else:
                if label is not None:
                    call.recordings.append(label.id)
                    return label
                reason = "no-room"
        metrics.RECORDINGS_REFUSED.labels(reason).inc()
        log.error("recording-refused", call=call.id, kind=kind, reason=reason)
        return None

    def _announced(self, call: Call, kind: Kind) -> Label | None:
        if not self.incoming.has_room(kind):
            return None
        return self.incoming.announce(
            call.id, kind, company_id=call.company.id, caller=None if call.anonymous else call.caller
        )

    def end_recordings(self, call: Call) -> None:
        """Say on each label that the call is over, without waiting for the disk."""
        for recording in call.recordings:
            self.disk.later(self._ended, call.id, recording)

    def _ended(self, call_id: str, recording: str) -> None:
        """Where the disk takes nothing, the samples' rest tells the intake."""
        try:
            self.incoming.ended(recording)
        except (OSError, BadLabel) as error:
            log.error("recording-not-ended", call=call_id, recording=recording, reason=str(error))
