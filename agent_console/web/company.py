"""Which company a page is about: a person's own, or the one that is named by whoever sees several."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people.permissions import Actor
from gridline.companies import Company
from gridline.errors import NotFound
from gridline.scope import OutOfScope


def companies_of(console: Console, actor: Actor) -> list[Company]:
    """The companies a person sees, by name."""
    return sorted((one for one in console.companies if actor.sees(one.id)), key=lambda one: one.name)


def company_asked(request: web.Request) -> Company:
    """The company the address names, the first of theirs without one.

    Raises NotFound for one that is not there, OutOfScope for one that is not the person's to see.
    """
    console, actor = console_of(request), actor_of(request)
    choices = companies_of(console, actor)
    wanted = request.query.get("company", "")
    if not wanted and choices:
        return choices[0]
    for company in choices:
        if company.id == wanted:
            return company
    if any(company.id == wanted for company in console.companies):
        raise OutOfScope("Такой компании нет.")
    raise NotFound("Такой компании нет.")
