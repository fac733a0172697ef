"""Opens the register at the start: the newest shape, never a new one by mistake, and its first administrator."""

from __future__ import annotations

import sys
from pathlib import Path

import structlog

import migrations
from agent_console.people.users import FIRST, Users
from gridline.db import Database
from gridline.errors import Misconfigured, Unavailable
from gridline.settings import Settings
from gridline.synced import write_private, write_synced

MARK = "register-begun"
"""In `var`: this installation has a register. Its database may be away, but it cannot be empty."""
FIRST_PASSWORD = "secrets/first-password"  # a file's name

log = structlog.get_logger(__name__)


async def upgrade(config: Settings, database: Database, *, anew: bool = False) -> str:
    """Bring the database to the newest revision and return that; `anew`: the owner wants to begin an empty one.

    Raises Unavailable while it is away, Misconfigured when it is empty where this installation had a register.
    """
    mark = config.var / MARK
    if mark.exists() and not anew and await _is_empty(database):
        raise Misconfigured(
            f"В базе {database.url.render_as_string(hide_password=True)} пусто, а реестр здесь уже вёлся.\n"
            "Верните базу из резервной копии или исправьте database_url. "
            "Если реестр нужно начать заново: gridline migrate --new-register."
        )
    revision = await migrations.upgrade(database)
    if not mark.exists():
        write_synced(mark, revision)
    return revision


async def _is_empty(database: Database) -> bool:
    file = Path(database.url.database or "") if database.is_sqlite else None
    if file is not None and not file.exists():
        return True
    return await migrations.revision(database) is None


async def welcome(config: Settings, users: Users) -> None:
    """The very first start makes an administrator; the one-time password goes to a person, never to a log.

    That is the terminal, or a file of the owner's where there is none. Raises Unavailable, OSError.
    """
    password = await users.first_administrator()
    if password is None:
        return
    told = f"Консоль: логин {FIRST}, одноразовый пароль {password}\n"
    if sys.stdout.isatty():
        sys.stdout.write(f"\n{told}\n")
        sys.stdout.flush()
        return
    file = config.var / FIRST_PASSWORD
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(file, told)
    log.warning("first-administrator", login=FIRST, password_is_in=str(file.absolute()))


async def opened(config: Settings, database: Database, users: Users) -> bool:
    """Whether the register is open now; False while its database is away: calls are served all the same."""
    try:
        await upgrade(config, database)
        await welcome(config, users)
    except Unavailable as error:
        log.error("database-away-at-start", reason=error.message)
        return False
    return True
