"""`/users`: who may sign in; the administrator adds, disables, signs out, and hands over one-time passwords."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import and_, case, func, select

from agent_console.console import actor_of, console_of
from agent_console.pages.wallboard import companies_of
from agent_console.people.models import Role, User, UserSession
from agent_console.people.permissions import ROLE_NAMES, Permission
from agent_console.people.users import USERS
from agent_console.web.render import render
from agent_console.web.routes import Entry, add, add_entry
from gridline.errors import InvalidInput, NotFound

ONE = r"/users/{id:[0-9a-f]{32}}"
CHANGED = "users-changed"
"""The event at which the list on the page is taken anew."""


@dataclass(frozen=True, slots=True)
class Person:
    """A line of the list."""

    user: User
    company: str
    branch: str
    sessions: int
    seen_at: datetime | None


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/users", page, permission=Permission.USERS_MANAGE)
    add(app, "POST", "/users", add_user, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/reset", reset, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/sign-out", sign_out, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/disable", disable, permission=Permission.USERS_MANAGE)
    add(app, "POST", f"{ONE}/enable", enable, permission=Permission.USERS_MANAGE)
    add_entry(app, Entry(90, "Люди", "/users", "users", Permission.USERS_MANAGE, key="u"))


async def page(request: web.Request) -> web.Response:
    """Everybody this administrator sees."""
    console, actor = console_of(request), actor_of(request)
    companies = companies_of(console, actor)
    query, role = request.query.get("q", "").strip()[:64], request.query.get("role", "")
    return render(
        request,
        "users.html",
        title="Люди",
        people=await _people(request, query, role),
        query=query,
        role=role,
        roles=ROLE_NAMES,
        companies=companies,
    )


async def add_user(request: web.Request) -> web.StreamResponse:
    """Add a person; his one-time password is shown once, here."""
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
    """A new one-time password for who has forgotten his."""
    user = await _user(request)
    if user.id == actor_of(request).user_id:
        raise InvalidInput("Свой пароль меняют на странице «Учётная запись».")
    password = await request.app[USERS].reset(user.login, by=actor_of(request).user_id)
    return _password(request, user.name, user.login, password)


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End his sessions on every device."""
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
    """Let him in again."""
    user = await _user(request)
    await request.app[USERS].enable(user.login, by=actor_of(request).user_id)
    await console_of(request).leavers.see_off()
    return _done(f"{user.name}: вход открыт")


async def _user(request: web.Request) -> User:
    """Raises NotFound; NotHis for one of another company, or of all companies."""
    async with console_of(request).db.read() as session:
        user = await session.get(User, request.match_info["id"])
    if user is None:
        raise NotFound("Такого человека нет.")
    actor_of(request).must_see(user.company_id, user.branch)
    return user


async def _people(request: web.Request, query: str, role: str) -> list[Person]:
    console, actor = console_of(request), actor_of(request)
    now = console.clock.now()
    open_now = case((and_(UserSession.revoked_at.is_(None), UserSession.expires_at > now), 1), else_=0)
    sessions = select(UserSession.user_id, func.sum(open_now), func.max(UserSession.seen_at)).group_by(
        UserSession.user_id
    )
    async with console.db.read() as session:
        users = list(await session.scalars(select(User).order_by(User.name, User.login)))
        seen = {user_id: (count, at) for user_id, count, at in await session.execute(sessions)}
    wanted = query.casefold()
    found = []
    for user in users:
        if not actor.sees(user.company_id, user.branch) or (role and user.role != role):
            continue
        if wanted and wanted not in f"{user.name} {user.login} {user.agent or ''}".casefold():
            continue
        company = console.companies.by_id(user.company_id) if user.company_id else None
        branch = company.branch(user.branch).name if company and user.branch else ""
        count, at = seen.get(user.id, (0, None))
        found.append(Person(user, company.name if company else "все компании", branch, count, at))
    return found


def _password(request: web.Request, name: str, login: str, password: str) -> web.Response:
    """The dialog with the password; it is stored nowhere, so that it is seen here or never."""
    answer = render(
        request, "users_password.html", title="Одноразовый пароль", block="dialog", person=name, login=login,
        password=password,
    )  # fmt: skip
    answer.headers["HX-Trigger"] = json.dumps({"close-dialog": {}, CHANGED: {}})
    return answer


def _done(text: str) -> web.Response:
    told = {"toast": {"text": text, "level": "good"}, CHANGED: {}}
    return web.Response(status=204, headers={"HX-Trigger": json.dumps(told)})
