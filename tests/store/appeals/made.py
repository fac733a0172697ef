"""Intakes for tests."""

from __future__ import annotations

from typing import Any

from appeals.intake.intake import Intake, accept


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
