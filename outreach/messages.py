"""Messages to callers: queued in the transaction of what they tell, sent by a job, each on a consent that still holds.

The attempt is stored before it is made. Where a process dies over it, or a provider says nothing, only a sender that
knows a message again by our id gets it a second time; else its state says that nobody knows, and a person decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Select, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gridline import metrics
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database, UtcDateTime, new_id
from gridline.errors import Unavailable
from outreach.models import Consent, MessageOut, MessagePart, MessageState, MessageWay, Purpose
from outreach.quiet import Quiet, zone_of
from outreach.senders.port import DeliveryReceipt, MaybeTaken, MessageSender, NeverAccepted, Parcel, Receipts

LOOK_S: Final = 1.0
LEASE: Final = timedelta(minutes=2)
"""Longer than any sender tries."""
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
"""Between attempts; after the last of them a message is given up."""
TOGETHER: Final = 20
ASK_EVERY: Final = timedelta(minutes=1)
ASK_FOR: Final = timedelta(days=2)
"""How long a provider that does not tell by itself is asked what became of a message."""
SUBJECTS: Final = {
    Purpose.APPEAL: "Ваше обращение",
    Purpose.VISIT: "Запись на приём",
    Purpose.PLANNED_MESSAGE: "Плановые работы",
}
"""Of e-mails."""
DIED: Final = "Программа остановилась, пока отправляла; ушло ли сообщение, неизвестно."
RECEIPT_TRIES: Final = 30
LOOK_WITHIN_S: Final = 10.0
"""How long the database may take over whether there is anything to do."""
_NOW: Final = bindparam("now", type_=UtcDateTime)
_LEFT: Final = (MessageOut.state == MessageState.SENDING, MessageOut.leased_until < _NOW)
"""Which messages a process had in hand when it died, at the moment `now`."""
_FREE: Final = or_(MessageOut.leased_until.is_(None), MessageOut.leased_until < _NOW)
_DUE: Final = (MessageOut.state == MessageState.WAITING, MessageOut.next_at <= _NOW, _FREE)
"""Which are to be sent, at the moment `now`."""
_FIRST_LEFT: Final = select(MessageOut.id).where(*_LEFT).limit(1)
_FIRST_DUE: Final = select(MessageOut.id).where(*_DUE).order_by(MessageOut.next_at).limit(1)

log = structlog.get_logger(__name__)


class Messages:
    """The only writer of messages. `run_once`, `ask_once` and `receive` are its jobs."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        companies: Companies,
        quiet: Quiet,
        senders: Mapping[MessageWay, MessageSender],
        receipts: Receipts,
    ) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._quiet = quiet
        self._senders = senders
        self._receipts = receipts
        self._unstored: list[Callable[[], Awaitable[None]]] = []
        """What is known of attempts that the database was away for: stored before anything is taken for lost."""

    async def queue(
        self,
        session: AsyncSession,
        company_id: str,
        to: str,
        text: str,
        purpose: Purpose,
        key: str,
        consent_id: str,
        *,
        subject_id: str | None = None,
        call_id: str | None = None,
    ) -> MessageOut:
        """Store a message in the caller's transaction; `to` is E.164 or an e-mail address. The same key is the same."""
        same = (MessageOut.company_id == company_id, MessageOut.key == key)
        if (known := await session.scalar(select(MessageOut).where(*same))) is not None:
            return known
        now = self._clock.now()
        message = MessageOut(
            id=new_id(),
            company_id=company_id,
            way=MessageWay.EMAIL if "@" in to else MessageWay.SMS,
            to=to,
            text=text,
            purpose=purpose,
            key=key,
            consent_id=consent_id,
            subject_id=subject_id,
            call_id=call_id,
            queued_at=now,
            next_at=now,
            leased_until=None,
            attempts=0,
            state=MessageState.WAITING,
            sent_at=None,
            settled_at=None,
            problem="",
        )
        session.add(message)
        await session.flush()
        return message

    async def run_once(self) -> int:
        """Send what is due; how many were tried.

        Each is leased by itself: a slow provider outlasts a lease of many, and another process would send them too.
        """
        while self._unstored:
            await self._unstored[0]()
            del self._unstored[0]
        await self._pick_up_left()
        tried = 0
        while tried < TOGETHER and (id := await self._lease()) is not None:
            await self._send(id)
            tried += 1
        return tried

    async def receive(self) -> None:
        """Store what providers say of messages, for ever."""
        again = asyncio.get_running_loop().call_later
        while True:
            receipt = await self._receipts.get()
            try:
                known = await self.settled(receipt)
            except Unavailable as error:
                log.warning("receipt-waits", reason=error.message)
                again(LOOK_S, self._receipts.put_nowait, receipt)
                continue
            if not known and receipt.tries < RECEIPT_TRIES:  # it was quicker than the commit of the sending
                again(LOOK_S, self._receipts.put_nowait, replace(receipt, tries=receipt.tries + 1))
            elif not known:
                log.warning("receipt-of-nothing", provider_id=receipt.provider_id)

    async def ask_once(self) -> None:
        """Ask providers that do not tell by themselves."""
        now = self._clock.now()
        query = (
            select(MessagePart, MessageOut.way)
            .join(MessageOut, MessageOut.id == MessagePart.message_id)
            .where(MessagePart.state == MessageState.SENT, MessagePart.asked_at < now - ASK_EVERY)
            .where(MessageOut.state == MessageState.SENT, MessageOut.sent_at > now - ASK_FOR)
            .order_by(MessagePart.asked_at)
            .limit(TOGETHER)
        )
        async with self._db.write() as session:
            asked = (await session.execute(query)).all()
            ids = [part.id for part, _ in asked]
            await session.execute(update(MessagePart).where(MessagePart.id.in_(ids)).values(asked_at=now))
        for part, way in asked:
            state = await self._senders[way].ask(part.provider_id)
            if state is not None:
                await self.settled(DeliveryReceipt(part.provider_id, state))

    async def settled(self, receipt: DeliveryReceipt) -> bool:
        """What became of a part, and with the last one of its message; False: no such part. Raises Unavailable."""
        now = self._clock.now()
        async with self._db.write() as session:
            query = select(MessagePart).where(MessagePart.provider_id == receipt.provider_id)
            part = await session.scalar(query.order_by(MessagePart.asked_at.desc()).limit(1))
            if part is None:
                return False
            part.state = receipt.state
            await session.flush()
            message = await session.get_one(MessageOut, part.message_id, with_for_update=True)
            states = set(await session.scalars(select(MessagePart.state).where(MessagePart.message_id == message.id)))
            if MessageState.UNDELIVERED in states:
                message.state, message.settled_at = MessageState.UNDELIVERED, now
            elif states == {MessageState.DELIVERED}:
                message.state, message.settled_at = MessageState.DELIVERED, now
        metrics.MESSAGES_OUT.labels(message.way.value, message.state.value).inc()
        return True

    async def close(self) -> None:
        """Take leave of the providers."""
        for sender in self._senders.values():
            await sender.close()

    async def _lease(self) -> str | None:
        """The id of a message that is now this process's to send."""
        now = self._clock.now()
        at = {"now": now}
        if not await self._is_any(_FIRST_DUE, at):
            return None
        async with self._db.write() as session:
            id = await session.scalar(_FIRST_DUE.with_for_update(skip_locked=True), at)
            held = update(MessageOut).where(MessageOut.id == id, *_DUE).values(leased_until=now + LEASE)
            leased: str | None = await session.scalar(held.returning(MessageOut.id), at)
            return leased

    async def _pick_up_left(self) -> None:
        """What a process had in hand when it died: sent again where it arrives once all the same, else a person's."""
        at = {"now": self._clock.now()}
        if not await self._is_any(_FIRST_LEFT, at):
            return
        left = select(MessageOut).where(*_LEFT).with_for_update(skip_locked=True)
        async with self._db.write() as session:
            for message in await session.scalars(left, at):
                if self._senders[message.way].repeatable:
                    message.state, message.leased_until = MessageState.WAITING, None
                else:
                    self._unknown(message, DIED)

    async def _is_any(self, query: Select[str], at: Mapping[str, datetime]) -> bool:
        async with self._db.glance(within_s=LOOK_WITHIN_S) as session:
            return bool(await session.scalars(query, at))

    async def _send(self, id: str) -> None:
        now = self._clock.now()
        async with self._db.write() as session:
            message = await session.get_one(MessageOut, id, with_for_update=True)
            consent = await session.get_one(Consent, message.consent_id)
            if message.state is not MessageState.WAITING:
                return
            if consent.withdrawn_at is not None or not message.to:
                self._settle(message, MessageState.WITHDRAWN)
                return
            company = self._companies.by_id(message.company_id)
            zone = zone_of(message.to, company) if message.way is MessageWay.SMS else company.zone
            until = self._quiet.of(message.purpose, message.company_id).until(now, zone)
            if until is not None:
                message.next_at, message.leased_until = until, None
                return
            message.attempts += 1
            message.state, message.leased_until = MessageState.SENDING, now + LEASE
        subject = SUBJECTS.get(message.purpose, "")
        try:
            ids = await self._senders[message.way].send(Parcel(id, message.to, message.text, subject))
        except MaybeTaken as error:
            outcome = partial(self._maybe_sent, id, error.message)
        except NeverAccepted as error:
            outcome = partial(self._failed, id, error.message, for_good=True)
        except Unavailable as error:
            outcome = partial(self._failed, id, error.message, for_good=False)
        else:
            outcome = partial(self._sent, id, ids)
        try:
            await outcome()
        except Unavailable as error:
            log.error("message-outcome-not-stored", message=id, reason=error.message)
            self._unstored.append(outcome)

    async def _sent(self, id: str, provider_ids: Sequence[str]) -> None:
        now = self._clock.now()
        async with self._db.write() as session:
            message = await session.get_one(MessageOut, id, with_for_update=True)
            message.state, message.sent_at, message.leased_until, message.problem = MessageState.SENT, now, None, ""
            for provider_id in filter(None, provider_ids):
                part = MessagePart(message_id=id, provider_id=provider_id, state=MessageState.SENT, asked_at=now)
                session.add(part)
        metrics.MESSAGES_OUT.labels(message.way.value, message.state.value).inc()

    async def _failed(self, id: str, why: str, *, for_good: bool) -> None:
        async with self._db.write() as session:
            message = await session.get_one(MessageOut, id, with_for_update=True)
            message.problem, message.leased_until = why[:300], None
            if for_good or message.attempts > len(PAUSES):
                self._settle(message, MessageState.GIVEN_UP)
                log.error("message-given-up", message=id, way=message.way.value, attempts=message.attempts, reason=why)
            else:
                message.state = MessageState.WAITING
                message.next_at = self._clock.now() + PAUSES[message.attempts - 1]
                log.warning("message-waits", message=id, attempts=message.attempts, reason=why)

    async def _maybe_sent(self, id: str, why: str) -> None:
        async with self._db.write() as session:
            self._unknown(await session.get_one(MessageOut, id, with_for_update=True), why)

    def _unknown(self, message: MessageOut, why: str) -> None:
        message.problem = why[:300]
        self._settle(message, MessageState.UNKNOWN)
        log.error("message-maybe-sent", message=message.id, way=message.way.value, reason=why)

    def _settle(self, message: MessageOut, state: MessageState) -> None:
        message.state, message.settled_at, message.leased_until = state, self._clock.now(), None
        metrics.MESSAGES_OUT.labels(message.way.value, state.value).inc()
