"""Everything a page may reach for, built once by `service.controller`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from agent_console.people.leavers import Leavers
from agent_console.people.permissions import Actor
from agent_console.phone import Phones
from agent_console.push import Push
from appeals.answers.dispatch import Dispatch
from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.casework.promises import Promises
from appeals.register import Register
from grid.feeds.intake import FeedIntake
from grid.numbering.numbering import Numbering
from grid.offices.book import OfficeBook
from grid.reference.shelf import ReferenceShelf
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import Settings
from ivr.desk.desk import Desk
from ivr.desk.reconnect import Reconnect
from ivr.desk.recording_pause import RecordingPause
from ivr.live.board import Board
from ivr.menus.editions.calendar_days import CalendarDays
from ivr.menus.editions.editions import Editions
from ivr.menus.flows import Flows
from ivr.outbound.agents_calls import AgentsCalls
from ivr.storm.announcer import Announcer
from ivr.storm.storm import Storm
from ivr.voice.voice import Voice
from outreach.messages import Messages
from quality.judging import Judging
from quality.measures.rules import TalkRules
from quality.transcripts.transcription import Hearing
from recordings.incoming import Incoming
from recordings.store import Store
from worklist.callbacks import Callbacks
from worklist.outage_desk import OutageDesk
from worklist.steps.call_outs import CallOuts
from worklist.worklist import Worklist


@dataclass(frozen=True)
class Console:
    """The services behind the screen."""

    db: Database
    clock: Clock
    companies: Companies
    calendar: ProductionCalendar
    register: Register
    worklist: Worklist
    callbacks: Callbacks
    call_outs: CallOuts
    feeds: FeedIntake
    outage_desk: OutageDesk
    messages: Messages
    casework: Casework
    endings: Endings
    dispatch: Dispatch
    promises: Promises
    board: Board
    desk: Desk
    phones: Phones
    leavers: Leavers
    reconnect: Reconnect
    recording_pause: RecordingPause
    agents_calls: AgentsCalls
    flows: Flows
    editions: Editions
    """What callers meet, as drafts and versions."""
    calendar_days: CalendarDays
    """The days on and off that `calendar` counts by, to be changed."""
    voice: Voice
    settings: Settings
    push: Push
    storm: Storm
    announcer: Announcer
    numbering: Numbering
    offices: OfficeBook
    shelf: ReferenceShelf
    judging: Judging
    incoming: Incoming
    """What is being recorded now."""
    recordings: Path
    """The folder of the recordings' store."""
    store: Store
    """The store itself, wherever it is."""
    ears: Hearing
    """What turns recordings into words, or says that nothing does."""
    talk_rules: TalkRules
    line_up: Callable[[], bool]
    """Whether Asterisk is connected now: without it the banner «нет связи с АТС» stands on every page."""


CONSOLE: web.AppKey[Console] = web.AppKey("console")
_ACTOR: web.RequestKey[Actor] = web.RequestKey("actor", Actor)


def console_of(request: web.Request) -> Console:
    """The services, for a handler."""
    return request.app[CONSOLE]


def actor_of(request: web.Request) -> Actor:
    """The person who asks; only in routes that need one to be signed in."""
    return request[_ACTOR]


def actor_or_none(request: web.Request) -> Actor | None:
    """The person who asks, or None when nobody is signed in."""
    return request.get(_ACTOR)


def set_actor(request: web.Request, actor: Actor) -> None:
    """Say who asks; once per request, by the sign-in check."""
    request[_ACTOR] = actor
