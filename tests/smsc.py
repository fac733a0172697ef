"""A provider's SMSC for tests: takes what is submitted over SMPP 3.4, and says what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import smpp34

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Submitted:
    """One short message as it came."""

    id: str
    session: str
    event: smpp34.SubmitSmEvent


@dataclass
class Smsc:
    """One SMSC; `refuse` is the command_status of what it does not take, a `silent` one takes it and says nothing."""

    port: int
    refuse: int = 0
    silent: bool = False
    unanswered: list[smpp34.SubmitSmEvent] = field(default_factory=list)
    taken: list[Submitted] = field(default_factory=list)
    sessions: dict[str, smpp34.Esme] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def texts(self, to: str) -> list[str]:
        """Whole texts that came for a number (E.164), their parts put together by the header as a telephone does."""
        whole: dict[tuple[int, ...], dict[int, bytes]] = {}
        for one in self.taken:
            if f"+{one.event.destination_addr}" != to:
                continue
            body = one.event.short_message
            assert one.event.data_coding == 0x08
            if one.event.esm_class & 0x40:
                length, tag, size, reference, count, no = body[:6]
                assert (length, tag, size) == (5, 0, 3)
                whole.setdefault((reference, count), {})[no] = body[6:]
            else:
                whole[len(whole), 0, 0] = {1: body}
        return [
            b"".join(parts[no] for no in sorted(parts)).decode("utf-16-be")
            for key, parts in whole.items()
            if len(parts) == (key[1] or 1)
        ]

    async def waits_for(self, to: str, within_s: float = 10) -> str:
        """The first whole text that comes for this number."""
        async with asyncio.timeout(within_s), self.news:
            await self.news.wait_for(lambda: self.texts(to))
        return self.texts(to)[0]

    async def reports(self, to: str, stat: str = "DELIVRD") -> None:
        """Send the receipts of every part for this number, as most SMSCs write them: in the text."""
        for one in self.taken:
            if f"+{one.event.destination_addr}" == to:
                done = f"id:{one.id} sub:001 dlvrd:001 submit date:2611282200 done date:2611282201 stat:{stat} err:000"
                await self.sessions[one.session].deliver_sm(
                    one.event.source_addr,
                    done.encode(),
                    source_addr=one.event.destination_addr,
                    esm_class=0x04,
                )

    async def dismisses(self) -> None:
        """End every session, as for maintenance."""
        for session in list(self.sessions.values()):
            await session.unbind()

    async def serve(self, server: smpp34.Server) -> None:
        """Take what comes until cancelled."""
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                self.sessions[event.session_id] = event
            elif isinstance(event, smpp34.Unbound):
                self.sessions.pop(event.session_id, None)
            elif self.silent:
                self.unanswered.append(event)
            elif self.refuse:
                event.reject(self.refuse)
            else:
                id = f"M{len(self.taken) + 1}"
                event.accept(id)
                self.taken.append(Submitted(id, event.session_id, event))
                async with self.news:
                    self.news.notify_all()


@asynccontextmanager
async def smsc(port: int) -> AsyncIterator[Smsc]:
    """An SMSC on this port of the loopback address inside the block."""
    server = smpp34.Server(HOST, port, system_id="SMSC")
    await server.start()
    made = Smsc(port)
    serving = asyncio.create_task(made.serve(server))
    try:
        yield made
    finally:
        serving.cancel()
        await asyncio.wait([serving])
        await server.stop()
