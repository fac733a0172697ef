"""`make house`: how the tree is built, in figures: arrows that run up, full floors, long files, double names, copies.

`python tools/house.py [ROOT]` measures the checkout in ROOT (this one by default); docs/house.md keeps what came out.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOMS_A_FLOOR = 15
HISTORY = "migrations/versions"
"""Not a floor: it grows by a room with each change of the tables, in the order of their numbers."""
LINES_A_FILE = 250
COLUMNS = 120
LINES_A_SCREEN = 60
WINDOW = 8
"""Lines of code that must be the same in two places to be called a copy; imports and brackets are not code."""
NAMED_BY_USE = frozenset({"Settings"})
"""Class names that are the field's own in each place that uses them."""


def floors() -> dict[str, int]:
    """House -> how high it stands, the ground floor 0; read from the linter's contract."""
    contracts = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    return {house.strip(): at for at, layer in enumerate(reversed(layers)) for house in layer.split("|")}


class Tree:
    """The Python and template files of a checkout, tests left out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
        names = [name for name in listed.splitlines() if not name.startswith(("tests/", "tools/", "docs/"))]
        self.python = [name for name in names if name.endswith(".py") and (root / name).exists()]
        self.templates = [name for name in names if name.endswith(".html") and (root / name).exists()]
        self.scripts = [name for name in names if name.endswith(".js") and (root / name).exists()]

    def text(self, name: str) -> str:
        """A file's text."""
        return (self.root / name).read_text("utf-8")


def arrows_up(tree: Tree) -> Counter[tuple[str, str]]:
    """(from house, to house above it) -> imports."""
    height = floors()
    found: Counter[tuple[str, str]] = Counter()
    for name in tree.python:
        house = name.partition("/")[0]
        for imported in _imports(tree.text(name)):
            other = imported.partition(".")[0]
            if house in height and other in height and height[other] > height[house]:
                found[house, other] += 1
    return found


def full_floors(tree: Tree) -> dict[str, int]:
    """Folder -> its rooms (files and folders beside each other), where they are too many."""
    rooms: dict[str, set[str]] = defaultdict(set)
    for name in [*tree.python, *tree.scripts]:
        parts = name.split("/")
        for at in range(1, len(parts)):
            if parts[at] != "__init__.py":
                rooms["/".join(parts[:at])].add(parts[at])
    full = {folder: len(inside) for folder, inside in sorted(rooms.items()) if len(inside) > ROOMS_A_FLOOR}
    return {folder: rooms for folder, rooms in full.items() if folder != HISTORY}


def long_files(tree: Tree) -> dict[str, int]:
    """File -> its lines, where they are too many; migrations are history and stay as they were written."""
    lines = {name: tree.text(name).count("\n") for name in [*tree.python, *tree.scripts]}
    return {name: n for name, n in lines.items() if n > LINES_A_FILE and "/versions/" not in name}


def double_names(tree: Tree) -> dict[str, list[str]]:
    """Public class -> the files that each define one of that name."""
    defined: dict[str, list[str]] = defaultdict(list)
    for name in tree.python:
        for node in ast.parse(tree.text(name)).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name not in NAMED_BY_USE:
                defined[node.name].append(name)
    return {name: where for name, where in sorted(defined.items()) if len(where) > 1}


def copies(tree: Tree) -> list[tuple[str, str, int]]:
    """(file, other file, lines): code that stands in both, WINDOW lines or more."""
    seen: dict[tuple[str, ...], str] = {}
    shared: Counter[tuple[str, str]] = Counter()
    for name in tree.python:
        if "/versions/" in name:
            continue
        code = [line.strip() for line in tree.text(name).splitlines() if _is_code(line)]
        for at in range(len(code) - WINDOW + 1):
            window = tuple(code[at : at + WINDOW])
            other = seen.setdefault(window, name)
            if other != name:
                shared[other, name] += 1
    return [(first, second, windows + WINDOW - 1) for (first, second), windows in shared.most_common()]


def wide_lines(tree: Tree) -> int:
    """Template lines beyond COLUMNS."""
    return sum(len(line) > COLUMNS for name in tree.templates for line in tree.text(name).splitlines())


def long_functions(tree: Tree) -> dict[str, int]:
    """Script function -> its lines, where a screen does not hold it."""
    found = {}
    opening = re.compile(r"^(\s*)(?:export )?(?:async )?function (\w+)")
    for name in tree.scripts:
        lines = tree.text(name).splitlines()
        for at, line in enumerate(lines):
            match = opening.match(line)
            end = next((n for n in range(at, len(lines)) if match and lines[n] == f"{match[1]}}}"), at)
            if match and end - at > LINES_A_SCREEN:
                found[f"{name}:{match[2]}"] = end - at + 1
    return found


def _is_code(line: str) -> bool:
    stripped = line.strip()
    return len(stripped) > 3 and not stripped.startswith(("#", "import ", "from ", '"""', "@"))


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def rows(tree: Tree) -> Iterator[tuple[str, int, str]]:
    """(what, how many, which) of everything measured."""
    up = arrows_up(tree)
    yield "arrows between houses that run up", len(up), ", ".join(f"{a} -> {b} ({n})" for (a, b), n in up.items())
    floors_full = full_floors(tree)
    yield (
        f"floors of more than {ROOMS_A_FLOOR} rooms",
        len(floors_full),
        ", ".join(f"{folder} {n}" for folder, n in floors_full.items()),
    )
    files = long_files(tree)
    yield f"files of more than {LINES_A_FILE} lines", len(files), ", ".join(f"{name} {n}" for name, n in files.items())
    names = double_names(tree)
    yield "class names that mean several things", len(names), ", ".join(f"{name} {len(w)}" for name, w in names.items())
    same = copies(tree)
    yield f"pairs of files that share {WINDOW} lines", len(same), ", ".join(f"{a} = {b} ({n})" for a, b, n in same)
    yield f"template lines over {COLUMNS} columns", wide_lines(tree), ""
    yield "script functions longer than a screen", len(long_functions(tree)), ", ".join(long_functions(tree))
    skips = sum(tree.text(name).count("fmt: skip") for name in tree.python)
    yield "fights with the formatter (fmt: skip)", skips, ""


def main() -> None:
    """Print the table."""
    tree = Tree(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE)
    sys.stdout.write("| what | how many | which |\n|---|---|---|\n")
    for what, count, which in rows(tree):
        sys.stdout.write(f"| {what} | {count} | {which} |\n")


if __name__ == "__main__":
    main()
