"""Changes one value of a YAML file's text and nothing else of it: comments, order and the way it is written stay.

It works on the marks that the parser gives, and proves itself: the text that comes out, read anew, must hold what was
asked for and otherwise what it held before.
"""

from __future__ import annotations

import json
from typing import Final, TypeGuard

import yaml

from gridline.errors import InvalidInput
from gridline.yaml.file import Tree, Where
from gridline.yaml.tree import at, with_value, without

WIDEST: Final = 118
"""Columns of a line of words before it is broken."""


LONG: Final = 40
"""Letters of a value that stands in a line of its own."""


def tree_of(text: str) -> Tree:
    """What the text holds, everything as text. Raises InvalidInput for what is no YAML."""
    node = _root(text)
    return "" if node is None else _plain(node)


def put(text: str, where: Where, value: Tree) -> str:
    """The text with `value` at `where`, a path of keys whose rest is made where it is not there yet.

    A mapping in a mapping's place changes key by key, so that what stands beside its lines stays. Raises InvalidInput
    where the text is no YAML, or is written in a way that this cannot change.
    """
    wanted = with_value(tree_of(text), where, value)
    return _proved(_put(text, where, value), wanted)


def drop(text: str, where: Where) -> str:
    """The text without what stands at `where`, and without what then holds nothing. Raises InvalidInput."""
    before = tree_of(text)
    if at(before, where) is None:
        return text
    return _proved(_drop(text, where), without(before, where))


def _proved(text: str, wanted: Tree) -> str:
    if tree_of(text) != wanted:
        raise InvalidInput("Этот файл записан так, что по частям его не изменить. Измените его текстом.")
    return text


def _put(text: str, where: Where, value: Tree) -> str:
    root = _root(text)
    node = _find(root, where)
    if node is None:
        return _add(text, root, where, value)
    if isinstance(node, yaml.MappingNode) and isinstance(value, dict) and not node.flow_style:
        had = _plain(node)
        assert isinstance(had, dict)
        for key in had.keys() - value.keys():
            text = _drop(text, (*where, key))
        for key, part in value.items():
            if had.get(key) != part:
                text = _put(text, (*where, key), part)
        return text
    column = _column(root, where)
    start, end = node.start_mark.index, end_of(node, text)
    if "\n" in text[text.rfind(":", 0, start) : start] and isinstance(node, yaml.CollectionNode):
        start = text.rfind(":", 0, start) + 1  # a block's first line stands below its key
        return text[:start] + " " + _written(value, column) + text[end:]
    if _is_lines(value) and not _in_flow(root, where):
        return text[:start] + _lines(value, column) + text[end:]
    return text[:start] + _written(value, column, used=start - text.rfind("\n", 0, start)) + text[end:]


def _add(text: str, root: yaml.Node | None, where: Where, value: Tree) -> str:
    """A key that is not there yet, behind the last one of what holds it."""
    if len(where) > 1 and _find(root, where[:-1]) is None:
        return _put(text, where[:-1], {str(where[-1]): value})
    key, holder = str(where[-1]), root if len(where) == 1 else _find(root, where[:-1])
    if holder is None:
        return f"{text.rstrip()}\n\n{_line(key, value, 0)}\n".lstrip()
    had = _plain(holder)
    if not isinstance(holder, yaml.MappingNode) or not isinstance(had, dict):
        return _put(text, where[:-1], {key: value})
    if holder.flow_style:
        return _put(text, where[:-1], {**had, key: value})
    column = holder.value[0][0].start_mark.column if holder.value else 0
    end = end_of(holder, text)
    line_end = text.find("\n", end)
    end = len(text) if line_end < 0 else line_end
    gap = "\n\n" if column == 0 and isinstance(value, dict) else "\n"
    return text[:end] + gap + " " * column + _line(key, value, column) + (text[end:] or "\n")


def _drop(text: str, where: Where) -> str:
    root = _root(text)
    holder = root if len(where) == 1 else _find(root, where[:-1])
    assert isinstance(holder, yaml.MappingNode)
    if len(holder.value) == 1 and len(where) > 1:
        return _drop(text, where[:-1])
    if holder.flow_style:
        had = _plain(holder)
        assert isinstance(had, dict)
        return _put(text, where[:-1], {key: part for key, part in had.items() if key != where[-1]})
    key, value = next(pair for pair in holder.value if pair[0].value == where[-1])
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    end = text.find("\n", end_of(value, text))
    rest = "" if end < 0 else text[end + 1 :]
    if key.start_mark.column == 0 and text[:start].endswith("\n\n"):
        rest = rest.lstrip("\n")
    return text[:start] + rest


