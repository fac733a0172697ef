"""What a YAML file holds, as a value: looked up and changed at a path of keys and places in lists."""

from __future__ import annotations

import copy

from gridline.errors import InvalidInput
from gridline.yaml.file import Tree, Where


def at(tree: Tree, where: Where) -> Tree | None:
    """What stands there; None where nothing does."""
    for step in where:
        if isinstance(tree, dict) and step in tree:
            tree = tree[str(step)]
        elif isinstance(tree, list) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def with_value(tree: Tree, where: Where, value: Tree) -> Tree:
    """The tree with this value there; mappings on the way are made. Raises InvalidInput for a place no list has."""
    if not where:
        return value
    step, rest = where[0], where[1:]
    if isinstance(step, int):
        if not isinstance(tree, list) or step >= len(tree):
            raise InvalidInput("Такой строки в файле уже нет. Откройте страницу снова.")
        return [*tree[:step], with_value(tree[step], rest, value), *tree[step + 1 :]]
    whole: dict[str, Tree] = copy.deepcopy(tree) if isinstance(tree, dict) else {}
    whole[str(step)] = with_value(whole.get(str(step), {}), rest, value)
    return whole


def without(tree: Tree, where: Where) -> Tree:
    """The tree without what stands there, and without the mappings that then hold nothing."""
    whole = copy.deepcopy(tree)
    for depth in range(len(where), 0, -1):
        holder = at(whole, where[: depth - 1])
        assert isinstance(holder, dict)
        del holder[str(where[depth - 1])]
        if holder or depth == 1:
            break
    return whole
