"""F23, F32, F38: a full disk, a prompt that cannot be said, a menu that is wrong; the caller is served all the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from appeals.models import DraftAppeal
from asterisk_conf.packages import PackageRoot
from carrier.stories.installation import Installation
from carrier.stories.store import one, recordings
from gridline.settings import HOUSE
from ivr.journal.models import CallRecord
from tests.faults.conftest import made, scene_of
from tests.faults.injury import rows_of_log, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

DISK_MB = 3
LONGEST_SILENCE_S = 3.0
LOST_PROMPT = "complaint-menu"


@dataclass
class Fragile:
    """An installation with a small disk for recordings and a voice that can fail."""

    house: Installation
    disk: Path
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
    disk = var / "recordings/incoming"
    disk.mkdir(parents=True)
    with _small(disk):
        for ending in (".alaw", ".wav"):
            clip.with_suffix(ending).unlink()
        speaker.unlink()
        speaker.write_text("broken")
        try:
            await house.start()
            yield Fragile(house, disk, speaker)
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
    filler = fragile.disk / "filler"
    async with scene.call("+79131203493") as talking, scene.call("+79131203494") as late:
        for caller in (talking, late):
            await caller.hears("main-menu", within_s=25)
            await caller.press("5")
            await caller.hears(LOST_PROMPT)
        await talking.press("1")
        await talking.hears("beep")
        await talking.says("У нас с утра нет света, и никто не отвечает, когда его дадут.")
        with filler.open("wb") as out:
            free = os.statvfs(fragile.disk)
            out.write(b"\0" * (free.f_bavail * free.f_frsize))
        await talking.says("Проспект Ленина, дом пятьдесят пять.")
        await talking.press("#")
        await talking.hears("complaint-review")
        await late.press("1")
        await late.hears("complaint-failed", within_s=25)
        await late.hears("person-connecting", within_s=10)
        assert rows_of_log(house, "recording-refused")
        await late.hangs_up()
        await talking.hangs_up()
    filler.unlink()
    call = await one(scene, CallRecord, CallRecord.caller == "+79131203493", CallRecord.ended_at.is_not(None))
    draft = await one(scene, DraftAppeal, DraftAppeal.call_id == call.id)
    stored = await recordings(scene, call.id, at_least=1)
    assert draft.recording_id in {row.id for row in stored}
    assert any(row.kind == "message" and (row.seconds or 0) > 1 for row in stored)


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


@contextmanager
def _small(folder: Path) -> Iterator[None]:
    """A disk of its own for this folder; skips, saying so, where none may be mounted."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "gridline-test", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
