"""The states of an appeal, and the sentence that tells an applicant its state."""

from __future__ import annotations

from typing import Final

from appeals import numbering
from appeals.codes import OPEN_STATES, AppealState
from appeals.models import Appeal
from gridline.companies import Company

TITLES: Final[dict[str, str]] = {
    AppealState.REGISTERED: "зарегистрировано",
    AppealState.IN_WORK: "в работе",
    AppealState.ASKED: "запрошены сведения",
    AppealState.CONSIDERED: "рассмотрено, готовится ответ",
    AppealState.ANSWERED: "дан ответ",
    AppealState.CLOSED: "закрыто",
    AppealState.REFUSED: "в рассмотрении отказано",
    AppealState.JOINED: "присоединено к более раннему обращению",
    AppealState.WITHDRAWN: "отозвано заявителем",
}
OPEN: Final = frozenset(OPEN_STATES)
"""The states in which an answer is still owed."""


def sentence(appeal: Appeal, company: Company, *, overdue: bool) -> str:
    """What an applicant reads about the appeal: state and the date that matters, in the company's zone."""
    received = appeal.received_at.astimezone(company.zone)
    told = f"Обращение {numbering.written(appeal.number)} от {received:%d.%m.%Y}: {TITLES[appeal.state]}"
    if appeal.answered_at is not None:
        return f"{told}; ответ дан {appeal.answered_at.astimezone(company.zone):%d.%m.%Y}."
    if appeal.state not in OPEN:
        return f"{told}."
    if overdue:
        return f"{told}; срок ответа истёк {appeal.deadline:%d.%m.%Y}."
    return f"{told}; ответ — не позднее {appeal.deadline:%d.%m.%Y}."
