"""What was changed in another process reaches this one's pages and memory by the same ways as what was changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent_console.register.changed import ChangedAppeals
from gridline.news import Told, Topic
from worklist.codes import ItemKind
from worklist.worklist import Changed, Worklist

if TYPE_CHECKING:
    from service.controller import Controller


def follow(controller: Controller) -> None:
    """Listen to the news of other processes; where some were missed, every open page is taken anew."""
    news, worklist, desk = controller.news, controller.matters.worklist, controller.matters.outage_desk
    storm, announcer = controller.storm, controller.announcer
    appeals = ChangedAppeals(controller.console)

    def outages(told: Told) -> None:
        for company in controller.companies:  # what a feed told here was told to no page yet, so own news too
            if told.company_id in ("", company.id):
                desk.tell(company.id)

    def announcements(told: Told) -> None:
        if told.elsewhere:
            announcer.sooner.set()
            announcer.tell(told.company_id)

    def storms(told: Told) -> None:
        if told.elsewhere:
            storm.sooner.set()

    news.listen(Topic.WORK, lambda told: _items(worklist, told))
    news.listen(Topic.OUTAGE, outages)
    news.listen(Topic.STORM, storms)
    news.listen(Topic.ANNOUNCEMENT, announcements)
    news.listen(Topic.APPEAL, appeals.heard)
    news.on_gap.append(controller.push.reset)


def _items(worklist: Worklist, told: Told) -> None:
    if not told.elsewhere:
        return
    kind, _, id = told.subject.partition(":")
    for one in [ItemKind(kind)] if kind else ItemKind:
        worklist.tell(Changed(told.company_id, id, one))
