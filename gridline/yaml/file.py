"""A YAML file kept as text, with the line of every key, so that a mistake in it can be shown where it stands.

`yaml.BaseLoader` because the safe loader turns `on`, `no`, `1` and `08:30` into other types; doubled keys,
links (`&`, `*`) and type marks (`!!`) are refused, since none of them says what its reader thinks it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from gridline.errors import Misconfigured

Tree = str | list["Tree"] | dict[str, "Tree"]
Where = tuple[str | int, ...]

LARGEST_FILE = 1_000_000
PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing wrong with a file: its line, what is wrong and how to put it right (both Russian sentences)."""

    line: int
    what: str
    cure: str
    file: str = ""
    """Where it stands, if in another file than the one that is read."""


class WrongFile(Misconfigured):
    """One file and all that is wrong with it."""

    def __init__(self, message: str, mistakes: Sequence[Mistake]) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes)


def misconfigured(path: Path, mistakes: Sequence[Mistake]) -> WrongFile:
    """The error that shows every mistake of one file, in the order of its lines; those of another file follow."""
    ordered = sorted(set(mistakes), key=lambda one: (one.file, one))
    shown = [f"{m.file or path}:{m.line}: {m.what} {m.cure}" for m in ordered]
    return WrongFile("\n".join(shown), ordered)


@dataclass
class YamlFile:
    """The content of one file, the line of each place in it, and what is already known to be wrong."""

    path: Path
    tree: Tree = ""
    lines: dict[Where, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, *where: str | int) -> int:
        """The line of the key at `where`, or of the nearest thing that holds it."""
        place: Where = where
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(path: Path) -> YamlFile:
    """Read a file; doubled keys, links and type marks are in its `mistakes`.

    Raises Misconfigured when it is absent, too large, not UTF-8 or no YAML at all.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise misconfigured(path, [Mistake(1, "Файл больше 1 МБ.", "Разделите его.")])
        text = path.read_text("utf-8")
    except OSError as error:
        raise misconfigured(path, [Mistake(1, f"Файл не читается ({error.strerror}).", "Проверьте имя.")]) from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise misconfigured(path, [Mistake(line, "Файл не в UTF-8.", "Сохраните его в кодировке UTF-8.")]) from error
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        raise misconfigured(path, [_not_yaml(text, error)]) from error
    except (yaml.YAMLError, RecursionError) as error:
        mistake = Mistake(1, "Это не YAML: недопустимый знак или слишком глубокая вложенность.", "Уберите лишнее.")
        raise misconfigured(path, [mistake]) from error
    file = YamlFile(path)
    if root is not None:
        file.tree = _plant(file, root, (), set())
    return file


def _not_yaml(text: str, error: yaml.MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 1
    lines = text.splitlines()
    source = lines[line - 1] if line <= len(lines) else ""
    if error.context == "while scanning an alias":
        return Mistake(line, "Звёздочка без кавычек для YAML — ссылка.", 'Напишите её в кавычках: "*".')
    if "\t" in source:
        return Mistake(line, "Табуляция в отступе.", "Замените её пробелами.")
    return Mistake(line, f"Это не YAML ({error.problem}).", "Проверьте отступы, двоеточия и кавычки.")


def _plant(file: YamlFile, node: yaml.Node, where: Where, seen: set[int]) -> Tree:
    line = node.start_mark.line + 1
    file.lines.setdefault(where, line)
    if id(node) in seen:
        file.mistakes.append(Mistake(line, "Ссылки YAML (& и *) не разрешены.", "Напишите значение ещё раз целиком."))
        return ""
    seen.add(id(node))
    if node.tag not in PLAIN_TAGS:
        file.mistakes.append(Mistake(line, f"Пометка типа «{node.tag}» не разрешена.", "Уберите её."))
    if isinstance(node, yaml.MappingNode):
        return _plant_mapping(file, node, where, seen)
    if isinstance(node, yaml.SequenceNode):
        return [_plant(file, item, (*where, at), seen) for at, item in enumerate(node.value)]
    return str(node.value)


def _plant_mapping(file: YamlFile, node: yaml.MappingNode, where: Where, seen: set[int]) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            file.mistakes.append(Mistake(line, "Ключ должен быть словом.", "Уберите скобки вокруг ключа."))
            continue
        key = str(key_node.value)
        if key in found:
            first = file.lines[(*where, key)]
            what = f"Ключ «{key}» повторён (впервые в строке {first})."
            file.mistakes.append(Mistake(line, what, "Оставьте один."))
            continue
        file.lines[(*where, key)] = line
        found[key] = _plant(file, value_node, (*where, key), seen)
    return found
