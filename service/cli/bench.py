"""`gridline bench NAME`: measures the product; each benchmark is a module or package of `bench`."""

from __future__ import annotations

import importlib
import pkgutil

import typer

import bench


def add_to(app: typer.Typer) -> None:
    """Hang the group on `app`."""
    group = typer.Typer(name="bench", help="Измерить скорость", no_args_is_help=True)
    group.callback()(_group)
    for name in sorted(name for _, name, _ in pkgutil.iter_modules(bench.__path__)):
        module = importlib.import_module(f"{bench.__name__}.{name}")
        if hasattr(module, "add_to"):  # the others are tools of the benchmarks
            module.add_to(group)
    app.add_typer(group)


def _group() -> None:
    """Измерить скорость."""
