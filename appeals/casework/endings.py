"""How an appeal ends without an answer: refused on one of three grounds (R13), joined to an earlier one, withdrawn."""

from __future__ import annotations

from datetime import datetime

from appeals import history, numbering
from appeals.casework.case import Case, Cases, required
from appeals.models import Refusal
from appeals.states import OPEN
from appeals.taxonomy import shipped
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput


class Endings:
    """Steps that end an appeal; each takes the `version` the clerk saw, as in `casework`."""

    def __init__(self, db: Database, clock: Clock, companies: Companies) -> None:
        self._cases = Cases(db, clock, companies)
        self._codes = shipped()

    async def propose_refusal(
        self, appeal_id: str, *, ground: str, text: str | None, link: str | None, actor: str, version: int
    ) -> int:
        """Propose not to consider it, on one of the three grounds of R13, with the evidence that ground needs."""
        async with self._cases.step(appeal_id, "refusal_proposed", actor, version) as case:
            row = self._codes.refusal_grounds.get(ground)
            if row is None:
                grounds = "; ".join(refusal_ground.title for refusal_ground in self._codes.refusal_grounds.values())
                raise InvalidInput(f"Отказать можно только на одном из оснований: {grounds}.")
            if row.needs == "text" and not (text or "").strip():
                raise InvalidInput(f"Основание «{row.title}»: нет текста обоснования.")
            number = await self._answered_before(case, link) if row.needs == "link" else None
            refusal = await case.session.get(Refusal, appeal_id)
            if refusal is None:
                refusal = Refusal(appeal_id=appeal_id, proposed_by=actor, proposed_at=case.at, ground=ground)
                case.session.add(refusal)
            refusal.ground, refusal.text, refusal.link = ground, text, number
            refusal.proposed_by, refusal.proposed_at = actor, case.at
            case.note("refusal_proposed", ground=ground, link=number)
        return case.appeal.version

    async def approve_refusal(
        self, appeal_id: str, *, notice_sent_at: datetime, notice_proof: str, actor: str, version: int
    ) -> int:
        """A second person approves the refusal; the applicant has been notified (R13)."""
        async with self._cases.step(appeal_id, "refused", actor, version) as case:
            refusal = await case.session.get(Refusal, appeal_id)
            if refusal is None:
                raise Conflict("Нельзя отказать в рассмотрении: отказ никем не предложен.")
            if refusal.proposed_by == actor:
                raise Conflict("Отказ утверждает второй человек, а не тот, кто его предложил.")
            required("подтверждение уведомления заявителя", notice_proof)
            if not case.appeal.received_at <= notice_sent_at <= case.at:
                raise InvalidInput("Время уведомления раньше поступления обращения или ещё не наступило.")
            refusal.approved_by, refusal.notice_sent_at, refusal.notice_proof = actor, notice_sent_at, notice_proof
            await case.end()
            case.note(
                "refused",
                ground=refusal.ground,
                link=refusal.link,
                notice_sent_at=history.moment(notice_sent_at),
                approved_by=actor,
            )
        return case.appeal.version

    async def join(self, appeal_id: str, *, to: str, actor: str, version: int) -> int:
        """Join it to an earlier open appeal of the same company (`to` is its number), whose deadline stands."""
        async with self._cases.step(appeal_id, "joined", actor, version) as case:
            earlier = await case.by_number(to)
            if earlier.number >= case.appeal.number:
                raise Conflict("Присоединить можно только к обращению, поступившему раньше.")
            if earlier.state not in OPEN:
                raise Conflict(f"Обращение {numbering.written(earlier.number)} уже не рассматривается.")
            case.appeal.joined_to = earlier.id
            await case.end()
            case.note("joined", to=earlier.number)
        return case.appeal.version

    async def withdraw(self, appeal_id: str, *, reason: str, actor: str, version: int) -> int:
        """Record that the applicant withdrew it; `reason` says how we know."""
        async with self._cases.step(appeal_id, "withdrawn", actor, version) as case:
            required("чем подтверждён отзыв", reason)
            await case.end()
            case.content.findings = reason
            case.note("withdrawn", digest=case.digest(reason))
        return case.appeal.version

    async def _answered_before(self, case: Case, link: str | None) -> str:
        """R13, ground 2: the earlier appeal on which an answer on the merits was given."""
        if not link:
            raise InvalidInput("Основание «ответ уже дан»: нет ссылки на обращение, по которому он дан.")
        earlier = await case.by_number(link)
        if earlier.id == case.appeal.id or earlier.answered_at is None:
            raise Conflict(f"По обращению {numbering.written(earlier.number)} ответ не дан: сослаться на него нельзя.")
        return earlier.number
