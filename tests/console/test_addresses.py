"""Every page opened with every address somebody may make up: a refusal in words at the worst, never a crash."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import select

from agent_console.people.models import Role, User
from agent_console.people.permissions import GRANTED, Permission
from agent_console.web.query_string import PageStart, QueryString
from gridline.errors import InvalidInput
from gridline.metrics import REQUEST_CRASHES
from tests.console.calls import stored_call
from tests.console.card_data import a_past
from tests.console.conftest import ClientOf, ConsoleApp
from tests.console.test_permissions import steps

VALUES = (
    "0001-01-01",
    "9999-12-31",
    "9" * 40,
    "٢٠٢٦",
    "\x00",
    "9999999999.999999." + "f" * 32,
    "260000013~0001-01-01T00:00+14:00",
)
ASKED = {
    "/calls": ("since", "until", "before", "q", "result", "queue", "agent", "branch", "company"),
    "/history": ("since", "until", "by", "queue", "agent", "company"),
    "/history.csv": ("since", "company"),
    "/audit": ("day", "who", "action", "q", "before"),
    "/appeals": ("since", "until", "q", "after", "view", "state", "branch", "owner", "sort", "order", "company"),
    "/forms": ("year", "as_of", "report", "by", "company"),
    "/users": ("q", "role"),
    "/knowledge": ("q", "topic", "company"),
}
"""What the lists are asked; of every other page these:"""
OTHERS = ("q", "company")


async def things(console_app: ConsoleApp) -> list[str]:
    """Something for every parameter of a path."""
    console = console_app.console
    call = await stored_call(console, console.clock.now() - timedelta(minutes=1))
    number = await a_past(console_app, text="Мигает")
    async with console.db.read() as session:
        user = await session.scalar(select(User.id).where(User.login == "agent"))
    return [call.call, call.recording, number, str(user), "101", "f" * 64, "app.css"]


@pytest.mark.timeout(180)
async def test_no_address_crashes_a_page(console_app: ConsoleApp, client_of: ClientOf) -> None:
    known, crashed = await things(console_app), REQUEST_CRASHES._value.get()
    asked = 0
    for role, whose in ((Role.ADMIN, GRANTED[Role.ADMIN]), (Role.AGENT, {Permission.DESK_WORK})):
        client = await client_of(role)
        for step in steps(console_app.app):
            if step.method != "GET" or step.grant not in whose or step.canonical == "/events":
                continue
            for path in filter(None, map(step.path, known)):
                addresses = [f"{path}?{name}={quote(value)}" for name, value in pairs(step.canonical)]
                for address in [path, *addresses]:
                    assert (await client.get(address)).status < 500, address
                    asked += 1
                assert (await client.get(path, headers={"HX-Request": "true"})).status < 500, f"part of {path}"
                if "{" not in step.canonical:
                    break
    assert asked > 600
    assert REQUEST_CRASHES._value.get() == crashed


def pairs(canonical: str) -> list[tuple[str, str]]:
    """What is put into an address; a report costs a process, so only what is refused before one is begun."""
    if canonical in ("/forms/table", "/forms/file", "/forms/behind"):
        return [("year", "0001"), ("as_of", "0001-01-01"), ("report", "x"), ("by", "x"), ("cell", "x"), ("format", "x")]
    return [(name, value) for name in ASKED.get(canonical, OTHERS) for value in VALUES]


async def test_a_part_of_a_page_opened_as_a_page_is_the_page(console_app: ConsoleApp, client_of: ClientOf) -> None:
    call, *_ = await things(console_app)
    client = await client_of(Role.SUPERVISOR)
    for path in ("find?q=120034001", "way"):
        answer = await client.get(f"/card/{call}/{path}")
        assert (answer.status, answer.headers["Location"]) == (303, f"/card/{call}")
    for path in ("notes", "choose", "callback"):
        answer = await client.post(f"/card/{call}/{path}", data={"note": "x"})
        assert (answer.status, answer.headers["Location"]) == (303, f"/card/{call}")


@pytest.mark.parametrize("value", ["0001-01-01", "9999-12-31", "1999-12-31", "2100-01-01", "вчера", "2026-2-3", "٢"])
def test_a_day_is_of_this_century_or_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        QueryString({"day": value}).day("day")


@pytest.mark.parametrize("value", ["0001", "99999", "-2026", "2026.0", "٢٠٢٦", "2100", " 2026"])
def test_a_year_is_of_this_century_or_refused(value: str) -> None:
    with pytest.raises(InvalidInput):
        QueryString({"year": value}).year("year")


def test_the_start_of_a_page_is_the_row_it_was_made_of() -> None:
    for text in ("1764345600.000001." + "0" * 32, "1764345600.999999." + "a" * 32):
        start = QueryString({"before": text}).start("before")
        assert isinstance(start, PageStart)
        assert str(start) == text
    for wrong in ("1764345600", "99999999999.000000." + "0" * 32, "9999999999.999999." + "f" * 32):
        with pytest.raises(InvalidInput):
            QueryString({"before": wrong}).start("before")


async def test_what_was_not_asked_stands_in_no_field(client_of: ClientOf) -> None:
    client = await client_of(Role.ADMIN)
    for path in ("/appeals", "/audit", "/calls", "/history", "/forms", "/users"):
        assert 'value="None"' not in await (await client.get(path)).text(), path
