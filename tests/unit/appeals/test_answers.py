"""Letters: names declined only where sure, templates, the outbox, and a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import io
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from docx import Document
from pydantic import SecretStr

from appeals.answers import templates
from appeals.answers.letter import Letter, Signer
from appeals.answers.names import spelled
from appeals.answers.sending import FileSender, Outbox, Outgoing
from appeals.answers.smtp import MailServer, SmtpSender
from gridline.clock import SetClock
from gridline.errors import InvalidInput, Misconfigured, Unavailable

NOW = datetime(2026, 12, 20, 9, 30, tzinfo=UTC)
FURTHER = "Если вы не согласны с ответом, вы вправе обратиться: УФАС; а также в суд."
LETTER = Letter(
    kind="answer",
    company="ООО «СКЭК»",
    company_id="skek",
    way="email",
    number="26-000123-7",
    received_on=date(2026, 12, 3),
    written_on=date(2026, 12, 20),
    name="Иванова Мария Петровна",
    contact="maria@example.ru",
    verdict="Жалоба признана обоснованной.",
    text="Провод заменён.\n\n<b>{{ company }}</b> & {% if x %} «кавычки»",
    rights_restored="напряжение в норме",
    measures=["Замена провода — выполнено 15.12.2026", "Замер — срок 20.01.2027"],
    further_appeal=FURTHER,
    signer=Signer("Петров П. П.", "Начальник отдела"),
)


@pytest.mark.parametrize(
    ("name", "to", "greeting"),
    [
        ("Иванова Мария Петровна", "Ивановой Марии Петровне", "Уважаемая Мария Петровна!"),
        ("ИВАНОВ ПЁТР ИЛЬИЧ", "Иванову Петру Ильичу", "Уважаемый Пётр Ильич!"),
        ("дюма александр иванович", "Дюма Александру Ивановичу", "Уважаемый Александр Иванович!"),
        ("Черных Олег Олегович", "Черных Олегу Олеговичу", "Уважаемый Олег Олегович!"),
        ("Шевченко Инна Сергеевна", "Шевченко Инне Сергеевне", "Уважаемая Инна Сергеевна!"),
        ("Римский-Корсаков Николай Фомич", "Римскому-Корсакову Николаю Фомичу", "Уважаемый Николай Фомич!"),
        ("Бондарь Анна Ивановна", "Бондарь Анне Ивановне", "Уважаемая Анна Ивановна!"),
    ],
)
def test_a_sure_name_is_declined(name: str, to: str, greeting: str) -> None:
    assert (spelled(name).to, spelled(name).greeting, spelled(name).sure) == (to, greeting, True)


@pytest.mark.parametrize(
    "name",
    [
        "Заяц Павел Ильич",
        "Лев Лев Львович",
        "Ткач Пётр Львович",
        "Иванова Пётр Петрович",
        "Мамедов Рашид Ахмед-оглы",
        "Мария Петровна Иванова",
        "Иванов И. И.",
        "Иванов",
        "ООО «Ромашка»",
        "John Fitzgerald Smith",
        "",
        None,
    ],
)
def test_an_unsure_name_stays_as_it_was_given(name: str | None) -> None:
    assert spelled(name).to == (name or "")
    assert spelled(name).greeting == "Здравствуйте!"
    assert not spelled(name).sure


def _paragraphs(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs if paragraph.text]


def test_the_letter_says_everything_r12_asks() -> None:
    lines = _paragraphs(LETTER.docx())
    for line in (
        "ООО «СКЭК»",
        "№ 26-000123-7 от 20.12.2026",
        "Ивановой Марии Петровне",
        "maria@example.ru",
        "Уважаемая Мария Петровна!",
        "Ваше обращение № 26-000123-7, поступившее 03.12.2026, рассмотрено.",
        "Жалоба признана обоснованной.",
        "Провод заменён.",
        "<b>{{ company }}</b> & {% if x %} «кавычки»",  # a text is never a template
        "Восстановление прав: напряжение в норме",
        "— Замер — срок 20.01.2027",
        FURTHER,
        "Начальник отдела\tПетров П. П.",
    ):
        assert line in lines
    plain = LETTER.plain()
    assert all(line.removeprefix("— ") in plain for line in lines[4:-1])


def test_an_unsure_name_and_a_bare_answer_leave_no_empty_lines() -> None:
    letter = replace(LETTER, name="Заяц Павел Ильич", verdict="", rights_restored="", measures=[])
    lines = _paragraphs(letter.docx())
    assert "Заявитель: Заяц Павел Ильич" in lines
    assert "Принимаемые меры:" not in lines
    assert not any(line.startswith("Восстановление") for line in lines)
    assert "\n\n\n" not in letter.plain()


def test_a_notice_of_refusal_names_its_ground() -> None:
    notice = replace(LETTER, kind="refusal", verdict="Ответ уже дан.", text="", rights_restored="", measures=[])
    for text in ("\n".join(_paragraphs(notice.docx())), notice.plain()):
        assert "оставлено без рассмотрения" in text
        assert "Основание: Ответ уже дан." in text
        assert FURTHER in text


@pytest.mark.parametrize("name", templates.BODIES)
def test_the_shipped_templates_are_what_their_source_makes(name: str) -> None:
    built = io.BytesIO()
    templates.build(name).save(built)
    shipped = (templates.FOLDER / f"{name}.docx").read_bytes()
    assert _paragraphs(built.getvalue()) == _paragraphs(shipped)


def test_a_companys_own_template_is_used_and_a_wrong_one_named(tmp_path: Path) -> None:
    own = Document()
    own.add_paragraph("Бланк: {{ number }}")
    own.save(str(tmp_path / "answer.docx"))
    assert _paragraphs(LETTER.docx(tmp_path)) == ["Бланк: 26-000123-7"]
    for wrong in ("{{ no_such_field }}", "{{ number.__class__.__mro__ }}", "{% if %}"):
        own = Document()
        own.add_paragraph(wrong)
        own.save(str(tmp_path / "answer.docx"))
        with pytest.raises(Misconfigured, match=r"answer\.docx"):
            LETTER.docx(tmp_path)
    (tmp_path / "answer.docx").write_bytes(b"not a zip")
    with pytest.raises(Misconfigured, match=r"answer\.docx"):
        LETTER.docx(tmp_path)


def outgoing(**changes: Any) -> Outgoing:
    """A letter by e-mail."""
    given: dict[str, Any] = {
        "letter_id": "0" * 31 + "a",
        "number": "26-000123-7",
        "way": "email",
        "to": "maria@example.ru",
        "subject": LETTER.subject,
        "text": LETTER.plain(),
        "docx": LETTER.docx(),
    }
    return Outgoing(**(given | changes))


async def test_the_outbox_keeps_letter_and_proof_and_takes_it_once(tmp_path: Path) -> None:
    outbox, clock = Outbox(tmp_path), SetClock(NOW)
    letter = outgoing(way="post", to="Кемерово, Ленина, 1")
    proof = await FileSender(outbox, clock).send(letter)
    assert proof.sent_at == NOW
    assert json.loads(proof.as_json())["sha256"] == hashlib.sha256(letter.docx).hexdigest()
    assert "Ленина" not in proof.as_json()
    folder = tmp_path / "26-000123-7"
    assert "Кому: Кемерово, Ленина, 1" in (folder / f"{letter.letter_id}.txt").read_text(encoding="utf-8")
    clock.set(datetime(2026, 12, 21, tzinfo=UTC))
    assert await FileSender(outbox, clock).send(letter) == proof
    assert len(outbox.erase("26-000123-7")) == 2
    assert [file.suffix for file in folder.iterdir()] == [".json"]
    assert outbox.proof(letter) == proof


async def test_an_outbox_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file, not a folder")
    with pytest.raises(Unavailable):
        await FileSender(Outbox(tmp_path / "outbox"), SetClock(NOW)).send(outgoing())


def test_what_becomes_a_file_name_is_hex_and_digits() -> None:
    for changes in ({"letter_id": "../x"}, {"number": "../../etc"}):
        with pytest.raises(ValueError, match="file names"):
            outgoing(**changes)


class Mailbox:
    """The mail server's side of a session: accepts letters, or refuses on demand."""

    def __init__(self) -> None:
        self.letters: list[Envelope] = []
        self.recipient = "250 OK"
        self.data = "250 2.0.0 Ok: queued as 4F2 for <maria@example.ru>"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, to: str, options: Any) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        self.letters.append(envelope)
        return self.data


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[MailServer]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield MailServer("127.0.0.1", controller.port, "appeals@skek.ru", tls="none", timeout_s=5)
    controller.stop()


