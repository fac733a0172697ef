"""A company's menu over the common one: the same places, so the same version; a mistake is told where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridline.errors import Misconfigured
from ivr.menus.flows import load_checked
from ivr.menus.load import load_flow
from ivr.menus.model import Flow
from tests.unit.menus.files import GOOD, WORDS, spoilt

OWN_WATER = "water:\n  say: water\n  then: more\n"
UNUSED = "nowhere:\n  do: operator\n  topic: gas\n  failed: mars\n"
MISTAKES = {
    "another menu": ("from: skek\n", GOOD, "skek.yaml:1: Взять можно только общее меню. Пишите from: common."),
    "a list": ("from: [common]\n", GOOD, "skek.yaml:1: Взять можно только общее меню."),
    "no common file": ("from: common\n", None, "common.yaml:1: Файл не читается"),
    "an empty common file": ("from: common\n", "", "common.yaml:1: В общем меню нет ни одного места."),
    "a common menu from another": (
        "from: common\n",
        f"from: common\n{GOOD}",
        "common.yaml:1: Общее меню ни из чего не берётся. Уберите строку from.",
    ),
    "a mistake of the common file": (
        f"# words\n\nfrom: common\n\n{OWN_WATER}",
        spoilt("1: danger", "1: dangr"),
        "common.yaml:9: Места «dangr» нет. Возможно, danger?",
    ),
    "a mistake of its own": (
        f"from: common\n{OWN_WATER}".replace("then: more", "then: mire"),
        GOOD,
        "skek.yaml:4: Места «mire» нет. Возможно, more?",
    ),
    "a place of its own that nothing leads to": (
        "from: common\nspare:\n  say: water\n  then: more\n",
        GOOD,
        "skek.yaml:2: В место «spare» никто не попадёт.",
    ),
    "a broken rule of the common file": (
        f"from: common\n{OWN_WATER}",
        spoilt("{1: main, 0: operator}", "{1: main}"),
        "common.yaml:24: В меню «more» 0 — не человек.",
    ),
    "a key twice in the common file": (
        "from: common\n",
        spoilt("2: water", "1: water"),
        "common.yaml:9: Ключ «1» повторён (впервые в строке 9).",
    ),
}


def flow_of(folder: Path, own: str, common: str | None = GOOD) -> Flow:
    """The flow of these two files."""
    (folder / "skek.yaml").write_text(own, "utf-8")
    if common is not None:
        (folder / "common.yaml").write_text(common, "utf-8")
    return load_checked(folder / "skek.yaml", WORDS)


@pytest.mark.parametrize("own", ["from: common\n", f"{OWN_WATER}from: common\n"])
def test_what_is_taken_means_what_it_means_when_written_out(own: str, tmp_path: Path) -> None:
    whole = spoilt("  say: [hours, water]\n", "  say: water\n") if "water:" in own else GOOD
    (tmp_path / "whole.yaml").write_text(whole, "utf-8")
    flow = flow_of(tmp_path, own)
    assert flow.version == load_flow(tmp_path / "whole.yaml", WORDS).version
    assert flow.start == "notice"


def test_a_common_place_that_nothing_leads_to_is_left_out_with_what_is_wrong_in_it(tmp_path: Path) -> None:
    flow = flow_of(tmp_path, "from: common\n", GOOD + UNUSED)
    assert "nowhere" not in flow.places
    main = 'main:\n  say: main-menu\n  press: {1: danger, 0: operator}\n  repeat: "*"\n  otherwise: astray\n'
    assert {"water", "more"}.isdisjoint(flow_of(tmp_path, f"from: common\n{main}").places)


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_in_the_file_that_has_it(case: str, tmp_path: Path) -> None:
    own, common, expected = MISTAKES[case]
    with pytest.raises(Misconfigured) as caught:
        flow_of(tmp_path, own, common)
    (told,) = caught.value.message.splitlines()
    assert told.startswith(f"{tmp_path}/{expected}"), told
