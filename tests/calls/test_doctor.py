"""`gridline doctor` on a working line: everything it checks really exists."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from carrier.stories.installation import Installation
from gridline.settings import HOUSE

QUALIFY_S = 2


@pytest.mark.real_asterisk
@pytest.mark.usefixtures("asterisk_program")
async def test_a_line_that_works_is_fine(tmp_path: Path) -> None:
    var = tmp_path / "var"
    var.mkdir()
    (var / "prompts").symlink_to(HOUSE / "var/prompts")
    house = Installation(var, {"trunk_qualify_s": QUALIFY_S})
    try:
        await house.start()
        async with asyncio.timeout(QUALIFY_S + 30):
            code, rows = await doctor(house)
            while level(rows, "Оператор связи") == "wrong":  # it started after us, and is asked again
                code, rows = await doctor(house)
    finally:
        await house.stop()
    assert [row for row in rows if row["level"] == "wrong"] == []
    assert code == 0
    assert level(rows, "AMI") == "fine"
    assert level(rows, "Оператор связи") == "fine"
    assert next(row["what"] for row in rows if row["check"] == "Порты").count("у нас") == 5


async def doctor(house: Installation) -> tuple[int | None, list[dict[str, str]]]:
    """Exit code and findings of the command, run beside the line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from service.cli import main; main()", "doctor", "--json"),
        env=os.environ | {"GRIDLINE_SETTINGS": str(house.file)},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return process.returncode, json.loads(told)


def level(rows: list[dict[str, str]], check: str) -> str:
    """The level of the one finding of a check."""
    return next(row["level"] for row in rows if row["check"] == check)
