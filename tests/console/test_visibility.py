"""One call of the trust line and one of another company, tried by every way there is: pages, posts, API, bundles."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update

from agent_console.calls import calls
from agent_console.people.models import AuditEntry, Role, User
from agent_console.web.routes import TOPICS
from appeals.intake.intake import accept
from appeals.models import Appeal
from appeals.register import Registered
from grid.models import Premise
from gridline.db import new_id
from gridline.scope import OutOfScope, Scope
from ivr.journal.models import CallRecord, call_id
from recordings.models import Recording
from tests.console.calls import StoredCall, stored_call
from tests.console.card_data import NODE, Telephony, a_call
from tests.console.conftest import CHEAP, COMPANY, OTHER_COMPANY, PASSWORD, ClientOf, ConsoleApp

CALLER = "+79135557788"
SEES_ORDINARY = frozenset(Role) - {Role.SECURITY}


@dataclass(frozen=True)
class Three:
    """Three calls with a recording each."""

    ordinary: StoredCall
    trust: StoredCall
    theirs: StoredCall


@pytest.fixture
async def three(console_app: ConsoleApp) -> Three:
    """An ordinary call, one of the trust line and one of another company, all from one number."""
    console, now = console_app.console, console_app.console.clock.now()
    made = Three(
        await stored_call(console, now - timedelta(minutes=3), caller=CALLER),
        await stored_call(console, now - timedelta(minutes=2), caller=CALLER),
        await stored_call(console, now - timedelta(minutes=1), caller=CALLER, company=OTHER_COMPANY),
    )
    await register(console_app, kind="trust", call_id=made.trust.call, recording_id=made.trust.recording)
    return made


async def register(console_app: ConsoleApp, **more: Any) -> Registered:
    """An appeal of COMPANY."""
    given = {
        "company_id": COMPANY,
        "channel": "phone",
        "kind": "complaint",
        "topic": "service",
        "applicant_kind": "person",
        "phone": "+79235550000",
        "text": "Текст",
        "actor": "test",
        "idempotency_key": new_id(),
    }
    return await console_app.console.register.register(accept(given | more))


async def test_the_card_of_a_trust_call_opens_for_nobody_by_any_method(
    console_app: ConsoleApp, client_of: ClientOf, three: Three
) -> None:
    """Attacks K14 and K15: its id was enough for five roles, and a POST for the security service."""
    sent = {"note": "x", "text": "x", "number": "26-000001-2", "key": "a" * 32, "ref": ""}
    draft = {"fields": {}, "version": 0, "key": "a" * 32, "tab": "b" * 32}
    for role in Role:
        client = await client_of(role)
        for id, seen in (
            (three.trust.call, False),
            (three.ordinary.call, True),
            (three.theirs.call, role is Role.ADMIN),
        ):
            answer = await client.get(f"/card/{id}")
            assert (answer.status == 200) == (seen and role in SEES_ORDINARY), f"{role} {answer.status}"
            if answer.status != 200:
                assert "555-77-88" not in await answer.text()
            for path in ("notes", "choose", "form", "appeal", "contact", "outage", "callback"):
                answer = await client.post(f"/card/{id}/{path}", data=sent, headers={"HX-Request": "true"})
                if not seen or role not in SEES_ORDINARY:
                    assert answer.status in (403, 404), f"{role} {path} {answer.status}"
                    assert "555-77-88" not in await answer.text()
            answer = await client.post(f"/card/{id}/draft", json=draft)
            assert seen or answer.status in (403, 404)


async def test_a_trust_call_shows_up_in_no_other_callers_past(
    console_app: ConsoleApp, client_of: ClientOf, three: Three
) -> None:
    now = await a_call(console_app, caller=CALLER)
    text = await (await (await client_of(Role.SUPERVISOR)).get(f"/card/{now}")).text()
    assert three.ordinary.call in text
    assert three.trust.call not in text
    assert three.theirs.call not in text


async def test_a_call_that_is_not_stored_yet_is_judged_by_the_same_rule(console_app: ConsoleApp) -> None:
    console = console_app.console
    Telephony(console_app).rings("9.0")
    id = call_id(NODE, "boot", "9.0")
    async with console.db.read() as session:
        assert (await calls.find_anywhere(session, console.board, id, visible_to=Scope(COMPANY))).id == id
        for other in (Scope(OTHER_COMPANY), Scope(COMPANY, trust=True)):
            with pytest.raises(OutOfScope):
                await calls.find_anywhere(session, console.board, id, visible_to=other)


async def test_a_call_to_a_number_that_is_nobodys_is_nobodys(console_app: ConsoleApp, three: Three) -> None:
    async with console_app.console.db.write() as session:
        await session.execute(update(CallRecord).where(CallRecord.id == three.ordinary.call).values(company_id=None))
        for scope in (Scope(), Scope(COMPANY)):
            with pytest.raises(OutOfScope):
                await calls.find(session, three.ordinary.call, visible_to=scope)


async def test_its_live_updates_are_followed_by_those_alone_who_may_open_it(
    console_app: ConsoleApp, client_of: ClientOf, three: Three
) -> None:
    assert "card-call" in console_app.app[TOPICS]
    client = await client_of(Role.SUPERVISOR)
    for id, status in ((three.ordinary.call, 200), (three.trust.call, 404), (three.theirs.call, 404)):
        answer = await client.session.get(f"{console_app.base}/events", params={"topics": f"card-call:{id}"})
        assert answer.status == status
        answer.close()


async def test_a_colleague_of_another_branch_sees_neither_call_nor_recording_nor_card(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    console = console_app.console
    call = await stored_call(console, console.clock.now(), company=OTHER_COMPANY, branch="bryansk", caller=CALLER)
    person = User(
        login="belgorod",
        name="Белгород",
        password_hash=CHEAP.hash(PASSWORD),
        one_time=False,
        role=Role.SUPERVISOR,
        company_id=OTHER_COMPANY,
        branch="belgorod",
        agent=None,
        created_at=console.clock.now(),
    )
    async with console.db.write() as session:
        session.add(person)
    client = await client_of(None)
    assert (await client.sign_in("belgorod")).status == 303
    for path in (f"/calls/{call.call}", f"/card/{call.call}", f"/recordings/{call.recording}"):
        assert (await client.get(path)).status == 404, path
    assert call.call not in await (await client.get("/calls")).text()
    async with console.db.read() as session:
        noted = select(AuditEntry.subject).where(AuditEntry.action == "not-his", AuditEntry.user_id == person.id)
        assert set(await session.scalars(noted)) == {
            f"GET /calls/{call.call}",
            f"GET /card/{call.call}",
            f"GET /recordings/{call.recording}",
        }


async def api(console_app: ConsoleApp, **more: Any) -> tuple[int, str]:
    """What the API says to an appeal from COMPANY's system."""
    given = {
        "company_id": COMPANY,
        "channel": "web_form",
        "kind": "complaint",
        "topic": "service",
        "applicant_kind": "person",
        "name": "Иванова",
        "phone": "+79235550000",
        "text": "Текст",
    }
    headers = {"Authorization": f"Bearer {console_app.api_token}", "Idempotency-Key": new_id()}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{console_app.base}/api/v1/appeals", json=given | more, headers=headers) as answer,
    ):
        return answer.status, (await answer.json()).get("message", "")


