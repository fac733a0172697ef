"""The `gridline` command; one command per file, each with an `add_to(app)` function, loaded when it is called."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from gridline.errors import GridlineError
from service import only_for_us

OVERVIEW: Final[Mapping[str, str]] = {
    "appeals": "Реестр обращений.",
    "asterisk": "Файлы Asterisk для своей службы.",
    "bench": "Измерить скорость.",
    "calendar": "Производственный календарь.",
    "demo": "Показать линию в работе: настоящие звонки, рассказанные по ходу дела.",
    "doctor": "Проверить установку: что не так и что делать. Код 1, если что-то не так.",
    "import": "Загрузить таблицу: всю или ничего.",
    "menus": "Меню, которые слышит абонент: проверить, нарисовать.",
    "migrate": "Привести базу данных к последней версии.",
    "prompts": "Подсказки: озвучить и посмотреть.",
    "report": "Отчёты из журнала событий.",
    "rules": "Правила сроков.",
    "serve": "Вести телефонную линию, пока не придёт SIGTERM.",
    "setup": "Подготовить всё: Asterisk, голос, подсказки, базу данных, консоль. Повторный запуск — секунды.",
    "users": "Люди, которым открыта консоль.",
}
"""What `gridline --help` says about each command, without importing them all (2 s); a test keeps it in step."""


class Commands(TyperGroup):
    """The commands by file name; only the one that is called is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command's name."""
        return sorted(name.rstrip("_") for _, name, _ in pkgutil.iter_modules(__path__))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command; None when there is no such command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        file = f"{cmd_name}_" if cmd_name == "import" else cmd_name  # a Python keyword
        alone = typer.Typer()
        alone.callback()(lambda: None)
        importlib.import_module(f"{__name__}.{file}").add_to(alone)
        return typer.main.get_group(alone).get_command(ctx, cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the overview from the table above."""
        commands = [TyperCommand(name, help=OVERVIEW.get(name, "")) for name in self.list_commands(ctx)]
        overview = TyperGroup(name=self.name, help=self.help, commands=commands, rich_markup_mode=self.rich_markup_mode)
        overview.format_help(ctx, formatter)


app = typer.Typer(
    name="gridline", cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def gridline() -> None:
    """Телефонная линия электросетевой компании."""


def main() -> None:
    """Run the command line; an expected failure, and a file or folder we may not use, is one line and exit code 2."""
    only_for_us()
    try:
        app()
    except GridlineError as error:
        _end(error.message)
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
    except OSError as error:
        _end(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _end(message: str) -> NoReturn:
    Console(stderr=True).print(message, style="bold red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(2)
