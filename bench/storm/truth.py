"""What sipp's callers were told, read from the steps that the product stored of their calls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from sqlalchemy import select

from bench.storm import town
from gridline.db import Database
from ivr.journal.models import CallRecord, CallStep
from ivr.voice.prompts import PromptBook

TRUTH: Final = frozenset({"outage-unplanned", "report-taken", "report-again", "report-joined", "report-first-clock"})
"""Each says what the line knows of the caller's own place."""
TAKEN: Final = frozenset({"report-taken", "report-again", "report-joined"})
TORN: Final = 0.9
"""So much of a sentence must have been said for it to count: its length is estimated by its letters."""


@dataclass(frozen=True, slots=True)
class StormCall:
    """One call about supply, as it is stored."""

    id: str
    notice_s: float | None
    """From its beginning to the end of the notice; None when that was not heard whole."""
    truth_s: float | None
    """From its beginning to the end of the first sentence about the caller's own place."""
    way: tuple[str, ...]
    """The places it went through."""
    reported: bool
    """Whether it was told that its report is taken."""


@dataclass(frozen=True, slots=True)
class StormTold:
    """What was told in a storm."""

    calls: int
    """Of all kinds, as far as they are stored."""
    noticed: int
    """Those of whom the notice was heard whole."""
    danger: int
    """Those that went to the dispatcher's queue, by whatever key."""
    heard: Sequence[StormCall]
    """The others."""

    @property
    def truths(self) -> list[float]:
        """Seconds to the truth of all who heard it."""
        return [one.truth_s for one in self.heard if one.truth_s is not None]

    @property
    def astray(self) -> Mapping[str, int]:
        """Who went away without: how many by which way."""
        return Counter(" ".join(one.way) for one in self.heard if one.truth_s is None)


async def told(db: Database, book: PromptBook, letters_a_second: float, since: datetime) -> StormTold:
    """Every call since then; `letters_a_second`: how fast it was said."""
    async with db.read() as session:
        records = list(await session.scalars(select(CallRecord).where(CallRecord.started_at >= since)))
        ordered = select(CallStep).where(CallStep.started_at >= since).order_by(CallStep.started_at, CallStep.ordinal)
        steps = defaultdict[str, list[CallStep]](list)
        for step in await session.scalars(ordered):
            steps[step.call_id].append(step)
    sentences = Sentences(book, letters_a_second)
    danger = {one.id for one in records if any(step.place == "danger" for step in steps[one.id])}
    heard = [_heard(one, steps[one.id], sentences) for one in records if one.id not in danger]
    return StormTold(len(records), sum(bool(one.notice_completed) for one in records), len(danger), heard)


class Sentences:
    """When a sentence was over in a step that says several, some of them cut short by a key or a hang-up."""

    def __init__(self, book: PromptBook, letters_a_second: float) -> None:
        self._rate = letters_a_second
        wordings = {id: book[id].wording(town.COMPANY) for id in TRUTH}
        self._openings = {id: wording.partition("{")[0].replace("+", "") for id, wording in wordings.items()}

    def over_s(self, step: CallStep) -> float | None:
        """Seconds into the step until its first sentence of TRUTH was said; None when it was not, or torn."""
        ends = [self._end(step, id) for id in TRUTH & set(step.prompt_ids)]
        if not ends:
            return None
        lasted_s = (step.ended_at - step.started_at).total_seconds()
        needed_s = min(ends) / self._rate
        return min(needed_s, lasted_s) if lasted_s >= needed_s * TORN else None

    def _end(self, step: CallStep, id: str) -> int:
        """Letters of the step up to this sentence's end."""
        begins = step.prompt_text.find(self._openings[id])
        if begins < 0:
            return len(step.prompt_text)
        ends = step.prompt_text.find(".", begins + len(self._openings[id]) - 1)
        return len(step.prompt_text) if ends < 0 else ends


def _heard(call: CallRecord, steps: Sequence[CallStep], sentences: Sentences) -> StormCall:
    truth_s = None
    for step in steps:
        over_s = sentences.over_s(step)
        if over_s is not None:
            truth_s = (step.started_at - call.started_at).total_seconds() + over_s
            break
    noticed_at = call.notice_ended_at if call.notice_completed else None
    places = [step.place for step in steps]
    return StormCall(
        call.id,
        (noticed_at - call.started_at).total_seconds() if noticed_at else None,
        truth_s,
        tuple(places[:1] + [after for before, after in pairwise(places) if after != before]),
        any(TAKEN & set(step.prompt_ids) for step in steps),
    )
