"""Why people are called, as the database stores it; what is more urgent is dialled first."""

from __future__ import annotations

from enum import StrEnum


class CallPurpose(StrEnum):
    """Why somebody is called."""

    DANGER = "danger"
    """A duty telephone, about a message of danger that nobody has answered."""
    RESTORED = "restored"
    """Whether the power is back with whoever asked to be told."""
    PLANNED = "planned"
    """Planned works at the address of whoever asked to be told."""

    SURVEY = "survey"
    """What a visit to an office was like, for whoever agreed to be asked."""

    @property
    def urgency(self) -> int:
        """The lower goes first where calls wait for each other."""
        return {CallPurpose.DANGER: 0, CallPurpose.SURVEY: 2}.get(self, 1)
