"""Listening to a recording: by range, only through the database, never outside the store, and always written down."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select, update

from agent_console import words
from agent_console.calls.listening.models import Listening
from agent_console.people.models import AuditEntry, Role
from quality.marks.models import RecordingMark
from quality.reviews.models import Calibration
from recordings.audio import SAMPLE_RATE, Curve, curve
from recordings.models import Recording, RecordingState
from recordings.sealed import SealedStore
from recordings.store import Store
from tests.console.calls import StoredCall, lasts, sound, stored_call
from tests.console.conftest import COMPANY, Client, ClientOf, ConsoleApp


@pytest.fixture
async def call(console_app: ConsoleApp) -> StoredCall:
    """A call with a recording of twelve seconds."""
    return await stored_call(console_app.console, console_app.console.clock.now())


@pytest.fixture
async def client(client_of: ClientOf) -> Client:
    """A QA's browser."""
    return await client_of(Role.QA)


async def audited(made: ConsoleApp) -> list[tuple[str | None, str, str]]:
    async with made.console.db.read() as session:
        query = select(AuditEntry.user_id, AuditEntry.subject, AuditEntry.detail).where(
            AuditEntry.action == "recording.listened"
        )
        return [(row[0], row[1], row[2]) for row in await session.execute(query.order_by(AuditEntry.at))]


async def listenings(made: ConsoleApp) -> list[Listening]:
    async with made.console.db.read() as session:
        return list(await session.scalars(select(Listening).order_by(Listening.begun_at)))


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
    who = (console_app.users[Role.QA].user_id, f"recording:{call.recording}", "причина не названа")
    assert await audited(console_app) == [who] * 3
    assert [one.sent for one in await listenings(console_app)] == [[[0, 12]], [], [[9, 12]]]  # 100 bytes are 3 ms


async def test_a_listening_keeps_why_and_which_seconds(
    console_app: ConsoleApp, call: StoredCall, client: Client, client_of: ClientOf
) -> None:
    path = f"/recordings/{call.recording}"
    assert (await client.post(f"{path}/listenings", json={"reason": "curiosity"})).status == 422
    begun = await client.post(f"{path}/listenings", json={"reason": "quality"})
    id = (await begun.json())["id"]
    assert begun.status == 201
    for range in ("bytes=0-63999", "bytes=192000-255999"):
        assert (await client.get(f"{path}?listening={id}", headers={"Range": range})).status == 206
    for stretches in ([[0, 1.5], [1.6, 1.9]], [[6, 7], [1, 1.2]], [[11, 99]]):
        told = await client.post(f"{path}/heard", json={"listening": id, "stretches": stretches})
        assert told.status == 204
    for wrong in ("x", [[1]], [["a", 2]], [[float("nan"), 2]], [[0, 1]] * 1001):
        assert (await client.post(f"{path}/heard", json={"listening": id, "stretches": wrong})).status == 422
    other = await client_of(Role.SUPERVISOR)
    for asked in (f"{path}?listening={id}", f"{path}?listening={'0' * 32}"):
        assert (await other.get(asked)).status == 404
    assert (await other.post(f"{path}/heard", json={"listening": id, "stretches": [[0, 9]]})).status == 404
    (kept,) = await listenings(console_app)
    assert (kept.reason, kept.sent) == ("quality", [[0, 2], [6, 8]])
    assert kept.heard == [[0, 1.9], [6, 7], [11, 12]]
    assert [row[2] for row in await audited(console_app)] == ["контроль качества"]
    admin = await (await (await client_of(Role.ADMIN)).get(f"/calls/{call.call}")).text()
    assert "Анна Ким" in admin
    assert "прослушано: 0:00–0:01, 0:06–0:07, 0:11–0:12" in admin
    assert "Кто слушал" not in await (await other.get(f"/calls/{call.call}")).text()


async def test_a_mark_is_read_by_every_listener_and_changed_by_its_author(
    console_app: ConsoleApp, call: StoredCall, client: Client, client_of: ClientOf
) -> None:
    path = f"/recordings/{call.recording}/marks"
    for wrong in ({"at_s": "13", "text": "поздно"}, {"at_s": "x", "text": "где?"}, {"at_s": "1", "text": " "}):
        assert (await client.post(path, data=wrong)).status == 422
    assert (await client.post(path, data={"at_s": "3.3", "text": "<b>грубо</b>"})).status == 200
    async with console_app.console.db.read() as session:
        (mark,) = await session.scalars(select(RecordingMark))
    written = words.clock(mark.made_at, console_app.console.companies.by_id(COMPANY).zone)
    for role in (Role.SUPERVISOR, Role.ADMIN):  # the administrator is of no company, and its clock is another
        other = await client_of(role)
        text = await (await other.get(path)).text()
        assert all(told in text for told in ("&lt;b&gt;грубо", "Анна Ким", f"в {written}", 'data-seek="3.3"')), role
        assert "Исправить" not in text
        for deed in ("", "/remove"):
            assert (await other.post(f"{path}/{mark.id}{deed}", data={"text": "вежливо"})).status == 404
    assert (await (await client_of(Role.AGENT)).get(path)).status == 403
    assert "исправлено" in await (await client.post(f"{path}/{mark.id}", data={"text": "резко"})).text()
    assert "Пометок нет" in await (await client.post(f"{path}/{mark.id}/remove")).text()


