"""Distress: no database, no disk for promises, no synthesiser, prompts lost. Every call is still served to its end.

The caller hears honestly that something is wrong, and never a number that nothing stands behind.
"""

from __future__ import annotations

from appeals.numbering import number
from carrier.hearing.tones import chirps
from carrier.stories.scene import Caller
from ivr.promised.spool import Spool
from ivr.voice.prompts import Phrase
from tests.calls.stories import DISTRESS
from tests.calls.stories.callback import rings_in_vain
from tests.calls.stories.complaint import asks_for
from tests.calls.stories.menus import SECTIONS
from tests.calls.street import Play, goes

LOST: tuple[Phrase, ...] = (
    "branch-groups",
    "person-nobody",
    "complaint-failed",
    "office-which",
    "consult-skip",
    SECTIONS,
)
"""Prompts that cannot be said here, for any company."""
WISHES = "+79132000014"
"""Who wants to be called back; they called before all this, so the question with their number was made then."""
SORRY = "technical-trouble-goodbye"


async def _ends_with(caller: Caller, prompt: Phrase, within_s: float = 60) -> None:
    """The last words are heard to their end, and the line hangs up."""
    await caller.hears(prompt, within_s=within_s)
    await caller.is_hung_up(within_s=10)


async def _speaks(caller: Caller) -> None:
    await caller.hears("beep", within_s=30)
    await caller.leg.speak(chirps(3, 2.0))


@DISTRESS.each(
    "skek",
    [
        ("power", 1, ("2", "power-service", "1", "power-menu", "1", "technical-trouble")),
        ("report", 2, ("2", "power-service", "1", "power-menu", "1", "technical-trouble")),
        ("application", 3, ("3", "connection-menu", "1", "application-enter", "26002014#", "technical-trouble")),
        ("status", 4, ("5", "complaint-menu", "2", "status-enter", f"{number(2026, 1)}#", "technical-trouble")),
    ],
)
async def without_a_database(scene: Play, at: int, way: tuple[Phrase, ...]) -> None:
    """Look-ups fail within two seconds; no agent is there either, and no message can be kept."""
    async with scene.greeted(f"+7913200000{at}", *way) as caller:
        await _speaks(caller)
        await caller.press("#")
        await _ends_with(caller, SORRY)


@DISTRESS.story()
async def a_complaint_that_nothing_can_keep_is_not_promised(scene: Play) -> None:
    async with scene.greeted("+79132000010", "5", "complaint-menu", "1", "complaint-tell") as caller:
        await _speaks(caller)
        await goes(caller, "#", "complaint-review", "1", "complaint-topic-water", "1", "technical-trouble")
        await caller.hangs_up()


@DISTRESS.story()
async def danger_whose_words_nothing_can_keep_goes_to_a_person(scene: Play) -> None:
    async with scene.greeted("+79132000011", "1", "danger-safety") as caller:
        await _speaks(caller)
        await goes(caller, "#", "technical-trouble")
        await caller.hangs_up()


@DISTRESS.story()
async def a_receipt_is_known_without_the_database(scene: Play) -> None:
    settings = scene.house.settings
    (kept,) = Spool(settings.var / "spool", settings.node_series).waiting()
    async with scene.greeted("+79132000012", "5", "complaint-menu", "2", "status-enter") as caller:
        await goes(caller, f"{kept.receipt}#", "status-receipt")
        await caller.hangs_up()


@DISTRESS.story("mrsk-centra")
async def without_a_notice_nothing_is_recorded_and_a_branch_is_not_needed(scene: Play) -> None:
    """The notice is lost: the menu comes all the same, and whoever would be recorded is not."""
    async with scene.call("+79132000013") as caller:
        await caller.hears("main-menu", within_s=30)
        await goes(caller, "3", "connection-menu", "2", "consult-applicant", "0", SORRY)
        await caller.is_hung_up(within_s=20)


@DISTRESS.story("mrsk-centra")
async def a_call_back_that_nothing_can_store_is_not_promised(scene: Play) -> None:
    """They press 1 while a telephone rings in vain, and confirm their number; no word says that they will be called."""
    dispatcher = scene.street.dispatcher
    async with scene.street.dispatcher_free, rings_in_vain(dispatcher), scene.call(WISHES) as caller:
        await caller.hears("main-menu", within_s=30)
        await goes(caller, "0", "person-connecting")
        await dispatcher.rung(within_s=20)
        await goes(caller, "1", asks_for(WISHES), "1", SORRY)
        await caller.is_hung_up(within_s=20)


@DISTRESS.story("moesk")
async def a_report_to_the_trust_line_that_nothing_can_keep_is_not_promised(scene: Play) -> None:
    way = ("5", "complaint-menu", "4", "trust-menu", "1", "trust-promise-by-key")
    async with scene.greeted("+79132000015", *way) as caller:
        await _speaks(caller)
        await goes(caller, "#", "complaint-review")
        await caller.press("1")
        await _ends_with(caller, SORRY)


@DISTRESS.story("moesk")
async def a_result_that_cannot_be_looked_up_is_a_persons(scene: Play) -> None:
    way = ("5", "complaint-menu", "4", "trust-menu", "2", "trust-result-number")
    async with scene.greeted("+79132000016", *way) as caller:
        await goes(caller, f"{number(2026, 1)}#", "trust-result-pin", "123456#", "technical-trouble")
        await caller.hangs_up()


@DISTRESS.story()
async def a_theft_that_nothing_can_keep_goes_to_a_person(scene: Play) -> None:
    way = ("5", "complaint-menu", "3", "theft-how", "2", "theft-tell-anonymous")
    async with scene.greeted("+79132000017", *way) as caller:
        await _speaks(caller)
        await goes(caller, "#", "complaint-review", "1", "technical-trouble")
        await caller.hangs_up()


@DISTRESS.story()
async def planned_works_that_cannot_be_looked_up_are_a_persons(scene: Play) -> None:
    way = ("2", "power-service", "1", "power-menu", "3", "technical-trouble")
    async with scene.greeted("+79132000018", *way) as caller:
        await caller.hangs_up()
