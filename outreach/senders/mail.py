"""Sends messages by e-mail, over the mail server that takes the answers to applicants."""

from __future__ import annotations

from appeals.answers.smtp import SmtpSender
from gridline.errors import InvalidInput
from outreach.models import MessageState
from outreach.senders.port import NeverAccepted, Parcel


class Mail:
    """The installation's mail server."""

    repeatable = True
    """The Message-ID is the same on every attempt: a mailbox that gets it twice shows it once."""

    def __init__(self, smtp: SmtpSender) -> None:
        self._smtp = smtp

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Hand it to the server. Raises NeverAccepted, Unavailable."""
        try:
            await self._smtp.send_text(parcel.id, parcel.to, parcel.subject, parcel.text)
        except InvalidInput as error:
            raise NeverAccepted(error.message) from error
        return ()

    async def ask(self, provider_id: str) -> MessageState | None:
        """A mail server says no more than that it took it."""
        return None

    async def close(self) -> None:
        """Nothing is open."""
