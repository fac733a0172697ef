"""Items for what was told before there was a worklist: drafts without an appeal, open reports of outages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from gridline.db import UtcDateTime, new_id

revision = "0030"
down_revision = "0028"

MINUTES = {"outage-report": 15, "message": 240, "broken-off": 240, "danger": 5}
"""The shipped clocks of the day this was written: an installation's own rows count from the next item on."""
KINDS = {"contact": "message", "message": "message", "danger": "danger"}
"""Kinds by the stage of the draft; any other broke off half-way."""
STILL_DANGER = timedelta(days=1)
"""An older word of danger is a message to be heard: duty telephones do not ring for what has long been seen to."""
ITEMS = sa.table(
    "work_items",
    *(sa.column(name, UtcDateTime()) for name in ("made_at", "due_at", "next_at", "taken_at", "ended_at")),
    *(sa.column(name, sa.Integer) for name in ("weight", "attempts")),
    *(sa.column(name, sa.String) for name in ("id", "company_id", "branch", "kind", "key", "call_id", "recording_id")),
    *(sa.column(name, sa.String) for name in ("phone", "premise_id", "place", "topic", "subject_id", "owner")),
    *(sa.column(name, sa.String) for name in ("level", "ended_by", "note")),
)
CONTACTS = sa.table(
    "work_contacts",
    sa.column("at", UtcDateTime()),
    *(sa.column(name, sa.String) for name in ("id", "item_id", "call_id", "recording_id", "phone")),
)
DRAFTS = sa.table(
    "appeal_drafts",
    sa.column("at", UtcDateTime()),
    *(sa.column(name, sa.String) for name in ("id", "company_id", "call_id", "phone", "topic", "recording_id")),
    *(sa.column(name, sa.String) for name in ("stage", "appeal_id")),
)
REPORTS = sa.table(
    "outage_reports",
    *(sa.column(name, UtcDateTime()) for name in ("reported_at", "closed_at")),
    sa.column("contacts", sa.Integer),
    *(sa.column(name, sa.String) for name in ("id", "company_id", "call_id", "service", "premise_id", "recording_id")),
    *(sa.column(name, sa.String) for name in ("branch", "phone", "place")),
)
TOLD = ("company_id", "call_id", "recording_id", "phone")
"""What an item has of whatever it was made of, under the same name."""


def upgrade() -> None:
    """Go forward; what is late already is shown as late, and rings for nobody."""
    connection = op.get_bind()
    drafts = connection.execute(sa.select(*DRAFTS.c).where(DRAFTS.c.appeal_id.is_(None)).order_by(DRAFTS.c.at))
    _make(connection, (_of_draft(row) for row in drafts.mappings().all()))
    reports = connection.execute(
        sa.select(*REPORTS.c).where(REPORTS.c.closed_at.is_(None)).order_by(REPORTS.c.reported_at)
    )
    _make(connection, (_of_report(row) for row in reports.mappings().all()))


def downgrade() -> None:
    """Go back: 0028 takes the tables away."""


def _of_draft(row: sa.RowMapping) -> dict[str, Any]:
    kind = KINDS.get(row["stage"], "broken-off")
    if kind == "danger" and row["at"] < datetime.now(UTC) - STILL_DANGER:
        kind = "message"
    told = {name: row[name] for name in TOLD} | {"topic": row["topic"] or "", "subject_id": row["id"]}
    return _item(kind, f"draft:{row['id']}", row["at"]) | told


def _of_report(row: sa.RowMapping) -> dict[str, Any]:
    key = f"outage-report:{row['service']}:{row['premise_id'] or row['id']}"
    told = {name: row[name] for name in (*TOLD, "branch", "place", "premise_id")}
    told |= {"topic": "outages", "subject_id": row["id"], "weight": row["contacts"]}
    return _item("outage-report", key, row["reported_at"]) | told


def _item(kind: str, key: str, made_at: datetime) -> dict[str, Any]:
    due_at = made_at + timedelta(minutes=MINUTES[kind])
    level = "late" if due_at <= datetime.now(UTC) else "fresh"
    nothing: dict[str, Any] = dict.fromkeys(("owner", "ended_by", "note", "branch", "place"), "")
    nothing |= dict.fromkeys(("premise_id", "taken_at", "ended_at"))
    moments = {"made_at": made_at, "due_at": due_at, "next_at": made_at}
    return {"id": new_id(), "kind": kind, "key": key, "weight": 1, "attempts": 0, "level": level} | moments | nothing


def _make(connection: sa.Connection, items: Iterable[dict[str, Any]]) -> None:
    """The first of a key is the item, the others are contacts on it: two reports of one premise."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    contacts = []
    for one in items:
        item = made.setdefault((one["company_id"], one["key"]), one)
        if item is not one:
            item["weight"] += one["weight"]
        contact = {name: one[name] for name in ("call_id", "recording_id", "phone")}
        contacts.append({"id": new_id(), "item_id": item["id"], "at": one["made_at"]} | contact)
    if made:
        connection.execute(sa.insert(ITEMS), list(made.values()))
        connection.execute(sa.insert(CONTACTS), contacts)
