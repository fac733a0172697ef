"""The evidence bundle of a call: it proves itself by its own program, and shows what was changed after it was made."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from agent_console.calls.evidence import signing_key
from agent_console.people.models import AuditAction, AuditEntry, Role
from recordings import chain
from recordings.models import ChainDeed, Recording
from tests.console.calls import StoredCall, stored_call
from tests.console.conftest import OTHER_COMPANY, ClientOf, ConsoleApp


@pytest.fixture
async def call(console_app: ConsoleApp) -> StoredCall:
    """A call whose recording is linked."""
    console = console_app.console
    made = await stored_call(console, console.clock.now())
    async with console.db.write() as session:
        sha256 = (await session.get_one(Recording, made.recording)).sha256
        await chain.append(session, "node1", ChainDeed.STORED, {made.recording: sha256 or ""}, console.clock.now())
    return made


def checked(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and words of the bundle's own program, with nothing of ours to import."""
    command = [sys.executable, "-E", "-S", "verify.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout + done.stderr


async def test_a_bundle_proves_itself(
    console_app: ConsoleApp, call: StoredCall, client_of: ClientOf, tmp_path: Path
) -> None:
    supervisor = await client_of(Role.SUPERVISOR)
    answer = await supervisor.post(f"/calls/{call.call}/bundle", data={})
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    folder = tmp_path / "bundle"
    with zipfile.ZipFile(io.BytesIO((await answer.text("latin-1")).encode("latin-1"))) as packed:
        packed.extractall(folder)
    assert (folder / f"{call.recording}.wav").read_bytes() == call.file.read_bytes()
    key = signing_key(console_app.console.settings).public
    code, told = checked(folder, "--key", key)
    assert (code, told.splitlines()[1:]) == (0, ["Всё сходится."])
    assert checked(folder, "--key", "0" * 64)[0] == 1
    for name, sentence in ((f"{call.recording}.wav", "изменён файл"), ("chain.json", "звено № 1 цепочки изменено")):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole.replace(b'"stored"', b'"erased"') if name == "chain.json" else whole[:-1])
        code, told = checked(folder)
        assert code == 1
        assert sentence in told
        (folder / name).write_bytes(whole)
    (folder / "more.txt").write_text("x")
    assert "лишний файл more.txt" in checked(folder)[1]
    async with console_app.console.db.read() as session:
        query = select(AuditEntry.subject).where(AuditEntry.action == AuditAction.CALL_EXPORTED)
        assert list(await session.scalars(query)) == [f"call:{call.call}"]


async def test_a_call_without_its_file_or_of_others_gives_no_bundle(
    console_app: ConsoleApp, call: StoredCall, client_of: ClientOf
) -> None:
    supervisor = await client_of(Role.SUPERVISOR)
    strange = await stored_call(console_app.console, console_app.console.clock.now(), company=OTHER_COMPANY)
    assert (await supervisor.post(f"/calls/{strange.call}/bundle", data={})).status == 404
    call.file.unlink()
    assert (await supervisor.post(f"/calls/{call.call}/bundle", data={})).status == 404
    assert (await (await client_of(Role.QA)).post(f"/calls/{call.call}/bundle", data={})).status == 403
