"""The grid's tables over HTTP: another system hands them in, with the same checks and the same refusals as by file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from agent_console.api.clients import Clients, add_client
from agent_console.api.tables import MOST_ROWS, TablesApi
from grid.feeds.intake import FeedIntake
from grid.models import NetNode, Premise
from grid.outages.models import Outage
from gridline.clock import SystemClock
from gridline.companies import Companies, FeedRule
from gridline.db import Database
from gridline.settings import HOUSE

SPEC: dict[str, Any] = yaml.safe_load((HOUSE / "agent_console/api/openapi.yaml").read_text(encoding="utf-8"))
PUSHED = FeedRule(name="scada", title="АСУ ТП", way="push", tells="snapshot")
BY_FILES = FeedRule(name="files", title="Файлы", way="folder", tells="snapshot")
OFF = {"номер": "А-1", "вид": "аварийное", "начало": "2026-11-22T10:00:00+07:00", "ТП": ["ТП-12"], "дома": ""}

Post = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]


@pytest.fixture
async def post(db: Database, companies: Companies, tmp_path: Path) -> AsyncIterator[Post]:
    """Posts rows of skek's; every answer is checked against openapi.yaml."""
    file = tmp_path / "clients.json"
    token = add_client(file, "scada", frozenset({"skek"}))
    own = companies.by_id("skek").model_copy(update={"feeds": (PUSHED, BY_FILES)})
    app = web.Application()
    feeds = FeedIntake(db, SystemClock())
    TablesApi(db, Companies({"skek": own}), Clients.load(file), feeds).add_to(app)

    async def posted(
        path: str, rows: object, company_id: object = "skek", key: str = token, **more: object
    ) -> tuple[int, dict[str, Any]]:
        body = {"company_id": company_id, "rows": rows, **more}
        headers = {"Authorization": f"Bearer {key}"}
        async with client.post(f"/api/v1/{path}", json=body, headers=headers) as answer:
            told = await answer.json()
            stated = "/feeds/{name}" if path.startswith("feeds/") else f"/{path}"
            assert str(answer.status) in SPEC["paths"][stated]["post"]["responses"]
            schema = "Taken" if answer.status == 200 else "Refused"
            assert set(told) == set(SPEC["components"]["schemas"][schema]["properties"])
            return answer.status, told

    async with TestClient(TestServer(app)) as client:
        yield posted


async def test_a_system_hands_in_the_net_its_premises_and_what_is_off(db: Database, post: Post) -> None:
    net = [{"вид": "ТП", "код": "ТП-12", "выше": "Ф-1"}, {"вид": "фидер", "код": "Ф-1", "название": None}]
    home = {"лицевой счёт": 77, "абонент": "Иванов", "населённый пункт": "г. Кемерово", "дом": 5, "ТП": "тп12"}
    home["телефоны"] = ["+79131203401", "8 3842 36-10-01"]
    assert await post("net", net) == (200, {"added": 2, "changed": 0, "unchanged": 0, "notes": []})
    assert (await post("premises", [home]))[1]["added"] == 1
    assert (await post("outages", [OFF]))[1]["added"] == 1
    assert (await post("outages", [OFF]))[1]["unchanged"] == 1
    async with db.read() as session:
        assert len(list(await session.scalars(select(NetNode)))) == 2
        (premise,) = await session.scalars(select(Premise))
        assert (premise.line, premise.house) == ("Ф-1", "5")


async def test_a_feed_pushes_what_is_off_and_a_wrong_push_changes_nothing(db: Database, post: Post) -> None:
    assert (await post("feeds/scada", [OFF]))[1]["added"] == 1
    status, told = await post("feeds/scada", [OFF, {**OFF, "номер": "А-2"}])
    assert (status, told["code"]) == (422, "invalid-input")
    assert "строка 2: пересекается с отключением А-1 в строке 1" in told["message"]
    assert (await post("feeds/nobody", [OFF]))[0] == 404
    assert "приходит файлами" in (await post("feeds/files", [OFF]))[1]["message"]
    async with db.read() as session:
        assert [one.status.value for one in await session.scalars(select(Outage))] == ["active"]
    assert (await post("feeds/scada", []))[0] == 200
    async with db.read() as session:
        assert [one.status.value for one in await session.scalars(select(Outage))] == ["restored"]


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"rows": [{"вид": "опора", "код": "1"}]}, 422, "строка 1: «вид»: «опора»"),
        ({"rows": [{"вид": "ТП"}]}, 422, "нет столбцов: «код»"),
        ({"rows": [{"вид": "ТП", "код": "1", "цвет": "?"}]}, 422, "незнакомые столбцы: «цвет»"),
        ({"rows": [{"вид": "ТП", "код": {"a": 1}}]}, 422, "нужно слово, число или список"),
        ({"rows": [{"вид": "ТП", "код": "=cmd()"}]}, 422, "начинается как формула"),
        ({"rows": [{"вид": "ТП", "код": "1", "компания": "mrsk-centra"}]}, 422, "company_id, а не столбец"),
        ({"rows": "ТП"}, 422, "нужен список объектов"),
        ({"rows": [{"вид": "ТП", "код": "1"}] * (MOST_ROWS + 1)}, 422, "больше 2000 строк"),
        ({"rows": [], "mode": "all"}, 422, "Незнакомые поля: mode"),
        ({"rows": [], "company_id": "mrsk-centra"}, 404, "не допущена"),
        ({"rows": [], "company_id": None}, 404, "не допущена"),
        ({"rows": [], "key": "чужой".encode().hex()}, 401, "нет верного ключа"),
    ],
)
async def test_what_is_refused_is_named(post: Post, given: dict[str, Any], status: int, said: str) -> None:
    got, told = await post("net", **given)
    assert got == status
    assert said in told["message"]
