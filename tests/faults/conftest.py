"""One standing Gridline for the fault tests, and those that need an installation of their own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from asterisk_conf.asterisk import find
from asterisk_conf.packages import PackageRoot
from carrier.stories.installation import Installation
from carrier.stories.scene import Scene, StoryLine
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from tests.console import brief
from tests.faults.injury import tell_executions, until

NewHouse = Callable[..., Awaitable[Installation]]
CALLS_AT_ONCE = 25
"""More than any test of the ordinary installation needs but the one that fills the line."""


@pytest.fixture(scope="session")
def packages() -> PackageRoot:
    """The package root of this working tree (`make setup` fills it); skips, saying so, without an Asterisk."""
    root = PackageRoot(HOUSE / ".packages")
    try:
        find(root)
    except Unavailable as absent:
        pytest.skip(str(absent))
    return root


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def new_house(packages: PackageRoot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NewHouse]:
    """Starts installations of a module; each has a dialplan of its own to spoil, and stops at the module's end."""
    async with AsyncExitStack() as stopping:

        async def start(name: str = "house", **own: object) -> Installation:
            house = made(tmp_path_factory.mktemp(name), packages, own)
            stopping.push_async_callback(house.stop)
            await house.start()
            await tell_executions(house)
            return house

        yield start


def made(var: Path, packages: PackageRoot, own: Mapping[str, object]) -> Installation:
    """An installation that is not started yet; its notice is short, because nearly every test hears it to its end."""
    shutil.copytree(HOUSE / "dialplan", var / "dialplan")
    brief.shorten(var / "dialplan", {"notice": brief.SHORT["notice"]})
    brief.prompts(var)
    defaults = {"dialplan": str(var / "dialplan"), "package_root": str(packages.path), "least_free_mb": 1}
    return Installation(var, defaults | dict(own))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(packages: PackageRoot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    """An ordinary installation that any test may injure and must let heal."""
    house = made(tmp_path_factory.mktemp("house"), packages, {"calls_at_once": CALLS_AT_ONCE})
    wanted = _named_prompts(HOUSE / "var")
    try:
        await house.start()
        await until(lambda: _named_prompts(house.var) >= wanted, "the prompts that the dialplan plays by itself", 60)
        await tell_executions(house)
        yield house
    finally:
        await house.stop()


def _named_prompts(var: Path) -> set[Path]:
    """What the dialplan can play without a controller: the first round of the prompts' job makes it."""
    named = var / "prompts/by-id"
    return {file.relative_to(named) for file in named.rglob("*.alaw")}


@pytest.fixture
def scene(house: Installation) -> Scene:
    """A scene of СКЭК in the ordinary installation."""
    return scene_of(house)


def scene_of(house: Installation, company: str = "skek") -> Scene:
    """A scene in any installation; what is told shows when a test fails."""

    def show(line: StoryLine) -> None:
        print("" if line.at_s is None else f"{line.at_s:.2f}", line.kind, line.text, sep="\t")

    return Scene(house, company, "fault", show)
