"""From the card: the form of an appeal as it is typed, its registration, or a further contact to an open appeal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import recordings
from agent_console.card import drafts, form
from agent_console.card.drafts import FormDraft
from agent_console.card.requested import CALL, RequestedCall, requested_call
from agent_console.console import actor_of, console_of
from agent_console.pages.card import told
from agent_console.pages.card.card import context_of, part
from agent_console.people import audit
from agent_console.people.models import AuditAction
from agent_console.people.permissions import Permission
from agent_console.web.failures import toast_header
from agent_console.web.render import render
from agent_console.web.routes import add
from appeals import numbering
from appeals.finding import appeals
from appeals.finding.appeals import TRUST
from appeals.intake.intake import accept
from appeals.intake.repeats import FurtherContact, OpenAppeal
from appeals.register import Registered
from grid import premises
from gridline.db import new_id
from gridline.errors import Conflict, InvalidInput
from gridline.scope import OutOfScope
from quality.transcripts.spoken_text import SpokenText
from recordings.models import RecordingKind
from worklist import unregistered

LONGEST_CONTACT = 5000


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    write = Permission.CARD_WRITE
    add(app, "GET", f"/card/{CALL}/draft", read_draft, permission=write)
    add(app, "POST", f"/card/{CALL}/draft", save_draft, permission=write)
    add(app, "POST", f"/card/{CALL}/form", form_again, permission=write)
    add(app, "POST", f"/card/{CALL}/appeal", register, permission=write)
    add(app, "POST", f"/card/{CALL}/contact", add_contact, permission=write)


async def read_draft(request: web.Request) -> web.Response:
    """The form as it was saved last, for a tab that takes over."""
    async with console_of(request).db.read() as session:
        card = await requested_call(request, session)
        return web.json_response(_told(await drafts.of(session, card.call.id)))


async def save_draft(request: web.Request) -> web.Response:
    """Keep the form as it is typed; 409 with the other one's version when another tab has saved meanwhile."""
    sent = await _json(request)
    fields, console = sent.get("fields"), console_of(request)
    version, key, tab = sent.get("version"), sent.get("key"), sent.get("tab")
    if not isinstance(fields, dict) or not isinstance(version, int) or not isinstance(key, str) or not _is_id(tab):
        raise InvalidInput("Черновик прислан не так, как его шлёт страница.")
    async with console.db.write() as session:
        card = await requested_call(request, session)
        try:
            draft = await drafts.save(
                session,
                console.clock,
                card.call,
                fields=form.taken(fields),
                version=version,
                key=key,
                tab=str(tab),
                author=card.actor.name,
                take=sent.get("take") is True,
            )
        except drafts.Superseded as other:
            refused = _told(other.draft) | {"code": other.code, "message": other.message}
            return web.json_response(refused, status=other.status)
    if draft.version != version:
        news = {"version": draft.version, "tab": draft.tab, "author": draft.author}
        console.push.publish(f"card-call:{card.call.id}", "draft", json.dumps(news))
    return web.json_response(_told(draft))


async def form_again(request: web.Request) -> web.Response:
    """The form anew for what is typed: other required fields, codes and open appeals after another kind or topic."""
    values = form.taken(await request.post())
    async with console_of(request).db.read() as session:
        card = await requested_call(request, session)
        draft = await drafts.of(session, card.call.id)
    return await _form(request, card, values, draft, {})


