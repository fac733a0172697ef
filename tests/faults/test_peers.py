"""K9-K13: what whoever reaches our SIP port may say and do. Each is tried from outside, by hand-made SIP."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from asterisk_conf.secrets import secret
from carrier.stories.installation import Installation
from ivr.journal.models import CallRecord, CallStep
from tests.faults.conftest import CALLS_AT_ONCE, NewHouse
from tests.faults.injury import asterisk_says, rows_of_log, until, until_known
from tests.faults.raw_sip import STRANGER, raw_call
from tests.faults.sip_sign_in import guesser

pytestmark = pytest.mark.asyncio(loop_scope="session")

DID = b"78005009494"
BREAK = b"%0d%0a"
FORGED = b"FORGED-LINE"
AGI = b"agi_network_script%3a%20call/mrsk-centra/78005050115/0/main/1/0"
TEXTS = (
    BREAK + FORGED,
    b"7" + BREAK + b"Event%3a%20Hangup" + BREAK + b"X%3a%20" + FORGED,
    b"7" + BREAK + BREAK + b"Event%3a%20Shutdown" + BREAK + b"X%3a%20" + FORGED,
    b"7%0aActionID%3a%20" + FORGED + b"%0aResponse%3a%20Success",
    b"7%0a" + AGI + b"%0aagi_callerid%3a%2079990000001%0a%0a200%20result%3d0",
    b"7%00" + FORGED,
    b"7%1b%5b31m" + FORGED,
    b"7%7f" + FORGED,
    b"7%e2%80%a8" + FORGED,
    b"7%ff%fe" + FORGED,
)
"""What SIP decodes: line breaks of AMI, AGI and logs, the end of a C string, a terminal's colours, Unicode's own."""
REFUSED = {400, 401, 403, 404, 416}
MOST = 10


async def test_nothing_a_peer_sends_becomes_a_line_of_its_own(house: Installation) -> None:
    lost = len(rows_of_log(house, "ami-down"))  # other tests of this house cut it on purpose
    for text in TEXTS:
        uri = b"<sip:" + text + b"@127.0.0.2>"
        for given in (
            {"number": text},
            {"headers": [b"P-Asserted-Identity: " + uri]},
            {"headers": [b"Remote-Party-ID: " + uri + b";party=calling"]},
        ):
            async with raw_call(house, DID, **given) as call:
                assert call.status in REFUSED, given
        async with raw_call(house, b"78005009494" + text) as call:
            assert call.status in REFUSED, text
        for given in (
            {"headers": [b"Diversion: " + uri + b";reason=unconditional"]},
            {"headers": [b"P-Called-Party-ID: " + uri]},
            {"headers": [b"History-Info: " + uri + b";index=1"]},
            {"name": b'"' + text + b'"'},
        ):
            await _is_an_ordinary_call(house, given)
    for folder in ("var/log", "var/log/cdr-csv", "var/log/cel-custom"):
        for file in (house.var / "asterisk" / folder).iterdir():
            if file.is_file():
                lines = file.read_text(errors="replace").splitlines()
                assert not [line for line in lines if line.startswith((FORGED.decode(), "Event:", "agi_", "Action"))]
    assert len(rows_of_log(house, "ami-down")) == lost
    assert not rows_of_log(house, "ami-garbled")
    await house.healthy(5)


async def _is_an_ordinary_call(house: Installation, given: Mapping[str, Any]) -> None:
    """Answered as the company that was dialled, from its beginning: the notice is heard first."""
    known = len(rows_of_log(house, "call-begins"))
    async with raw_call(house, DID, **given) as call:
        assert call.status == 200, given
        row = await until(lambda: rows_of_log(house, "call-begins")[known:], "the call", 10)
    assert "company=skek" in row[0]
    assert "+79131203500" not in row[0], "a log line keeps no number: the trust line could not take it back"
    id = re.search(r"call=([0-9a-f]{32})", row[0])
    assert id is not None

    async def caller() -> str | None:
        async with house.db.read() as session:
            return await session.scalar(select(CallRecord.caller).where(CallRecord.id == id[1]))

    assert await until_known(caller, "the call's record", 10) == "+79131203500"
    assert re.search(r"at= ", row[0]), "it began somewhere else than at the beginning"


async def test_a_number_outside_digits_and_plus_has_no_extension(house: Installation) -> None:
    for dialled in (
        b"abc",
        b"s",
        b"line",
        b"h",
        b"T",
        b"gridline",
        b"78005009494x",
        b"7" * 21,
        b"+",
    ):
        async with raw_call(house, dialled) as call:
            assert call.status in (404, 484), dialled
    async with raw_call(house, b"7" * 20) as call:  # a number that is nobody's is told so
        assert call.status == 200


@pytest.mark.parametrize("agent", [b"101", b"102"])
async def test_a_caller_whose_number_is_an_agents_is_a_caller(house: Installation, agent: bytes) -> None:
    known = len(rows_of_log(house, "call-begins"))
    async with raw_call(house, DID, number=agent) as call:
        assert call.status == 200
        await until(lambda: rows_of_log(house, "call-begins")[known:], "the call", 10)
    async with raw_call(house, DID, number=agent, host=STRANGER) as call:
        assert call.status == 401


async def test_a_caller_moves_nobody(house: Installation) -> None:
    async with raw_call(house, DID) as call:
        assert call.status == 200
        target = f"<sip:101@{house.settings.sip_host}:{house.settings.sip_port}>".encode()
        assert await call.request(b"REFER", [b"Refer-To: " + target]) == 603
    async with raw_call(house, DID) as talking:
        assert talking.status == 200
        other = talking.id.encode() + b";to-tag=" + talking.tag + b";from-tag=" + talking.id[:8].encode()
        async with raw_call(house, DID, host=STRANGER, headers=[b"Replaces: " + other]) as thief:
            assert thief.status in REFUSED


async def test_one_number_does_not_take_the_whole_line(house: Installation) -> None:
    number = b"79131203599"
    async with AsyncExitStack() as calls:
        held = [await calls.enter_async_context(raw_call(house, DID, number=number)) for _ in range(MOST)]
        assert [call.status for call in held] == [200] * MOST
        for form in (number, b"%2b" + number, b"+" + number):  # the same number, however it is written
            async with raw_call(house, DID, number=form) as call:
                assert call.status == 486
        for other in (b"79131203598", b"anonymous", b"anonymous"):
            async with raw_call(house, DID, number=other) as call:
                assert call.status == 200
        held[0].bye()

        async def again() -> bool:
            async with raw_call(house, DID, number=number) as call:
                return call.status == 200

        await until_known(again, "room for one more", 5)
    _, told = await house.http("/metrics")
    assert re.search(r'gridline_calls_turned_away_total\{reason="calls-per-caller"\} [3-9]', told)


async def test_more_callers_than_can_be_served_are_told_that_the_trunk_is_full(house: Installation) -> None:
    await until_known(lambda: _nobody_on(house), "an empty line", 10)
    async with AsyncExitStack() as calls:
        held = [
            await calls.enter_async_context(raw_call(house, DID, number=b"anonymous")) for _ in range(CALLS_AT_ONCE)
        ]
        assert [call.status for call in held] == [200] * CALLS_AT_ONCE
        async with raw_call(house, DID) as call:
            assert call.status == 503
        held[0].bye()

        async def again() -> bool:
            async with raw_call(house, DID) as call:
                return call.status == 200

        await until_known(again, "room for one more", 5)
    _, told = await house.http("/metrics")
    assert re.search(r'gridline_calls_turned_away_total\{reason="calls-at-once"\} [1-9]', told)


async def _nobody_on(house: Installation) -> bool:
    return "0 active calls" in await asterisk_says(house, "core show calls")


async def test_whoever_guesses_secrets_is_not_listened_to(house: Installation) -> None:
    right = secret(house.var / "secrets", "agent-102")
    async with guesser(house, STRANGER) as stranger:
        tries = [await stranger.tries("102", f"wrong-{number}") for number in range(house.settings.sign_in_tries)]
        assert set(tries) == {401}
        await until(lambda: rows_of_log(house, "sip-address-banned"), "the ban", 5)
        assert await stranger.tries("102", right) == 403
    async with raw_call(house, DID, host=STRANGER) as call:
        assert call.status == 403
    async with guesser(house, "127.0.0.67") as neighbour, guesser(house, "127.0.0.1") as proxy:
        assert await neighbour.tries("102", right) == 200
        for number in range(house.settings.sign_in_tries + 5):  # a proxy's address is every agent's
            assert await proxy.tries("102", f"wrong-{number}") == 401
        assert await proxy.tries("102", right) == 200
    async with raw_call(house, DID) as call:  # nor is the carrier shut out
        assert call.status == 200
    _, told = await house.http("/metrics")
    assert "gridline_sip_bans_total 1.0" in told
    assert re.search(r"gridline_sip_sign_ins_refused_total [1-9]", told)
    await house.carrier.agent("102").registers(anew=True)


async def test_a_notice_that_was_not_heard_cannot_be_claimed(house: Installation) -> None:
    """Whoever reaches the AGI port may name a channel that is there; its place and its notice they cannot name."""
    async with raw_call(house, DID, number=b"79131203596") as call:
        assert call.status == 200
        channels = await asterisk_says(house, "core show channels concise")
        name, *_, channel = next(line for line in channels.splitlines() if "79131203596" in line).split("!")
        reader, writer = await asyncio.open_connection("127.0.0.1", house.settings.agi_port)
        script = f"resume/skek/{DID.decode()}/{'c' * 32}/main/1/{'0' * 32}"
        said = {"network_script": script, "channel": name, "uniqueid": channel, "callerid": "79131203596"}
        writer.write("".join(f"agi_{key}: {value}\n" for key, value in said.items()).encode() + b"\n")
        commands: list[str] = []
        async with asyncio.timeout(10):
            while not commands or commands[-1].startswith(("EXEC", "SET VARIABLE")):
                commands.append((await reader.readline()).decode())
                writer.write(b"200 result=0\n")
        writer.close()
    notice = await house.voice.render(["notice"], "skek")
    assert commands[-1].startswith("STREAM FILE")
    assert str(notice.file) in commands[-1]
    assert rows_of_log(house, "call-not-sealed-by-us")
    _, told = await house.http("/metrics")
    assert re.search(r"gridline_seals_refused_total [1-9]", told)


async def test_a_callers_name_is_no_formula_in_the_records(new_house: NewHouse) -> None:
    house = await new_house("records")
    for name in (b"=cmd|' /C calc'!A0", b"+1+1", b"@SUM(1)", b"-2+3"):
        async with raw_call(house, DID, name=b'"' + name + b'"', number=b"79131203597") as call:
            assert call.status == 200
    records = house.var / "asterisk/var/log/cdr-csv/Master.csv"
    rows = await until(lambda: _rows(records, 4), "four records", 10)
    assert {row[1] for row in rows} == {"79131203597"}
    assert not [field for row in rows for field in row if field.startswith(("=", "+", "@", "-"))]


def _rows(file: Path, at_least: int) -> list[list[str]]:
    rows = list(csv.reader(file.read_text("utf-8").splitlines())) if file.exists() else []
    return rows if len(rows) >= at_least else []


async def test_the_steps_of_a_call_begin_with_its_notice(house: Installation) -> None:
    """Of all those calls none skipped it, whatever its telephone said."""
    async with house.db.read() as session:
        first: dict[str, str] = {}
        came = select(CallRecord.id).where(CallRecord.called_by == "")  # whom an agent calls is told so in other words
        query = select(CallStep.call_id, CallStep.place).where(CallStep.call_id.in_(came))
        query = query.order_by(CallStep.started_at, CallStep.id)
        for call_id, place in (await session.execute(query)).all():
            first.setdefault(call_id, place)
        companies = set((await session.scalars(select(CallRecord.company_id))).all())
    assert set(first.values()) == {"notice"}
    assert companies <= {"skek", None, ""}
    assert "PJSIP/101" not in await asterisk_says(house, "core show channels concise")
