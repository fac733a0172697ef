"""Proposed outages: kept up to date with the open reports, shown to dispatchers, decided by them.

A node that feeds several branches is one proposal, for its cause is one. Whoever sees one of them sees what of it is
theirs; it is decided by those who see the whole.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.outages import joining
from grid.outages.clusters import Cluster, ClusterShare, OpenReport, clusters
from grid.outages.feeding import Feeding
from grid.outages.joining import going_on
from grid.outages.models import (
    Outage,
    OutageChange,
    OutageEvent,
    OutageProposal,
    OutageReport,
    OutageScope,
    ProposalShare,
    ProposalState,
    Service,
)
from grid.outages.thresholds import ClusterRules
from gridline.db import insert_missing, new_id
from gridline.errors import Conflict, NotFound
from gridline.scope import OutOfScope, Scope

_COLUMNS = tuple(
    getattr(OutageReport, {"at": "reported_at"}.get(name, name)) for name in OpenReport.__dataclass_fields__
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the open reports of a company say at one moment."""

    clusters: tuple[Cluster, ...]
    explained: Mapping[str, list[str]]
    """Reports (ids) that outages known by now explain, by outage."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was stored of it."""

    changed: bool
    """Whether a page shows something else than before."""
    joined: tuple[str, ...]
    """Reports (ids) that were joined to outages."""


async def gather(
    session: AsyncSession, company_id: str, feeding: Feeding, rules: ClusterRules, now: datetime
) -> Gathered:
    """Look which open reports are explained by now, and gather the rest; stores nothing, so that no writer waits."""
    reports = await _open_reports(session, company_id)
    explained = await joining.explained(session, company_id, reports, feeding, now)
    gone = {id for ids in explained.values() for id in ids}
    dark = await _dark(session, company_id, now, rules.window)
    # Of ten thousand reports it takes a fifth of a second, for which no call is to wait.
    open_ones = [one for one in reports if one.id not in gone]
    found = await asyncio.to_thread(clusters, open_ones, feeding, rules, now, dark=dark)
    return Gathered(tuple(found), explained)


async def keep(session: AsyncSession, company_id: str, gathered: Gathered, rules: ClusterRules, now: datetime) -> Kept:
    """Store it: explained reports joined, proposals as the clusters are.

    Two processes may do it at once: a report is joined once, an open proposal is unique by its key.
    """
    joined: list[str] = []
    for outage_id, ids in gathered.explained.items():
        outage = await session.get(Outage, outage_id)
        if outage is None or not (done := await joining.join_these(session, outage, ids, now)):
            continue
        joined += done
        session.add(
            OutageEvent(
                outage_id=outage_id, at=now, actor="gridline", kind=OutageChange.JOINED, body={"reports": len(done)}
            )
        )
    changed = await _proposed(session, company_id, gathered.clusters, rules, now)
    return Kept(changed or bool(joined), tuple(joined))


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """A proposal as somebody sees it: the whole, or what of it is their branch's."""

    proposal: OutageProposal
    reports: int
    contacts: int
    first_report_at: datetime | None
    """None: nobody of theirs has reported."""
    branches: Mapping[str, int]
    """Reports by branch (id), "" where nobody knows it, of a node that feeds several; else empty."""
    whole: bool
    """Whether they see all of it, and so decide it."""


async def open_proposals(session: AsyncSession, company_id: str, *, visible_to: Scope) -> list[OutageProposal]:
    """Proposals that wait for a decision, the one with most voices first."""
    query = select(OutageProposal).where(
        OutageProposal.company_id == company_id, OutageProposal.state == ProposalState.OPEN, _visible(visible_to)
    )
    ordered = query.order_by(OutageProposal.reports.desc(), OutageProposal.first_report_at, OutageProposal.id)
    return list(await session.scalars(ordered))


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> OutageProposal:
    """Raises NotFound, and OutOfScope when it is not the asker's to see."""
    proposal = await session.get(OutageProposal, id)
    if proposal is None:
        raise NotFound("Такого предложения нет.")
    if not await session.scalar(select(_visible(visible_to)).where(OutageProposal.id == id)):
        raise OutOfScope("Такого предложения нет.")
    return proposal


async def to_decide(session: AsyncSession, id: str, *, visible_to: Scope) -> OutageProposal:
    """The same for whoever publishes or dismisses it. Raises Conflict too, where they see one branch of several."""
    proposal = await find(session, id, visible_to=visible_to)
    if visible_to.branch and await _shares(session, [id]):
        raise Conflict("Этот узел питает и другие филиалы: решает тот, кто видит все. Своё место опубликуйте отдельно.")
    return proposal


async def dismiss(session: AsyncSession, id: str, actor: str, now: datetime) -> OutageProposal:
    """It is no outage; it comes back only when it has grown. Raises NotFound, Conflict when it is decided already."""
    proposal = await session.get(OutageProposal, id, with_for_update=True)
    if proposal is None:
        raise NotFound("Такого предложения нет.")
    if proposal.state is not ProposalState.OPEN:
        raise Conflict("По этому предложению уже решено.")
    proposal.state, proposal.decided_at, proposal.decided_by = ProposalState.DISMISSED, now, actor
    return proposal


async def shown(session: AsyncSession, company_id: str, *, visible_to: Scope) -> list[ShownProposal]:
    """Open proposals as their reader sees them, the one with most voices first."""
    found = await open_proposals(session, company_id, visible_to=visible_to)
    shares = await _shares(session, [one.id for one in found])
    return [_shown(one, shares.get(one.id, []), visible_to) for one in found]


