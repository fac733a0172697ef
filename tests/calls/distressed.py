"""A street where everything behind the telephone is broken: what is removed before and after the start."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from carrier.hearing.tones import chirps
from carrier.stories.installation import Installation
from carrier.stories.store import until
from grid.offices.offices import load
from gridline.clock import SystemClock
from gridline.db import new_id
from gridline.settings import HOUSE
from ivr.actions.power.offered import choices
from ivr.promised.spool import Spool
from ivr.storm.models import Announcement
from ivr.voice import audio
from ivr.voice.prompts import Phrase
from ivr.voice.voice import Voice
from tests.calls.stories.complaint import asks_for
from tests.calls.stories.distress import LOST, WISHES
from tests.calls.street import Street

APPEAL: dict[str, object] = {
    "company_id": "skek",
    "channel": "phone",
    "kind": "appeal",
    "topic": "service",
    "text": "Третий вечер моргает свет.",
    "phone": "+79131409999",
    "idempotency_key": "kept-before-everything-broke",
}


def packages_without_speech(folder: Path) -> Path:
    """The package root without RHVoice: links to everything else."""
    source = (HOUSE / ".packages").resolve()
    bin = folder / "root/usr/bin"
    bin.mkdir(parents=True)
    for links, names in (
        (folder, [one for one in source.iterdir() if one.name != "root"]),
        (folder / "root", [one for one in (source / "root").iterdir() if one.name != "usr"]),
        (folder / "root/usr", [one for one in (source / "root/usr").iterdir() if one.name != "bin"]),
        (bin, [one for one in (source / "root/usr/bin").iterdir() if not one.name.startswith("RHVoice")]),
    ):
        for one in names:
            (links / one.name).symlink_to(one)
    return folder


async def lose_prompts(house: Installation) -> None:
    """Give the installation its own prompts, without those lost for all companies and without МРСК's notice.

    Where the synthesiser still is, they are made first: some are composed for a call and perhaps nobody has heard them.
    So is what earlier calls left behind: a caller's number in words, and the topics of a visit.
    """
    shutil.copytree(HOUSE / "var/prompts/clips", house.settings.var / "prompts/clips")
    lost = [(prompt, company.id) for prompt in LOST for company in house.companies] + [("notice", "mrsk-centra")]
    voice = Voice.of(house.settings.model_copy(update={"package_root": HOUSE / ".packages"}))
    try:
        await voice.render([asks_for(WISHES)], "mrsk-centra")
        await voice.render(visit_topics(house), "skek")
        files = {(await voice.render([prompt], company)).file for prompt, company in lost}
    finally:
        await voice.close()
    for file in files:
        for ending in (".alaw", ".wav"):
            Path(f"{file}{ending}").unlink()


def visit_topics(house: Installation) -> list[Phrase]:
    """What a visit to СКЭК's office may be about, as its callers are asked."""
    company = house.companies.by_id("skek")
    (office,) = load(house.settings.dialplan / "offices/skek.yaml", company).offices
    return ["appointment-topic", *choices([company.topic(code).name for code in office.services])]


@asynccontextmanager
async def in_distress(street: Street) -> AsyncIterator[Street]:
    """The street alive, its database gone and its spool broken; at the end the database is back with every step."""
    await lose_prompts(street.house)
    var, series = street.house.settings.var, street.house.settings.node_series
    news = await announced_aloud(street.house)
    async with street.alive():
        await until(lambda: _ready(street.house, news), "объявление готово")
        for ending in (".wav", ".alaw"):
            (var / f"prompts/announced/{news}{ending}").unlink()
        _move(var, "gridline.db", "away.db")
        try:
            # Whoever was reading it at that moment could still mend what is broken now.
            await until(lambda: _away(street.house), "базы данных нет")
            Spool(var / "spool", series).keep(APPEAL)
            (var / "spool/counter").unlink()
            (var / "spool/counter").mkdir()
            yield street
        finally:
            database_is_back(street.house)


async def announced_aloud(house: Installation) -> str:
    """Announce something to СКЭК's callers by a voice that nobody can make anew; its id."""
    now = SystemClock().now()
    row = Announcement(
        id=new_id(), company_id="skek", branch="", starts_at=now, ends_at=now + timedelta(hours=1), text=""
    )
    row.sound = audio.wav_bytes(audio.to_pcm(chirps(7, 1.0).samples.astype(float)))
    row.seconds, row.made_by, row.made_at = 1.0, "user:dispatcher", now
    async with house.db.write() as session:
        session.add(row)
    return row.id


async def _ready(house: Installation, news: str) -> bool | None:
    """Whether callers would be played it by now: a sound taken away before is never one of theirs."""
    return any("announcement-ready" in line and news in line for line in house.log().splitlines()) or None


async def _away(house: Installation) -> bool | None:
    return any("background-job-failed" in line and "ещё нет" in line for line in house.log().splitlines()) or None


def database_is_back(house: Installation) -> None:
    """Put the database back; the journal then stores what it kept meanwhile."""
    _move(house.settings.var, "away.db", "gridline.db")


def _move(var: Path, before: str, after: str) -> None:
    for ending in ("", "-wal", "-shm"):
        if (var / f"{before}{ending}").exists():
            (var / f"{before}{ending}").rename(var / f"{after}{ending}")
