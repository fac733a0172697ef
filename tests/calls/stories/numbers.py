"""Numbers keyed wrongly: accounts, applications, appeals and telephones of every wrong length; after three a person."""

from __future__ import annotations

from collections.abc import Iterator

from gridline.numbers import accounts
from tests.calls.looked_up import Ended, draft_of, ended
from tests.calls.stories import BOOK
from tests.calls.stories.complaint import asks_for, tells
from tests.calls.stories.power import POWER
from tests.calls.street import Play, goes

DIGITS = "1234567891234567891234567"
WRONG = ("too-few-digits", "too-many-digits")


def threes(*lengths: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Cases of three tries."""
    for at in range(0, len(lengths), 3):
        chosen = lengths[at : at + 3]
        yield "-".join(map(str, chosen)), chosen


def caller_of(series: int, lengths: tuple[int, ...]) -> str:
    """A caller's number used by this story alone."""
    return f"+7913{series}0{lengths[0]:04}"


@BOOK.each("skek", threes(1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 20, 21))
async def account_of_length(scene: Play, lengths: tuple[int, ...]) -> None:
    number = caller_of(21, lengths)
    async with scene.greeted(number, *POWER, "1", "premise-unknown-caller", "1", "account-enter") as caller:
        for length in lengths:
            wrong = "too-many-digits" if length > accounts.MOST_DIGITS else "account-not-found"
            await goes(caller, _keyed(length), wrong)
        await caller.hears("person-after-tries", within_s=15)
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    (await ended(scene, number)).left("no-power", "operator")


@BOOK.each("skek", threes(1, 2, 3, 4, 5, 6, 7, 9, 10))
async def application_of_length(scene: Play, lengths: tuple[int, ...]) -> None:
    number = caller_of(22, lengths)
    async with scene.greeted(number, "3", "connection-menu", "1", "application-enter") as caller:
        for length in lengths:
            await goes(caller, _keyed(length), "too-few-digits" if length < 8 else "too-many-digits")
        await caller.hears("person-after-tries", within_s=15)
        await caller.hears("person-connecting", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, number)
    call.left("connection-status", "operator")
    assert _told(call) == ["too-few-digits" if length < 8 else "too-many-digits" for length in lengths]


@BOOK.each("skek", threes(1, 2, 3, 4, 5, 6, 7, 8, 11))
async def appeal_of_length(scene: Play, lengths: tuple[int, ...]) -> None:
    number = caller_of(23, lengths)
    async with scene.greeted(number, "5", "complaint-menu", "2", "status-enter") as caller:
        for length in lengths:
            await goes(caller, _keyed(length), "too-few-digits" if length < 9 else "too-many-digits")
        await caller.hears("person-after-tries", within_s=15)
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, number)
    call.left("appeal-status", "operator")
    assert _told(call) == ["too-few-digits" if length < 9 else "too-many-digits" for length in lengths]


@BOOK.each("skek", threes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
async def telephone_of_length(scene: Play, lengths: tuple[int, ...]) -> None:
    """Ten and eleven digits beginning with 1 are not a Russian number either."""
    number = caller_of(24, lengths)
    async with scene.greeted(number, "5", "complaint-menu", "1", "complaint-tell") as caller:
        await tells(caller)
        await goes(
            caller, "#", "complaint-review", "1", "complaint-topic-water", "1", asks_for(number), "2", "contact-enter"
        )
        for length in lengths:
            await goes(caller, _keyed(length), "too-many-digits" if length > 11 else "contact-not-taken")
        await caller.hears("person-after-tries", within_s=15)
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, number)
    call.left("complaint-new", "operator")
    await draft_of(scene, call.id, "contact")


def _keyed(length: int) -> str:
    """Digits and the #."""
    return f"{DIGITS[:length]}#"


def _told(call: Ended) -> list[str]:
    """Why each number was wrong: the two sentences begin alike, so the record tells them apart."""
    return [prompt for prompt in call.said if prompt in WRONG]
