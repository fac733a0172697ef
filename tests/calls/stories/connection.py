"""Technological connection: where an application stands; a specialist who answers and is recorded on two channels."""

from __future__ import annotations

import asyncio

import numpy as np

from carrier.errors import StoryBroken
from carrier.hearing.tones import chirps
from carrier.leg import Leg
from carrier.stories import store
from carrier.stories.scene import Caller
from ivr.figures.models import CallSurvey
from ivr.voice.prompts import Prompt
from recordings.models import RecordingKind
from tests.calls.looked_up import ended, recorded
from tests.calls.stories import BOOK
from tests.calls.stories.branches import YAROSLAVL
from tests.calls.street import TALKERS, Play, goes

TO_NUMBER = ("3", "connection-menu", "1", "application-enter")
BILL = Prompt(
    "application-turn-applicant",
    action="Оплатите счёт из личного кабинета: первым платежом договор считается заключённым",
)
SHIELD = Prompt("application-turn-applicant", action="Установите вводной щит и сообщите нам о готовности")


async def talks(scene: Play, caller: Caller, agent: Leg) -> None:
    """Each hears the other."""
    ours, theirs = chirps(1, 2.0), chirps(2, 2.0)
    await asyncio.gather(
        caller.leg.speak(ours),
        agent.speak(theirs),
        agent.hears(ours, within_s=6),
        caller.leg.hears(theirs, within_s=6),
    )
    scene.tell(caller.leg.now_s, "does", "говорит с оператором, оба друг друга слышат")


@BOOK.story()
async def where_an_application_stands_and_another_one(scene: Play) -> None:
    own = "+79131300001"
    async with scene.greeted(own, *TO_NUMBER, "26002015#", "application-wrong-check") as caller:
        await caller.hears("application-enter", within_s=15)
        await goes(caller, "26002997#", "application-not-found")
        await caller.hears("application-enter", within_s=15)
        await goes(caller, "26002023", SHIELD)
        await caller.hears("application-end-menu", within_s=25)
        await goes(caller, "*", SHIELD, "1", "application-enter", "26002038#", "application-done")
        await goes(caller, "2", "main-menu")
        await caller.hangs_up()
    (await ended(scene, own)).left("connection-status", "main")


@BOOK.story("mrsk-centra")
async def a_companys_own_numbers_are_keyed_by_their_digits(scene: Play) -> None:
    own = "+74852130006"
    way = ("3", YAROSLAVL, "1", *TO_NUMBER[1:])
    async with scene.greeted(own, *way, "77031#", BILL) as caller:
        await caller.hears("application-end-menu", within_s=25)
        await goes(caller, "1", "application-enter", "12#", "too-few-digits")
        await caller.hears("application-enter", within_s=15)
        await goes(caller, "12344#", "application-several")
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    (await ended(scene, own)).left("connection-status", "operator")


@BOOK.story()
async def a_stage_that_is_late_says_so_and_zero_is_a_specialist(scene: Play) -> None:
    own = "+79131300002"
    async with scene.greeted(own, *TO_NUMBER) as caller:
        await caller.press("26002046#")
        await caller.hears("application-end-menu", within_s=40)
        await goes(caller, "0", "person-connecting")
        await talks(scene, caller, await scene.street.desk.talk_with(own))
        await caller.hangs_up()
    call = await ended(scene, own, "talked")
    call.left("connection-status", "operator")
    if "application-overdue" not in call.said:
        raise StoryBroken(f"о просрочке не сказано: {call.said}")
    (talk,) = await recorded(scene, call, RecordingKind.TALK)
    if not np.isfinite(store.loudness(scene, talk)).all():
        raise StoryBroken(f"одна из сторон не записана: {store.loudness(scene, talk)}")


@BOOK.story()
async def a_stage_without_a_key_is_told_and_silence_goes_on(scene: Play) -> None:
    own = "+79131300003"
    async with scene.greeted(own, *TO_NUMBER) as caller:
        await caller.press("26002014#")
        await caller.hears("application-end-menu", within_s=40)
        await caller.hears("anything-else", within_s=20)
        await caller.hears("goodbye", within_s=25)
        await caller.is_hung_up(within_s=5)
    call = await ended(scene, own, "finished")
    call.left("connection-status", "done")
    call.left("connection-more", "silence")


@BOOK.story()
async def a_specialist_who_was_asked_for_in_a_question_is_rated(scene: Play) -> None:
    own = "+79131300004"
    async with scene.greeted(own, "3", "connection-menu", "2", "consult-applicant") as caller:
        await goes(caller, "*", "consult-applicant", "0", "person-connecting")
        agent = await scene.street.desk.talk_with(own)
        await talks(scene, caller, agent)
        await agent.hang_up()
        await caller.hears("survey-question", within_s=20)
        await goes(caller, "4", "survey-thanks")
        await caller.is_hung_up(within_s=10)
    call = await ended(scene, own, "talked")
    survey = await store.one(scene, CallSurvey, CallSurvey.call_id == call.id)
    if (survey.score, survey.queue, survey.topic) != (4, "skek-office", "connection") or survey.agent not in TALKERS:
        raise StoryBroken(f"оценка сохранена как {survey.score}, {survey.queue}, {survey.topic}, {survey.agent}")
    call.left("connection-how", "operator")


@BOOK.story()
async def a_specialist_is_asked_for_by_three(scene: Play) -> None:
    own = "+79131300005"
    async with scene.greeted(own, "3", "connection-menu", "3", "person-connecting") as caller:
        await talks(scene, caller, await scene.street.desk.talk_with(own))
        await caller.hangs_up()
    await recorded(scene, await ended(scene, own, "talked"), RecordingKind.TALK)
