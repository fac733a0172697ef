"""F23, F32, F38: a full disk, a prompt that cannot be said, a menu that is wrong; the caller is served all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from appeals.models import DraftAppeal
from asterisk_conf.packages import PackageRoot
from carrier.phone import AgentPhone
from carrier.stories.installation import Installation
from carrier.stories.store import one, recordings
from gridline.settings import HOUSE
from ivr.journal.models import CallRecord
from service.doctor import machine
from service.doctor import store as doctor
from tests.console.kept_calls import sides, talks_of
from tests.disks import full, gone, read_only, small_disk
from tests.faults.conftest import made, scene_of
from tests.faults.injury import rows_of_log, until, until_known
from tests.faults.talks import IGOR, OLGA, taken, talk

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONGEST_SILENCE_S = 3.0
LOST_PROMPT = "complaint-menu"


@dataclass
class Fragile:
    """An installation with small disks for recordings and a voice that can fail."""

    house: Installation
    disk: Path
    """Where Asterisk records."""
    store: Path
    speaker: Path
    """RHVoice's program."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fragile(packages: PackageRoot, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fragile]:
    """Started with one prompt lost and nobody to speak it anew."""
    var, root = tmp_path_factory.mktemp("fragile"), tmp_path_factory.mktemp("packages")
    speaker = _copy_of_links(packages, root)
    house = made(var, PackageRoot(root), {})
    shutil.rmtree(var / "prompts")  # links to what every other test says from
    shutil.copytree(HOUSE / "var/prompts", var / "prompts", symlinks=True)
    _, clip = [(await house.voice.render([id], "skek")).file for id in ("notice", LOST_PROMPT)]
    disk, store = var / "recordings/incoming", var / "recordings/store"
    with small_disk(disk), small_disk(store):
        for ending in (".alaw", ".wav"):
            clip.with_suffix(ending).unlink()
        speaker.unlink()
        speaker.write_text("broken")
        try:
            await house.start()
            yield Fragile(house, disk, store, speaker)
        finally:
            await house.stop()


async def test_a_prompt_that_cannot_be_said_leads_to_a_person_with_words(fragile: Fragile) -> None:
    house = fragile.house
    lost = await until(lambda: rows_of_log(house, "prompt-not-made"), "the alarm at start-up")
    assert any(LOST_PROMPT in row for row in lost)
    async with scene_of(house).call("+79131203491") as caller:
        await caller.hears("main-menu", within_s=25)
        since_s = caller.leg.now_s
        await caller.press("5")
        await caller.hears("person-after-tries", within_s=8)
        await caller.hears("person-connecting", within_s=8)
        silence_s = caller.leg.heard_silence_longest_s(since_s)
        print(f"F32: the longest silence {silence_s:.1f} s")
        assert silence_s < LONGEST_SILENCE_S
        await caller.hangs_up()


async def test_a_prompt_that_is_missing_is_spoken_anew(fragile: Fragile, packages: PackageRoot) -> None:
    fragile.speaker.unlink()
    fragile.speaker.symlink_to(packages.tree / "usr/bin/RHVoice-test")
    async with scene_of(fragile.house).call("+79131203492") as caller:
        await caller.hears("main-menu", within_s=25)
        await caller.press("5")
        await caller.hears(LOST_PROMPT, within_s=5)
        await caller.hangs_up()


async def test_a_disk_that_fills_while_recording(fragile: Fragile) -> None:
    house, scene = fragile.house, scene_of(fragile.house)
    async with scene.call("+79131203493") as talking, scene.call("+79131203494") as late:
        for caller in (talking, late):
            await caller.hears("main-menu", within_s=25)
            await caller.press("5")
            await caller.hears(LOST_PROMPT)
        await talking.press("1")
        await talking.hears("beep")
        await talking.says("У нас с утра нет света, и никто не отвечает, когда его дадут.")
        with full(fragile.disk):
            await talking.says("Проспект Ленина, дом пятьдесят пять.")
            await talking.press("#")
            await talking.hears("complaint-review")
            await late.press("1")
            await late.hears("complaint-failed", within_s=25)
            await late.hears("person-connecting", within_s=10)
            assert rows_of_log(house, "recording-refused")
            await late.hangs_up()
            await talking.hangs_up()
    call = await one(scene, CallRecord, CallRecord.caller == "+79131203493", CallRecord.ended_at.is_not(None))
    draft = await one(scene, DraftAppeal, DraftAppeal.call_id == call.id)
    stored = await recordings(scene, call.id, at_least=1)
    assert draft.recording_id in {row.id for row in stored}
    assert any(row.kind == "message" and (row.seconds or 0) > 1 for row in stored)


