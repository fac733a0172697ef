"""Passwords: hashed with argon2id, never in the event loop's own thread, and good enough to keep."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from gridline.errors import InvalidInput

SHORTEST = 10
LONGEST = 200
AT_ONCE = 2
"""Checks that run together: each takes 64 MB and a core for some 50 ms, so a flood of them must wait in line."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those that are not taken for one another when read out or copied from paper."""


class Passwords:
    """Makes and checks hashes; built once, `hasher` is replaced by a cheap one in tests."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        """The argon2id hash to store."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether it is this password; None (there is no such user) takes as long as any other wrong one."""
        if len(password) > LONGEST:
            password = ""
        async with self._turns:
            matched = await asyncio.to_thread(self._verify, password_hash or self._nobody, password)
        return matched and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def one_time() -> str:
    """A password to hand over: four groups of four, some 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def check_new(password: str, *, login: str) -> None:
    """Raise InvalidInput when a chosen password is too weak to keep, saying what to do."""
    if len(password) < SHORTEST:
        raise InvalidInput(f"Пароль короче {SHORTEST} знаков. Возьмите, например, три-четыре слова подряд.")
    if len(password) > LONGEST:
        raise InvalidInput(f"Пароль длиннее {LONGEST} знаков.")
    if login.lower() in password.lower():
        raise InvalidInput("В пароле не должно быть вашего логина.")
    if len(set(password.lower())) < 5:
        raise InvalidInput("В пароле меньше пяти разных знаков: его легко угадать.")
