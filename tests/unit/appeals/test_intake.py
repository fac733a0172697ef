"""What the register accepts and what it rejects, each rejection naming what is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest

from appeals import numbering
from appeals.intake.intake import LONGEST_TEXT, accept
from gridline.errors import InvalidInput

GIVEN: dict[str, Any] = {
    "company_id": "skek",
    "channel": "phone",
    "kind": "complaint",
    "topic": "quality",
    "applicant_kind": "person",
    "name": "Иванова Мария",
    "phone": "89131234567",
    "text": "Лампы мигают.",
}
CLAIM: dict[str, Any] = GIVEN | {
    "kind": "claim",
    "contract_number": "12-34",
    "answer_way": "phone",
    "details": {
        "type": "claim",
        "violated_from": "2026-11-20T18:00:00+07:00",
        "device_address": "ул. Ленина, д. 5",
        "demand": "Восстановить напряжение",
        "residence": "г. Кемерово",
        "birth_date": "1980-02-29",
        "birth_place": "г. Кемерово",
        "identity_document": "паспорт",
    },
}


def claim(**changes: Any) -> dict[str, Any]:
    details = {field: value for field, value in (CLAIM["details"] | changes).items() if value is not None}
    return CLAIM | {"details": details}


def test_a_whole_intake_is_taken() -> None:
    taken = accept(GIVEN)
    assert (taken.phone_e164, taken.phone, taken.way) == ("+79131234567", "89131234567", "phone")
    assert accept(CLAIM).told_moments


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"text": None}, "Нет содержания"),
        ({"text": " \x00 "}, "Нет содержания"),
        ({"phone": None}, "Нет контактных данных"),
        ({"phone": "12"}, "Телефон записан неверно"),
        ({"email": "никуда"}, "email"),
        ({"channel": "telegram"}, "channel"),
        ({"kind": "donation"}, "kind"),
        ({"topic": "weather"}, "topic"),
        ({"disposition": "voltage-deviation", "kind": "appeal"}, "не применяется"),
        ({"disposition": "unknown"}, "Неизвестный код"),
        ({"answer_way": "email"}, "email"),
        ({"answer_way": "pigeon"}, "answer_way"),
        ({"received_at": "2026-02-30T10:00:00Z"}, "received_at"),
        ({"received_at": "2026-02-01T10:00:00"}, "часовой пояс"),
        ({"received_at": "1999-02-01T10:00:00Z"}, "2000"),
        ({"receipt": "1234567890"}, "контрольная"),
        ({"repeat_of": "26-000123-4"}, "контрольная"),
        ({"repeat_of": numbering.receipt(0, 1)}, "девяти"),
        ({"recording_offset_s": -1}, "recording_offset_s"),
        ({"text": "я" * (LONGEST_TEXT + 1)}, "длиннее"),
        ({"company_id": "../etc"}, "company_id"),
        ({"surprise": 1}, "surprise"),
        ({"actor": ""}, "actor"),
        ({"answer_on_call": {"text": "Да."}}, "обоснована"),
        ({"kind": "appeal", "answer_on_call": {"text": "Да."}}, "записью"),
        ({"kind": "claim"}, "details"),
        ({"details": CLAIM["details"]}, "details"),
        ({"kind": 7}, "kind"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changes: dict[str, Any], named: str) -> None:
    given = {field: value for field, value in (GIVEN | changes).items() if value is not None}
    with pytest.raises(InvalidInput, match=re.escape(named)) as refused:
        accept(given)
    assert re.search("[а-я]", refused.value.message)


@pytest.mark.parametrize("field", ["company_id", "channel", "topic"])
def test_required_fields_are_named(field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        accept({name: value for name, value in GIVEN.items() if name != field})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"violated_from": None}, "violated_from"),
        ({"violated_from": "2026-13-01T00:00:00Z"}, "violated_from"),
        ({"violated_to": "2026-11-19T00:00:00+07:00"}, "раньше, чем началось"),
        ({"device_address": None}, "device_address"),
        ({"demand": None}, "demand"),
        ({"birth_date": None}, "birth_date"),
        ({"birth_date": "1980-02-30"}, "birth_date"),
        ({"identity_document": None}, "identity_document"),
        ({"residence": "  "}, "residence"),
    ],
)
def test_a_claim_has_every_field_of_decree_55(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(named)):
        accept(claim(**changes))


def test_a_claim_of_a_legal_entity_names_it_instead_of_a_person() -> None:
    given = claim(birth_date=None, birth_place=None, residence=None, identity_document=None)
    with pytest.raises(InvalidInput, match="organisation"):
        accept(given | {"applicant_kind": "company", "name": None})
    whole = claim(
        birth_date=None, birth_place=None, residence=None, identity_document=None, organisation="ООО «Ромашка»"
    )
    assert accept(whole | {"applicant_kind": "company", "name": None})


def test_a_theft_report_may_be_anonymous() -> None:
    taken = accept(
        {
            "company_id": "mrsk-centra",
            "channel": "web_form",
            "kind": "theft",
            "topic": "other",
            "text": "Набросили провод.",
            "details": {"type": "theft", "place": "с. Ивановка, ул. Мира"},
        }
    )
    assert taken.way == "by-number"


def test_the_trust_line_forgets_whoever_speaks() -> None:
    taken = accept(GIVEN | {"kind": "trust", "call_id": "c1", "account_number": "5", "email": "a@b.ru"})
    assert "913" not in taken.model_dump_json()
    assert (taken.call_id, taken.email, taken.name, taken.account_number) == (None, None, None, None)


def test_a_long_text_and_emoji_are_kept_whole_and_control_characters_are_not() -> None:
    text = "Свет 💡 погас. " * 8_000
    assert accept(GIVEN | {"text": text}).text == text.strip()
    assert len(text.encode()) > 100_000
    assert accept(GIVEN | {"text": "а\x00б\u202eв\r\nг\u2028д\ud800"}).text == "абв\nгд"


@pytest.mark.parametrize("told", ["=CMD|'/c calc'!A1", "<script>alert(1)</script>", "'; DROP TABLE x; --", "${EXEC}"])
def test_hostile_texts_are_kept_as_they_are(told: str) -> None:
    assert accept(GIVEN | {"text": told, "name": told}).text == told
