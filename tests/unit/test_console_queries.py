"""Queries live with their noun: whatever a page, the card or the register's pages want, they ask a repository for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridline.settings import HOUSE

CONSOLE = HOUSE / "agent_console"
REPOSITORIES = {CONSOLE / "card" / name for name in ("cards.py", "drafts.py", "models.py")}
STATEMENTS = {"select", "insert", "update", "delete", "text", "exists"}
SESSION = {"get", "get_one", "scalar", "scalars", "execute", "add", "add_all", "delete", "merge"}
FOLDERS = ("pages", "card", "register")
MODULES = sorted({file for folder in FOLDERS for file in (CONSOLE / folder).rglob("*.py")} - REPOSITORIES)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_no_query_is_written_where_a_page_is_made(file: Path) -> None:
    assert list(_queries(ast.parse(file.read_text("utf-8")))) == []


def test_the_repositories_are_there() -> None:
    assert all(file.exists() for file in REPOSITORIES)
    assert list(_queries(ast.parse((CONSOLE / "card/cards.py").read_text("utf-8")))) != []


def _queries(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            yield from (alias.name for alias in node.names if alias.name in STATEMENTS)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SESSION:
            holder = node.func.value
            if isinstance(holder, ast.Name) and holder.id == "session":
                yield f"session.{node.func.attr} in line {node.lineno}"
