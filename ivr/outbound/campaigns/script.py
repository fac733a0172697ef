"""What a campaign says to whoever answers: one script for each purpose."""

from __future__ import annotations

from typing import Protocol

from ivr.line import Line
from outreach.campaigns import Claimed


class CampaignScript(Protocol):
    """The words of one purpose."""

    async def speak(self, call: Claimed, line: Line) -> str:
        """Speak to whoever answered; what they said (`Said`), or "" when they are to be tried again."""
