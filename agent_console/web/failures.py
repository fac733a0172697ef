"""What a person sees when something fails: a page, a toast over the page that is open, or JSON for a script."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import structlog
from aiohttp import web

from agent_console.people.permissions import Access
from agent_console.web.render import render, wants_part
from agent_console.web.routes import grant_of
from agent_console.web.security import NotSignedIn
from gridline.errors import GridlineError
from gridline.log import incident
from gridline.metrics import REQUEST_CRASHES

log = structlog.get_logger(__name__)

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

TITLES = {
    403: "Нет доступа",
    404: "Такой страницы нет",
    405: "Так нельзя",
    408: "Слишком долго",
    409: "Сейчас так нельзя",
    413: "Слишком много",
    422: "Не получилось",
    429: "Слишком часто",
    500: "Ошибка программы",
    503: "Сейчас недоступно",
}
HINTS = {
    404: "Она удалена, перенесена или принадлежит другому подразделению.",
    405: "Адрес есть, но он открывается другим действием.",
    408: "Присланное не пришло целиком за отведённое время. Повторите.",
    413: "Присланное больше, чем программа принимает.",
}


@web.middleware
async def tell(request: web.Request, handler: Next) -> web.StreamResponse:
    """Turn whatever a handler raises into an answer; the unexpected is logged under a number the person is told."""
    try:
        return await handler(request)
    except NotSignedIn as error:
        return _sign_in(request, error)
    except GridlineError as error:
        return _told(request, error.status, error.code, error.message, error.title)
    except web.HTTPRedirection as moved:
        if not wants_part(request):
            raise
        # Not HX-Redirect: a page loaded anew would end the talk of the telephone in it.
        there = {"path": moved.headers["Location"], "target": "#main", "select": "#main", "swap": "outerHTML"}
        return web.Response(
            status=204, headers={"HX-Location": json.dumps(there | {"headers": {"HX-Boosted": "true"}})}
        )
    except web.HTTPException as error:
        return _told(request, error.status, f"http-{error.status}", HINTS.get(error.status, error.reason))
    except Exception:
        number = incident()
        REQUEST_CRASHES.inc()
        log.exception("request-crashed", number=number, method=request.method, path=request.path)
        return _told(request, 500, "crash", f"Ошибка записана под номером {number}. Повторите; не поможет — сообщите.")


def toast_header(text: str, level: str = "bad") -> dict[str, str]:
    """The header that makes htmx show a toast; levels: good, bad, warn, info."""
    return {"HX-Trigger": json.dumps({"toast": {"text": text, "level": level}})}


def _sign_in(request: web.Request, error: NotSignedIn) -> web.StreamResponse:
    """A page leads to the sign-in page and back; a page that is open asks for the password in place."""
    if "HX-Request" in request.headers:
        return web.Response(status=401, headers={"HX-Trigger": "signed-out", "HX-Reswap": "none"})
    if _wants_json(request) or request.method not in ("GET", "HEAD"):
        return _json(error.status, error.code, error.message)
    there = request.path_qs if request.path != "/" else ""
    raise web.HTTPSeeOther(f"/signin?next={quote(there, safe='/')}" if there else "/signin")


def _told(request: web.Request, status: int, code: str, message: str, title: str = "") -> web.StreamResponse:
    grant = grant_of(request)
    if _wants_json(request) or grant in (Access.MACHINE, Access.LOCAL):
        return _json(status, code, message)
    if "HX-Request" in request.headers:
        return web.Response(status=status, headers={"HX-Reswap": "none", **toast_header(message)})
    title = title or TITLES.get(status, "Не получилось")
    return render(request, "failure.html", status=status, title=title, message=message)


def _json(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "") or request.path.startswith("/api/")
