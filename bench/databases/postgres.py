"""A PostgreSQL server of one's own for tests and benchmarks: a cluster in a temporary folder, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ORDINARY_USERS = ("postgres", "nobody")  # initdb refuses to run as root


class PostgresAbsent(Exception):
    """No PostgreSQL server programs on this machine; the message says what was looked for."""


def programs() -> Path:
    """The folder with initdb and postgres: from PATH, else Debian's newest. Raises PostgresAbsent."""
    # Debian's are no wrappers: initdb needs its siblings, so follow the link to their own folder.
    on_path = shutil.which("initdb")
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda program: int(program.parent.parent.name)
    )
    for initdb in [Path(on_path).resolve()] if on_path else reversed(debian):
        if (initdb.parent / "postgres").exists():
            return initdb.parent
    raise PostgresAbsent("нет программ сервера PostgreSQL (initdb, postgres): ни в PATH, ни в /usr/lib/postgresql")


def _as_ordinary_user() -> list[str]:
    if os.getuid() != 0:
        return []
    for name in ORDINARY_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    raise PostgresAbsent(f"PostgreSQL не запускается от root, а пользователей {ORDINARY_USERS} нет")


class PostgresServer:
    """One running server. `stop()` ends it and removes its folder; `settings` go to its command line.

    A `kept` folder stays when the server stops, and is used again by the next one: `fresh` tells which it is. One that
    `follows` another is its synchronous standby, without which the other acknowledges nothing, until `promote()`.
    """

    def __init__(self, kept: Path | None = None, *, follows: PostgresServer | None = None, **settings: str) -> None:
        self._settings = settings
        self._bin = programs()
        self._as_user = _as_ordinary_user()
        self._kept = kept is not None
        self._folder = Path(tempfile.mkdtemp(prefix="gridline-pg-")) if kept is None else kept.absolute()
        self._data = self._folder / "data"
        self.fresh = not self._data.exists()
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._as_user:
            if self._kept:  # the folder above is the benchmark's own, made under a umask that lets nobody through
                self._folder.parent.chmod(self._folder.parent.stat().st_mode | 0o011)
            uid, gid = (int(part.partition("=")[2]) for part in self._as_user[1:3])
            os.chown(self._folder, uid, gid)
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        try:
            if follows is not None:
                self._copy(follows)
            elif self.fresh:
                self._run(
                    "initdb",
                    "--auth=trust",
                    "--username=gridline",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    f"--pgdata={self._data}",
                    "--no-instructions",
                )
            self.start()
            if follows is not None:
                follows._sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
                follows._sql("SELECT pg_reload_conf()")
        except BaseException:
            self.stop()
            raise

    def url(self, database: str) -> str:
        """SQLAlchemy's async URL of one of its databases."""
        return f"postgresql+asyncpg://gridline@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, template: str = "template0") -> None:
        """Make a database as a copy of another one that nobody is connected to."""
        self._sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        """Remove a database and whoever is still connected to it."""
        self._sql(f'DROP DATABASE "{database}" WITH (FORCE)')

    def start(self) -> None:
        """Start the server and return when it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "fsync": "on",
            "shared_buffers": "32MB",
            "max_connections": "120",
            "timezone": "UTC",
        } | self._settings
        log = (self._folder / "server.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [*self._as_user, str(self._bin / "postgres"), "-D", str(self._data)]
                + [f"-c{name}={value}" for name, value in settings.items()],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + 30
        while self._call("pg_isready", "-q", "-h", str(self._folder), "-p", str(self.port)).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def shut(self) -> None:
        """Stop the server at once, as a machine that lost it would; its data stays for `start()`."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)

    def kill(self) -> None:
        """End every server process at once, as a machine that loses its power does."""
        self._signal_all(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(timeout=30)

    def promote(self) -> None:
        """Have a standby take writes from now on; returns when it does."""
        self._run("pg_ctl", "promote", f"--pgdata={self._data}", "--wait")

    def freeze(self) -> None:
        """Make every server process stand still: connections stay open, nothing answers (fault F18)."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal_all(signal.SIGCONT)

    def stop(self) -> None:
        """End the server; remove its folder, or end it in good order where the folder is kept."""
        if self._kept and self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=120)
        self.shut()
        if not self._kept:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _signal_all(self, what: signal.Signals) -> None:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in [self._process.pid, *map(int, children)]:
            os.kill(pid, what)

    def _copy(self, primary: PostgresServer) -> None:
        source = f"host=127.0.0.1 port={primary.port} user=gridline application_name=standby"
        self._run(
            *("pg_basebackup", f"--dbname={source}", f"--pgdata={self._data}"),
            *("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"),
        )

    def _sql(self, statement: str) -> None:
        self._run(
            "psql",
            "-h",
            str(self._folder),
            "-p",
            str(self.port),
            "-U",
            "gridline",
            "-d",
            "postgres",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            statement,
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._as_user, str(self._bin / program), *arguments],
            capture_output=True,
            text=True,
            cwd=self._folder,
            check=False,
            timeout=120,
        )


def url_of(database: str, *servers: PostgresServer) -> str:
    """The URL of a database which whichever of the servers takes writes for."""
    return f"postgresql+asyncpg://gridline@/{database}?" + "&".join(f"host=127.0.0.1:{one.port}" for one in servers)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
