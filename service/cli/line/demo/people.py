"""The demo's people: two agents, a supervisor and, where there is nobody yet, the administrator."""

from __future__ import annotations

from dataclasses import dataclass

from agent_console.people.models import Role, User
from agent_console.people.passwords import Passwords, one_time
from agent_console.people.users import FIRST, Users
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database


@dataclass(frozen=True)
class DemoPerson:
    """A person to sign in as."""

    login: str
    name: str
    role: Role
    agent: str | None = None
    password: str = ""


_COMPANY = "skek"
_PEOPLE = (
    DemoPerson("demo-olga", "Ольга Савельева", Role.AGENT, "101"),
    DemoPerson("demo-igor", "Игорь Лебедев", Role.AGENT, "102"),
    DemoPerson("demo-marina", "Марина Ковалёва", Role.SUPERVISOR),
)


async def hired(db: Database, companies: Companies) -> list[DemoPerson]:
    """Everybody, each with a new password; those of the last demo are no longer valid.

    An existing administrator keeps their own.
    """
    users = Users(db, SystemClock(), companies, Passwords())
    known = {user.login: user for user in await users.all()}
    people = [await _with_password(users, known.get(person.login), person) for person in _PEOPLE]
    if FIRST not in known:
        people.append(await _with_password(users, None, DemoPerson(FIRST, "Администратор", Role.ADMIN)))
    return people


async def _with_password(users: Users, known: User | None, person: DemoPerson) -> DemoPerson:
    if known is None:
        company = None if person.role is Role.ADMIN else _COMPANY
        await users.add(person.login, person.name, person.role, company_id=company, agent=person.agent)
        known = next(user for user in await users.all() if user.login == person.login)
    password = one_time()
    await users.choose_password(known.id, password, keep="")
    return DemoPerson(person.login, person.name, person.role, person.agent, password)
