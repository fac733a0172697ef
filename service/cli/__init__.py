"""The `gridline` command; one command per file, each with an `add_to(app)` function, loaded when it is called.

Commands stand in this folder and on the floors `company`, `line`, `sound` and `upkeep`.
"""

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
    "backup": "Сделать резервную копию, пока идут звонки, или проверить её.",
    "bench": "Измерить скорость.",
    "call": "Пройти меню на клавишах: Enter — молчание, q — положить трубку. Ничего из сказанного не сохраняется.",
    "calendar": "Производственный календарь.",
    "companies": "Компании: проверить, завести новую.",
    "demo": "Показать линию в работе: настоящие звонки, рассказанные по ходу дела.",
    "doctor": "Проверить установку: что не так и что делать. Код 1, если что-то не так.",
    "export": "Записать офисы, паспорта и статьи таблицей.",
    "import": "Загрузить таблицу: всю или ничего.",
    "kamailio": "Файлы Kamailio перед несколькими узлами.",
    "menus": "Меню, которые слышит абонент: проверить, нарисовать.",
    "migrate": "Привести базу данных к последней версии.",
    "nodes": "Узлы установки: какие есть, какой принимает звонки.",
    "prompts": "Подсказки: озвучить и посмотреть.",
    "recordings": "Записи разговоров.",
    "report": "Отчёты из журнала событий.",
    "restore": "Восстановить установку из резервной копии и доказать, что вернулось.",
    "rules": "Правила сроков.",
    "serve": "Вести телефонную линию, пока не придёт SIGTERM.",
    "setup": "Подготовить всё: Asterisk, голос, подсказки, базу данных, консоль. Повторный запуск — секунды.",
    "speech": "Распознавание речи: модели.",
    "surveys": "Целевые опросы: начать, остановить, посмотреть.",
    "users": "Люди, которым открыта консоль.",
}
"""What `gridline --help` says about each command, without importing them all (2 s); a test keeps it in step."""

_FLOORS: Final = ("company", "line", "sound", "upkeep")
"""Folders of commands and no commands themselves; every other folder here is one command with commands of its own."""


def _modules() -> dict[str, str]:
    """Command -> its module."""
    floors = {__name__: __path__} | {f"{__name__}.{name}": [f"{path}/{name}" for path in __path__] for name in _FLOORS}
    found = {name: package for package, path in floors.items() for _, name, _ in pkgutil.iter_modules(path)}
    # a name that is a Python keyword (import) has an underscore behind it
    return {name.rstrip("_"): f"{package}.{name}" for name, package in found.items() if name not in _FLOORS}


class Commands(TyperGroup):
    """The commands by file name; only the one that is called is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command's name."""
        return sorted(_modules())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command; None when there is no such command."""
        module = _modules().get(cmd_name)
        if module is None:
            return None
        alone = typer.Typer()
        alone.callback()(lambda: None)
        importlib.import_module(module).add_to(alone)
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
