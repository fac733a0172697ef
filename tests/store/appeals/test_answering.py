"""An appeal is answered: checked first, sent once, recorded with its proof even when somebody was quicker."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from appeals.answers.dispatch import Dispatch
from appeals.answers.letter import Signer
from appeals.answers.sending import FileSender, Outbox, Outgoing, ProofOfSending
from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.models import Answer, Appeal, AppealEvent
from appeals.register import Register
from appeals.reports import source
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, Misconfigured
from tests.store.appeals.made import intake

SIGNER = Signer("Петров П. П.", "Начальник отдела")


class Interrupted:
    """A real outbox during whose sending somebody else changes the appeal."""

    def __init__(self, outbox: FileSender, casework: Casework, appeal_id: str, version: int) -> None:
        self._outbox, self._casework, self._appeal_id, self._version = outbox, casework, appeal_id, version

    async def send(self, letter: Outgoing) -> ProofOfSending:
        proof = await self._outbox.send(letter)
        await self._casework.assign(self._appeal_id, owner="other", unit=None, actor="boss", version=self._version)
        return proof


@pytest.fixture
def casework(db: Database, clock: SetClock, companies: Companies, calendar: ProductionCalendar) -> Casework:
    return Casework(db, clock, companies, calendar)


@pytest.fixture
def endings(db: Database, clock: SetClock, companies: Companies) -> Endings:
    return Endings(db, clock, companies)


@pytest.fixture
def by_file(clock: SetClock, tmp_path: Path) -> FileSender:
    return FileSender(Outbox(tmp_path / "answers"), clock)


@pytest.fixture
def dispatch(
    db: Database, clock: SetClock, companies: Companies, casework: Casework, endings: Endings, by_file: FileSender
) -> Dispatch:
    return Dispatch(db, clock, companies, casework, endings, {"post": by_file, "email": by_file})


async def version(db: Database, appeal_id: str) -> int:
    async with db.read() as session:
        return (await session.get_one(Appeal, appeal_id)).version


async def considered(register: Register, casework: Casework, clock: SetClock, db: Database) -> str:
    """A justified complaint with its measure planned."""
    registered = await register.register(intake(post_address="Кемерово, Ленина, 1", answer_way="post"))
    at = registered.appeal_id
    clock.advance(timedelta(days=1))
    await casework.assign(at, owner="clerk", unit=None, actor="boss", version=await version(db, at))
    await casework.take(at, actor="clerk", version=await version(db, at))
    await casework.find(
        at,
        justified=True,
        explanation="Провод оборван.",
        rights_restored="провод заменён",
        actor="clerk",
        version=await version(db, at),
    )
    await casework.plan_measure(
        at, text="Замер напряжения", planned_on=date(2026, 12, 20), actor="clerk", version=await version(db, at)
    )
    return at


async def test_an_answer_is_sent_proved_and_counted_in_time(
    db: Database,
    register: Register,
    casework: Casework,
    clock: SetClock,
    dispatch: Dispatch,
    companies: Companies,
    tmp_path: Path,
) -> None:
    at = await considered(register, casework, clock, db)
    proof = await dispatch.answer(at, text="", signer=SIGNER, actor="clerk", version=await version(db, at))
    async with db.read() as session:
        appeal = await session.get_one(Appeal, at)
        answer = (await session.scalars(select(Answer))).one()
        event = (await session.scalars(select(AppealEvent).where(AppealEvent.kind == "answered"))).one()
    assert appeal.state == "answered"
    assert appeal.answered_at == answer.sent_at == proof.sent_at == clock.now()
    assert answer.text is not None
    for told in (
        "Провод оборван.",
        "Жалоба признана обоснованной.",
        "Замер напряжения — срок 20.12.2026",
        "Ростехнадзора",
    ):
        assert told in answer.text
    assert json.loads(answer.proof) == dict(proof.facts)
    assert "Ленина" not in event.body
    assert (tmp_path / "answers" / proof.facts["files"][0]).exists()
    async with source.opened(db, companies.by_id("skek"), clock.now()) as opened:
        fact = await opened.one(appeal.number)
        assert fact is not None
        assert fact.reply(opened.company.zone, opened.today) == "in-time"


async def test_nothing_leaves_the_house_before_the_appeal_may_be_answered(
    db: Database, register: Register, casework: Casework, dispatch: Dispatch, tmp_path: Path
) -> None:
    registered = await register.register(intake(post_address="Кемерово", answer_way="post"))
    at = registered.appeal_id
    with pytest.raises(Conflict, match="отправить ответ"):
        await dispatch.answer(at, text="Да.", signer=SIGNER, actor="clerk", version=1)
    await casework.assign(at, owner="clerk", unit=None, actor="boss", version=1)
    await casework.take(at, actor="clerk", version=2)
    with pytest.raises(Conflict, match="не установлено, обоснована ли жалоба"):
        await dispatch.answer(at, text="Да.", signer=SIGNER, actor="clerk", version=3)
    with pytest.raises(Conflict, match="уже изменено"):
        await dispatch.answer(at, text="Да.", signer=SIGNER, actor="clerk", version=2)
    assert not (tmp_path / "answers").exists()
    assert await version(db, at) == 3


async def test_a_way_without_contact_or_sender_is_refused(
    db: Database, register: Register, casework: Casework, clock: SetClock, dispatch: Dispatch
) -> None:
    at = await considered(register, casework, clock, db)
    for way, said in (("email", "не оставил контакт"), ("office", "письмо не отправить"), ("pigeon", "pigeon")):
        with pytest.raises(InvalidInput, match=said):
            await dispatch.answer(at, text="Да.", signer=SIGNER, actor="c", version=await version(db, at), way=way)


async def test_a_sent_letter_is_written_down_whoever_was_quicker(
    db: Database,
    register: Register,
    casework: Casework,
    clock: SetClock,
    endings: Endings,
    companies: Companies,
    by_file: FileSender,
) -> None:
    at = await considered(register, casework, clock, db)
    seen = await version(db, at)
    sender = Interrupted(by_file, casework, at, seen)
    dispatch = Dispatch(db, clock, companies, casework, endings, {"post": sender})
    await dispatch.answer(at, text="Готово.", signer=SIGNER, actor="clerk", version=seen)
    async with db.read() as session:
        appeal = await session.get_one(Appeal, at)
    assert (appeal.state, appeal.owner, appeal.version) == ("answered", "other", seen + 2)


async def test_a_companys_own_template_is_taken_from_its_own_folder(
    db: Database,
    register: Register,
    casework: Casework,
    clock: SetClock,
    endings: Endings,
    companies: Companies,
    by_file: FileSender,
    tmp_path: Path,
) -> None:
    at = await considered(register, casework, clock, db)
    for company in ("mrsk-centra", "skek"):
        folder = tmp_path / "letters" / company
        folder.mkdir(parents=True)
        (folder / "answer.docx").write_bytes(b"no document")
        dispatch = Dispatch(db, clock, companies, casework, endings, {"post": by_file}, tmp_path / "letters")
        letter = await dispatch.letter(at, text="Да.", signer=SIGNER, actor="clerk", version=await version(db, at))
        if company == "skek":
            with pytest.raises(Misconfigured, match=r"skek/answer\.docx"):
                await dispatch.docx(letter)
        else:
            assert (await dispatch.docx(letter)).startswith(b"PK")  # another company's is ignored
    assert not (tmp_path / "answers").exists()


async def test_a_refusal_is_notified_by_a_second_person(
    db: Database, register: Register, casework: Casework, endings: Endings, dispatch: Dispatch, tmp_path: Path
) -> None:
    registered = await register.register(intake(post_address="Кемерово", answer_way="post"))
    at = registered.appeal_id
    await casework.assign(at, owner="clerk", unit=None, actor="boss", version=1)
    await endings.propose_refusal(at, ground="insulting", text="«…»", link=None, actor="clerk", version=2)
    with pytest.raises(Conflict, match="утверждает и уведомляет другой"):
        await dispatch.refuse(at, signer=SIGNER, actor="clerk", version=3)
    assert not (tmp_path / "answers").exists()
    proof = await dispatch.refuse(at, signer=SIGNER, actor="boss", version=3)
    sent = next((tmp_path / "answers").rglob("*.txt")).read_text(encoding="utf-8")
    assert "Основание: Нецензурные либо оскорбительные выражения." in sent
    assert "Ростехнадзора" in sent
    async with db.read() as session:
        appeal = await session.get_one(Appeal, at)
    assert appeal.state == "refused"
    assert proof.sent_at == datetime(2026, 12, 3, 5, 0, tzinfo=UTC)
