"""What the house knows of an appeal's calls and recordings, for its page and for its evidence bundle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls, recordings
from appeals.history import moment
from appeals.models import Appeal
from appeals.proof import evidence
from appeals.proof.signing import SigningKey
from asterisk_conf.secrets import secret
from gridline.db import Base
from gridline.scope import Scope
from gridline.settings import Settings
from ivr.journal.models import CallRecord, CallStep
from recordings.models import Recording


@dataclass(frozen=True, slots=True)
class AppealCalls:
    """An appeal's calls, each with its steps, and every recording that belongs to it: as far as its reader may see."""

    calls: tuple[tuple[CallRecord, tuple[CallStep, ...]], ...]
    recordings: tuple[Recording, ...]


def signing_key(settings: Settings) -> SigningKey:
    """The installation's key under its bundles; its secret is made at first start. Raises as `secret`."""
    return SigningKey.of(secret(settings.var / "secrets", "evidence"))


async def of_appeal(session: AsyncSession, appeal: Appeal, *, visible_to: Scope) -> AppealCalls:
    """The calls and recordings of an appeal, the earliest first. An id that leads to somebody else's leads nowhere."""
    call_ids, named = await evidence.links(session, appeal)
    found = await calls.among(session, sorted(call_ids), visible_to=visible_to)
    ids = [one.id for one in found]
    steps = await calls.steps(session, ids)
    recorded = await recordings.of_appeal(session, appeal.id, call_ids, named, visible_to=visible_to)
    return AppealCalls(tuple((one, tuple(steps[one.id])) for one in found), tuple(recorded))


async def proof_of(session: AsyncSession, appeal: Appeal, *, visible_to: Scope) -> evidence.Proof:
    """Calls with their proof of notice and steps, and recordings with their sums."""
    heard = await of_appeal(session, appeal, visible_to=visible_to)
    return evidence.Proof(
        [{**plain(call), "steps": [plain(step) for step in steps]} for call, steps in heard.calls],
        [plain(one) for one in heard.recordings],
    )


def plain(row: Base) -> dict[str, Any]:
    """A row as JSON values."""
    found = {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}
    return {name: moment(value) if isinstance(value, datetime) else value for name, value in found.items()}
