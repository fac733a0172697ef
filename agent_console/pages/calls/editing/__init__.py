"""The pages where menus, words and hours are changed; and whose draft a page is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.web.company import company_asked
from gridline.companies import Company
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.scope import OutOfScope
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.view import DraftView, view_of

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class RefusedForm(Generic[F]):
    """Why a form was not taken, and what it held."""

    problem: str
    form: F
    moved: bool
    """Somebody else has saved meanwhile."""

    @classmethod
    def of(cls, error: DraftMoved | InvalidInput, form: F) -> RefusedForm[F]:
        """The form that this error was about."""
        return cls(error.message, form, isinstance(error, DraftMoved))


async def looked_at(request: web.Request) -> DraftView:
    """The open draft of the company asked for. Raises NotFound where there is none."""
    console, company = console_of(request), editable(request)
    draft = await console.editions.draft(company)
    if draft is None:
        raise NotFound("Черновика нет: его опубликовали или бросили. Начните новый на странице «Голосовое меню».")
    return await view_of(console.editions.dialplan, console.voice, company, draft)


async def looked_at_whole(request: web.Request) -> DraftView:
    """The same for articles and offices. Raises Conflict for a draft of before they were part of one."""
    view = await looked_at(request)
    if not view.draft.base.folders:
        raise Conflict(
            "Черновик начат до обновления программы, статей и офисов в нём нет. Опубликуйте или бросьте его."
        )
    return view


def editable(request: web.Request) -> Company:
    """The company asked for. Raises OutOfScope to whoever has a branch of their own: a menu is the whole company's."""
    company = company_asked(request)
    if actor_of(request).branch:
        raise OutOfScope("Меню общее для всей компании: его меняет тот, кто отвечает за все филиалы.")
    return company
