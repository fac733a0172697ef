"""The form of a call as far as it was typed: saved again and again, one version after the other, from one tab."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.calls import FoundCall
from agent_console.card.models import CardDraft
from gridline.clock import Clock
from gridline.db import insert_missing
from gridline.errors import Conflict

KEPT: Final = timedelta(days=7)
"""A form that nobody finished holds personal data for no purpose after that."""


@dataclass(frozen=True, slots=True)
class FormDraft:
    """A form as it is stored; version 0 has never been saved."""

    key: str
    """What the appeal is registered under: the same in every tab, another for each form of the call."""
    fields: Mapping[str, str]
    version: int
    tab: str = ""
    author: str = ""
    saved_at: datetime | None = None


class Superseded(Conflict):
    """Another tab has saved meanwhile: nothing is overwritten before a person has seen both."""

    code = "draft-superseded"

    def __init__(self, draft: FormDraft) -> None:
        super().__init__(f"Эту форму заполняют в другом окне ({draft.author}).")
        self.draft = draft


async def of(session: AsyncSession, call_id: str) -> FormDraft:
    """The draft of a call, or an empty one."""
    row = await session.get(CardDraft, call_id)
    return FormDraft(_first_key(call_id), {}, 0) if row is None else _draft(row)


async def save(
    session: AsyncSession,
    clock: Clock,
    call: FoundCall,
    *,
    fields: Mapping[str, str],
    version: int,
    key: str,
    tab: str,
    author: str,
    take: bool = False,
) -> FormDraft:
    """Keep what was typed over `version`; `take` makes this tab the one that types. Raises Superseded.

    The same tab may save over a version it has not heard of: its last answer was lost on the way.
    """
    row = await _locked(session, clock, call)
    behind = row.version != version and row.tab != tab
    if not take and (behind or row.key != key):
        raise Superseded(_draft(row))
    if take or row.fields != fields or row.tab != tab:
        row.fields, row.version = dict(fields), row.version + 1
        row.tab, row.author, row.saved_at = tab, author, clock.now()
    return _draft(row)


async def finish(session: AsyncSession, clock: Clock, call: FoundCall, key: str, *, keep: bool = False) -> None:
    """The form under `key` became an appeal: an empty one takes its place (`keep`: the same words under a new key).

    Another key's form is left alone.
    """
    row = await _locked(session, clock, call)
    if row.key == key:
        row.key, row.version, row.saved_at = _next_key(key), row.version + 1, clock.now()
        row.fields = row.fields if keep else {}


async def _locked(session: AsyncSession, clock: Clock, call: FoundCall) -> CardDraft:
    now = clock.now()
    first = {
        "call_id": call.id,
        "company_id": call.company_id,
        "key": _first_key(call.id),
        "fields": {},
        "version": 0,
        "tab": "",
        "author": "",
        "saved_at": now,
    }
    row = await session.get(CardDraft, call.id, with_for_update=True)
    if row is None:
        await session.execute(delete(CardDraft).where(CardDraft.saved_at < now - KEPT))
        await insert_missing(session, CardDraft, [first])
        query = select(CardDraft).where(CardDraft.call_id == call.id).with_for_update()
        row = (await session.execute(query)).scalar_one()
    return row


def _draft(row: CardDraft) -> FormDraft:
    return FormDraft(row.key, row.fields, row.version, row.tab, row.author, row.saved_at)


def _first_key(call_id: str) -> str:
    """The same for every tab that opens the card, so that two of them never make two appeals of one form."""
    return _next_key(f"card:{call_id}")


def _next_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
