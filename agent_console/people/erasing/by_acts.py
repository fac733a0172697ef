"""Carries out what acts of destruction name outside the register: letters, sound, marks, messages. Safe to repeat."""

from __future__ import annotations

from agent_console.people.erasing.tables import RowKind
from appeals import numbering
from appeals.answers.post_room import outbox
from appeals.personal_data import acts
from gridline.clock import Clock
from gridline.db import Database
from gridline.settings import Settings
from outreach import erasure as outreach
from outreach.senders.outbox import OUTBOX
from quality.marks import marks
from recordings.erasure import erase
from recordings.store import Store


async def carry_out(db: Database, clock: Clock, config: Settings, store: Store, company: str) -> tuple[int, int, int]:
    """Delete what the company's acts name; returns how many letters, recordings and messages were there.

    All acts, not only the latest: this finishes what a crash left undone earlier. Raises Unavailable.
    """
    async with db.read() as session:
        filed = [act async for act in acts.filed(session, company)]
    letters = sum(len(outbox(config).erase(numbering.written(number))) for act in filed for number in act["appeals"])
    ids = [recording_id for act in filed for recording_id in act["recordings"]]
    now = clock.now()
    sounds = len(await erase(db, store, ids, node=config.node, at=now))
    async with db.write() as session:
        await marks.erase(session, ids)
    numbers = [number for act in filed for number in act["appeals"]]
    sent = [id for act in filed for id in act.get("rows", {}).get(RowKind.MESSAGE, ())]
    await outreach.remove_files(config.var / OUTBOX, sent)
    messages = await outreach.erase(db, config.var / OUTBOX, company, numbers, at=now)
    return letters, sounds, messages
