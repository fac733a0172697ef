"""Open reports that look like one outage: gathered by the net from the transformer up, by place where it is not known.

A pure function of reports, net and rules: the same for the dispatcher's page and for the simulated storm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from grid.models import NodeKind
from grid.outages.feeding import Feeding
from grid.outages.models import Service
from grid.outages.scopes import ScopePart
from grid.outages.thresholds import ClusterRules, LevelRule


@dataclass(frozen=True, slots=True)
class OpenReport:
    """What a cluster needs of a report that nobody has joined to anything yet."""

    id: str
    service: Service
    branch: str
    at: datetime
    """The first contact."""
    last_at: datetime
    contacts: int
    phone: str | None
    premise_id: str | None
    settlement_key: str
    street_key: str
    house: str
    settlement: str
    street: str
    line: str
    transformer: str

    @property
    def place(self) -> str:
        """What is one voice however often it reports."""
        if self.premise_id:
            return self.premise_id
        if self.house:
            return f"{self.settlement_key}:{self.street_key}:{self.house}"
        return self.phone or self.id


@dataclass(frozen=True, slots=True)
class ClusterShare:
    """What of a cluster is one branch's, where its node feeds several; of reports whose branch nobody knows, ""."""

    branch: str
    reports: int = 0
    """Whole voices."""
    contacts: int = 0
    first_at: datetime | None = None
    """None: nobody of it has reported."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Reports that one outage would explain."""

    key: str
    """`transformer:ТП-12`, `street:кемерово:весенняя`, `street:кемерово:весенняя@north` of one branch."""
    service: Service
    branch: str
    """Empty where nobody knows it, or where it is of several: then `shares` says what is whose."""
    scope: tuple[ScopePart, ...]
    reports: tuple[str, ...]
    """Ids."""
    voices: float
    contacts: int
    first_at: datetime
    shares: tuple[ClusterShare, ...] = ()
    """Of a node that feeds several branches: each one's part. Its cause is one, so it is one cluster."""


@dataclass(slots=True)
class _Group:
    """Whatever reported under one node or place."""

    reports: list[OpenReport] = field(default_factory=list)
    voices: dict[str, float] = field(default_factory=dict)
    begun: dict[str, datetime] = field(default_factory=dict)
    """By place: when it was first reported."""

    def add(self, report: OpenReport, weight: float) -> None:
        self.reports.append(report)
        self.voices[report.place] = max(weight, self.voices.get(report.place, 0.0))
        self.begun[report.place] = min(report.at, self.begun.get(report.place, report.at))

    @property
    def whole(self) -> float:
        return sum(self.voices.values())

    @property
    def first_at(self) -> datetime:
        return min(self.begun.values())

    def share(self, branch: str) -> ClusterShare:
        """What of it is this branch's."""
        own = [one for one in self.reports if one.branch == branch]
        voices = sum(self.voices[place] for place in {one.place for one in own})
        first_at = min((one.at for one in own), default=None)
        return ClusterShare(branch, int(voices), sum(one.contacts for one in own), first_at)


ONE_VOICE: Final = 1.0
"""A transformer or a street reports when at least one whole voice under it does: a prankster's share does not."""


def clusters(
    reports: Iterable[OpenReport],
    feeding: Feeding,
    rules: ClusterRules,
    now: datetime,
    *,
    dark: Mapping[tuple[Service, str], datetime] | None = None,
) -> list[Cluster]:
    """The outages that the open reports speak of, the one with most voices first.

    A node that explains what its parts report takes their place: three transformers of one feeder are the feeder.
    `dark`: transformers and feeders that are known to be off, and since when. They report nothing any more, and count
    as parts of what is above them, beside at least one that reports.
    """
    fresh = [one for one in reports if one.last_at > now - rules.window]
    weights = _weights(fresh, rules)
    found: list[Cluster] = []
    for service in Service:
        own = [one for one in fresh if one.service is service]
        known = {code: at for (of, code), at in (dark or {}).items() if of is service}
        fed = [one for one in own if one.transformer or one.line]
        placed = [one for one in own if not (one.transformer or one.line) and one.settlement_key]
        found += _by_net(service, fed, feeding, rules, weights, known)
        found += _by_place(service, placed, rules, weights)
    return sorted(found, key=lambda one: (-one.voices, one.first_at, one.key))


def _weights(reports: Sequence[OpenReport], rules: ClusterRules) -> dict[str, float]:
    """By report: how much of a voice it is. A number that reports many places has one voice for all of them."""
    places: dict[str, set[str]] = defaultdict(set)
    for one in reports:
        if one.phone:
            places[one.phone].add(one.place)
    return {
        one.id: rules.anonymous
        if not one.phone
        else 1.0
        if len(places[one.phone]) <= rules.places_a_number
        else 1.0 / len(places[one.phone])
        for one in reports
    }


