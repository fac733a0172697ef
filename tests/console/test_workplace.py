"""The agent's place: shifts by HTTP where Asterisk is away, and how the page looks and reads."""

from __future__ import annotations

from playwright.async_api import Page

from agent_console.models import Role
from tests.console.conftest import Axe, ClientOf, ConsoleApp, sign_in


async def test_a_shift_begins_paused_and_outlives_an_absent_asterisk(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    client = await client_of(Role.AGENT)
    agent = console_app.users[Role.AGENT].agent
    assert agent is not None
    answer = await client.post("/desk/sign-on", data={"queue": "skek-hotline"})
    assert answer.status == 503  # nobody can be told now: said so, and told as soon as the line is up
    shift = console_app.console.desk.shift(agent)
    assert shift is not None
    assert (shift.queues, shift.state) == (("skek-hotline",), "paused")
    text = await (await client.get("/desk")).text()
    assert "На линию" in text
    assert "Закончить смену" in text


async def test_a_queue_of_another_company_is_refused(client_of: ClientOf) -> None:
    client = await client_of(Role.AGENT)
    answer = await client.post("/desk/sign-on", data={"queue": "mrsk-hotline"})
    assert answer.status == 422
    assert "mrsk-hotline" in await answer.text()


async def test_a_reason_of_ones_own_is_refused(client_of: ClientOf) -> None:
    client = await client_of(Role.AGENT)
    await client.post("/desk/sign-on", data={"queue": "skek-hotline"})
    answer = await client.post("/desk/pause", data={"reason": "просто так"})
    assert answer.status == 422
    assert "перерыв" in await answer.text()


async def test_the_place_reads_well(page: Page, console_app: ConsoleApp, axe: Axe) -> None:
    await sign_in(page, console_app.base, Role.AGENT, "/desk")
    await page.get_by_role("button", name="Выйти на смену").wait_for()
    assert await axe(page) == []
