"""The picture of a menu: every place once, every way once, in valid Mermaid."""

from pathlib import Path

from ivr.menus.draw import draw
from tests.unit.menus.files import flow_of, spoilt

PICTURE = """\
flowchart TD
    p_notice(["notice<br/>play_notice"])
    p_main{{"main"}}
    p_danger(["danger<br/>danger"])
    p_water["water"]
    p_more{{"more"}}
    p_astray["astray"]
    p_operator(["operator<br/>operator: outages"])
    p_goodbye["goodbye"]
    p_hang_up(((конец)))
    p_notice -->|"done, failed"| p_main
    p_main -->|"1"| p_danger
    p_main -->|"2"| p_water
    p_main -->|"0"| p_operator
    p_main -->|"неверно"| p_astray
    p_danger -->|"queued"| p_goodbye
    p_danger -->|"failed"| p_operator
    p_water --> p_more
    p_more -->|"1"| p_main
    p_more -->|"0"| p_operator
    p_more -->|"молчание"| p_goodbye
    p_more -->|"неверно"| p_astray
    p_astray --> p_operator
    p_operator -->|"callback, closed, unanswered, failed"| p_goodbye
    p_goodbye --> p_hang_up
"""


def test_the_picture_of_a_menu(tmp_path: Path) -> None:
    assert draw(flow_of(tmp_path)) == PICTURE


def test_words_stand_beside_their_key(tmp_path: Path) -> None:
    spoken = draw(flow_of(tmp_path, spoilt("  wait: 4", "  words: {2: [вода, нет воды]}")))
    assert spoken == PICTURE.replace('p_main -->|"2"|', 'p_main -->|"2 вода / нет воды"|')
