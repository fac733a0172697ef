"""Who may use the API: named clients with a token each, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gridline.errors import InvalidInput, Misconfigured, NotFound

CLIENTS = Path("secrets") / "api_clients.json"
"""Where the file is, in the folder of everything that changes."""


@dataclass(frozen=True, slots=True)
class Client:
    """A system that hands appeals in, for these companies alone."""

    name: str
    companies: frozenset[str]

    def check(self, company_id: object) -> None:
        """Raise NotFound for a company that is not this system's to speak of."""
        if not isinstance(company_id, str) or company_id not in self.companies:
            raise NotFound("Такой компании нет, или система к ней не допущена.")


class Clients:
    """The clients of one file; a file that is not there is no client at all."""

    def __init__(self, by_digest: Mapping[str, Client]) -> None:
        self._by_digest = dict(by_digest)

    @classmethod
    def load(cls, file: Path) -> Clients:
        """Read `{name: {"sha256": ..., "companies": [...]}}`. Raises Misconfigured naming the file."""
        try:
            found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
            return cls({row["sha256"]: Client(name, frozenset(row["companies"])) for name, row in found.items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(f"{file}: список систем, допущенных к API, не читается ({error}).") from error

    def of_request(self, request: web.Request) -> Client | None:
        """The client whose token the request carries as `Authorization: Bearer`."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.of_token(token.strip()) if scheme.lower() == "bearer" and token.strip() else None

    def of_token(self, token: str) -> Client | None:
        """The client with this token; every known digest is compared, so that time tells nothing."""
        given = _digest(token)
        found = [client for digest, client in self._by_digest.items() if hmac.compare_digest(digest, given)]
        return found[0] if found else None


def add_client(file: Path, name: str, companies: frozenset[str]) -> str:
    """Write a client into the file (mode 0600) and return its token, which is kept nowhere. Raises InvalidInput."""
    if not (name.isascii() and name.replace("-", "").isalnum() and len(name) <= 32):
        raise InvalidInput("Имя системы: до 32 латинских букв, цифр и дефисов.")
    Clients.load(file)
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    token = secrets.token_urlsafe(32)
    found[name] = {"sha256": _digest(token), "companies": sorted(companies)}
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(".new")
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        json.dump(found, stream, indent=1)
    written.replace(file)
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", errors="replace")).hexdigest()
