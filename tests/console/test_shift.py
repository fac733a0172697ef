"""An agent's shift on a real app_queue, at the telephone on his desk: rung, lost, talking, wrapping up, gone."""

from __future__ import annotations

import asyncio
import contextlib
import wave
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from sqlalchemy import select

from agent_console.web.scripts import build
from asterisk_conf import asterisk
from asterisk_conf.packages import PackageRoot
from asterisk_conf.render import Rendered
from asterisk_conf.runtime import AsteriskProcess
from asterisk_conf.secrets import secret
from carrier.ami import CarrierAmi
from carrier.errors import NotRung
from carrier.hearing.tones import chirps
from carrier.leg import Leg
from carrier.phone import AgentPhone
from carrier.stories.installation import Installation
from carrier.stories.store import until
from gridline.errors import Unavailable
from ivr.desk.desk import REPEAT_S
from ivr.desk.models import AgentEvent, AgentShift, Left, QueueVisit
from ivr.journal.models import CallRecord
from ivr.voice.audio import RATE
from recordings.models import Recording
from tests.console import brief
from tests.console.conftest import PASSWORD, Client
from tests.console.softphone_agent import hire

pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

QUEUE = "skek-hotline"
OLGA, ANNA = chirps(301, 1.2), chirps(302, 1.2)
UNRECORDED_S, SILENCE_S, RING_S = 3, 6, 8


@dataclass
class Office:
    """The product, and Olga with her desk phone, who works by the page's routes."""

    house: Installation
    client: Client
    phone: AgentPhone
    calls: int = 0

    async def does(self, path: str, **form: str) -> None:
        """A button of the workplace."""
        answer = await self.client.post(path, data=form)
        assert answer.status == 303, await answer.text()

    async def asks(self, method: str, path: str) -> dict[str, Any]:
        """A request of the page's script."""
        answer = await self.client.request(method, path, headers={"Accept": "application/json"})
        assert answer.status == 200, await answer.text()
        told: dict[str, Any] = await answer.json()
        return told

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[tuple[str, Leg]]:
        """Anna calls, from a number of her own each time, and asks for a person."""
        self.calls += 1
        number = f"+791399911{self.calls:02d}"
        did = self.house.companies.by_id("skek").dids[0]
        async with self.house.carrier.call(from_number=number, to=did) as anna:
            await anna.hears(await self.house.voice.render(["main-menu"], "skek"), 40)
            await anna.press("0")
            yield number, anna

    async def shift_is(self, state: str, reason: str = "") -> AgentShift:
        """Wait until the shift is stored so."""

        async def look() -> AgentShift | None:
            async with self.house.db.read() as session:
                shift = await session.get(AgentShift, "101")
            return shift if shift is not None and (shift.state, shift.reason) == (state, reason) else None

        return await until(look, f"смена: {state} {reason}")

    async def ended(self, number: str) -> CallRecord:
        """The record of the call from this number, once it is over."""

        async def look() -> CallRecord | None:
            async with self.house.db.read() as session:
                query = select(CallRecord).where(CallRecord.caller == number, CallRecord.outcome.is_not(None))
                return await session.scalar(query)

        return await until(look, f"конец звонка с {number}")

    async def visit(self, call: CallRecord) -> QueueVisit:
        """The caller's wait in the queue."""

        async def look() -> QueueVisit | None:
            async with self.house.db.read() as session:
                return await session.scalar(select(QueueVisit).where(QueueVisit.call_id == call.id))

        return await until(look, "ожидание в очереди")

    async def events(self, call: CallRecord, last: str) -> Mapping[str, AgentEvent]:
        """What happened to Olga in this call, once the `last` of it is stored."""

        async def look() -> Mapping[str, AgentEvent] | None:
            async with self.house.db.read() as session:
                found = await session.scalars(select(AgentEvent).where(AgentEvent.linkedid == call.linkedid))
                by_kind = {event.kind.value: event for event in found}
            return by_kind if last in by_kind else None

        return await until(look, f"событие {last}")

    async def asterisk_restarts(self) -> None:
        """Asterisk crashes; back when the new one answers."""
        before = self.house.asterisk
        before.kill()

        async def look() -> bool | None:
            with contextlib.suppress(Unavailable, RuntimeError, OSError):
                return (self.house.asterisk.pid != before.pid and bool(await self.member(""))) or None
            return None

        await until(look, "Asterisk снова отвечает")

    async def member(self, interface: str, queue: str = QUEUE) -> str:
        """The line of `queue show` about this telephone; "" when it is no member."""
        own = self.house.settings
        base, program = own.var.absolute() / "asterisk", asterisk.find(PackageRoot(own.package_root.absolute()))
        console = AsteriskProcess(Rendered(base / "etc", base / "var", base / "var/run", program, own.max_files))
        shown = (await console.rx(f"queue show {queue}")).splitlines()
        return next((line for line in shown if f"{interface})" in line), "")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    var = tmp_path_factory.mktemp("office")
    brief.prompts(var)
    build()
    plan = brief.dialplan(var / "dialplan", ring_s=RING_S)
    silence = {"rtp_timeout_s": SILENCE_S, "rtp_wait_timeout_s": SILENCE_S}
    own = {"dialplan": str(plan), "recording_pause_s": UNRECORDED_S, "ring_desk_phones": False}
    house = Installation(var, own | silence)
    try:
        await house.start()
        await hire(house, "olga", "101")
        await house.carrier.agent("102").unregisters()
        base = f"http://{house.settings.http_host}:{house.settings.http_port}"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            client = Client(session, base)
            assert (await client.sign_in("olga", PASSWORD)).status == 303
            yield Office(house, client, house.carrier.agent("101"))
    finally:
        await house.stop()


