"""Run by alembic: migrates over the connection it is given (see `migrations.config`), in one transaction."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from gridline.db import UtcDateTime
from migrations import is_ours
from migrations.models import metadata


def _render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Keep our own types out of revisions: an old revision must not follow a newer class."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, sa.Enum):
        return f"sa.String({thing.length})"
    return False


connection: sa.Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_item=_render,
    include_name=is_ours,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
