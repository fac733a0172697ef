"""Checks of the way messages to callers leave the house, and of those that nobody took."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from gridline.clock import SystemClock
from gridline.db import Database
from gridline.errors import Misconfigured, Unavailable
from gridline.settings import Settings
from outreach import stored
from outreach.models import MessageState, MessageWay
from outreach.senders.of_settings import senders
from outreach.senders.outbox import OUTBOX
from outreach.senders.smpp import Smpp
from service.doctor.finding import Finding, fine, note, wrong

RECENT = timedelta(days=1)


async def way_out(config: Settings) -> Sequence[Finding]:
    """Whether the settings are whole, and the carrier's SMSC takes us in."""
    what = "Сообщения"
    try:
        sender = senders(config, SystemClock(), asyncio.Queue())[MessageWay.SMS]
    except Misconfigured as error:
        return [wrong(what, error.message, "Исправьте gridline.toml.")]
    if config.sms == "outbox":
        return [note(what, f"Провайдера нет (sms): сообщения ждут в {config.var / OUTBOX}.")]
    if not isinstance(sender, Smpp):
        return [fine(what, f"Уходят через шлюз {config.sms_url}.")]
    try:
        await sender.check()
    except Unavailable as error:
        return [wrong(what, error.message, "Проверьте sms_host, sms_port, sms_tls, sms_user и sms_password.")]
    return [fine(what, f"SMSC {config.sms_host}:{config.sms_port} нас принимает.")]


async def lost(config: Settings) -> Sequence[Finding]:
    """Messages of the last day that nobody took, however often it was tried, or that may have left or not."""
    what = "Неотправленные сообщения"
    db = Database(config.db_url)
    try:
        async with db.read() as session:
            since = SystemClock().now() - RECENT
            given_up = await stored.settled_since(session, MessageState.GIVEN_UP, since)
            unknown = await stored.settled_since(session, MessageState.UNKNOWN, since)
    except (Unavailable, SQLAlchemyError):  # the database's own check says what to do
        return [note(what, "База данных не отвечает: сосчитать нельзя.")]
    finally:
        await db.close()
    if not given_up and not unknown:
        return [fine(what, "За сутки таких нет.")]
    cure = "Причина стоит у сообщения, на странице обращения; там же видно, кому оно не ушло."
    found = [wrong(what, f"За сутки отправить не удалось: {given_up}.", cure)] if given_up else []
    if unknown:
        again = "Решите, отправить ли сообщение ещё раз: на странице обращения или обзвона."
        found.append(wrong(what, f"За сутки неизвестно, отправлено ли: {unknown}.", again))
    return found
