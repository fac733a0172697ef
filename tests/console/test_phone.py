"""SIP credentials: for the owner's session only, short-lived, one at a time, in no page; expired ones are not seen."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from agent_console.people.models import Role, User
from agent_console.phone import NoTelephone, OpenElsewhere
from asterisk_conf.agents_file import AgentsFile
from ivr.desk import devices
from tests.console.conftest import Client, ClientOf, ConsoleApp

HERE, THERE = "a" * 32, "b" * 32
"""Two computers, as the page tells one from another."""


def seen_by_asterisk(file: AgentsFile) -> dict[str, str]:
    """What Asterisk would read: secret by endpoint."""
    connection = sqlite3.connect(file.file)
    try:
        return dict(connection.execute("SELECT username, password FROM ps_auths").fetchall())
    finally:
        connection.close()


async def asks(client: Client, holder: str = HERE, *, take: bool = False) -> aiohttp.ClientResponse:
    """The page on this computer asks for a secret."""
    sent = {"holder": holder, "take": take}
    return await client.post("/phone/credentials", json=sent, headers={"Accept": "application/json"})


async def test_an_agent_gets_a_secret_of_their_own_and_each_ends_the_one_before(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    file = AgentsFile.of(console_app.console.settings)
    olga = await client_of(Role.AGENT)
    first = await (await asks(olga)).json()
    assert first["user"] == "101-web"
    assert first["ws"] == console_app.console.settings.phone_url
    assert 0 < first["expires_in_s"] <= 15 * 60
    second = await (await asks(olga)).json()
    assert seen_by_asterisk(file) == {"101-web": second["password"]} != {"101-web": first["password"]}
    assert (await olga.post("/phone/revoke")).status == 200
    assert seen_by_asterisk(file) == {}


async def test_a_secret_is_in_no_page_and_not_to_be_had_without_the_token(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    olga = await client_of(Role.AGENT)
    issued = await (await asks(olga)).json()
    home = await olga.get("/desk")
    assert home.status == 200
    assert issued["password"] not in await home.text()
    assert (await olga.post("/phone/credentials", headers={"X-CSRF-Token": ""})).status == 403
    assert (await olga.post("/phone/credentials", headers={"Origin": "http://evil.example"})).status == 403
    assert (await olga.get("/phone/credentials")).status == 405
    assert (await (await client_of(None)).post("/phone/credentials")).status in (401, 403)
    assert (await (await client_of(Role.QA)).post("/phone/credentials")).status == 403


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"holder": 7}', '{"holder": "../../x"}'])
async def test_a_page_that_does_not_say_which_it_is_gets_no_secret(client_of: ClientOf, body: str) -> None:
    answer = await (await client_of(Role.AGENT)).post(
        "/phone/credentials", data=body, headers={"Content-Type": "application/json", "Accept": "application/json"}
    )
    assert answer.status == 422
    assert "обновите" in (await answer.json())["message"]


async def test_a_second_computer_takes_the_telephone_only_when_it_says_so_and_the_first_is_told(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    """Case C9."""
    olga = await client_of(Role.AGENT)
    assert (await asks(olga)).status == 200
    refused = await asks(olga, THERE)
    assert (refused.status, (await refused.json())["code"]) == (409, "phone-elsewhere")
    assert (await (await olga.get("/phone/state")).json())["holder"] == HERE
    assert (await asks(olga, THERE, take=True)).status == 200
    assert (await (await olga.get("/phone/state")).json())["holder"] == THERE
    assert (await asks(olga)).status == 409  # so the first one does not take it back by itself
    await olga.post("/phone/revoke")
    assert (await asks(olga)).status == 200


async def test_nobody_takes_the_telephone_out_of_a_talk(console_app: ConsoleApp) -> None:
    phones = console_app.console.phones
    await phones.issue("101", "78005009494", holder=HERE)
    with pytest.raises(OpenElsewhere, match="идёт разговор"):
        await phones.issue("101", "78005009494", holder=THERE, take=True, talking=True)
    await phones.issue("101", "78005009494", holder=HERE, talking=True)  # its own page, loaded again


async def test_who_is_disabled_keeps_neither_shift_nor_telephones(console_app: ConsoleApp, client_of: ClientOf) -> None:
    """Case K17: at once, and again for what was done while this process was away."""
    file, console = AgentsFile.of(console_app.console.settings), console_app.console
    olga, admin = await client_of(Role.AGENT), await client_of(Role.ADMIN)
    await asks(olga)
    file.put_desk_secrets({"101": "desk", "102": "other"})
    await olga.post("/desk/sign-on", data={"queue": "skek-hotline"})
    user = console_app.users[Role.AGENT].user_id
    assert (await admin.post(f"/users/{user}/disable")).status == 204
    assert console.desk.shift("101") is None
    assert seen_by_asterisk(file) == {"102": "other"}
    assert (await olga.get("/phone/state")).status != 200
    assert (await admin.post(f"/users/{user}/enable")).status == 204
    assert seen_by_asterisk(file) == {"101": "desk", "102": "other"}

    async with console.db.write() as session:
        (await session.get_one(User, user)).disabled_at = console.clock.now()
    await console.leavers.see_off()
    assert seen_by_asterisk(file) == {"102": "other"}


async def test_a_number_without_a_telephone_is_refused_in_words(console_app: ConsoleApp) -> None:
    with pytest.raises(NoTelephone, match="Телефона 999 нет"):
        await console_app.console.phones.issue("999", "78005009494", holder=HERE)


@pytest.mark.parametrize(
    ("typed", "dial"),
    [
        ("8 913 123-45-67", "79131234567"),
        ("+7 (3842) 45-67-89", "73842456789"),
        ("9131234567", "79131234567"),
        ("102", "102"),
        ("112", "112"),
        ("Офис обслуживания", "skek-office"),
        ("горячая ЛИНИЯ", "skek-hotline"),
        ("skek-water", "skek-water"),
    ],
)
async def test_what_is_typed_becomes_what_is_dialled(client_of: ClientOf, typed: str, dial: str) -> None:
    answer = await (await client_of(Role.AGENT)).post("/phone/number", json={"typed": typed})
    assert (answer.status, (await answer.json())["dial"]) == (200, dial)


@pytest.mark.parametrize(
    "typed",
    [
        *("+45 12 34 56 78", "+45 12345678", "\u200e+45 12 34 56 78", "0045 12 34 56 78", "+1 (212) 555-01-00"),
        *("+7 701 234-56-78", "810 44 20 7123 4567", "+375 29 123-45-67", "", "жена", "8 913 12", "mrsk-hotline"),
        *("Консультации", "101&102", "PJSIP/101", "8 809 555-12-34, 8 913 123-45-67"),
    ],
)
async def test_what_is_no_number_of_ours_is_refused_with_words(client_of: ClientOf, typed: str) -> None:
    """Case C1: a plus is never dropped, a stranger in Russia never rings for somebody abroad."""
    answer = await (await client_of(Role.AGENT)).post(
        "/phone/number", json={"typed": typed}, headers={"Accept": "application/json"}
    )
    assert answer.status == 422, await answer.text()
    assert len((await answer.json())["message"]) > 20


async def test_callers_are_sent_on_by_the_names_people_use(client_of: ClientOf) -> None:
    """Case C28."""
    olga, igor = await client_of(Role.AGENT), await client_of(Role.SUPERVISOR)
    await igor.post("/desk/sign-on", data={"queue": "skek-hotline"})
    shown = await (await olga.get("/phone/targets")).json()
    assert [one["name"] for one in shown] == [
        *("Игорь Петров, 102", "Горячая линия", "Офис обслуживания", "Водоснабжение")
    ]
    answer = await olga.post("/phone/number", json={"typed": "Игорь Петров, 102"})
    assert (await answer.json())["dial"] == "102"


async def test_a_page_that_goes_without_a_talk_parks_nobody(client_of: ClientOf) -> None:
    olga = await client_of(Role.AGENT)
    assert json.loads(await (await olga.post("/phone/leaving")).text()) == {"parked": 0}
    assert json.loads(await (await olga.post("/phone/back")).text()) == {"returns": False}


def test_an_expired_secret_is_not_there_for_asterisk(tmp_path: Path) -> None:
    file = AgentsFile(tmp_path / "agents.sqlite3")
    file.ensure()
    now = datetime.now(UTC)
    file.put_secret("101-web", "old", now - timedelta(seconds=1))
    assert seen_by_asterisk(file) == {}
    file.put_secret("101-web", "new", now + timedelta(minutes=1))
    file.put_secret("102-web", "x' OR '1'='1", now + timedelta(minutes=1))
    assert seen_by_asterisk(file) == {"101-web": "new", "102-web": "x' OR '1'='1"}
    assert file.file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("agent", ["101", "102"])
def test_both_telephones_of_an_agent_lead_back_to_them(agent: str) -> None:
    for interface in (devices.desk_phone(agent), devices.browser(agent)):
        assert devices.agent_of(interface) == agent
    assert devices.is_browser(devices.browser(agent))
    assert not devices.is_browser(devices.desk_phone(agent))
