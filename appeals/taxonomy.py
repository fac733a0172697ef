"""The codes of the register as data: channels, kinds, topics, dispositions, and the form 4.9 column of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from gridline.errors import InvalidInput, Misconfigured

Group = Literal["appeal", "complaint", "request"]
FILE = Path(__file__).parent / "data" / "taxonomy.yaml"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str


R = TypeVar("R", bound=_Row)


class ChannelRow(_Row):
    """A way appeals come in; `form49` is its column (5-9), `form41` its service form."""

    form41: Literal["office", "phone", "internet", "post", "other"]
    form49: int


class KindRow(_Row):
    """A kind of appeal; `group` is its block of form 4.9, `details` the extra facts it requires."""

    group: Group
    details: Literal["none", "claim", "theft"] = "none"
    anonymous: Literal["refused", "allowed", "kept-out"] = "refused"


class TopicRow(_Row):
    """A matter of the founding documents (R3, R4) and its column in each group."""

    columns: dict[Group, int]


class Disposition(_Row):
    """A working-level code of a branch; only the groups it names are allowed with it."""

    topic: str
    columns: dict[Group, int]


class ApplicantKind(_Row):
    """Who the applicant is: a person, a company, ..."""


class AnswerWay(_Row):
    """How the applicant wants the answer, and the contact field it requires."""

    needs: Literal["none", "phone", "email", "post_address"]


class RefusalGround(_Row):
    """One of the three grounds of R13 and the evidence it needs."""

    needs: Literal["text", "link"]


class Taxonomy(BaseModel):
    """Every code of the register by its table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: dict[str, ChannelRow]
    kinds: dict[str, KindRow]
    topics: dict[str, TopicRow]
    dispositions: dict[str, Disposition]
    applicant_kinds: dict[str, ApplicantKind]
    answer_ways: dict[str, AnswerWay]
    refusal_grounds: dict[str, RefusalGround]

    def form49_column(self, kind: str, topic: str, disposition: str | None = None) -> int:
        """The column (10-26) of form 4.9 an appeal counts in.

        A disposition code is more specific than a topic and takes precedence. Raises InvalidInput for an unknown
        code or a disposition that is not used with this kind.
        """
        group = self._get(self.kinds, kind, "вид обращения").group
        if disposition is None:
            return self._get(self.topics, topic, "тема").columns[group]
        row = self._get(self.dispositions, disposition, "код обращения")
        if group not in row.columns:
            raise InvalidInput(f"Код «{row.title}» не применяется к виду «{self.kinds[kind].title}».")
        return row.columns[group]

    @staticmethod
    def _get(table: Mapping[str, R], code: str, what: str) -> R:
        try:
            return table[code]
        except KeyError:
            raise InvalidInput(f"Неизвестный код ({what}): {code!r}. Есть: {', '.join(table)}.") from None


def load(file: Path) -> Taxonomy:
    """Read a taxonomy file. Raises Misconfigured naming the file and the wrong rows."""
    try:
        taxonomy = Taxonomy.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"{file}: справочник кодов не принят: {error}") from error
    for code, disposition in taxonomy.dispositions.items():
        if disposition.topic not in taxonomy.topics:
            raise Misconfigured(f"{file}: код {code}: нет темы {disposition.topic!r}")
    return taxonomy


@cache
def shipped() -> Taxonomy:
    """The taxonomy that comes with the product."""
    return load(FILE)
