"""A1-A5, A7, A18, A19 and F33: what a caller's own telephone, or a stranger at the trunk, may try to smuggle in."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from sqlalchemy import select

from asterisk_conf.render import DIALER_USER, RECORDER_USER
from asterisk_conf.secrets import DIALER_SECRET, RECORDER_SECRET, secret
from carrier.stories.installation import Installation
from carrier.stories.scene import Caller, Scene
from gridline import settings
from gridline.errors import InvalidInput, Misconfigured
from ivr.journal.models import CallRecord, CallStep
from ivr.menus.walk import MOST_KEYS
from ivr.telephony.ami_session import AmiActionFailed, Session
from ivr.voice.audio import RATE, to_pcm
from tests.faults.injury import asterisk_says, executions, rows_of_log, until_known
from tests.faults.raw_sip import raw_call

pytestmark = pytest.mark.asyncio(loop_scope="session")

DID = b"78005009494"
FORGED = "FORGED-LINE"
NAMES = (
    b'"Ivan\r\n Petrov\r\n\tAction: Originate"',
    b'"Ivan\x00Petrov"',
    b'"\\"quoted\\" \\\\ back\\\\"',
    b'"${SHELL(id)} ${GRIDLINE_DIALLED} $[1+1] %d{x}"',
    '"Ива\u2028н\u2029\u202eП\x1b[31m\x07"'.encode(),
    f'"x%0d%0a{FORGED}%0aAction: Hangup"'.encode(),
)
NUMBERS = (b"${EXTEN}", b"%0d%0a" + FORGED.encode(), b"79%00131", b"7913120${SHELL(id)}", b"\xff\xfe\xfd")
TOO_MUCH = (b'"' + b"A" * 9000 + b'"', b'"' + b'\\"\\"' * 200 + b'"', b'"' + b'""' * 200 + b'"')
TARGETS = (
    b"78005009494%26PJSIP%2F101",
    b"78005009494&PJSIP/101",
    b"78005009494;PJSIP/101",
    b"78005009494%2C1%2CDial(PJSIP/101)",
    b"78005009494%7CDial",
    b"101",
    b"+4" * 3,
    b"7" * 3000,
)
INBAND_S, PAUSE_S = 0.2, 0.5
INTO_MENU_S = 5.0
"""The notice is over by then, and the first menu is not."""
TONES = {"5": (770, 1336), "1": (697, 1209)}


async def test_odd_names_and_numbers_reach_nobody_and_nothing(house: Installation, scene: Scene) -> None:
    known = await _calls_of(house)
    for name in NAMES:
        async with raw_call(house, DID, name=name) as call:
            assert call.status in (0, 200) or 400 <= call.status < 500, name
            if call.status == 200:
                known = await _one_more(house, known)
    for number in NUMBERS:
        async with raw_call(house, DID, number=number) as call:
            assert call.status in (0, 200) or 400 <= call.status < 500, number
            if call.status == 200:
                known = await _one_more(house, known)
    for name in TOO_MUCH:
        async with raw_call(house, DID, name=name) as call:
            print(f"A3/A4: {len(name)} bytes of a name: {call.status}")
    async with house.db.read() as session:
        stored = (await session.scalars(select(CallRecord))).all()
    for record in stored:
        assert record.caller_raw.isprintable(), record.caller_raw
        assert "uid=" not in record.caller_raw
    for line in (*house.log().splitlines(), *house.asterisk_log().splitlines()):
        assert not line.startswith((FORGED, "Action:")), line
    assert not rows_of_log(house, "ami-garbled")
    assert "\x1b" not in house.log()
    await house.healthy(5)
    async with scene.call("+79131203501") as caller:
        await caller.hears("notice")
        await caller.hangs_up()


async def test_a_dialled_number_opens_no_way_out(house: Installation, scene: Scene) -> None:
    began, known = time.time(), await _calls_of(house)
    for target in TARGETS:
        async with raw_call(house, target) as call:
            print(f"A5: {target[:40]!r}: {call.status}")
            assert call.status in (0, 200) or 400 <= call.status < 500
            if call.status == 200:
                known = await _one_more(house, known)
            assert "PJSIP/101" not in await asterisk_says(house, "core show channels concise")
    assert {one.app for one in executions(house, after=began)}.isdisjoint({"Dial", "System", "Originate"})
    async with scene.call("+79131203502") as caller:
        await caller.hears("notice")
        await caller.hangs_up()


async def test_the_manager_takes_no_second_action_and_has_least_rights(house: Installation) -> None:
    own = house.settings
    password = secret(house.var / "secrets", "ami")
    session = await Session.open(own.ami_host, own.ami_port, own.ami_user, password, lambda _: None, 5)
    try:
        for headers in (
            {"Queue": "skek-hotline\r\nAction: Originate", "Interface": "PJSIP/101"},
            {"Queue": "skek-hotline", "Interface": "PJSIP/101", "MemberName": "x\nAction: Command"},
            {"Queue": "skek-hotline", "Interface": "PJSIP/101", "Reason": "a\x00b\u2028c"},
        ):
            with pytest.raises(InvalidInput):
                await session.ask("QueuePause", headers, 5)
        for action, arguments in (
            ("Command", {"Command": "core show version"}),
            ("Originate", {"Channel": "Local/x@line", "Application": "System", "Data": "id"}),
            ("GetConfig", {"Filename": "manager.conf"}),
            ("Getvar", {"Variable": "SHELL(id)"}),
            ("ModuleLoad", {"LoadType": "reload"}),
        ):
            with pytest.raises(AmiActionFailed, match=r"(?i)permission|forbidden"):
                await session.ask(action, arguments, 5)
    finally:
        session.close()
    await _the_dialer_may_only_dial(house)
    await _the_recorder_has_no_other_right(house)
    for agents in (("101\n[x]",), ("101;x",), ("a,b",), ("../1",)):
        with pytest.raises(Misconfigured):
            settings.load(agents=agents)


async def _the_dialer_may_only_dial(house: Installation) -> None:
    """Its user has the one right, is told nothing, and opens no application of the system's."""
    told: list[object] = []
    own, password = house.settings, secret(house.var / "secrets", DIALER_SECRET)
    session = await Session.open(own.ami_host, own.ami_port, DIALER_USER, password, told.extend, 5)
    try:
        for action, arguments in (
            ("Command", {"Command": "core show version"}),
            ("GetConfig", {"Filename": "manager.conf"}),
            ("Getvar", {"Variable": "SHELL(id)"}),
            ("Hangup", {"Channel": "/.*/"}),
            ("QueuePause", {"Queue": "skek-hotline", "Interface": "PJSIP/101", "Paused": "true"}),
            ("CoreShowChannels", {}),
            ("Originate", {"Channel": "Local/s@out", "Application": "System", "Data": "id"}),
        ):
            with pytest.raises(AmiActionFailed, match=r"(?i)permission|forbidden|access"):
                await session.ask(action, arguments, 5)
        with pytest.raises(InvalidInput):
            await session.ask("Originate", {"Channel": "PJSIP/7\r\nAction: Command", "Context": "out"}, 5)
    finally:
        session.close()
    assert told == []


