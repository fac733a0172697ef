"""One scorecard: its points, how much each weighs, and which of them ends the card at 0 when it is missed."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

CODE: Final = r"^[a-z][a-z0-9-]{0,31}$"
SHAPES: Final = {CODE: "Строчные латинские буквы, цифры и дефис, с буквы, не длиннее 32."}
"""The pattern's requirement, in words."""

Code = Annotated[str, StringConstraints(pattern=CODE)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Grade(StrEnum):
    """How a point was met."""

    MET = "met"
    PARTLY = "partly"
    MISSED = "missed"
    ABSENT = "absent"
    """There was no occasion for it in this talk: it counts nowhere."""


class CardPoint(BaseModel):
    """One thing that is listened for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    text: Words
    hint: Annotated[str, StringConstraints(max_length=200)] = ""
    weight: int = Field(default=0, ge=0, le=100)
    fails: bool = False
    """Missed, it ends the card at 0."""
    calls: Literal["all", "in"] = "all"
    """`in`: it makes no sense where the agent had called, and is not asked there."""

    @model_validator(mode="after")
    def _weighs_or_fails(self) -> Self:
        if self.fails == bool(self.weight):
            raise ValueError("У пункта должен быть или вес, или fails. Впишите weight: 10 или fails: true.")
        return self

    @property
    def grades(self) -> tuple[Grade, ...]:
        """What it may be given: a failing point is met or missed, never half."""
        return tuple(one for one in Grade if one is not Grade.PARTLY) if self.fails else tuple(Grade)


class Scorecard(BaseModel):
    """A card as a file holds it, and as the database keeps each of its versions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Code
    title: Words
    points: tuple[CardPoint, ...] = Field(min_length=1)

    @cached_property
    def version(self) -> str:
        """SHA-256 of the content, hex: comments and layout of the file do not change it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @cached_property
    def for_call_out(self) -> Scorecard:
        """What is asked of it where the agent had called: a version of its own.

        Made anew: a copy would keep the version of the whole card. Each card that is read has such a point.
        """
        return Scorecard(
            code=self.code, title=self.title, points=tuple(one for one in self.points if one.calls == "all")
        )

    def point(self, code: str) -> CardPoint | None:
        """The point with this code, or None."""
        return next((one for one in self.points if one.code == code), None)
