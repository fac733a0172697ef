"""`/account`: one's own password, and the browsers one is signed in with."""

from __future__ import annotations

from aiohttp import web

from agent_console.console import actor_of
from agent_console.people.passwords import SHORTEST
from agent_console.people.permissions import Access
from agent_console.people.sessions import SESSIONS
from agent_console.people.users import USERS
from agent_console.web.render import render
from agent_console.web.routes import add
from agent_console.web.security import own_session, signed_in
from gridline.errors import InvalidInput, NotFound


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/account", page, permission=Access.SIGNED_IN)
    add(app, "GET", "/account/password", password_form, permission=Access.SIGNED_IN)
    add(app, "POST", "/account/password", choose_password, permission=Access.SIGNED_IN)
    add(app, "POST", "/account/sessions/{id:[0-9a-f]{64}}/end", end_session, permission=Access.SIGNED_IN)


async def page(request: web.Request) -> web.Response:
    """Who I am here, and where I am signed in."""
    sessions = await request.app[SESSIONS].of_user(actor_of(request).user_id)
    return render(request, "account.html", title="Учётная запись", sessions=sessions, own=own_session(request))


async def password_form(request: web.Request) -> web.Response:
    """Choose a password."""
    return _form(request)


async def choose_password(request: web.Request) -> web.StreamResponse:
    """Keep the chosen password; every other session of the person ends."""
    form = await request.post()
    password = str(form.get("password", ""))
    try:
        if password != str(form.get("again", "")):
            raise InvalidInput("Пароли не совпадают.")
        await request.app[USERS].choose_password(actor_of(request).user_id, password, keep=own_session(request))
    except InvalidInput as error:
        return _form(request, error=error.message, status=error.status)
    raise web.HTTPSeeOther("/")


async def end_session(request: web.Request) -> web.StreamResponse:
    """End one of one's other sessions: that browser is signed out at its next step."""
    if not await request.app[SESSIONS].end(request.match_info["id"], user_id=actor_of(request).user_id):
        raise NotFound("Этот вход уже завершён.")
    raise web.HTTPSeeOther("/account")


def _form(request: web.Request, *, error: str = "", status: int = 200) -> web.Response:
    who = signed_in(request)
    one_time = who is not None and who.must_choose_password
    title = "Новый пароль" if one_time else "Смена пароля"
    return render(
        request, "password.html", title=title, status=status, error=error, one_time=one_time, shortest=SHORTEST
    )