async def test_the_api_takes_no_id_that_leads_to_somebody_else(console_app: ConsoleApp, three: Three) -> None:
    """Attack K16: another company's call and any recording were taken, and an ordinary call hidden with them."""
    async with console_app.console.db.read() as session:
        own = await session.scalar(select(Premise.id).where(Premise.company_id == COMPANY))
        foreign = await session.scalar(select(Premise.id).where(Premise.company_id == OTHER_COMPANY))
    for more, field in (
        ({"call_id": three.theirs.call}, "call_id"),
        ({"call_id": three.trust.call}, "call_id"),
        ({"call_id": "0" * 32}, "call_id"),
        ({"recording_id": three.theirs.recording}, "recording_id"),
        ({"recording_id": three.trust.recording}, "recording_id"),
        ({"recording_id": three.ordinary.recording, "kind": "trust"}, "recording_id"),
        ({"branch": "atlantis"}, "branch"),
        ({"premise_id": foreign}, "premise_id"),
    ):
        status, told = await api(console_app, **more)
        assert (status, told.partition(":")[0]) == (422, field), more
    own_ids = {"call_id": three.ordinary.call, "recording_id": three.ordinary.recording, "premise_id": own}
    assert (await api(console_app, **own_ids))[0] == 201
    async with console_app.console.db.read() as session:
        assert await calls.find(session, three.ordinary.call, visible_to=Scope(COMPANY))


async def test_page_and_bundle_hold_nothing_of_a_stranger_whatever_an_appeal_names(
    console_app: ConsoleApp, client_of: ClientOf, three: Three
) -> None:
    """As a row from before the ids were checked."""
    made = await register(console_app, call_id=three.theirs.call, recording_id=three.trust.recording)
    client = await client_of(Role.SUPERVISOR)
    text = await (await client.get(f"/appeals/{made.appeal_id}")).text()
    answer = await client.post(f"/appeals/{made.appeal_id}/bundle")
    with zipfile.ZipFile(io.BytesIO((await answer.text("latin-1")).encode("latin-1"))) as bundle:
        held = {name: json.loads(bundle.read(name)) for name in ("calls.json", "recordings.json")}
    assert held == {"calls.json": [], "recordings.json": []}
    for stranger in (three.theirs, three.trust):
        assert f"/recordings/{stranger.recording}" not in text
        assert f"/calls/{stranger.call}" not in text


async def test_a_recording_of_a_call_that_no_controller_met_is_where_its_appeal_is(
    console_app: ConsoleApp, client_of: ClientOf, three: Three
) -> None:
    made = await register(console_app, branch=None)
    async with console_app.console.db.write() as session:
        for one in (three.ordinary, three.theirs):
            values = {"call_id": new_id(), "appeal_id": made.appeal_id if one is three.ordinary else None}
            await session.execute(update(Recording).where(Recording.id == one.recording).values(**values))
    client = await client_of(Role.QA)
    assert (await client.get(f"/recordings/{three.ordinary.recording}")).status == 200
    assert (await client.get(f"/recordings/{three.theirs.recording}")).status == 404


async def test_a_premise_is_its_companys_and_its_branchs_in_a_form_too(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    call = await a_call(console_app)
    async with console_app.console.db.read() as session:
        foreign = await session.scalar(select(Premise.id).where(Premise.company_id == OTHER_COMPANY))
    client = await client_of(Role.AGENT)
    sent = {"kind": "appeal", "topic": "outages", "text": "Нет", "phone": CALLER, "outcome": "analysis"}
    sent |= {"premise_id": str(foreign), "key": "a" * 32}
    answer = await client.post(f"/card/{call}/appeal", data=sent, headers={"HX-Request": "true"})
    assert answer.status == 404
    async with console_app.console.db.read() as session:
        assert (await session.scalars(select(Appeal))).all() == []


def test_a_scope_is_what_it_says() -> None:
    branch = Scope("skek", "north")
    assert branch.holds("skek", None)
    assert not replace(branch, company_id="mrsk-centra").holds("skek", "north")
