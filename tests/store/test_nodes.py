"""Nodes among each other: one name and one series each, and no calls for whoever runs something else than the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gridline import settings
from gridline.db import Database
from gridline.errors import Misconfigured, NotFound
from gridline.processes import nodes
from gridline.processes.models import NodeRow, NodeWanted
from gridline.processes.nodes import NodeAnswer, Nodes, NodeSelf
from service.doctor import cluster

pytestmark = pytest.mark.postgres

FIRST = NodeSelf("node1", 1, "east:/var/lib/gridline", "10.0.0.11:5060", "0.1.0+0073", "seal", "s3/recordings")
SECOND = replace(FIRST, name="node2", series=2, place="west:/var/lib/gridline", address="10.0.0.12:5060")


async def says(db: Database, me: NodeSelf, words: str = "words", *, able: bool = True) -> NodeAnswer:
    return await Nodes(db, me).announce(words, able=able)


async def a_minute_passes(db: Database, name: str) -> None:
    """Since this node has said anything."""
    async with db.write() as session:
        row = await session.get_one(NodeRow, name)
        row.seen_at -= timedelta(minutes=1)


async def test_nodes_that_run_the_same_take_calls(postgres_db: Database) -> None:
    assert await says(postgres_db, FIRST) == NodeAnswer(True)
    assert await says(postgres_db, SECOND) == NodeAnswer(True)
    assert not (await says(postgres_db, FIRST, able=False)).serves


@pytest.mark.parametrize(
    ("other", "words", "reason"),
    [
        (SECOND, "other words", "Меню, слова или компании не те, с которыми работает узел node1."),
        (replace(SECOND, release="0.2.0+0080"), "words", "Выпуск 0.2.0+0080, а узел node1 работает на 0.1.0+0073."),
    ],
)
async def test_whoever_runs_something_else_takes_none_until_it_may(
    postgres_db: Database, other: NodeSelf, words: str, reason: str
) -> None:
    await says(postgres_db, FIRST)
    assert await says(postgres_db, other, words) == NodeAnswer(False, reason)
    async with postgres_db.write() as session:
        await nodes.want(session, "node2", NodeWanted.ANYWAY)
    assert (await says(postgres_db, other, words)).serves
    assert (await says(postgres_db, FIRST)).serves  # who was there first goes on all the while


async def test_an_upgrade_of_one_node_after_the_other_leaves_one_that_serves(postgres_db: Database) -> None:
    await says(postgres_db, FIRST)
    await says(postgres_db, SECOND)
    newer = replace(FIRST, release="0.2.0")
    assert not (await says(postgres_db, newer, able=False)).serves
    assert not (await says(postgres_db, newer)).serves  # the old release serves on the other one
    await a_minute_passes(postgres_db, "node2")
    assert (await says(postgres_db, newer)).serves
    assert not (await says(postgres_db, SECOND)).serves
    assert (await says(postgres_db, replace(SECOND, release="0.2.0"))).serves


async def test_of_two_that_come_to_differ_one_goes_on(postgres_db: Database) -> None:
    for one in (FIRST, SECOND):
        await says(postgres_db, one)
    assert (await says(postgres_db, FIRST, "published")).serves
    assert not (await says(postgres_db, SECOND)).serves
    assert (await says(postgres_db, SECOND, "published")).serves


async def test_a_node_that_a_person_takes_out_takes_no_calls(postgres_db: Database) -> None:
    await says(postgres_db, FIRST)
    async with postgres_db.write() as session:
        await nodes.want(session, "node1", NodeWanted.OUT)
    assert await says(postgres_db, FIRST) == NodeAnswer(False, "Узел выведен: gridline nodes in.")
    async with postgres_db.write() as session:
        await nodes.want(session, "node1", NodeWanted.IN)
        with pytest.raises(NotFound, match="gridline nodes list"):
            await nodes.want(session, "node9", NodeWanted.OUT)
    assert (await says(postgres_db, FIRST)).serves


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (replace(SECOND, name="node1"), "Узел node1 уже работает"),
        (replace(SECOND, series=1), "Серия квитанций 1 занята узлом node1"),
    ],
)
async def test_a_name_and_a_series_are_one_nodes(postgres_db: Database, other: NodeSelf, words: str) -> None:
    await says(postgres_db, FIRST)
    await Nodes(postgres_db, FIRST).claim()  # started anew at the same place
    with pytest.raises(Misconfigured, match=words):
        await Nodes(postgres_db, other).claim()
    await a_minute_passes(postgres_db, "node1")
    await Nodes(postgres_db, other).claim()


async def test_a_machine_that_comes_back_under_a_taken_name_takes_no_calls(postgres_db: Database) -> None:
    await says(postgres_db, FIRST)
    moved = replace(FIRST, place="elsewhere:/var/lib/gridline")
    assert (await says(postgres_db, moved)).reason == "Узел с именем node1 работает и в east:/var/lib/gridline."


async def test_a_machine_that_will_not_come_back_is_forgotten(postgres_db: Database) -> None:
    await says(postgres_db, FIRST)
    async with postgres_db.write() as session:
        with pytest.raises(Misconfigured, match="работает"):
            await nodes.forget(session, "node1")
    await a_minute_passes(postgres_db, "node1")
    async with postgres_db.write() as session:
        await nodes.forget(session, "node1")
        assert await nodes.known(session) == []
        with pytest.raises(NotFound):
            await nodes.forget(session, "node1")


async def test_the_doctor_names_who_disagrees_about_what(postgres_db: Database, postgres_url: str) -> None:
    config = settings.load(database_url=postgres_url)
    await says(postgres_db, FIRST)
    await says(postgres_db, SECOND)
    assert {finding.level for finding in await cluster.agreement(config)} == {"fine"}
    await says(postgres_db, replace(SECOND, seal="another", store=""), "other words")
    await says(postgres_db, replace(FIRST, name="node3", series=3))
    await a_minute_passes(postgres_db, "node3")
    found = {f"{one.check}: {one.what}" for one in await cluster.agreement(config) if one.level == "wrong"}
    assert "Узлы: Не то, что у других: меню, слова и компании — node2." in found
    assert "Узлы: Не то, что у других: секрет печати звонков — node2." in found
    assert "Узлы: Не то, что у других: хранилище записей — node2." in found
    assert any(one.startswith("Узел node3: Не работает, последний раз был") for one in found)
    assert any(one.startswith("Узел node2: Звонков не принимает: Меню") for one in found)
