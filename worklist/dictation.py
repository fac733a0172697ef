"""Answers to dictate: an appeal that was considered and is to be answered by telephone is an item until that is done.

Whoever considers and answers (a page, the API, a command) need not know of it: each round looks at the register.
"""

from __future__ import annotations

from typing import Final

import structlog
from sqlalchemy import exists, select

from appeals.codes import AppealState, PromiseKind
from appeals.finding.appeals import TRUST
from appeals.models import Appeal, Content, Promise
from appeals.states import OPEN
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict
from worklist.codes import Ending, ItemKind
from worklist.models import WorkItem
from worklist.worklist import Matter, Worklist

BY_PHONE: Final = "phone"
"""The way of answering, as `appeals/data/taxonomy.yaml` calls it."""
ACTOR: Final = "register"
AT_ONCE: Final = 200

log = structlog.get_logger(__name__)


class Dictations:
    """Keeps the items of this kind as the register says; safe to run in two processes at once."""

    def __init__(self, db: Database, companies: Companies, worklist: Worklist) -> None:
        self._db = db
        self._companies = [company.id for company in companies]
        self._worklist = worklist

    async def run_once(self) -> None:
        """Open what has come to be dictated, end what was. Raises Unavailable while the database is away."""
        await self._begin()
        await self._end()

    async def _begin(self) -> None:
        """By the first clock of the answer that was promised; whoever was not reached in the end is not begun again."""
        known = exists().where(WorkItem.appeal_id == Appeal.id, WorkItem.kind == ItemKind.DICTATION)
        query = (
            select(Appeal, Content.phone, Promise.made_at, Promise.due_at)
            .join(Content, Content.appeal_id == Appeal.id)
            .join(Promise, Promise.appeal_id == Appeal.id)
            .where(
                Appeal.company_id.in_(self._companies),  # by ix_appeals_by_codes: the rest of the register is not read
                Appeal.state == AppealState.CONSIDERED,
                Appeal.answer_way == BY_PHONE,
                Appeal.kind != TRUST,
                Promise.kind == PromiseKind.ANSWER,
                Promise.settled_at.is_(None),
                ~known,
            )
        )
        async with self._db.read() as session:
            rows = (await session.execute(query.limit(AT_ONCE))).all()
        for appeal, phone, made_at, due_at in rows:
            matter = Matter(
                ItemKind.DICTATION,
                appeal.company_id,
                f"{ItemKind.DICTATION}:{appeal.id}",
                branch=appeal.branch or "",
                call_id=appeal.call_id,
                phone=phone,
                premise_id=appeal.premise_id,
                topic=appeal.topic,
                appeal_id=appeal.id,
                made_at=made_at,
                due_at=due_at,
            )
            await self._worklist.open(matter)

    async def _end(self) -> None:
        query = (
            select(WorkItem.id, Appeal.answered_at)
            .join(Appeal, Appeal.id == WorkItem.appeal_id)
            .where(WorkItem.kind == ItemKind.DICTATION, WorkItem.ended_at.is_(None), Appeal.state.not_in(OPEN))
        )
        async with self._db.read() as session:
            rows = (await session.execute(query.limit(AT_ONCE))).all()
        for item_id, answered_at in rows:
            ending = Ending.TALKED if answered_at is not None else Ending.DECLINED
            try:
                await self._worklist.end(item_id, ACTOR, ending)
            except Conflict:  # another process was first
                log.info("dictation-ended-already", item=item_id)
