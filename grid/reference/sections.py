"""The sixteen sections of the knowledge base, and the five keys they are heard under.

A list of ours: that there are sixteen is known, their names are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ArticleSection(StrEnum):
    """What an article is about, for whoever does not ask about a topic."""

    TARIFFS = "tariffs"
    BENEFITS = "benefits"
    CONTRACTS = "contracts"
    CONTACTS = "contacts"
    OFFICES = "offices"
    NEIGHBOURS = "neighbours"
    FURTHER_APPEAL = "further-appeal"
    CONNECTION = "connection"
    METERING = "metering"
    FORMS = "forms"
    OUTAGES = "outages"
    QUALITY = "quality"
    DANGER = "danger"
    THEFT = "theft"
    APPEALS = "appeals"
    PERSONAL_DATA = "personal-data"


_S = ArticleSection
TITLES: Final[Mapping[ArticleSection, str]] = {
    _S.TARIFFS: "Тарифы",
    _S.BENEFITS: "Льготы",
    _S.CONTRACTS: "Договоры и оплата",
    _S.CONTACTS: "Как связаться",
    _S.OFFICES: "Офисы",
    _S.NEIGHBOURS: "Соседние сети",
    _S.FURTHER_APPEAL: "Куда обжаловать",
    _S.CONNECTION: "Подключение",
    _S.METERING: "Счётчики",
    _S.FORMS: "Бланки и документы",
    _S.OUTAGES: "Отключения",
    _S.QUALITY: "Напряжение",
    _S.DANGER: "Опасность",
    _S.THEFT: "Кража электричества",
    _S.APPEALS: "Сроки обращений",
    _S.PERSONAL_DATA: "Личные данные",
}
"""As pages show them and callers hear them."""


@dataclass(frozen=True, slots=True)
class SectionGroup:
    """Sections behind one key: at most five, callers remember no more."""

    name: str
    """Said before its key."""
    sections: tuple[ArticleSection, ...]


GROUPS: Final = (
    SectionGroup("Тарифы и льготы", (_S.TARIFFS, _S.BENEFITS, _S.CONTRACTS)),
    SectionGroup("Контакты", (_S.CONTACTS, _S.OFFICES, _S.NEIGHBOURS, _S.FURTHER_APPEAL)),
    SectionGroup("Подключение и счётчики", (_S.CONNECTION, _S.METERING, _S.FORMS)),
    SectionGroup("Свет и безопасность", (_S.OUTAGES, _S.QUALITY, _S.DANGER, _S.THEFT)),
    SectionGroup("Обращения и личные данные", (_S.APPEALS, _S.PERSONAL_DATA)),
)
