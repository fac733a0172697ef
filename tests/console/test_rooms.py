"""How many rooms a thing passes through on its way: an appeal taken in by HTTP, and the card of a call."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from agent_console.api.appeals import AppealsApi
from agent_console.api.clients import CLIENTS, Clients, add_client
from agent_console.people.models import Role
from tests.console.card_data import Telephony, a_call, a_past
from tests.console.conftest import COMPANY, ClientOf, ConsoleApp
from tests.rooms import entered

MOST_OF_AN_APPEAL = 12
"""From the route to the stored row: the gate (whose token it is, what every request is) and the ground floor are not
counted."""
MOST_OF_A_CARD = 15
"""The console's own rooms, from the route to what the template gets: gate, container and words are not counted, nor
what stands around every page."""
GATE = (
    "agent_console/api/bodies.py",
    "agent_console/api/clients.py",
    "agent_console/people/permissions.py",
    "agent_console/people/sessions.py",
)
AROUND = ("audience", "bell", "call_bands", "live")
"""The bell and the band of every page."""
SHARED = (
    "agent_console/console.py",
    "agent_console/push.py",
    "agent_console/words.py",
    *(f"agent_console/worklist/{room}.py" for room in AROUND),
)


async def test_an_appeal_taken_in_by_http_makes_a_short_way(console_app: ConsoleApp) -> None:
    file = console_app.console.settings.var / CLIENTS
    token = add_client(file, "site", frozenset({COMPANY}))
    app = web.Application()
    console = console_app.console
    AppealsApi(console.db, console.companies, console.register, Clients.load(file)).add_to(app)
    given = {"company_id": COMPANY, "channel": "web_form", "kind": "complaint", "topic": "quality"}
    given |= {"applicant_kind": "person", "name": "Иванова", "phone": "+79131234567", "text": "Лампы мигают"}
    async with TestClient(TestServer(app)) as client:
        for key in ("first", "second"):  # what is loaded at first use is no room on the way
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            with entered() as rooms:
                answer = await client.post("/api/v1/appeals", json=given, headers=headers)
            assert answer.status == 201
    way = sorted(rooms - set(GATE))
    print(f"{len(way)} rooms of an appeal by HTTP:", *way, sep="\n  ")
    assert len(way) <= MOST_OF_AN_APPEAL


@pytest.mark.timeout(60)
async def test_the_card_of_a_call_makes_a_short_way(console_app: ConsoleApp, client_of: ClientOf) -> None:
    telephony = Telephony(console_app)
    await a_past(console_app, text="Нет света")
    agent = await client_of(Role.AGENT)
    call = await a_call(console_app)
    telephony.rings()
    for _ in range(2):
        with entered() as rooms:
            answer = await agent.get(f"/card/{call}")
        assert answer.status == 200
    own = {room for room in rooms if room.startswith("agent_console/") and "/web/" not in room}
    way = sorted(own - set(GATE) - set(SHARED))
    print(f"{len(way)} rooms of the card:", *way, sep="\n  ")
    assert len(way) <= MOST_OF_A_CARD
