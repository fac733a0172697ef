"""Scorecards: what a file must hold, what its version follows, what grades come to here and in the page's script."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from agent_console.web.scripts import FRONTEND
from gridline.errors import Misconfigured, NotFound
from gridline.settings import HOUSE
from quality.cards import scorecards
from quality.cards.card import CardPoint, Grade, Scorecard
from quality.cards.scorecards import OWN, read_card
from quality.cards.scoring import score

CARD = Scorecard(
    code="card",
    title="Карта",
    points=(
        CardPoint(code="a", text="Первый", weight=10),
        CardPoint(code="b", text="Второй", weight=15),
        CardPoint(code="c", text="Третий", weight=6),
        CardPoint(code="rude", text="Не грубил", fails=True),
    ),
)


def card_file(folder: Path, *lines: str, name: str = "card.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_the_shipped_cards_are_read_and_weigh_a_hundred() -> None:
    cards = list(scorecards.of_installation(HOUSE / "dialplan"))
    assert [card.code for card in cards] == ["outage", "etiquette"]
    assert [sum(point.weight for point in card.points) for card in cards] == [100, 100]
    assert all(any(point.fails for point in card.points) for card in cards)


def test_a_companys_own_card_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    point = ("points:", "  - code: greeting", "    text: Поздоровался", "    weight: 10")
    card_file(tmp_path / OWN, "code: etiquette", "title: Наш этикет", *point, name="etiquette.yaml")
    cards = scorecards.of_installation(tmp_path)
    assert cards.card("etiquette").title == "Наш этикет"
    with pytest.raises(NotFound):
        cards.card("greeting")


def test_a_point_for_incoming_calls_is_not_asked_of_a_call_out(tmp_path: Path) -> None:
    only_in = ("  - code: a", "    text: Пригласил", "    weight: 10", "    calls: in")
    points = ("points:", *only_in, "  - code: b", "    text: Простился", "    weight: 5")
    card = Scorecard.model_validate(read_card(card_file(tmp_path, "code: card", "title: Карта", *points)).model_dump())
    assert card.version != card.for_call_out.version  # though it was asked first
    rest = read_card(card_file(tmp_path, "code: card", "title: Карта", points[0], *points[5:]))
    assert card.for_call_out.version == rest.version
    assert [point.code for point in card.for_call_out.points] == ["b"]
    assert score(card.for_call_out, {"a": Grade.MISSED, "b": Grade.MET}).total == 100
    assert CARD.for_call_out == CARD
    wrong = card_file(tmp_path, "code: card", "title: Карта", "points:", *only_in)
    with pytest.raises(Misconfigured, match="не годится для исходящего"):
        read_card(wrong)


def test_a_mistake_is_told_with_its_line_and_cure(tmp_path: Path) -> None:
    file = card_file(
        tmp_path,
        "code: card",
        "title: Карта",
        "points:",
        "  - code: a",
        "    text: Первый",
        "    weight: many",
        "  - code: b",
        "    text: Второй",
        "    weight: 5",
        "    fails: true",
    )
    with pytest.raises(Misconfigured) as refused:
        read_card(file)
    lines = refused.value.message.splitlines()
    assert lines[0].startswith(f"{file}:6: ")
    assert "Впишите его цифрами." in lines[0]
    assert lines[1].startswith(f"{file}:7: ")
    assert "Впишите weight: 10 или fails: true." in lines[1]


def test_what_contradicts_itself_is_told_with_its_line(tmp_path: Path) -> None:
    twice = ("  - code: a", "    text: Первый", "    fails: true")
    with pytest.raises(Misconfigured) as refused:
        read_card(card_file(tmp_path, "code: other", "title: Карта", "points:", *twice, *twice))
    told = [line.partition(".yaml:")[2] for line in refused.value.message.splitlines()]
    assert [one.partition(":")[0] for one in told] == ["1", "3", "7"]


def test_the_version_follows_the_content_alone(tmp_path: Path) -> None:
    lines = ["code: card", "title: Карта", "points:", "  - code: a", "    text: Первый", "    weight: 10"]
    first = read_card(card_file(tmp_path, *lines)).version
    assert read_card(card_file(tmp_path, "# a remark", *lines)).version == first
    assert read_card(card_file(tmp_path, *lines[:-1], "    weight: 11")).version != first


GRADES: tuple[tuple[dict[str, str], tuple[int | None, str, bool]], ...] = (
    ({}, (None, "", False)),
    ({"a": "met", "b": "met", "c": "met", "rude": "met"}, (100, "", True)),
    ({"a": "met", "b": "partly", "c": "missed", "rude": "met"}, (56, "", True)),
    ({"a": "met", "b": "partly", "c": "absent", "rude": "absent"}, (70, "", True)),
    ({"a": "absent", "b": "absent", "c": "absent", "rude": "met"}, (None, "", False)),
    ({"a": "met", "b": "missed", "c": "met"}, (52, "", False)),
    ({"a": "met", "rude": "missed"}, (0, "rude", True)),
)


@pytest.mark.parametrize(("given", "expected"), GRADES)
def test_what_grades_come_to(given: dict[str, str], expected: tuple[int | None, str, bool]) -> None:
    found = score(CARD, {code: Grade(grade) for code, grade in given.items()})
    assert (found.total, found.failed, found.finished) == expected


def test_the_page_counts_as_the_server_does() -> None:
    asked = [
        [{"weight": one.weight, "fails": one.fails, "grade": given.get(one.code, "")} for one in CARD.points]
        for given, _ in GRADES
    ]
    script = FRONTEND / "src/judging/score.js"
    program = f"const {{scoreOf}} = await import({json.dumps(script.as_uri())});"
    program += f"console.log(JSON.stringify({json.dumps(asked)}.map((one) => scoreOf(one).total)))"
    command = ["node", "--input-type=module", "-e", program]
    counted = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert counted == [expected[0] for _, expected in GRADES]
