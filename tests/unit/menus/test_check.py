"""Every rule for menus, broken one by one."""

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.menus.check import check
from ivr.menus.load import load_flow
from tests.unit.menus.files import GOOD, WORDS, spoilt, written

BROKEN = {
    "unreachable": (spoilt("2: water, ", ""), [(20, "В место «water» никто не попадёт. Приведите"), (24, "«more»")]),
    "never ends": (
        spoilt("  then: hang-up", "  then: goodbye"),
        [(2, "никогда не кончается"), (43, "Круг без нажатий абонента: goodbye → goodbye. Разорвите")],
    ),
    "notice not first": (
        "hello:\n  say: hours\n  then: notice\n" + GOOD,
        [(1, "Первое место — не уведомление о записи. Поставьте первым место с do: play_notice.")],
    ),
    "danger not by 1": (
        spoilt("1: danger, 2: water", "2: danger, 1: water"),
        [(7, "клавиша 1 — не опасность. Приведите 1 в место с do: danger.")],
    ),
    "danger without a key": (spoilt("1: danger, ", ""), [(7, "клавиша 1 — не опасность"), (15, "«danger» никто")]),
    "silence in the first menu": (
        spoilt("  wait: 4", "  silence: goodbye"),
        [(7, "В первом меню «main» есть silence. Уберите silence")],
    ),
    "ring without a key": (
        spoilt("unanswered: goodbye", "unanswered: astray"),
        [(31, "Круг без нажатий абонента: astray → operator → astray. Разорвите")],
    ),
    "ring by silence": (
        spoilt("unanswered: goodbye", "unanswered: more"),
        [(24, "Круг без нажатий абонента: more → astray → operator → more.")],
    ),
    "0 is no person": (
        spoilt("{1: main, 0: operator}", "{1: main, 0: main}"),
        [(24, "В меню «more» 0 — не человек. Приведите 0 в место с do: operator.")],
    ),
    "no 0": (spoilt("{1: main, 0: operator}", "{1: main}"), [(24, "В меню «more» 0 — не человек.")]),
    "bad tries lead to no person": (
        spoilt("silence: goodbye\n  otherwise: astray", "silence: goodbye\n  otherwise: goodbye"),
        [(24, "В меню «more» неверные нажатия ведут не к человеку. Приведите otherwise")],
    ),
    "no repeat": (
        spoilt('  repeat: "*"\n  silence', "  silence"),
        [(24, 'Меню «more» нельзя повторить. Добавьте repeat: "*".')],
    ),
    "too many options": (
        spoilt("{1: main, 0: operator}", "{1: main, 2: main, 3: main, 4: main, 5: main, 6: main, 0: operator}"),
        [(24, "В меню «more» пунктов 6. Оставьте 5 (не считая 0 и *)")],
    ),
    "too long": (
        spoilt("say: main-menu", "say: [main-menu, hours, water, more-menu, astray]"),
        [(7, "Меню «main» звучит 15,0 с. Сократите текст до 12 с или разделите меню.")],
    ),
}


def test_a_good_menu_breaks_nothing(tmp_path: Path) -> None:
    assert check(load_flow(written(tmp_path, GOOD), WORDS), WORDS) == []


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_told_with_line_and_cure(case: str, tmp_path: Path) -> None:
    text, expected = BROKEN[case]
    findings = check(load_flow(written(tmp_path, text), WORDS), WORDS)
    assert len(findings) == len(expected), findings
    for finding, (line, message) in zip(findings, expected, strict=True):
        assert finding.line == line
        assert message in f"{finding.what} {finding.cure}"


def test_a_flow_without_a_menu_is_told(tmp_path: Path) -> None:
    text = "notice:\n  do: play_notice\n  done: hang-up\n  failed: hang-up\n"
    (finding,) = check(load_flow(written(tmp_path, text), WORDS), WORDS)
    assert finding.what == "До меню звонок не доходит."


def test_five_options_besides_0_are_allowed(tmp_path: Path) -> None:
    text = spoilt("{1: main, 0: operator}", "{1: main, 2: main, 3: main, 4: main, 5: main, 0: operator}")
    assert check(load_flow(written(tmp_path, text), WORDS), WORDS) == []


def test_two_rings_are_told_both(tmp_path: Path) -> None:
    text = spoilt("unanswered: goodbye", "unanswered: astray").replace("queued: goodbye", "queued: danger")
    whats = [finding.what for finding in check(load_flow(written(tmp_path, text), WORDS), WORDS)]
    assert whats == [
        "Круг без нажатий абонента: danger → danger.",
        "Круг без нажатий абонента: astray → operator → astray.",
    ]


@pytest.mark.parametrize("id", ["wrong-key", "nothing-heard", "by-keypad"])
def test_the_engines_own_prompts_are_needed(id: str, tmp_path: Path) -> None:
    words = replace(WORDS, prompts={name: 3.0 for name in WORDS.prompts if name != id})
    (finding,) = check(load_flow(written(tmp_path, GOOD), words), words)
    assert finding.what == f"Нет подсказки «{id}», нужной каждому меню."
    assert finding.cure == "Добавьте её в prompts.ru.yaml."


def test_many_ways_to_one_place_are_judged_in_no_time(tmp_path: Path) -> None:
    """A chain of 200 forks that join again has 2^200 ways through; the rules look at places, not at ways."""
    forks = "".join(
        f"f{n}:\n  do: open_matters\n  said: g{n}\n  none: h{n}\n  failed: h{n}\n"
        f"g{n}:\n  say: hours\n  then: f{n + 1}\nh{n}:\n  say: water\n  then: f{n + 1}\n"
        for n in range(200)
    )
    text = GOOD.replace("  done: main\n  failed: main\n", "  done: f0\n  failed: f0\n", 1) + forks
    text += "f200:\n  say: hours\n  then: main\n"
    assert check(load_flow(written(tmp_path, text), WORDS), WORDS) == []
