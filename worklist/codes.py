"""The worklist's closed lists, as the database stores them: kinds of item, results of an attempt, endings."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ItemKind(StrEnum):
    """What somebody is waiting for."""

    DANGER = "danger"
    """A message about danger that nobody answered."""
    OUTAGE_REPORT = "outage-report"
    LOST_CALLER = "lost-caller"
    """They reported an outage and waited in vain (R25)."""
    CALLBACK = "callback"
    """They were promised a call (R2)."""
    MESSAGE = "message"
    """Said after the tone and kept without becoming an appeal."""
    BROKEN_OFF = "broken-off"
    """A complaint that ended half-way."""
    DICTATION = "dictation"
    """An answer that the applicant wants to hear by telephone."""
    CALL_OUT = "call-out"
    """A technician's visit on a day and half-day that they were told."""
    DISPUTE = "dispute"
    """An agent does not agree with how their talk was judged; a second person decides."""


class AttemptResult(StrEnum):
    """How one attempt to reach somebody ended."""

    TALKED = "talked"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    MACHINE = "machine"
    """An answering machine."""
    SILENT = "silent"
    """Answered; nothing was said or pressed."""
    FAILED = "failed"
    """The call did not get through: a wrong number, no free channel of the trunk."""


class Ending(StrEnum):
    """How an item left the list."""

    ACCEPTED = "accepted"
    """A person took it over: a dispatcher at their page, or a duty telephone where 1 was pressed."""
    TALKED = "talked"
    CALLED_AGAIN = "called-again"
    """They called themselves and were answered."""
    REGISTERED = "registered"
    """An appeal was made of it."""
    JOINED = "joined"
    """To an outage."""
    UNREACHED = "unreached"
    """Every attempt of the rule was in vain."""
    DECLINED = "declined"
    """They want nothing any more."""
    DECIDED = "decided"
    """The second person has decided."""
    VISITED = "visited"
    """The technician came in the time that was promised."""
    MISSED = "missed"
    """Nobody came in that time."""
    SHUT = "shut"
    """Its call became the trust line's: nobody here sees to it any more."""
    UNFOUNDED = "unfounded"
    """A prank, a mistake, or a healthy place."""


class Level(StrEnum):
    """How much of an item's time has passed, as people are shown it."""

    FRESH = "fresh"
    HALF = "half"
    """50 %."""
    PRESSING = "pressing"
    """80 %."""
    LATE = "late"
    """100 %."""


LEVELS: Final = ((50, Level.HALF), (80, Level.PRESSING), (100, Level.LATE))

_E = Ending
ENDINGS: Final[Mapping[ItemKind, tuple[Ending, ...]]] = MappingProxyType(
    {
        ItemKind.DANGER: (_E.ACCEPTED, _E.UNFOUNDED),
        ItemKind.OUTAGE_REPORT: (_E.JOINED, _E.ACCEPTED, _E.UNFOUNDED),
        ItemKind.LOST_CALLER: (_E.TALKED, _E.CALLED_AGAIN, _E.UNREACHED, _E.DECLINED),
        ItemKind.CALLBACK: (_E.TALKED, _E.CALLED_AGAIN, _E.UNREACHED, _E.DECLINED),
        ItemKind.MESSAGE: (_E.TALKED, _E.REGISTERED, _E.UNREACHED, _E.UNFOUNDED),
        ItemKind.BROKEN_OFF: (_E.TALKED, _E.REGISTERED, _E.UNREACHED, _E.DECLINED, _E.UNFOUNDED),
        ItemKind.DICTATION: (_E.TALKED, _E.UNREACHED, _E.DECLINED),
        ItemKind.CALL_OUT: (_E.VISITED, _E.MISSED, _E.DECLINED),
        ItemKind.DISPUTE: (_E.DECIDED, _E.SHUT),
    }
)
"""The endings an item of each kind may have."""

KIND_TITLES: Final[Mapping[ItemKind, str]] = MappingProxyType(
    {
        ItemKind.DANGER: "Опасность",
        ItemKind.OUTAGE_REPORT: "Нет света",
        ItemKind.LOST_CALLER: "Не дождались",
        ItemKind.CALLBACK: "Перезвонить",
        ItemKind.MESSAGE: "Сообщение",
        ItemKind.BROKEN_OFF: "Не договорили",
        ItemKind.DICTATION: "Продиктовать ответ",
        ItemKind.CALL_OUT: "Вызов мастера",
        ItemKind.DISPUTE: "Спор об оценке",
    }
)

ENDING_TITLES: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        Ending.ACCEPTED: "Принято",
        Ending.TALKED: "Поговорили",
        Ending.CALLED_AGAIN: "Позвонили сами",
        Ending.REGISTERED: "Зарегистрировано обращение",
        Ending.JOINED: "Отнесено к отключению",
        Ending.UNREACHED: "Не дозвонились",
        Ending.DECIDED: "Решено",
        Ending.VISITED: "Приехали вовремя",
        Ending.MISSED: "Вовремя не приехали",
        Ending.SHUT: "Закрыто: звонок передан службе безопасности",
        Ending.DECLINED: "Больше не нужно",
        Ending.UNFOUNDED: "Не подтвердилось",
    }
)

RESULT_TITLES: Final[Mapping[AttemptResult, str]] = MappingProxyType(
    {
        AttemptResult.TALKED: "Поговорили",
        AttemptResult.NO_ANSWER: "Не ответили",
        AttemptResult.BUSY: "Занято",
        AttemptResult.MACHINE: "Автоответчик",
        AttemptResult.SILENT: "Сняли трубку и молчали",
        AttemptResult.FAILED: "Звонок не прошёл",
    }
)

HOME: Final = "service"
"""The register's topic of a visit to a home; a technician is called out to a meter."""
WATER: Final = "water"
"""The register's topic of water; a report of any other one is of electricity."""


def title(kind: ItemKind, topic: str) -> str:
    """What people call an item: a report of water is «Нет воды», a visit to a home no technician's."""
    if kind is ItemKind.CALL_OUT and topic == HOME:
        return "Выезд на дом"
    return "Нет воды" if kind is ItemKind.OUTAGE_REPORT and topic == WATER else KIND_TITLES[kind]
