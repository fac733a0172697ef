"""A check of the words of recordings: whether anything hears them, and whether it keeps up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from agent_console.words import lasting, plural
from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.settings import Settings
from quality.transcripts import waiting
from quality.transcripts.waiting import WaitingRecordings
from service.doctor.finding import Finding, fine, note, wrong
from speech.ears import ears_of
from speech.models import ADD

BEHIND: Final = timedelta(days=1)
"""A night is quiet enough to catch up in: what has waited longer shows that the days bring more than is heard."""
_WHAT: Final = "Расшифровки"


async def backlog(config: Settings) -> Sequence[Finding]:
    """How many recordings wait for their words, since when, and how many were given up."""
    now = SystemClock().now()
    db = Database(config.db_url)
    try:
        async with db.read() as session:
            found = await waiting.count(session, now - timedelta(days=config.transcribe_days))
    except (Unavailable, SQLAlchemyError):  # the database's own check says what to do
        return [note(_WHAT, "База данных не отвечает: сосчитать нельзя.")]
    finally:
        await db.close()
    said = [_said(config, found, now)]
    if found.failed:
        what = f"Не удалось расшифровать: {_recordings(found.failed)} за {config.transcribe_days} дн."
        said.append(note(_WHAT, what, "Причина — в журнале: transcription-failed."))
    return said


def _said(config: Settings, found: WaitingRecordings, now: datetime) -> Finding:
    waits = now - found.oldest if found.oldest else timedelta(0)
    told = f"{_recordings(found.count)}, старшая {_lasting(waits)}" if found.count else ""
    if not ears_of(config).available:
        without = f"Распознавать нечем, без слов {told}." if told else "Распознавать нечем: записи останутся без слов."
        return note(_WHAT, without, ADD)
    if waits > BEHIND:
        cure = "Распознавание не успевает: поднимите transcribe_below_calls или возьмите модель поменьше."
        return wrong(_WHAT, f"Ждут слов {told}.", cure)
    return fine(_WHAT, f"Ждут слов {told}." if told else "Ждать нечего: все записи со словами.")


def _recordings(count: int) -> str:
    return f"{count} {plural(count, 'запись', 'записи', 'записей')}"


def _lasting(waits: timedelta) -> str:
    """«3 дня», «5 ч 20 мин»."""
    return f"{waits.days} {plural(waits.days, 'день', 'дня', 'дней')}" if waits.days > 1 else lasting(waits)