def _line(key: str, value: Tree, column: int) -> str:
    """A key with its value; a mapping of more than plain values is a block, a level deeper."""
    if isinstance(value, dict) and (column == 0 or not _is_short(value)):
        inside = "\n".join(" " * (column + 2) + _line(name, part, column + 2) for name, part in value.items())
        return f"{_scalar(key)}:\n{inside}"
    if _is_lines(value):
        return f"{_scalar(key)}: {_lines(value, column)}"
    return f"{_scalar(key)}: {_written(value, column, used=column + len(key) + 2)}"


def _is_lines(value: Tree) -> TypeGuard[str]:
    """Whether it is a text of whole lines, which reads back from a block as it is."""
    return isinstance(value, str) and value == f"{value.strip()}\n" and "\t" not in value


def _lines(value: str, column: int) -> str:
    """A text of several lines below its key, whose line begins at `column`."""
    inside = "\n".join(f"{' ' * (column + 2)}{line}" if line else "" for line in value.splitlines())
    return f"|\n{inside}"


def _in_flow(root: yaml.Node | None, where: Where) -> bool:
    holders = [_find(root, where[:depth]) for depth in range(len(where))]
    return any(isinstance(one, yaml.CollectionNode) and one.flow_style for one in holders)


def _is_short(value: dict[str, Tree]) -> bool:
    """Whether a mapping stands in one line: `press: {1: danger, 0: operator}`."""
    return all(isinstance(part, str) and len(part) < LONG and "\n" not in part for part in value.values())


def _written(value: Tree, column: int, *, used: int = 0) -> str:
    """A value as it stands behind its key, whose line begins at `column` and has `used` letters already."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_written(part, column)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(part, inside=True) for part in value if isinstance(part, str)) + "]"
    written = _scalar(value)
    lines, room = [""], WIDEST - used
    for word in written.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
            room = WIDEST - column - 2
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return f"\n{' ' * (column + 2)}".join(lines) if "  " not in written and written.strip() else written


def _scalar(value: str, *, inside: bool = False) -> str:
    """Plain where it reads back as it is, in quotes otherwise."""
    plain = value if value == value.strip() and "\n" not in value and not value.startswith(("*", "!", "&")) else ""
    around = f"[{plain}]" if inside else f"{{{plain}: a}}" if plain and "," not in plain else f"a: {plain}"
    try:
        node = yaml.compose(f"a: {plain}", Loader=yaml.BaseLoader) if plain else None
        flow = yaml.compose(around, Loader=yaml.BaseLoader) if plain else None
    except yaml.YAMLError:
        node = flow = None
    if node is not None and flow is not None and _plain(node) == {"a": value}:
        return plain
    return json.dumps(value, ensure_ascii=False)


def _root(text: str) -> yaml.Node | None:
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.BaseLoader)):
            raise InvalidInput(
                "Ссылок YAML (& и *) здесь не бывает: напишите значение ещё раз."
            )  # they can unfold endlessly
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (строка {mark.line + 1})" if mark is not None else ""
        raise InvalidInput(f"Файл записан с ошибкой{line}: исправьте его текст.") from error
    return node


def _find(node: yaml.Node | None, where: Where) -> yaml.Node | None:
    for step in where:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return None
    return node


def _column(root: yaml.Node | None, where: Where) -> int:
    """Where the line of the key at `where` begins."""
    holder = _find(root, where[:-1])
    if isinstance(holder, yaml.MappingNode) and not holder.flow_style:
        return int(holder.start_mark.column)
    return _column(root, where[:-1]) if len(where) > 1 else 0


def end_of(node: yaml.Node, text: str) -> int:
    """Behind the last letter of a node: a block's own mark stands behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return end_of(last[1] if isinstance(last, tuple) else last, text)
    start = node.start_mark.index
    return int(start + len(text[start : node.end_mark.index].rstrip()))


def _plain(node: yaml.Node) -> Tree:
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return str(node.value)