async def test_keys_lost_doubled_endless_or_in_the_band(house: Installation, scene: Scene) -> None:
    async with scene.call("+79131203503") as caller, scene.call("+79131203504") as robot:
        await asyncio.gather(_keys_an_account_badly(caller), _presses_for_ever(robot), _keys_in_the_band(house))
    call = await until_known(lambda: _call_from(house, "+79131203504"), "the robot's record")
    steps = await _steps(house, call.id)
    assert "too-many-keys" in {step.exit for step in steps}


async def _keys_in_the_band(house: Installation) -> None:
    """A telephone that only sends the tones themselves."""
    async with raw_call(house, DID, number=b"79131203505") as call:
        assert call.status == 200
        await call.play(to_pcm(np.zeros(int(INTO_MENU_S * RATE), np.float32)))
        await call.play(to_pcm(_tone("5")))

        async def pressed() -> CallStep | None:
            record = await _call_from(house, "+79131203505", ended=False)
            steps = await _steps(house, record.id) if record else []
            return next((step for step in steps if step.key == "5"), None)

        step = await until_known(pressed, "the key")
    assert (step.place, step.leads_to) == ("main", "complaint")


async def _keys_an_account_badly(caller: Caller) -> None:
    """A digit lost, then every digit doubled, then one lost again: a person."""
    await caller.hears("main-menu", within_s=25)
    for key, prompt in (("2", "power-service"), ("1", "power-menu"), ("1", "place-how"), ("1", "account-enter")):
        await caller.press(key)
        await caller.hears(prompt)
    await caller.press("1002003#")
    await caller.hears("account-not-found", within_s=5)
    await caller.press("1100220033004455667788#")
    await caller.hears("too-many-digits", within_s=5)
    await caller.press("100200304#")
    await caller.hears("account-not-found", within_s=5)
    await caller.hears("person-after-tries", within_s=5)
    await caller.hangs_up()


