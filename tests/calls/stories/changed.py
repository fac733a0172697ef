"""A menu changed during calls: callers on the line keep the old one, new callers get the new, nobody a broken one."""

from __future__ import annotations

from carrier.errors import StoryBroken
from carrier.stories import store
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.street import CHANGED, Play, goes


async def _logged(scene: Play, event: str, mark: str) -> None:
    """Wait until the controller logs this event."""

    async def look() -> bool | None:
        return any(event in line and mark in line for line in scene.house.log().splitlines()) or None

    await store.until(look, f"{event} в журнале")


@BOOK.story(CHANGED)
async def a_menu_is_changed_while_a_caller_walks_it(scene: Play) -> None:
    before, after, still = "+79131700101", "+79131700102", "+79131700103"
    file = scene.house.settings.dialplan / "menus" / f"{CHANGED}.yaml"
    old = file.read_text("utf-8")
    own = 'complaint:\n  say: complaint-menu\n  press: {%s, 0: operator}\n  repeat: "*"\n  otherwise: astray\n'
    to_status = ("5", "complaint-menu", "1", "status-enter")
    async with scene.greeted(before, "5", "complaint-menu") as caller:
        file.write_text(old + own % "1: appeal-status, 2: complaint-new, 3: theft-report", "utf-8")
        await _logged(scene, "menus-reloaded", "")
        async with scene.greeted(after, *to_status) as newcomer:
            await goes(caller, "1", "complaint-tell")
            await newcomer.hangs_up()
        file.write_text(old + own % "1: nowhere", "utf-8")
        await _logged(scene, "menu-refused", f"{CHANGED}.yaml")
        async with scene.greeted(still, *to_status) as late:
            await late.hangs_up()
        await caller.hangs_up()
    versions = [(await ended(scene, number)).record.flow_version for number in (before, after, still)]
    if versions[0] == versions[1] or versions[1] != versions[2]:
        raise StoryBroken(f"версии меню звонков: {versions}")
