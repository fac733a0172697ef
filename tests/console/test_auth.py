"""Signing in and out: what a person meets at the door, and what those meet who should not come in."""

from __future__ import annotations

from agent_console.models import Role
from tests.console.conftest import ClientOf


async def test_a_person_signs_in_and_is_led_to_where_he_wanted_to_go(client_of: ClientOf) -> None:
    nobody = await client_of(None)
    away = await nobody.get("/account")
    assert (away.status, away.headers["Location"]) == (303, "/signin?next=/account")
    page = await nobody.get("/signin?next=/account")
    assert page.status == 200
    assert 'value="/account"' in await page.text()
    client = await client_of(Role.AGENT)
    account = await client.get("/account")
    assert account.status == 200
    assert "Ольга Смирнова" in await account.text()
