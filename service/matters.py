"""What outlives a call: the worklist, outages, feeds, messages out; built together, looked after by background jobs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self

from grid.feeds.folder import FeedFolders
from grid.feeds.intake import FeedIntake
from grid.outages import thresholds
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import Settings
from ivr.reception.lost_danger import LostDanger
from outreach import quiet
from outreach.messages import Messages
from outreach.senders.of_settings import senders
from outreach.senders.port import Receipts
from worklist import clocks
from worklist.callbacks import Callbacks
from worklist.dictation import Dictations
from worklist.outage_desk import OutageDesk
from worklist.worklist import Worklist


@dataclass(frozen=True)
class Matters:
    """One of each for the process."""

    worklist: Worklist
    callbacks: Callbacks
    dictations: Dictations
    lost_danger: LostDanger
    outage_desk: OutageDesk
    feed_intake: FeedIntake
    feed_folders: FeedFolders
    messages: Messages

    @classmethod
    def of(cls, config: Settings, db: Database, clock: Clock, companies: Companies) -> Self:
        """Built from the settings. Raises Misconfigured for rows of the installation that are wrong."""
        worklist = Worklist(db, clock, clocks.of_installation(config.dialplan))
        limits = thresholds.of_installation(config.dialplan)
        intake = FeedIntake(db, clock)
        receipts: Receipts = asyncio.Queue()
        hours = quiet.of_installation(config.dialplan)
        return cls(
            worklist=worklist,
            callbacks=Callbacks(db, clock, worklist),
            dictations=Dictations(db, companies, worklist),
            lost_danger=LostDanger(db, clock, companies, worklist),
            outage_desk=OutageDesk(db, clock, companies, worklist, limits),
            feed_intake=intake,
            feed_folders=FeedFolders(config.var / "feeds", companies, intake, clock),
            messages=Messages(db, clock, companies, hours, senders(config, clock, receipts), receipts),
        )
