"""SIP credentials: for the owner's session only, short-lived, one at a time, in no page; expired ones are not seen."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent_console.people.models import Role
from asterisk_conf.agents_file import AgentsFile
from gridline.errors import Conflict
from ivr.desk import devices
from tests.console.conftest import ClientOf, ConsoleApp


def seen_by_asterisk(file: AgentsFile) -> dict[str, str]:
    """What Asterisk would read: secret by endpoint."""
    connection = sqlite3.connect(file.file)
    try:
        return dict(connection.execute("SELECT username, password FROM ps_auths").fetchall())
    finally:
        connection.close()


async def test_an_agent_gets_a_secret_of_his_own_and_each_ends_the_one_before(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    file = AgentsFile.of(console_app.console.settings)
    olga = await client_of(Role.AGENT)
    first = await (await olga.post("/phone/credentials")).json()
    assert first["user"] == "101-web"
    assert first["ws"] == console_app.console.settings.phone_url
    assert 0 < first["expires_in_s"] <= 15 * 60
    second = await (await olga.post("/phone/credentials")).json()
    assert seen_by_asterisk(file) == {"101-web": second["password"]} != {"101-web": first["password"]}
    assert (await olga.post("/phone/revoke")).status == 200
    assert seen_by_asterisk(file) == {}


async def test_a_secret_is_in_no_page_and_not_to_be_had_without_the_token(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    olga = await client_of(Role.AGENT)
    issued = await (await olga.post("/phone/credentials")).json()
    home = await olga.get("/desk")
    assert home.status == 200
    assert issued["password"] not in await home.text()
    assert (await olga.post("/phone/credentials", headers={"X-CSRF-Token": ""})).status == 403
    assert (await olga.post("/phone/credentials", headers={"Origin": "http://evil.example"})).status == 403
    assert (await olga.get("/phone/credentials")).status == 405
    assert (await (await client_of(None)).post("/phone/credentials")).status in (401, 403)
    assert (await (await client_of(Role.QA)).post("/phone/credentials")).status == 403


async def test_a_number_without_a_telephone_is_refused_in_words(console_app: ConsoleApp) -> None:
    with pytest.raises(Conflict, match="Телефона 999 нет"):
        await console_app.console.phones.issue("999", "78005009494")


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
def test_both_telephones_of_an_agent_lead_back_to_him(agent: str) -> None:
    for interface in (devices.desk_phone(agent), devices.browser(agent)):
        assert devices.agent_of(interface) == agent
    assert devices.is_browser(devices.browser(agent))
    assert not devices.is_browser(devices.desk_phone(agent))
