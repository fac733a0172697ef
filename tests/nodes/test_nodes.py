"""Calls through a real Kamailio: shared by both nodes, taken by the other when one dies, stops or cannot serve."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import Counter
from pathlib import Path

import aiohttp
import psutil
import pytest
from sqlalchemy import select

from agent_console.people.models import Role
from appeals import numbering
from appeals.models import Appeal
from carrier.stories.complaint import tells
from carrier.stories.installation import Installation
from carrier.stories.two_nodes import NAMES, TwoNodes
from gridline.processes.models import NodeWanted
from gridline.processes.nodes import want
from ivr.journal.models import CallRecord
from recordings.models import Recording, RecordingState
from tests.console import brief
from tests.console.conftest import Client
from tests.console.softphone_agent import hire
from tests.faults.conftest import scene_of
from tests.faults.injury import until, until_known
from tests.faults.raw_sip import STRANGER

pytestmark = [
    pytest.mark.real_asterisk,
    pytest.mark.postgres,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

DID = "78005009494"
TAKEOVER_S = 3.0
BEFORE = 110
"""The first caller who rings after the machine has died."""


def caller(number: int) -> str:
    return f"+7913130{number:04}"


async def answered_by(nodes: TwoNodes, callers: list[str]) -> Counter[str]:
    """Which node took the calls of these callers, as it is stored."""

    async def look() -> list[CallRecord] | None:
        async with nodes.nodes[NAMES[0]].db.read() as session:
            found = list(await session.scalars(select(CallRecord).where(CallRecord.caller.in_(callers))))
        return found if len(found) == len(callers) else None

    return Counter(call.node for call in await until_known(look, "the calls' records", 15))


async def test_calls_go_to_the_node_with_the_fewest(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    callers = [caller(number) for number in range(1, 5)]
    async with asyncio.TaskGroup() as all_at_once:
        for one in callers:
            all_at_once.create_task(hears_the_menu(nodes, one))
    assert await answered_by(nodes, callers) == dict.fromkeys(NAMES, 2)


async def test_promises_of_both_nodes_are_one_register_and_one_store(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    callers = [caller(number) for number in range(500, 504)]
    async with asyncio.TaskGroup() as all_at_once:
        for one in callers:
            all_at_once.create_task(complains(nodes, one))
    assert await answered_by(nodes, callers) == dict.fromkeys(NAMES, 2)
    first = nodes.nodes[NAMES[0]]

    async def look() -> list[Appeal] | None:
        kept = select(Appeal).join(Recording, Recording.id == Appeal.recording_id).order_by(Appeal.number)
        async with first.db.read() as session:
            found = list(await session.scalars(kept.where(Recording.state == RecordingState.STORED)))
        return found if len(found) == len(callers) else None

    appeals = await until_known(look, "an appeal for each, with its sound", 30)
    year = appeals[0].registered_at.year
    assert [one.number for one in appeals] == [numbering.number(year, sequence) for sequence in range(1, 5)]
    await hire(first, Role.QA.value, None, role=Role.QA)
    heard = [await sounds(node, [str(one.recording_id) for one in appeals]) for node in nodes.nodes.values()]
    assert heard[0] == heard[1]
    assert all(sound[:4] in (b"RIFF", b"fLaC") for sound in heard[0])


async def complains(nodes: TwoNodes, number: str) -> None:
    async with scene_of(nodes.nodes[NAMES[0]]).call(number) as one:
        await one.hears("main-menu", within_s=25)
        await tells(one, number)
        await one.hears("message-offer", within_s=40)
        await one.hangs_up()


async def sounds(node: Installation, recordings: list[str]) -> list[bytes]:
    """What the console of this node plays of them."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        client = Client(session, node.base)
        assert (await client.sign_in(Role.QA.value)).status == 303
        played = []
        for id in recordings:
            async with session.get(f"{node.base}/recordings/{id}") as answer:
                assert answer.status == 200
                played.append(await answer.read())
        return played


async def hears_the_menu(nodes: TwoNodes, number: str) -> None:
    async with scene_of(nodes.nodes[NAMES[0]]).call(number) as one:
        await one.hears("main-menu", within_s=25)


