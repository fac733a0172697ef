"""The HTTP API as another system sees it: keys, tokens, refusals, and what openapi.yaml promises."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select, text

from agent_console.api.appeals import AppealsApi
from agent_console.api.bodies import LARGEST_BODY
from agent_console.api.clients import Clients, add_client
from appeals.intake.intake import Intake
from appeals.models import Appeal, AppealEvent
from appeals.register import Register
from appeals.states import TITLES
from appeals.taxonomy import shipped
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput, Misconfigured
from gridline.settings import HOUSE

GIVEN: dict[str, Any] = {
    "company_id": "skek",
    "channel": "web_form",
    "kind": "complaint",
    "topic": "quality",
    "applicant_kind": "person",
    "name": "Иванова",
    "phone": "+79131234567",
    "email": "i@mail.ru",
    "text": "Лампы мигают 💡",
}
SPEC: dict[str, Any] = yaml.safe_load((HOUSE / "agent_console/api/openapi.yaml").read_text(encoding="utf-8"))
SCHEMAS = SPEC["components"]["schemas"]
Site = TestClient[web.Request, web.Application]


@pytest.fixture
async def site(
    db: Database, companies: Companies, register: Register, tmp_path: Path
) -> AsyncIterator[tuple[Site, str]]:
    """A client on the API and its token for СКЭК."""
    file = tmp_path / "clients.json"
    token = add_client(file, "site", frozenset({"skek"}))
    app = web.Application()
    AppealsApi(db, companies, register, Clients.load(file)).add_to(app)
    async with TestClient(TestServer(app)) as client:
        yield client, token


async def post(site: tuple[Site, str], body: Any, key: str = "k1", token: str | None = None) -> tuple[int, Any]:
    client, right = site
    headers = {"Authorization": f"Bearer {right if token is None else token}", "Idempotency-Key": key}
    data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    async with client.post("/api/v1/appeals", data=data, headers=headers) as answer:
        told = await answer.json()
        assert set(told) == set(SCHEMAS["Registered" if answer.status < 300 else "Refused"]["properties"])
        assert str(answer.status) in SPEC["paths"]["/appeals"]["post"]["responses"]
        return answer.status, told


async def stored(db: Database) -> int:
    async with db.read() as session:
        return (await session.execute(select(func.count()).select_from(Appeal))).scalar_one()


async def test_the_same_key_gives_the_same_appeal(db: Database, site: tuple[Site, str]) -> None:
    status, first = await post(site, GIVEN)
    again, second = await post(site, dict(reversed(GIVEN.items())))
    assert (status, again) == (201, 200)
    assert second == first | {"existed": True}
    assert (await post(site, GIVEN | {"text": "Иное"}))[0] == 409
    other, third = await post(site, GIVEN | {"text": "Всё ещё мигают"}, key="k2")
    assert (other, [one["number"] for one in third["similar"]]) == (201, [first["number"]])
    assert await stored(db) == 2
    async with db.read() as session:
        actors = set((await session.execute(select(AppealEvent.actor))).scalars())
    assert actors == {"api:site"}


async def test_the_status_tells_nothing_personal(site: tuple[Site, str]) -> None:
    _, first = await post(site, GIVEN)
    client, token = site
    headers = {"Authorization": f"Bearer {token}"}
    async with client.get(f"/api/v1/appeals/{first['written']}?company_id=skek", headers=headers) as answer:
        told = await answer.json()
    assert (answer.status, set(told)) == (200, set(SCHEMAS["Status"]["properties"]))
    assert "Иванова" not in json.dumps(told, ensure_ascii=False)
    for path, status in (
        (f"{first['number']}?company_id=mrsk-centra", 404),
        (f"{first['number']}", 404),
        ("26-000123-4?company_id=skek", 422),
        ("..%2f..?company_id=skek", 422),
    ):
        async with client.get(f"/api/v1/appeals/{path}", headers=headers) as answer:
            assert answer.status == status
    async with client.get(f"/api/v1/appeals/{first['number']}?company_id=skek") as answer:
        assert answer.status == 401


async def test_without_a_right_token_nothing_is_taken(db: Database, site: tuple[Site, str]) -> None:
    for token in ("", "wrong", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")):
        assert (await post(site, GIVEN, token=token))[0] == 401
    assert await stored(db) == 0


REFUSED: list[tuple[Any, int]] = [
    (b"", 422),
    (b"{", 422),
    (b"[]", 422),
    (b"\xff\xfe", 422),
    (b"[" * 100_000, 422),
    (b" " * (LARGEST_BODY + 1), 422),
    ({}, 404),
    (GIVEN | {"company_id": "mrsk-centra"}, 404),
    (GIVEN | {"company_id": ["skek"]}, 404),
    (GIVEN | {"actor": "chief"}, 422),
    (GIVEN | {"receipt": "1"}, 422),
    (GIVEN | {"surprise": 1}, 422),
    (GIVEN | {"text": None}, 422),
    (GIVEN | {"text": {"$gt": ""}}, 422),
    (GIVEN | {"received_at": "2030-01-01T00:00:00Z"}, 422),
    (GIVEN | {"repeat_of": "26-000777-4"}, 422),
]


async def test_what_cannot_be_taken_is_refused_in_russian(db: Database, site: tuple[Site, str]) -> None:
    for body, status in REFUSED:
        got, told = await post(site, body)
        assert (told, got) == (told, status)
        assert any("а" <= letter <= "я" for letter in told["message"])
    assert await stored(db) == 0


async def test_a_request_without_a_proper_key_is_refused(db: Database, site: tuple[Site, str]) -> None:
    for key in ("", "a b", "ключ".encode().decode("latin-1"), "x" * 61):
        assert (await post(site, GIVEN, key=key))[0] == 422
    assert await stored(db) == 0


async def test_a_hundred_kilobytes_with_control_characters_are_kept(db: Database, site: tuple[Site, str]) -> None:
    long = "Свет\x00 погас 💡\ud800 " * 6_000
    assert (await post(site, GIVEN | {"text": long}))[0] == 201
    async with db.read() as session:
        kept = (await session.execute(text("SELECT text FROM appeal_contents"))).scalar_one()
    assert kept == ("Свет погас 💡 " * 6_000).strip()


def test_the_specification_names_the_same_fields_and_codes_as_the_code() -> None:
    ours = {"actor", "idempotency_key", "receipt", "draft_id", "shuts_call"}
    properties = SCHEMAS["Intake"]["properties"]
    assert set(properties) == set(Intake.model_fields) - ours
    codes = shipped()
    for field, table in (
        ("channel", codes.channels),
        ("kind", codes.kinds),
        ("topic", codes.topics),
        ("applicant_kind", codes.applicant_kinds),
        ("answer_way", codes.answer_ways),
    ):
        assert {code for code in properties[field]["enum"] if code} == set(table)
    assert SCHEMAS["Status"]["properties"]["state"]["enum"] == list(TITLES)


def test_a_token_is_kept_nowhere_and_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "clients.json"
    token = add_client(file, "site", frozenset({"skek"}))
    second = add_client(file, "robot", frozenset())
    assert token not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    clients = Clients.load(file)
    assert [found.name for one in (token, second) if (found := clients.of_token(one))] == ["site", "robot"]
    assert Clients.load(tmp_path / "none.json").of_token(token) is None
    with pytest.raises(InvalidInput):
        add_client(file, "../x", frozenset())
    file.write_text("[]")
    with pytest.raises(Misconfigured, match=r"clients\.json"):
        Clients.load(file)
