"""People: every query about who may sign in and who did what, and which of them somebody may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people.models import Role, User, UserSession
from agent_console.people.permissions import GRANTED, Permission
from gridline.errors import NotFound
from gridline.scope import OutOfScope, Scope

NOBODY = "Такого человека нет."
_MACHINES = {
    "ivr": "автоответчик",
    "reception": "никто: ещё не назначен",
    "system": "программа",
    "emergency": "аварийная запись",
}
_PREFIXES = {"cli": "командная строка", "api": "внешняя система", "import": "загрузка таблицы", "agent": "оператор"}


@dataclass(frozen=True, slots=True)
class ListedUser:
    """Somebody who may sign in, with their open sessions."""

    user: User
    sessions: int
    seen_at: datetime | None


def signature(login: str) -> str:
    """How the register's `actor` and `owner` name a person of the console."""
    return f"user:{login}"


def spelled(actor: str, names: Mapping[str, str]) -> str:
    """An actor of the register for a reader."""
    if actor in names:
        return names[actor]
    if actor in _MACHINES:
        return _MACHINES[actor]
    prefix, _, rest = actor.partition(":")
    return f"{_PREFIXES[prefix]} ({rest})" if prefix in _PREFIXES and rest else rest or actor


async def find(session: AsyncSession, id: str, *, visible_to: Scope) -> User:
    """The person with this id. Raises NotFound, and OutOfScope for one of another company or of all companies."""
    seen = visible_to.where(User.company_id, User.branch)
    row = (await session.execute(select(User, case((seen, 1), else_=0)).where(User.id == id))).first()
    if row is None:
        raise NotFound(NOBODY)
    user: User = row[0]
    if not row[1]:
        raise OutOfScope(NOBODY)
    return user


async def listed(
    session: AsyncSession, now: datetime, *, visible_to: Scope, words: str = "", role: Role | None = None
) -> list[ListedUser]:
    """Everybody the asker may see, by name; `words` is a part of name, login or number, in any case."""
    open_now = case((and_(UserSession.revoked_at.is_(None), UserSession.expires_at > now), 1), else_=0)
    of_each = (
        select(UserSession.user_id, func.sum(open_now).label("open"), func.max(UserSession.seen_at).label("seen_at"))
        .group_by(UserSession.user_id)
        .subquery()
    )
    query = (
        select(User, func.coalesce(of_each.c.open, 0), of_each.c.seen_at)
        .outerjoin(of_each, of_each.c.user_id == User.id)
        .where(visible_to.where(User.company_id, User.branch))
        .order_by(User.name, User.login)
    )
    if role is not None:
        query = query.where(User.role == role)
    found = [ListedUser(user, count, at) for user, count, at in await session.execute(query)]
    wanted = words.casefold()  # here: SQLite's own LIKE knows no case of Russian letters
    return [one for one in found if wanted in f"{one.user.name} {one.user.login} {one.user.agent or ''}".casefold()]


async def logins(session: AsyncSession, *, visible_to: Scope) -> list[tuple[str, str]]:
    """Logins and names of everybody the asker may see, by name."""
    query = select(User.login, User.name).where(visible_to.where(User.company_id, User.branch)).order_by(User.name)
    return [(login, name) for login, name in await session.execute(query)]


async def names(session: AsyncSession, actors: Iterable[str | None]) -> dict[str, str]:
    """By signature, the names of those actors who are people."""
    logins = {one.removeprefix("user:") for one in actors if one and one.startswith("user:")}
    if not logins:
        return {}
    query = select(User.login, User.name).where(User.login.in_(logins))
    return {signature(login): name for login, name in await session.execute(query)}


async def id_of(session: AsyncSession, actor: str) -> str:
    """Whose id an actor's name (`user:LOGIN`) is; empty for whoever is no person."""
    found = await session.scalar(select(User.id).where(User.login == actor.removeprefix("user:")))
    return found or ""


async def names_of(session: AsyncSession, ids: Collection[str]) -> dict[str, str]:
    """By id, the names of these people."""
    if not ids:
        return {}
    rows = await session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {id: name for id, name in rows}  # noqa: C416 (a Row is not a pair to mypy)


async def branches_of(session: AsyncSession, ids: Collection[str]) -> dict[str, str]:
    """By id, the branches these people work for; "" is all of them."""
    rows = await session.execute(select(User.id, User.branch).where(User.id.in_(ids)))
    return {id: branch for id, branch in rows}  # noqa: C416 (a Row is not a pair to mypy)


async def agents(session: AsyncSession, company_id: str) -> dict[str, str]:
    """Number to name of everybody who answers or has answered calls for the company, by name."""
    query = select(User.agent, User.name).where(User.company_id == company_id, User.agent.is_not(None))
    return {agent: name for agent, name in await session.execute(query.order_by(User.name)) if agent is not None}


async def owners(
    session: AsyncSession, company_id: str, branch: str | None, *, visible_to: Scope
) -> list[tuple[str, str]]:
    """Who may be made responsible for an appeal of this branch: signatures and names, by name.

    The trust line stays within the security service, everything else outside of it.
    """
    roles = [
        role
        for role, granted in GRANTED.items()
        if Permission.APPEAL_WRITE in granted and (Permission.TRUST_READ in granted) == visible_to.trust
    ]
    query = select(User.login, User.name).where(
        User.disabled_at.is_(None), User.role.in_(roles), or_(User.company_id == company_id, User.company_id.is_(None))
    )
    if branch:
        query = query.where(User.branch.in_(["", branch]))
    return [(signature(login), name) for login, name in await session.execute(query.order_by(User.name))]