async def test_when_a_machine_dies_the_other_takes_its_callers(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    waited: dict[int, float] = {}
    enough = asyncio.Event()

    async def rings(number: int) -> None:
        began = time.monotonic()
        async with nodes.carrier.call(from_number=caller(number), to=DID):
            waited[number] = time.monotonic() - began
            await enough.wait()  # who talks counts as a call of their node

    async with asyncio.TaskGroup() as all_of_them:
        for number in range(100, 140):
            if number == BEFORE:
                nodes.kill("node1")
            all_of_them.create_task(rings(number))
            await asyncio.sleep(0.1)  # ten calls a second, as people come
        enough.set()
    after = [seconds for number, seconds in waited.items() if number >= BEFORE]
    print(f"after kill -9: {len(after)} answered, {sum(one > 0.5 for one in after)} by the second node asked, ")
    print(f"the last to be answered waited {max(after):.2f} s")
    assert len(after) == 140 - BEFORE
    assert max(after) > 0.5, "nobody met the dead node: nothing is proved"
    assert max(after) < TAKEOVER_S
    await nodes.gives_calls_to("node2")
    node = nodes.nodes["node1"]
    await node.serve()
    await node.healthy(60)
    await nodes.gives_calls_to(*NAMES)


async def test_a_node_whose_controller_hangs_gets_no_calls_while_another_serves(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    nodes.nodes["node1"].controller.suspend()  # the supervisor ends it after a while, and starts another one
    await nodes.gives_calls_to("node2")
    callers = [caller(number) for number in range(200, 203)]
    async with asyncio.TaskGroup() as all_at_once:
        for one in callers:
            all_at_once.create_task(hears_the_menu(nodes, one))
    assert await answered_by(nodes, callers) == {"node2": 3}
    await nodes.gives_calls_to(*NAMES)


async def test_a_node_that_stops_gets_no_new_calls_and_ends_those_it_has(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    node = nodes.nodes["node2"]
    callers = [caller(number) for number in range(300, 302)]
    async with contextlib.AsyncExitStack() as lines:
        for one in callers:
            on_line = await lines.enter_async_context(scene_of(node).call(one))
            await on_line.hears("main-menu", within_s=25)
        psutil.Process(node.pid).terminate()
        await nodes.gives_calls_to("node1")
        await hears_the_menu(nodes, caller(303))
        assert node.exit_code is None  # somebody is on the line
    assert await answered_by(nodes, callers) == dict.fromkeys(NAMES, 1)
    assert await answered_by(nodes, [caller(303)]) == {"node1": 1}
    await until(lambda: None if node.exit_code is None else True, "the end of the node", 60)
    await node.serve()
    await node.healthy(60)
    await nodes.gives_calls_to(*NAMES)


async def test_a_person_takes_a_node_out_and_in_again(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    db = nodes.nodes["node1"].db
    async with db.write() as session:
        await want(session, "node2", NodeWanted.OUT)
    await nodes.gives_calls_to("node1")
    async with db.write() as session:
        await want(session, "node2", NodeWanted.IN)
    await nodes.gives_calls_to(*NAMES)


async def test_a_node_with_other_words_says_so_and_gets_no_calls(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    words = nodes.nodes["node2"].settings.dialplan / "prompts.ru.yaml"
    shipped = words.read_text("utf-8")
    words.write_text(shipped.replace("До свидания", "Всего доброго"), "utf-8")
    await nodes.gives_calls_to("node1")
    assert "Меню, слова или компании не те" in nodes.nodes["node2"].log()
    words.write_text(shipped, "utf-8")
    await nodes.gives_calls_to(*NAMES)


async def test_a_name_that_another_node_has_is_refused(nodes: TwoNodes, tmp_path: Path) -> None:
    await nodes.gives_calls_to(*NAMES)
    taken = Installation(
        tmp_path / "third", {"database_url": nodes.nodes["node1"].settings.database_url, "node": "node1"}
    )
    brief.prompts(taken.var)
    await taken.serve()
    assert await until(lambda: taken.exit_code, "its end", 60) == 2
    assert "Узел node1 уже работает" in taken.log()


async def test_with_no_controller_anywhere_the_phone_is_answered(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    for node in nodes.nodes.values():
        node.controller.suspend()
    await nodes.gives_calls_to()
    async with scene_of(nodes.nodes["node1"]).call(caller(400)) as one:
        await one.hears("notice", within_s=25)
    await nodes.gives_calls_to(*NAMES)


async def test_who_is_no_carrier_hears_nothing_at_all(nodes: TwoNodes) -> None:
    await nodes.gives_calls_to(*NAMES)
    settings = nodes.nodes["node1"].settings
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((STRANGER, 0))
        stranger.settimeout(1.5)
        here = f"{STRANGER}:{stranger.getsockname()[1]}"
        for method in ("OPTIONS", "INVITE"):
            lines = (
                f"{method} sip:{DID}@{settings.trunk_host} SIP/2.0",
                f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{method}",
                f"From: <sip:1@{here}>;tag=1",
                f"To: <sip:{DID}@{settings.trunk_host}>",
                f"Call-ID: {method}",
                f"CSeq: 1 {method}",
                "Max-Forwards: 70",
                f"Contact: <sip:{here}>",
                "Content-Length: 0",
            )
            request = "\r\n".join((*lines, "", "")).encode()
            stranger.sendto(request, (settings.trunk_host, settings.trunk_port))
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(stranger.recv, 100)
