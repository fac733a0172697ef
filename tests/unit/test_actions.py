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
from grid.models import Outage, OutageStatus, Premise, Service, Turn
from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr import actions
from ivr.actions import appeal_status, connection_status, find_branch, power_status, premise, register_complaint
from ivr.menus.vocabulary import FAILED, NOTHING_HEARD, WRONG_KEY
from ivr.voice.prompts import Phrase, PromptBook

BOOK = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
SKEK = Companies.load(HOUSE / "dialplan" / "companies").by_id("skek")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCES = sorted((HOUSE / "ivr" / "actions").glob("*.py"))
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
ELSEWHERE = {"still-waiting", "unknown-number", "one-moment"}
"""Said by app_queue, to whom no company belongs, and by the line itself."""


def test_every_action_names_its_exits_in_its_signature() -> None:
    assert {name for name, signature in actions.SIGNATURES.items() if signature.exits == {FAILED}} == set()
    assert actions.SIGNATURES["leave_message"].exits == {"done", "silent", "operator", "failed"}
    assert actions.SIGNATURES["operator"].exits == {"closed", "unanswered", "failed"}


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
    emergency = ast.parse((HOUSE / "ivr" / "telephony" / "emergency.py").read_text("utf-8"))
    written |= set(_texts(emergency)) | {id for id in BOOK if id.startswith("digit-")}
    whisper = ast.parse((HOUSE / "ivr" / "desk" / "whisper.py").read_text("utf-8"))
    written |= set(_texts(whisper)) | {f"whisper-{topic}" for topic in (*taxonomy.shipped().topics, "appeal")}
    for template in (HOUSE / "dialplan").glob("*.j2"):
        written |= {id for id in BOOK if f"/{id})" in template.read_text("utf-8")}
    for company in Companies.load(HOUSE / "dialplan" / "companies"):
        menu = (HOUSE / "dialplan" / "menus" / company.menu).read_text("utf-8")
        written |= {line.partition("say: ")[2].split()[0] for line in menu.splitlines() if "say: " in line}
    assert set(BOOK) - written - ELSEWHERE - {WRONG_KEY, NOTHING_HEARD} == set()


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
    )
    words = _spoken(appeal_status.told(status, NOW, SKEK))
    assert words.startswith("Обращение два шесть")
    assert ("не успели" in words) is overdue


@pytest.mark.parametrize("due", [None, date(2026, 11, 20), date(2026, 11, 22), date(2027, 1, 9)])
@pytest.mark.parametrize("turn", list(Turn))
def test_every_stage_of_a_connection_is_told(turn: Turn, due: date | None) -> None:
    status = ConnectionStatus("26001016", "", "", 3, 5, "Договор", turn, due, "Оплатите счёт.", finished=False)
    words = _spoken(connection_status.told(status, NOW.date()))
    assert "на стадии третьей из пяти: Договор" in words
    assert ("прошёл" in words) is (due is not None and due < NOW.date())
    done = ConnectionStatus("26001016", "", "", 5, 5, "", turn, due, "", finished=True)
    assert _spoken(connection_status.told(done, NOW.date())) == "Подключение завершено. Уведомление вам отправлено."


@pytest.mark.parametrize("end", [None, NOW - timedelta(hours=1), NOW + timedelta(hours=3)])
@pytest.mark.parametrize("cause", ["", "обрыв провода."])
@pytest.mark.parametrize("planned", [False, True])
def test_every_kind_of_outage_is_told(planned: bool, cause: str, end: datetime | None) -> None:
    outage = Outage(
        id="o",
        company_id="skek",
        code="A",
        service=Service.ELECTRICITY,
        planned=planned,
        status=OutageStatus.ACTIVE,
        cause=cause,
        starts_at=NOW - timedelta(hours=2),
        expected_end=end,
        actual_end=None,
    )
    now = _spoken(power_status.told([outage], [], NOW, SKEK))
    assert ("Причина: обрыв провода." in now) is bool(cause)
    assert ("данных нет" in now) is (end is None)
    assert ("не успели" in now) is (end is not None and end < NOW)
    ahead = _spoken(power_status.told([], [outage], NOW - timedelta(hours=4), SKEK))
    assert "запланировано отключение" in ahead
    assert "отключений по вашему адресу сейчас нет" in _spoken(power_status.told([], [], NOW, SKEK))


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
    assert set(register_complaint.TOPICS.values()) <= SKEK.topics.keys()
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
