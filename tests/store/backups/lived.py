"""An installation that has lived: a register, recordings, promises on disk, secrets, edits; and its backup's folder."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.appeals import past
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE, Settings, load
from recordings.models import Recording
from tests.store.taken import taken_in

APPEALS = 20
CALLS = ["a" * 32, "b" * 32, "c" * 32]
PROMISE = '{"receipt": "9900000017", "intake": {}}'
SECRET = "dQw4w9WgXcQ"


@dataclass
class Lived:
    """`folder` holds all of it; `target` is where its backups go."""

    folder: Path
    config: Settings
    db: Database
    rows: list[Recording]

    @classmethod
    async def under(cls, folder: Path, db: Database, **own: object) -> Lived:
        """On a database that is migrated and empty."""
        var = folder / "live"
        (folder / "backups").mkdir(exist_ok=True)
        shutil.copytree(HOUSE / "dialplan", folder / "dialplan")
        (folder / "dialplan/studio/skek").mkdir(parents=True, exist_ok=True)
        (folder / "dialplan/studio/skek/beep.wav").write_bytes(b"RIFF of the studio")
        values = {"dialplan": folder / "dialplan", "database_url": db.url.render_as_string(hide_password=False), **own}
        for name, content in {
            "spool/9900000017.json": PROMISE,
            "spool/counter": "17",
            "secrets/evidence": SECRET,
            "takes/abc.wav": "RIFF of a take",
            "answers/letter.eml": "Ответ",
            "asterisk/var/log/cel-custom/Master.csv": "CHAN_START",
            "register-begun": "0068",
            "prompts/clips/made-again.wav": "RIFF",
            "asterisk/etc/asterisk.conf": "[rendered]",
        }.items():
            (var / name).parent.mkdir(parents=True, exist_ok=True)
            (var / name).write_text(content)
        company = Companies.load(HOUSE / "dialplan/companies").by_id("skek")
        chance = random.Random(4)
        for batch in past.year_of_appeals(company, 2025, APPEALS, ProductionCalendar(), chance):
            await past.store(db, batch)
        rows = await taken_in(db, var / "recordings", CALLS)
        return cls(folder, load(var=var, **values), db, rows)

    @property
    def target(self) -> Path:
        return self.folder / "backups"

    def elsewhere(self, url: str, name: str = "restored", **own: object) -> Settings:
        """Settings of a new, empty machine."""
        plan = self.folder / f"{name}-dialplan"
        return load(var=self.folder / name, database_url=url, dialplan=plan, **own)


def gridline(config: Settings, *arguments: str | Path) -> subprocess.Popen[str]:
    """The command itself, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from service.cli import main; main()", *map(str, arguments)],
        env=os.environ | environment(config),
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def environment(config: Settings) -> Mapping[str, str]:
    """These settings as the command reads them."""
    return {
        "PYTHONPATH": str(HOUSE),
        "GRIDLINE_SETTINGS": str(config.var / "none.toml"),
        "GRIDLINE_VAR": str(config.var),
        "GRIDLINE_DATABASE_URL": config.db_url,
        "GRIDLINE_DIALPLAN": str(config.dialplan),
    }


def said(config: Settings, *arguments: str | Path) -> tuple[int, str]:
    """The command's exit code and everything it said."""
    process = gridline(config, *arguments)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output
