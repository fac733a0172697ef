"""The calls of `gridline demo`: real callers, each with a need, served and then checked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from appeals import numbering
from appeals.models import DraftAppeal
from carrier.hearing.tones import chirps
from carrier.stories import store
from carrier.stories.scene import Caller, Scene
from grid.outages.models import OutageReport
from ivr.voice import spoken
from ivr.voice.prompts import Prompt

AGENT_GREETING = "Здравствуйте, дежурный диспетчер, слушаю вас."
COMPLAINT = "Здравствуйте. У нас третий вечер моргает свет, лампы сгорели. Проспект Ленина, дом пятьдесят пять."


@dataclass(frozen=True)
class Story:
    """One call that the demo places."""

    name: str
    title: str
    company: str
    run: Callable[[Scene], Awaitable[None]]


async def _greeted(caller: Caller, *before_menu: str) -> None:
    """The notice to its end, then the main menu."""
    await caller.hears("notice", whole=True)
    for prompt in before_menu:
        await caller.hears(prompt)
    await caller.hears("main-menu", within_s=25)


async def no_power(scene: Scene) -> None:
    """An outage is known at the caller's address: they hear cause and hour after two keys."""
    async with scene.call("+79131203401") as caller:
        await caller.hears("notice", whole=True)
        await caller.hears(Prompt("outage-cause", cause="повреждение кабельной линии"), within_s=25)
        await caller.hears("main-menu", within_s=25)
        await caller.press("2")
        await caller.hears("power-service")
        await caller.press("1")
        await caller.hears("power-menu")
        await caller.press("1")
        await caller.hears(_confirm("г. Кемерово, ул. Весенняя, д. 5, корп. 2"))
        await caller.press("1")
        await caller.hears(Prompt("outage-cause", cause="повреждение кабельной линии"))
        await caller.hears(Prompt("outage-known-menu", what="свет"), within_s=20)
        await caller.hangs_up()
    call = await store.ended_call(scene)
    scene.tell(None, "stored", f"звонок {call.id[:8]}: уведомление прослушано до конца, шагов {call.steps}")


async def new_outage(scene: Scene) -> None:
    """No outage is known: the caller reports one, and the dispatcher has it."""
    async with scene.call("+79131203403") as caller:
        await _greeted(caller)
        await caller.press("2")
        await caller.hears("power-service")
        await caller.press("1")
        await caller.hears("power-menu")
        await caller.press("1")
        await caller.hears(_confirm("г. Кемерово, пр-кт Ленина, д. 55"))
        await caller.press("1")
        await caller.hears("report-check-fuses", within_s=30)
        await caller.press("1")
        await caller.hears("report-taken", whole=True)
        await caller.hangs_up()
    call = await store.ended_call(scene)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    scene.tell(
        0, "stored", f"сообщение об отключении {report.id[:8]} у диспетчера, объект {str(report.premise_id)[:8]}"
    )


async def complaint(scene: Scene) -> None:
    """A complaint in the caller's own words gets a number and a deadline, and then its status by that number."""
    own = f"+7913{int(scene.began_at.timestamp()) % 10**7:07}"  # a number without an open complaint
    async with scene.call(own) as caller:
        await _greeted(caller)
        await caller.press("5")
        await caller.hears("complaint-menu")
        await caller.press("1")
        await caller.hears("beep")
        await caller.says(COMPLAINT)
        await caller.press("#")
        await caller.hears("complaint-review")
        await caller.press("2")
        await caller.hears("complaint-your-words", whole=True)
        await caller.hears("complaint-review", within_s=30)
        await caller.press("1")
        await caller.hears("complaint-topic-water")
        await caller.press("2")
        await caller.hears(Prompt("complaint-contact", phone=spoken.phone(own)))
        await caller.press("1")
        appeal = await store.appeal_of_caller(scene, own)
        today = appeal.received_at.astimezone(scene.zone).date()
        number = spoken.digit_by_digit(numbering.written(appeal.number))
        until = spoken.until(appeal.deadline, today)
        await caller.hears(Prompt("complaint-registered", number=number, until=until), whole=True)
        scene.told.appeal = numbering.written(appeal.number)
        await caller.press("1")
        await caller.hears("anything-else", within_s=20)
        await caller.hangs_up()
    scene.tell(None, "stored", f"жалоба {scene.told.appeal}, ответ до {appeal.deadline:%d.%m.%Y}")
    call = await store.ended_call(scene)
    for recording in await store.recordings(scene, call.id, at_least=2):
        scene.tell(None, "stored", f"запись {recording.kind}: {recording.seconds:.1f} с, каналов {recording.channels}")
    async with scene.call("+79131203499") as caller:
        await _greeted(caller)
        await caller.press("5")
        await caller.hears("complaint-menu")
        await caller.press("2")
        await caller.hears("status-enter")
        await caller.press(f"{appeal.number}#")
        await caller.hears(Prompt("status-number", number=number))
        await caller.hangs_up()