async def register(request: web.Request) -> web.Response:
    """Register what the form says, once however often it is sent; the answer is the number to read out."""
    sent = await request.post()
    values, console = form.taken(sent), console_of(request)
    async with console.db.read() as session:
        try:
            card = await requested_call(request, session)
        except OutOfScope:
            if (made := await _shut_before(request, sent)) is None:
                raise
            return _shut_card(request, made)
        draft = await drafts.of(session, card.call.id)
        recording = await talk_of(session, card)
        half_told = await unregistered.of_call(session, card.company.id, card.call.id)
        spoken = await told.told_in(session, card, half_told)
        if premise := values.get("premise_id"):
            await premises.find(session, premise, company_id=card.company.id, visible_to=card.actor.scope)
    key = _key(sent, anonymous=form.shown(values, card.company).anonymous)
    given = form.given(
        values, call=card.call, company=card.company, key=key, recording_id=recording, actor=card.actor.signature
    )
    if half_told is not None and not form.shown(values, card.company).anonymous:
        given = {"recording_id": half_told.recording_id, "draft_id": half_told.subject_id} | given
    if wrong := form.problems(values, given, card.company):
        return await _form(request, card, values, draft, wrong)
    try:
        made = await console.register.register(accept(given))
    except Conflict as error:
        draft = await _begin_anew(card, str(sent.get("key", "")), keep=True)
        again = f"{error.message} Если это другое обращение, зарегистрируйте форму ещё раз."
        return await _form(request, card, values, draft, {"": again})
    except InvalidInput as error:  # a moment that lies ahead, an earlier number that does not exist
        return await _form(request, card, values, draft, {"": error.message})
    if given["kind"] == TRUST:
        return await _shut(request, card, made)
    await _begin_anew(card, str(sent.get("key", "")), made=made)
    if half_told is not None and "draft_id" in given:
        await _no_longer_half_told(card, half_told.id, made, values, spoken)
    answered = values.get(form.OUTCOME) == form.ANSWERED and "answer_on_call" in given
    return await _answer(request, card, made=made, answered=answered)


async def add_contact(request: web.Request) -> web.Response:
    """The caller came again on an open matter: what they say is added there, and its deadline stays."""
    sent, console = await request.post(), console_of(request)
    text = str(sent.get("text", "")).strip()[:LONGEST_CONTACT]
    if not text:
        raise InvalidInput("Напишите в форме, что говорит заявитель: это и будет добавлено.")
    async with console.db.read() as session:
        card = await requested_call(request, session)
        number = numbering.read(str(sent.get("number", ""))).digits
        scope = replace(card.actor.scope, company_id=card.company.id)
        appeal = await appeals.find(session, number, console.companies, visible_to=scope, company="")
        sent_before = await appeals.has_contact(session, appeal.id, card.call.id, text)
    if not sent_before:
        contact = FurtherContact("phone", card.actor.signature, card.call.caller, text, call_id=card.call.id)
        await console.register.add_contact(card.company.id, number, contact)
    await _begin_anew(card, str(sent.get("key", "")))
    answer = await _answer(request, card)
    answer.headers.update(toast_header(f"Добавлено к обращению {numbering.written(number)}", "good"))
    return answer


async def _shut(request: web.Request, card: RequestedCall, made: Registered) -> web.Response:
    """The call is the security service's now: what was on its card gives way to the number to read out."""
    async with card.console.db.write() as session:
        _note(session, card, made)
    return _shut_card(request, made)


async def _shut_before(request: web.Request, sent: Mapping[str, object]) -> Registered | None:
    """What this very form registered with the trust line, when its reply was lost and it is sent again."""
    company, nonce = actor_of(request).company_id, str(sent.get("nonce", ""))
    if company is None or not _is_id(nonce):
        return None
    return await console_of(request).register.under_key(company, _form_key(nonce))


def _shut_card(request: web.Request, made: Registered) -> web.Response:
    answer = render(request, "card_shut.html", block="shut", title="Карточка звонка", made=made)
    answer.headers.update({"HX-Retarget": "#call-card", "HX-Reswap": "outerHTML", "HX-Replace-Url": "/card"})
    return answer


def _note(session: AsyncSession, card: RequestedCall, made: Registered) -> None:
    audit.note(
        session,
        card.console.clock,
        user_id=card.actor.user_id,
        action=AuditAction.APPEAL_REGISTERED,
        subject=f"appeal:{made.appeal_id}",
    )


