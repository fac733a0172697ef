"""The measured menu: its data for both sides, and the proof of what was done (calls finished, steps stored)."""

from __future__ import annotations

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

    async def whole(self, company_id: str) -> int:
        """How many of this company's stored calls went the whole way and left each step and each sound.

        More steps there may be: on a busy machine a key comes late, and the menu asks again.
        """
        steps, sounds = func.count(), func.count().filter(CallStep.sound != "")
        calls = (
            select(CallRecord.id)
            .join(CallStep, CallStep.call_id == CallRecord.id)
            .where(CallRecord.company_id == company_id, CallRecord.outcome == "finished")
            .group_by(CallRecord.id)
            .having(steps >= STEPS[company_id], sounds >= STEPS[company_id] - 2)
        )
        async with self._db.read() as session:
            return await session.scalar(select(func.count()).select_from(calls.subquery())) or 0

    async def prove(self, company_id: str, before: int, calls: int) -> None:
        """At least `calls` calls are whole that were not `before`: tries that were too many may have left others.

        Raises Unavailable: the figure would be worth nothing. The controller must have stopped, so that nothing is
        still on its way to the database.
        """
        done = await self.whole(company_id) - before
        if done < calls:
            raise Unavailable(f"Работа не доказана: целиком сохранено {done} звонков, а должно быть {calls}.")

    async def close(self) -> None:
        """Let the database go."""
        await self._db.close()
