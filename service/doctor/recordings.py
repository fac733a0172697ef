"""A check of what is recorded: whether both sides of the talks are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from agent_console.words import plural
from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.settings import Settings
from quality.measures.one_sided import OneSidedTalks, one_sided
from service.doctor.finding import Finding, fine, note, wrong

LOOKED_AT: Final = timedelta(days=7)
TOO_MANY: Final = 0.05
"""Of the talks: some microphone is always off, but not one in twenty."""
TOO_MANY_AT_LEAST: Final = 3
_WHAT: Final = "Обе стороны"


async def both_sides(config: Settings) -> Sequence[Finding]:
    """How many talks of the last days have one side alone."""
    db = Database(config.db_url)
    try:
        async with db.read() as session:
            found = await one_sided(session, SystemClock().now() - LOOKED_AT)
    except (Unavailable, SQLAlchemyError):  # the database's own check says what to do
        return [note(_WHAT, "База данных не отвечает: сосчитать нельзя.")]
    finally:
        await db.close()
    return [_said(found)]


def _said(found: OneSidedTalks) -> Finding:
    talks = f"За неделю {found.talks} {plural(found.talks, 'разговор', 'разговора', 'разговоров')}"
    if not found.count:
        return fine(_WHAT, f"{talks}, обе стороны слышны в каждом." if found.talks else "Мерить пока нечего.")
    what = f"{talks}; не слышно оператора: {found.without_agent}, абонента: {found.without_caller}."
    if found.count >= max(TOO_MANY_AT_LEAST, TOO_MANY * found.talks):
        return wrong(_WHAT, what, "Послушайте их: выключен микрофон, или АТС пишет не обе стороны.")
    return note(_WHAT, what)
