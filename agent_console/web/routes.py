"""The one way to hang a route, a menu entry or a push topic on the application: none without a stated right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from agent_console.console import Console
from agent_console.people.permissions import Access, Actor, Permission

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Grant = Permission | Access
TopicRule = Callable[[Console, Actor, str], Awaitable[bool]]
"""Whether this person may follow the topic with this name (what stands behind the colon)."""


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the side menu; shown to those who have the permission."""

    order: int
    title: str
    path: str
    icon: str
    """A symbol of static/icons.svg."""
    permission: Grant
    key: str = ""
    """The letter that opens it after G (Latin, by the key's place, so it works in a Russian layout)."""
    suits: Callable[[Actor], bool] = lambda actor: True
    """Whether this person has what the section needs: the permission is their role's."""


GRANTS: web.AppKey[dict[tuple[str, str], Grant]] = web.AppKey("grants")
ENTRIES: web.AppKey[list[MenuEntry]] = web.AppKey("entries")
TOPICS: web.AppKey[dict[str, TopicRule]] = web.AppKey("topics")


def add(app: web.Application, method: str, path: str, handler: Handler, *, permission: Grant) -> None:
    """Serve `handler` at `path` to those who have the permission; a GET serves HEAD as well."""
    grants = app.setdefault(GRANTS, {})
    route = app.router.add_route(method, path, handler) if method != "GET" else app.router.add_get(path, handler)
    assert route.resource is not None
    for name in ("GET", "HEAD") if method == "GET" else (method,):
        grants[name, route.resource.canonical] = permission


def add_entry(app: web.Application, entry: MenuEntry) -> None:
    """Put an entry into the side menu."""
    app.setdefault(ENTRIES, []).append(entry)
    app[ENTRIES].sort(key=lambda one: one.order)


def add_topic(app: web.Application, prefix: str, rule: TopicRule) -> None:
    """Let `rule` decide who may follow the push topics `prefix:...`."""
    app.setdefault(TOPICS, {})[prefix] = rule


def grant_of(request: web.Request) -> Grant | None:
    """What the route of this request asks; None when there is no such route."""
    resource = request.match_info.route.resource
    if resource is None:
        return None
    return request.app[GRANTS][request.method, resource.canonical]


def unguarded(app: web.Application) -> list[str]:
    """The routes that were hung on the application past `add`: there must be none."""
    grants = app[GRANTS]
    return [
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None and (route.method, route.resource.canonical) not in grants
    ]
