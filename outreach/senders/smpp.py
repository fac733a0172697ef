"""Sends SMS by SMPP 3.4: one session with the provider's SMSC, opened when there is something to send, then kept.

Delivery receipts come over the same session (`deliver_sm`); one that is missed while there is none, the SMSC keeps.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

import smpp34
import structlog
from pydantic import SecretStr

from gridline.errors import Unavailable
from outreach.models import MessageState
from outreach.senders import parts
from outreach.senders.port import DeliveryReceipt, MaybeTaken, NeverAccepted, Parcel, Receipts

WITHIN_S: Final = 15.0
UCS2, UDHI, RECEIPT, ON_FINAL_STATE = 0x08, 0x40, 0x04, 0x01
RECEIPTED_MESSAGE_ID, MESSAGE_STATE = 0x001E, 0x0427
ALPHANUMERIC, INTERNATIONAL, ISDN = 5, 1, 1
VALIDITY: Final = "000001000000000R"
"""A day from now: a number of an appeal that comes later surprises."""
FOR_GOOD: Final = frozenset({0x01, 0x0A, 0x0B, 0x42, 0x43, 0x50, 0x51, 0x61, 0x62})
"""command_status of a message that will never be taken: its length, addresses, data coding, dates (SMPP 3.4, 5.1.3)."""
_ID = re.compile(rb"\bid:(\S+)")
_STAT = re.compile(rb"\bstat:(\w+)")
_STATES: Final = {b"DELIVRD": MessageState.DELIVERED} | dict.fromkeys(
    (b"EXPIRED", b"DELETED", b"UNDELIV", b"REJECTD"), MessageState.UNDELIVERED
)
_CODES: Final = {2: MessageState.DELIVERED} | dict.fromkeys((3, 4, 5, 8), MessageState.UNDELIVERED)
"""message_state of a receipt's optional parameter (SMPP 3.4, 5.2.28)."""

log = structlog.get_logger(__name__)


class Smpp:
    """One SMSC. `sender`: digits, or up to 11 Latin letters that the provider has registered."""

    repeatable = False
    """SMPP has no key by which a message that comes twice would be known."""

    def __init__(
        self,
        host: str,
        port: int,
        system_id: str,
        password: SecretStr,
        sender: str,
        *,
        tls: bool = False,
        receipts: Receipts,
    ) -> None:
        self._host = host
        self._port = port
        self._system_id = system_id
        self._password = password
        self._sender = sender
        self._tls = tls
        self._receipts = receipts
        self._client: smpp34.Client | None = None
        self._session: smpp34.Smsc | None = None
        self._listening: asyncio.Task[None] | None = None
        self._binding = asyncio.Lock()

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        """Submit every part; the ids that the SMSC gave. Raises NeverAccepted, Unavailable, MaybeTaken."""
        try:
            told = parts.split(parcel.text, int(parcel.id[:2], 16))
        except ValueError as error:
            raise NeverAccepted("Текст длиннее, чем помещается в сообщение") from error
        session = await self._bound()
        numeric = self._sender.isdigit()
        ids: list[str] = []
        for part in told:
            try:
                async with asyncio.timeout(WITHIN_S):
                    answer = await session.submit_sm(
                        parcel.to.removeprefix("+"),
                        part,
                        source_addr=self._sender,
                        source_addr_ton=INTERNATIONAL if numeric else ALPHANUMERIC,
                        source_addr_npi=ISDN if numeric else 0,
                        dest_addr_ton=INTERNATIONAL,
                        dest_addr_npi=ISDN,
                        esm_class=UDHI if len(told) > 1 else 0,
                        data_coding=UCS2,
                        registered_delivery=ON_FINAL_STATE,
                        validity_period=VALIDITY,
                    )
            except (TimeoutError, OSError, RuntimeError, smpp34.SmppError) as error:
                await self.close()
                raise MaybeTaken(f"SMSC не ответил, принято ли сообщение: {error or 'время вышло'}") from error
            if answer.command_status in FOR_GOOD:
                raise NeverAccepted(f"SMSC отказал: {answer.command_status:#010x}")
            if not answer.is_success:
                why = f"{answer.command_status:#010x}"
                if ids:  # sent again, its first parts would come twice
                    raise MaybeTaken(f"SMSC принял только часть сообщения: {why}")
                raise Unavailable(f"SMSC отказал на время: {why}")
            ids.append(answer.message_id or "")
        return tuple(ids)

    async def check(self) -> None:
        """Bind and take leave again, without sending anything. Raises Unavailable."""
        await self._bound()
        await self.close()

    async def ask(self, provider_id: str) -> MessageState | None:
        """It tells by itself."""
        return None

    async def close(self) -> None:
        """Unbind."""
        client, task = self._client, self._listening
        self._client = self._session = self._listening = None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait([task])
        if client is not None:
            await client.stop()

    async def _bound(self) -> smpp34.Smsc:
        async with self._binding:
            if self._session is not None:
                return self._session
            client = smpp34.Client(
                self._host,
                self._port,
                self._system_id,
                self._password.get_secret_value(),
                bind_type="TRX",
                tls=self._tls,
                connect_timeout_ms=int(WITHIN_S * 1000),
            )
            try:
                async with asyncio.timeout(WITHIN_S):
                    session = await client.connect()
            except (TimeoutError, OSError, RuntimeError, smpp34.SmppError) as error:
                await client.stop()
                raise Unavailable(f"SMSC {self._host}:{self._port} не отвечает: {error or 'время вышло'}") from error
            self._client, self._session = client, session
            self._listening = asyncio.create_task(self._listen(session), name="smpp")
            return session

    async def _listen(self, session: smpp34.Smsc) -> None:
        while True:
            event = await session.next()
            if isinstance(event, smpp34.Disconnected):
                log.warning("smpp-session-over", host=self._host)
                if self._session is session:
                    await self.close()
                return
            if (receipt := _receipt(event)) is not None:
                self._receipts.put_nowait(receipt)


def _receipt(event: smpp34.DeliverSmEvent) -> DeliveryReceipt | None:
    """The receipt that a `deliver_sm` is; None for a message that somebody wrote, and for states in between."""
    if not event.esm_class & RECEIPT:
        return None
    told = {tlv.tag: tlv for tlv in event.tlvs}
    named, coded = told.get(RECEIPTED_MESSAGE_ID), told.get(MESSAGE_STATE)
    id = named.as_string() if named is not None else None
    state = _CODES.get(coded.as_int() or 0) if coded is not None else None
    if id is None and (match := _ID.search(event.short_message)):
        id = match[1].decode("ascii", "replace")
    if state is None and (match := _STAT.search(event.short_message)):
        state = _STATES.get(match[1])
    return DeliveryReceipt(id.rstrip("\0"), state) if id and state is not None else None
