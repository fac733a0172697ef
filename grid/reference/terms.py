"""Terms as people read them: «10 рабочих дней», and whether an act says so."""

from __future__ import annotations

from grid.reference.passports import Term


def written(term: Term) -> str:
    """«10 рабочих дней», «1 месяц»."""
    if term.working_days is not None:
        return f"{term.working_days} {_form(term.working_days, 'рабочий день', 'рабочих дня', 'рабочих дней')}"
    assert term.months is not None
    return f"{term.months} {_form(term.months, 'месяц', 'месяца', 'месяцев')}"


def with_source(term: Term) -> str:
    """The term with its act, or with the word that it is only usual."""
    return f"{written(term)} ({term.act})" if term.act else f"обычно {written(term)}, точный срок в договоре"


def _form(n: int, one: str, few: str, many: str) -> str:
    if n % 10 == 1 and n % 100 != 11:
        return one
    return few if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else many
