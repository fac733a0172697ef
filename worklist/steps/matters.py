"""What somebody tells the worklist, and what it says back: the item it became, and that something has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worklist.codes import ItemKind, Level


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody was told will be seen to; `key` makes two contacts one matter while its item is open."""

    kind: ItemKind
    company_id: str
    key: str
    branch: str = ""
    call_id: str | None = None
    recording_id: str | None = None
    phone: str | None = None
    """E.164."""
    premise_id: str | None = None
    place: str = ""
    topic: str = ""
    appeal_id: str | None = None
    promise_id: str | None = None
    subject_id: str | None = None
    made_at: datetime | None = None
    """The first clock, where it began before the item: when it was told, or a place in the queue. None: now."""
    due_at: datetime | None = None
    """None: by the clock of its kind."""
    opens_at: datetime | None = None
    """When somebody who may see to it begins to work, where nobody does now: its clock runs from then."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The item a contact became, or joined."""

    id: str
    made_at: datetime
    due_at: datetime
    contacts: int
    """1 for a new item."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Something about an item has changed, for those who show it."""

    company_id: str
    item_id: str
    kind: ItemKind
    level: Level | None = None
    """The level that was reached just now; None when it was something else."""
    opened: bool = False
