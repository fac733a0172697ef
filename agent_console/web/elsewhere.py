"""What was changed in another process reaches this one's pages and memory by the same ways as what was changed here."""

from __future__ import annotations

from agent_console.console import Console
from agent_console.register.changed import ChangedAppeals
from gridline.processes.news import News, NewsTopic, OneNews
from worklist.codes import ItemKind
from worklist.worklist import Changed, Worklist


def follow(console: Console, news: News) -> None:
    """Listen to the news of other processes; where some were missed, every open page is taken anew."""
    worklist, storm, announcer = console.worklist, console.storm, console.announcer
    appeals = ChangedAppeals(console)

    def outages(told: OneNews) -> None:
        for company in console.companies:  # what a feed told here was told to no page yet, so own news too
            if told.company_id in ("", company.id):
                console.outage_desk.tell(company.id)

    def announcements(told: OneNews) -> None:
        if told.elsewhere:
            announcer.sooner.set()
            announcer.tell(told.company_id)

    def storms(told: OneNews) -> None:
        if told.elsewhere:
            storm.sooner.set()

    news.listen(NewsTopic.WORK, lambda told: _items(worklist, told))
    news.listen(NewsTopic.OUTAGE, outages)
    news.listen(NewsTopic.STORM, storms)
    news.listen(NewsTopic.ANNOUNCEMENT, announcements)
    news.listen(NewsTopic.APPEAL, appeals.heard)
    news.on_gap.append(console.push.reset)


def _items(worklist: Worklist, told: OneNews) -> None:
    if not told.elsewhere:
        return
    kind, _, id = told.subject.partition(":")
    for one in [ItemKind(kind)] if kind else ItemKind:
        worklist.tell(Changed(told.company_id, id, one))