def _shown(proposal: OutageProposal, shares: Sequence[ClusterShare], visible_to: Scope) -> ShownProposal:
    whole = not (visible_to.branch and shares)
    own = [one for one in shares if whole or one.branch in ("", visible_to.branch)]
    branches = {one.branch: one.reports for one in sorted(own, key=lambda one: (not one.branch, one.branch))}
    if whole:
        return ShownProposal(
            proposal, proposal.reports, proposal.contacts, proposal.first_report_at, branches, whole=True
        )
    first_at = min((one.first_at for one in own if one.first_at), default=None)
    contacts = sum(one.contacts for one in own)
    return ShownProposal(proposal, sum(branches.values()), contacts, first_at, branches, whole=False)


def _visible(visible_to: Scope) -> ColumnElement[bool]:
    """What a node feeds that feeds several branches is shown to those of each, and to nobody of any other."""
    own = visible_to.where(OutageProposal.company_id, OutageProposal.branch)
    if not visible_to.branch:
        return own
    shared = exists().where(ProposalShare.proposal_id == OutageProposal.id)
    return and_(own, or_(~shared, shared.where(ProposalShare.branch == visible_to.branch)))


async def _shares(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[ClusterShare]]:
    """By proposal (id), of those whose node feeds several branches."""
    found: dict[str, list[ClusterShare]] = defaultdict(list)
    query = select(ProposalShare).where(ProposalShare.proposal_id.in_(ids)).order_by(ProposalShare.branch)
    for one in await session.scalars(query) if ids else ():
        found[one.proposal_id].append(ClusterShare(one.branch, one.reports, one.contacts, one.first_report_at))
    return found


async def _open_reports(session: AsyncSession, company_id: str) -> list[OpenReport]:
    query = select(*_COLUMNS).where(OutageReport.company_id == company_id, OutageReport.closed_at.is_(None))
    return [OpenReport(*row) for row in await session.execute(query)]


async def _dark(
    session: AsyncSession, company_id: str, now: datetime, within: timedelta
) -> dict[tuple[Service, str], datetime]:
    """Transformers and feeders that unplanned outages of the window name, and since when."""
    query = (
        select(Outage.service, Outage.starts_at, OutageScope.transformer, OutageScope.line)
        .join(OutageScope, OutageScope.outage_id == Outage.id)
        .where(
            Outage.company_id == company_id,
            Outage.planned.is_(False),
            Outage.starts_at > now - within,
            going_on(now),
        )
    )
    rows = await session.execute(query)
    return {(row.service, code): row.starts_at for row in rows if (code := row.transformer or row.line)}


async def _proposed(
    session: AsyncSession, company_id: str, found: Sequence[Cluster], rules: ClusterRules, now: datetime
) -> bool:
    recent = select(OutageProposal).where(
        OutageProposal.company_id == company_id,
        OutageProposal.state.in_([ProposalState.OPEN, ProposalState.DISMISSED]),
        (OutageProposal.state == ProposalState.OPEN) | (OutageProposal.decided_at > now - rules.window),
    )
    stands: dict[tuple[Service, str], OutageProposal] = {}
    dismissed: dict[tuple[Service, str], int] = {}
    for one in await session.scalars(recent.with_for_update()):
        if one.state is ProposalState.OPEN:
            stands[one.service, one.key] = one
        else:
            dismissed[one.service, one.key] = max(one.reports, dismissed.get((one.service, one.key), 0))
    shares = await _shares(session, [one.id for one in stands.values()])
    changed, added = False, []
    redrawn: dict[str, Cluster] = {}
    """By proposal (id): clusters whose parts are stored otherwise, or not yet."""
    for cluster in found:
        proposal = stands.pop((cluster.service, cluster.key), None)
        if proposal is not None:
            figures = (int(cluster.voices), cluster.contacts, cluster.branch)
            if (proposal.reports, proposal.contacts, proposal.branch) != figures:
                proposal.reports, proposal.contacts, proposal.branch = figures
                changed = True
            if {*shares.get(proposal.id, [])} != {*cluster.shares}:
                redrawn[proposal.id] = cluster
        elif cluster.voices >= ceil(dismissed.get((cluster.service, cluster.key), 0) * rules.grown):
            added.append(row := _row(company_id, cluster, now))
            redrawn[str(row["id"])] = cluster
    for faded in stands.values():
        faded.state, faded.decided_at = ProposalState.FADED, now
    await insert_missing(session, OutageProposal, added)
    await _redraw(session, redrawn)
    return changed or bool(redrawn) or bool(stands)


async def _redraw(session: AsyncSession, clusters: Mapping[str, Cluster]) -> None:
    """Store each branch's part; of a proposal that another process made first, that process does."""
    if not clusters:
        return
    await session.execute(delete(ProposalShare).where(ProposalShare.proposal_id.in_(clusters)))
    shared = [id for id, cluster in clusters.items() if cluster.shares]
    ours = await session.scalars(select(OutageProposal.id).where(OutageProposal.id.in_(shared))) if shared else ()
    rows = [
        {
            "proposal_id": id,
            "branch": one.branch,
            "reports": one.reports,
            "contacts": one.contacts,
            "first_report_at": one.first_at,
        }
        for id in ours
        for one in clusters[id].shares
    ]
    await insert_missing(session, ProposalShare, rows)


def _row(company_id: str, cluster: Cluster, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "company_id": company_id,
        "branch": cluster.branch,
        "service": cluster.service,
        "key": cluster.key,
        "scope": [part.stored for part in cluster.scope],
        "reports": int(cluster.voices),
        "contacts": cluster.contacts,
        "first_report_at": cluster.first_at,
        "made_at": now,
        "state": ProposalState.OPEN,
        "decided_at": None,
        "decided_by": "",
        "outage_id": None,
    }
