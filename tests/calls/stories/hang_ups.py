"""A hang-up at every prompt: the call ends there and leaves nothing but its record."""

from __future__ import annotations

from carrier.errors import StoryBroken
from ivr.voice.prompts import Phrase, Prompt
from tests.calls.looked_up import ended, nothing_left
from tests.calls.stories import BOOK
from tests.calls.stories.complaint import TO_TELL
from tests.calls.stories.connection import SHIELD
from tests.calls.stories.connection import TO_NUMBER as TO_APPLICATION
from tests.calls.stories.menus import MENUS, REFERENCE, SECTIONS
from tests.calls.stories.office_told import KEMEROVO as OFFICE_TOLD
from tests.calls.stories.person import WATER
from tests.calls.stories.power import CAUSE, POWER, confirm
from tests.calls.stories.status import TO_NUMBER as TO_STATUS
from tests.calls.street import Play

DARK_STREET = confirm("г. Кемерово, ул. Тёмная, д. 1")
UNKNOWN = "+7913190{:04}"
PLACES: list[tuple[str, tuple[Phrase, ...]]] = [
    *((name, way) for name, _, way in MENUS),
    ("danger", ("1", "danger-safety")),
    ("no-power", (*POWER, "1", "premise-unknown-caller")),
    ("no-power", (*POWER, "1", "premise-unknown-caller", "2", "settlement-letters")),
    ("no-power", (*POWER, "1", "premise-unknown-caller", "3", "place-tell")),
    ("water", ("2", "power-service", "2", "water-menu")),
    ("connection-how", ("3", "connection-menu", "2", "consult-applicant")),
    ("connection-status", TO_APPLICATION),
    ("connection-status", (*TO_APPLICATION, "26002023#", SHIELD)),
    ("consult-connection", ("3", "connection-menu", "3", "person-connecting")),
    ("metering", (*REFERENCE, "1", "metering-menu")),
    ("offices", (*REFERENCE, "2", OFFICE_TOLD)),
    ("book", (*REFERENCE, "3", "booking-menu", "1", "appointment-topic")),
    ("my-appointment", (*REFERENCE, "3", "booking-menu", "2", "appointment-enter")),
    ("tariffs", (*REFERENCE, "4", SECTIONS)),
    ("complaint-new", TO_TELL),
    ("appeal-status", TO_STATUS),
    ("consult-water", WATER),
    ("message-water", (*WATER, "2", "message-tell")),
    ("operator", ("0", "person-nobody")),
    ("consult-quality", (*POWER, "2", "quality-menu", "0", "person-nobody")),
]
"""Where the caller hangs up, and the way there."""


@BOOK.each("skek", [(f"{number:02}-{place}", number, place, way) for number, (place, way) in enumerate(PLACES)])
async def hang_up_in(scene: Play, number: int, place: str, way: tuple[Phrase, ...]) -> None:
    own = UNKNOWN.format(number)
    async with scene.greeted(own, *way) as caller:
        await caller.hangs_up()
    call = await ended(scene, own)
    if call.exits[-1] != (place, "hung-up"):
        raise StoryBroken(f"звонок окончен в {call.exits[-1]}, а не в {place}")
    await nothing_left(scene, call.id)


LATER: list[tuple[str, Phrase, float, str, tuple[Phrase, ...]]] = [
    ("to-dispatcher", "danger-to-dispatcher", 40, "danger", ("1", "danger-safety")),
    ("leave-message", "danger-leave-message", 45, "danger", ("1", "danger-safety")),
    ("hours", Prompt("person-hours", hours="с восьми до восемнадцати часов"), 15, "consult-water", WATER),
    ("closed", "closed-menu", 25, "closed-water", WATER),
    ("nobody-there", "nobody-menu", 25, "operator", ("0", "person-nobody")),
    ("how", "place-how", 15, "no-power", (*POWER, "1", "premise-unknown-caller")),
    ("goodbye", "goodbye", 40, "goodbye", (*REFERENCE, "2", OFFICE_TOLD, "9", "anything-else")),
]
"""What is played after the last key."""


@BOOK.each("skek", [(name, number, *rest) for number, (name, *rest) in enumerate(LATER)])
async def hang_up_at(
    scene: Play, number: int, prompt: Phrase, within_s: float, place: str, way: tuple[Phrase, ...]
) -> None:
    own = UNKNOWN.format(100 + number)
    async with scene.greeted(own, *way) as caller:
        await caller.hears(prompt, within_s=within_s)
        await caller.hangs_up()
    call = await ended(scene, own)
    if call.exits[-1] != (place, "hung-up"):
        raise StoryBroken(f"звонок окончен в {call.exits[-1]}, а не в {place}")
    await nothing_left(scene, call.id)


@BOOK.each("skek", [("address", 1, DARK_STREET), ("question", 2, CAUSE)])
async def hang_up_at_the_reports(scene: Play, number: int, prompt: Phrase) -> None:
    own = f"+7913100004{number}"
    way = ("1", prompt) if number == 2 else ()
    async with scene.greeted(own, *POWER, "1", DARK_STREET, *way) as caller:
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("no-power", "hung-up")
    await nothing_left(scene, call.id)


@BOOK.story()
async def hang_up_in_the_middle_of_the_notice(scene: Play) -> None:
    own = UNKNOWN.format(200)
    async with scene.call(own) as caller:
        await caller.hears("notice")
        await caller.hangs_up()
    call = await ended(scene, own, noticed=False)
    if call.exits[-1] != ("notice", "hung-up"):
        raise StoryBroken(f"звонок окончен в {call.exits[-1]}")
    await nothing_left(scene, call.id)


@BOOK.story()
async def hang_up_while_an_open_matter_is_told(scene: Play) -> None:
    async with scene.noticed("+79131000043") as caller:
        await caller.hears("known-outage", within_s=20)
        await caller.hangs_up()
    call = await ended(scene, "+79131000043")
    if call.exits[-1] != ("matters", "hung-up"):
        raise StoryBroken(f"звонок окончен в {call.exits[-1]}")


@BOOK.each(
    "mrsk-centra",
    [
        ("guessed", "+74852190001", Prompt("branch-confirm", branch="Ярославская область")),
        ("asked", "+79131900301", "branch-groups"),
    ],
)
async def hang_up_at_the_branch(scene: Play, number: str, question: Phrase) -> None:
    async with scene.greeted(number, "2", question) as caller:
        await caller.hangs_up()
    call = await ended(scene, number)
    if call.exits[-1] != ("branch-power", "hung-up"):
        raise StoryBroken(f"звонок окончен в {call.exits[-1]}")
