"""What tests of the documents share: the diffs a guide shows, and a copy of the tree to try them on."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from gridline.settings import HOUSE

_DIFF = re.compile(r"^```diff\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ADDS = re.compile(r"^\.venv/bin/gridline (companies new .*)$", re.MULTILINE)


def diffs(document: Path) -> list[str]:
    """Every diff that a guide shows, in its order."""
    return _DIFF.findall(document.read_text("utf-8"))


def additions(document: Path) -> list[list[str]]:
    """The words of every `gridline companies new` that a guide shows, without the program."""
    return [shlex.split(command) for command in _ADDS.findall(document.read_text("utf-8"))]


def files() -> Iterator[str]:
    """The checkout's files, those not yet committed too, but nothing that is built or ignored."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=HOUSE, capture_output=True, text=True, check=True).stdout.splitlines():
        if (HOUSE / name).is_file() and not (HOUSE / name).is_symlink():
            yield name


def copied(folder: Path) -> Path:
    """A copy of the checkout's files in `folder`, a repository of its own, so that `git apply` stays inside it."""
    for name in files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HOUSE / name, folder / name)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    return folder
