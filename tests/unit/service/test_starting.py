"""`gridline serve` as a shell starts it: what it refuses with words, what it makes, and for whom."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from carrier.settings import free_port
from gridline.settings import HOUSE
from service.opening import MARK
from service.process import lock
from service.process.lock import NAME
from tests.unit.eventually import eventually

Put = Callable[[Path], None]


class Shell:
    """One installation without an Asterisk of its own, and the programs of it that were started."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.var.mkdir()
        (self.var / "prompts").symlink_to(HOUSE / "var/prompts")
        self.file = folder / "gridline.toml"
        self.log = folder / "said.log"
        self.http_port = free_port()
        self.settings(asterisk="external")
        self.running: list[asyncio.subprocess.Process] = []

    def settings(self, **own: object) -> None:
        """Write the settings file."""
        values = {
            "var": str(self.var),
            "http_port": self.http_port,
            "agi_port": free_port(),
            "ami_port": free_port(),
            **own,
        }
        self.file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))

    async def begin(self, *arguments: str, umask: int = 0o022) -> asyncio.subprocess.Process:
        """Start a command of `gridline` with the umask most shells have."""
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from service.cli import main; main()", *arguments),
                env=os.environ | {"GRIDLINE_SETTINGS": str(self.file)},
                stdout=log,
                stderr=log,
                umask=umask,
            )
        self.running.append(process)
        return process

    @property
    def said(self) -> str:
        """All that was said so far."""
        return self.log.read_text(errors="replace")

    async def run(self, *arguments: str) -> tuple[int | None, str]:
        """Run a command to its end: its exit code and all it said."""
        before = len(self.said) if self.log.exists() else 0
        process = await self.begin(*arguments)
        code = await asyncio.wait_for(process.wait(), 60)
        return code, self.said[before:]

    def serves(self) -> bool:
        """Whether the console answers."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.http_port)) == 0


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    for process in shell.running:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 60)


GARBAGE = {
    "no text": bytes(range(128, 256)),
    "no table": b"PK\x03\x04",
    "no day": "дата;день;основание\nвчера;x;y\n".encode(),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_a_spoilt_calendar_ends_it_with_words(shell: Shell, garbage: bytes) -> None:
    (shell.var / "calendar.csv").write_bytes(garbage)
    code, said = await shell.run("serve")
    assert code == 2
    assert "calendar.csv" in said
    assert "gridline calendar import" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("garbage", [b"", b"\n", b" \t\n", b"\xff\xfe\x00"])
async def test_an_empty_secret_is_refused(shell: Shell, garbage: bytes) -> None:
    (shell.var / "secrets").mkdir()
    (shell.var / "secrets/ami").write_bytes(garbage)
    code, said = await shell.run("serve")
    assert code == 2
    assert "secrets/ami" in said
    assert (shell.var / "secrets/ami").read_bytes() == garbage


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _lost(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("injure", [_emptied, _lost])
async def test_a_register_that_vanished_is_not_begun_anew_unless_told(shell: Shell, injure: Put) -> None:
    assert (await shell.run("migrate"))[0] == 0
    assert (shell.var / MARK).exists()
    for ending in ("-wal", "-shm"):
        (shell.var / f"gridline.db{ending}").unlink(missing_ok=True)
    injure(shell.var / "gridline.db")
    for command in ("migrate", "serve"):
        code, said = await shell.run(command)
        assert code == 2
        assert "--new-register" in said
    assert (await shell.run("migrate", "--new-register"))[0] == 0
    assert (await shell.run("migrate"))[0] == 0


@pytest.mark.parametrize("command", ["serve", "migrate", "setup"])
async def test_a_var_that_cannot_be_written_is_words(shell: Shell, command: str) -> None:
    shell.settings(asterisk="external", var="/proc/version/var", package_root=str(HOUSE / ".packages"))
    code, said = await shell.run(command)
    assert code == 2
    assert "/proc/version" in said
    assert "Traceback" not in said


async def test_a_second_serve_on_one_var_is_refused_and_the_lock_dies_with_its_holder(shell: Shell) -> None:
    first = await shell.begin("serve")
    await eventually(shell.serves, 40)
    code, said = await shell.run("serve")
    assert code == 2
    assert str(shell.var) in said
    assert f"процесс {first.pid}" in said
    assert shell.serves()
    assert lock.holder(shell.var) == first.pid
    [controller] = psutil.Process(first.pid).children()
    first.kill()
    await first.wait()
    assert (shell.var / NAME).exists()
    assert lock.holder(shell.var) is None
    second = await shell.begin("serve")
    await eventually(lambda: not controller.is_running() and shell.serves(), 60)
    assert lock.holder(shell.var) == second.pid


async def test_a_controller_that_hangs_without_its_supervisor_is_ended_by_the_next(shell: Shell) -> None:
    first = await shell.begin("serve")
    await eventually(shell.serves, 40)
    [orphan] = psutil.Process(first.pid).children()
    orphan.suspend()
    first.kill()
    await first.wait()
    await shell.begin("serve")
    await eventually(lambda: not orphan.is_running(), 40)
    await eventually(shell.serves, 40)


async def test_what_is_written_is_the_owners_alone_and_the_first_password_goes_to_no_log(shell: Shell) -> None:
    shell.var.chmod(0o755)
    process = await shell.begin("serve", umask=0o000)
    file = shell.var / "secrets/first-password"
    await eventually(lambda: file.exists() and shell.serves(), 40)
    password = file.read_text().split()[-1]
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), 60)
    assert password not in shell.said
    assert str(file) in shell.said
    written = [path for path in shell.var.rglob("*") if not path.is_symlink()]
    assert len(written) > 8
    open_to_others = [path for path in written if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    assert open_to_others == []


async def test_a_console_port_that_another_holds_is_named_and_taken_when_it_is_free(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", shell.http_port)):
        await shell.begin("serve")
        await eventually(lambda: "http_port" in shell.said, 40)
    assert f"процесс {os.getpid()}" in shell.said
    await eventually(shell.serves, 40)
