"""The calls we place: the dialer, and those who have it call: duty telephones, whoever agreed to be called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Self

from gridline.calendar.calendar_file import load_calendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import Settings
from ivr.outbound import duty
from ivr.outbound.campaigns.low_mark import LowMark
from ivr.outbound.campaigns.planned import PlannedScript
from ivr.outbound.campaigns.restored import RestorationScript
from ivr.outbound.campaigns.rounds import CampaignCalls
from ivr.outbound.campaigns.survey import SurveyScript
from ivr.outbound.dialer import Dialer
from ivr.outbound.duty import Duty, DutyPace
from ivr.outbound.duty_script import DutyScript
from ivr.telephony.ami import Ami
from ivr.telephony.seal import Seal
from ivr.voice.voice import Voice
from outreach import quiet
from outreach.campaigns import calling
from outreach.models import Purpose
from recordings.incoming import Incoming
from recordings.store import Store
from service.matters import Matters


@dataclass(frozen=True)
class CallsOut:
    """One of each for the process."""

    dialer: Dialer
    duty: Duty
    campaigns: CampaignCalls

    @classmethod
    def of(
        cls,
        config: Settings,
        db: Database,
        clock: Clock,
        companies: Companies,
        matters: Matters,
        *,
        ami: Ami,
        voice: Voice,
        seal: Seal,
        incoming: Incoming,
        recordings: Store,
    ) -> Self:
        """Built from the settings. Raises Misconfigured, also for a duty telephone that may not be dialled."""
        duty.check(companies, config.outbound_prefixes)
        dialer = Dialer(config, db, clock, companies, ami, voice, seal)
        # read anew for each of them: they are few, and the table may have been changed meanwhile
        calendar = partial(load_calendar, config.var)
        low_mark = LowMark(db, clock, matters.callbacks, matters.worklist, incoming, calendar)
        script = DutyScript(db, clock, companies, matters.worklist, incoming, recordings)
        return cls(
            dialer=dialer,
            duty=Duty(db, clock, companies, matters.worklist, dialer, script, DutyPace.of(config), config.node),
            campaigns=CampaignCalls(
                db,
                clock,
                companies,
                dialer,
                calling.of_installation(config.dialplan),
                quiet.of_installation(config.dialplan),
                {
                    Purpose.RESTORED: RestorationScript(db, clock, matters.worklist, matters.outage_desk),
                    Purpose.PLANNED: PlannedScript(db, clock),
                    Purpose.SURVEY: SurveyScript(db, clock, low_mark),
                },
                matters.outage_desk,
                matters.messages,
                config.calls_out_at_once,
            ),
        )
