"""Answers an appeal: checks that it may be answered, makes the letter, sends it and records the sending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import select

from appeals import history, numbering
from appeals.answers.letter import Kind, Letter, Signer
from appeals.answers.sending import Outgoing, ProofOfSending, Sender
from appeals.casework.case import Case, Cases
from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.intake import entry
from appeals.models import Appeal, Measure, Refusal
from appeals.taxonomy import shipped
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound

TRIES = 3
"""A letter that has been sent must be recorded even if somebody changes the appeal meanwhile."""


class _Checked(Exception):
    """Rolls back a step that was opened only to see whether it is allowed."""


class Dispatch:
    """Sends answers and notices of refusal. `senders` by way of answer; a way without a sender raises InvalidInput.

    `own_templates` holds a folder for each company that has templates of its own.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        companies: Companies,
        casework: Casework,
        endings: Endings,
        senders: Mapping[str, Sender],
        own_templates: Path | None = None,
    ) -> None:
        self._db = db
        self._cases = Cases(db, clock, companies)
        self._casework = casework
        self._endings = endings
        self._senders = senders
        self._own_templates = own_templates

    async def answer(
        self, appeal_id: str, *, text: str, signer: Signer, actor: str, version: int, way: str | None = None
    ) -> ProofOfSending:
        """Send the answer and record it; with an empty `text` the answer is the recorded findings.

        Retrying the same answer after a crash does not send it twice. Raises Conflict naming what is
        missing or who was first, InvalidInput (no contact for this way), Unavailable (try again).
        """
        letter = await self.letter(appeal_id, text=text, signer=signer, actor=actor, version=version, way=way)
        outgoing, proof = await self._send(appeal_id, letter)
        for left in reversed(range(TRIES)):
            try:
                await self._casework.answer(
                    appeal_id,
                    answer_id=outgoing.letter_id,
                    text=outgoing.text,
                    way=letter.way,
                    sent_at=proof.sent_at,
                    proof=proof.as_json(),
                    further_appeal=letter.further_appeal,
                    actor=actor,
                    version=version,
                )
            except Conflict:
                version, before = await self._version(appeal_id), version
                if version == before or not left:
                    raise
            else:
                break
        return proof

    async def refuse(
        self, appeal_id: str, *, signer: Signer, actor: str, version: int, way: str | None = None
    ) -> ProofOfSending:
        """Approve a proposed refusal: notify the applicant, then record it (R13). Raises as `answer` does."""
        letter = await self.notice(appeal_id, signer=signer, actor=actor, version=version, way=way)
        _, proof = await self._send(appeal_id, letter)
        await self._endings.approve_refusal(
            appeal_id, notice_sent_at=proof.sent_at, notice_proof=proof.as_json(), actor=actor, version=version
        )
        return proof

    async def letter(
        self, appeal_id: str, *, text: str, signer: Signer, actor: str, version: int, way: str | None = None
    ) -> Letter:
        """The answer as it would be sent now; nothing is sent. Raises as `answer` does."""
        ready = {"answer_sent": True, "answer_is_proved": True, "answer_names_further_appeal": True}
        async with self._seen(appeal_id, "answered", actor, version, ready) as case:
            measures = await case.session.scalars(
                select(Measure).where(Measure.appeal_id == appeal_id).order_by(Measure.planned_on)
            )
            letter = _letter(
                case,
                "answer",
                way or case.appeal.answer_way,
                signer,
                text=text.strip() or case.content.findings or "",
                verdict=_verdict(case),
                measures=list(measures),
            )
        if not letter.text:
            raise InvalidInput("Нет текста ответа")
        return letter

    async def notice(
        self, appeal_id: str, *, signer: Signer, actor: str, version: int, way: str | None = None
    ) -> Letter:
        """The notice of the proposed refusal as it would be sent now; nothing is sent. Raises as `refuse` does."""
        async with self._seen(appeal_id, "refused", actor, version, {}) as case:
            refusal = await case.session.get(Refusal, appeal_id)
            if refusal is None or refusal.proposed_by == actor:
                raise Conflict("Отказ предлагает один человек, а утверждает и уведомляет другой.")
            verdict = shipped().refusal_grounds[refusal.ground].title + "."
            if refusal.link:
                verdict = f"{verdict} Ответ дан по обращению № {numbering.written(refusal.link)}."
            # The clerk's own wording stays in the file: the applicant is told the ground of R13 itself.
            return _letter(
                case, "refusal", way or case.appeal.answer_way, signer, text="", verdict=verdict, measures=[]
            )

    async def docx(self, letter: Letter) -> bytes:
        """The letter as DOCX, from the company's own template where there is one. Raises Misconfigured."""
        own = self._own_templates / letter.company_id if self._own_templates else None
        return await asyncio.to_thread(letter.docx, own)

    @property
    def ways(self) -> list[str]:
        """Codes of the ways of answer that can be used here."""
        return list(self._senders)

    async def _send(self, appeal_id: str, letter: Letter) -> tuple[Outgoing, ProofOfSending]:
        way, sender = letter.way, self._senders.get(letter.way)
        if sender is None:
            ways = ", ".join(shipped().answer_ways[name].title for name in self._senders)
            raise InvalidInput(f"Способом «{shipped().answer_ways[way].title}» письмо не отправить; есть: {ways}")
        text = await asyncio.to_thread(letter.plain)  # the dictionary of names takes half a second to load
        outgoing = Outgoing(
            letter_id=history.sha256(history.canonical([appeal_id, letter.kind, way, text]))[:32],
            number=letter.number,
            way=way,
            to=letter.contact,
            subject=letter.subject,
            text=text,
            docx=await self.docx(letter),
        )
        return outgoing, await sender.send(outgoing)

    @asynccontextmanager
    async def _seen(
        self, appeal_id: str, step: str, actor: str, version: int, ready: Mapping[str, bool]
    ) -> AsyncIterator[Case]:
        try:
            async with self._cases.step(appeal_id, step, actor, version, **ready) as case:
                yield case
                raise _Checked
        except _Checked:
            return

    async def _version(self, appeal_id: str) -> int:
        async with self._db.read() as session:
            version = await session.scalar(select(Appeal.version).where(Appeal.id == appeal_id))
        if version is None:
            raise NotFound("Такого обращения нет.")
        return version


