"""An appeal that another process has changed: its open pages here are told who did what, as those there were."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from sqlalchemy import select

from agent_console.console import Console
from agent_console.people import people
from agent_console.people.models import User
from agent_console.register import timeline
from appeals.models import Appeal, AppealEvent, Measure
from gridline.log import contained
from gridline.processes.news import OneNews

TOPIC: Final = "appeal"
"""Of the pages of one appeal, by its id."""


class ChangedAppeals:
    """One for the process; `heard` is to be told the news of appeals."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._telling: set[asyncio.Task[None]] = set()

    def heard(self, told: OneNews) -> None:
        """Read what has changed where somebody looks at it; returns at once."""
        if told.elsewhere and self._console.push.listening(f"{TOPIC}:{told.subject}"):
            task = asyncio.create_task(self._tell(told.subject))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, id: str) -> None:
        with contained("appeal-changed", "appeal-not-told", appeal=id):
            async with self._console.db.read() as session:
                appeal = await session.get_one(Appeal, id)
                mine = AppealEvent.appeal_id == id
                events = list(
                    await session.scalars(select(AppealEvent).where(mine).order_by(AppealEvent.seq.desc()).limit(1))
                )
                names = await people.names(session, timeline.people_in(events))
                measures = list(await session.scalars(select(Measure).where(Measure.appeal_id == id)))
                login = events[0].actor.removeprefix("user:") if events else ""
                by = await session.scalar(select(User.id).where(User.login == login))
            company = self._console.companies.by_id(appeal.company_id)
            for last in timeline.tell(events, (), names, company, measures):
                news = {"version": appeal.version, "who": last.who, "what": last.title.lower(), "by": by or ""}
                self._console.push.publish(f"{TOPIC}:{id}", "appeal", json.dumps(news))