async def test_while_two_judge_blind_nobody_sees_anothers_mark(
    console_app: ConsoleApp, call: StoredCall, client: Client, client_of: ClientOf
) -> None:
    path, other = f"/recordings/{call.recording}/marks", await client_of(Role.SUPERVISOR)
    assert (await client.post(path, data={"at_s": "3.3", "text": "перебил"})).status == 200
    assert "перебил" in await (await other.get(path)).text()
    made = Calibration(
        call_id=call.call, company_id=COMPANY, branch="", agent="101", card="etiquette", made_by="user:v"
    )
    made.made_at = console_app.console.clock.now()
    async with console_app.console.db.write() as session:
        session.add(made)
    assert "перебил" not in await (await other.get(path)).text()
    assert "перебил" in await (await client.get(path)).text()


async def test_a_long_recording_is_sent_by_the_minute(console_app: ConsoleApp, client: Client) -> None:
    long = await stored_call(console_app.console, console_app.console.clock.now(), seconds=1)
    await lasts(console_app.console, long, 150)
    minute, size = 60 * SAMPLE_RATE * 2 * 2, long.file.stat().st_size
    for begin, end in ((0, minute), (minute, 2 * minute), (2 * minute, size)):
        answer = await client.get(f"/recordings/{long.recording}", headers={"Range": f"bytes={begin}-"})
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{size}"
        assert await body(answer) == long.file.read_bytes()[begin:end]
    assert [one.sent for one in await listenings(console_app)] == [[[0, 60]], [[60, 120]], [[120, 150]]]


async def test_a_file_outside_the_store_is_not_sent(console_app: ConsoleApp, call: StoredCall, client: Client) -> None:
    for wrong in ("../../../etc/passwd", "../gridline.db", "/etc/passwd", "2026/none.wav", "."):
        await _stored_as(console_app, call, wrong)
        assert (await client.get(f"/recordings/{call.recording}")).status == 404, wrong
    assert await audited(console_app) == []


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
    found = await (await client.get(f"/recordings/{call.recording}/levels")).json()
    caller, agent = found["channels"]
    assert (len(caller), len(agent)) == (400, 400)
    first, second = slice(5, 60), slice(72, 128)  # two seconds are 67 points: the caller, then the agent
    assert sum(caller[first]) > 10 * sum(agent[first])
    assert sum(agent[second]) > 10 * sum(caller[second])
    assert found["silences"] == []


def test_the_curve_of_a_moment_and_of_nothing(tmp_path: Path) -> None:
    sound(tmp_path / "short.wav", 0.01)
    assert [len(channel) for channel in curve(tmp_path / "short.wav", 400).levels] == [400, 400]
    sound(tmp_path / "empty.wav", 0)
    assert curve(tmp_path / "empty.wav", 4) == Curve([[0] * 4, [0] * 4], [])


def test_silence_is_where_neither_side_speaks_for_long(tmp_path: Path) -> None:
    """Two seconds of speech, three of nothing, one of speech, one of nothing, one of speech with its loudest sample."""
    speech, nothing = [(0, 9000)], [(-30, 40)]
    said = speech * 2 + nothing * 3 + [(9000, 0)] + nothing + [(-32768, 0)]
    with wave.open(str(tmp_path / "said.wav"), "wb") as out:
        out.setparams((2, 2, SAMPLE_RATE, 0, "NONE", ""))
        out.writeframes(b"".join(struct.pack("<hh", *second) * SAMPLE_RATE for second in said))
    found = curve(tmp_path / "said.wav", 8)
    assert found.silences == [(2.3, 4.7)]
    assert found.levels[0] == [0, 0, 0, 0, 0, 27, 0, 100]


async def _stored_as(made: ConsoleApp, call: StoredCall, file: str) -> None:
    async with made.console.db.write() as session:
        await session.execute(update(Recording).where(Recording.id == call.recording).values(file=file))


async def test_what_lies_sealed_is_heard_by_range_and_drawn(
    console_app: ConsoleApp, call: StoredCall, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, path = call.file.read_bytes(), f"/recordings/{call.recording}"
    store = SealedStore(Store.in_folder(console_app.console.recordings), "a secret")
    monkeypatch.setitem(vars(console_app.console), "store", store)
    name = call.file.relative_to(console_app.console.recordings).as_posix()
    await store.put(call.file, name)
    answer = await client.get(path)
    assert (answer.status, answer.headers["Content-Type"], await body(answer)) == (200, "audio/wav", whole)
    for asked, expected in (("bytes=100-199", whole[100:200]), ("bytes=-500", whole[-500:])):
        part = await client.get(path, headers={"Range": asked})
        assert (part.status, await body(part)) == (206, expected)
    assert part.headers["Content-Range"] == f"bytes {len(whole) - 500}-{len(whole) - 1}/{len(whole)}"
    assert (await client.get(path, headers={"Range": f"bytes={len(whole)}-"})).status == 416
    head = await client.request("HEAD", path)
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(whole)))
    caller, _ = (await (await client.get(f"{path}/levels")).json())["channels"]
    assert sum(caller[5:60]) > 0
    await store.delete(name)
    assert (await client.get(path)).status == 404
    assert (await client.get(f"{path}/levels")).status == 404
    assert [[0, 12]] in [kept.sent for kept in await listenings(console_app)]
