"""The measured menu: its data for both sides, and the proof of what was done (calls finished, steps stored)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

import migrations
from appeals import numbering
from appeals.intake.intake import accept
from appeals.register import Register, Registered
from bench.calls.load import CALLERS, caller
from bench.calls.rig import Rig
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import Unavailable
from ivr.journal.models import CallRecord, CallStep
from ivr.voice import audio, spoken
from ivr.voice.clips import Clips
from ivr.voice.prompts import Prompt
from ivr.voice.studio import Studio
from ivr.voice.synthesis import RHVoice, find_rhvoice

ANSWER_S = 0.5
STEPS = {"bench": 6, "crowd": 7}
"""Steps one call leaves: the notice and its end, (the text,) the key, the answer and its end, the goodbye."""
DIALLED = {"bench": "78000000001", "crowd": "78000000002"}
PLAIN = "20000"
"""The same menu without a controller."""


@dataclass(frozen=True)
class Done:
    """What the controller has stored of a company's calls that went the whole way."""

    finished: int = 0
    steps: int = 0
    sounds: int = 0
    """Steps that said something."""

    def since(self, before: Done) -> Done:
        """The difference."""
        return Done(self.finished - before.finished, self.steps - before.steps, self.sounds - before.sounds)


async def with_open_appeals(db: Database, company: Company, companies: Companies) -> list[Registered]:
    """Give each caller an open appeal with this company, in an empty database too."""
    await migrations.upgrade(db)
    register = Register(db, SystemClock(), companies, ProductionCalendar())
    own = {"company_id": company.id, "channel": "phone", "kind": "appeal", "topic": "outages", "actor": "bench"}
    return [
        await register.register(accept({**own, "phone": f"+{caller(number)}", "text": "Нет света"}))
        for number in range(CALLERS)
    ]


class MeasuredMenu:
    """Both sides of the measured menu on one rig."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._db = Database(rig.settings.db_url)
        self._answers: dict[str, Path] = {}

    async def prepare(self) -> dict[str, Path]:
        """Fill the database: each caller has an open appeal; returns the fixed prompts' files."""
        clock, rig = SystemClock(), self._rig
        config = rig.settings
        voice = rig.voice()
        synthesiser = RHVoice(find_rhvoice(config.package_root), config.voice)
        clips = Clips(voice.book, synthesiser, config.var.absolute() / "prompts", Studio(config.dialplan / "studio"))
        for company in rig.companies:
            today = clock.now().astimezone(company.zone).date()
            for number, made in enumerate(await with_open_appeals(self._db, company, rig.companies)):
                words = Prompt(
                    "known-open-appeal",
                    number=spoken.digit_by_digit(numbering.written(made.number)),
                    until=spoken.until(made.deadline, today),
                )
                clip = clips.find(words, company.id)  # what the action will say: its sound is there, and short
                audio.write_pair(clip.file, audio.tone(300 + number, ANSWER_S))
                if company.id == "bench":
                    self._answers[caller(number)] = clip.file
        fixed = {id: (await voice.render([id], "bench")).file for id in ("notice", "main-menu", "goodbye")}
        fixed["text"] = (await voice.render(["two-seconds"] * 6, "bench")).file
        await voice.close()
        return fixed

    async def tell_asterisk(self) -> None:
        """The same answers in AstDB, for the dialplan's own look-up."""
        for number, file in self._answers.items():
            await self._rig.phone.rx(f"database put bench {number} {file}")

    async def done(self, company_id: str) -> Done:
        """What is stored of this company's calls by now."""
        whole = (CallRecord.company_id == company_id, CallRecord.outcome == "finished")
        async with self._db.read() as session:
            finished = await session.scalar(select(func.count()).select_from(CallRecord).where(*whole))
            steps, sounds = (
                await session.execute(
                    select(func.count(), func.count().filter(CallStep.sound != ""))
                    .select_from(CallStep)
                    .join(CallRecord, CallRecord.id == CallStep.call_id)
                    .where(*whole)
                )
            ).one()
        return Done(finished or 0, steps, sounds)

    async def prove(self, company_id: str, before: Done, calls: int) -> None:
        """At least `calls` calls since `before` went the whole way, and left each step and each sound.

        More steps there may be: on a busy machine a key comes late, and the menu asks again.

        Raises Unavailable: the figure would be worth nothing. The controller must have stopped, so that nothing is
        still on its way to the database.
        """
        done = (await self.done(company_id)).since(before)
        wanted = Done(done.finished, done.finished * STEPS[company_id], done.finished * (STEPS[company_id] - 2))
        if done.finished < calls or done.steps < wanted.steps or done.sounds < wanted.sounds:
            raise Unavailable(f"Работа не доказана: сохранено {done}, а должно быть {calls} звонков и {wanted}.")

    async def close(self) -> None:
        """Let the database go."""
        await self._db.close()
