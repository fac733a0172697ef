"""The chain of recordings; what was taken in before it is linked as a chain of its own."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from gridline.db import UtcDateTime

revision = "0044"
down_revision = "0043"

EARLIER = "earlier"
"""The node of recordings that were taken in before there was a chain."""
CHUNK = 500
RECORDINGS = sa.table(
    "recordings",
    *(sa.column(name, sa.String) for name in ("id", "state", "sha256")),
    sa.column("started_at", UtcDateTime()),
)
LINKS = sa.table(
    "recording_links",
    *(sa.column(name, sa.String) for name in ("node", "recording_id", "deed", "sha256", "hash")),
    sa.column("no", sa.BigInteger),
    sa.column("at", UtcDateTime()),
)
CHAINS = sa.table(
    "recording_chains",
    *(sa.column(name, sa.String) for name in ("node", "last_hash")),
    sa.column("last_no", sa.BigInteger),
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "recording_links",
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("no", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("recording_id", sa.String(32), nullable=False),
        sa.Column("deed", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("node", "no", name=op.f("pk_recording_links")),
    )
    op.create_index(op.f("ix_recording_links_recording_id"), "recording_links", ["recording_id"])
    op.create_table(
        "recording_chains",
        sa.Column("node", sa.String(32), nullable=False),
        sa.Column("last_no", sa.BigInteger, nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_recording_chains")),
    )
    op.create_index(op.f("ix_recordings_file"), "recordings", ["file"])
    _link_the_earlier()


def downgrade() -> None:
    """Go back; the chain is lost."""
    op.drop_index(op.f("ix_recordings_file"), table_name="recordings")
    op.drop_table("recording_chains")
    op.drop_table("recording_links")


def _link_the_earlier() -> None:
    connection, now = op.get_bind(), datetime.now(UTC)
    stored = sa.select(RECORDINGS.c.id, RECORDINGS.c.sha256).where(
        RECORDINGS.c.state.in_(("stored", "partial")), RECORDINGS.c.sha256.is_not(None)
    )
    no, last, links = 0, "", []
    for id, sha256 in connection.execute(stored.order_by(RECORDINGS.c.started_at, RECORDINGS.c.id)).all():
        no += 1
        last = _hash(last, no, id, sha256, now)
        links.append(
            {"node": EARLIER, "no": no, "recording_id": id, "deed": "stored", "sha256": sha256, "at": now, "hash": last}
        )
    for start in range(0, len(links), CHUNK):
        connection.execute(sa.insert(LINKS), links[start : start + CHUNK])
    if links:
        connection.execute(sa.insert(CHAINS), [{"node": EARLIER, "last_no": no, "last_hash": last}])


def _hash(before: str, no: int, id: str, sha256: str, at: datetime) -> str:
    """As `recordings.chain.link_hash` has it on the day this was written."""
    moment = at.isoformat(timespec="microseconds")
    told = json.dumps([before, EARLIER, no, id, "stored", sha256, moment], separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
