"""What Asterisk wrote of a call: its channel events, read; and a caller's number, taken out of every record and log.

Asterisk appends to these files at any moment, and `logs` renames them: so bytes are overwritten where they lie, as many
as there were, and nothing is cut, moved or written anew. What is overwritten is the number's last ten digits.
"""

from __future__ import annotations

import csv
import mmap
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from asterisk_conf.logs import Logs

MOST_DIGITS = 10
"""Of a Russian number without +7 or 8: it is the same however the carrier wrote it."""
_LEAST_DIGITS = 5
_CEL_COLUMNS = 8
_CEL_CALLER, _CEL_CHANNEL, _CEL_CALL = 2, 5, 6
_CDR_CALLER, _CDR_NAME, _CDR_CHANNEL = 1, 4, 16
_QUEUE_CALL, _QUEUE_EVENT, _QUEUE_CALLER = 1, 4, 6
_DIGITS = re.compile(r"\d+")
_OF_ID = b"0123456789."


def forget_caller(logs: Logs, linkedid: str, number: str = "") -> int:
    """Overwrite the number of the caller whose call Asterisk named `linkedid`; returns how often it was there.

    `number`: as it is known otherwise; then it goes out of Asterisk's own log too, which names no call. To be done once
    more when the call is over: some of its lines are written then. Raises OSError on a bad disk.
    """
    queue_log, cdr = logs.folder / "queue_log", logs.folder / "cdr-csv/Master.csv"
    cel = logs.folder / "cel-custom/cel.csv"
    legs, numbers = {linkedid}, _tails(number)
    for row in _rows(logs, cel, linkedid, ","):
        if len(row) > _CEL_CALL and row[_CEL_CALL] == linkedid:
            legs.add(row[_CEL_CHANNEL])
            if row[_CEL_CHANNEL] == linkedid:
                numbers |= _tails(row[_CEL_CALLER])
    for row in _rows(logs, cdr, linkedid, ","):
        if len(row) > _CDR_CHANNEL and row[_CDR_CHANNEL] == linkedid:
            numbers |= _tails(row[_CDR_CALLER]) | _tails(row[_CDR_NAME])
    for row in _rows(logs, queue_log, linkedid, "|"):
        if len(row) > _QUEUE_CALLER and row[_QUEUE_CALL] == linkedid and row[_QUEUE_EVENT] == "ENTERQUEUE":
            numbers |= _tails(row[_QUEUE_CALLER])
    found = 0
    for log in (queue_log, cdr, cel) if numbers else ():
        found += sum(_overwrite(file, numbers, legs) for file in logs.parts_of(log))
    own = _tails(number)
    for log in (logs.messages, logs.console) if own else ():
        found += sum(_overwrite(file, own, own) for file in logs.parts_of(log))
    return found


def channel_events(logs: Logs, linkedid: str) -> list[list[str]]:
    """The channel events (CEL) of the call that Asterisk named `linkedid`, in order, as `cel_custom.conf` has them.

    Type, local time, caller, extension, channel's name and id, the call, what else is told (JSON or empty). Nothing
    where CEL is off or written elsewhere. Raises OSError on a bad disk.
    """
    log = logs.folder / "cel-custom/cel.csv"
    try:
        rows = list(_rows(logs, log, linkedid, ","))
    except FileNotFoundError:  # renamed since it was found: once more, by the names that the parts have now
        rows = list(_rows(logs, log, linkedid, ","))
    return sorted(
        (row for row in rows if len(row) == _CEL_COLUMNS and row[_CEL_CALL] == linkedid), key=lambda row: row[1]
    )


def tail(number: str) -> str:
    """The digits of a number that are overwritten; empty for what is too short to be a caller's."""
    digits = "".join(_DIGITS.findall(number))[-MOST_DIGITS:]
    return digits if len(digits) >= _LEAST_DIGITS else ""


def _tails(number: str) -> set[str]:
    return {tail(number)} - {""}


def _overwrite(file: Path, numbers: Collection[str], marks: Collection[str]) -> int:
    """Put as many `x` over each of the numbers in the lines that are marked; returns how many there were."""
    sought = re.compile(b"|".join(re.escape(number.encode()) for number in sorted(numbers)))
    marked = {at: line for mark in marks for at, line in _lines(file, mark, whole=numbers is not marks)}
    places = [(at + match.start(), len(match[0])) for at, line in marked.items() for match in sought.finditer(line)]
    if places:
        with file.open("r+b") as out:
            for place, length in places:
                out.seek(place)
                out.write(b"x" * length)
    return len(places)


def _rows(logs: Logs, log: Path, mark: str, delimiter: str) -> Iterator[list[str]]:
    told = (line.decode("utf-8", "replace") for file in logs.parts_of(log) for _, line in _lines(file, mark))
    return csv.reader(told, delimiter=delimiter)


def _lines(file: Path, mark: str, *, whole: bool = True) -> Iterator[tuple[int, bytes]]:
    """The lines that hold a mark, each with its place; `whole`: `1796.7` is no mark of a line about `1796.77`."""
    sought = mark.encode()
    with file.open("rb") as kept:
        if not kept.seek(0, os.SEEK_END):
            return
        with mmap.mmap(kept.fileno(), 0, access=mmap.ACCESS_READ) as held:  # hundreds of megabytes, searched as bytes
            at = held.find(sought)
            while at >= 0:
                after = at + len(sought)
                if not whole or not (_is_of_id(held, at - 1) or _is_of_id(held, after)):
                    begin = held.rfind(b"\n", 0, at) + 1
                    end = held.find(b"\n", after)
                    after = len(held) if end < 0 else end
                    yield begin, held[begin:after]
                at = held.find(sought, after)


def _is_of_id(held: mmap.mmap, at: int) -> bool:
    return 0 <= at < len(held) and held[at] in _OF_ID
