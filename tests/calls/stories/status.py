"""The status of an appeal, by its number or its receipt: its state, or what is wrong with the number."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from appeals import numbering
from appeals.answers.read_out import BY_NUMBER
from appeals.codes import AppealState
from appeals.intake.intake import AnswerOnCall, Intake
from appeals.models import Answer, Appeal
from appeals.register import Register, Registered
from carrier.errors import StoryBroken
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.db import new_id
from ivr.promised.spool import Spool
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.street import Play, goes

TO_NUMBER = ("5", "complaint-menu", "2", "status-enter")
NOBODYS = "+79131409999"
READ_OUT = "Ваше обращение рассмотрено. Напряжение в доме проверили, трансформатор заменили."
TEXT = "Третий вечер моргает свет."


async def taken_in(scene: Play, *, days_ago: int = 0, answer: str = "") -> Registered:
    """An appeal registered some days ago."""
    clock = SystemClock()
    register = Register(scene.house.db, clock, scene.house.companies, ProductionCalendar())
    return await register.register(
        Intake(
            company_id="skek",
            channel="phone",
            kind="appeal",
            topic="service",
            text=TEXT,
            phone=NOBODYS,
            received_at=clock.now() - timedelta(days=days_ago),
            answer_on_call=AnswerOnCall(text=answer) if answer else None,
            call_id="c" * 32,
            recording_id="d" * 32,
        )
    )


def told(number: str) -> Prompt:
    """The first words of a status."""
    return Prompt("status-number", number=spoken.digit_by_digit(numbering.written(number)))


@BOOK.story()
async def where_appeals_stand(scene: Play) -> None:
    own = "+79131400001"
    fresh, late = await taken_in(scene), await taken_in(scene, days_ago=60)
    answered = await taken_in(scene, answer="Свет дали.")
    async with scene.greeted(own, *TO_NUMBER, f"{fresh.number}#", told(fresh.number)) as caller:
        await caller.hears("status-end-menu", within_s=25)
        await goes(caller, "*", told(fresh.number), "1", "status-enter", f"{late.number}#", told(late.number))
        await caller.hears("status-end-menu", within_s=25)
        await goes(caller, "1", "status-enter", f"{answered.number}#", told(answered.number))
        await caller.hears("status-end-menu", within_s=25)
        await goes(caller, "2", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("appeal-status", "main")
    for prompt in ("status-registered", "status-overdue", "status-closed"):
        if prompt not in call.said:
            raise StoryBroken(f"не сказано {prompt}: {call.said}")


@BOOK.story()
async def a_wrong_number_then_none_of_ours_then_a_person(scene: Play) -> None:
    own = "+79131400002"
    number = (await taken_in(scene)).number
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    unknown = numbering.number(2026, 999_000)
    async with scene.greeted(own, *TO_NUMBER, f"{wrong}#", "status-wrong-check") as caller:
        await caller.hears("status-enter", within_s=15)
        await goes(caller, f"{unknown}#", "status-not-found")
        await caller.hears("status-enter", within_s=15)
        await goes(caller, "0#", "person-nobody")
        await caller.hangs_up()
    (await ended(scene, own)).left("appeal-status", "operator")


@BOOK.story()
async def a_receipt_finds_the_appeal_it_became(scene: Play) -> None:
    own = "+79131400003"
    body: dict[str, object] = {
        "company_id": "skek",
        "channel": "phone",
        "kind": "appeal",
        "topic": "service",
        "text": TEXT,
        "phone": NOBODYS,
        "idempotency_key": "kept-while-the-database-was-away",
    }
    settings = scene.house.settings
    kept = Spool(settings.var / "spool", settings.node_series).keep(body)
    async with scene.greeted(own, *TO_NUMBER) as caller:
        await caller.press(f"{kept.receipt}#")
        await caller.hears("status-end-menu", within_s=40)
        await caller.hears("anything-else", within_s=25)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("appeal-status", "done")
    if "status-number" not in call.said:
        raise StoryBroken(f"по квитанции обращение не найдено: {call.said}")


@BOOK.story()
async def an_answer_to_learn_by_number_is_read_out_to_who_knows_the_telephone(scene: Play) -> None:
    own, day = "+79131400009", SystemClock().now()
    made = await taken_in(scene)
    async with scene.house.db.write() as session:
        appeal = await session.scalar(select(Appeal).where(Appeal.number == made.number, Appeal.company_id == "skek"))
        assert appeal is not None
        appeal.state, appeal.answered_at = AppealState.ANSWERED, day
        proof = {"text": f"{READ_OUT}\n\nДиспетчер Иванова\n", "proof": "{}", "further_appeal": "", "on_call": False}
        session.add(Answer(id=new_id(), appeal_id=appeal.id, way=BY_NUMBER, sent_at=day, **proof))
    today = day.astimezone(scene.zone).date()
    async with scene.greeted(own, *TO_NUMBER, f"{made.number}#", told(made.number)) as caller:
        await caller.hears(Prompt("status-answer-ready", day=spoken.on_day(today, today)), within_s=15)
        await goes(caller, "3", "status-answer-phone", "123#", "too-few-digits", "1234#", "status-answer-wrong")
        await caller.hears("status-answer-phone", within_s=15)
        await goes(caller, f"{NOBODYS[-4:]}#", Prompt("status-answer", text=READ_OUT))
        await caller.hears(Prompt("status-answer", text="Диспетчер Иванова"), within_s=25)
        await caller.hears("status-answer-menu", within_s=25)
        await goes(caller, "2", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    if "status-answer" not in call.said or any(READ_OUT[:20] in step.prompt_text for step in call.steps):
        raise StoryBroken("ответ не прочитан, или его слова остались в шагах звонка")
