"""The trust line, by its own number and by a key: told, broken off, asked about; and then nobody's number anywhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from sqlalchemy import select

from appeals.intake.intake import accept
from appeals.models import Appeal, AppealPin, TrustCall
from appeals.personal_data import pins
from appeals.register import Register
from carrier.errors import StoryBroken
from carrier.stories import store
from carrier.stories.store import until
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.db import Base
from ivr.actions.trust.anonymous import DIGITS
from ivr.journal.models import CallRecord, CallStep
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from recordings.models import Recording
from tests.calls.looked_up import Ended, draft_of, ended
from tests.calls.stories import BOOK
from tests.calls.stories.complaint import WORDS, asks_for, number_told, tells
from tests.calls.street import Play, goes

TO_TRUST = ("5", "complaint-menu", "4", "trust-menu")
TO_THEFT = ("5", "complaint-menu", "3", "theft-how")
ANSWER = "Факты подтвердились. Двое работников уволены, деньги вам вернут."


def trust_did(scene: Play) -> str:
    """The number of the company's trust line."""
    line = scene.house.companies.by_id(scene.company).trust_line
    assert line is not None
    return line.did


async def forgotten(scene: Play, number: str, left: tuple[str, str], *, by: str = "") -> Ended:
    """The call from this number, once its caller is cleared, and then the number is nowhere; `by`: what was dialled.

    Nobody can find the call by its number, so it is told by the way it took: the place `left` and the exit, which no
    other story of this company has. Everything that this installation has written is looked through: each row of each
    table, and the bytes of each file but sounds.
    """

    async def look() -> Ended | None:
        async with scene.house.db.read() as session:
            query = (
                select(CallRecord)
                .join(TrustCall, TrustCall.call_id == CallRecord.id)
                .where(CallRecord.started_at >= scene.began_at, CallRecord.dialled == (by or scene.did))
                .where(CallRecord.company_id == scene.company, CallRecord.outcome.is_not(None))
                .where(TrustCall.cleared_at.is_not(None))
            )
            for call in (await session.scalars(query)).all():
                steps = select(CallStep).where(CallStep.call_id == call.id).order_by(CallStep.ordinal)
                found = Ended(call, (await session.scalars(steps)).all())
                if left in found.exits:
                    return found
        return None

    found = await until(look, f"звонок, вышедший из {left}, стёрт", within_s=60)
    await nowhere(scene, number)
    if (found.record.caller, found.record.caller_raw) != (None, ""):
        raise StoryBroken(f"у звонка {found.id} есть номер: {found.record.caller_raw}")
    if long := [step.key for step in found.steps if len(step.key) > 1]:
        raise StoryBroken(f"среди шагов звонка остались набранные цифры: {long}")
    if set(found.said) & set(DIGITS):
        raise StoryBroken("среди шагов звонка остался пин-код")
    return found


async def nowhere(scene: Play, number: str) -> None:
    """Assert that nothing this installation has written holds the ten digits of this number."""
    mark = number[-10:]
    if held := await _tables_with(scene, mark) or await asyncio.to_thread(files_with, scene.house.var, mark):
        raise StoryBroken(f"номер {mark} остался: {', '.join(held)}")
    scene.tell(None, "stored", f"номера {mark} нет нигде")


async def its_report(scene: Play, call: Ended) -> Appeal:
    """The report told in this call: known by its recording alone, for it has no call and nobody to call."""

    async def look() -> Appeal | None:
        async with scene.house.db.read() as session:
            query = select(Appeal).join(Recording, Recording.id == Appeal.recording_id)
            return await session.scalar(query.where(Recording.call_id == call.id, Appeal.kind == "trust"))

    appeal = await until(look, "сообщение на телефон доверия и его запись")
    if (appeal.call_id, appeal.answer_way) != (None, "by-number"):
        raise StoryBroken(f"у сообщения есть звонок {appeal.call_id}, ответ ждут {appeal.answer_way}")
    return appeal


async def _tables_with(scene: Play, mark: str) -> list[str]:
    held = []
    async with scene.house.db.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(table))).all()
            if any(mark in _text(value) for row in rows for value in row):
                held.append(f"таблица {table.name}")
    return held


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def files_with(var: Path, mark: str) -> list[str]:
    """The files that hold it, or are named by it: not the other end's, the carrier, nor the database, asked above."""
    ours = [
        file
        for file in var.rglob("*")
        if file.is_file() and file.relative_to(var).parts[0] != "carrier" and not file.name.startswith("gridline.db")
    ]
    held = [file for file in ours if mark in str(file) or (file.suffix not in (".wav", ".alaw") and _has(file, mark))]
    return [str(file.relative_to(var)) for file in held]


def _has(file: Path, mark: str) -> bool:
    try:
        return mark.encode() in file.read_bytes()
    except FileNotFoundError:  # taken in, or put aside, since it was found
        return False


async def has_pin(scene: Play, appeal: Appeal) -> bool:
    """Whether anybody can ask about it."""
    async with scene.house.db.read() as session:
        return await session.get(AppealPin, appeal.id) is not None


