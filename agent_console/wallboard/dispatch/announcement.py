"""What callers will hear of an outage after a step: phrases of the line itself in its own voice, heard beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from grid.outages.models import Outage, OutageStatus
from grid.outages.scopes import ScopePart
from grid.outages.truth import Known
from gridline.companies import Company
from gridline.errors import InvalidInput
from ivr.actions.power import words
from ivr.voice.prompts import Phrase
from ivr.voice.voice import Utterance, Voice


def phrases(
    outage: Outage, scope: Sequence[ScopePart], company: Company, now: datetime, crew_at: datetime | None = None
) -> list[Phrase]:
    """The sentences about the outage as it will be."""
    if outage.status is OutageStatus.RESTORED:
        return [words.said_to_be_back(outage, now, company)]
    if outage.starts_at > now:
        return words.to_come(outage, now, company)
    return words.going_on(Known(outage, [part.row(outage.id) for part in scope], crew_at), now, company)


async def sounded(voice: Voice, company: Company, told: Sequence[Phrase]) -> Utterance:
    """The same as a sound. Raises PromptUnavailable where the voice cannot be had now."""
    return await voice.render(told, company.id)


async def must_be_heard(voice: Voice, company: Company, told: Sequence[Phrase], heard: str) -> Utterance:
    """Raise InvalidInput unless `heard` is the version of exactly this announcement."""
    utterance = await sounded(voice, company, told)
    if heard != utterance.version:
        raise InvalidInput("Сначала прослушайте, что услышат абоненты (F8): текст изменился или ещё не звучал.")
    return utterance
