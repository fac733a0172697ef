"""How this installation sends its letters, by its settings: e-mail over SMTP, the rest through the outbox."""

from __future__ import annotations

from pathlib import Path

from appeals.answers.dispatch import Dispatch
from appeals.answers.sending import FileSender, Outbox, Sender
from appeals.answers.smtp import MailServer, SmtpSender
from appeals.casework.casework import Casework
from appeals.casework.endings import Endings
from appeals.taxonomy import shipped
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import Misconfigured
from gridline.settings import Settings

ON_CALL = "on-call"
"""Nothing is sent: what was said is on the recording."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def outbox(config: Settings) -> Outbox:
    """The folder of letters and proofs of sending."""
    return Outbox(config.var / "answers")


def own_templates(config: Settings) -> Path:
    """Where companies keep letter templates of their own: `dialplan/letters/COMPANY/answer.docx`."""
    return config.dialplan / "letters"


def mail_server(config: Settings, *, timeout_s: float = 30) -> MailServer | None:
    """The mail server of the settings; None when there is none. Raises Misconfigured."""
    if not config.smtp_host:
        return None
    if not config.smtp_from:
        raise Misconfigured("smtp_from: назовите адрес, с которого уходят ответы.")
    if config.smtp_tls == "none" and config.smtp_host not in LOOPBACK:
        raise Misconfigured("smtp_tls: без шифрования письма уходят только на эту же машину; пишите starttls или tls.")
    return MailServer(
        config.smtp_host,
        config.smtp_port,
        config.smtp_from,
        tls=config.smtp_tls,
        user=config.smtp_user,
        secret=config.smtp_password if config.smtp_user else None,
        timeout_s=timeout_s,
    )


def senders(config: Settings, clock: Clock) -> dict[str, Sender]:
    """A sender for every way an answer may be sent. Raises Misconfigured for an incomplete mail server."""
    by_file = FileSender(outbox(config), clock)
    by_way: dict[str, Sender] = {way: by_file for way in shipped().answer_ways if way != ON_CALL}
    server = mail_server(config)
    return by_way if server is None else by_way | {"email": SmtpSender(server, outbox(config), clock)}


def dispatch(
    config: Settings, db: Database, clock: Clock, companies: Companies, casework: Casework, endings: Endings
) -> Dispatch:
    """The dispatch of this installation's letters. Raises Misconfigured."""
    return Dispatch(db, clock, companies, casework, endings, senders(config, clock), own_templates(config))
