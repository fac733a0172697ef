"""Who may be calling: everybody whom something points to, with every reason, and nobody chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from agent_console.calls import journey
from agent_console.calls.journey import Journey
from agent_console.card import candidates
from agent_console.card.values import Candidate, CardAppeal, CardPremise, Chosen, Same
from grid.connections import ConnectionStatus
from grid.models import Turn
from ivr.journal.models import CallStep

NOW = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
FLAT = CardPremise("p1", "г. Кемерово, ул. Весенняя, д. 5, кв. 10", "Иванов Пётр Сергеевич", "120034001", "person", "")
OTHER_FLAT = CardPremise(
    "p2", "г. Кемерово, ул. Весенняя, д. 7, кв. 3", "Смирнова Анна Викторовна", "120034002", "person", ""
)
APPLICATION = ConnectionStatus(
    "26001016",
    "Иванов Пётр Сергеевич",
    "г. Кемерово, пер. Садовый, уч. 12",
    1,
    5,
    "рассмотрение заявки",
    Turn.GRID,
    None,
    "Ждите.",
    finished=False,
)


def appeal(
    name: str, *, premise: str | None = None, same: Same = Same.PHONE, number: str = "26-000123-4"
) -> CardAppeal:
    return CardAppeal(
        f"a-{number}",
        number,
        "outages",
        "Перерывы",
        "Жалоба",
        "в работе",
        NOW,
        date(2026, 12, 22),
        "",
        name,
        "",
        same,
        premise,
    )


def asked(prompt: str, text: str, key: str) -> CallStep:
    return CallStep(
        call_id="c",
        ordinal=0,
        place="power-status",
        prompt_ids=[prompt],
        prompt_text=text,
        sound="",
        key=key,
        exit="said",
        leads_to="power-status",
        flow_version="",
        started_at=NOW,
        ended_at=NOW,
    )


def found(
    *,
    by_phone: tuple[CardPremise, ...] = (),
    by_account: tuple[CardPremise, ...] = (),
    steps: tuple[CallStep, ...] = (),
    appeals: tuple[CardAppeal, ...] = (),
    applications: tuple[ConnectionStatus, ...] = (),
    earlier: tuple[tuple[str, Chosen], ...] = (),
) -> tuple[Candidate, ...]:
    return candidates.of(
        by_phone=by_phone,
        by_account=by_account,
        journey=journey.of(steps),
        appeals=appeals,
        applications=applications,
        earlier=earlier,
    )


def test_a_withheld_number_with_nothing_keyed_points_to_nobody() -> None:
    assert found() == ()


def test_every_premise_of_a_number_is_a_candidate_and_none_is_confirmed() -> None:
    both = found(by_phone=(FLAT, OTHER_FLAT))
    assert [one.ref for one in both] == ["premise:p1", "premise:p2"]
    assert not any(one.confirmed for one in both)
    assert both[0].reasons == ("по номеру телефона: абонент этого адреса",)


def test_the_address_a_caller_said_yes_to_comes_first_and_is_marked() -> None:
    said = asked("premise-confirm", "Ваш адрес: город Кемерово, улица Весенняя, дом семь? Если да, нажмите один.", "1")
    first, second = found(by_phone=(FLAT, OTHER_FLAT), steps=(said,))
    assert (first.ref, first.confirmed) == ("premise:p2", True)
    assert "подтвердил адрес в меню" in first.reasons
    assert not second.confirmed


def test_the_address_a_caller_said_no_to_stays_a_candidate_unconfirmed() -> None:
    said = asked("premise-confirm", "Ваш адрес: город Кемерово, улица Весенняя, дом семь? Если да, нажмите один.", "2")
    assert [one.confirmed for one in found(by_phone=(OTHER_FLAT,), steps=(said,))] == [False]


def test_one_address_of_several_is_confirmed_by_its_key() -> None:
    said = asked(
        "premise-choice",
        "За вашим номером у нас несколько адресов. город Кемерово, улица Весенняя, дом пять, нажмите один. "
        "город Кемерово, улица Весенняя, дом семь, нажмите два. Другой адрес, нажмите девять.",
        "2",
    )
    assert {one.ref: one.confirmed for one in found(by_phone=(FLAT, OTHER_FLAT), steps=(said,))} == {
        "premise:p1": False,
        "premise:p2": True,
    }


def test_a_keyed_account_is_a_reason_of_its_own() -> None:
    steps = (asked("account-enter", "Наберите номер лицевого счёта.", "120034002"),)
    first, second = found(by_phone=(FLAT,), by_account=(OTHER_FLAT,), steps=steps)
    assert {first.ref, second.ref} == {"premise:p1", "premise:p2"}
    told = next(one for one in (first, second) if one.ref == "premise:p2")
    assert told.reasons == ("назвал лицевой счёт 120034002 в меню",)


def test_an_open_appeal_speaks_for_its_premise_or_for_the_one_of_its_name_or_for_itself() -> None:
    at_premise = found(by_phone=(FLAT,), appeals=(appeal("Кто-то", premise="p1"),))
    assert len(at_premise) == 1
    assert "открытое обращение 26-000123-4 с этого номера" in at_premise[0].reasons
    same_name = found(by_phone=(FLAT, OTHER_FLAT), appeals=(appeal("иванов петр сергеевич"),))
    assert len(same_name) == 2
    assert len(next(one for one in same_name if one.ref == "premise:p1").reasons) == 2
    stranger = found(by_phone=(FLAT,), appeals=(appeal("Петрова Ольга"),))
    assert {one.name for one in stranger} == {"Иванов Пётр Сергеевич", "Петрова Ольга"}


def test_a_neighbours_appeal_about_the_premise_says_nothing_of_who_calls() -> None:
    assert len(found(by_phone=(FLAT,), appeals=(appeal("Соседка", premise="p1", same=Same.PREMISE),))[0].reasons) == 1


def test_an_application_stands_for_itself_and_is_confirmed_by_its_keyed_number() -> None:
    plain = found(by_phone=(FLAT,), applications=(APPLICATION,))
    assert [one.confirmed for one in plain] == [False, False]
    steps = (asked("application-enter", "Наберите номер заявки.", "26001016"),)
    keyed = found(by_phone=(FLAT,), applications=(APPLICATION,), steps=steps)
    assert (keyed[0].ref, keyed[0].confirmed) == ("application:26001016", True)


def test_applications_with_the_same_digits_are_both_offered_and_neither_is_taken_for_the_callers() -> None:
    alike = (replace(APPLICATION, number="ТП-12/34"), replace(APPLICATION, number="ТП-1/234"))
    steps = (asked("application-enter", "Наберите номер заявки.", "1234"),)
    both = found(applications=alike, steps=steps)
    assert [one.confirmed for one in both] == [False, False]
    assert [one.reasons for one in both] == [
        (f"набрал в меню цифры, которые есть и в номере заявки {one.number}",) for one in alike
    ]


def test_whom_an_earlier_call_was_taken_for_is_offered_again_once() -> None:
    choice = Chosen("premise:p9", "Тётя Маша", "п. Барзас", "", "person", (), premise_id="p9", by="Ольга", at=NOW)
    again = found(by_phone=(FLAT,), earlier=(("вчера в 14:05", choice), ("20 ноября в 9:00", choice)))
    aunt = next(one for one in again if one.ref == "premise:p9")
    assert aunt.reasons == ("звонил вчера в 14:05",)


def test_the_way_reads_as_what_was_pressed_and_keyed() -> None:
    menu = "Оборван провод, нажмите один. Нет света или воды, два. Оператор, ноль."
    steps = [
        asked("main-menu", menu, "2"),
        asked("account-enter", "Наберите номер лицевого счёта.", "120034001"),
        asked("main-menu", menu, ""),
    ]
    steps[0].exit, steps[0].place, steps[0].leads_to = "pressed", "main", "water"
    steps[2].exit, steps[2].place, steps[2].leads_to = "silence", "main", "main"
    way = journey.of(steps)
    assert way.keys == ("2 — Нет света или воды", "счёт 120034001")
    assert [one.did for one in way.steps] == ["нажал 2 — Нет света или воды", "набрал 120034001", "промолчал"]
    assert way.accounts == ("120034001",)
    assert way.topic == "outages"
    assert journey.topic(["main", "water", "operator"]) == "water"
    assert journey.topic(["main", "operator"]) == ""


def test_an_empty_way_is_no_way() -> None:
    assert journey.of([]) == Journey((), (), "", (), (), ())
