"""What actions say and return: every prompt exists with just the values it needs, every exit is one a menu knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from appeals import states, taxonomy
from appeals.register import AppealStatus
from grid.connections import ConnectionStatus
from grid.models import Premise, Turn
from grid.outages.models import Outage, OutageReport, OutageScope, OutageStatus, Service
from grid.outages.truth import Known
from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr import actions
from ivr.actions import find_branch, premise, register_complaint
from ivr.actions.power import words
from ivr.actions.power.words import GONE
from ivr.actions.reference import appeal_status, connection_status
from ivr.menus.shortened import STORM_MENU, STORM_MENU_WATER
from ivr.menus.vocabulary import BY_KEYPAD, FAILED, NOTHING_HEARD, WRONG_KEY
from ivr.voice.prompts import Phrase, PromptBook

BOOK = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
SKEK = Companies.load(HOUSE / "dialplan" / "companies").by_id("skek")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCES = sorted((HOUSE / "ivr" / "actions").rglob("*.py"))
SPEAKERS = {
    "say": 0,
    "ask_key": 0,
    "ask_digits": 0,
    "wrong": 0,
    "choose": 1,
    "confirm": 1,
    "NumberAsked": 1,
    "Telling": 2,
}
"""What takes phrases, and from which argument on."""
ELSEWHERE = {"still-waiting", "still-waiting-nameless", "unknown-number", "one-moment"}
"""Said by app_queue, to whom no company belongs, and by the line itself."""


def unplanned(**facts: object) -> Outage:
    usual: dict[str, object] = {
        "id": "o",
        "company_id": "skek",
        "code": "A",
        "service": Service.ELECTRICITY,
        "planned": False,
        "status": OutageStatus.ACTIVE,
        "cause": "",
        "starts_at": NOW - timedelta(hours=2),
        "expected_end": None,
        "actual_end": None,
    }
    return Outage(**(usual | facts))


def test_every_action_names_its_exits_in_its_signature() -> None:
    assert {name for name, signature in actions.SIGNATURES.items() if signature.exits == {FAILED}} == set()
    assert actions.SIGNATURES["leave_message"].exits == {"done", "silent", "main", "operator", "failed"}
    assert actions.SIGNATURES["operator"].exits == {"callback", "closed", "unanswered", "failed"}


def test_prompts_are_called_with_just_the_values_they_need() -> None:
    called = 0
    for source in SOURCES:
        for call in _calls(source):
            if _name(call) == "Prompt" and call.args:
                for id in _texts(call.args[0]):
                    called += 1
                    assert id in BOOK, f"{source.name}:{call.lineno}: {id}"
                    values = {keyword.arg for keyword in call.keywords}
                    assert values == BOOK[id].placeholders, f"{source.name}:{call.lineno}: {id}"
    assert called > 20


def test_bare_prompts_exist_and_need_no_values() -> None:
    said = 0
    for source in SOURCES:
        for call in _calls(source):
            first = SPEAKERS.get(_name(call))
            for argument in call.args[first:] if first is not None else ():
                for id in _texts(argument):
                    said += 1
                    assert id in BOOK, f"{source.name}:{call.lineno}: {id}"
                    assert not BOOK[id].placeholders, f"{source.name}:{call.lineno}: {id}"
    assert said > 25


def test_no_prompt_is_kept_that_nobody_says() -> None:
    written = {text for source in SOURCES for text in _texts(ast.parse(source.read_text("utf-8")))}
    written |= {f"branch-group-{group}" for group in find_branch.GROUPS}
    written |= {f"{place}-{way}" for place in ("settlement", "street") for way in ("say", "letters")}
    emergency = ast.parse((HOUSE / "ivr" / "telephony" / "emergency.py").read_text("utf-8"))
    written |= set(_texts(emergency)) | {id for id in BOOK if id.startswith("digit-")}
    for outbound in (HOUSE / "ivr" / "outbound").rglob("*.py"):
        written |= set(_texts(ast.parse(outbound.read_text("utf-8"))))
    whisper = ast.parse((HOUSE / "ivr" / "desk" / "whisper.py").read_text("utf-8"))
    written |= set(_texts(whisper)) | {f"whisper-{topic}" for topic in (*taxonomy.shipped().topics, "appeal")}
    for template in (HOUSE / "dialplan").glob("*.j2"):
        written |= {id for id in BOOK if f"/{id})" in template.read_text("utf-8")}
    for menu in (HOUSE / "dialplan" / "menus").glob("*.yaml"):
        lines = menu.read_text("utf-8").splitlines()
        written |= {line.partition("say: ")[2].split()[0] for line in lines if "say: " in line}
    engines = {WRONG_KEY, NOTHING_HEARD, BY_KEYPAD, STORM_MENU, STORM_MENU_WATER}
    assert set(BOOK) - written - ELSEWHERE - engines == set()


@pytest.mark.parametrize("overdue", [False, True])
@pytest.mark.parametrize("state", sorted(states.TITLES))
def test_every_state_of_an_appeal_is_told(state: str, overdue: bool) -> None:
    status = AppealStatus(
        "260001239",
        state,
        "complaint",
        "outages",
        NOW - timedelta(days=3),
        date(2026, 12, 20),
        NOW if state in ("answered", "closed") else None,
        overdue,
        "",
        "260001011" if state == "joined" else "",
    )
    words = _spoken(appeal_status.told(status, NOW, SKEK))
    assert words.startswith("Обращение два шесть")
    assert ("не успели" in words) is overdue


@pytest.mark.parametrize("due", [None, date(2026, 11, 20), date(2026, 11, 22), date(2027, 1, 9)])
@pytest.mark.parametrize("turn", list(Turn))
def test_every_stage_of_a_connection_is_told(turn: Turn, due: date | None) -> None:
    status = ConnectionStatus("26001016", "", "", 3, 5, "Договор", turn, due, "Оплатите счёт.", finished=False)
    words = _spoken(connection_status.told(status, NOW.date()))
    assert "на третьей стадии из пяти: Договор" in words
    assert ("истёк" in words) is (due is not None and due < NOW.date())
    done = ConnectionStatus("26001016", "", "", 5, 5, "", turn, due, "", finished=True)
    assert _spoken(connection_status.told(done, NOW.date())) == "Подключение завершено. Уведомление вам отправлено."


@pytest.mark.parametrize("end", [None, NOW - timedelta(hours=1), NOW + timedelta(hours=3)])
@pytest.mark.parametrize("cause", ["", "обрыв провода."])
@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("service", list(Service))
def test_every_kind_of_outage_is_told(service: Service, planned: bool, cause: str, end: datetime | None) -> None:
    (other,) = set(Service) - {service}
    outage = unplanned(service=service, planned=planned, cause=cause, expected_end=end)
    now = _spoken(words.told([Known(outage)], [], NOW, SKEK, service))
    assert GONE[service] in now
    assert GONE[other] not in now
    assert ("Причина: обрыв провода." in now) is bool(cause)
    assert ("пока неизвестно" in now) is (end is None)
    assert ("не успели" in now) is (end is not None and end < NOW)
    ahead = _spoken(words.told([], [outage], NOW - timedelta(hours=4), SKEK, service))
    assert f"запланировано отключение {GONE[service]}" in ahead
    none = _spoken(words.told([], [], NOW, SKEK, service))
    assert f"отключений {GONE[service]} по вашему адресу сейчас нет" in none


@pytest.mark.parametrize(
    ("scope", "words_of_it"),
    [
        ((), ""),
        ((OutageScope(settlement="п. Барзас", street="", houses=""),), "Без света: посёлок Барзас."),
        (
            (
                OutageScope(
                    settlement="г. Кемерово", street="ул. Тёмная", houses="1-15 нечётные", line="", premise_id="p"
                ),
            ),
            "Без света: город Кемерово, улица Тёмная, часть домов.",
        ),
        ((OutageScope(settlement="", street="", line="Ф-12"),), "Отключён целый район, не только ваш дом."),
        ((OutageScope(settlement="", street="", transformer="ТП-1"),), "Отключены и соседние дома."),
        ((OutageScope(settlement="", street="", premise_id="p"),), ""),
    ],
)
def test_an_outage_is_told_with_its_scope_and_a_crew_only_where_one_was_sent(
    scope: tuple[OutageScope, ...], words_of_it: str
) -> None:
    said = _spoken(words.going_on(Known(unplanned(), scope), NOW, SKEK))
    assert words_of_it in said
    assert ("Без света" in said or "Отключ" in said) is bool(words_of_it)
    assert "ригада" not in said
    assert "Бригада выехала сегодня в девятнадцать часов." in _spoken(
        words.going_on(Known(unplanned(), scope, NOW), NOW, SKEK)
    )


def test_what_nobody_confirmed_is_told_as_our_data_and_the_first_clock_as_it_was() -> None:
    over = unplanned(status=OutageStatus.RESTORED, actual_end=NOW - timedelta(minutes=40))
    said = BOOK.text(words.said_to_be_back(over, NOW, SKEK), "skek")
    assert said == "По нашим данным, свет по вашему адресу включили сегодня в восемнадцать двадцать."
    report = OutageReport(service=Service.WATER, reported_at=NOW - timedelta(days=1, minutes=55), closed_at=None)
    assert _spoken(words.reported(report, NOW, SKEK)) == (
        "Ваше сообщение о том, что воды нет, принято вчера в восемнадцать ноль пять. Оно у диспетчера."
    )
    report.closed_at = NOW
    assert "диспетчер" not in _spoken(words.reported(report, NOW, SKEK))
    assert _spoken(words.reported(report, NOW, SKEK, named=True)).startswith("Ваше сообщение"), "said aloud: no place"
    report.place = "г. Кемерово, ул. Весенняя, д. 5"
    assert _spoken(words.reported(report, NOW, SKEK, named=True)) == (
        "Сообщение о том, что нет воды по адресу город Кемерово, улица Весенняя, дом пять, "
        "принято вчера в восемнадцать ноль пять."
    )


def test_a_flat_is_spoken_only_to_who_keyed_the_account() -> None:
    place = Premise(
        id="p",
        company_id="skek",
        code="1",
        subscriber_id="s",
        branch="",
        settlement="г. Кемерово",
        street="ул. Весенняя",
        house="5",
        building="2",
        flat="10",
        address="г. Кемерово, ул. Весенняя, д. 5, корп. 2, кв. 10",
        settlement_key="",
        street_key="",
        line="",
    )
    by_number = premise.spoken_address(place, account_keyed=False)
    assert "дом пять" in by_number
    assert "квартира" not in by_number
    assert "квартира десять" in premise.spoken_address(place, account_keyed=True)


def test_topics_of_complaints_and_branches_of_the_menu_are_real() -> None:
    assert set((register_complaint.TOPICS | register_complaint.TOPICS_WITH_WATER).values()) <= SKEK.topics.keys()
    mrsk = Companies.load(HOUSE / "dialplan" / "companies").by_id("mrsk-centra")
    assert [branch for group in find_branch.GROUPS.values() for branch in group] == [one.id for one in mrsk.branches]


def _spoken(phrases: list[Phrase]) -> str:
    return " ".join(BOOK.text(phrase, "skek") for phrase in phrases)


def _calls(source: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(source.read_text("utf-8"))) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _texts(node: ast.AST | None) -> Iterator[str]:
    """Strings that the expression may be, each way of a condition; values inside a call are another matter."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _texts(body)
            yield from _texts(other)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _texts(part)
        case ast.Starred(value=value):
            yield from _texts(value)
        case ast.Module():
            for inner in ast.walk(node):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value
