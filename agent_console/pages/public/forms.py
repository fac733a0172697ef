"""`/report`, `/appeal`: an outage report and an appeal by anybody, as plain forms that need no script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from agent_console.console import CONSOLE, console_of
from agent_console.people.permissions import Access
from agent_console.web.public.limits import RateLimit, household
from agent_console.web.public.reports import SiteReport, SiteReports
from agent_console.web.public.seals import Seals
from agent_console.web.public.sendings import Sendings
from agent_console.web.render import TEMPLATES
from agent_console.web.routes import add
from agent_console.web.security import address
from appeals.intake.intake import accept
from appeals.taxonomy import shipped
from asterisk_conf.secrets import secret
from grid.outages.models import Service
from gridline.companies import Company
from gridline.errors import GridlineError, InvalidInput
from gridline.numbers.phones import e164

APPEALS_AN_HOUR: Final = 5
"""From one address."""
KINDS: Final = ("appeal", "complaint", "request")
WAYS: Final = ("email", "phone", "post", "by-number")
APPLICANTS: Final = ("person", "company", "entrepreneur")
GIVEN: Final = ("kind", "topic", "text", "applicant_kind", "name", "answer_way", "phone", "email", "post_address")


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    Forms(app).add_to(app)


class Forms:
    """Both forms with what guards them."""

    def __init__(self, app: web.Application) -> None:
        console = app[CONSOLE]
        ours, clock = secret(console.settings.var / "secrets", "public-forms"), console.clock
        self._seals = Seals(ours)
        self._reports = SiteReports(console, ours)
        self._appeals = Sendings("appeal", RateLimit("appeal", APPEALS_AN_HOUR, ours, clock), console.db, clock)

    def add_to(self, app: web.Application) -> None:
        """Hang the routes on `app`."""
        add(app, "GET", "/report", self.report_form, permission=Access.PUBLIC)
        add(app, "POST", "/report", self.report, permission=Access.PUBLIC)
        add(app, "GET", "/appeal", self.appeal_form, permission=Access.PUBLIC)
        add(app, "POST", "/appeal", self.appeal, permission=Access.PUBLIC)

    async def report_form(self, request: web.Request) -> web.Response:
        """An empty form."""
        return self._form(request, "report", _company(request, request.query), {})

    async def report(self, request: web.Request) -> web.Response:
        """Take a report in: the same answer for the same key, whoever sends it again."""
        form = await _typed(request)
        company = _company(request, form)
        try:
            thanks = self._reports.done(form["key"])
            if thanks is None:
                seal = self._seals.check(form, console_of(request).clock.now())
                thanks = await self._reports.take(company, _report(company, form), seal.key, _sender(request))
        except GridlineError as error:
            return self._form(request, "report", company, form, error)
        context = {"place": thanks.place, "at": thanks.at, "known": thanks.known}
        return _page(request, "public/reported.html", company, context)

    async def appeal_form(self, request: web.Request) -> web.Response:
        """An empty form."""
        return self._form(request, "appeal", _company(request, request.query), {})

    async def appeal(self, request: web.Request) -> web.Response:
        """Register an appeal: 200 with its number, the same one for the same key."""
        form, console = await _typed(request), console_of(request)
        company = _company(request, form)
        try:
            seal = self._seals.check(form, console.clock.now())
            if form["agreed"] != "yes":
                raise InvalidInput("Без согласия на обработку данных обращение не рассмотреть. Отметьте его внизу.")
            if not form["text"] or not form["name"]:
                raise InvalidInput("Напишите суть обращения и как к вам обращаться.")
            given = {name: form[name] or None for name in GIVEN}
            account = form["account_number"] or None
            ours = {"actor": "site", "idempotency_key": f"site:{seal.key}", "channel": "web_form"}
            intake = accept({**given, "account_number": account, "company_id": company.id, **ours})
            if intake.kind not in KINDS or intake.topic not in company.topics or intake.answer_way not in WAYS:
                raise InvalidInput("Выберите из списков, что подаёте, тему и как ответить.")
            await self._appeals.count(seal.key, _sender(request))
            done = await console.register.register(intake)
        except GridlineError as error:
            return self._form(request, "appeal", company, form, error)
        return _page(request, "public/registered.html", company, {"done": done})

    def _form(
        self,
        request: web.Request,
        name: str,
        company: Company,
        typed: Mapping[str, str],
        error: GridlineError | None = None,
    ) -> web.Response:
        codes = shipped()
        context = {
            "title": {"report": "Сообщить: нет света", "appeal": "Подать обращение"}[name],
            "typed": defaultdict(str, typed),
            "seal": self._seals.make(console_of(request).clock.now()),
            "error": error.message if error else "",
            "topics": [(code, topic.name) for code, topic in company.topics.items()],
            "kinds": [(code, codes.kinds[code].title) for code in KINDS],
            "ways": [(code, codes.answer_ways[code].title) for code in WAYS],
            "applicants": [(code, codes.applicant_kinds[code].title) for code in APPLICANTS],
        }
        return _page(request, f"public/{name}.html", company, context, status=error.status if error else 200)


def _company(request: web.Request, given: Mapping[str, str]) -> Company:
    companies, asked = console_of(request).companies, given.get("company", "")
    if not asked:
        raise web.HTTPSeeOther("/outages")
    return companies.by_id(asked)


async def _typed(request: web.Request) -> defaultdict[str, str]:
    """The fields; files and whatever else is no text are left out."""
    form = await request.post()
    texts = ((name, value) for name, value in form.items() if isinstance(value, str))
    return defaultdict(str, {name: value.replace("\0", "").strip() for name, value in texts})


def _report(company: Company, form: Mapping[str, str]) -> SiteReport:
    limits = {"settlement": 100, "street": 100, "house": 20, "phone": 30}
    if too_long := [name for name, most in limits.items() if len(form[name]) > most]:
        raise InvalidInput(f"Слишком длинно: {', '.join(too_long)}.")
    phone = e164(form["phone"]) if form["phone"] else None
    if form["phone"] and phone is None:
        raise InvalidInput("Телефон не разобран. Пишите как 8 913 120-34-01 или оставьте пустым.")
    water = form["service"] == Service.WATER and "water" in company.topics
    settlement, street, house = (" ".join(form[name].split()) for name in ("settlement", "street", "house"))
    return SiteReport(Service.WATER if water else Service.ELECTRICITY, settlement, street, house, phone)


def _sender(request: web.Request) -> str:
    return household(address(request))


def _page(
    request: web.Request, template: str, company: Company, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    whole = {"company": company, "zone": company.zone, **context}
    text = request.app[TEMPLATES].page(template, whole)
    return web.Response(text=text, content_type="text/html", status=status)
