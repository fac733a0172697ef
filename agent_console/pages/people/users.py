"""`/users`: who may sign in; the administrator adds, disables, signs out, and hands over one-time passwords."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people import people
from agent_console.people.models import Role, User
from agent_console.people.people import ListedUser
from agent_console.people.permissions import ROLE_NAMES, Permission
from agent_console.people.users import USERS
from agent_console.web.company import companies_of
from agent_console.web.query_string import QueryString
from agent_console.web.render import render
from agent_console.web.routes import MenuEntry, add, add_entry
from gridline.errors import InvalidInput

ONE = r"/users/{id:[0-9a-f]{32}}"
CHANGED = "users-changed"
"""The event at which the list on the page is taken anew."""


@dataclass(frozen=True, slots=True)
class UserRow:
    """A line of the list: a person, and the names of their company and branch."""

    person: ListedUser
    company: str
    branch: str

    @property
    def user(self) -> User:
        """Who it is."""
        return self.person.user

    @property
    def sessions(self) -> int:
        """How many browsers are signed in."""
        return self.person.sessions

    @property
    def seen_at(self) -> datetime | None:
        """Their last activity."""
        return self.person.seen_at


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/users", page, permission=Permission.USERS_MANAGE)
    add(app, "POST", "/users", add_user, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/reset", reset, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/sign-out", sign_out, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/disable", disable, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/enable", enable, permission=Permission.USERS_MANAGE)
    add_entry(app, MenuEntry(90, "Люди", "/users", "users", Permission.USERS_MANAGE, key="u"))


async def page(request: web.Request) -> web.Response:
    """Everybody this administrator sees."""
    console, actor = console_of(request), actor_of(request)
    companies = companies_of(console, actor)
    given = QueryString(request.query)
    words, role = given.text("q", at_most=64), given.code("role", list(Role), "Роль")
    async with console.db.read() as session:
        found = await people.listed(
            session, console.clock.now(), visible_to=actor.scope, words=words, role=Role(role) if role else None
        )
    return render(
        request,
        "users.html",
        title="Люди",
        people=[_row(console, one) for one in found],
        query=words,
        role=role,
        roles=ROLE_NAMES,
        companies=companies,
    )


async def add_user(request: web.Request) -> web.StreamResponse:
    """Add a person; the one-time password is shown once, here."""
    form, actor = await request.post(), actor_of(request)
    given = {name: str(form.get(name, "")).strip() for name in ("login", "name", "role", "company", "branch", "agent")}
    if given["role"] not in set(Role):
        raise InvalidInput("Выберите роль.")
    company = given["company"] or None
    if not actor.sees(company):
        raise InvalidInput("Добавлять можно людей своей компании.")
    password = await request.app[USERS].add(
        given["login"],
        given["name"],
        Role(given["role"]),
        company_id=company,
        branch=given["branch"],
        agent=given["agent"] or None,
        by=actor.user_id,
    )
    return _password(request, given["name"], given["login"].lower(), password)


async def reset(request: web.Request) -> web.StreamResponse:
    """A new one-time password for whoever has forgotten theirs."""
    user = await _user(request)
    if user.id == actor_of(request).user_id:
        raise InvalidInput("Свой пароль меняют на странице «Учётная запись».")
    password = await request.app[USERS].reset(user.login, by=actor_of(request).user_id)
    return _password(request, user.name, user.login, password)


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End their sessions on every device."""
    user = await _user(request)
    await request.app[USERS].sign_out(user.login, by=actor_of(request).user_id)
    return _done(f"{user.name}: все сеансы завершены")


async def disable(request: web.Request) -> web.StreamResponse:
    """No way in any more."""
    user = await _user(request)
    await request.app[USERS].disable(user.login, by=actor_of(request).user_id)
    await console_of(request).leavers.see_off()
    return _done(f"{user.name}: вход закрыт")


async def enable(request: web.Request) -> web.StreamResponse:
    """Let them in again."""
    user = await _user(request)
    await request.app[USERS].enable(user.login, by=actor_of(request).user_id)
    await console_of(request).leavers.see_off()
    return _done(f"{user.name}: вход открыт")


async def _user(request: web.Request) -> User:
    """Raises NotFound, and OutOfScope for one of another company or of all companies."""
    async with console_of(request).db.read() as session:
        return await people.find(session, request.match_info["id"], visible_to=actor_of(request).scope)


def _row(console: Console, person: ListedUser) -> UserRow:
    user = person.user
    company = console.companies.by_id(user.company_id) if user.company_id else None
    branch = company.branch(user.branch).name if company and user.branch else ""
    return UserRow(person, company.name if company else "все компании", branch)


def _password(request: web.Request, name: str, login: str, password: str) -> web.Response:
    """The dialog with the password; it is stored nowhere, so that it is seen here or never."""
    answer = render(
        request,
        "users_password.html",
        title="Одноразовый пароль",
        block="dialog",
        person=name,
        login=login,
        password=password,
    )
    answer.headers["HX-Trigger"] = json.dumps({"close-dialog": {}, CHANGED: {}})
    return answer


def _done(text: str) -> web.Response:
    told = {"toast": {"text": text, "level": "good"}, CHANGED: {}}
    return web.Response(status=204, headers={"HX-Trigger": json.dumps(told)})
