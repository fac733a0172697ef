"""Checks of the way answers leave the house."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from appeals.answers.post_room import mail_server, outbox
from appeals.answers.smtp import SmtpSender
from gridline.clock import SystemClock
from gridline.errors import Misconfigured, Unavailable
from gridline.settings import Settings
from service.doctor.finding import Finding, fine, note, wrong

LIMIT_S = 5.0


async def answers(config: Settings) -> Sequence[Finding]:
    """Whether the mail server takes us in; a house without one keeps its letters in a folder."""
    what = "Ответы заявителям"
    try:
        server = mail_server(config, timeout_s=LIMIT_S)
    except Misconfigured as error:
        return [wrong(what, error.message, "Исправьте gridline.toml.")]
    if server is None:
        return [note(what, f"Почтового сервера нет (smtp_host): письма ждут в {config.var / 'answers'}.")]
    sender = SmtpSender(server, outbox(config), SystemClock())
    try:
        name = await asyncio.to_thread(sender.check)
    except Unavailable as error:
        return [wrong(what, error.message, "Проверьте smtp_host, smtp_port, smtp_tls, smtp_user и smtp_password.")]
    return [fine(what, f"Почтовый сервер {server.host}:{server.port} отвечает: {name}")]
