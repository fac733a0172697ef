"""Menus in force: new calls get the new file, running calls keep theirs, a broken file changes nothing (F38)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gridline.companies import Companies
from gridline.errors import Misconfigured
from gridline.settings import HOUSE
from ivr.menus.flows import Flows
from tests.unit.menus.files import GOOD, WORDS, spoilt

COMPANIES = Companies.load(HOUSE / "dialplan" / "companies")
SKEK, MRSK = COMPANIES.by_id("skek"), COMPANIES.by_id("mrsk-centra")


def write(folder: Path, name: str, text: str) -> None:
    """Write with a distinct timestamp: two writes of a test may fall into one tick of the file system."""
    file = folder / name
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, "utf-8")
    stamp = max(file.stat().st_mtime_ns, before + 1_000_000)
    os.utime(file, ns=(stamp, stamp))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for menu in (menu for company in COMPANIES for menu in company.menus):
        write(tmp_path, menu, GOOD)
    return tmp_path


def test_a_changed_file_is_seen_and_serves_new_calls_only(folder: Path) -> None:
    flows = Flows(COMPANIES, folder, lambda _company: WORDS)
    running = flows.of(SKEK)
    assert not flows.changed()
    write(folder, SKEK.menu, spoilt("tries: 2", "tries: 3"))
    assert flows.changed()
    assert flows.of(SKEK) is running
    assert flows.reload() == ()
    assert not flows.changed()
    assert flows.of(SKEK).version != running.version
    assert running.places["main"] != flows.of(SKEK).places["main"]


@pytest.mark.parametrize("broken", [spoilt("2: water", "2: nowhere"), spoilt("1: danger, ", ""), "", "main: ["])
def test_a_broken_file_is_refused_whole_and_the_old_one_serves(broken: str, folder: Path) -> None:
    flows = Flows(COMPANIES, folder, lambda _company: WORDS)
    old = flows.of(SKEK)
    write(folder, SKEK.menu, broken)
    write(folder, MRSK.menu, spoilt("tries: 2", "tries: 3"))
    (refusal,) = flows.reload()
    assert str(folder / SKEK.menu) in refusal.message
    assert flows.of(SKEK) is old
    assert flows.of(MRSK).version != old.version
    assert not flows.changed(), "a refused file is not tried again until it is another"
    write(folder, SKEK.menu, GOOD)
    assert flows.changed()
    assert flows.reload() == ()


def test_a_change_of_the_common_menu_reaches_those_who_take_it_and_nobody_else(folder: Path) -> None:
    write(folder, "common.yaml", GOOD)
    write(folder, SKEK.menu, "from: common\n")
    flows = Flows(COMPANIES, folder, lambda _company: WORDS)
    skek, mrsk = flows.of(SKEK), flows.of(MRSK)
    assert skek.version == mrsk.version
    write(folder, "common.yaml", spoilt("tries: 2", "tries: 3"))
    assert flows.changed()
    assert flows.reload() == ()
    assert flows.of(SKEK).version != skek.version
    assert flows.of(MRSK).version == mrsk.version
    write(folder, "common.yaml", spoilt("2: water", "2: nowhere"))
    (refusal,) = flows.reload()
    assert str(folder / "common.yaml") in refusal.message
    assert flows.of(SKEK).version != skek.version


def test_a_file_that_has_gone_is_a_change_and_a_refusal(folder: Path) -> None:
    flows = Flows(COMPANIES, folder, lambda _company: WORDS)
    old = flows.of(SKEK)
    (folder / SKEK.menu).unlink()
    assert flows.changed()
    (refusal,) = flows.reload()
    assert "не читается" in refusal.message
    assert flows.of(SKEK) is old


def test_nothing_starts_with_a_broken_menu(folder: Path) -> None:
    write(folder, SKEK.menu, spoilt("1: danger, ", ""))
    with pytest.raises(Misconfigured, match="клавиша 1 — не опасность"):
        Flows(COMPANIES, folder, lambda _company: WORDS)