async def _presses_for_ever(robot: Caller) -> None:
    await robot.hears("main-menu", within_s=25)
    await robot.press("*" * (MOST_KEYS + 1))
    robot.slow = True  # as to whoever asks twice to hear it again
    await robot.hears("person-after-tries", within_s=8)
    await robot.hangs_up()


def _tone(key: str) -> np.ndarray:
    times = np.arange(int(INBAND_S * RATE)) / RATE
    sound = sum(0.25 * np.sin(2 * np.pi * hertz * times) for hertz in TONES[key])
    return np.concatenate([sound, np.zeros(int(PAUSE_S * RATE))]).astype(np.float32)


async def _calls_of(house: Installation) -> int:
    return len(rows_of_log(house, "call-begins")) + len(rows_of_log(house, "unknown-number"))


async def _one_more(house: Installation, known: int) -> int:
    async def more() -> int:
        now = await _calls_of(house)
        return now if now > known else 0

    return await until_known(more, "the controller's call", 10)


async def _call_from(house: Installation, caller: str, *, ended: bool = True) -> CallRecord | None:
    async with house.db.read() as session:
        query = select(CallRecord).where(CallRecord.caller == caller)
        if ended:
            query = query.where(CallRecord.outcome.is_not(None))
        return (await session.scalars(query)).first()


async def _steps(house: Installation, call: str) -> list[CallStep]:
    async with house.db.read() as session:
        return list((await session.scalars(select(CallStep).where(CallStep.call_id == call))).all())


async def _the_recorder_has_no_other_right(house: Installation) -> None:
    """Its right (system) is wider than its use, but it holds no command, call or variable, and nothing is told."""
    told: list[object] = []
    own, password = house.settings, secret(house.var / "secrets", RECORDER_SECRET)
    session = await Session.open(own.ami_host, own.ami_port, RECORDER_USER, password, told.extend, 5)
    try:
        for action, arguments in (
            ("Command", {"Command": "core show version"}),
            ("Getvar", {"Variable": "SHELL(id)"}),
            ("Originate", {"Channel": "Local/s@out", "Application": "System", "Data": "id"}),
            ("QueuePause", {"Queue": "skek-hotline", "Interface": "PJSIP/101", "Paused": "true"}),
        ):
            with pytest.raises(AmiActionFailed, match=r"(?i)permission|forbidden|access"):
                await session.ask(action, arguments, 5)
        with pytest.raises(InvalidInput):
            await session.ask("MixMonitor", {"Channel": "PJSIP/7", "File": "x\r\nCommand: id"}, 5)
    finally:
        session.close()
    assert told == []
