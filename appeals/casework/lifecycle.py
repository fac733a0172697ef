"""Which steps each state of an appeal allows, and what each step requires: one table, pure (R12, R13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from appeals.codes import AppealState
from appeals.states import OPEN, TITLES
from gridline.errors import Conflict


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known about an appeal when a step is attempted."""

    state: AppealState
    is_complaint: bool
    owner: str | None = None
    justified: bool | None = None
    explanation: str | None = None
    """The findings: for an unjustified complaint the reasoned explanation."""
    rights_restored: str | None = None
    measures: tuple[date, ...] = ()
    """The planned date of each corrective measure."""
    open_tasks: int = 0
    answer_sent: bool = False
    answer_names_further_appeal: bool = False
    answer_is_proved: bool = False


Guard = Callable[[CaseFacts], list[str]]


def _nothing(_facts: CaseFacts) -> list[str]:
    return []


def _has_owner(facts: CaseFacts) -> list[str]:
    return [] if facts.owner else ["не назначен ответственный"]


def _tasks_returned(facts: CaseFacts) -> list[str]:
    return [f"не возвращены поручения и запросы: {facts.open_tasks}"] if facts.open_tasks else []


def _established(facts: CaseFacts) -> list[str]:
    """R12: justified or not; an unjustified complaint needs a reasoned explanation."""
    if not facts.is_complaint:
        return [] if facts.explanation else ["не записаны результаты рассмотрения"]
    if facts.justified is None:
        return ["не установлено, обоснована ли жалоба"]
    return [] if facts.explanation else ["нет мотивированного объяснения" if not facts.justified else "нет выводов"]


def _put_right(facts: CaseFacts) -> list[str]:
    """R12: a justified complaint says which rights are restored and by which measures."""
    if not (facts.is_complaint and facts.justified):
        return []
    missing = [] if facts.rights_restored else ["не указано, какие права восстановлены и как"]
    return missing if facts.measures else [*missing, "не назначены меры с плановой датой"]


def _considered(facts: CaseFacts) -> list[str]:
    missing = _established(facts) if facts.is_complaint else []
    return [*missing, *_put_right(facts), *_tasks_returned(facts)]


def _answer_whole(facts: CaseFacts) -> list[str]:
    """R12: the answer is sent, its sending is proved, and it says where to appeal further."""
    missing = [] if facts.answer_sent else ["ответ не отправлен"]
    missing += [] if facts.answer_is_proved else ["нет подтверждения отправки ответа"]
    return missing if facts.answer_names_further_appeal else [*missing, "в ответе не указано, куда обратиться далее"]


def _may_find(facts: CaseFacts) -> list[str]:
    return [*_established(facts), *_tasks_returned(facts)]


def _may_answer(facts: CaseFacts) -> list[str]:
    return [*_has_owner(facts), *_considered(facts), *_answer_whole(facts)]


def _may_close(facts: CaseFacts) -> list[str]:
    return [*_considered(facts), *_answer_whole(facts)]


@dataclass(frozen=True, slots=True)
class CaseStep:
    """A step of the lifecycle: its source states, its target (None: no change), and its guard."""

    title: str
    sources: frozenset[AppealState]
    target: AppealState | None
    guard: Guard = _nothing


_NEW = frozenset({AppealState.REGISTERED})
_WORKED = frozenset({AppealState.IN_WORK, AppealState.ASKED})
_ASKED = frozenset({AppealState.ASKED})
_WITH_FINDINGS = frozenset({AppealState.CONSIDERED})
_ANSWERED = frozenset({AppealState.ANSWERED})
_READY = frozenset({AppealState.IN_WORK, AppealState.CONSIDERED})
_MEASURED = frozenset({AppealState.CONSIDERED, AppealState.ANSWERED, AppealState.CLOSED})
STEPS: Final[dict[str, CaseStep]] = {
    "described": CaseStep("записать содержание", OPEN, None),
    "assigned": CaseStep("назначить ответственного", OPEN, None),
    "reclassified": CaseStep("изменить вид или тему", OPEN, None),
    "taken": CaseStep("взять в работу", _NEW, AppealState.IN_WORK, _has_owner),
    "asked": CaseStep("поручить или запросить", _WORKED, AppealState.ASKED, _has_owner),
    "returned": CaseStep("принять исполненное поручение", _ASKED, None),
    "found": CaseStep("записать выводы", _WORKED | _WITH_FINDINGS, AppealState.CONSIDERED, _may_find),
    "measure_planned": CaseStep("назначить меру", _WORKED | _WITH_FINDINGS | _ANSWERED, None),
    "measure_done": CaseStep("отметить исполнение меры", _MEASURED, None),
    "answered": CaseStep("отправить ответ", _READY, AppealState.ANSWERED, _may_answer),
    "closed": CaseStep("закрыть", _ANSWERED, AppealState.CLOSED, _may_close),
    "refusal_proposed": CaseStep("предложить отказ в рассмотрении", OPEN, None, _has_owner),
    "refused": CaseStep("отказать в рассмотрении", OPEN, AppealState.REFUSED),
    "joined": CaseStep("присоединить к более раннему", OPEN, AppealState.JOINED),
    "withdrawn": CaseStep("отметить отзыв заявителем", OPEN, AppealState.WITHDRAWN),
}


def make(step: str, facts: CaseFacts) -> AppealState:
    """The state after `step`. Raises Conflict naming the current state or everything that is missing."""
    row = STEPS[step]
    if facts.state not in row.sources:
        allowed = ", ".join(f"«{TITLES[state]}»" for state in TITLES if state in row.sources)
        raise Conflict(
            f"Нельзя {row.title}: обращение в состоянии «{TITLES[facts.state]}», а нужно одно из: {allowed}."
        )
    missing = row.guard(facts)
    if missing:
        raise Conflict(f"Нельзя {row.title}: {'; '.join(missing)}.")
    return row.target or facts.state


def allowed(facts: CaseFacts) -> list[str]:
    """The steps open from the appeal's state, in the table's order; guards are not checked."""
    return [step for step, row in STEPS.items() if facts.state in row.sources]


def missing(step: str, facts: CaseFacts) -> list[str]:
    """What the step still lacks, in Russian."""
    return STEPS[step].guard(facts)


@dataclass(frozen=True, slots=True)
class Mark:
    """One requirement for closing an appeal."""

    title: str
    step: str
    """The step that meets it."""
    missing: tuple[str, ...]


def towards_closing(facts: CaseFacts) -> list[Mark]:
    """What closing requires, in the usual order of work, each with what is still missing (R12)."""
    marks = [Mark("Ответственный", "assigned", tuple(_has_owner(facts)))]
    if facts.open_tasks:
        marks.append(Mark("Поручения", "returned", tuple(_tasks_returned(facts))))
    if facts.is_complaint or facts.explanation:
        marks.append(Mark("Выводы", "found", tuple(_established(facts))))
    if facts.is_complaint and facts.justified:
        marks.append(Mark("Права и меры", "measure_planned", tuple(_put_right(facts))))
    answer = _answer_whole(facts)
    return [*marks, Mark("Ответ отправлен", "answered", tuple(answer if facts.answer_sent else answer[:1]))]
