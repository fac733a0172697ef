"""Rewrites a list or a mapping of a YAML file part by part: a part that says the same as before stays as it is written.

Comments above a part stay too while there is a part of its name; those inside a part that changes cannot.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import yaml

from gridline.errors import InvalidInput
from gridline.yaml.edit import end_of, tree_of
from gridline.yaml.file import Tree

_WIDTH: Final = 118
_MARK: Final = re.compile(r"(?:(?<=\s)|^)#", re.MULTILINE)
_FEW, _SHORT = 2, 40
"""Keys and letters of a mapping that stands in one line."""


class _Writer(yaml.SafeDumper):
    """Text alone, as our reader takes it: nothing is quoted only because it looks like a number."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012 - as PyYAML declares it

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Items stand deeper than their key."""
        super().increase_indent(flow, False)


def _text(writer: yaml.SafeDumper, written: str) -> yaml.ScalarNode:
    style = "|" if "\n" in written else ">" if len(written) > _WIDTH - 20 else None
    return writer.represent_scalar("tag:yaml.org,2002:str", written, style=style)


_Writer.add_representer(str, _text)


def _mapping(writer: yaml.SafeDumper, tree: Mapping[str, Tree]) -> yaml.MappingNode:
    plain = [part for part in tree.values() if isinstance(part, str)]
    short = len(plain) == len(tree) <= _FEW and sum(map(len, [*tree, *plain])) < _SHORT
    return writer.represent_mapping("tag:yaml.org,2002:map", tree.items(), flow_style=short)


_Writer.add_representer(dict, _mapping)


def dumped(tree: Tree) -> str:
    """A tree as a file has it: short lists in one line, long texts folded."""
    return str(
        yaml.dump(tree, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=_WIDTH, default_flow_style=None)
    )


def comments(text: str) -> list[str]:
    """Every comment of the file, without its mark."""
    held = [
        (token.start_mark.index, token.end_mark.index)
        for token in yaml.scan(text, Loader=yaml.BaseLoader)
        if isinstance(token, yaml.ScalarToken)
    ]
    starts = (mark.start() for mark in _MARK.finditer(text))
    found: dict[int, str] = {}
    for at in starts:
        if not any(a <= at < b for a, b in held):
            end = (text + "\n").index("\n", at)
            found.setdefault(end, text[at:end].lstrip("# ").rstrip())
    return list(found.values())


def lost(before: str, after: str) -> list[str]:
    """The comments that only the text before has."""
    return list((Counter(comments(before)) - Counter(comments(after))).elements())


@dataclass(frozen=True, slots=True)
class _Part:
    tree: Tree
    above: str
    """Lines between it and the part before: comments and empty lines."""
    text: str


def with_parts(text: str, key: str, parts: Mapping[str, Tree], *, listed: bool = False) -> str:
    """The file with `parts` under `key`, in their order; `listed`: as items of a list, each with its name as `id`.

    Everything else in the file stays as it is. Raises InvalidInput for what is no YAML.
    """
    tree = tree_of(text)
    had: dict[str, Tree] = dict(tree) if isinstance(tree, dict) else {}
    wanted = had | {key: list(parts.values()) if listed else dict(parts)}
    if key not in had:
        text = f"{text.rstrip()}\n\n".lstrip()
    first, last, known = _section(text, key, had.get(key, ""))
    lines = text.splitlines(keepends=True)
    indent = next((len(part.text) - len(part.text.lstrip()) for part in known.values()), 2)
    for kept in (known, {}):  # parts written in a way of their own may not go together with new ones
        body = "".join(_written(name, part, kept.get(name), indent, listed=listed) for name, part in parts.items())
        made = "".join([*lines[:first], f"{key}:\n", body, *lines[last:]])
        with suppress(InvalidInput):
            if tree_of(made) == wanted:
                return made
    return dumped(wanted)


def _written(name: str, part: Tree, before: _Part | None, indent: int, *, listed: bool) -> str:
    if before is not None and before.tree == part:
        return before.above + before.text
    made = dumped([part] if listed else {name: part})
    return (before.above if before else "") + textwrap.indent(made, " " * indent)


def _section(text: str, key: str, held: Tree) -> tuple[int, int, dict[str, _Part]]:
    """From which line to which `key` stands, and its parts by name; behind the last line where it is not there yet."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next(((name, value) for name, value in pairs if name.value == key), None)
    lines = text.splitlines(keepends=True)
    if found is None:
        return len(lines), len(lines), {}
    value, at = found[1], found[0].start_mark.line + 1
    parts: dict[str, _Part] = {}
    for name, tree, start, end_node in _children(value, held):
        end = text.count("\n", 0, end_of(end_node, text)) + 1
        parts[name] = _Part(tree, "".join(lines[at:start]), "".join(lines[start:end]))
        at = end
    return found[0].start_mark.line, text.count("\n", 0, end_of(value, text)) + 1, parts


def _children(value: yaml.Node, held: Tree) -> Iterator[tuple[str, Tree, int, yaml.Node]]:
    """Each part of a block: its name, what it says, its first line, and the node it ends with."""
    if isinstance(value, yaml.CollectionNode) and value.flow_style:
        return
    if isinstance(value, yaml.MappingNode) and isinstance(held, dict):
        for name, node in value.value:
            yield str(name.value), held[name.value], name.start_mark.line, node
    elif isinstance(value, yaml.SequenceNode) and isinstance(held, list):
        for tree, node in zip(held, value.value, strict=True):
            yield str(tree.get("id", "")) if isinstance(tree, dict) else "", tree, node.start_mark.line, node
