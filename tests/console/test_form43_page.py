"""Form 4.3 in the console: each of its figures leads to the calls behind it."""

from __future__ import annotations

import re

from agent_console.people.models import Role
from tests.console.conftest import ClientOf, ConsoleApp
from tests.console.test_menu_page import store_a_few


async def test_form_43_leads_to_the_calls_it_is_counted_from(console_app: ConsoleApp, client_of: ClientOf) -> None:
    await store_a_few(console_app)
    client = await client_of(Role.SUPERVISOR)
    answer = await client.get("/forms/table?report=form43&year=2026", headers={"HX-Request": "true"})
    text = await answer.text()
    assert "по памяти" in text
    assert "звонки за ней" in text
    for row, result, number in (("2", "in", 4), ("2.2", "served", 2), ("справочно 2", "given-up", 1)):
        match = re.search(rf'>{row}</td>.*?href="(/calls\?[^"]+result={result})">{number}<', text, re.DOTALL)
        assert match, row
        listed = await (await client.get(match[1].replace("&amp;", "&"))).text()
        assert listed.count('<td class="nowrap">\n            <a href="/calls/') == number
    file = await client.get("/forms/file?report=form43&year=2026&format=xlsx")
    assert (file.status, (await file.text("latin-1"))[:2]) == (200, "PK")
    assert (await client.get("/forms?report=form43")).status == 200