async def _answer(
    request: web.Request, card: RequestedCall, *, made: Registered | None = None, answered: bool = False
) -> web.Response:
    """The card as it is now; with what was registered, its number and deadline to read out."""
    async with card.console.db.read() as session:
        context = await context_of(session, card)
    return part(request, card, "contents", context | {"made": made, "answered": answered})


async def _form(
    request: web.Request, card: RequestedCall, values: dict[str, str], draft: FormDraft, wrong: Mapping[str, str]
) -> web.Response:
    async with card.console.db.read() as session:
        context = await context_of(session, card, typed=values)
    context |= {
        "form": form.shown(values, card.company, wrong),
        "draft": draft,
        "similar": await _similar(card, values),
    }
    answer = part(request, card, "form", context, status=422 if wrong else 200)
    if wrong:
        answer.headers.update({"HX-Retarget": "#appeal-form", "HX-Reswap": "morph"})
    return answer


async def _similar(card: RequestedCall, values: Mapping[str, str]) -> list[OpenAppeal]:
    """Open appeals on this topic that what is typed may be a further contact of, as far as the actor may see them."""
    asked = {name: values.get(name) for name in ("topic", "phone", "account_number", "premise_id")}
    asked |= {"company_id": card.company.id, "channel": "phone", "text": "?", "email": values.get("email")}
    if not asked["phone"] and not asked["email"]:
        asked["phone"] = card.call.caller
    try:
        found = await card.console.register.similar(accept(asked))
    except InvalidInput:  # not enough is typed yet to compare with
        return []
    async with card.console.db.read() as session:
        seen = await appeals.among(session, [one.appeal_id for one in found], visible_to=card.actor.scope)
    return [one for one in found if one.appeal_id in seen]


async def _begin_anew(
    card: RequestedCall, key: str, *, keep: bool = False, made: Registered | None = None
) -> FormDraft:
    """The form's place is free for the next one; `keep`: what was typed becomes that one."""
    console = card.console
    async with console.db.write() as session:
        await drafts.finish(session, console.clock, card.call, key, keep=keep)
        if made is not None:
            _note(session, card, made)
        return await drafts.of(session, card.call.id)


async def _no_longer_half_told(
    card: RequestedCall, item_id: str, made: Registered, values: Mapping[str, str], spoken: SpokenText | None
) -> None:
    """What the caller had begun to tell the robot is registered now, with what a machine had heard of it beside."""
    console = card.console
    try:
        async with console.db.write() as session:
            await told.keep(session, card, values, spoken, made)
        async with console.db.write() as session:
            actor = card.actor.signature
            news = await unregistered.registered(session, console.worklist, item_id, made.appeal_id, actor)
    except Conflict:  # somebody ended it while this form was filled in
        return
    console.worklist.tell(news)


async def talk_of(session: AsyncSession, card: RequestedCall) -> str | None:
    """The recording of this talk: the one that runs, or one that was taken in already."""
    labels = await asyncio.to_thread(lambda: list(card.console.incoming.labels()))
    running = [one.id for one in labels if one.call_id == card.call.id and one.kind == RecordingKind.TALK.value]
    return running[-1] if running else await recordings.last_talk(session, card.call.id)


def _key(sent: Mapping[str, object], *, anonymous: bool) -> str:
    """The idempotency key of the form; an anonymous one's leads to no call."""
    key = str(sent.get("nonce" if anonymous else "key", ""))
    if not _is_id(key):
        raise InvalidInput("Форма прислана без ключа. Откройте карточку заново.")
    return _form_key(key)


def _form_key(key: str) -> str:
    return f"card:{key}"


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) == len(new_id()) and value.isalnum() and value.isascii()


async def _json(request: web.Request) -> dict[str, object]:
    try:
        sent = await request.json()
    except ValueError as error:
        raise InvalidInput("Черновик прислан не так, как его шлёт страница.") from error
    return sent if isinstance(sent, dict) else {}


def _told(draft: FormDraft) -> dict[str, object]:
    return {
        "key": draft.key,
        "fields": dict(draft.fields),
        "version": draft.version,
        "tab": draft.tab,
        "author": draft.author,
    }
