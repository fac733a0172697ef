"""The form of an appeal: what it must hold is said by the register, and what is wrong is said at its field."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from agent_console.calls.calls import FoundCall
from agent_console.card import form
from agent_console.card.values import Chosen
from appeals.intake import intake, required
from appeals.taxonomy import shipped
from gridline.companies import Companies
from gridline.settings import HOUSE

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
COMPANY = Companies.load(HOUSE / "dialplan/companies").by_id("skek")
CALL = FoundCall("c" * 32, "skek", "", "+79131203401", "", "1.1", NOW, None, None)
CHOSEN = Chosen("premise:p1", "Иванов", "Весенняя, 5", "120034001", "person", (), premise_id="p1", by="Ольга", at=NOW)
WHOLE = {
    "kind": "appeal",
    "topic": "outages",
    "text": "Нет света",
    "phone": "+79131203401",
    "outcome": "analysis",
    "name": "Иванов П. С.",
    "applicant_kind": "person",
    "contract_number": "77",
    "answer_way": "phone",
    "details.violated_from": "2026-11-21T20:00",
    "details.device_address": "Весенняя",
    "details.demand": "Перерасчёт",
    "details.residence": "Весенняя, 5",
    "details.birth_date": "1970-01-02",
    "details.birth_place": "Кемерово",
    "details.identity_document": "0000 000000",
    "details.organisation": "ООО",
    "details.place": "У дома",
    "answer_on_call.text": "Включат вечером",
    "answer_on_call.justified": "yes",
    "email": "a@example.org",
    "post_address": "Кемерово, 1",
}


def wrong(values: dict[str, str], *, recording: str | None = "r" * 32) -> dict[str, str]:
    told = form.given(values, call=CALL, company=COMPANY, key="card:x", recording_id=recording, actor="user:olga")
    return form.problems(values, told, COMPANY)


@pytest.mark.parametrize(
    ("kind", "applicant", "way", "answered"),
    list(product(shipped().kinds, ("person", "company", "unknown"), ("", "phone", "email", "post"), (True, False))),
)
def test_what_is_marked_as_required_is_what_the_register_insists_on(
    kind: str, applicant: str, way: str, answered: bool
) -> None:
    if shipped().kinds[kind].anonymous == "kept-out" and answered:
        return  # nothing that could prove an answer is kept of it, so the form does not offer one
    values = WHOLE | {"kind": kind, "applicant_kind": applicant, "answer_way": way}
    values["outcome"] = "answered" if answered else "analysis"
    needed = required.fields(kind, applicant, way, answered_on_call=answered)
    whole = kind != "claim" or (applicant != "unknown" and way != "")
    if whole:
        assert wrong(values) == {}
    for field in needed - {"applicant_kind", "phone", "answer_way"}:
        assert field in wrong(values | {field: ""}), field
    for field in set(WHOLE) - needed - {"kind", "topic", "outcome", "phone"} if whole else ():
        assert wrong(values | {field: ""}) == {}, field


def test_everything_that_is_wrong_is_told_at_once_each_at_its_field() -> None:
    told = wrong({"kind": "claim", "topic": "", "phone": "12", "applicant_kind": "person", "outcome": "analysis"})
    assert told["topic"] == "Выберите тему."
    assert told["details.demand"] == form.EMPTY
    assert told["text"] == form.EMPTY
    assert "name" in told
    assert not any(name.startswith("answer_on_call") for name in told)


def test_a_phone_that_is_none_is_told_at_the_phone() -> None:
    assert "записан неверно" in wrong(WHOLE | {"phone": "позвоните сыну"})["phone"]


def test_an_answer_in_a_talk_that_is_not_recorded_cannot_be_proved() -> None:
    assert "не записывается" in wrong(WHOLE | {"outcome": "answered"}, recording=None)["outcome"]


def test_a_moment_is_the_companys_local_time() -> None:
    told = form.given(
        WHOLE | {"kind": "claim"}, call=CALL, company=COMPANY, key="card:x", recording_id=None, actor="user:olga"
    )
    assert told["details"]["violated_from"] == datetime(2026, 11, 21, 20, tzinfo=ZoneInfo("Asia/Novokuznetsk"))
    assert "details.violated_from" in wrong(WHOLE | {"kind": "claim", "details.violated_from": "вчера"})


def test_the_trust_line_keeps_nothing_that_leads_to_the_person() -> None:
    values = WHOLE | {"kind": "trust", "outcome": ""}
    told = form.given(values, call=CALL, company=COMPANY, key="card:x", recording_id="r", actor="user:olga")
    accepted = intake.accept(told)
    assert (accepted.name, accepted.phone, accepted.call_id, accepted.answer_on_call) == (None, None, None, None)
    assert wrong(values) == {}


def test_a_choice_fills_empty_fields_and_its_own_and_nothing_typed() -> None:
    first = form.filled({"name": "", "phone": "+7913"}, CHOSEN)
    assert (first["name"], first["premise_id"], first["phone"]) == ("Иванов", "p1", "+7913")
    other = Chosen(
        "premise:p2", "Смирнова", "Весенняя, 7", "120034002", "person", (), premise_id="p2", by="Ольга", at=NOW
    )
    assert form.filled(first, other, CHOSEN)["name"] == "Смирнова"
    assert form.filled({"name": "Внук Иванова"}, other, CHOSEN)["name"] == "Внук Иванова"


def test_fields_that_are_not_the_forms_are_not_looked_at() -> None:
    assert form.taken({"text": "x" * 30_000, "company_id": "mrsk", "actor": "admin"}) == {"text": "x" * 20_000}


def test_codes_follow_topic_and_kind() -> None:
    codes = dict(form.shown({"kind": "complaint", "topic": "outages"}, COMPANY).choices["disposition"])
    assert set(codes) == {"emergency-outage", "planned-outage"}
    assert not form.shown({"kind": "request", "topic": "outages"}, COMPANY).choices["disposition"]