def _letter(
    case: Case, kind: Kind, way: str, signer: Signer, *, text: str, verdict: str, measures: list[Measure]
) -> Letter:
    zone, appeal = case.company.zone, case.appeal
    return Letter(
        kind=kind,
        company=case.company.name,
        company_id=case.company.id,
        way=way,
        number=numbering.written(appeal.number),
        received_on=appeal.received_at.astimezone(zone).date(),
        written_on=case.at.astimezone(zone).date(),
        name=case.content.name,
        contact=_contact(case, way),
        verdict=verdict,
        text=text,
        rights_restored=case.content.rights_restored or "",
        measures=[_measure(measure) for measure in measures],
        further_appeal=entry.further_appeal(case.company),
        signer=signer,
    )


def _contact(case: Case, way: str) -> str:
    """Where the letter goes. Raises InvalidInput when the applicant did not leave this contact."""
    row = shipped().answer_ways.get(way)
    if row is None:
        raise InvalidInput(f"Неизвестный способ ответа: {way!r}")
    if row.needs == "none":
        return row.title
    contact: str | None = getattr(case.content, row.needs)
    if not contact:
        raise InvalidInput(f"Заявитель не оставил контакт для способа «{row.title}»: выберите другой способ ответа")
    return contact


def _verdict(case: Case) -> str:
    if shipped().kinds[case.appeal.kind].group != "complaint":
        return ""
    return "Жалоба признана обоснованной." if case.appeal.justified else "Жалоба признана необоснованной."


def _measure(measure: Measure) -> str:
    if measure.done_on is not None:
        return f"{measure.text} — выполнено {measure.done_on:%d.%m.%Y}"
    return f"{measure.text} — срок {measure.planned_on:%d.%m.%Y}"
