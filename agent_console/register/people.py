"""Who did it, by name: the register keeps signatures (`user:login`), a page shows people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people.models import User
from agent_console.people.permissions import GRANTED, Actor, Permission

_MACHINES = {
    "ivr": "автоответчик",
    "reception": "никто: ещё не назначен",
    "system": "программа",
    "emergency": "аварийная запись",
}
_PREFIXES = {"cli": "командная строка", "api": "внешняя система", "import": "загрузка таблицы"}


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


async def names(session: AsyncSession, actors: Iterable[str | None]) -> dict[str, str]:
    """The names of those actors who are people."""
    logins = {one.removeprefix("user:") for one in actors if one and one.startswith("user:")}
    if not logins:
        return {}
    query = select(User.login, User.name).where(User.login.in_(logins))
    return {signature(login): name for login, name in (await session.execute(query)).all()}


async def owners(session: AsyncSession, actor: Actor, company_id: str, branch: str | None) -> list[tuple[str, str]]:
    """Who may be made responsible for an appeal of this branch: signatures and names, by name.

    The trust line stays within the security service, everything else outside of it.
    """
    trust = actor.may(Permission.TRUST_READ)
    roles = [
        role for role, granted in GRANTED.items()
        if Permission.APPEAL_WRITE in granted and (Permission.TRUST_READ in granted) == trust
    ]  # fmt: skip
    query = select(User.login, User.name).where(
        User.disabled_at.is_(None), User.role.in_(roles), or_(User.company_id == company_id, User.company_id.is_(None))
    )
    if branch:
        query = query.where(User.branch.in_(["", branch]))
    return [(signature(login), name) for login, name in (await session.execute(query.order_by(User.name))).all()]
