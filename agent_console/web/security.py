"""What every request passes: who asks, may they, does it come from our own page; and every answer's headers."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web

from agent_console.console import console_of, set_actor
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Access
from agent_console.people.sessions import Sessions, SignedIn, csrf_token, session_id
from agent_console.web.routes import grant_of
from gridline.errors import GridlineError
from gridline.scope import OutOfScope

log = structlog.get_logger(__name__)

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE = frozenset({"GET", "HEAD"})
CSRF_HEADER: Final = "X-CSRF-Token"
PASSWORD_PAGE: Final = "/account/password"
WITH_ONE_TIME_PASSWORD = frozenset({PASSWORD_PAGE, "/signout"})
BACKGROUND = frozenset({"/events"})
"""Asked by the page itself, again and again: no sign that somebody sits before it."""
BODY_WITHIN_S = 20.0
"""How long a request may take to send what it posts: 2 MB over a poor line is 3 s."""
MOST_UNLISTED: Final = 20
"""Proxies warned of: anybody may send the header, and nobody fills the log with it."""
LOOPBACK = frozenset({"127.0.0.1", "::1"})


class NotSignedIn(GridlineError):
    """Nobody is signed in, or the session has ended."""

    code = "not-signed-in"
    status = 401


class Forbidden(GridlineError):
    """The role does not have the permission this route asks for."""

    code = "forbidden"
    status = 403


class ForeignRequest(GridlineError):
    """A request that changes something and does not come from our own page (attacks A16, A17)."""

    code = "foreign-request"
    status = 403


@dataclass(frozen=True, slots=True)
class Gate:
    """How this installation is reached."""

    sessions: Sessions
    origin: str
    """`https://line.example.ru`; empty: whatever the Host header says, over plain HTTP."""
    proxies: frozenset[str]
    """Addresses whose X-Forwarded-For is believed."""
    tls: bool
    connect: Sequence[str]
    """Further addresses the page may open connections to (the telephone's WebSocket)."""
    unlisted: set[str] = field(default_factory=set)
    """Addresses that sent an X-Forwarded-For and are no proxy of ours: behind one all people share its limits."""

    @property
    def secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.tls or self.origin.startswith("https:")

    @property
    def cookie(self) -> str:
        """The session cookie's name; `__Host-` makes browsers refuse one set by a neighbour host."""
        return "__Host-gridline" if self.secure else "gridline"

    def policy(self) -> str:
        """The Content-Security-Policy: nothing inline, nothing from elsewhere."""
        connect = " ".join(["'self'", *self.connect])
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            f"connect-src {connect}; media-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
            f"frame-ancestors 'none'; base-uri 'none'"
        )


GATE: web.AppKey[Gate] = web.AppKey("gate")
_SIGNED_IN: web.RequestKey[SignedIn] = web.RequestKey("signed_in", SignedIn)
_LIVE: web.RequestKey[int] = web.RequestKey("live_id", int)


def signed_in(request: web.Request) -> SignedIn | None:
    """The live session of this request."""
    return request.get(_SIGNED_IN)


def live_id(request: web.Request) -> int:
    """The last push message at the moment the request came: what is newer was perhaps not yet on the page."""
    return request[_LIVE]


def csrf(request: web.Request) -> str:
    """The token the page's own requests carry; empty when nobody is signed in."""
    return csrf_token(own_token(request)) if signed_in(request) else ""


def address(request: web.Request) -> str:
    """Where the request comes from, seen through the trusted proxies only."""
    remote, gate = request.remote or "", request.app[GATE]
    forwarded = request.headers.get("X-Forwarded-For", "")
    if remote in gate.proxies and forwarded:
        return forwarded.rpartition(",")[2].strip()[:64]
    if forwarded and remote not in gate.unlisted and len(gate.unlisted) < MOST_UNLISTED:
        gate.unlisted.add(remote)
        log.warning("proxy-not-listed", address=remote, cure="if it is our proxy, add it to http_proxies")
    return remote