async def half_a_complaint(scene: Scene) -> None:
    """Whoever hangs up half-way leaves a draft with what they said."""
    async with scene.call("+79131203402") as caller:
        await caller.hears("notice", whole=True)
        await caller.hears("main-menu", within_s=40)
        await caller.press("5")
        await caller.hears("complaint-menu")
        await caller.press("1")
        await caller.hears("beep")
        await caller.says("Здравствуйте, я хочу пожаловаться на ваших")
        await caller.hangs_up()
    call = await store.ended_call(scene)
    draft = await store.one(scene, DraftAppeal, DraftAppeal.call_id == call.id)
    await store.recordings(scene, call.id, at_least=2)
    scene.tell(None, "stored", f"черновик {draft.id[:8]} с записью {str(draft.recording_id)[:8]}")


async def connection(scene: Scene) -> None:
    """Stage, whose turn and by which day, by the application's number; a wrong number is told at once."""
    async with scene.call("+79131203434") as caller:
        await _greeted(caller)
        await caller.press("3")
        await caller.hears("connection-menu")
        await caller.press("1")
        await caller.hears("application-enter")
        await caller.press("26001017#")
        await caller.hears("application-wrong-check")
        await caller.press("26001034#")
        await caller.hears(
            Prompt("application-turn-applicant", action="Установите вводной щит и сообщите нам о готовности")
        )
        await caller.hears("application-end-menu", within_s=20)
        await caller.hangs_up()
    call = await store.ended_call(scene)
    scene.tell(None, "stored", f"звонок {call.id[:8]}: шагов {call.steps}")


async def danger(scene: Scene) -> None:
    """A broken wire: the safety text, then the dispatcher at once; both sides hear each other, in two channels."""
    async with scene.agents_answer(), scene.call("+79131203477") as caller:
        await _greeted(caller)
        await caller.press("1")
        await caller.hears("danger-safety", whole=True)
        await _talk(scene, caller)
        await caller.hangs_up()
    await _talk_stored(scene)


async def branch(scene: Scene) -> None:
    """One number for eleven regions: the branch is guessed by the caller's number and confirmed."""
    async with scene.agents_answer(), scene.call("+74852203401") as caller:
        await _greeted(caller)
        await caller.press("2")
        await caller.hears(Prompt("branch-confirm", branch="Ярославская область"))
        await caller.press("1")
        await caller.hears("power-menu")
        await caller.press("0")
        await _talk(scene, caller)
        await caller.hangs_up()
    await _talk_stored(scene)


async def without_controller(scene: Scene) -> None:
    """Our own process is killed in mid-call: the phone goes on, and a person answers."""
    async with scene.agents_answer(), scene.call("+79131203455") as caller:
        await _greeted(caller)
        pid = scene.house.controller.pid
        scene.house.controller.kill()
        scene.tell(caller.leg.now_s, "does", f"тем временем контроллер убит: kill -9 {pid}")
        await _talk(scene, caller)
        if len(caller.leg.heard(await scene.house.voice.render(["notice"], scene.company))) != 1:
            raise AssertionError("the notice was heard twice")
        await caller.hangs_up()
    await scene.house.healthy(30)
    scene.tell(None, "stored", f"контроллер снова в строю, pid {scene.house.controller.pid}")


def _confirm(address: str) -> Prompt:
    return Prompt("premise-confirm", address=spoken.address(address))


async def _talk(scene: Scene, caller: Caller) -> None:
    """An agent answers; each side hears the other."""
    agent = await scene.agent_talking()
    greeting = await scene.spoken(AGENT_GREETING, "irina")
    hears = asyncio.create_task(caller.leg.hears(greeting, within_s=15))
    while not hears.done():  # repeat: nobody hears it until the whisper is over
        await agent.speak(greeting)
    heard = await hears
    scene.tell(heard.at_s, "hears", AGENT_GREETING)
    tone = chirps(7)
    listens = asyncio.create_task(agent.hears(tone, within_s=10))
    await caller.leg.speak(tone)
    await listens
    scene.tell(caller.leg.now_s, "does", "отвечает оператору, оператор его слышит")


async def _talk_stored(scene: Scene) -> None:
    call = await store.ended_call(scene)
    talk = (await store.recordings(scene, call.id, at_least=1))[0]
    left, right = store.loudness(scene, talk)
    if not (np.isfinite(left) and np.isfinite(right)):
        raise AssertionError(f"one side of the talk was not recorded: {left}, {right} dBFS")
    scene.tell(None, "stored", f"запись разговора: {talk.seconds:.1f} с, два канала ({left:.0f} и {right:.0f} дБ)")


STORIES = (
    Story("no-power", "Нет света: об отключении уже известно", "skek", no_power),
    Story("new-outage", "Нет света: об отключении сообщает звонящий", "skek", new_outage),
    Story("complaint", "Жалоба своими словами и её статус по номеру", "skek", complaint),
    Story("half-a-complaint", "Трубку положили на полуслове", "skek", half_a_complaint),
    Story("connection", "Технологическое присоединение: этап заявки", "skek", connection),
    Story("danger", "Оборван провод: диспетчер вне очереди", "skek", danger),
    Story("branch", "Один номер на одиннадцать областей", "mrsk-centra", branch),
    Story("without-controller", "Контроллер убит посреди звонка", "skek", without_controller),
)
