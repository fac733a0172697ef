"""What callers who asked how to connect said of themselves, for whoever speaks with them next."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from grid.reference.passports import APPLICANTS, POWERS, REASONS
from ivr.journal.models import CallConsultation

ACCOMPANIMENT: Final = "accompaniment"
"""The paid service of leading an application, as `CallConsultation.wants` has it."""
_TITLES: Final = {str(code): title for table in (APPLICANTS, POWERS, REASONS) for code, title in table.items()} | {
    ACCOMPANIMENT: "нужно сопровождение договора"
}


async def of_call(session: AsyncSession, call_id: str) -> str:
    """The last thing they asked in this call: «физлицо, до 15 кВт, новый объект»; empty where they asked nothing.

    Whoever sees the call sees it.
    """
    query = select(CallConsultation).where(CallConsultation.call_id == call_id)
    asked = await session.scalar(query.order_by(CallConsultation.at.desc(), CallConsultation.id).limit(1))
    if asked is None:
        return ""
    codes = (asked.applicant, asked.power, asked.reason, asked.wants)
    return ", ".join(_TITLES.get(code, code) for code in codes if code)
