"""Sends letters by e-mail and keeps the mail server's reply."""

from __future__ import annotations

import asyncio
import hashlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from pydantic import SecretStr

from appeals.answers.sending import Outbox, Outgoing, ProofOfSending
from gridline.clock import Clock
from gridline.errors import InvalidInput, Unavailable

_DOCX = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
PERMANENT = 500


@dataclass(frozen=True, slots=True)
class MailServer:
    """The company's mail server. `tls`: from the first byte, after STARTTLS, or none (loopback only)."""

    host: str
    port: int
    sender: str
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    secret: SecretStr | None = None
    timeout_s: float = 30.0


class SmtpSender:
    """Sends by SMTP. The server's reply to the message is the proof; the message itself is kept."""

    def __init__(
        self, server: MailServer, outbox: Outbox, clock: Clock, *, trusted: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._outbox = outbox
        self._clock = clock
        self._trusted = ssl.create_default_context() if trusted is None else trusted

    async def send(self, letter: Outgoing) -> ProofOfSending:
        """Send it once. Raises InvalidInput for an address the server refuses for good, else Unavailable."""
        known = self._outbox.proof(letter)
        if known is not None:
            return known
        message = self._message(letter)
        content = message.as_bytes(policy=SMTP)
        kept = self._outbox.keep(letter, ".eml", content)
        said = await asyncio.to_thread(self._deliver, _plain(letter.to), content)
        facts = {
            "way": letter.way,
            "by": "smtp",
            "server": f"{self._server.host}:{self._server.port}",
            "said": said,
            "message_id": str(message["Message-ID"]),
            "files": [kept],
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        return self._outbox.prove(letter, ProofOfSending(self._clock.now(), facts))

    async def send_text(self, id: str, to: str, subject: str, text: str) -> str:
        """Send a short message that is no letter; `id` is the same on every attempt. Raises as `send`."""
        to = _plain(to)
        message = self._addressed(id, to, subject)
        message.set_content(text)
        return await asyncio.to_thread(self._deliver, to, message.as_bytes(policy=SMTP))

    def check(self) -> str:
        """Sign in to the server without sending anything; returns the name it goes by. Raises Unavailable."""
        server = self._server
        try:
            with self._signed_in() as smtp:
                smtp.noop()
                return (smtp.ehlo_resp or smtp.helo_resp or b"").decode("utf-8", "replace").splitlines()[0][:100]
        except (smtplib.SMTPException, OSError, IndexError) as error:
            raise Unavailable(f"Почтовый сервер {server.host}:{server.port}: {error}") from error

    def _message(self, letter: Outgoing) -> EmailMessage:
        message = self._addressed(letter.letter_id, _plain(letter.to), letter.subject)
        message.set_content(letter.text)
        maintype, subtype = _DOCX
        message.add_attachment(letter.docx, maintype=maintype, subtype=subtype, filename=f"{letter.number}.docx")
        return message

    def _addressed(self, id: str, to: str, subject: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(self._clock.now())
        # The same id on every attempt: a mailbox that receives it twice shows it once.
        message["Message-ID"] = f"<{id}@{self._server.sender.rpartition('@')[2]}>"
        return message

    def _deliver(self, to: str, content: bytes) -> str:
        server = self._server
        try:
            with self._signed_in() as smtp:
                _expect(smtp.mail(server.sender), to)
                _expect(smtp.rcpt(to), to)
                return _expect(smtp.data(content), to)
        except smtplib.SMTPDataError as error:
            return _expect((error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""), to)
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(f"Почтовый сервер {server.host} не принял письмо: {_masked(str(error), to)}") from error

    @contextmanager
    def _signed_in(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        with self._connected() as smtp:
            if server.tls == "starttls":
                smtp.starttls(context=self._trusted)
            if server.user and server.secret is not None:
                smtp.login(server.user, server.secret.get_secret_value())
            smtp.ehlo_or_helo_if_needed()
            yield smtp

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.tls == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=self._trusted)
        return smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)


def _plain(address: str) -> str:
    """The address in ASCII: a Russian domain as Punycode. Raises InvalidInput."""
    local, _, domain = address.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        plain = ""
    if not (plain.isascii() and _ADDRESS.fullmatch(plain)):
        raise InvalidInput(f"Адрес «{address}» не годится для отправки по электронной почте")
    return plain


def _expect(reply: tuple[int, bytes], to: str) -> str:
    code, said = reply
    text = f"{code} {_masked(said.decode('utf-8', errors='replace'), to)}".strip()
    if 200 <= code < 300:
        return text
    if code >= PERMANENT:
        raise InvalidInput(f"Почтовый сервер отказал навсегда: {text}")
    raise Unavailable(f"Почтовый сервер отказал на время: {text}")


def _masked(said: str, to: str) -> str:
    """The server's words without the applicant's address: they go into the history, which cannot be erased."""
    return _ADDRESS.sub("***", said.replace(to, "***"))[:300]
