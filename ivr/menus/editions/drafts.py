"""The one open draft of a company: as it stands, saved on, forgotten; each within its caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.errors import Conflict, NotFound
from ivr.menus.editions.edition import Edition, EditionChange, changes
from ivr.menus.editions.models import DraftSave, EditionDraft


class DraftMoved(Conflict):
    """Somebody else has saved the draft since this one was looked at."""

    code = "draft-moved"
    title = "Черновик уже изменили"


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """The open draft of a company, as it stands."""

    begun_at: datetime
    begun_by: str
    base: Edition
    content: Edition
    revision: int
    saved_at: datetime
    saved_by: str
    said: str
    """What the last save changed."""
    undo: int | None
    """The revision that an undo leads to."""

    @property
    def changes(self) -> list[EditionChange]:
        """What it would change."""
        return changes(self.base, self.content)


async def at(session: AsyncSession, company_id: str, revision: int) -> tuple[OpenDraft, str]:
    """The draft and its id, for whoever has looked at this revision. Raises NotFound, DraftMoved.

    It is locked for the transaction: whoever saves at the same moment finds what was saved.
    """
    id = await session.scalar(select(EditionDraft.id).where(EditionDraft.company_id == company_id).with_for_update())
    draft = await find(session, company_id)
    if draft is None or id is None:
        raise NotFound("Черновика нет: его уже опубликовали или бросили.")
    must_be(draft, revision)
    return draft, id


def must_be(draft: OpenDraft, revision: int) -> None:
    """Raises DraftMoved where somebody has saved it since."""
    if draft.revision != revision:
        raise DraftMoved(f"Пока вы правили, черновик сохранили ещё раз. {draft.saved_by}: {draft.said}.")


async def find(session: AsyncSession, company_id: str) -> OpenDraft | None:
    """The company's draft, if there is one."""
    query = select(EditionDraft, DraftSave).join(DraftSave, DraftSave.draft_id == EditionDraft.id)
    query = query.where(EditionDraft.company_id == company_id).order_by(DraftSave.revision.desc()).limit(1)
    row = (await session.execute(query)).first()
    if row is None:
        return None
    draft, save = row
    return OpenDraft(
        draft.begun_at,
        draft.begun_by,
        Edition.of(draft.base),
        Edition.of(save.content),
        save.revision,
        save.saved_at,
        save.saved_by,
        save.said,
        save.before,
    )


async def forget(session: AsyncSession, company_id: str) -> None:
    """Keep nothing of it."""
    of = select(EditionDraft.id).where(EditionDraft.company_id == company_id).scalar_subquery()
    await session.execute(delete(DraftSave).where(DraftSave.draft_id == of))
    await session.execute(delete(EditionDraft).where(EditionDraft.company_id == company_id))


def saved(
    draft_id: str, revision: int, at: datetime, who: str, said: str, before: int | None, content: Edition
) -> DraftSave:
    """The row of one save; `before` is the revision that an undo leads to."""
    return DraftSave(
        draft_id=draft_id,
        revision=revision,
        saved_at=at,
        saved_by=who,
        said=said,
        before=before,
        content=content.stored(),
    )
