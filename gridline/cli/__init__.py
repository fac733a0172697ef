"""The `gridline` command; one command per file, each with an `add_to(app)` function called here."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer
from rich.console import Console

from gridline.errors import GridlineError

app = typer.Typer(name="gridline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command line; an expected failure is one clear line and exit code 2."""
    for module in sorted(name for _, name, _ in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").add_to(app)
    try:
        app()
    except GridlineError as error:
        Console(stderr=True).print(error.message, style="bold red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
