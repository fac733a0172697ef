"""The carrier: a second Asterisk over the trunk from ours, whose callers and telephones act out a story."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from asterisk_conf.asterisk import Asterisk
from asterisk_conf.render import render_files
from asterisk_conf.runtime import AsteriskProcess
from asterisk_conf.secrets import secret
from carrier.ami import CarrierAmi, Message
from carrier.errors import CallRefused
from carrier.hearing.audiosocket import SoundServer
from carrier.leg import Leg
from carrier.phone import NO_SUCH_NUMBER, AgentPhone, Phone, Ring
from carrier.settings import CarrierSettings
from gridline.errors import InvalidInput, NotFound, Unavailable

TEMPLATES = Path(__file__).parent / "templates"
_USER = "carrier"
_CONNECT_S = 5.0
ACCOUNT = "account"
"""Instead of a number: the contact that the company has registered, and nothing of the number that was dialled."""
_LEFT_TO_DEFAULTS = ("acl", "ccss", "cel", "features", "indications", "pjproject", "udptl")
"""Files whose absence Asterisk would log as an error."""


class Carrier:
    """A carrier Asterisk: start it, place calls, ring telephones, stop it."""

    def __init__(self, settings: CarrierSettings, asterisk: Asterisk) -> None:
        self.settings = settings
        self._asterisk = asterisk
        self._legs: dict[str, Leg] = {}
        self._channels: dict[str, Leg] = {}
        self._here: set[str] = set()
        self._placed: dict[str, asyncio.Future[Message]] = {}
        self._phones: dict[str, Phone] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sound = SoundServer(self._legs)
        self._ami = CarrierAmi(self._on_event)
        self.process: AsteriskProcess | None = None
        for number in settings.agents:
            self._phones[number] = AgentPhone(number, self._pick_up, self._refuse, self._register)

    async def start(self) -> None:
        """Start the carrier. Raises Unavailable with the reason, and then leaves nothing running."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        own = self.settings
        await self._sound.start(own.host)
        values = {
            "host": own.host,
            "sip_port": own.sip_port,
            "our_host": own.our_host,
            "our_port": own.our_port,
            "phones_host": own.phones_host,
            "account": own.account,
            "phones": own.agents,
            "sound_address": f"{own.host}:{self._sound.port}",
            "ami_port": own.ami_port,
            "ami_user": _USER,
            "ami_secret": self._secret,
            "rtp_first_port": own.rtp_first_port,
            "rtp_last_port": own.rtp_last_port,
        }
        base = own.base.absolute()
        rendered = render_files(base, self._asterisk, own.node, own.max_files, [TEMPLATES], values)
        for name in _LEFT_TO_DEFAULTS:
            (rendered.etc / f"{name}.conf").write_text("; The defaults serve.\n")
        self.process = AsteriskProcess(rendered)
        await self.process.start()
        await self._ami.connect(own.host, own.ami_port, _USER, self._secret)

    async def stop(self) -> None:
        """Hang everything up and stop the carrier. Raises failures of telephones that nobody awaited."""
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._ami.close()
        if self.process is not None:
            await self.process.stop()
        await self._sound.stop()
        if failed := [end for end in ends if isinstance(end, Exception)]:
            raise ExceptionGroup("A telephone could not do what it was told", failed)

    @asynccontextmanager
    async def call(
        self,
        *,
        from_number: str | None,
        to: str = ACCOUNT,
        name: str = "",
        phone: str = "",
        answer_within_s: float = 15,
    ) -> AsyncIterator[Leg]:
        """Call `to` over the trunk, or whoever has registered: inside the block the caller is talking.

        At its end the receiver is put down. `phone`: an agent dials on this telephone of theirs, not the trunk.

        `from_number` None withholds the number. What Asterisk will not send (brackets and dashes in a number, unescaped
        quotes in a name) needs raw SIP: sipp.
        Raises CallRefused when nobody answers.
        """
        leg = await self._place(from_number, self._way(to, phone), name, answer_within_s)
        try:
            yield leg
        finally:
            await leg.hang_up()

    def agent(self, number: str) -> AgentPhone:
        """The SIP phone of an agent named in the settings."""
        phone = self._phones.get(number)
        if not isinstance(phone, AgentPhone):
            raise NotFound(f"Телефона агента {number} у оператора связи нет: он не назван в настройках.")
        return phone

    def subscriber(self, number: str) -> Phone:
        """A subscriber's telephone at the carrier, for the company's outbound calls. `number`: digits or E.164."""
        digits = re.sub(r"\D", "", number)
        return self._phones.setdefault(digits, Phone(number, self._pick_up, self._refuse))

    async def _place(self, from_number: str | None, way: str, name: str, answer_within_s: float) -> Leg:
        to = way.removeprefix("PJSIP/").partition("@")[0]
        call_id = str(uuid.uuid4())
        leg = self._leg(call_id, channel=call_id, other=to)
        placed = self._placed[leg.id] = asyncio.get_running_loop().create_future()
        try:
            await self._ami.action(
                "Originate",
                ActionID=leg.id,
                ChannelId=leg.id,
                Channel=way,
                Context="talking",
                Exten=f"1{leg.id}",
                Priority="1",
                CallerID=_caller_id(from_number, name),
                Timeout=str(int(answer_within_s * 1000)),
                Async="true",
            )
            async with asyncio.timeout(answer_within_s + _CONNECT_S):
                if (await placed)["Response"] != "Success":
                    raise await self._refused(leg, to)
                await leg.answered.wait()
        except TimeoutError:
            self._forget(leg)
            raise CallRefused(f"Звонок на {to}: ответа нет за {answer_within_s:g} с.", cause=0) from None
        except BaseException:
            self._forget(leg)
            raise
        finally:
            del self._placed[leg.id]
        return leg

    def _way(self, to: str, phone: str) -> str:
        if to == ACCOUNT and self.settings.account is not None:
            return f"PJSIP/{self.settings.account.name}"
        if not re.fullmatch(r"\+?[0-9]{1,20}", to):
            raise InvalidInput(f"Номер «{to}» набрать нельзя: нужны цифры, впереди можно +.")
        return f"PJSIP/{to}@{f'phone-{phone}' if phone else 'trunk'}"

    async def _refused(self, leg: Leg, to: str) -> CallRefused:
        ended = await leg.waits_for_hangup(_CONNECT_S) if leg.ended is None else leg.ended
        return CallRefused(f"Звонок на {to} не принят: {ended.text}.", cause=ended.cause)

    async def _pick_up(self, ring: Ring, after_s: float) -> Leg | None:
        """Answer a ringing call; None when the caller gave up first."""
        await asyncio.sleep(after_s)
        if ring.unique_id not in self._here:
            return None
        leg = self._leg(str(uuid.uuid4()), channel=ring.unique_id, other=ring.caller)
        try:
            await self._ami.action(
                "Redirect", Channel=ring.channel, Context="talking", Exten=f"1{leg.id}", Priority="1"
            )
            async with asyncio.timeout(_CONNECT_S):
                await leg.answered.wait()
        except (Unavailable, TimeoutError):
            if ring.unique_id in self._here:
                raise
            return None
        return leg

    async def _refuse(self, ring: Ring, cause: int) -> None:
        await self._ami.action("Hangup", Channel=ring.channel, Cause=str(cause))

    async def _register(self, number: str, there: bool) -> None:
        await self._ami.action("PJSIPRegister" if there else "PJSIPUnregister", Registration=f"phone-{number}")

    def _leg(self, leg_id: str, *, channel: str, other: str) -> Leg:
        leg = self._legs[leg_id] = self._channels[channel] = Leg(leg_id, channel, other, self._ami, self._own_ami)
        return leg

    def _forget(self, leg: Leg) -> None:
        self._legs.pop(leg.id, None)
        self._channels.pop(leg.channel, None)

    @asynccontextmanager
    async def _own_ami(self) -> AsyncIterator[CarrierAmi]:
        ami = CarrierAmi()
        await ami.connect(self.settings.host, self.settings.ami_port, _USER, self._secret)
        try:
            yield ami
        finally:
            await ami.close()

    def _on_event(self, event: Message) -> None:
        kind = event["Event"]
        if kind == "Hangup":
            self._here.discard(event["Uniqueid"])
            if leg := self._channels.get(event["Uniqueid"]):
                leg.hung_up(int(event["Cause"]), event["Cause-txt"])
                self._forget(leg)
        elif kind == "DTMFEnd":
            if event["Direction"] == "Received" and (leg := self._channels.get(event["Uniqueid"])):
                leg.keys += event["Digit"]
        elif kind == "OriginateResponse":
            if (placed := self._placed.get(event["ActionID"])) and not placed.done():
                placed.set_result(event)
        elif kind == "UserEvent" and event["UserEvent"] == "PhoneRings":
            self._here.add(event["Uniqueid"])
            ring = Ring(event["Channel"], event["Uniqueid"], event["From"])
            phone = self._phones.get(event["Number"])
            self._do(phone.ring(ring) if phone else self._refuse(ring, NO_SUCH_NUMBER))
        elif kind == "Registry":
            agent = self._phones.get(event["Username"].removeprefix("sip:").partition("@")[0])
            if isinstance(agent, AgentPhone):
                agent.registration(event["Status"])

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(step)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)

    @property
    def _secret(self) -> str:
        return secret(self.settings.base.absolute() / "secrets", "ami")


def _caller_id(number: str | None, name: str) -> str:
    """Asterisk takes the name from the first quote to the last and unescapes nothing. No number: `anonymous` in SIP."""
    return f'"{name}" <{number or ""}>'
