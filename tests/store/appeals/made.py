"""Intakes and drafts for tests."""

from __future__ import annotations

from typing import Any

from appeals.intake import drafts
from appeals.intake.drafts import Draft
from appeals.intake.intake import Intake, accept
from gridline.clock import SystemClock
from gridline.db import Database


def intake(**changes: Any) -> Intake:
    """A complaint by phone, with `changes`."""
    given: dict[str, Any] = {
        "company_id": "skek",
        "channel": "phone",
        "kind": "complaint",
        "topic": "quality",
        "applicant_kind": "person",
        "name": "Иванова Мария Петровна",
        "phone": "8 (913) 123-45-67",
        "text": "Напряжение прыгает каждый вечер, сгорел холодильник.",
        "actor": "ivr",
    }
    return accept({field: value for field, value in (given | changes).items() if value is not None})


async def drafted(db: Database, draft: Draft) -> str:
    """Keep a draft; its id."""
    async with db.write() as session:
        return (await drafts.keep(session, draft, SystemClock().now())).id