async def test_a_letter_arrives_whole_and_its_proof_has_no_address(
    mailbox: Mailbox, server: MailServer, tmp_path: Path
) -> None:
    sender = SmtpSender(server, Outbox(tmp_path), SetClock(NOW))
    letter = outgoing()
    proof = await sender.send(letter)
    (envelope,) = mailbox.letters
    assert (envelope.mail_from, envelope.rcpt_tos) == ("appeals@skek.ru", ["maria@example.ru"])
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message["Subject"] == "Обращение № 26-000123-7 от 03.12.2026"
    body = message.get_body()
    assert body is not None
    assert FURTHER in body.get_content()
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "26-000123-7.docx"
    assert attached.get_content() == letter.docx
    facts = json.loads(proof.as_json())
    assert facts["said"] == "250 2.0.0 Ok: queued as 4F2 for <***>"
    assert facts["message_id"] == f"<{'0' * 31}a@skek.ru>"
    kept = (tmp_path / facts["files"][0]).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == facts["sha256"]
    assert "maria" not in proof.as_json()
    assert await sender.send(outgoing()) == proof  # retried after a crash
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"recipient": "550 5.1.1 no such user <maria@example.ru>"}, InvalidInput, "550"),
        ({"recipient": "451 greylisted"}, Unavailable, "451"),
        ({"data": "552 too big"}, InvalidInput, "552"),
        ({"data": "452 disk full"}, Unavailable, "452"),
    ],
)
async def test_a_refusal_is_for_good_or_for_now(
    mailbox: Mailbox, server: MailServer, tmp_path: Path, changes: dict[str, str], error: type[Exception], said: str
) -> None:
    vars(mailbox).update(changes)
    sender = SmtpSender(server, Outbox(tmp_path), SetClock(NOW))
    with pytest.raises(error, match=said) as refused:
        await sender.send(outgoing())
    assert "maria@" not in str(refused.value)
    vars(mailbox).update(vars(Mailbox()))
    assert (await sender.send(outgoing())).facts["by"] == "smtp"  # nothing counts as sent


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    nowhere = MailServer("127.0.0.1", _free_port(), "appeals@skek.ru", tls="none", timeout_s=2)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        await SmtpSender(nowhere, Outbox(tmp_path), SetClock(NOW)).send(outgoing())


