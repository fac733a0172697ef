"""Which files a request passes through: to keep the way of a thing through the house short."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from gridline.settings import HOUSE

GROUND = "gridline"
"""Under every room, and no room of its own."""


@contextmanager
def entered() -> Iterator[set[str]]:
    """The modules of the houses whose functions this thread runs meanwhile, as paths in the checkout.

    Without the jobs of the houses that run beside it already: what they look at now and then is no part of the way.
    """
    files: set[str] = set()
    loop = asyncio.get_running_loop()
    jobs = {task for task in asyncio.all_tasks(loop) if _is_job(task)} - {asyncio.current_task(loop)}

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>" and asyncio.current_task(loop) not in jobs:
            files.add(frame.f_code.co_filename)

    rooms: set[str] = set()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield rooms
    finally:
        sys.setprofile(before)
        inside = (Path(file).relative_to(HOUSE) for file in files if Path(file).is_relative_to(HOUSE))
        rooms |= {
            str(room) for room in inside if room.suffix == ".py" and room.parts[0] not in (GROUND, "tests", ".venv")
        }


def _is_job(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and Path(code.co_filename).is_relative_to(HOUSE) and ".venv" not in code.co_filename
