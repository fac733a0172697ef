"""What is shipped to install Gridline by: units that systemd takes, an image and containers that know our settings."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from gridline.settings import HOUSE, Settings
from service.cli import app

DEPLOY = HOUSE / "deploy"
UNITS = sorted(DEPLOY.glob("*.service")) + sorted(DEPLOY.glob("*.timer"))
OURS = "GRIDLINE_SETTINGS"
"""The one variable that is no setting: where the settings file lies."""


def settings_named(text: str) -> set[str]:
    return set(re.findall(r"\bGRIDLINE_[A-Z0-9_]+", text)) - {OURS}


def compose() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    """As compose reads it; `<<` takes the shared part of a node."""
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8")))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("нет systemd-analyze: apt-get install systemd")
    installed = re.sub(r"(?m)^(Exec\w+)=\S+", r"\1=/bin/true", unit.read_text("utf-8"))  # where it is not installed
    (tmp_path / unit.name).write_text(installed.replace("User=gridline", "User=root"), "utf-8")
    for other in UNITS:
        if other != unit:
            shutil.copy(other, tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    started = re.findall(r"(?m)^Exec\w+=/opt/gridline/.venv/bin/gridline (.+)", unit.read_text("utf-8"))
    assert started
    for arguments in started:
        assert CliRunner().invoke(app, [*arguments.split(), "--help"]).exit_code == 0


@pytest.mark.parametrize("name", ["compose.yaml", "Containerfile"])
def test_every_setting_named_is_one(name: str) -> None:
    named = settings_named((DEPLOY / name).read_text("utf-8"))
    assert named
    assert {one.removeprefix("GRIDLINE_").lower() for one in named} <= Settings.model_fields.keys()


def test_the_nodes_share_everything_but_name_series_address_and_disk() -> None:
    services = compose()["services"]
    nodes = [services["node1"], services["node2"]]
    own = {"GRIDLINE_NODE", "GRIDLINE_NODE_SERIES", "GRIDLINE_SIP_HOST"}
    assert all(one["environment"][name] != other["environment"][name] for one, other in [nodes] for name in own)
    shared = [{name: value for name, value in one["environment"].items() if name not in own} for one in nodes]
    assert shared[0] == shared[1]
    assert len({str(one["volumes"]) for one in nodes}) == 2


def test_kamailio_knows_the_nodes_by_the_addresses_they_have() -> None:
    services = compose()["services"]
    told = json.loads(services["kamailio"]["environment"]["GRIDLINE_KAMAILIO_NODES"])
    there = [services[name]["environment"] for name in ("node1", "node2")]
    assert told == [f"{one['GRIDLINE_NODE']}={one['GRIDLINE_SIP_HOST']}:5060" for one in there]
