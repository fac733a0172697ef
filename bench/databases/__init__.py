"""A database of a benchmark's own, SQLite or PostgreSQL: in a temporary folder, or in one that is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bench.databases.postgres import PostgresServer

BOTH = ("postgresql", "sqlite")


@contextmanager
def database_url(name: str, kept: Path | None = None) -> Iterator[str]:
    """The address of one that is nobody's else: in a fresh folder, or in `kept`, which stays."""
    if name == "sqlite":
        with nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="gridline-bench-") as folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            yield f"sqlite+aiosqlite:///{folder}/bench.db"
        return
    # A modest server's settings: the defaults of a package are for a machine of twenty years ago.
    server = PostgresServer(kept, shared_buffers="1GB", max_wal_size="4GB", checkpoint_timeout="15min", work_mem="16MB")
    try:
        if server.fresh:
            server.create("bench")
        yield server.url("bench")
    finally:
        server.stop()
