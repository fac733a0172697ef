"""The port through which a message leaves the house, and what comes back of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from gridline.errors import GridlineError
from outreach.models import MessageState


class NeverAccepted(GridlineError):
    """The message will not be taken however often it is tried: a wrong number, a refused text."""

    code = "never-accepted"


class MaybeTaken(GridlineError):
    """It was handed over, and no answer came: whether it was taken nobody knows, so it is not sent again by itself."""

    code = "maybe-taken"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message as an adapter is given it. `id` is the same on every attempt."""

    id: str
    to: str
    """E.164, or an e-mail address."""
    text: str
    subject: str = ""
    """Of an e-mail."""


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What a provider says of a message it took, by the id that it gave."""

    provider_id: str
    state: MessageState
    tries: int = 0
    """How often it was looked for in vain."""


Receipts = asyncio.Queue[DeliveryReceipt]
"""What providers have said and nobody has stored yet."""


class MessageSender(Protocol):
    """One way to send messages."""

    repeatable: bool
    """Whether a parcel that is handed over twice arrives once, because its id is known there."""

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Hand it over; returns the provider's ids, one for each part. No id: nothing more will be heard of it.

        Raises NeverAccepted, Unavailable (it was not taken, and is to be tried again), or MaybeTaken.
        """

    async def ask(self, provider_id: str) -> MessageState | None:
        """How far a message is, where the provider is to be asked; None: not known yet, or it tells by itself."""

    async def close(self) -> None:
        """Take leave of the provider."""
