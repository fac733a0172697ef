"""A report's file written in a process of its own: a large one is read on one core and written on another."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from appeals.reports.rows import ReportFile, Value, open_rows
from gridline.errors import Unavailable

BATCH: Final = 500
"""Rows sent at once."""


class RowsApart(ReportFile):
    """What `open_rows` gives, at the other end of a pipe. Raises what the writing raised, at the latest on `close`."""

    def __init__(self, file: Path, *, sheet: str, widths: Sequence[int] = ()) -> None:
        super().__init__(file)
        fresh = multiprocessing.get_context("spawn")
        self._pipe, theirs = fresh.Pipe()
        self._process = fresh.Process(target=_write, args=(theirs, file, sheet, tuple(widths)), daemon=True)
        self._process.start()
        theirs.close()
        self._batch: list[Sequence[Value]] = []

    def title(self, text: str) -> None:
        self._tell("title", text)

    def groups(self, spans: Sequence[tuple[int, int, str]]) -> None:
        self._tell("groups", tuple(spans))

    def headings(self, texts: Sequence[str | int]) -> None:
        self._tell("headings", tuple(texts))

    def row(self, values: Sequence[Value]) -> None:
        self._batch.append(values)
        if len(self._batch) == BATCH:
            self._send_batch()

    def _finish(self) -> None:
        self._send_batch()
        try:
            self._send(None)
            self._heard()
        finally:
            self._process.join()

    def _tell(self, what: str, told: object) -> None:
        self._send_batch()
        self._send((what, told))

    def _send_batch(self) -> None:
        if self._batch:
            self._send(("rows", self._batch))
            self._batch = []

    def _send(self, message: object) -> None:
        try:
            self._pipe.send(message)
        except OSError:  # the writer has gone: it said why, or died
            self._heard()

    def _heard(self) -> None:
        """The writer's last word. Raises what it raised, Unavailable when it died without one."""
        try:
            error = self._pipe.recv()
        except (EOFError, OSError):
            raise Unavailable(f"{self.file.name}: запись отчёта прервалась. Попробуйте ещё раз.") from None
        if error is not None:
            raise error


def _write(pipe: Connection[Any, Any], file: Path, sheet: str, widths: Sequence[int]) -> None:
    """Write what comes until None comes; then, or at the first error, say how it went."""
    try:
        with open_rows(file, sheet=sheet, widths=widths) as rows:
            while (message := pipe.recv()) is not None:
                what, told = message
                if what == "rows":
                    for values in told:
                        rows.row(values)
                else:
                    getattr(rows, what)(told)
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001  (raised again at the other end)
        pipe.send(error)
    else:
        pipe.send(None)
