"""`/appeals/26-000123-3`: one appeal, its history, and the steps that may be made now."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls.evidence import proof_of, signing_key
from agent_console.calls.listening import said
from agent_console.console import CONSOLE, Console, actor_of, console_of
from agent_console.people import audit, privacy
from agent_console.people.models import AuditAction
from agent_console.people.permissions import ROLE_NAMES, Actor, Permission
from agent_console.register.appeal_page import PATH, AppealPage, load
from agent_console.register.changed import TOPIC
from agent_console.register.steps import STEPS, Fields
from agent_console.web.downloads import disposition
from agent_console.web.failures import toast_header
from agent_console.web.render import render
from agent_console.web.routes import add, add_topic
from appeals.answers.letter import Letter
from appeals.casework import promises
from appeals.finding import appeals
from appeals.models import Appeal
from appeals.proof import evidence
from appeals.proof.signing import SigningKey
from grid.reliability import of_installation
from gridline.errors import Conflict, GridlineError, InvalidInput, NotFound
from recordings.models import PLAYABLE

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KEY: web.AppKey[SigningKey] = web.AppKey("evidence_key")
ANSWERABLE = ("phone", "email", "post", "office", "account", "by-number")


def add_to(app: web.Application) -> None:
    """Hang the routes; the key of the evidence bundles is made with the first start."""
    app[KEY] = signing_key(app[CONSOLE].settings)
    add(app, "GET", PATH, page, permission=Permission.APPEAL_READ)
    for name, step in STEPS.items():
        add(app, "POST", f"{PATH}/{name}", partial(make, name), permission=step.permission)
    for kind, permission in (("letter", Permission.APPEAL_WRITE), ("notice", Permission.APPEAL_APPROVE)):
        add(app, "POST", f"{PATH}/{kind}", partial(preview, kind), permission=permission)
        add(app, "POST", f"{PATH}/{kind}.docx", partial(download, kind), permission=permission)
    add(app, "POST", f"{PATH}/bundle", bundle, permission=Permission.APPEAL_EXPORT)
    add_topic(app, TOPIC, _may_follow)


async def page(request: web.Request) -> web.Response:
    """The appeal."""
    view = await view_of(request)
    if view.told is not None and view.told.recording is not None and view.told.sentences:
        await said.was_read(request, view.told.recording)
    return _show(request, view)


async def make(name: str, request: web.Request) -> web.StreamResponse:
    """Make one step. Whoever was second is told who was first; what they typed stays in its form."""
    console, actor = console_of(request), actor_of(request)
    appeal = await _appeal(request)
    typed = await _typed(request)
    try:
        await STEPS[name].make(console, actor, appeal, Fields(typed))
    except (Conflict, InvalidInput, NotFound) as error:
        view = await view_of(request)
        message = _told(error, view, typed)
        return _show(request, view, status=_status(request, error), failed=name, message=message, typed=typed)
    view = await view_of(request)
    last = view.history[0]
    news = {"version": view.appeal.version, "who": last.who, "what": last.title.lower(), "by": actor.user_id}
    console.push.publish(f"{TOPIC}:{appeal.id}", "appeal", json.dumps(news))
    if "HX-Request" not in request.headers:
        raise web.HTTPSeeOther(view.url)
    return _show(request, view, done=STEPS[name].done)


async def preview(kind: str, request: web.Request) -> web.Response:
    """The letter as it would leave now, in a dialog with the button that sends it."""
    letter, typed = await _letter(request, kind)
    return render(
        request,
        "letter.html",
        block="letter",
        title="Письмо",
        letter=letter,
        kind=kind,
        typed=typed,
        view=await view_of(request),
        plain=letter.plain(),
        ways=_ways(request),
        by_mail=_by_mail(request, letter.way),
    )


async def download(kind: str, request: web.Request) -> web.Response:
    """The same letter as a file."""
    letter, _ = await _letter(request, kind)
    content = await console_of(request).dispatch.docx(letter)
    return _file(content, f"{letter.number}.docx", DOCX)


async def bundle(request: web.Request) -> web.Response:
    """The evidence bundle; that it was taken out, and by whom, stays in the history and in the audit."""
    console, actor = console_of(request), actor_of(request)
    appeal = await _appeal(request)
    async with console.db.write() as session:
        locked = await evidence.by_number(session, appeal.company_id, appeal.number)
        proof = await proof_of(session, locked, visible_to=actor.scope)
        at, key = console.clock.now(), request.app[KEY]
        made = await evidence.bundle(session, locked, proof, actor=actor.signature, at=at, key=key)
        audit.note(
            session,
            console.clock,
            user_id=actor.user_id,
            action=AuditAction.APPEAL_EXPORTED,
            subject=appeal.number,
            detail=made.manifest_sha256,
        )
    return _file(made.content, f"appeal-{appeal.number}.zip", "application/zip")


async def _may_follow(console: Console, actor: Actor, name: str) -> bool:
    if not re.fullmatch("[0-9a-f]{32}", name) or not actor.may(Permission.APPEAL_READ):
        return False
    try:
        async with console.db.read() as session:
            await appeals.find(session, name, console.companies, visible_to=actor.scope, company="")
    except NotFound:
        return False
    return True


async def _appeal(request: web.Request) -> Appeal:
    async with console_of(request).db.read() as session:
        return await _find(request, session)


async def _find(request: web.Request, session: AsyncSession) -> Appeal:
    wanted, company = request.match_info["number"], request.query.get("company", "")
    companies, scope = console_of(request).companies, actor_of(request).scope
    return await appeals.find(session, wanted, companies, visible_to=scope, company=company)


async def view_of(request: web.Request) -> AppealPage:
    """The page of the appeal that an address names, as whoever asks sees it. Raises NotFound, OutOfScope."""
    console, actor = console_of(request), actor_of(request)
    async with console.db.read() as session:
        appeal = await _find(request, session)
        company, limits = console.companies.by_id(appeal.company_id), of_installation(console.settings.dialplan)
        now, hears = console.clock.now(), console.ears.available
        return await load(session, actor, appeal, company, now, limits, hears=hears)


async def _letter(request: web.Request, kind: str) -> tuple[Letter, dict[str, str]]:
    """The letter out of what was typed, its contact masked for those who may not see it. Raises as a step does."""
    console, actor = console_of(request), actor_of(request)
    appeal = await _appeal(request)
    typed = await _typed(request)
    fields = Fields(typed)
    try:
        if kind == "notice":
            letter = await console.dispatch.notice(
                appeal.id,
                signer=fields.signer,
                actor=actor.signature,
                version=fields.version,
                way=fields.text("way") or None,
            )
        else:
            letter = await console.dispatch.letter(
                appeal.id,
                text=fields.text("text"),
                signer=fields.signer,
                actor=actor.signature,
                version=fields.version,
                way=fields.text("way") or None,
            )
    except Conflict as error:
        raise Conflict(_told(error, await view_of(request), typed)) from error
    field = {"email": "email", "post": "post_address", "phone": "phone"}.get(letter.way)
    if field is not None:
        letter = replace(letter, contact=privacy.shown(actor, field, letter.contact) or "скрыт")
    return letter, typed


async def _typed(request: web.Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.post()).items() if isinstance(value, str)}


def _told(error: GridlineError, view: AppealPage, typed: dict[str, str]) -> str:
    """Why a step was refused; to whoever came second, who was first and what they did."""
    last = view.history[0]
    if isinstance(error, Conflict) and typed.get("version") != str(view.appeal.version):
        when = last.at.astimezone(view.company.zone)
        detail = f" ({last.detail})" if last.detail else ""
        return (
            f"Вас опередили: {last.who}, {when:%d.%m.%Y %H:%M} — {last.title.lower()}{detail}. "
            f"Показано новое состояние; набранное вами сохранено, отправьте ещё раз, если оно всё ещё верно."
        )
    return error.message


def _status(request: web.Request, error: GridlineError) -> int:
    """htmx shows the page of a 422; a plain form gets the status that tells it apart."""
    return 422 if "HX-Request" in request.headers else error.status


def _ways(request: web.Request) -> list[str]:
    there = console_of(request).dispatch.ways
    return [way for way in ANSWERABLE if way in there]


def _by_mail(request: web.Request, way: str) -> bool:
    return way == "email" and bool(console_of(request).settings.smtp_host)


def _show(
    request: web.Request,
    view: AppealPage,
    *,
    status: int = 200,
    failed: str = "",
    message: str = "",
    typed: dict[str, str] | None = None,
    done: str = "",
) -> web.Response:
    actor = actor_of(request)
    answer = render(
        request,
        "appeal.html",
        title=view.written,
        status=status,
        view=view,
        zone=view.company.zone,
        failed=failed,
        message=message,
        typed=typed or {},
        ways=_ways(request),
        privacy=privacy,
        playable=PLAYABLE,
        position=ROLE_NAMES[actor.role],
        topics=[f"{TOPIC}:{view.appeal.id}"],
        by_hand=promises.by_hand,
    )
    if request.method == "POST":
        answer.headers["HX-Push-Url"] = view.url
    if done:
        answer.headers.update(toast_header(done, "good"))
    return answer


def _file(content: bytes, name: str, kind: str) -> web.Response:
    return web.Response(body=content, content_type=kind, headers={"Content-Disposition": disposition(name)})