async def a_report_with_a_pin(scene: Play, answer: str = "") -> tuple[str, str]:
    """A report registered before, by another call; its number and PIN."""
    clock = SystemClock()
    register = Register(scene.house.db, clock, scene.house.companies, ProductionCalendar())
    body = {"company_id": scene.company, "channel": "phone", "kind": "trust", "topic": "other"}
    made = await register.register(accept(body | {"recording_id": "e" * 32}))
    pin = await pins.issue(scene.house.db, made.appeal_id)
    if answer:
        async with scene.house.db.write() as session:
            await pins.write_answer(session, made.appeal_id, answer, actor="user:s", version=1, at=clock.now())
    return made.number, pin


def another(pin: str) -> str:
    """A PIN that is not this one."""
    return pin[:-1] + str((int(pin[-1]) + 1) % 10)


@BOOK.story("moesk")
async def a_report_to_the_trust_lines_own_number_leaves_no_caller_anywhere(scene: Play) -> None:
    await scene.spoken(WORDS, "aleksandr")  # before the tone: a machine with much to do takes seconds to make it
    own, did = "+79261234701", trust_did(scene)
    async with scene.noticed(own, did=did) as caller:
        await caller.hears("trust-hello", within_s=15)
        await caller.hears("trust-line-menu", within_s=20)
        await goes(caller, "2", "trust-promise")
        await nowhere(scene, own)  # not erased afterwards: it was never there
        await caller.hears("trust-tell", within_s=20)
        await tells(caller)
        await goes(caller, "#", "complaint-review")
        await caller.press("1")
        for slow in (False, True):  # who asks twice hears it slower
            await caller.hears("trust-pin", within_s=90)
            await caller.hears("trust-pin-again", within_s=30)
            await caller.hears("trust-number-again", within_s=30)
            await caller.press("*")
            caller.slow = slow
        await caller.hears("trust-number-again", within_s=90)
        await goes(caller, "1", "trust-line-menu")
        await caller.hangs_up()
    call = await forgotten(scene, own, ("trust-report", "main"), by=did)
    if not await has_pin(scene, await its_report(scene, call)):
        raise StoryBroken("у сообщения нет пин-кода")


@BOOK.story("moesk")
async def a_report_by_a_key_that_is_broken_off_is_kept_and_the_caller_forgotten(scene: Play) -> None:
    await scene.spoken(WORDS, "aleksandr")  # before the tone: a machine with much to do takes seconds to make it
    own = "+79261234702"
    async with scene.greeted(own, *TO_TRUST, "1", "trust-promise-by-key") as caller:
        await caller.hears("trust-tell", within_s=30)
        await tells(caller)
        await caller.hangs_up()
    call = await forgotten(scene, own, ("trust-report", "hung-up"))
    if await has_pin(scene, await its_report(scene, call)):
        raise StoryBroken("пин-код есть, а сказать его было некому")


@BOOK.story("moesk")
async def the_result_is_told_by_number_and_pin(scene: Play) -> None:
    own, did = "+79261234703", trust_did(scene)
    number, pin = await a_report_with_a_pin(scene, ANSWER)
    fresh, its_pin = await a_report_with_a_pin(scene)
    async with scene.noticed(own, did=did) as caller:
        await caller.hears("trust-line-menu", within_s=30)
        await goes(caller, "3", "trust-result-number", f"{number}#", "trust-result-pin")
        await caller.press(f"{another(pin)}#")
        await caller.hears("trust-result-wrong", within_s=20)
        await caller.hears("trust-result-number", within_s=20)
        await goes(caller, f"{number}#", "trust-result-pin")
        await caller.press(f"{pin}#")
        await caller.hears(Prompt("trust-result-answer", text=spoken.speakable(ANSWER)), within_s=20)
        await caller.hears("trust-result-end", within_s=30)
        await goes(caller, "1", "trust-result-number", f"{fresh}#", "trust-result-pin")
        await caller.press(f"{its_pin}#")
        await caller.hears(Prompt("trust-result-received", day="сегодня"), within_s=20)
        await caller.hears("trust-result-end", within_s=20)
        await goes(caller, "2", "trust-line-menu")
        await caller.hangs_up()
    await forgotten(scene, own, ("trust-result", "main"), by=did)


@BOOK.story("moesk")
async def the_result_asked_for_by_a_key_leads_to_nobody(scene: Play) -> None:
    own = "+79261234704"
    number, pin = await a_report_with_a_pin(scene)
    async with scene.greeted(own, *TO_TRUST, "2", "trust-result-number") as caller:
        await goes(caller, f"{number}#", "trust-result-pin")
        await caller.press(f"{pin}#")
        await caller.hears("trust-result-end", within_s=40)
        await caller.hears("anything-else", within_s=30)
        await caller.hangs_up()
    await forgotten(scene, own, ("trust-result", "done"))


@BOOK.story("moesk")
async def a_person_instead_of_the_result_of_the_trust_line(scene: Play) -> None:
    own = "+79261234705"
    async with scene.greeted(own, *TO_TRUST, "2", "trust-result-number") as caller:
        await goes(caller, "0#", "person-nobody")
        await caller.hangs_up()
    await forgotten(scene, own, ("trust-result", "operator"))


