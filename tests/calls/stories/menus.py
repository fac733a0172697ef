"""Every menu by every kind of key: a wrong one, none, the star, three bad tries; zero at every node is a person."""

from __future__ import annotations

from grid.reference.sections import GROUPS
from ivr.actions.questions import with_keys
from ivr.voice.prompts import Phrase, Prompt
from tests.calls.looked_up import draft_of, ended
from tests.calls.stories import BOOK
from tests.calls.stories.complaint import TO_TELL, asks_for, tells
from tests.calls.stories.connection import TO_NUMBER as TO_APPLICATION
from tests.calls.stories.office_told import KEMEROVO as OFFICE_TOLD
from tests.calls.stories.power import POWER, confirm
from tests.calls.stories.status import TO_NUMBER as TO_STATUS
from tests.calls.street import Play, goes

REFERENCE = ("4", "reference-menu")
SECTIONS = Prompt("knowledge-groups", choices=with_keys([group.name for group in GROUPS]))
LIGHT_STREET = confirm("г. Кемерово, ул. Светлая, д. 2")
MENUS: list[tuple[str, Phrase, tuple[Phrase, ...]]] = [
    ("main", "main-menu", ()),
    ("service", "power-service", ("2", "power-service")),
    ("power", "power-menu", POWER),
    ("quality", "quality-menu", (*POWER, "2", "quality-menu")),
    ("water", "water-menu", ("2", "power-service", "2", "water-menu")),
    ("connection", "connection-menu", ("3", "connection-menu")),
    ("reference", "reference-menu", REFERENCE),
    ("offices-more", "anything-else", (*REFERENCE, "2", OFFICE_TOLD, "9", "anything-else")),
    ("complaint", "complaint-menu", ("5", "complaint-menu")),
    ("booking", "booking-menu", (*REFERENCE, "3", "booking-menu")),
]
"""Place, what it says, and the way there."""


@BOOK.each("skek", [(name, number, *rest) for number, (name, *rest) in enumerate(MENUS)])
async def wrong_keys_in(scene: Play, number: int, menu: Phrase, way: tuple[Phrase, ...]) -> None:
    own = f"+791317000{number:02}"
    async with scene.greeted(own, *way) as caller:
        await goes(caller, "9", "wrong-key")
        await caller.hears(menu, within_s=15)
        if menu == "anything-else":  # silence there is a goodbye
            await goes(caller, "#", "by-keypad")
        else:
            await caller.hears("by-keypad", within_s=30)
        await caller.hears(menu, within_s=15)
        await goes(caller, "*", menu, "#", "person-after-tries")
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, own)
    place = MENUS[number][0]
    asked = [exit for name, exit in call.exits if name == place]
    expected = ["wrong-key", "wrong-key" if menu == "anything-else" else "silence", "repeat", "wrong-key"]
    assert asked == expected, call.exits
    call.left("astray", "said")


NOBODY, OFFICE = "person-nobody", "person-connecting"
"""СКЭК's hotline, where nobody is, and its office, where somebody always picks up."""
ZEROS: list[tuple[str, Phrase, tuple[Phrase, ...]]] = [
    ("main", NOBODY, ()),
    ("service", NOBODY, ("2", "power-service")),
    ("power", NOBODY, POWER),
    ("quality", NOBODY, (*POWER, "2", "quality-menu")),
    ("water", "person-closed", ("2", "power-service", "2", "water-menu")),
    ("connection", OFFICE, ("3", "connection-menu")),
    ("connection-how", OFFICE, ("3", "connection-menu", "2", "consult-applicant")),
    ("reference", OFFICE, REFERENCE),
    ("metering", OFFICE, (*REFERENCE, "1", "metering-menu")),
    ("offices-told", OFFICE, (*REFERENCE, "2", OFFICE_TOLD)),
    ("tariffs", OFFICE, (*REFERENCE, "4", SECTIONS)),
    ("complaint", NOBODY, ("5", "complaint-menu")),
    ("application", OFFICE, TO_APPLICATION),
    ("status", NOBODY, TO_STATUS),
]
"""Node, what zero leads to, and the way there; those of the questions in between have stories below and elsewhere."""


@BOOK.each("skek", [(name, number, *rest) for number, (name, *rest) in enumerate(ZEROS)])
async def zero_is_a_person_in(scene: Play, number: int, person: Phrase, way: tuple[Phrase, ...]) -> None:
    own = f"+791318000{number:02}"
    async with scene.greeted(own, *way) as caller:
        await goes(caller, "0", person)
        await caller.hangs_up()
    call = await ended(scene, own)
    assert call.exits[-1][1] == "hung-up", call.exits


@BOOK.story()
async def booking_may_be_done_by_a_person(scene: Play) -> None:
    own = "+79131800101"
    async with scene.greeted(own, *REFERENCE, "3", "booking-menu", "0", "person-connecting") as caller:
        await scene.street.desk.talk_with(own)
        await caller.hangs_up()
    (await ended(scene, own, "talked")).left("booking", "pressed")


@BOOK.each(
    "skek",
    [
        ("address", 1, (LIGHT_STREET,)),
        ("choice", 2, (LIGHT_STREET, "1", "report-check-fuses")),
    ],
)
async def zero_is_a_person_when_asked_for_the(scene: Play, number: int, way: tuple[Phrase, ...]) -> None:
    own = f"+7913100003{number}"
    async with scene.greeted(own, *POWER, "1", *way) as caller:
        await goes(caller, "0", NOBODY)
        await caller.hangs_up()
    (await ended(scene, own)).left("no-power", "operator")


@BOOK.each("skek", [("topic", 1, "topic", ()), ("contact", 2, "contact", ("1", "asks"))])
async def zero_is_a_person_and_the_words_are_kept_at_the(
    scene: Play, number: int, stage: str, way: tuple[Phrase, ...]
) -> None:
    own = f"+7913180020{number}"
    async with scene.greeted(own, *TO_TELL) as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", "complaint-topic-water")
        await goes(caller, *(asks_for(own) if step == "asks" else step for step in way))
        await goes(caller, "0", NOBODY)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("complaint-new", "operator")
    await draft_of(scene, call.id, stage)


@BOOK.story()
async def who_asks_twice_to_hear_it_again_hears_it_slower(scene: Play) -> None:
    own = "+79131800301"
    async with scene.greeted(own) as caller:
        await goes(caller, "*", "main-menu")
        await caller.press("*")
        caller.slow = True
        await caller.hears("main-menu", within_s=20)
        await goes(caller, "5", "complaint-menu")
        await caller.hangs_up()
    (await ended(scene, own)).left("main", "pressed")