@pytest.mark.parametrize(
    "to", ["мария@example.ru", "a b@example.ru", "maria@example.ru\nBcc: x@y.ru", "maria", "@x.ru"]
)
async def test_an_address_that_cannot_be_is_refused(to: str, server: MailServer, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        await SmtpSender(server, Outbox(tmp_path), SetClock(NOW)).send(outgoing(to=to))


async def test_a_russian_domain_is_spelt_for_the_wire(mailbox: Mailbox, server: MailServer, tmp_path: Path) -> None:
    await SmtpSender(server, Outbox(tmp_path), SetClock(NOW)).send(outgoing(to="maria@пример.рф"))
    assert mailbox.letters[0].rcpt_tos == ["maria@xn--e1afmkfd.xn--p1ai"]


async def test_starttls_and_a_password_are_used_when_asked(mailbox: Mailbox, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(certificate, key)

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"robot", b"secret"), handled=False)

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=offered,
        require_starttls=True,
        authenticator=authenticate,
        auth_required=True,
    )
    controller.start()
    try:
        asked = MailServer("127.0.0.1", controller.port, "a@skek.ru", "starttls", "robot", SecretStr("secret"), 5)
        trusted = ssl.create_default_context(cafile=str(certificate))
        sender = SmtpSender(asked, Outbox(tmp_path / "out"), SetClock(NOW), trusted=trusted)
        assert (await sender.send(outgoing())).facts["said"].startswith("250")
        distrustful = SmtpSender(asked, Outbox(tmp_path / "out2"), SetClock(NOW))
        with pytest.raises(Unavailable, match="certificate"):
            await distrustful.send(outgoing())
        wrong = SmtpSender(
            replace(asked, secret=SecretStr("no")), Outbox(tmp_path / "out3"), SetClock(NOW), trusted=trusted
        )
        with pytest.raises(Unavailable, match="535"):
            await wrong.send(outgoing())
    finally:
        controller.stop()
