"""`/signin`, `/signout`: the way in and out; `/session/alive` tells that somebody is still there."""

from __future__ import annotations

import re
from typing import Final

from aiohttp import web

from agent_console.console import actor_of
from agent_console.people.permissions import Access
from agent_console.people.sessions import SESSIONS, SignInRefused, TooManyFailures, csrf_token
from agent_console.web.render import render
from agent_console.web.routes import add
from agent_console.web.security import address, drop_session, own_session, set_session, signed_in

_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\s\\]*")
"""A path of ours, never `//elsewhere` or `/\\elsewhere`."""


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/signin", page, permission=Access.PUBLIC)
    add(app, "POST", "/signin", sign_in, permission=Access.PUBLIC)
    add(app, "POST", "/signout", sign_out, permission=Access.SIGNED_IN)
    add(app, "POST", "/session/alive", alive, permission=Access.SIGNED_IN)


async def page(request: web.Request) -> web.Response:
    """The form; who is signed in already goes on."""
    there = _own_path(request.query.get("next", ""))
    if signed_in(request) is not None:
        raise web.HTTPSeeOther(there)
    return _form(request, there)


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Let a person in: a page is led on, a script (the dialog over an open page) gets the new CSRF token."""
    form = await request.post()
    login, password, there = (str(form.get(name, "")) for name in ("login", "password", "next"))
    wants_json = "application/json" in request.headers.get("Accept", "")
    try:
        token = await request.app[SESSIONS].sign_in(
            login, password, device=request.headers.get("User-Agent", ""), address=address(request)
        )
    except (SignInRefused, TooManyFailures) as error:
        if wants_json:
            raise
        return _form(request, _own_path(there), login=login[:64], error=error.message, status=error.status)
    answer: web.StreamResponse
    if wants_json:
        answer = web.json_response({"csrf": csrf_token(token), "login": login.strip().lower()})
    else:
        answer = web.Response(status=303, headers={"Location": _own_path(there)})
    set_session(request, answer, token)
    return answer


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End this session."""
    await request.app[SESSIONS].end(own_session(request), user_id=actor_of(request).user_id)
    answer = web.Response(status=303, headers={"Location": "/signin", "Clear-Site-Data": '"cache"'})
    drop_session(request, answer)
    return answer


async def alive(_request: web.Request) -> web.Response:
    """Somebody types, clicks or talks on an open page: the sign-in check has noted it."""
    return web.Response(status=204)


def _own_path(path: str) -> str:
    return path if _OWN_PATH.fullmatch(path) else "/"


def _form(request: web.Request, there: str, *, login: str = "", error: str = "", status: int = 200) -> web.Response:
    return render(request, "signin.html", title="Вход", status=status, next=there, login=login, error=error)