def set_session(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Give the browser its session."""
    gate = request.app[GATE]
    response.set_cookie(gate.cookie, token, httponly=True, samesite="Lax", secure=gate.secure, path="/")


def drop_session(request: web.Request, response: web.StreamResponse) -> None:
    """Take the session from the browser."""
    gate = request.app[GATE]
    response.del_cookie(gate.cookie, path="/", httponly=True, samesite="Lax", secure=gate.secure)


@web.middleware
async def check(request: web.Request, handler: Next) -> web.StreamResponse:
    """Let a request through to its handler, or raise why not."""
    request[_LIVE] = console_of(request).push.last_id
    grant = grant_of(request)
    if grant is None:  # no such page, or not by this method: aiohttp says which
        return await handler(request)
    if grant is Access.LOCAL and not (_is_local(request) or _watches(request)):
        raise web.HTTPNotFound
    if grant in (Access.MACHINE, Access.LOCAL, Access.OPEN):
        return await handler(request)
    if request.method not in SAFE:
        _check_origin(request)
        await _whole(request)
    token = own_token(request)
    active = request.path not in BACKGROUND
    who = await request.app[GATE].sessions.of_token(token, active=active) if token else None
    if who is not None:
        request[_SIGNED_IN] = who
        set_actor(request, who.actor)
    if grant is Access.PUBLIC:
        return await handler(request)
    if who is None:
        raise NotSignedIn("Сеанс завершён. Войдите снова.")
    if request.method not in SAFE:
        await _check_csrf(request, token)
    if who.must_choose_password and request.path not in WITH_ONE_TIME_PASSWORD:
        raise web.HTTPSeeOther(PASSWORD_PAGE)
    if not who.actor.opens(grant):
        await _refused(request, who, AuditAction.REFUSED, grant.value)
        raise Forbidden("Это действие не входит в ваши обязанности. Если должно входить, скажите администратору.")
    try:
        return await handler(request)
    except OutOfScope:
        await _refused(request, who, AuditAction.OUT_OF_SCOPE, "")
        raise


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer, errors and streams included."""
    gate, headers = request.app[GATE], response.headers
    headers.setdefault("Content-Security-Policy", gate.policy())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), payment=(), usb=(), microphone=(self)"
    headers["X-Frame-Options"] = "DENY"
    headers.setdefault("Cache-Control", "no-store")
    if gate.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers.popall(hdrs.SERVER, None)


def own_token(request: web.Request) -> str:
    """The session token the browser sent; empty for none."""
    return request.cookies.get(request.app[GATE].cookie, "")


def own_session(request: web.Request) -> str:
    """The id of the session this request came with."""
    return session_id(own_token(request))


def own_origin(request: web.Request) -> str:
    """The address our pages have in this browser."""
    gate = request.app[GATE]
    return gate.origin or f"{'https' if gate.tls else 'http'}://{request.host}"


def _check_origin(request: web.Request) -> None:
    """A browser names the page a change comes from; a request that names none is not from our page."""
    given = request.headers.get(hdrs.ORIGIN)
    if given is None:
        referer = urlsplit(request.headers.get(hdrs.REFERER, ""))
        given = f"{referer.scheme}://{referer.netloc}"
    if given != own_origin(request):
        raise ForeignRequest("Запрос пришёл не со страницы этой программы.")


async def _whole(request: web.Request) -> None:
    """Wait for everything that is posted: a handler finds it there."""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error


async def _check_csrf(request: web.Request, token: str) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.content_type == "application/x-www-form-urlencoded":
        given = str((await request.post()).get("csrf", ""))
    if not hmac.compare_digest(given.encode(), csrf_token(token).encode()):
        raise ForeignRequest("Страница устарела. Обновите её и повторите.")


def _is_local(request: web.Request) -> bool:
    return request.remote in LOOPBACK and not {"X-Forwarded-For", "Forwarded"} & set(request.headers)


def _watches(request: web.Request) -> bool:
    """Whether the settings let this address read how we are."""
    try:
        there = ip_address(address(request).partition("%")[0])
    except ValueError:  # what a proxy passed on is no address
        return False
    return any(there in network for network in console_of(request).settings.metrics_from)


async def _refused(request: web.Request, who: SignedIn, action: AuditAction, detail: str) -> None:
    console = console_of(request)
    async with console.db.write() as session:
        audit.note(
            session,
            console.clock,
            user_id=who.actor.user_id,
            action=action,
            subject=f"{request.method} {request.path}",
            detail=detail,
            address=address(request),
        )