async def test_the_queue_rings_the_telephone_that_was_chosen_and_no_other(office: Office) -> None:
    await office.does("/desk/sign-on", queue=QUEUE, phone="browser")
    assert "(paused" in await office.member("PJSIP/101-web")
    await office.does("/desk/ready")
    assert "(paused" not in await office.member("PJSIP/101-web")
    assert await office.member("PJSIP/101") == ""
    await office.does("/desk/sign-on", queue=QUEUE, phone="desk")
    assert await office.member("PJSIP/101-web") == ""
    assert "(paused" not in await office.member("PJSIP/101")
    assert await office.member("PJSIP/101", "skek-office") == ""
    await office.does("/desk/pause", reason="обед")
    assert "(paused" in await office.member("PJSIP/101")
    assert (await office.shift_is("paused", "обед")).phone == "desk"
    await office.does("/desk/sign-on", queue="skek-office", phone="desk")
    assert await office.member("PJSIP/101") == ""
    assert "(paused" in await office.member("PJSIP/101", "skek-office")
    await office.does("/desk/sign-off")
    assert await office.member("PJSIP/101", "skek-office") == ""


@pytest.mark.parametrize("signed_on_before", [False, True], ids=["fresh start", "after a sign-off"])
async def test_with_nobody_on_shift_no_desk_phone_rings_and_a_message_is_offered_at_once(
    office: Office, signed_on_before: bool
) -> None:
    """Case C7."""
    await office.phone.registers()
    office.phone.does_not_answer()
    if signed_on_before:
        await office.does("/desk/sign-on", queue=QUEUE, phone="desk")
        await office.does("/desk/ready")
        await office.does("/desk/sign-off")
    async with office.caller() as (_, anna):
        await anna.hears(await office.house.voice.render(["person-nobody"], "skek"), 25)
        with pytest.raises(NotRung):
            await office.phone.rung(0.1)
        await anna.hang_up()


