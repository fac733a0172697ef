"""Listening to a recording: by range, only through the database, never outside the store, and always written down."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select, update

from agent_console.people.models import AuditEntry, Role
from recordings.audio import levels
from recordings.models import Recording, RecordingState
from tests.console.calls import StoredCall, sound, stored_call
from tests.console.conftest import Client, ClientOf, ConsoleApp


@pytest.fixture
async def call(console_app: ConsoleApp) -> StoredCall:
    """A call with a recording of twelve seconds."""
    return await stored_call(console_app.console, console_app.console.clock.now())


@pytest.fixture
async def client(client_of: ClientOf) -> Client:
    """A QA's browser."""
    return await client_of(Role.QA)


async def listened(made: ConsoleApp) -> list[tuple[str | None, str, str]]:
    async with made.console.db.read() as session:
        query = select(AuditEntry.user_id, AuditEntry.subject, AuditEntry.detail).where(
            AuditEntry.action == "recording.listened"
        )
        return [(row[0], row[1], row[2]) for row in await session.execute(query.order_by(AuditEntry.at))]


async def body(answer: aiohttp.ClientResponse) -> bytes:
    """The bytes that the client has read."""
    return (await answer.text("latin-1")).encode("latin-1")


async def test_a_range_of_it_is_sent_and_every_listening_is_kept(
    console_app: ConsoleApp, call: StoredCall, client: Client
) -> None:
    whole = call.file.read_bytes()
    path = f"/recordings/{call.recording}"
    answer = await client.get(path)
    assert (answer.status, answer.headers["Content-Type"], answer.headers["Accept-Ranges"]) == (
        200,
        "audio/wav",
        "bytes",
    )
    assert await body(answer) == whole
    part = await client.get(path, headers={"Range": f"bytes={len(whole) // 2}-{len(whole) // 2 + 99}"})
    assert (part.status, await body(part)) == (206, whole[len(whole) // 2 :][:100])
    assert part.headers["Content-Range"] == f"bytes {len(whole) // 2}-{len(whole) // 2 + 99}/{len(whole)}"
    tail = await client.get(path, headers={"Range": "bytes=-96000"})
    assert (tail.status, len(await body(tail))) == (206, 96000)
    assert (await client.get(path, headers={"Range": f"bytes={len(whole) + 5}-"})).status == 416
    assert (await client.request("HEAD", path)).status == 200
    kept = await listened(console_app)
    assert {row[:2] for row in kept} == {(console_app.users[Role.QA].user_id, f"recording:{call.recording}")}
    assert [row[2].partition(",")[0] for row in kept][:3] == ["0:00–0:12", "0:06–0:06", "0:09–0:12"]


async def test_a_file_outside_the_store_is_not_sent(console_app: ConsoleApp, call: StoredCall, client: Client) -> None:
    for wrong in ("../../../etc/passwd", "../gridline.db", "/etc/passwd", "2026/none.wav", "."):
        await _stored_as(console_app, call, wrong)
        assert (await client.get(f"/recordings/{call.recording}")).status == 404, wrong
    assert await listened(console_app) == []


async def test_a_link_out_of_the_store_is_not_followed(
    console_app: ConsoleApp, call: StoredCall, client: Client, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    sound(outside / "secret.wav", 1)
    root = console_app.console.recordings
    (root / "link.wav").symlink_to(outside / "secret.wav")
    (root / "folder").symlink_to(outside)
    for wrong in ("link.wav", "folder/secret.wav"):
        await _stored_as(console_app, call, wrong)
        assert (await client.get(f"/recordings/{call.recording}")).status == 404, wrong
        assert (await client.get(f"/recordings/{call.recording}/levels")).status == 404, wrong


async def test_an_id_that_is_none_is_not_found(client: Client) -> None:
    for id in ("..%2F..%2Fgridline.db", "none.wav", "0" * 31, "A" * 32, "0" * 32):
        assert (await client.get(f"/recordings/{id}")).status == 404, id


async def test_what_is_not_whole_or_is_erased_is_not_there(
    console_app: ConsoleApp, call: StoredCall, client: Client
) -> None:
    for state in (RecordingState.FAILED, RecordingState.RECORDING, RecordingState.ERASED):
        async with console_app.console.db.write() as session:
            await session.execute(update(Recording).where(Recording.id == call.recording).values(state=state))
        assert (await client.get(f"/recordings/{call.recording}")).status == 404, state


async def test_an_agent_does_not_listen(call: StoredCall, client_of: ClientOf) -> None:
    client = await client_of(Role.AGENT)
    assert (await client.get(f"/recordings/{call.recording}")).status == 403


async def test_the_curve_shows_who_speaks_when(call: StoredCall, client: Client) -> None:
    caller, agent = (await (await client.get(f"/recordings/{call.recording}/levels")).json())["channels"]
    assert (len(caller), len(agent)) == (400, 400)
    first, second = slice(5, 60), slice(72, 128)  # two seconds are 67 points: the caller, then the agent
    assert sum(caller[first]) > 10 * sum(agent[first])
    assert sum(agent[second]) > 10 * sum(caller[second])


def test_levels_of_a_moment_and_of_nothing(tmp_path: Path) -> None:
    sound(tmp_path / "short.wav", 0.01)
    assert [len(channel) for channel in levels(tmp_path / "short.wav", 400)] == [400, 400]
    sound(tmp_path / "empty.wav", 0)
    assert levels(tmp_path / "empty.wav", 4) == [[0] * 4, [0] * 4]


async def _stored_as(made: ConsoleApp, call: StoredCall, file: str) -> None:
    async with made.console.db.write() as session:
        await session.execute(update(Recording).where(Recording.id == call.recording).values(file=file))
