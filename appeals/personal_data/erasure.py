"""Erasure of personal data: open and held appeals stay, the rest are emptied, and an act of destruction is filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history, numbering
from appeals.finding import words
from appeals.history import Happening
from appeals.models import Answer, Appeal, AppealPin, Contact, Content, DraftAppeal, Hold, Refusal, Task
from appeals.personal_data import acts
from appeals.personal_data.acts import Destruction
from appeals.personal_data.personal_data import FIELDS
from appeals.states import OPEN, TITLES
from gridline.clock import Clock
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound

_EMPTIED: Final = "уже уничтожено"


@dataclass(frozen=True, slots=True)
class NotErased:
    """An appeal that may not be erased, and why."""

    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did; without an act when it was a dry run or there was nothing to erase."""

    act_id: str | None
    numbers: tuple[str, ...]
    kept: tuple[NotErased, ...]
    recordings: tuple[str, ...]
    """Ids of the recordings to be erased under the same act."""

    @property
    def staying(self) -> set[str]:
        """Numbers of the appeals that keep their content; those that were emptied before have none."""
        return {one.number for one in self.kept if one.reason != _EMPTIED}


class KeptSounds(Protocol):
    """What an erasure must know of recordings, which are another house's."""

    async def reason_to_keep(self, session: AsyncSession, recordings: Sequence[str]) -> str | None:
        """Why these recordings (ids) may not be destroyed; None: they may."""

    async def sums(self, session: AsyncSession, recordings: Sequence[str]) -> Mapping[str, str]:
        """Their SHA-256 by id."""


class Erasure:
    """Legal holds, and the erasure that respects them, on appeals and on their recordings."""

    def __init__(self, db: Database, clock: Clock, sounds: KeptSounds) -> None:
        self._db = db
        self._clock = clock
        self._sounds = sounds

    async def hold(self, appeal_id: str, *, reason: str, actor: str) -> str:
        """Put a legal hold on an appeal; returns the hold's id. Raises NotFound, InvalidInput without a reason."""
        if not reason.strip():
            raise InvalidInput("Не указана причина запрета на уничтожение.")
        async with self._db.write() as session:
            appeal = await _locked(session, appeal_id)
            row = Hold(id=new_id(), appeal_id=appeal_id, reason=reason, set_by=actor, set_at=self._clock.now())
            session.add(row)
            await history.append(session, appeal, row.set_at, actor, Happening("hold_set", {"hold_id": row.id}))
            return row.id

    async def lift(self, hold_id: str, *, actor: str) -> None:
        """Lift a hold; not by whoever set it. Raises NotFound, Conflict."""
        async with self._db.write() as session:
            row = await session.get(Hold, hold_id, with_for_update=True)
            if row is None:
                raise NotFound("Такого запрета на уничтожение нет.")
            if row.lifted_at is not None:
                raise Conflict("Запрет на уничтожение уже снят.")
            if row.set_by == actor:
                raise Conflict("Запрет на уничтожение снимает второй человек, а не тот, кто его наложил.")
            appeal = await _locked(session, row.appeal_id)
            row.lifted_by, row.lifted_at = actor, self._clock.now()
            await history.append(session, appeal, row.lifted_at, actor, Happening("hold_lifted", {"hold_id": hold_id}))

    async def erase(
        self,
        company_id: str,
        numbers: Sequence[str],
        *,
        reason: str,
        actor: str,
        witness: str,
        dry_run: bool = False,
    ) -> Erased:
        """Empty the content of these appeals and leave an act, all in one transaction.

        Open and held appeals are kept and named. The history stays whole: events hold no personal data,
        and without the salt their digests reveal nothing. Raises InvalidInput, NotFound for an unknown
        number, Conflict when actor and witness are one person.
        """
        why = Destruction(reason, actor, witness)
        why.check()
        wanted = sorted({numbering.read(number).digits for number in numbers})
        async with self._db.write() as session:
            query = select(Appeal).where(Appeal.company_id == company_id, Appeal.number.in_(wanted))
            appeals = (await session.execute(query.order_by(Appeal.number).with_for_update())).scalars().all()
            unknown = set(wanted) - {appeal.number for appeal in appeals}
            if unknown:
                raise NotFound(f"Обращений нет в реестре: {', '.join(map(numbering.written, sorted(unknown)))}.")
            kept = [NotErased(one.number, told) for one in appeals if (told := await self._why_kept(session, one))]
            held = {refused.number for refused in kept}
            free = [appeal for appeal in appeals if appeal.number not in held]
            recordings = tuple([recording_id for appeal in free for recording_id in await _recordings(session, appeal)])
            gone = tuple(appeal.number for appeal in free)
            if dry_run or not free:
                return Erased(None, gone if dry_run else (), tuple(kept), recordings)
            act = acts.file(
                session,
                company_id,
                why,
                self._clock.now(),
                appeals=gone,
                fields=sorted(FIELDS),
                recordings=recordings,
                sums=await self._sounds.sums(session, recordings),
            )
            for appeal in free:
                await _empty(session, appeal, act.at)
                erased = Happening("erased", {"act_id": act.id, "fields": sorted(FIELDS)})
                await history.append(session, appeal, act.at, actor, erased)
            await words.remove(session, company_id, gone)
            return Erased(act.id, gone, tuple(kept), recordings)

    async def _why_kept(self, session: AsyncSession, appeal: Appeal) -> str | None:
        if appeal.state in OPEN:
            return f"ещё рассматривается: {TITLES[appeal.state]}"
        query = select(Hold.reason).where(Hold.appeal_id == appeal.id, Hold.lifted_at.is_(None)).order_by(Hold.set_at)
        reason = (await session.execute(query)).scalars().first()
        if reason is None:
            reason = await self._sounds.reason_to_keep(session, await _recordings(session, appeal))
        if reason is not None:
            return f"запрет на уничтожение: {reason}"
        erased = (await session.execute(select(Content.erased_at).where(Content.appeal_id == appeal.id))).scalar_one()
        return _EMPTIED if erased is not None else None


async def _locked(session: AsyncSession, appeal_id: str) -> Appeal:
    appeal = await session.get(Appeal, appeal_id, with_for_update=True)
    if appeal is None:
        raise NotFound("Такого обращения нет.")
    return appeal


async def _recordings(session: AsyncSession, appeal: Appeal) -> list[str]:
    further = select(Contact.recording_id).where(Contact.appeal_id == appeal.id, Contact.recording_id.is_not(None))
    first = [appeal.recording_id] if appeal.recording_id else []
    return [*first, *(recording_id for recording_id in (await session.execute(further)).scalars() if recording_id)]


async def _empty(session: AsyncSession, appeal: Appeal, at: datetime) -> None:
    """Take everything personal out of an appeal's rows."""
    nothing: dict[str, Any] = dict.fromkeys([*FIELDS, "salt", "intake"])
    mine = appeal.id
    for statement in (
        update(Content).where(Content.appeal_id == mine).values(**nothing, erased_at=at),
        update(Contact).where(Contact.appeal_id == mine).values(phone=None, text=None),
        update(Answer).where(Answer.appeal_id == mine).values(text=None, proof=""),
        update(Task).where(Task.appeal_id == mine).values(text="", result=None),
        delete(AppealPin).where(AppealPin.appeal_id == mine),
        update(Refusal).where(Refusal.appeal_id == mine).values(text=None, notice_proof=None),
        update(DraftAppeal)
        .where(DraftAppeal.company_id == appeal.company_id, DraftAppeal.appeal_id == mine)
        .values(phone=None),
    ):
        await session.execute(statement)
    appeal.contract_number = appeal.account_number = appeal.premise_id = None
