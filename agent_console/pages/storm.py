"""`/storm`: the mode and why, what the line announces to everybody, what the storm looks like and what was done."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import timedelta
from typing import Final

from aiohttp import web

from agent_console.console import Console, actor_of, console_of
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Actor, Permission
from agent_console.wallboard import storm
from agent_console.web.company import companies_of, company_asked
from agent_console.web.render import render, wants_part
from agent_console.web.routes import MenuEntry, add, add_entry, add_topic
from agent_console.web.security import address
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound
from ivr.storm import announcements
from ivr.storm.announcer import Announcing
from ivr.voice import audio

LASTS: Final = {30: "30 минут", 60: "1 час", 120: "2 часа", 240: "4 часа", 480: "8 часов", 1440: "сутки"}
"""Minutes an announcement may last, and how that is written."""
WAV: Final = "audio/wav"


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/storm", page, permission=Permission.STORM_RUN)
    add(app, "POST", "/storm/mode", switch, permission=Permission.STORM_RUN)
    add(app, "POST", "/storm/hear", hear, permission=Permission.STORM_RUN)
    add(app, "POST", "/storm/announcements", publish, permission=Permission.STORM_RUN)
    add(app, "GET", "/storm/announcements/{id:[0-9a-f]{32}}.wav", sound, permission=Permission.STORM_RUN)
    add(app, "POST", "/storm/announcements/{id:[0-9a-f]{32}}/withdraw", withdraw, permission=Permission.STORM_RUN)
    add_entry(app, MenuEntry(52, "Шторм", "/storm", "storm", Permission.STORM_RUN, key="m"))
    add_topic(app, storm.STORM, _own)
    app.cleanup_ctx.append(storm.running)


async def page(request: web.Request) -> web.Response:
    """The page of one company; those who see several choose."""
    console, actor, company = console_of(request), actor_of(request), company_asked(request)
    board = await storm.storm_board(console, company, actor.scope)
    return render(
        request,
        "storm.html",
        title="Шторм",
        topics=[storm.topic(company.id, actor.branch)],
        choices=companies_of(console, actor),
        branches=[branch for branch in company.branches if actor.sees(company.id, branch.id)],
        lasts=LASTS,
        longest=announcements.LONGEST_TEXT,
        longest_s=int(announcements.LONGEST_S),
        **storm.context(console, company, board),
    )


async def switch(request: web.Request) -> web.StreamResponse:
    """Switch the mode of the company or of a branch by hand."""
    company = company_asked(request)
    form = await request.post()
    branch, on = _branch(request, company, str(form.get("branch", ""))), form.get("on") == "1"
    console, actor = console_of(request), actor_of(request)
    await console.storm.by_hand(company, branch, on=on, actor=actor.signature)
    await _note(request, AuditAction.STORM_SWITCHED, f"storm:{company.id}/{branch}", "включён" if on else "выключен")
    return _done(request, company, "Режим шторма включён" if on else "Режим шторма выключен")


async def hear(request: web.Request) -> web.Response:
    """The announcement as callers would hear it: of the words, or of what was spoken into the microphone."""
    company, form = company_asked(request), await request.post()
    heard, version = await _sounded(console_of(request), company, _text(form.get("text")), _spoken(form.get("sound")))
    return web.Response(body=heard, content_type=WAV, headers={"X-Heard": version})


async def publish(request: web.Request) -> web.StreamResponse:
    """Announce it from this moment on: exactly what was heard."""
    company, form = company_asked(request), await request.post()
    console, actor, now = console_of(request), actor_of(request), console_of(request).clock.now()
    minutes = str(form.get("minutes", ""))
    if minutes not in map(str, LASTS):
        raise InvalidInput("Выберите, сколько звучит объявление.")
    branch = _branch(request, company, str(form.get("branch", "")))
    ends_at = now + timedelta(minutes=int(minutes))
    wanted = Announcing(company.id, branch, now, ends_at, _text(form.get("text")), _spoken(form.get("sound")))
    _, version = await _sounded(console, company, wanted.text, wanted.wav)
    if form.get("heard") != version:
        raise InvalidInput("Сначала прослушайте объявление (F8): оно изменилось или ещё не звучало.")
    id = await console.announcer.publish(wanted, actor.signature)
    await _note(request, AuditAction.ANNOUNCED, f"announcement:{id}", wanted.text or "голосом")
    return _done(request, company, "Объявление звучит: его слышит каждый, кто звонит")


async def sound(request: web.Request) -> web.Response:
    """What callers hear of one announcement."""
    console, id = console_of(request), request.match_info["id"]
    async with console.db.read() as session:
        one = await announcements.find(session, id, visible_to=actor_of(request).scope)
    if one.sound is not None:
        return web.Response(body=one.sound, content_type=WAV)
    utterance = await console.announcer.sounded(one.company_id, one.text)
    return web.Response(body=utterance.file.with_suffix(".wav").read_bytes(), content_type=WAV)


async def withdraw(request: web.Request) -> web.StreamResponse:
    """Nobody hears it from now on."""
    id, actor = request.match_info["id"], actor_of(request)
    await console_of(request).announcer.withdraw(id, actor.signature, visible_to=actor.scope)
    await _note(request, AuditAction.ANNOUNCEMENT_WITHDRAWN, f"announcement:{id}")
    return _done(request, company_asked(request), "Объявление снято")


async def _sounded(console: Console, company: Company, text: str, wav: bytes | None) -> tuple[bytes, str]:
    """What callers would hear as a WAV, and its version. Raises InvalidInput, PromptUnavailable."""
    if wav is not None:
        sound = audio.wav_bytes(audio.for_telephone(wav))
        return sound, hashlib.sha256(sound).hexdigest()
    utterance = await console.announcer.sounded(company.id, text)
    announcements.checked_length(text, utterance.seconds)
    return utterance.file.with_suffix(".wav").read_bytes(), utterance.version


def _text(field: object) -> str:
    """The words of the form."""
    return str(field or "").strip()


def _spoken(field: object) -> bytes | None:
    """The sound of the form (base64), if one was recorded. Raises InvalidInput."""
    try:
        return base64.b64decode(str(field), validate=True) if field else None
    except binascii.Error as error:
        raise InvalidInput("Запись не дошла целиком. Запишите ещё раз.") from error


def _branch(request: web.Request, company: Company, wanted: str) -> str:
    """The branch of the form; whoever has a branch of their own may speak for no other, nor for all."""
    actor = actor_of(request)
    if wanted and all(branch.id != wanted for branch in company.branches):
        raise NotFound("Такого филиала нет.")
    if actor.branch and wanted != actor.branch:
        raise InvalidInput("Вы отвечаете за свой филиал: выберите его.")
    return wanted


async def _note(request: web.Request, action: AuditAction, subject: str, detail: str = "") -> None:
    console = console_of(request)
    async with console.db.write() as session:
        audit.note(
            session,
            console.clock,
            user_id=actor_of(request).user_id,
            action=action,
            subject=subject,
            detail=detail,
            address=address(request),
        )


def _done(request: web.Request, company: Company, text: str) -> web.StreamResponse:
    if not wants_part(request):
        raise web.HTTPSeeOther(f"/storm?company={company.id}")
    told = {"toast": {"text": text, "level": "good"}, "storm-done": {}}
    return web.Response(status=204, headers={"HX-Trigger": json.dumps(told)})


async def _own(console: Console, actor: Actor, name: str) -> bool:
    company, _, branch = name.partition("/")
    own = any(one.id == company for one in companies_of(console, actor))
    return own and actor.may(Permission.STORM_RUN) and (not actor.branch or branch == actor.branch)
