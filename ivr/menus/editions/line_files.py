"""The files that callers meet, as the line has them now: words, recordings, hours and menus, taken over all at once.

A changed file serves the next call. Whoever is on the line keeps the menu they began with and the words of its keys.
What is wrong with a file is told, and the line goes on with what it had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from gridline.companies import Companies, Company, every
from gridline.errors import Misconfigured
from ivr.actions import SIGNATURES
from ivr.menus.flows import Flows, ReadMenus, Stamp
from ivr.menus.vocabulary import Vocabulary
from ivr.voice.prompts import PromptBook
from ivr.voice.studio import Studio
from ivr.voice.voice import Voice

PROMPTS, COMPANIES, MENUS, STUDIO = "prompts.ru.yaml", "companies", "menus", "studio"
"""Where they lie in the dialplan's folder."""

log = structlog.get_logger(__name__)


def vocabulary_by_voice(voice: Voice, company: Company) -> Vocabulary:
    """What the company's menu may name; prompts to be filled in are for actions only."""
    lengths = voice.lengths(company.id)
    seconds = {id: lengths[id] for id, entry in voice.book.items() if not entry.placeholders}
    return Vocabulary.of(company, seconds, SIGNATURES)


class LineFiles:
    """Keeps `companies`, `flows` and `voices` (the callers' first) as the files of `dialplan` are."""

    def __init__(self, dialplan: Path, companies: Companies, flows: Flows, voices: Sequence[Voice]) -> None:
        self._dialplan = dialplan
        self._companies = companies
        self._flows = flows
        self._voices = voices
        self._seen = self._stamps()
        self._taken = False
        self.taking = asyncio.Lock()
        """Held while files are written that belong together, and while they are read."""

    async def look(self) -> bool:
        """Take over what has changed; whether anything was taken since the last look, by this one or by a publication.

        Then the words' sounds, and the names that the dialplan plays them by, are to be made.
        """
        async with self.taking:
            stamps = await asyncio.to_thread(self._stamps)
            if stamps != self._seen or self._flows.changed():
                await self.take()
            taken, self._taken = self._taken, False
            return taken

    async def take(self) -> tuple[Misconfigured, ...]:
        """Take over what the files say now, under `taking`; returns what is refused, and logs it."""
        self._taken = True
        self._seen = await asyncio.to_thread(self._stamps)
        try:
            book, studio = await asyncio.to_thread(self._voices[0].reread)
            companies, refused = await asyncio.to_thread(every, self._dialplan / COMPANIES)
            menus = await asyncio.to_thread(self._menus, book, studio, companies)
        except Misconfigured as error:
            log.error("prompts-refused", reason=error.message)
            return (error,)
        for voice in self._voices:
            voice.take(book, studio)
        for id in self._companies.take(companies):  # one whose file was refused is among them: it stays as it was
            log.warning("company-at-next-start", company=id)
        for wrong in refused:
            log.error("company-refused", reason=wrong.message)
        menus_refused = self._flows.take(menus)
        for wrong in menus_refused:
            log.error("menu-refused", reason=wrong.message)
        if not menus_refused:
            log.info("menus-reloaded")
        return (*refused, *menus_refused)

    def _menus(self, book: PromptBook, studio: Studio, companies: Companies) -> ReadMenus:
        voice = self._voices[0].as_now()
        voice.take(book, studio)
        new = {company.id: company for company in companies}
        known = [new.get(company.id, company) for company in self._companies]
        return self._flows.read(known, lambda company: vocabulary_by_voice(voice, company))

    def _stamps(self) -> dict[Path, Stamp]:
        found = dict[Path, Stamp]()
        places = (self._dialplan / PROMPTS, *(self._dialplan / COMPANIES).glob("*.yaml"))
        for file in (*places, *(self._dialplan / STUDIO).glob("*/*.wav")):
            try:
                stat = file.stat()
            except FileNotFoundError:  # gone since it was listed
                continue
            found[file] = (stat.st_mtime_ns, stat.st_size)
        return found
