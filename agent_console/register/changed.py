"""An appeal that another process has changed: its open pages here are told who did what, as those there were."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from agent_console.console import Console
from agent_console.people import people
from agent_console.register import timeline
from appeals.finding import dossier
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
                deed = await dossier.last_deed(session, id)
                names = await people.names(session, timeline.people_in([deed.event]))
                by = await people.id_of(session, deed.event.actor)
            company = self._console.companies.by_id(deed.appeal.company_id)
            for last in timeline.tell([deed.event], (), names, company, deed.measures):
                news = {"version": deed.appeal.version, "who": last.who, "what": last.title.lower(), "by": by}
                self._console.push.publish(f"{TOPIC}:{id}", "appeal", json.dumps(news))
