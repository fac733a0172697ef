"""Whole calls against the real product: each story is a test, all of them are told at the same time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from asterisk_conf.asterisk import Asterisk
from carrier.installation import Installation
from gridline.settings import HOUSE
from tests.calls.stories import (
    BOOK,
    arrivals,
    branches,
    changed,
    complaint,
    connection,
    danger,
    hang_ups,
    menus,
    numbers,
    person,
    power,
    status,
)
from tests.calls.street import ABSENT, DISPATCHER, TALKERS, Street, dialplan, with_data
from tests.calls.telling import StoryFailed, Telling

TOLD = (danger, person, complaint, power, connection, status, numbers, menus, hang_ups, arrivals, branches, changed)
pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def telling(
    request: pytest.FixtureRequest, asterisk_program: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Telling]:
    """The street with every story that was asked for, being told."""
    del asterisk_program  # it is there, or this is skipped
    folder = tmp_path_factory.mktemp("street")
    (folder / "var").mkdir()
    (folder / "var/prompts").symlink_to(HOUSE / "var/prompts")
    house = Installation(
        folder / "var",
        {
            "dialplan": str(dialplan(folder / "dialplan")),
            "package_root": str(HOUSE / ".packages"),
            "agents": [*TALKERS, DISPATCHER, ABSENT],
            "least_free_mb": 1,
        },
    )
    await with_data(house)
    wanted = {
        item.callspec.params["name"]
        for item in request.session.items
        if hasattr(item, "callspec") and "name" in item.callspec.params
    }
    async with Street(house).alive() as street:
        telling = Telling(street, [story for name, story in BOOK.stories.items() if name in wanted])
        yield telling
        await telling.end()


@pytest.mark.parametrize("name", list(BOOK.stories))
async def test_story(name: str, telling: Telling) -> None:
    try:
        await telling.result(name)
    except StoryFailed as failed:
        pytest.fail(str(failed), pytrace=False)  # a traceback takes long to draw, and meanwhile nobody listens