async def test_a_restarted_asterisk_rings_nobody_in_a_queue_that_is_not_theirs(office: Office) -> None:
    """Case K8: the telephone is there at once; it is no member of anything until the shift says so."""
    await office.phone.registers()
    await office.does("/desk/sign-on", queue=QUEUE, phone="desk")
    await office.does("/desk/ready")
    for _ in range(2):
        await office.asterisk_restarts()
        async with asyncio.timeout(30):
            while "(paused" in (line := await office.member("PJSIP/101")) or not line:
                for other in ("skek-office", "skek-water", "mrsk-hotline"):
                    assert await office.member("PJSIP/101", other) == ""
        assert await office.member("PJSIP/101-web") == ""
    await office.does("/desk/sign-off")
    await office.phone.registers(anew=True)


async def test_whoever_is_a_member_without_a_shift_is_put_out(office: Office) -> None:
    """Left over from a shift that ended while this process, or its link to Asterisk, was away."""
    own, ami = office.house.settings, CarrierAmi()
    await ami.connect(own.ami_host, own.ami_port, own.ami_user, secret(own.var / "secrets", "ami"))
    try:
        for interface in ("PJSIP/101", "PJSIP/102-web"):
            await ami.action("QueueAdd", Queue=QUEUE, Interface=interface, Paused="false")
        async with asyncio.timeout(REPEAT_S + 10):
            while await office.member("PJSIP/101") or await office.member("PJSIP/102-web"):
                pass  # asking takes Asterisk a moment
    finally:
        await ami.close()


@pytest_asyncio.fixture(loop_scope="module")
async def at_work(office: Office) -> AsyncIterator[Office]:
    """Olga is ready at her desk phone."""
    await office.phone.registers()
    await office.does("/desk/sign-on", queue=QUEUE, phone="desk")
    await office.does("/desk/ready")
    yield office
    office.phone.does_not_answer()


async def test_a_caller_who_gives_up_while_it_rings_is_lost_and_nobody_missed_them(at_work: Office) -> None:
    at_work.phone.does_not_answer()
    async with at_work.caller() as (number, anna):
        await at_work.phone.rung(30)
        assert (await at_work.asks("GET", "/phone/state"))["desk"]["state"] == "ringing"
        await anna.hang_up()
    call = await at_work.ended(number)
    visit = await at_work.visit(call)
    assert call.outcome == "hung-up"
    assert (visit.outcome, visit.agent, visit.missed) == (Left.ABANDONED, "", 0)
    await at_work.does("/desk/ready")
    await at_work.shift_is("ready")
    async with at_work.house.db.read() as session:
        kinds = await session.scalars(select(AgentEvent.kind).where(AgentEvent.linkedid == call.linkedid))
        assert not list(kinds)


async def test_who_does_not_answer_is_paused_and_the_caller_keeps_their_place(at_work: Office) -> None:
    at_work.phone.does_not_answer()
    async with at_work.caller() as (number, anna):
        await at_work.phone.rung(30)
        await at_work.shift_is("paused", "не ответил")
        at_work.phone.answers(after_s=0.3)
        await at_work.does("/desk/ready")
        olga = await at_work.phone.answered(30)
        async with _both_talk(olga, anna):
            await anna.hears(OLGA, 15)
        await anna.hang_up()
    call = await at_work.ended(number)
    visit = await at_work.visit(call)
    assert (visit.outcome, visit.agent, visit.missed) == (Left.ANSWERED, "101", 1)
    assert visit.waited_s >= RING_S
    assert (await at_work.events(call, "completed"))["missed"].detail == "не ответил"


