"""One number for eleven regions: the branch is guessed and confirmed, or chosen by keys; asked for once a call."""

from __future__ import annotations

from carrier.errors import StoryBroken
from ivr.voice.prompts import Prompt
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.stories.power import confirm
from tests.calls.street import Play, goes

KURSK = Prompt("branch-confirm", branch="Курская область")
YAROSLAVL = Prompt("branch-confirm", branch="Ярославская область")


@BOOK.story("mrsk-centra")
async def a_guessed_branch_is_confirmed_and_not_asked_for_again(scene: Play) -> None:
    own = "+74852100011"
    async with scene.greeted(
        own, "2", YAROSLAVL, "1", "power-menu", "1", "premise-unknown-caller", "1", "account-enter"
    ) as caller:
        await goes(
            caller,
            "760000001#",
            confirm("г. Ярославль, ул. Волжская, д. 1, кв. 1"),
            "1",
            Prompt("outage-none", what="света"),
        )
        await caller.hears(Prompt("outage-end-menu", what="света"), within_s=25)
        await caller.hears("anything-else", within_s=25)
        await goes(caller, "1", "main-menu", "3", "connection-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("branch-power", "done")
    call.left("branch-connection", "done")
    if call.record.branch != "yaroslavl":
        raise StoryBroken(f"филиал {call.record.branch}")


@BOOK.story("mrsk-centra")
async def a_wrong_guess_is_mended_by_keys(scene: Play) -> None:
    own = "+74852100012"
    async with scene.greeted(own, "4", YAROSLAVL, "2", "branch-groups", "2", "branch-group-2") as caller:
        await goes(caller, "9", "branch-groups", "*", "branch-groups", "1", "branch-group-1", "7", "wrong-key")
        await goes(caller, "2", "reference-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    if call.record.branch != "bryansk":
        raise StoryBroken(f"филиал {call.record.branch}")


@BOOK.story("mrsk-centra")
async def a_mobile_of_an_imported_range_tells_the_branch(scene: Play) -> None:
    own = "+79990010001"
    async with scene.greeted(own, "2", KURSK, "1", "power-menu") as caller:
        await caller.hangs_up()
    call = await ended(scene, own)
    if call.record.branch != "kursk":
        raise StoryBroken(f"филиал {call.record.branch}")


@BOOK.story("mrsk-centra")
async def a_mobile_of_the_whole_country_tells_nothing(scene: Play) -> None:
    own = "+79990020001"
    async with scene.greeted(own, "2", "branch-groups") as caller:
        await caller.hangs_up()
    await ended(scene, own)


@BOOK.story("mrsk-centra")
async def whose_premise_is_known_is_not_asked_for_the_region(scene: Play) -> None:
    own = "+74852100001"
    async with scene.greeted(own, "2", "power-menu") as caller:
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("branch-power", "done")
    if call.record.branch != "yaroslavl" or any(id.startswith("branch-") for id in call.said):
        raise StoryBroken(f"филиал {call.record.branch}, сказано {call.said}")


@BOOK.each("mrsk-centra", [("zero", 1, "0"), ("silence", 2, "")])
async def who_cannot_choose_a_branch_gets_a_person(scene: Play, at: int, key: str) -> None:
    own = f"+7913119000{at}"
    async with scene.street.dispatcher_free, scene.greeted(own, "5", "branch-groups") as caller:
        if key:
            await caller.press(key)
        else:
            await goes(caller, "7", "wrong-key")
            await caller.hears("by-keypad", within_s=35)
            await goes(caller, "7", "person-after-tries")
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    (await ended(scene, own)).left("branch-complaint", "operator")
