"""C2-C4, C10, C12, C29: what a carrier may look like. Its registrar is a real Asterisk, odd INVITEs are hand-made."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from sqlalchemy import select

from carrier.stories.installation import Installation
from ivr.journal.models import CallRecord
from service.doctor import carrier as way
from tests.faults.conftest import NewHouse
from tests.faults.injury import asterisk_says, until, until_known
from tests.faults.raw_sip import STRANGER, raw_call

pytestmark = pytest.mark.asyncio(loop_scope="session")

DID = "78005009494"
OTHER = "78005050115"
"""Of another company, so that a wrong answer shows."""
ACCOUNT = {"trunk_mode": "registration", "trunk_user": "skek01", "trunk_secret": "Zvonok-1", "trunk_did": DID}
OUTSIDE, SECOND = "9.9.9.9", "127.0.0.3"
SILENT_S, PATIENT_S = 20, 36


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def registered(new_house: NewHouse) -> Installation:
    """An installation that is known to its carrier by name and secret."""
    house = await new_house("registered", **ACCOUNT)

    async def let_in() -> bool:
        return "Registered" in await asterisk_says(house, "pjsip show registrations")

    await until_known(let_in, "the registration", 20)
    return house


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind_nat(new_house: NewHouse) -> Installation:
    """An installation behind a router, whose carrier has two addresses, says who calls, and answers no OPTIONS."""
    return await new_house(
        "behind-nat",
        external_address=OUTSIDE,
        local_networks=["10.0.0.0/8"],
        trunk_networks=[f"{SECOND}/32", "127.0.1.0/28"],
        trunk_trusts_identity=True,
        trunk_qualify_s=0,
        rtp_wait_timeout_s=SILENT_S,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def silent_since(registered: Installation, behind_nat: Installation) -> AsyncIterator[float]:
    """Two callers whose telephones send no sound wait, one for a person; `time.monotonic()` of their answer.

    They wait while the other tests run.
    """
    async with (
        raw_call(registered, DID.encode(), number=b"79131203651") as patient,
        raw_call(behind_nat, DID.encode(), number=b"79131203652") as dropped,
    ):
        assert (patient.status, dropped.status) == (200, 200)
        answered = time.monotonic()

        async def noticed() -> bool:
            async with registered.db.read() as session:
                own = (CallRecord.caller == "+79131203651", CallRecord.notice_completed.is_(True))
                return await session.scalar(select(CallRecord.id).where(*own)) is not None

        await until_known(noticed, "the end of the notice", 20)
        assert await patient.press(b"0") == 200
        yield answered


async def company_of(house: Installation, number: str) -> tuple[str | None, str]:
    """Company and dialled number of this caller's call."""

    async def look() -> CallRecord | None:
        async with house.db.read() as session:
            return (await session.scalars(select(CallRecord).where(CallRecord.caller == number))).first()

    record = await until_known(look, f"the call of {number}", 10)
    return record.company_id, record.dialled


async def test_a_call_to_the_contact_we_registered_is_answered(registered: Installation) -> None:
    async with registered.carrier.call(from_number="+79131203601") as caller:
        await caller.hears(await registered.voice.render(["notice"], "skek"), within_s=10, to_the_end=True)
    assert await company_of(registered, "+79131203601") == ("skek", DID)


@pytest.mark.parametrize(
    ("number", "to", "headers"),
    [
        (b"79131203610", b"<sip:+78005050115@carrier.example>", ()),
        (b"79131203611", b'"Carrier" <sip:88005050115@carrier.example;user=phone>', ()),
        (b"79131203612", b"<tel:+78005050115>", ()),
        (b"79131203613", b"<sip:skek01@carrier.example>", (b"P-Called-Party-ID: <sip:8005050115@x>",)),
        (b"79131203614", None, (b"Diversion: <sip:+78005050115@x>;reason=unconditional;counter=1",)),
        (b"79131203615", None, (b'P-Called-Party-ID: "x, y; ${EXTEN} \\" <sip:78005050115@x>',)),
        (b"79131203616", b"<sip:78005009494@x>", (b"P-Called-Party-ID: <sip:78005050115@x>",)),
    ],
)
async def test_the_number_called_is_found_wherever_the_carrier_puts_it(
    registered: Installation, number: bytes, to: bytes | None, headers: Sequence[bytes]
) -> None:
    for user in (b"gridline", b"skek01"):
        async with raw_call(registered, user, number=number, to=to, headers=headers) as call:
            assert call.status == 200
            assert await company_of(registered, f"+{number.decode()}") == ("mrsk-centra", OTHER)


