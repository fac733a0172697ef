"""What whole calls need: the packages of this working tree and the Asterisk program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from asterisk_conf.asterisk import Asterisk, find
from asterisk_conf.packages import PackageRoot
from gridline.errors import Unavailable
from gridline.settings import HOUSE


@pytest.fixture(scope="session")
def packages() -> PackageRoot:
    """The package root of this working tree (`make setup` fills it)."""
    return PackageRoot(HOUSE / ".packages")


@pytest.fixture(scope="session")
def asterisk_program(packages: PackageRoot) -> Asterisk:
    """The Asterisk that calls are placed on; skips, saying so, where there is none."""
    try:
        return find(packages)
    except Unavailable as absent:
        pytest.skip(str(absent))


@dataclass(frozen=True)
class Demo:
    """`gridline demo --once --json` as it runs: its process, what it prints, what it will write."""

    process: subprocess.Popen[bytes]
    output: Path
    result: Path


@pytest.fixture(scope="session")
def demo(
    request: pytest.FixtureRequest, asterisk_program: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo | None]:
    """The demo with folders of its own, begun by whoever asks first, so that it plays beside the stories.

    None when nobody will look at it.
    """
    del asterisk_program  # it is there, or this is skipped
    if not any(item.path.stem == "test_the_demo" for item in request.session.items):
        yield None
        return
    folder = tmp_path_factory.mktemp("demo")
    (folder / "var").mkdir()
    (folder / "var/prompts").symlink_to(HOUSE / "var/prompts")
    settings = {"var": str(folder / "var"), "package_root": str(HOUSE / ".packages")}
    file, output, result = folder / "gridline.toml", folder / "output", folder / "told.json"
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from gridline.cli import main; main()", "demo", "--once", "--json", str(result)],
            cwd=HOUSE,
            env=os.environ | {"GRIDLINE_SETTINGS": str(file), "COLUMNS": "200"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    yield Demo(process, output, result)
    if process.poll() is None:
        process.terminate()
        process.wait(timeout=120)
