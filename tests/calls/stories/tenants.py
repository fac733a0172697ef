"""The other companies of the line: each answers on its own number, in its own name, with danger under one."""

from __future__ import annotations

from carrier.errors import StoryBroken
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.street import Play, goes

CALLERS = {"pskovenergo": "+78112100001", "arhenergo": "+78182100002", "moesk": "+74952100003"}


async def a_company_names_itself_and_has_danger_under_one(scene: Play, own: str) -> None:
    async with scene.call(own) as caller:
        await caller.hears("notice", within_s=40, whole=True)
        await caller.hears("main-menu", within_s=40)
        await goes(caller, "1", "danger-safety")
        await caller.hangs_up()
    call = await ended(scene, own)
    if (call.record.company_id, call.record.dialled) != (scene.company, scene.did):
        raise StoryBroken(f"звонок на {call.record.dialled} записан за {call.record.company_id}")


for company, number in CALLERS.items():
    BOOK.each(company, [(company, number)])(a_company_names_itself_and_has_danger_under_one)
