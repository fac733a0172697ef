"""The people who may sign in: added, disabled, given a one-time password; the first administrator."""

from __future__ import annotations

import re

from aiohttp import web
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.people import audit
from agent_console.people.models import AuditAction, Role, SignInFailure, User, UserSession
from agent_console.people.passwords import Passwords, check_new, one_time
from agent_console.people.permissions import GRANTED, Permission
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.numbers.phones import printable

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
AGENT = re.compile(r"[0-9]{2,10}")
"""An agent's number, as the setting `agents` has it too."""
FIRST = "admin"


class Users:
    """Every change of the people's list; `by` is the id of who does it, None for the command line."""

    def __init__(self, db: Database, clock: Clock, companies: Companies, passwords: Passwords) -> None:
        self._db = db
        self._clock = clock
        self._companies = companies
        self._passwords = passwords

    async def add(
        self,
        login: str,
        name: str,
        role: Role,
        *,
        company_id: str | None = None,
        branch: str = "",
        agent: str | None = None,
        by: str | None = None,
    ) -> str:
        """Add a person; the one-time password to hand over. Raises InvalidInput, NotFound, Conflict."""
        login, name = login.strip().lower(), printable(name.strip(), at_most=120)
        if not _LOGIN.fullmatch(login):
            raise InvalidInput("Логин: от 2 до 64 строчных латинских букв, цифр, точек и дефисов.")
        if not name:
            raise InvalidInput("Укажите имя: его видят коллеги.")
        self._check_place(role, company_id, branch, agent)
        password = one_time()
        hashed = await self._passwords.hash(password)
        async with self._db.write() as session:
            if await session.scalar(select(User.id).where(User.login == login)):
                raise Conflict(f"Логин «{login}» уже занят.")
            if agent and await session.scalar(select(User.id).where(User.agent == agent)):
                raise Conflict(f"Номер оператора {agent} уже закреплён за другим человеком.")
            session.add(
                User(
                    login=login,
                    name=name,
                    password_hash=hashed,
                    one_time=True,
                    role=role,
                    company_id=company_id,
                    branch=branch,
                    agent=agent,
                    created_at=self._clock.now(),
                )
            )
            self._note(session, by, AuditAction.USER_ADDED, login, role.value)
        return password

    async def reset(self, login: str, *, by: str | None = None) -> str:
        """A new one-time password; every session of the person ends and their lock-out with it. Raises NotFound."""
        password = one_time()
        hashed = await self._passwords.hash(password)
        async with self._db.write() as session:
            user = await _by_login(session, login)
            user.password_hash, user.one_time = hashed, True
            await self._end_sessions(session, user.id)
            await session.execute(delete(SignInFailure).where(SignInFailure.login == user.login))
            self._note(session, by, AuditAction.USER_RESET, user.login)
        return password

    async def choose_password(self, user_id: str, password: str, *, keep: str) -> None:
        """The person's own password; their other sessions end, `keep` (a session id) stays. Raises InvalidInput."""
        async with self._db.read() as session:
            user = await session.get_one(User, user_id)
        check_new(password, login=user.login)
        if await self._passwords.matches(user.password_hash, password):
            raise InvalidInput("Новый пароль совпадает с прежним.")
        hashed = await self._passwords.hash(password)
        async with self._db.write() as session:
            user = await session.get_one(User, user_id)
            user.password_hash, user.one_time = hashed, False
            await self._end_sessions(session, user_id, keep=keep)
            self._note(session, user_id, AuditAction.USER_PASSWORD, user.login)

    async def disable(self, login: str, *, by: str | None = None) -> None:
        """No way in any more, at once; what the person did stays. Raises NotFound, Conflict for oneself."""
        async with self._db.write() as session:
            user = await _by_login(session, login)
            if user.id == by:
                raise Conflict("Себя отключить нельзя: войти будет некому. Пусть это сделает другой администратор.")
            user.disabled_at = user.disabled_at or self._clock.now()
            await self._end_sessions(session, user.id)
            self._note(session, by, AuditAction.USER_DISABLED, user.login)

    async def sign_out(self, login: str, *, by: str | None = None) -> None:
        """End every session of the person; the password stays good. Raises NotFound."""
        async with self._db.write() as session:
            user = await _by_login(session, login)
            await self._end_sessions(session, user.id)
            self._note(session, by, AuditAction.USER_SIGNED_OUT, user.login)

    async def enable(self, login: str, *, by: str | None = None) -> None:
        """Let a disabled person in again, with the password they had. Raises NotFound."""
        async with self._db.write() as session:
            user = await _by_login(session, login)
            user.disabled_at = None
            self._note(session, by, AuditAction.USER_ENABLED, user.login)

    async def all(self) -> list[User]:
        """Everybody, by login."""
        async with self._db.read() as session:
            return list(await session.scalars(select(User).order_by(User.login)))

    async def first_administrator(self) -> str | None:
        """Make `admin` when there is nobody at all; the one-time password, or None when there are people."""
        async with self._db.read() as session:
            if await session.scalar(select(User.id).limit(1)):
                return None
        try:
            return await self.add(FIRST, "Администратор", Role.ADMIN)
        except Conflict:  # another process of the installation was first
            return None

    def _check_place(self, role: Role, company_id: str | None, branch: str, agent: str | None) -> None:
        if company_id is not None:
            company = self._companies.by_id(company_id)
            if branch:
                company.branch(branch)
        elif branch:
            raise InvalidInput("Филиал указывают вместе с компанией.")
        if agent is not None and not AGENT.fullmatch(agent):
            raise InvalidInput("Номер оператора: от 2 до 10 цифр.")
        if agent is not None and Permission.DESK_WORK not in GRANTED[role]:
            raise InvalidInput("Номер оператора даётся только тем, кто отвечает на звонки.")

    async def _end_sessions(self, session: AsyncSession, user_id: str, keep: str = "") -> None:
        await session.execute(
            update(UserSession)
            .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.id != keep)
            .values(revoked_at=self._clock.now())
        )

    def _note(self, session: AsyncSession, by: str | None, action: AuditAction, login: str, detail: str = "") -> None:
        audit.note(session, self._clock, user_id=by, action=action, subject=f"user:{login}", detail=detail)


USERS: web.AppKey[Users] = web.AppKey("users")


async def _by_login(session: AsyncSession, login: str) -> User:
    user = await session.scalar(select(User).where(User.login == login.strip().lower()))
    if user is None:
        raise NotFound(f"Логина «{login}» нет.")
    return user