def _by_net(
    service: Service,
    reports: Sequence[OpenReport],
    feeding: Feeding,
    rules: ClusterRules,
    weights: Mapping[str, float],
    dark: Mapping[str, datetime],
) -> list[Cluster]:
    by_transformer: dict[str, _Group] = defaultdict(_Group)
    by_feeder: dict[str, _Group] = defaultdict(_Group)
    by_substation: dict[str, _Group] = defaultdict(_Group)
    for one in reports:
        feeder = one.line or feeding.feeder_of.get(one.transformer, "")
        if one.transformer:
            by_transformer[one.transformer].add(one, weights[one.id])
        if feeder:
            by_feeder[feeder].add(one, weights[one.id])
            if substation := feeding.substation_of.get(feeder, ""):
                by_substation[substation].add(one, weights[one.id])

    standing: dict[str, datetime] = {code: at for code, at in dark.items() if code in feeding.substation_of}
    feeders: dict[str, _Group] = {}
    for code, group in by_feeder.items():
        parts = {
            transformer: one.first_at
            for transformer, one in by_transformer.items()
            if one.whole >= ONE_VOICE and _feeder(one, feeding) == code
        }
        if not feeding.transformers.get(code) and not any(one.transformer for one in group.reports):
            # Nothing is known between the feeder and its premises.
            if _stands(rules.transformer, group.begun, feeding.premises.get((NodeKind.FEEDER, code), 0), group.whole):
                feeders[code] = group
        elif parts:
            parts |= {one: at for one, at in dark.items() if feeding.feeder_of.get(one) == code}
            voices = group.whole + len(parts.keys() - by_transformer.keys())
            if _stands(rules.feeder, parts, feeding.transformers.get(code, 0), voices):
                feeders[code] = group
    standing |= {code: group.first_at for code, group in feeders.items()}

    found: list[Cluster] = []
    swallowed: set[str] = set()
    for code, group in by_substation.items():
        parts = {one: at for one, at in standing.items() if feeding.substation_of.get(one) == code}
        if parts.keys() & feeders.keys() and _stands(rules.substation, parts, feeding.feeders[code], group.whole):
            found.append(_cluster(service, NodeKind.SUBSTATION, code, group, feeding))
            swallowed |= {one.id for one in group.reports}
    for code, group in feeders.items():
        if group.reports[0].id not in swallowed:
            found.append(_cluster(service, NodeKind.FEEDER, code, group, feeding))
            swallowed |= {one.id for one in group.reports}
    for code, group in by_transformer.items():
        of = feeding.premises.get((NodeKind.TRANSFORMER, code), 0)
        if group.reports[0].id not in swallowed and _stands(rules.transformer, group.begun, of, group.whole):
            found.append(_cluster(service, NodeKind.TRANSFORMER, code, group, feeding))
    return found


def _feeder(group: _Group, feeding: Feeding) -> str:
    one = group.reports[0]
    return one.line or feeding.feeder_of.get(one.transformer, "")


def _by_place(
    service: Service, reports: Sequence[OpenReport], rules: ClusterRules, weights: Mapping[str, float]
) -> list[Cluster]:
    told: dict[str, set[str]] = defaultdict(set)
    for one in reports:
        if one.branch:
            told[one.settlement_key].add(one.branch)
    by_settlement: dict[tuple[str, str], _Group] = defaultdict(_Group)
    by_street: dict[tuple[str, str, str], _Group] = defaultdict(_Group)
    for one in reports:
        # One name of a settlement may stand in two branches; a report of none is the only branch's that has told it.
        only = next(iter(told[one.settlement_key])) if len(told[one.settlement_key]) == 1 else ""
        branch = one.branch or only
        by_settlement[branch, one.settlement_key].add(one, weights[one.id])
        by_street[branch, one.settlement_key, one.street_key].add(one, weights[one.id])

    found: list[Cluster] = []
    for (branch, settlement), group in by_settlement.items():
        streets = {
            street: one.first_at
            for (*of, street), one in by_street.items()
            if of == [branch, settlement] and street and one.whole >= ONE_VOICE
        }
        loose = by_street.get((branch, settlement, ""))  # a village without streets, or nobody said the street
        parts = streets | (loose.begun if loose else {})
        at = f"@{branch}" if branch else ""
        if _stands(rules.settlement, parts, 0, group.whole):
            name = group.reports[0].settlement
            found.append(_placed(service, f"settlement:{settlement}{at}", ScopePart(settlement=name), group))
            continue
        for street in streets:
            own = by_street[branch, settlement, street]
            if _stands(rules.street, own.begun, 0, own.whole):
                part = ScopePart(settlement=own.reports[0].settlement, street=own.reports[0].street)
                found.append(_placed(service, f"street:{settlement}:{street}{at}", part, own))
    return found


def _stands(rule: LevelRule, begun: Mapping[str, datetime], of: int, voices: float) -> bool:
    """Whether the parts that began to report together are enough."""
    return rule.holds(_together(list(begun.values()), rule.together), of, voices)


def _together(moments: list[datetime], within: timedelta) -> int:
    """The most of them that lie within such a time."""
    moments.sort()
    most = first = 0
    for last, at in enumerate(moments):
        while at - moments[first] > within:
            first += 1
        most = max(most, last - first + 1)
    return most


def _cluster(service: Service, kind: NodeKind, code: str, group: _Group, feeding: Feeding) -> Cluster:
    fed = feeding.branches.get((kind, code), frozenset())
    return _placed(service, f"{kind}:{code}", ScopePart.node(kind, code), group, fed)


def _placed(service: Service, key: str, part: ScopePart, group: _Group, fed: frozenset[str] = frozenset()) -> Cluster:
    told = {one.branch for one in group.reports}
    branches = sorted((fed | told) - {""})
    several = [*branches, *(told & {""})] if len(branches) > 1 else []
    return Cluster(
        key=key,
        service=service,
        branch=branches[0] if len(branches) == 1 else "",
        scope=(part,),
        reports=tuple(one.id for one in group.reports),
        voices=round(group.whole, 2),
        contacts=sum(one.contacts for one in group.reports),
        first_at=group.first_at,
        shares=tuple(group.share(branch) for branch in several),
    )
