"""The guides for a first hour: what they run and each diff they show suits the tree as it is, and what it makes works.

docs/new-action.md is followed to its call in tests/calls/test_new_action_guide.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gridline.settings import HOUSE
from tests.documents import additions, copied, diffs

GRIDLINE = ("-c", "from service.cli import main; main()")
CHECK = (*GRIDLINE, "companies", "check")
REPORT = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/store/appeals/test_reports.py", "-k", "ended_without")
PAGE = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/console/test_outages.py")
PROOFS = {"new-company": CHECK, "new-page": PAGE, "new-report": REPORT}


@pytest.mark.parametrize("guide", sorted(PROOFS))
def test_what_a_guide_shows_works(guide: str, tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    for command in additions(HOUSE / f"docs/{guide}.md"):
        ran(tree, *GRIDLINE, *command)
    patches = diffs(HOUSE / f"docs/{guide}.md")
    assert len(patches) >= 3
    for patch in patches:
        subprocess.run(["git", "apply", "-"], cwd=tree, input=patch, text=True, check=True)
    ran(tree, *PROOFS[guide])


def ran(tree: Path, *command: str) -> None:
    """Run Python in the copy of the tree; it ends well."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env=environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
