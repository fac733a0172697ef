"""The rendered files: which agents answer which queue."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from asterisk_conf.asterisk import Asterisk
from asterisk_conf.render import render
from gridline.companies import Companies, Company
from gridline.errors import Misconfigured
from gridline.settings import HOUSE, Settings

PROGRAM = Asterisk(("asterisk",), "22.0.0", Path("/usr/sbin"), Path("/usr/lib/asterisk/modules"), Path("/usr/share"))


def companies_with(folder: Path, members: dict[str, list[str]]) -> list[Company]:
    body = yaml.safe_load((HOUSE / "dialplan/companies/skek.yaml").read_text("utf-8"))
    for topic in body["topics"].values():
        topic.pop("schedule", None)
    (folder / "skek.yaml").write_text(yaml.safe_dump(body | {"members": members}, allow_unicode=True), "utf-8")
    return list(Companies.load(folder))


def queues(folder: Path, members: dict[str, list[str]]) -> dict[str, list[str]]:
    """Members by queue, as Asterisk will read them."""
    settings = Settings(var=folder / "var", agents=("101", "102", "103"))
    (folder / "companies").mkdir()
    rendered = render(settings, PROGRAM, companies_with(folder / "companies", members))
    found: dict[str, list[str]] = {}
    for line in (rendered.etc / "queues.conf").read_text().splitlines():
        if line.endswith("(common)"):
            found[line[1:].partition("]")[0]] = []
        elif line.startswith("member => "):
            found[list(found)[-1]].append(line.removeprefix("member => "))
    return found


def test_a_queue_has_the_agents_its_company_names(tmp_path: Path) -> None:
    found = queues(tmp_path, {"skek-water": ["103"], "skek-office": []})
    assert found["skek-water"] == ["PJSIP/103,0,103"]
    assert found["skek-office"] == []


def test_a_queue_that_is_not_named_is_answered_by_all(tmp_path: Path) -> None:
    assert queues(tmp_path, {})["skek-hotline"] == [f"PJSIP/{agent},0,{agent}" for agent in (101, 102, 103)]


def test_an_agent_the_settings_do_not_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="В очереди skek-water компании skek агенты 109, которых нет в настройках"):
        queues(tmp_path, {"skek-water": ["109", "101"]})