async def test_a_talk_of_two_legs_outlives_the_disks_under_it(fragile: Fragile) -> None:
    """While each leg is written its disk is full, then gone; what is whole meets a store that takes no writes."""
    house, known = fragile.house, len(rows_of_log(fragile.house, "Traceback"))
    async with scene_of(house).call("+79131203498") as caller, two_agents(house) as (olga, igor):
        first = await taken(caller, olga)
        for trouble in (full, gone):
            with trouble(fragile.disk):
                await talk(caller, first, OLGA)
        await igor.registers()
        with read_only(fragile.store):
            await first.sends_on(igor.number)
            second = await igor.answered(15)
            await talk(caller, second, IGOR)
            for trouble in (gone, full):
                with trouble(fragile.disk):
                    await talk(caller, second, IGOR)
            await talk(caller, second, IGOR)
            await until_known(partial(parts_say, house, "recordings", works=False), "the health's word")
            [found] = await doctor.recordings(house.settings)
            assert (found.level, "remount" in found.cure) == ("wrong", True)
            await caller.hangs_up()
    await until_known(partial(parts_say, house, "recordings", works=True), "health again")
    call = await one(scene_of(house), CallRecord, CallRecord.caller == "+79131203498", CallRecord.ended_at.is_not(None))
    kept = await talks_of(house, call.id, 2)
    assert call.outcome == "talked"
    assert [sides(house, row).both_speak() for row in kept] == [True, True]
    assert [sides(house, row).agent_likest(OLGA, IGOR) for row in kept] == [OLGA, IGOR]
    assert not list(fragile.disk.glob("*.raw")), "each was taken in once"
    assert len(rows_of_log(house, "Traceback")) == known


async def test_a_disk_that_takes_no_writes_leaves_the_talk_unrecorded(fragile: Fragile) -> None:
    house = fragile.house
    words = ("recording-refused", "Traceback")
    known = [len(rows_of_log(house, word)) for word in words]
    async with scene_of(house).call("+79131203499") as caller, two_agents(house) as (olga, igor):
        with read_only(fragile.disk):
            first = await taken(caller, olga)
            await until_known(partial(parts_say, house, "disk", works=False), "the health's word")
            assert "нельзя писать" in machine.disk(house.settings)[-1].what
            await igor.registers()
            await first.sends_on(igor.number)
            await talk(caller, await igor.answered(15), IGOR)
            await caller.hangs_up()
    assert [len(rows_of_log(house, word)) for word in words] == [known[0] + 1, known[1]]


@asynccontextmanager
async def two_agents(house: Installation) -> AsyncIterator[list[AgentPhone]]:
    """Both answer; the second is to register before somebody is sent on to them."""
    agents = [house.carrier.agent(name) for name in house.settings.agents]
    await agents[1].unregisters()
    for agent in agents:
        agent.answers(0.2)
    try:
        yield agents
    finally:
        for agent in agents:
            agent.does_not_answer()
        await agents[1].registers()


async def parts_say(house: Installation, part: str, *, works: bool) -> bool:
    """Whether /healthz says so of this part."""
    _, told = await house.http("/healthz")
    return json.loads(told)["parts"][part] is works


async def test_a_broken_menu_is_refused_whole_and_a_good_one_serves_new_calls(fragile: Fragile) -> None:
    house, scene = fragile.house, scene_of(fragile.house)
    menu = house.settings.dialplan / "menus/skek.yaml"
    good = menu.read_text()
    async with scene.call("+79131203495") as before:
        await before.hears("notice")
        menu.write_text(good.replace("4: reference", "4: nowhere") + "orphan:\n  say: goodbye\n")
        [refused] = await until(lambda: rows_of_log(house, "menu-refused"), "the refusal")
        assert "skek.yaml" in refused
        async with scene.call("+79131203496") as old:
            await old.hears("main-menu", within_s=25)
            menu.write_text(good.replace("4: reference, 5: complaint", "4: complaint, 5: reference"))
            await until(lambda: rows_of_log(house, "menus-reloaded"), "the new menu")
            async with scene.call("+79131203497") as new:
                await old.press("4")
                await old.hears("reference-menu", within_s=5)
                await new.hears("main-menu", within_s=25)
                await new.press("4")
                await new.hears("complaint-menu", within_s=5)
                await new.hangs_up()
            await old.hangs_up()
        await before.hangs_up()
    menu.write_text(good)


def _copy_of_links(packages: PackageRoot, root: Path) -> Path:
    """A package root of links, whose RHVoice can be taken away; its program."""
    tree, real = root / "root", packages.tree
    for level in ("", "usr", "usr/bin"):
        (tree / level).mkdir()
        for entry in (real / level).iterdir():
            if entry.relative_to(real).as_posix() not in ("usr", "usr/bin"):
                (tree / level / entry.name).symlink_to(entry)
    return tree / "usr/bin/RHVoice-test"
