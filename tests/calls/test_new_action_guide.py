"""docs/new-action.md, followed to the letter on a copy of the tree: its diffs, its checks, its call."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asterisk_conf.asterisk import Asterisk
from gridline.settings import HOUSE
from tests.documents import copied, diffs

STORY = "an_office_that_is_open"


@pytest.mark.real_asterisk
@pytest.mark.timeout(300)
def test_whoever_follows_the_guide_hears_their_action(tmp_path: Path, asterisk_program: Asterisk) -> None:
    tree = copied(tmp_path / "tree")
    (tree / ".packages").symlink_to(HOUSE / ".packages")
    for patch in diffs(HOUSE / "docs/new-action.md"):
        subprocess.run(["git", "apply", "-"], cwd=tree, input=patch, text=True, check=True)
    assert "office_hours" in (tree / "dialplan/menus/skek.yaml").read_text("utf-8")
    _python(tree, "-m", "ruff", "check", "ivr", "tests/calls/stories")
    _python(tree, "-c", "from service.cli import main; main()", "menus", "check")
    told = _python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/calls/test_stories.py", "-k", STORY)
    assert "1 passed" in told


def _python(tree: Path, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout
