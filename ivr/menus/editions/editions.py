"""Drafts and versions of what a company's callers meet: saved, undone, checked, published, and had back.

There is one draft a company. A save names the revision it began from; where somebody else has saved meanwhile it is
refused with who, when and what, and nothing of either is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.clock import Clock
from gridline.companies import Company
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from ivr.menus.editions import drafts, files
from ivr.menus.editions.checking import CheckedEdition, Checking
from ivr.menus.editions.drafts import OpenDraft
from ivr.menus.editions.edition import Edition, EditionChange, changes, merged
from ivr.menus.editions.line_files import LineFiles
from ivr.menus.editions.models import DraftSave, EditionDraft, EditionVersion

FOUND = "Как было до первой правки в консоли"
"""The note of the first version."""
FOUND_CHANGED = "Файлы изменены не в консоли"
Told = Callable[[AsyncSession, EditionVersion, list[EditionChange]], None]
"""Writes something of a publication in its own transaction: the audit."""


class FilesMoved(Conflict):
    """What the draft changes has been changed in the files since it was begun."""

    code = "files-moved"
    title = "Файлы изменили мимо консоли"

    def __init__(self, in_the_way: list[EditionChange]) -> None:
        names = ", ".join(one.name for one in in_the_way)
        super().__init__(
            f"Пока черновик правили, это изменили в самих файлах: {names}. Ничего не опубликовано, черновик цел. "
            "Ниже видно, что изменилось: внесите это в черновик или бросьте его и начните заново."
        )
        self.in_the_way = in_the_way


class Editions:
    """The editions of an installation, whose files lie in `dialplan`."""

    def __init__(
        self, db: Database, clock: Clock, dialplan: Path, var: Path, line: LineFiles | None, checking: Checking
    ) -> None:
        self._db = db
        self._clock = clock
        self._line = line
        self._checking = checking
        self.dialplan = dialplan
        self.var = var

    async def now(self, company: Company) -> Edition:
        """What the files hold. Raises Misconfigured, OSError."""
        return await asyncio.to_thread(files.read, self.dialplan, self.var, company)

    async def draft(self, company: Company) -> OpenDraft | None:
        """The company's draft, if there is one. Raises Unavailable."""
        async with self._db.read() as session:
            return await drafts.find(session, company.id)

    async def begin(self, company: Company, who: str, content: Edition | None = None) -> None:
        """Begin a draft where there is none: of what the files hold, with this content. Raises Conflict."""
        base, at = await self.now(company), self._clock.now()
        with suppress(IntegrityError):  # somebody else begins one at this moment
            async with self._db.write() as session:
                if await drafts.find(session, company.id) is None:
                    row = EditionDraft(company_id=company.id, begun_at=at, begun_by=who, base=base.stored())
                    session.add(row)
                    await session.flush()
                    session.add(drafts.saved(row.id, 0, at, who, "начат черновик", None, base))
                    if content is not None:
                        whole = merged(base, content, base)[0]
                        session.add(drafts.saved(row.id, 1, at, who, "взята прежняя версия", 0, whole))
                    return
        if content is not None:
            raise Conflict("Черновик уже есть. Опубликуйте его или бросьте, потом возвращайте версию.")

    async def save(self, company: Company, revision: int, content: Edition, said: str, who: str) -> None:
        """Save what was made of a revision. Raises DraftMoved, NotFound, Unavailable."""
        async with self._db.write() as session:
            draft, id = await drafts.at(session, company.id, revision)
            if content != draft.content:
                session.add(drafts.saved(id, revision + 1, self._clock.now(), who, said, revision, content))

    async def undo(self, company: Company, revision: int, who: str) -> None:
        """Take the last save back that was not. Raises DraftMoved, NotFound, InvalidInput, Unavailable."""
        async with self._db.write() as session:
            draft, id = await drafts.at(session, company.id, revision)
            if draft.undo is None:
                raise InvalidInput("Отменять нечего: черновик такой, каким его начали.")
            of = (DraftSave.draft_id == id, DraftSave.revision == draft.undo)
            earlier = (await session.scalars(select(DraftSave).where(*of))).one()
            said, content = f"отменено: {draft.said}", Edition.of(earlier.content)
            session.add(drafts.saved(id, revision + 1, self._clock.now(), who, said, earlier.before, content))

    async def drop(self, company: Company) -> None:
        """Forget the draft; what callers meet stays as it is. Raises Unavailable."""
        async with self._db.write() as session:
            await drafts.forget(session, company.id)

    async def check(self, company: Company, content: Edition) -> CheckedEdition:
        """What is wrong with it, and the sound of what it changes. Raises Unavailable."""
        return await self._checking.check(company, content, await self.now(company))

    async def hear(self, company: Company, content: Edition, prompt: str) -> bytes:
        """A prompt as this edition says it, a WAV. Raises InvalidInput, Unavailable."""
        return await self._checking.hear(company, content, prompt)

    async def hear_words(self, company: Company, content: Edition, words: str) -> bytes:
        """Words of an article as this company's voice says them, a WAV. Raises InvalidInput, Unavailable."""
        return await self._checking.hear_words(company, content, words)

    async def publish(self, company: Company, revision: int, note: str, who: str, told: Told) -> EditionVersion:
        """Write the draft into the files, let the line take them over, and keep the version.

        Raises DraftMoved, FilesMoved, InvalidInput where the check finds a mistake, Unavailable where the files cannot
        be written; in every case callers meet what they met before.
        """
        draft = await self.draft(company)
        if draft is None:
            raise NotFound("Черновика нет: его уже опубликовали или бросили.")
        drafts.must_be(draft, revision)
        if not draft.changes:
            raise InvalidInput("Черновик ничего не меняет: публиковать нечего.")
        content, in_the_way = merged(draft.base, draft.content, await self.now(company))
        if in_the_way:
            raise FilesMoved(in_the_way)
        if (checked := await self.check(company, content)).mistakes:
            raise InvalidInput(f"Опубликовать нельзя: {checked.mistakes[0].text}")
        if self._line is None:
            return await self._written(company, revision, content, note, who, told)
        async with self._line.taking:
            version = await self._written(company, revision, content, note, who, told)
            await self._line.take()
        return version

    async def versions(self, company: Company, most: int) -> list[EditionVersion]:
        """The newest versions, the newest first. Raises Unavailable."""
        query = select(EditionVersion).where(EditionVersion.company_id == company.id)
        async with self._db.read() as session:
            return list(await session.scalars(query.order_by(EditionVersion.number.desc()).limit(most)))

    async def version(self, company: Company, number: int) -> EditionVersion:
        """One of them. Raises NotFound, Unavailable."""
        of_it = (EditionVersion.company_id == company.id, EditionVersion.number == number)
        async with self._db.read() as session:
            found = (await session.scalars(select(EditionVersion).where(*of_it))).one_or_none()
        if found is None:
            raise NotFound("Такой версии нет.")
        return found

    async def _written(
        self, company: Company, revision: int, content: Edition, note: str, who: str, told: Told
    ) -> EditionVersion:
        """Files and rows together: the rows are put in first and kept once the files are there, or neither is."""
        before = dict[str, bytes | None]()
        async with AsyncExitStack() as undoing:  # a commit that fails, or a publication that is cancelled
            undoing.push_async_callback(asyncio.to_thread, files.write, self.dialplan, before)
            version = await self._stored(company, revision, content, note, who, told, before)
            undoing.pop_all()
        return version

    async def _stored(
        self,
        company: Company,
        revision: int,
        content: Edition,
        note: str,
        who: str,
        told: Told,
        before: dict[str, bytes | None],
    ) -> EditionVersion:
        """One transaction; what the files held when they were written is put into `before`."""
        async with self._db.write() as session:
            draft, _ = await drafts.at(session, company.id, revision)
            now = await self.now(company)
            _, in_the_way = merged(draft.base, draft.content, now)
            if in_the_way:
                raise FilesMoved(in_the_way)
            newest = await self._newest(session, company, now)
            version = EditionVersion(
                company_id=company.id,
                number=newest + 1,
                published_at=self._clock.now(),
                published_by=who,
                note=note,
                content=content.stored(),
            )
            session.add(version)
            told(session, version, changes(now, content))
            await drafts.forget(session, company.id)
            await session.flush()
            wanted = await asyncio.to_thread(files.contents, self.dialplan, self.var, company, now, content)
            before |= await asyncio.to_thread(files.write, self.dialplan, wanted)
        return version

    async def _newest(self, session: AsyncSession, company: Company, now: Edition) -> int:
        """The number of the newest version; what the files hold is one, whoever has written them."""
        query = select(EditionVersion).where(EditionVersion.company_id == company.id)
        newest = await session.scalar(query.order_by(EditionVersion.number.desc()).limit(1))
        if newest is not None and not changes(Edition.of(newest.content), now):
            return newest.number
        number = newest.number + 1 if newest is not None else 1
        session.add(
            EditionVersion(
                company_id=company.id,
                number=number,
                published_at=self._clock.now(),
                published_by="",
                note=FOUND_CHANGED if newest is not None else FOUND,
                content=now.stored(),
            )
        )
        return number
