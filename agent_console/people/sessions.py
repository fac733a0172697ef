"""Signing in and out: sessions in the database, ended by idleness, by age or by hand; lock-out after failures."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from aiohttp import web
from sqlalchemy import delete, func, select, update

from agent_console.people import audit
from agent_console.people.models import AuditAction, SignInFailure, User, UserSession
from agent_console.people.passwords import Passwords
from agent_console.people.permissions import Actor
from gridline.clock import Clock
from gridline.db import Database
from gridline.errors import GridlineError
from gridline.numbers.phones import printable

FREE_FAILURES = 5
"""Wrong passwords of one login from one address before the next attempt has to wait."""
FREE_FAILURES_WIDE = 25
"""The same for one login from everywhere, and for one address with whatever logins."""
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 900.0
REMEMBERED = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)
"""How exactly a session's last activity is kept: not every request is worth a write."""


class SignInRefused(GridlineError):
    """Wrong login or password, or a person who is not let in any more: the same words for each."""

    code = "sign-in-refused"
    status = 401


class TooManyFailures(GridlineError):
    """Too many wrong passwords; the message says when to try again."""

    code = "too-many-failures"
    status = 429


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session and its person."""

    session_id: str
    actor: Actor
    must_choose_password: bool


def pause_s(failures: int, free: int = FREE_FAILURES) -> float:
    """Seconds to wait after that many failures: none at first, then 30 s, doubled each time, at most 15 min."""
    return min(FIRST_PAUSE_S * 2 ** min(failures - free, 10), LONGEST_PAUSE_S) if failures >= free else 0.0


def csrf_token(token: str) -> str:
    """The token a page proves its requests with: bound to the session, worthless without its cookie."""
    return hmac.new(token.encode(), b"gridline-csrf", hashlib.sha256).hexdigest()


def session_id(token: str) -> str:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class Sessions:
    """All sessions of the installation."""

    def __init__(self, db: Database, clock: Clock, passwords: Passwords, *, idle: timedelta, longest: timedelta):
        self._db = db
        self._clock = clock
        self._passwords = passwords
        self._idle = idle
        self._longest = longest
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def sign_in(self, login: str, password: str, *, device: str, address: str) -> str:
        """The token of a new session. Raises SignInRefused, TooManyFailures."""
        login = printable(login.strip().lower(), at_most=64)
        # One attempt of a login at a time: a hundred at once would all be checked before the first is counted.
        turn = self._turns.setdefault(login, asyncio.Lock())
        async with turn:
            return await self._sign_in(login, password, device, address)

    async def _sign_in(self, login: str, password: str, device: str, address: str) -> str:
        now = self._clock.now()
        wait = await self._wait_s(login, address, now)
        if wait > 0:
            minutes = max(1, round(wait / 60))
            when = f"через {round(wait)} с" if wait < 90 else f"через {minutes} мин"
            raise TooManyFailures(f"Слишком много неверных попыток. Попробуйте {when}.")
        async with self._db.read() as session:
            user = await session.scalar(select(User).where(User.login == login))
        known = user if user is not None and user.disabled_at is None else None
        if not await self._passwords.matches(known.password_hash if known else None, password) or known is None:
            async with self._db.write() as session:
                session.add(SignInFailure(login=login, address=address, at=now))
                audit.note(
                    session,
                    self._clock,
                    user_id=user.id if user else None,
                    action=AuditAction.SIGN_IN_REFUSED,
                    subject=f"user:{login}",
                    address=address,
                )
            raise SignInRefused("Логин или пароль не подходит. Проверьте раскладку и Caps Lock.")
        renewed = await self._passwords.hash(password) if self._passwords.outdated(known.password_hash) else None
        token = secrets.token_urlsafe(32)
        async with self._db.write() as session:
            if renewed:
                await session.execute(update(User).where(User.id == known.id).values(password_hash=renewed))
            session.add(
                UserSession(
                    id=session_id(token),
                    user_id=known.id,
                    created_at=now,
                    seen_at=now,
                    expires_at=now + self._longest,
                    device=printable(device, at_most=200),
                    address=address,
                )
            )
            await session.execute(
                delete(SignInFailure).where(SignInFailure.login == login, SignInFailure.address == address)
            )
            await session.execute(delete(SignInFailure).where(SignInFailure.at < now - timedelta(days=1)))
            audit.note(
                session,
                self._clock,
                user_id=known.id,
                action=AuditAction.SIGNED_IN,
                subject=f"user:{login}",
                address=address,
            )
        return token

    async def of_token(self, token: str, *, active: bool = True) -> SignedIn | None:
        """Who holds this token now, or None; `active`: the person did something, so idleness counts anew."""
        now, id = self._clock.now(), session_id(token)
        async with self._db.read() as session:
            row = (
                await session.execute(
                    select(UserSession, User).join(User, User.id == UserSession.user_id).where(UserSession.id == id)
                )
            ).one_or_none()
        if row is None or not self._lives(row[0], row[1], now):
            return None
        if active and now - row[0].seen_at >= SEEN_EVERY:
            async with self._db.write() as session:
                await session.execute(update(UserSession).where(UserSession.id == id).values(seen_at=now))
        return SignedIn(id, Actor.of(row[1]), row[1].one_time)

    async def of_user(self, user_id: str) -> list[UserSession]:
        """The person's live sessions, the latest first."""
        now = self._clock.now()
        async with self._db.read() as session:
            found = await session.scalars(
                select(UserSession)
                .where(
                    UserSession.user_id == user_id,
                    UserSession.revoked_at.is_(None),
                    UserSession.expires_at > now,
                    UserSession.seen_at > now - self._idle,
                )
                .order_by(UserSession.seen_at.desc())
            )
            return list(found)

    async def end(self, id: str, *, user_id: str) -> bool:
        """End one of the person's own sessions; False when they have no such session."""
        async with self._db.write() as session:
            ended = await session.scalar(
                update(UserSession)
                .where(UserSession.id == id, UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
                .values(revoked_at=self._clock.now())
                .returning(UserSession.id)
            )
            if ended:
                audit.note(
                    session, self._clock, user_id=user_id, action=AuditAction.SIGNED_OUT, subject=f"session:{id[:12]}"
                )
        return ended is not None

    def _lives(self, session: UserSession, user: User, now: datetime) -> bool:
        return (
            session.revoked_at is None
            and now < session.expires_at
            and now < session.seen_at + self._idle
            and user.disabled_at is None
        )

    async def _wait_s(self, login: str, address: str, now: datetime) -> float:
        """Seconds until this login may be tried from this address again."""
        since = SignInFailure.at > now - REMEMBERED
        pair = (SignInFailure.login == login, SignInFailure.address == address)
        rules: Sequence[tuple[int, tuple[object, ...]]] = (
            (FREE_FAILURES, pair),
            (FREE_FAILURES_WIDE, (pair[0],)),
            (FREE_FAILURES_WIDE, (pair[1],)),
        )
        wait = 0.0
        async with self._db.read() as session:
            for free, where in rules:
                query = select(func.count(), func.max(SignInFailure.at)).where(since, *where)  # type: ignore[arg-type]
                count, last = (await session.execute(query)).one()
                if last is not None:
                    wait = max(wait, pause_s(count, free) - (now - last).total_seconds())
        return wait


SESSIONS: web.AppKey[Sessions] = web.AppKey("sessions")
