"""What a company's file is made of: topics, branches, bodies to appeal to, feeds, a trust line; and their shapes."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from gridline.numbers import regions
from gridline.numbers.phones import parse, printable

SLUG, DID, MENU = r"^[a-z][a-z0-9-]{0,31}$", r"^7\d{10}$", r"^[a-z0-9-]+\.yaml$"
AGENT = r"^[0-9]{2,6}$"

Slug = Annotated[str, StringConstraints(pattern=SLUG)]
"""Names that also serve as queue names, folders and AMI headers, so nothing in them may need quoting."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Agent = Annotated[str, StringConstraints(pattern=AGENT)]
ALWAYS = "always"


class CompanyPart(BaseModel):
    """A part of the file, which knows its fields and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Topic(CompanyPart):
    """A matter callers ask about: who answers it, and when."""

    name: Text
    queue: Slug
    schedule: str = ALWAYS


class HigherBody(CompanyPart):
    """The body an applicant may appeal to (every answer names it)."""

    name: Text
    contact: Text


def _prefixes(written: object) -> object:
    """`472` or `910220-910229` as a span of leading digits of the ten-digit national number."""
    if not isinstance(written, str):
        return written
    match = re.fullmatch(r"(\d{3,10})(?:-(\d{3,10}))?", written)
    if match is None:
        raise ValueError(f"Диапазон «{written}» не разобран. Пишите первые цифры после +7: 472 или 910220-910229.")
    first, last = match.group(1), match.group(2) or match.group(1)
    if len(first) != len(last) or first > last:
        raise ValueError(f"Диапазон «{written}» неверен. Начало и конец — одной длины и по возрастанию.")
    return (first, last)


def _home_phone(written: str) -> str:
    """A number that may be called, and nothing beside it, in E.164."""
    phone = parse(written)
    if phone is None or phone.abroad:
        raise ValueError(f"«{printable(written, at_most=30)}» — не российский телефон. Пишите так: +79131234567.")
    return phone.e164


HomePhone = Annotated[str, AfterValidator(_home_phone)]


class Branch(CompanyPart):
    """A part of the company that serves one region."""

    id: Slug
    name: Text
    spoken_name: Text
    """In the nominative: «Ярославская область»."""
    spoken_in: Text
    """With its preposition: «в Ярославской области»."""
    numbers: tuple[Annotated[tuple[str, str], BeforeValidator(_prefixes)], ...] = Field(min_length=1)
    regions: tuple[Text, ...] = ()
    """Regions it serves, as the numbering tables name them; `spoken_name` where none is named."""
    duty_phones: tuple[HomePhone, ...] = ()
    """Its own, where it has some; otherwise the company's."""

    @cached_property
    def region_keys(self) -> frozenset[str]:
        """Its regions, to be compared."""
        return frozenset(regions.key(name) for name in self.regions or (self.spoken_name,))

    def match_length(self, national: str) -> int:
        """Length of the longest prefix of this branch that fits the caller's ten-digit number; 0 when none fits."""
        return max((len(a) for a, b in self.numbers if a <= national[: len(a)] <= b), default=0)


class FeedRule(CompanyPart):
    """A source of outages that another system of the company keeps."""

    name: Slug
    title: Text
    """As pages name it: «АСУ ТП»."""
    way: Literal["folder", "push"]
    """Files in `var/feeds/<company>/<name>`, or the HTTP API."""
    tells: Literal["snapshot", "changes"]
    """All that is off now (what it no longer names is on again), or only what has changed (nothing ends unnamed)."""
    old_after_min: int = Field(default=60, ge=1, le=7 * 24 * 60)
    """Minutes of silence after which what is known from it is old, and said to be."""


class TrustLine(CompanyPart):
    """A number of the security service's own, МОЭСК's «телефон доверия»: nobody knows which telephone calls it."""

    did: Annotated[str, StringConstraints(pattern=DID)]
    menu: Annotated[str, StringConstraints(pattern=MENU)]
    """File name under `dialplan/menus`."""


SHAPES = {
    SLUG: "Строчные латинские буквы, цифры и дефис, с буквы, не длиннее 32.",
    DID: "Одиннадцать цифр с семёрки, например 78005009494.",
    MENU: "Имя файла из dialplan/menus, например skek.yaml.",
    AGENT: "Добавочный номер агента из настроек, например 101.",
}
"""Each pattern's requirement, in words."""
