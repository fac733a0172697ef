"""Templates to HTML: a whole page for a browser, its `main` block for htmx, a single block for a live update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup

from agent_console import words
from agent_console.calls.listening.listenings import REASONS
from agent_console.console import actor_or_none, console_of
from agent_console.people.permissions import ROLE_NAMES, Actor
from agent_console.web.assets import Static
from agent_console.web.routes import ENTRIES, MenuEntry
from agent_console.web.security import csrf, live_id
from agent_console.worklist.bell import BELL
from appeals import numbering
from gridline.clock import Clock
from gridline.companies import Companies

HOME_ZONE: Final = ZoneInfo("Europe/Moscow")
"""For those who see every company and look at none in particular."""
FOLDER: Final = Path(__file__).parent.parent / "templates"
MACROS: Final = FOLDER / "macros"
"""Each file of it is known to every template by its name (`ui.badge(...)`). An import would be missing where a live
update renders one block of a template and nothing round it."""


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates, kept while the process lives: a second application of it is made at once."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the bucket what is kept of it."""
        if (kept := self._kept.get(bucket.key)) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _Compiled()


class Templates:
    """The Jinja2 environment with the console's filters; everything is escaped unless it is Markup."""

    def __init__(self, clock: Clock, companies: Companies, static: Static) -> None:
        self._clock = clock
        self._companies = companies
        self.env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,  # else each part looks at its file, and at those it includes
            cache_size=-1,
            bytecode_cache=_COMPILED,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.env.globals.update(
            icon=_icon(static),
            asset=static.url,
            plural=words.plural,
            ROLE_NAMES=ROLE_NAMES,
            LISTENING_REASONS=REASONS,
        )
        self.env.filters.update(
            day=_day,
            clock=_clock,
            ago=_ago,
            number=words.number,
            phone=words.phone,
            span=words.span,
            lasting=words.lasting,
            moment=_moment,
            device=words.device,
            appeal_number=numbering.written,
        )
        for file in sorted(MACROS.glob("*.html")):
            self.env.globals[file.stem] = self.env.get_template(f"{MACROS.name}/{file.name}").module

        for name in self.env.list_templates(extensions=["html"]):  # now: compiling one takes up to 180 ms
            self.env.get_template(name)

    def page(self, name: str, context: Mapping[str, Any]) -> str:
        """A whole template."""
        return self.env.get_template(name).render(self._with_time(context))

    def part(self, name: str, block: str, **context: Any) -> str:
        """One `{% block %}` of a template: the same words in the page and in a live update of it.

        `zone` should be given where times are written.
        """
        template = self.env.get_template(name)
        return "".join(template.blocks[block](template.new_context(self._with_time(context))))

    def zone_of(self, actor: Actor | None) -> ZoneInfo:
        """The zone a person thinks in: his company's."""
        return self._companies.by_id(actor.company_id).zone if actor and actor.company_id else HOME_ZONE

    def _with_time(self, context: Mapping[str, Any]) -> dict[str, Any]:
        return {"zone": HOME_ZONE, "now": self._clock.now()} | dict(context)


TEMPLATES: web.AppKey[Templates] = web.AppKey("templates")
BAND: web.AppKey[Callable[[str], object]] = web.AppKey("band")
"""What stands over the pages of this agent: whom they call, or may call (`worklist.call_bands`)."""


def wants_part(request: web.Request) -> bool:
    """Whether htmx asks and will put the answer into the page that is open."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers and "HX-Boosted" not in headers


def render(request: web.Request, name: str, *, status: int = 200, block: str = "main", **context: Any) -> web.Response:
    """The answer made of a template; an htmx request gets the block alone.

    In every template: `actor` (or None), `csrf`, `now`, `zone`, `theme`, `entries` of the menu, `path`, `live_id`,
    `line_up`, the `bell` of the worklist, the agent's `own_shift` and `band` (whom they call); in a page's own context
    `title` is expected.
    """
    console, templates, actor = console_of(request), request.app[TEMPLATES], actor_or_none(request)
    theme = request.cookies.get("theme", "")
    whole = {
        "actor": actor,
        "company": console.companies.by_id(actor.company_id) if actor and actor.company_id else None,
        "csrf": csrf(request),
        "zone": templates.zone_of(actor),
        "theme": theme if theme in ("light", "dark") else "",
        "entries": entries_of(request, actor),
        "path": request.path,
        "live_id": live_id(request),
        "line_up": console.line_up(),
        "bell": request.app[BELL](actor) if actor else None,
        "own_shift": console.desk.shift(actor.agent) if actor and actor.agent else None,
        "band": request.app[BAND](actor.agent) if actor and actor.agent else None,
        **context,
    }
    text = templates.part(name, block, **whole) if wants_part(request) else templates.page(name, whole)
    return web.Response(text=text, content_type="text/html", status=status, headers={"Vary": "HX-Request"})


def entries_of(request: web.Request, actor: Actor | None) -> list[MenuEntry]:
    """The side menu of a person, in its order."""
    if actor is None:
        return []
    return [one for one in request.app.get(ENTRIES, []) if actor.opens(one.permission) and one.suits(actor)]


def _icon(static: Static) -> Any:
    def icon(name: str, label: str = "") -> Markup:
        """A symbol of icons.svg; with a label when it stands alone, else hidden from a screen reader."""
        said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
        return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(said, static.url("icons.svg"), name)

    return icon


@jinja2.pass_context
def _day(context: Context, value: date | datetime | None, zone: ZoneInfo | None = None) -> str:
    where = zone or context["zone"]
    return words.day(value, where, context["now"].astimezone(where).date())


@jinja2.pass_context
def _clock(context: Context, value: datetime | None, zone: ZoneInfo | None = None) -> str:
    return words.clock(value, zone or context["zone"])


@jinja2.pass_context
def _moment(context: Context, value: datetime | None, zone: ZoneInfo | None = None) -> str:
    """«сегодня в 14:05»."""
    return "—" if value is None else f"{_day(context, value, zone)} в {_clock(context, value, zone)}"


@jinja2.pass_context
def _ago(context: Context, value: datetime | None) -> str:
    return words.ago(value, context["now"])