@BOOK.story("moesk")
async def on_the_trust_line_danger_and_a_person_are_there_as_well(scene: Play) -> None:
    """Nobody of the security service is there: a call back to a number nobody has is not offered, words may be left."""
    own, did = "+79261234706", trust_did(scene)
    async with scene.noticed(own, did=did) as caller:
        await caller.hears("trust-line-menu", within_s=30)
        await goes(caller, "0", "person-nobody")
        await caller.hears("trust-promise", within_s=20)
        await caller.hears("trust-tell", within_s=20)
        await caller.hears("complaint-empty", within_s=40)
        await caller.hears("goodbye", within_s=40)
        await caller.is_hung_up(within_s=10)
    async with scene.noticed(own, did=did) as caller:
        await caller.hears("trust-line-menu", within_s=30)
        await goes(caller, "1", "danger-safety")
        await caller.hangs_up()
    await forgotten(scene, own, ("instead", "silent"), by=did)
    await forgotten(scene, own, ("danger", "hung-up"), by=did)


@BOOK.story("moesk")
async def zero_before_a_word_was_said_to_the_trust_line_is_a_person(scene: Play) -> None:
    own = "+79261234707"
    async with scene.greeted(own, *TO_TRUST, "1", "trust-promise-by-key", "0", "person-nobody") as caller:
        await caller.hangs_up()
    call = await ended(scene, own)  # nothing was told: it is an ordinary call, as it was
    call.left("trust-report", "operator")


@BOOK.story("moesk")
async def a_report_by_a_key_that_is_heard_out_ends_in_thanks(scene: Play) -> None:
    await scene.spoken(WORDS, "aleksandr")  # before the tone: a machine with much to do takes seconds to make it
    own = "+79261234708"
    async with scene.greeted(own, *TO_TRUST, "1", "trust-promise-by-key") as caller:
        await caller.hears("trust-tell", within_s=30)
        await tells(caller)
        await goes(caller, "#", "complaint-review")
        await caller.press("1")
        await caller.hears("trust-number-again", within_s=120)
        await caller.hears("anything-else", within_s=30)
        await caller.hangs_up()
    await forgotten(scene, own, ("trust-report", "done"))


@BOOK.story()
async def a_theft_is_reported_with_a_number_and_a_deadline(scene: Play) -> None:
    await scene.spoken(WORDS, "aleksandr")  # before the tone: a machine with much to do takes seconds to make it
    own = "+79261234711"
    async with scene.greeted(own, *TO_THEFT, "1", "theft-tell") as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", asks_for(own))
        await caller.press("1")
        appeal = await store.appeal_of_caller(scene, own)
        await caller.hears(number_told(scene, appeal), within_s=20)
        await goes(caller, "2", "complaint-number-again", "1", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("theft-report", "main")
    if (appeal.kind, appeal.topic, appeal.call_id) != ("theft", "metering", call.id):
        raise StoryBroken(f"зарегистрировано не то: {appeal.kind}, {appeal.topic}, {appeal.call_id}")


@BOOK.story()
async def a_theft_that_is_broken_off_is_a_draft_and_one_without_words_nothing(scene: Play) -> None:
    await scene.spoken(WORDS, "aleksandr")  # before the tone: a machine with much to do takes seconds to make it
    own, silent, changed = "+79261234712", "+79261234713", "+79261234714"
    async with scene.greeted(own, *TO_THEFT, "1", "theft-tell") as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review")
        await caller.hangs_up()
    await draft_of(scene, (await ended(scene, own)).id, "reviewing")
    async with scene.greeted(silent, *TO_THEFT, "1", "theft-tell") as caller:
        await caller.hears("complaint-empty", within_s=40)
        await caller.hears("anything-else", within_s=40)
        await caller.hangs_up()
    (await ended(scene, silent)).left("theft-report", "silent")
    async with scene.greeted(changed, *TO_THEFT, "0", "person-nobody") as caller:
        await caller.hangs_up()
    (await ended(scene, changed)).left("theft-report", "operator")


@BOOK.story("mrsk-centra")
async def a_theft_is_reported_without_a_name(scene: Play) -> None:
    await scene.spoken(WORDS, "aleksandr")  # before the tone: a machine with much to do takes seconds to make it
    own = "+74722123471"  # of Belgorod: the branch is guessed, and asked about first
    async with scene.greeted(own, "5", Prompt("branch-confirm", branch="Белгородская область")) as caller:
        await goes(caller, "1", "complaint-menu", "3", "theft-how", "2", "theft-tell-anonymous")
        await tells(caller)
        await goes(caller, "#", "complaint-review")
        await caller.press("1")
        await caller.hears("trust-number-again", within_s=120)
        await caller.hears("anything-else", within_s=30)
        await caller.hangs_up()
    call = await forgotten(scene, own, ("theft-report", "done"))
    if (topic := (await its_report(scene, call)).topic) != "metering":
        raise StoryBroken(f"сообщение о хищении записано в тему {topic}")