async def test_a_number_in_the_request_itself_goes_before_every_header(registered: Installation) -> None:
    headers = (b"P-Called-Party-ID: <sip:78005050115@x>", b"Diversion: <sip:78005050115@x>")
    async with raw_call(registered, DID.encode(), number=b"79131203620", to=b"<sip:78005050115@x>", headers=headers):
        assert await company_of(registered, "+79131203620") == ("skek", DID)


async def test_the_carriers_other_machines_are_known_by_our_contact(registered: Installation) -> None:
    assert registered.carrier.process is not None
    contacts = await registered.carrier.process.rx("database show registrar")
    mark = re.search(r"gridline@[^;\s]+(;line=\w+)", contacts)
    assert mark is not None, contacts
    line = mark[1].encode()
    async with raw_call(registered, b"gridline", number=b"79131203630", parameters=line, host=STRANGER) as call:
        assert call.status == 200
    async with raw_call(registered, b"gridline", parameters=b";line=guessed", host=STRANGER) as call:
        assert call.status == 401


async def test_a_number_that_is_nobodys_stays_nobodys(registered: Installation) -> None:
    async with raw_call(registered, b"79990001122", number=b"79131203631") as call:
        assert call.status == 200
        assert await company_of(registered, "+79131203631") == (None, "79990001122")


async def test_calls_come_from_every_address_of_the_carrier_and_others_are_named(behind_nat: Installation) -> None:
    for host in (SECOND, "127.0.1.7", ""):
        async with raw_call(behind_nat, DID.encode(), host=host) as call:
            assert call.status == 200
    for host in ("127.0.1.17", STRANGER):
        for _ in range(3):
            async with raw_call(behind_nat, DID.encode(), host=host) as call:
                assert call.status == 401

    def named() -> bool:
        told = " ".join(found.what for found in way.strangers(behind_nat.settings))
        return "127.0.1.17" in told and STRANGER in told and SECOND not in told

    await until(named, "the doctor's finding", 5)


async def test_what_we_offer_is_the_address_we_have_outside(behind_nat: Installation) -> None:
    async with raw_call(behind_nat, DID.encode()) as call:
        assert f"c=IN IP4 {OUTSIDE}" in call.answer
        assert re.search(rf"Contact: <sip:{OUTSIDE}", call.answer)
        assert "127.0.0.1" not in call.answer.partition("\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("header", "caller"),
    [
        (b"P-Asserted-Identity: <sip:+79131203641@x>", "+79131203641"),
        (b'P-Asserted-Identity: "Ivan" <sip:89131203642@x>', "+79131203642"),
        (b"Remote-Party-ID: <sip:79131203643@x>;party=calling;screen=yes", "+79131203643"),
        (b"P-Asserted-Identity: <tel:+79131203644>", "+79131203644"),
    ],
)
async def test_who_calls_is_said_by_a_carrier_that_is_trusted(
    behind_nat: Installation, registered: Installation, header: bytes, caller: str
) -> None:
    async with raw_call(behind_nat, DID.encode(), number=b"skek", headers=[header]) as call:
        assert call.status == 200
        assert await company_of(behind_nat, caller) == ("skek", DID)
    sent = b"79131203649"
    async with raw_call(
        registered, DID.encode(), number=sent, headers=[header]
    ):  # whose carrier is not trusted with it
        assert await company_of(registered, f"+{sent.decode()}") == ("skek", DID)


async def test_a_carrier_that_answers_no_options_is_not_taken_for_dead(behind_nat: Installation) -> None:
    assert "NonQual" in await asterisk_says(behind_nat, "pjsip show contacts")
    finding = way.found(behind_nat.settings, "NOT_INUSE", await way.last_call(behind_nat.settings))
    assert finding.level == "fine", finding


async def test_a_caller_who_waits_without_a_sound_stays_as_long_as_the_settings_say(
    behind_nat: Installation, registered: Installation, silent_since: float
) -> None:
    """C10: some carriers send nothing while the caller is silent."""

    async def dropped() -> CallRecord | None:
        async with behind_nat.db.read() as session:
            own = (CallRecord.caller == "+79131203652", CallRecord.ended_at.is_not(None))
            found: CallRecord | None = await session.scalar(select(CallRecord).where(*own))
            return found

    call = await until_known(dropped, "the end", 2 * SILENT_S)
    assert call.ended_at is not None
    assert SILENT_S - 1 < (call.ended_at - call.started_at).total_seconds() < 2 * SILENT_S
    assert f"RTP activity in {SILENT_S} seconds" in behind_nat.asterisk_log()

    async def waits() -> bool:
        return "!Queue!" in await asterisk_says(registered, "core show channels concise")

    await until_known(waits, "the caller's place in the queue", 30)
    await asyncio.sleep(max(0.0, silent_since + PATIENT_S - time.monotonic()))
    assert await waits()
    assert "RTP activity" not in registered.asterisk_log()
