"""The audit: what a person did or was refused, written in the transaction of the deed itself."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people.models import AuditAction, AuditEntry
from gridline.clock import Clock
from gridline.numbers.phones import printable

_SUBJECT, _DETAIL = 120, 2000


def note(
    session: AsyncSession,
    clock: Clock,
    *,
    user_id: str | None,
    action: AuditAction,
    subject: str,
    detail: str = "",
    address: str = "",
) -> None:
    """Add an entry to the transaction of `session`; what came from outside is cut and stripped of control signs."""
    session.add(
        AuditEntry(
            at=clock.now(),
            user_id=user_id,
            action=action,
            subject=printable(subject, at_most=_SUBJECT),
            detail=printable(detail, at_most=_DETAIL),
            address=address,
        )
    )
