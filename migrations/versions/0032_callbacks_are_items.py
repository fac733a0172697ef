"""Calls that are owed become items of the worklist; a promise without an appeal was the same thing a second time."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

CALLBACK = sa.text("kind = 'callback'")
OPEN = sa.text(
    "SELECT p.id, p.company_id, p.appeal_id, p.call_id, p.made_at, p.due_at, p.escalated, c.caller, c.branch,"
    " a.branch AS appeal_branch, a.topic, t.phone"
    " FROM promises p LEFT JOIN calls c ON c.id = p.call_id LEFT JOIN appeals a ON a.id = p.appeal_id"
    " LEFT JOIN appeal_contents t ON t.appeal_id = p.appeal_id"
    " WHERE p.kind = 'callback' AND p.settled_at IS NULL ORDER BY p.made_at, p.id"
).columns(
    made_at=sa.DateTime(timezone=True),
    due_at=sa.DateTime(timezone=True),
)
LEVELS = {0: "fresh", 50: "half", 80: "pressing", 100: "late"}
TRIED = sa.text("SELECT actor, at, outcome FROM promise_attempts WHERE promise_id = :id ORDER BY at").columns(
    at=sa.DateTime(timezone=True)
)


def upgrade() -> None:
    """Go forward."""
    connection = op.get_bind()
    items = sa.Table("work_items", sa.MetaData(), autoload_with=connection)
    attempts = sa.Table("work_attempts", sa.MetaData(), autoload_with=connection)
    taken = {tuple(row) for row in connection.execute(sa.select(items.c.company_id, items.c.key))}
    for promise in connection.execute(OPEN).all():
        phone = promise.phone or promise.caller
        key = f"callback:{promise.appeal_id or phone}"
        if (promise.company_id, key) in taken or not (promise.appeal_id or phone):
            key = f"callback:{promise.id}"
        taken.add((promise.company_id, key))
        tried = connection.execute(TRIED, {"id": promise.id}).all()
        item = {
            "id": uuid.uuid4().hex,
            "company_id": promise.company_id,
            "branch": promise.appeal_branch or promise.branch or "",
            "kind": "callback",
            "key": key,
            "made_at": promise.made_at,
            "due_at": promise.due_at,
            "next_at": promise.made_at,
            "weight": 1,
            "attempts": len(tried),
            "call_id": (promise.call_id or "")[:32] or None,
            "phone": (phone or "")[:16] or None,
            "place": "",
            "topic": promise.topic or "",
            "appeal_id": promise.appeal_id,
            "promise_id": promise.id if promise.appeal_id else None,
            "owner": "",
            "level": LEVELS[promise.escalated],
            "ended_by": "",
            "note": "",
        }
        connection.execute(items.insert().values(item))
        for one in tried:
            done = {"id": uuid.uuid4().hex, "item_id": item["id"], "at": one.at, "actor": one.actor}
            connection.execute(attempts.insert().values(done | {"result": "no-answer", "note": one.outcome}))
    op.drop_table("promise_attempts")
    op.execute("DELETE FROM promises WHERE kind = 'callback' AND settled_at IS NULL AND appeal_id IS NULL")
    op.drop_index("ix_promises_callback", table_name="promises")


def downgrade() -> None:
    """Go back: the items stay what they are."""
    op.create_index("ix_promises_callback", "promises", ["call_id"], sqlite_where=CALLBACK, postgresql_where=CALLBACK)
    op.create_table(
        "promise_attempts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("promise_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["promise_id"], ["promises.id"], name=op.f("fk_promise_attempts_promise_id_promises")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_attempts")),
    )
    op.create_index("ix_promise_attempts_promise", "promise_attempts", ["promise_id"], unique=False)
