"""A Core statement compiled once for one database, so that the driver itself can run it.

What is asked in every call is asked so: the ORM takes 1 ms for a statement that the database answers in 20 us. The
statement stays the one that the rest of the program gives to its sessions.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Float, Select, UpdateBase, inspect
from sqlalchemy.sql.compiler import SQLCompiler

Statement = Select[*tuple[Any, ...]] | UpdateBase
Change = Callable[[Any], Any]
_PREPARED: dict[tuple[Any, ...], Prepared] = {}


class Prepared:
    """One statement's text, and how values go in and rows come out by the columns' own types."""

    def __init__(self, statement: Statement, dialect: Dialect, columns: Sequence[str] = ()) -> None:
        """`columns` are the ones an INSERT fills."""
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
        assert isinstance(compiled, SQLCompiler)
        told_later = {name: None for name, bind in compiled.binds.items() if bind.required}
        expanded = compiled.construct_expanded_state(told_later)
        self.sql = expanded.statement
        names = expanded.positiontup or ()
        self._told: dict[str, Any] = {}
        """What the statement itself says, as the driver takes it; values that are passed go over it."""
        self._changes: list[tuple[str, Change]] = []
        for name in dict.fromkeys(names):
            bind, fixed = compiled.binds.get(name), expanded.parameters[name]
            change: Any = expanded.processors.get(name)
            if bind is not None:
                change = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if change is not None and bind is not None and (bind.required or name in columns):
                self._changes.append((name, change))
            self._told[name] = change(fixed) if change is not None and fixed is not None else fixed
        self._in_order = itemgetter(*names, *names[:1]) if names else tuple  # of one name it would not make a tuple
        self._count = len(names)
        self._make: Callable[..., Any] = tuple
        self._out: list[tuple[int, Change]] = []
        if isinstance(statement, Select):
            self._read(statement, dialect)

    @classmethod
    def of(cls, statement: Statement, dialect: Dialect, columns: Iterable[str] = ()) -> Prepared:
        """The same, remembered: for statements that live as long as the program."""
        filled = tuple(columns)
        key = (statement, dialect.name, filled)
        made = _PREPARED.get(key)
        if made is None:
            made = _PREPARED[key] = cls(statement, dialect, filled)
        return made

    def _read(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        chosen = list(statement.selected_columns)
        for place, column in enumerate(chosen):
            if isinstance(column.type, Float):  # both drivers give a float; the processor wants to know a column's code
                continue
            if (change := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None:
                self._out.append((place, change))
        names = [str(column.key) for column in chosen]
        (first, *_) = described = statement.column_descriptions
        if len(described) == 1 and first["expr"] is first.get("entity"):
            entity: Any = first["entity"]
            attributes = {
                column.name: attribute.key for attribute in inspect(entity).column_attrs for column in attribute.columns
            }
            names = [attributes[name] for name in names]
            self._make = lambda row: entity(**dict(zip(names, row, strict=True)))
        else:
            row = namedtuple("Row", names)  # type: ignore[misc]
            self._make = getattr(row, "_make")  # noqa: B009 -- or mypy sees a bare tuple's

    def arguments(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """The parameters in the statement's order; raises what a column's type raises on a wrong value."""
        told = {**self._told, **values}
        for name, change in self._changes:
            if told[name] is not None:
                told[name] = change(told[name])
        return self._in_order(told)[: self._count]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """The driver's rows as the statement speaks of them: entities, or tuples with names."""
        if not self._out:
            return [self._make(row) for row in found]
        made = []
        for row in found:
            values = list(row)
            for place, change in self._out:
                values[place] = change(values[place])
            made.append(self._make(values))
        return made
