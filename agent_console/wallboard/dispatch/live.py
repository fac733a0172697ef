"""The dispatcher's pages that are open: rendered anew once for each company and branch that somebody looks at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import structlog
from aiohttp import web

from agent_console.console import CONSOLE, Console
from agent_console.push import MORPH, NEXT
from agent_console.wallboard.dispatch.board import STATES, WAYS, DispatchBoard, board
from agent_console.web.render import TEMPLATES, Templates
from gridline.clock import happens
from gridline.companies import Company
from gridline.log import contained
from gridline.scope import Scope
from worklist.codes import ItemKind
from worklist.worklist import Changed

DISPATCH: Final = "dispatch"
TEMPLATE: Final = "dispatch.html"
BLOCKS: Final = ("counts", "feeds", "proposals", "reports", "outages", "places")
TOGETHER_S: Final = 0.2
"""Changes within this time go together: in a storm a report comes every few milliseconds."""
ANEW_S: Final = 15.0
"""What time alone changes (a planned outage begins) is looked at this often."""

log = structlog.get_logger(__name__)


def topic(company_id: str, branch: str) -> str:
    """The topic of those who see this company, or this branch of it."""
    return f"{DISPATCH}:{company_id}/{branch}"


def context(company: Company, shown: DispatchBoard) -> dict[str, Any]:
    """What every block of the template needs."""
    return {
        "company": company,
        "zone": company.zone,
        "branch_names": {one.id: one.name for one in company.branches},
        "board": shown,
        "STATES": STATES,
        "WAYS": WAYS,
    }


class DispatchLive:
    """One for the process."""

    def __init__(self, console: Console, templates: Templates) -> None:
        self._console = console
        self._templates = templates
        self._news = asyncio.Event()
        self._told: dict[tuple[str, str], str] = {}
        console.outage_desk.listeners.append(lambda _company_id: self._news.set())
        console.worklist.listeners.append(self._on_item)

    async def run(self) -> None:
        """Tell changes for ever."""
        while True:
            for company in self._console.companies:
                for branch in ("", *(one.id for one in company.branches)):
                    with contained("dispatch", "dispatch-not-shown", company=company.id):
                        await self._tell(company, branch)
            await asyncio.sleep(TOGETHER_S)
            await happens(self._news, within_s=ANEW_S)
            self._news.clear()

    async def _tell(self, company: Company, branch: str) -> None:
        push, name = self._console.push, topic(company.id, branch)
        if not push.listening(name):
            return
        shown = await board(self._console, company, self._console.clock.now(), visible_to=Scope(company.id, branch))
        told = context(company, shown)
        parts = {block: self._templates.part(TEMPLATE, block, **told) for block in BLOCKS}
        fresh = [html for block, html in parts.items() if self._told.get((name, block)) != html]
        self._told |= {(name, block): html for block, html in parts.items()}
        if fresh:
            push.publish(name, MORPH, NEXT.join(fresh))

    def _on_item(self, changed: Changed) -> None:
        if changed.kind is ItemKind.OUTAGE_REPORT:
            self._news.set()


async def running(app: web.Application) -> AsyncIterator[None]:
    """Tell changes while the application runs."""
    job = asyncio.create_task(DispatchLive(app[CONSOLE], app[TEMPLATES]).run())
    yield
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
