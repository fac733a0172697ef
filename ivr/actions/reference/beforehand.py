"""What of passports, articles and surveys can be made before any call, so that a long one keeps nobody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from grid.reference.sections import ArticleSection
from grid.reference.shelf import OnTheShelf, ReferenceShelf
from gridline.companies import Company
from gridline.errors import GridlineError
from ivr.actions.reference import survey_words
from ivr.actions.reference.connection_consultation import parts
from ivr.voice.clips import PromptUnavailable
from ivr.voice.prompts import Phrase, Prompt
from ivr.voice.voice import Voice

LONGEST_S: Final = 45.0
"""Seconds of one part; the file's limit in letters is about forty."""
PATIENCE: Final = 5
"""How often a sound is asked for: what is not there in the voice's time goes on being made."""


def phrases(told: OnTheShelf, company: Company) -> Iterator[tuple[str, list[Phrase]]]:
    """Each thing that a caller of this company may be told, with its name for people."""
    for section in ArticleSection:
        for article in told.knowledge.aloud(company.id, section):
            yield article.id, [Prompt("knowledge-words", words=article.spoken)]
    passports = told.passports.of(company.id)
    for passport in passports.all:
        for part in parts(passport):
            yield f"passport-{passport.id}", part
    if passports.accompaniment:
        yield "accompaniment", [Prompt("consult-accompaniment", words=passports.accompaniment)]
    for survey in told.surveys.of(company.id):
        for part in survey_words.parts(survey):
            yield f"survey-{survey.id}", part


async def made(voice: Voice, shelf: ReferenceShelf, company: Company) -> list[str]:
    """Make them, as this company's callers hear them; returns what cannot be made or lasts too long."""
    voice, problems = voice.pace(slow=company.slow_speech), []
    for name, said in phrases(shelf.now(), company):
        problem = await _made(voice, said, company)
        if problem:
            problems.append(f"{company.id}/{name}: {problem}")
    return problems


async def _made(voice: Voice, said: list[Phrase], company: Company) -> str:
    last = ""
    for _ in range(PATIENCE):
        try:
            seconds = (await voice.render(said, company.id)).seconds
        except PromptUnavailable as error:
            last = error.message
        except GridlineError as error:
            return error.message
        else:
            return "" if seconds <= LONGEST_S else f"звучит {seconds:.1f} с, сократите"
    return last
