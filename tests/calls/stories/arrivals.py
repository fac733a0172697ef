"""How a call arrives: the number dialled in each of its forms or nobody's, the caller's withheld or garbled."""

from __future__ import annotations

from sqlalchemy import select

from carrier.errors import StoryBroken
from carrier.stories import store
from carrier.stories.scene import Caller
from ivr.journal.models import CallRecord
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.stories.power import POWER
from tests.calls.street import Play, goes

FORMS = ("78005009494", "+78005009494", "88005009494", "8005009494")


@BOOK.each("skek", [(form.replace("+", "plus-"), at, form) for at, form in enumerate(FORMS)])
async def the_number_dialled_as(scene: Play, at: int, form: str) -> None:
    own = f"+7913110010{at}"
    async with scene.greeted(own, did=form) as caller:
        await caller.hangs_up()
    call = await ended(scene, own)
    if call.record.dialled != "78005009494":
        raise StoryBroken(f"набран {call.record.dialled}")


@BOOK.story()
async def a_number_that_is_nobodys_is_told_so(scene: Play) -> None:
    own = "+79131100111"
    async with scene.call(own, did="78005559999") as caller:
        await caller.hears("unknown-number")
        await caller.is_hung_up(within_s=25)

    async def look() -> CallRecord | None:
        async with scene.house.db.read() as session:
            query = select(CallRecord).where(CallRecord.caller == own, CallRecord.outcome == "unknown-number")
            return (await session.scalars(query)).one_or_none()

    call = await store.until(look, "звонок на чужой номер")
    if (call.dialled, call.company_id) != ("78005559999", None):
        raise StoryBroken(f"записан как {call.dialled} компании {call.company_id}")


@BOOK.story()
async def a_withheld_number_is_no_obstacle(scene: Play) -> None:
    async with scene.greeted(None, *POWER, "1", "place-how", "1", "account-enter") as caller:
        if caller.leg.heard(await scene.house.voice.render(["premise-unknown-caller"], scene.company)):
            raise StoryBroken("сказано о номере телефона, которого нет")
        await goes(caller, "200000099#", "account-not-found")
        await caller.hangs_up()
    call = await ended(scene, None)
    if call.record.caller is not None:
        raise StoryBroken(f"номер записан как {call.record.caller}")


@BOOK.story()
async def a_garbled_number_is_kept_without_its_signs_and_taken_for_none(scene: Play) -> None:
    number, name = "garbled&who", "${SHELL(id)}; <x>"
    async with scene.house.carrier.call(from_number=number, to=scene.did, name=name) as leg:
        caller = Caller(leg, scene)
        await caller.hears("notice")
        await caller.hears("main-menu", within_s=25)
        await goes(caller, *POWER, "1", "place-how", "1", "account-enter")
        await caller.hangs_up()
    call = await ended(scene, "garbledwho")  # the dialplan lets only harmless letters in
    if call.record.caller is not None:
        raise StoryBroken(f"номер записан как {call.record.caller}")
