"""`gridline call`: whole calls by typed keys, word for word; and that nothing of one is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from appeals.models import Appeal
from gridline.db import Database
from tests.store.walks import retelling as walks


@pytest.mark.parametrize("file", walks.files(), ids=lambda file: file.stem)
async def test_a_walk_goes_as_it_is_written(file: Path, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/gridline.db"
    await walks.sample(url)
    before = (tmp_path / "gridline.db").read_bytes()
    written = file.read_text("utf-8")
    assert await walks.retold(written, tmp_path) == written
    assert (tmp_path / "gridline.db").read_bytes() == before
    db = Database(url)
    async with db.read() as session:
        assert not await session.scalar(select(func.count()).select_from(Appeal))
    await db.close()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("$ gridline call --company skek --from 12", "«12» — не телефон. Пишите так: +73842123456."),
        ("$ gridline call --company skek --at завтра", "Время «завтра» не разобрано. Пишите так: 2026-12-31 17:30."),
        ("$ gridline call --company sek", "Компании «sek» нет."),
    ],
)
async def test_what_cannot_be_read_is_said(command: str, told: str, tmp_path: Path) -> None:
    assert told in await walks.retold(command, tmp_path)
