"""Targeted surveys of a company: what the robot asks whoever agreed to be asked, as data; a file a company."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from grid.reference.aloud import Aloud
from gridline.errors import Misconfigured, NotFound
from gridline.yaml.file import Mistake, YamlFile, misconfigured, read
from gridline.yaml.model import validated

MARKS: Final = "12345"
"""The keys of a mark."""
LOW: Final = ("1", "2")
"""Marks after which a person is offered."""
_ID: Final = "^[a-z][a-z0-9-]{0,31}$"
_SHAPES: Final = {_ID: "Строчные латинские буквы, цифры и дефис, с буквы, не длиннее 32."}

Refused = Callable[[Misconfigured], None]
"""Is told of a file that cannot be taken."""


class SurveyAbout(StrEnum):
    """What people are asked about."""

    VISIT = "visit"
    """A visit to an office that took place."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _short(words: str) -> str:
    """A question is heard together with its keys. Raises ValueError."""
    if len(words) > 160:
        raise ValueError(f"вопрос слушают вместе с клавишами: {len(words)} знаков. Сократите до 160.")
    return words


def _one_of_few(words: str) -> str:
    """A choice is heard among others. Raises ValueError."""
    if len(words) > 40:
        raise ValueError(f"вариант слушают среди других: {len(words)} знаков. Сократите до 40.")
    return words.rstrip(".")


class SurveyQuestion(_Frozen):
    """One question, answered by one key: a mark, or one of a few choices by its place in the list."""

    id: Annotated[str, Field(pattern=_ID)]
    text: Annotated[Aloud, AfterValidator(_short)]
    answer: Literal["mark"] | None = None
    choices: Annotated[tuple[Annotated[Aloud, AfterValidator(_one_of_few)], ...], Field(max_length=4)] = ()

    @model_validator(mode="after")
    def _is_answered_one_way(self) -> Self:
        if (self.answer is None) == (not self.choices):
            raise ValueError("Ответ — либо оценка (answer: mark), либо варианты (choices). Оставьте одно из них.")
        if len(self.choices) == 1:
            raise ValueError("Вариант один, выбирать не из чего. Добавьте второй, всего их до четырёх.")
        return self

    @property
    def is_mark(self) -> bool:
        """Whether it is answered by a mark: only marks have a mean."""
        return self.answer is not None

    @property
    def keys(self) -> str:
        """The keys that answer it."""
        return MARKS if self.is_mark else MARKS[: len(self.choices)]

    def named(self, key: str) -> str:
        """An answer as people read it."""
        return key if self.is_mark else self.choices[int(key) - 1]


class Survey(_Frozen):
    """One survey: who we are to them and why we call, the questions, thanks."""

    id: Annotated[str, Field(pattern=_ID)]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    about: SurveyAbout
    intro: Aloud
    questions: Annotated[tuple[SurveyQuestion, ...], Field(min_length=1, max_length=5)]
    thanks: Aloud

    def low(self, keyed: Mapping[str, str]) -> list[SurveyQuestion]:
        """The questions that were answered by a mark of somebody who is not content."""
        return [one for one in self.questions if one.is_mark and keyed.get(one.id, "") in LOW]


class _File(_Frozen):
    surveys: tuple[Survey, ...] = ()


class Surveys:
    """The surveys of every company."""

    def __init__(self, companies: Mapping[str, tuple[Survey, ...]]) -> None:
        self._companies = companies

    @classmethod
    def load(cls, folder: Path, companies: Iterable[str], refused: Refused | None = None) -> Surveys:
        """Read `folder`. Raises Misconfigured with a file's mistakes; with `refused` that is told of it instead."""
        return cls({id: _file(folder / f"{id}.yaml", refused) for id in companies})

    def of(self, company_id: str, about: SurveyAbout | None = None) -> tuple[Survey, ...]:
        """Those of a company, or those about one thing."""
        own = self._companies.get(company_id, ())
        return tuple(one for one in own if about in (None, one.about))

    def find(self, company_id: str, id: str) -> Survey:
        """One of a company's. Raises NotFound."""
        for one in self.of(company_id):
            if one.id == id:
                return one
        known = ", ".join(one.id for one in self.of(company_id)) or "ни одного"
        raise NotFound(f"Опроса «{id}» у компании нет. Есть: {known}.")


def _file(path: Path, refused: Refused | None) -> tuple[Survey, ...]:
    if not path.exists():
        return ()
    try:
        file = read(path)
        told = validated(file, _File, _SHAPES)
        if mistakes := list(_named_twice(told, file)):
            raise misconfigured(path, mistakes)
    except Misconfigured as error:
        if refused is None:
            raise
        refused(error)
        return ()
    return told.surveys


def _named_twice(told: _File, file: YamlFile) -> Iterator[Mistake]:
    ids: set[str] = set()
    for at, survey in enumerate(told.surveys):
        if survey.id in ids:
            line = file.line("surveys", at, "id")
            yield Mistake(line, f"Опрос «{survey.id}» повторён.", "Дайте каждому свой id.")
        ids.add(survey.id)
        questions: set[str] = set()
        for nth, question in enumerate(survey.questions):
            if question.id in questions:
                line = file.line("surveys", at, "questions", nth, "id")
                yield Mistake(line, f"Вопрос «{question.id}» повторён.", "Дайте каждому вопросу свой id.")
            questions.add(question.id)