async def test_papers_are_not_recorded_and_after_the_talk_she_wraps_up(at_work: Office) -> None:
    at_work.phone.answers(after_s=0.5)
    async with at_work.caller() as (number, anna):
        olga = await at_work.phone.answered(30)
        async with _both_talk(olga, anna):
            await anna.hears(OLGA, 10)
            paused = await at_work.asks("POST", "/desk/recording/pause")
            assert paused["recording_back_at"] is not None
            assert paused["desk"] == {"state": "talking", "number": number, "recorded": True}
            await _by_itself(at_work)
            await anna.hears(OLGA, 10, since_s=anna.now_s)
            await olga.hears(ANNA, 10, since_s=olga.now_s)
        await at_work.asks("POST", "/phone/hang-up")
        await anna.waits_for_hangup(10)
    shift = await at_work.shift_is("wrap-up")
    assert shift.until is not None
    call = await at_work.ended(number)
    assert call.outcome == "talked"
    events = await at_work.events(call, "completed")
    assert (events["completed"].queue, events["recording-resumed"].seconds) == (QUEUE, UNRECORDED_S)
    assert (events["completed"].seconds or 0) > UNRECORDED_S
    silent = _silences(await _recorded(at_work.house, call))
    longest = max(silent, key=lambda stretch: stretch[1] - stretch[0])
    assert UNRECORDED_S - 0.5 < longest[1] - longest[0] < UNRECORDED_S + 2, silent
    assert longest[0] > 0.5, silent


async def test_nothing_is_paused_without_a_talk(at_work: Office) -> None:
    answer = await at_work.client.post("/desk/recording/pause", headers={"Accept": "application/json"})
    assert answer.status == 409
    assert "нет разговора" in (await answer.json())["message"]


async def test_a_talk_without_any_sound_is_ended(at_work: Office) -> None:
    """Fault F34: the carrier freezes; neither side sends anything any more."""
    at_work.phone.answers(after_s=0.5)
    async with at_work.caller() as (number, anna):
        await at_work.phone.answered(30)
        carrier = at_work.house.carrier.process
        assert carrier is not None
        frozen = psutil.Process(carrier.pid)
        frozen.suspend()
        try:
            await at_work.shift_is("wrap-up")
        finally:
            frozen.resume()
        with contextlib.suppress(Unavailable):
            await anna.hang_up()
    assert (await at_work.ended(number)).outcome == "talked"


async def test_whoever_is_ready_at_a_telephone_that_is_gone_is_paused_until_it_is_back(at_work: Office) -> None:
    """Fault F36."""
    await at_work.phone.unregisters()
    await at_work.shift_is("paused", "телефон недоступен")
    page = await (await at_work.client.get("/desk")).text()
    assert "Аппарат 101 не на связи" in page
    assert (await at_work.asks("GET", "/phone/state"))["desk"]["state"] == "off"
    await at_work.phone.registers()
    await at_work.shift_is("ready")


async def _by_itself(office: Office) -> None:
    async with asyncio.timeout(UNRECORDED_S + 10):
        while (await office.asks("GET", "/phone/state"))["recording_back_at"] is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _both_talk(olga: Leg, anna: Leg) -> AsyncIterator[None]:
    async def says(leg: Leg, what: Any) -> None:
        while True:
            await leg.speak(what)

    talking = [asyncio.create_task(says(olga, OLGA)), asyncio.create_task(says(anna, ANNA))]
    try:
        yield
    finally:
        for one in talking:
            one.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


async def _recorded(house: Installation, call: CallRecord) -> NDArray[np.int16]:
    """Both sides of the talk, a column each."""

    async def look() -> Path | None:
        async with house.db.read() as session:
            found = await session.scalar(select(Recording.file).where(Recording.call_id == call.id))
        return house.settings.var / "recordings/store" / found if found else None

    with wave.open(str(await until(look, "запись разговора")), "rb") as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2)


def _silences(sound: NDArray[np.int16]) -> list[tuple[float, float]]:
    """Stretches in which neither side is to be heard, from and to in seconds, by tenths."""
    step = RATE // 10
    loud = [bool(np.abs(sound[at : at + step]).max() > 200) for at in range(0, len(sound), step)]
    stretches, since = [], None
    for number, heard in enumerate([*loud, True]):
        if not heard and since is None:
            since = number
        elif heard and since is not None:
            stretches.append((since / 10, number / 10))
            since = None
    return stretches
