"""What an agent asks in a talk and the caller agrees to: kept with the talk's recording, when, and who asked."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.card.requested import RequestedCall
from gridline.db import new_id
from outreach import consents
from outreach.models import Consent, Purpose


async def agreed(
    session: AsyncSession,
    card: RequestedCall,
    phone: str,
    purpose: Purpose,
    subject_id: str,
    asked: str,
    *,
    talk_id: str | None,
) -> Consent:
    """Store what the caller has agreed to; `talk_id` is the recording in which they said so."""
    given = Consent(
        id=new_id(),
        company_id=card.company.id,
        phone=phone,
        purpose=purpose,
        given_at=card.console.clock.now(),
        call_id=card.call.id,
        recording_id=talk_id,
        asked=asked,
        asked_by=card.actor.signature,
        subject_id=subject_id,
    )
    return await consents.give(session, given)
