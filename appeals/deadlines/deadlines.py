"""The deadline of an appeal: which rule applies, the arithmetic, and the sentence that shows both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from appeals.deadlines.rules import Rule, RuleBook, Subject
from gridline.calendar.workdays import ProductionCalendar


class RuledCompany(Protocol):
    """What a deadline needs to know about a company (`gridline.companies.Company` has it)."""

    @property
    def id(self) -> str:
        """The company's id."""

    @property
    def rule_profile(self) -> str:
        """The rule profile of the company: `186` or `59-fz`."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone its days are counted in."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day for the answer, in the company's zone, and why.

    `basis` is the calculation (the rule row and every step) as JSON values: it is stored with
    the appeal, so that a later edition of the rule or of the calendar does not change the past.
    """

    day: date
    rule_id: str
    sentence: str
    basis: dict[str, object]


def for_intake(
    *,
    company: RuledCompany,
    channel: str,
    kind: str,
    received_at: datetime,
    calendar: ProductionCalendar,
    rules: RuleBook,
    answered_on_call: bool = False,
) -> Deadline:
    """The deadline of an appeal received at `received_at` (aware).

    The day of receipt is the day in the company's zone and is not counted. Raises Misconfigured when
    no rule fits, ValueError for a naive moment.
    """
    if received_at.tzinfo is None:
        raise ValueError("received_at must be aware")
    start = received_at.astimezone(company.zone).date()
    subject: Subject = "answer-on-call" if answered_on_call else "answer"
    rule = rules.choose(
        profile=company.rule_profile, company_id=company.id, channel=channel, kind=kind, day=start, subject=subject
    )
    return reckon(rule, start, calendar)


def reckon(rule: Rule, start: date, calendar: ProductionCalendar) -> Deadline:
    """The deadline `rule` (in days) gives for a term that runs from `start`. Raises ValueError for a rule in hours."""
    if rule.unit == "hours":
        raise ValueError(f"{rule.id} is in hours: a promise, not a deadline")
    if rule.unit == "working-days":
        last = calendar.add_working_days(start, rule.value)
    else:
        last = start + timedelta(days=rule.value)
    day = calendar.next_working(last) if rule.shift else last
    basis: dict[str, object] = {
        "rule": rule.model_dump(mode="json"),
        "start": start.isoformat(),
        "last_day": last.isoformat(),
        "shifted_to": day.isoformat() if day != last else None,
    }
    return Deadline(day, rule.id, _sentence(rule, start, last, day), basis)


def days_in_words(number: int, *, working: bool) -> str:
    """«30 дней», «1 рабочий день», «22 рабочих дня»."""
    if 11 <= number % 100 <= 14 or number % 10 == 0 or number % 10 >= 5:
        day, of_work = "дней", "рабочих"
    elif number % 10 == 1:
        day, of_work = "день", "рабочий"
    else:
        day, of_work = "дня", "рабочих"
    return f"{number} {of_work} {day}" if working else f"{number} {day}"


def _sentence(rule: Rule, start: date, last: date, day: date) -> str:
    term = days_in_words(rule.value, working=rule.unit == "working-days")
    if rule.value == 0:
        return f"во время обращения, {rule.source}, {start:%d.%m.%Y}"
    words = f"{term}, {rule.source}, с {start:%d.%m.%Y}; последний день — {last:%d.%m.%Y}"
    if day == last:
        return words
    by = f" ({rule.shift_act})" if rule.shift_act else ""
    return f"{words}, нерабочий, перенос на {day:%d.%m.%Y}{by}"
