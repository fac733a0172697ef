"""Every key that keys alone lead to, common ones once: made from the menus, so that no new key stays unpressed.

Menus behind an action (after a report, out of hours) are walked by the stories of those actions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from carrier.errors import StoryBroken
from carrier.stories import store
from gridline.companies import Companies, Company
from gridline.settings import HOUSE
from ivr.journal.models import CallRecord, CallStep
from ivr.menus.flows import load_checked
from ivr.menus.model import ActionPlace, Flow
from ivr.menus.ways import Press, Way, ways
from ivr.voice.prompts import Prompt, PromptBook
from service.cli.menus import vocabulary_by_book
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK
from tests.calls.street import Play

CODES: Final = {"skek": 3842, "mrsk-centra": 4852, "pskovenergo": 8112, "arhenergo": 8182, "moesk": 4952}
COMPANIES: Final = Companies.load(HOUSE / "dialplan/companies")
COMMON: Final = "pskovenergo"
"""A company whose menu is the common one and nothing else: what all share is pressed in its calls alone."""
NAMELESS: Final = frozenset({"trust_report", "trust_result"})
"""Actions after which nobody can say who called: their own stories walk to them."""
REGION: Final = Prompt("branch-confirm", branch="Ярославская область")
"""What find_branch asks whoever calls from there."""


def _flow(company: Company) -> Flow:
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    return load_checked(HOUSE / "dialplan/menus" / company.menu, vocabulary_by_book(company, book))


def cases(company: Company) -> Iterator[tuple[str, str, Way]]:
    """Name, caller, way of each story."""
    flow = _flow(company)
    common = {} if company.id == COMMON else _flow(COMPANIES.by_id(COMMON)).places
    pressed = set[tuple[str, str]]()
    for number, way in enumerate(ways(flow)):
        place = flow.places.get(way.ends_at)
        if isinstance(place, ActionPlace) and place.action in NAMELESS:
            continue
        own = {(one.menu.name, one.key) for one in way.presses if one.menu != common.get(one.menu.name)}
        if own <= pressed:
            continue
        pressed |= own
        keys = "".join(press.key for press in way.presses)
        yield f"{company.id}-{keys}-{way.presses[-1].target}", f"+7{CODES[company.id]}69{number:04}", way


async def keys_lead(scene: Play, own: str, way: Way) -> None:
    async with scene.noticed(own) as caller:
        for at, press in enumerate(way.presses):
            for key in (key for before, key in way.asked if before == at):
                await caller.hears(REGION, within_s=30)
                await caller.press(key)
            await caller.hears(press.menu.say[0], within_s=40)
            await caller.press(press.key)
        await _pressed(scene, own, way.presses[-1])
        await caller.hangs_up()
    call = await ended(scene, own)
    went = [(step.place, step.key, step.leads_to) for step in call.steps if step.exit == "pressed"]
    expected = [(press.menu.name, press.key, press.target) for press in way.presses]
    if went != expected:
        raise StoryBroken(f"пройдено {went}, а не {expected}")


async def _pressed(scene: Play, own: str, press: Press) -> None:
    """Wait until the last key was taken: whoever hangs up with it still in the air has not pressed it."""

    async def look() -> bool | None:
        async with scene.house.db.read() as session:
            query = (
                select(CallStep.id)
                .join(CallRecord, CallRecord.id == CallStep.call_id)
                .where(CallRecord.caller == own, CallStep.place == press.menu.name, CallStep.key == press.key)
            )
            return await session.scalar(query.limit(1)) is not None or None

    await store.until(look, f"клавиша {press.key} в {press.menu.name}")


for company in COMPANIES:
    BOOK.each(company.id, cases(company))(keys_lead)
