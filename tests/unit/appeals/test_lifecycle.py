"""The lifecycle refuses what R12 forbids, whatever order the steps are tried in, and names what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeals.casework.lifecycle import STEPS, CaseFacts, allowed, make, missing, towards_closing
from appeals.codes import AppealState
from appeals.states import OPEN, TITLES
from gridline.errors import Conflict

DAY = date(2027, 1, 15)
WHOLE = CaseFacts(
    state=AppealState.CONSIDERED,
    is_complaint=True,
    owner="Петров",
    justified=True,
    explanation="Провисла линия.",
    rights_restored="Перерасчёт сделан.",
    measures=(DAY,),
    answer_sent=True,
    answer_names_further_appeal=True,
    answer_is_proved=True,
)

facts = st.builds(
    CaseFacts,
    state=st.sampled_from(sorted(TITLES)),
    is_complaint=st.booleans(),
    owner=st.sampled_from([None, "Петров"]),
    justified=st.sampled_from([None, True, False]),
    explanation=st.sampled_from([None, "", "Потому."]),
    rights_restored=st.sampled_from([None, "Так."]),
    measures=st.sampled_from([(), (DAY,)]),
    open_tasks=st.integers(0, 1),
    answer_sent=st.booleans(),
    answer_names_further_appeal=st.booleans(),
    answer_is_proved=st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(facts)
def test_nothing_is_closed_or_answered_against_r12(known: CaseFacts) -> None:
    for step in ("answered", "closed"):
        try:
            make(step, known)
        except Conflict:
            continue
        assert known.answer_sent
        assert known.answer_names_further_appeal
        assert known.answer_is_proved
        if known.is_complaint:
            assert known.justified is not None
            assert known.explanation
            assert not known.justified or (known.rights_restored and known.measures)


@settings(max_examples=300, deadline=None)
@given(facts, st.sampled_from(sorted(STEPS)))
def test_every_refusal_says_where_it_stands_or_what_is_missing(known: CaseFacts, step: str) -> None:
    allowed = known.state in STEPS[step].sources and not STEPS[step].guard(known)
    if allowed:
        assert make(step, known) in TITLES
        return
    with pytest.raises(Conflict, match=rf"^Нельзя {STEPS[step].title}: .+\.$"):
        make(step, known)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=12))
def test_what_is_ended_stays_ended(steps: list[str]) -> None:
    state = AppealState.REGISTERED
    for step in steps:
        try:
            after = make(step, replace(WHOLE, state=state))
        except Conflict:
            continue
        assert state in OPEN or state == "answered" or after == state
        state = after


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"justified": None}, "обоснована"),
        ({"explanation": ""}, "выводов"),
        ({"justified": False, "explanation": None}, "мотивированного объяснения"),
        ({"rights_restored": None}, "права восстановлены"),
        ({"measures": ()}, "плановой датой"),
        ({"open_tasks": 2}, "поручения"),
        ({"answer_sent": False}, "не отправлен"),
        ({"answer_is_proved": False}, "подтверждения"),
        ({"answer_names_further_appeal": False}, "куда обратиться"),
        ({"owner": None}, "ответственный"),
    ],
)
def test_an_answer_names_the_one_thing_it_lacks(lacking: dict[str, object], named: str) -> None:
    assert make("answered", WHOLE) == "answered"
    with pytest.raises(Conflict, match=named) as refused:
        make("answered", replace(WHOLE, **lacking))  # type: ignore[arg-type]
    assert ";" not in refused.value.message


def test_an_inquiry_needs_no_findings() -> None:
    plain = CaseFacts(
        state=AppealState.IN_WORK,
        is_complaint=False,
        owner="Петров",
        answer_sent=True,
        answer_names_further_appeal=True,
        answer_is_proved=True,
    )
    assert make("answered", plain) == "answered"


def test_a_wrong_step_names_the_states_it_is_for() -> None:
    with pytest.raises(Conflict, match=r"«зарегистрировано».*«дан ответ»"):
        make("closed", replace(WHOLE, state=AppealState.REGISTERED))


@settings(max_examples=200, deadline=None)
@given(facts)
def test_what_is_said_to_be_missing_is_what_a_step_is_refused_for(known: CaseFacts) -> None:
    for step in STEPS:
        may = step in allowed(known) and not missing(step, known)
        try:
            make(step, known)
        except Conflict:
            assert not may
        else:
            assert may


@settings(max_examples=200, deadline=None)
@given(facts)
def test_when_nothing_is_missing_any_more_an_appeal_may_be_closed(known: CaseFacts) -> None:
    marks = towards_closing(known)
    assert {mark.step for mark in marks} <= set(STEPS)
    if not any(mark.missing for mark in marks):
        make("closed", replace(known, state=AppealState.ANSWERED))


def test_the_marks_come_in_the_order_of_the_work() -> None:
    fresh = CaseFacts(state=AppealState.ASKED, is_complaint=True, open_tasks=2)
    assert [(mark.title, bool(mark.missing)) for mark in towards_closing(fresh)] == [
        ("Ответственный", True),
        ("Поручения", True),
        ("Выводы", True),
        ("Ответ отправлен", True),
    ]
    assert towards_closing(fresh)[-1].missing == ("ответ не отправлен",)
    assert not any(mark.missing for mark in towards_closing(WHOLE))
