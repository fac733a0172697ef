"""`gridline demo --once --json` itself, as a newcomer runs it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from asterisk_conf.asterisk import Asterisk
from carrier.stories.stories import STORIES
from gridline.settings import HOUSE
from tests.console.conftest import Client

pytestmark = [pytest.mark.real_asterisk, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Demo:
    """What the demo printed and what it wrote, once it has ended well."""

    printed: str
    told: list[dict[str, object]]


TOLD = ("no-power", "complaint", "without-controller")
"""Of the stories, those with an outage told, a number given and a process that is dead: all of them take long."""
COMMAND = (sys.executable, "-c", "from service.cli import main; main()", "demo")


def environment(folder: Path) -> dict[str, str]:
    """Settings with folders of their own."""
    (folder / "var").mkdir()
    (folder / "var/prompts").symlink_to(HOUSE / "var/prompts")
    settings = {"var": str(folder / "var"), "package_root": str(HOUSE / ".packages")}
    file = folder / "gridline.toml"
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    return os.environ | {"GRIDLINE_SETTINGS": str(file), "COLUMNS": "200"}


@pytest.fixture(scope="module")
def demo(asterisk_program: Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo with folders of its own."""
    del asterisk_program  # it is there, or this is skipped
    folder = tmp_path_factory.mktemp("demo")
    result = folder / "told.json"
    ended = subprocess.run(
        [*COMMAND, "--once", "--json", str(result), *(word for name in TOLD for word in ("--story", name))],
        cwd=HOUSE,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=800,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
    return Demo(ended.stdout, list(json.loads(result.read_text("utf-8"))))


def test_each_story_of_the_demo_came_true(demo: Demo) -> None:
    assert [(one["company"], one["story"], one["ok"]) for one in demo.told] == [
        (story.company, story.name, True) for story in STORIES if story.name in TOLD
    ]


def test_the_first_words_come_at_once(demo: Demo) -> None:
    for one in demo.told:
        seconds = one["seconds_to_first_prompt"]
        assert isinstance(seconds, float)
        assert seconds < 1.0, one["story"]


def test_a_story_tells_what_was_done_heard_and_stored(demo: Demo) -> None:
    terminal = re.sub(r"\s+", " ", demo.printed)
    for one in demo.told:
        steps = one["steps"]
        assert isinstance(steps, list)
        assert {"does", "hears", "stored"} <= {step["kind"] for step in steps}, one["story"]
        assert "fails" not in {step["kind"] for step in steps}
        for step in steps:
            if step["kind"] == "stored":
                assert re.sub(r"\s+", " ", step["text"]) in terminal


def test_the_complaint_of_the_demo_has_its_number(demo: Demo) -> None:
    numbers = {str(one["story"]): one["appeal"] for one in demo.told if one["appeal"] is not None}
    assert set(numbers) == {"complaint"}
    assert re.fullmatch(r"\d\d-\d{6}-\d", str(numbers["complaint"]))


async def test_it_stays_open_for_its_people_while_callers_keep_coming(
    asterisk_program: Asterisk, tmp_path: Path
) -> None:
    del asterisk_program
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--story", "connection", cwd=HOUSE, env=environment(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(300):
            printed = await process.stdout.readuntil("Закончить: Ctrl-C".encode())
            told = printed.decode()
            base = re.search(r"Консоль: (http://[\w.:]+)/", told)
            olga = re.search(r"(demo-olga) +(\S+) ", told)
            assert base is not None
            assert olga is not None
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                agent = Client(session, base[1])
                assert (await agent.sign_in(olga[1], olga[2])).status == 303
                assert (await agent.get("/desk")).status == 200
                while "gridline_calls_now 2.0" not in await (await agent.get("/metrics")).text():  # noqa: ASYNC110
                    await asyncio.sleep(0.5)  # another process's figure gives no notice when it changes
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
