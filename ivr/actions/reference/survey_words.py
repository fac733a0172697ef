"""What the robot says in a targeted survey: phrases of the survey's own words, so that they can be made beforehand."""

from __future__ import annotations

from collections.abc import Iterator

from grid.reference.surveys import Survey, SurveyQuestion
from ivr.actions.questions import with_keys
from ivr.voice.prompts import Phrase, Prompt


def opening(survey: Survey) -> Prompt:
    """Why we call, how long it takes, and the key that ends such calls."""
    return Prompt("out-survey", intro=survey.intro)


def asked(question: SurveyQuestion) -> Prompt:
    """A question with its keys."""
    if question.is_mark:
        return Prompt("out-survey-mark", question=question.text)
    return Prompt("out-survey-choice", question=question.text, choices=with_keys(question.choices))


def thanks(survey: Survey) -> Prompt:
    """What is said after the last answer."""
    return Prompt("out-survey-thanks", words=survey.thanks)


def parts(survey: Survey) -> Iterator[list[Phrase]]:
    """All of it, as it is said one after another."""
    yield [opening(survey)]
    for question in survey.questions:
        yield [asked(question)]
    yield [thanks(survey), "goodbye"]
