"""Messages to callers: queued with what they tell, sent on a consent that holds, tried again, settled by a receipt."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr
from sqlalchemy import select

from appeals.answers.sending import Outbox
from appeals.answers.smtp import MailServer, SmtpSender
from appeals.intake.intake import accept
from appeals.register import Register
from carrier.settings import free_port
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict, NotFound, Unavailable
from gridline.settings import HOUSE
from outreach import consents, erasure, messages, quiet, stored
from outreach.messages import PAUSES, Messages
from outreach.models import Consent, MessageOut, MessagePart, MessageState, MessageWay, Purpose
from outreach.senders import smpp
from outreach.senders.gateway import HttpGateway
from outreach.senders.mail import Mail
from outreach.senders.outbox import OutboxFolder
from outreach.senders.port import MessageSender, Parcel, Receipts
from outreach.senders.smpp import Smpp
from tests.faults.injury import until_known
from tests.smsc import HOST, Smsc, smsc
from tests.store.promises.shop import RefusingDatabase
from tests.unit.eventually import eventually

NIGHT = datetime(2026, 12, 20, 18, 30, tzinfo=UTC)
"""Half past one in the zone of СКЭК."""
CALLER = "+79135557788"
SHORT = "СКЭК: обращение 26-000123-7 зарегистрировано."
LONG = "Ваше обращение 26-000123-7 зарегистрировано 😀, ответим до 23.12.2026. " * 4


@dataclass
class Post:
    """Messages with their clock and senders."""

    db: Database
    clock: SetClock
    messages: Messages
    receipts: Receipts

    async def queued(
        self, key: str = "1", to: str = CALLER, text: str = SHORT, purpose: Purpose = Purpose.APPEAL
    ) -> MessageOut:
        """A message on a consent of its own."""
        async with self.db.write() as session:
            return await self.in_session(session, key, to, text, purpose)

    async def in_session(
        self, session: Any, key: str, to: str, text: str, purpose: Purpose, subject: str = "a" * 32
    ) -> MessageOut:
        given = Consent(
            id=new_id(),
            company_id="skek",
            phone=to[:16],
            purpose=purpose,
            given_at=self.clock.now(),
            call_id=new_id(),
            asked="Прислать?",
            subject_id=subject,
        )
        consent = await consents.give(session, given)
        await session.flush()
        return await self.messages.queue(
            session, "skek", to, text, purpose, key, consent.id, subject_id=subject, call_id=given.call_id
        )

    async def of(self, id: str) -> MessageOut:
        """The message as it is stored now."""
        async with self.db.read() as session:
            return await session.get_one(MessageOut, id)

    async def settled(self, id: str, state: MessageState) -> MessageOut:
        """The message once it is in this state; a receipt is on its way."""

        async def look() -> MessageOut | None:
            found = await self.of(id)
            return found if found.state is state else None

        return await until_known(look, f"the message {state}")


def post(
    db: Database, *, sms: MessageSender, mail: MessageSender | None = None, receipts: Receipts | None = None
) -> Post:
    clock, queue = SetClock(NIGHT), receipts or asyncio.Queue()
    companies = Companies.load(HOUSE / "dialplan/companies")
    senders = {MessageWay.SMS: sms, MessageWay.EMAIL: mail or sms}
    made = Messages(db, clock, companies, quiet.of_installation(HOUSE / "dialplan"), senders, queue)
    return Post(db, clock, made, queue)


@pytest.fixture
def register(db: Database, companies: Companies) -> Register:
    return Register(db, SetClock(NIGHT), companies, ProductionCalendar())


@asynccontextmanager
async def over_smpp(db: Database) -> AsyncIterator[tuple[Post, Smsc]]:
    """Messages over SMPP to an SMSC of the test's own, with receipts being stored."""
    receipts: Receipts = asyncio.Queue()
    async with smsc(free_port()) as center:
        sender = Smpp(HOST, center.port, "gridline", SecretStr("secret"), "GRIDLINE", receipts=receipts)
        made = post(db, sms=sender, receipts=receipts)
        receiving = asyncio.create_task(made.messages.receive())
        yield made, center
        receiving.cancel()
        await asyncio.wait([receiving])
        await made.messages.close()


async def test_a_message_is_queued_with_what_it_tells_or_not_at_all(db: Database, tmp_path: Path) -> None:
    made = post(db, sms=OutboxFolder(tmp_path / "out"))

    async def told_and_lost() -> None:
        async with db.write() as session:
            await made.in_session(session, "1", CALLER, SHORT, Purpose.APPEAL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await told_and_lost()
    assert await made.messages.run_once() == 0
    first, again = await made.queued("2"), await made.queued("2")
    assert first.id == again.id
    assert (await made.messages.run_once(), await made.messages.run_once()) == (1, 0)
    sent = await made.of(first.id)
    assert (sent.state, sent.attempts, sent.sent_at) == (MessageState.SENT, 1, NIGHT)
    (file,) = (tmp_path / "out").iterdir()
    assert json.loads(file.read_text()) | {"subject": ""} == {
        "id": first.id,
        "to": CALLER,
        "text": SHORT,
        "subject": "",
    }


@pytest.mark.parametrize("text", [SHORT, LONG])
async def test_russian_goes_over_smpp_whole_and_its_delivery_comes_back(db: Database, text: str) -> None:
    async with over_smpp(db) as (made, center):
        message = await made.queued(text=text)
        await made.messages.run_once()
        assert await center.waits_for(CALLER) == text
        assert (await made.of(message.id)).state is MessageState.SENT
        submitted = center.taken[0].event
        assert (submitted.source_addr, submitted.source_addr_ton) == ("GRIDLINE", 5)
        assert all(len(one.event.short_message) <= 140 for one in center.taken)
        assert len(center.taken) == (1 if text is SHORT else 5)
        await center.reports(CALLER)
        told = await made.settled(message.id, MessageState.DELIVERED)
        assert told.settled_at == NIGHT


async def test_one_part_that_did_not_arrive_is_a_message_that_did_not(db: Database) -> None:
    async with over_smpp(db) as (made, center):
        message = await made.queued(text=LONG)
        await made.messages.run_once()
        await center.waits_for(CALLER)
        await center.reports(CALLER, "UNDELIV")
        await made.settled(message.id, MessageState.UNDELIVERED)
    async with db.read() as session:
        assert set(await session.scalars(select(MessagePart.state))) <= {MessageState.SENT, MessageState.UNDELIVERED}


async def test_it_is_tried_again_after_each_pause_and_then_given_up(db: Database) -> None:
    async with over_smpp(db) as (made, center):
        center.refuse = 0x58  # ESME_RTHROTTLED
        message = await made.queued()
        for pause in PAUSES:
            assert await made.messages.run_once() == 1
            waiting = await made.of(message.id)
            assert (waiting.state, waiting.next_at) == (MessageState.WAITING, made.clock.now() + pause)
            assert await made.messages.run_once() == 0
            made.clock.set(waiting.next_at)
        await made.messages.run_once()
        given_up = await made.of(message.id)
        assert (given_up.state, given_up.attempts) == (MessageState.GIVEN_UP, len(PAUSES) + 1)
        assert "0x00000058" in given_up.problem
        async with db.read() as session:
            lost = MessageState.GIVEN_UP
            assert await stored.settled_since(session, lost, given_up.next_at - PAUSES[0]) == 1
            assert await stored.settled_since(session, lost, given_up.next_at + PAUSES[0]) == 0
        assert center.taken == []


async def test_a_number_that_is_none_is_not_tried_again(db: Database) -> None:
    async with over_smpp(db) as (made, center):
        center.refuse = 0x0B  # ESME_RINVDSTADR
        message = await made.queued()
        await made.messages.run_once()
        assert (await made.of(message.id)).state is MessageState.GIVEN_UP


async def test_an_smsc_that_was_away_gets_it_when_it_is_back(db: Database) -> None:
    receipts: Receipts = asyncio.Queue()
    port = free_port()
    sender = Smpp(HOST, port, "gridline", SecretStr(""), "1234", receipts=receipts)
    made = post(db, sms=sender, receipts=receipts)
    message = await made.queued()
    await made.messages.run_once()
    waiting = await made.of(message.id)
    assert (waiting.state, waiting.attempts) == (MessageState.WAITING, 1)
    assert "не отвечает" in waiting.problem
    async with smsc(port) as center:
        made.clock.set(waiting.next_at)
        await made.messages.run_once()
        assert (await made.of(message.id)).state is MessageState.SENT
        await center.dismisses()
        await eventually(lambda: sender._session is None)  # on a session that is over it would be unknown
        other = await made.queued("2", to="+79135550000")
        for _ in PAUSES:
            await made.messages.run_once()
            made.clock.set((await made.of(other.id)).next_at)
        assert (await made.of(other.id)).state is MessageState.SENT
        assert (center.texts(CALLER), center.texts("+79135550000")) == ([SHORT], [SHORT])
        await made.messages.close()


async def test_whoever_takes_the_consent_back_gets_nothing_that_still_waits(db: Database, tmp_path: Path) -> None:
    made = post(db, sms=OutboxFolder(tmp_path / "out"))
    message = await made.queued()
    async with db.write() as session:
        await consents.withdraw(session, "skek", CALLER, at=made.clock.now(), call_id=None)
    await made.messages.run_once()
    assert (await made.of(message.id)).state is MessageState.WITHDRAWN
    assert not (tmp_path / "out").exists()


async def test_by_night_only_what_was_asked_for_a_moment_ago_is_sent(db: Database, tmp_path: Path) -> None:
    made = post(db, sms=OutboxFolder(tmp_path / "out"))
    restored = await made.queued("r", purpose=Purpose.RESTORED)
    number = await made.queued("n")
    await made.messages.run_once()
    assert (await made.of(number.id)).state is MessageState.SENT
    waiting = await made.of(restored.id)
    morning = datetime(2026, 12, 21, 2, tzinfo=UTC)  # nine in Кемерово
    assert (waiting.state, waiting.next_at, waiting.attempts) == (MessageState.WAITING, morning, 0)
    made.clock.set(morning)
    await made.messages.run_once()
    assert (await made.of(restored.id)).state is MessageState.SENT


async def test_two_processes_send_it_once_and_one_that_died_over_it_is_made_up_for(
    db: Database, tmp_path: Path
) -> None:
    one, other = post(db, sms=OutboxFolder(tmp_path / "out")), post(db, sms=OutboxFolder(tmp_path / "out"))
    ids = [(await one.queued(str(number))).id for number in range(30)]
    tried = 0
    for _ in range(2):
        tried += sum(await asyncio.gather(one.messages.run_once(), other.messages.run_once()))
    assert tried == 30
    assert {(await one.of(id)).attempts for id in ids} == {1}
    left = await one.queued("left")
    assert await one.messages._lease() == left.id
    assert await other.messages.run_once() == 0
    other.clock.set(NIGHT + messages.LEASE + timedelta(seconds=1))
    assert await other.messages.run_once() == 1


class Killed(Exception):
    """The process is gone at this very moment."""


class Dying:
    """Takes a message, and then the process that gave it is killed; the next process lives."""

    def __init__(self, *, repeatable: bool) -> None:
        self.repeatable = repeatable
        self.taken: list[Parcel] = []

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        self.taken.append(parcel)
        if len(self.taken) == 1:
            raise Killed
        return ()

    async def ask(self, provider_id: str) -> MessageState | None:
        return None

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("repeatable", [False, True])
async def test_a_process_killed_while_it_sends_leaves_the_message_to_a_person_or_to_who_knows_it_again(
    db: Database, *, repeatable: bool
) -> None:
    sender = Dying(repeatable=repeatable)
    made = post(db, sms=sender)
    message = await made.queued()
    with pytest.raises(Killed):
        await made.messages.run_once()
    assert (await made.of(message.id)).state is MessageState.SENDING
    assert await made.messages.run_once() == 0
    made.clock.set(NIGHT + messages.LEASE + timedelta(seconds=1))
    assert await made.messages.run_once() == (1 if repeatable else 0)
    left = await made.of(message.id)
    assert left.state is (MessageState.SENT if repeatable else MessageState.UNKNOWN)
    assert len(sender.taken) == (2 if repeatable else 1)
    if repeatable:
        return
    async with db.write() as session:
        assert await stored.settled_since(session, MessageState.UNKNOWN, NIGHT) == 1
        with pytest.raises(NotFound):
            await stored.send_again(session, message.id, "b" * 32, made.clock.now())
        await stored.send_again(session, message.id, str(message.subject_id), made.clock.now())
    assert await made.messages.run_once() == 1
    async with db.write() as session:
        with pytest.raises(Conflict):
            await stored.send_again(session, message.id, str(message.subject_id), made.clock.now())
    assert {parcel.id for parcel in sender.taken} == {message.id}


async def test_a_provider_that_says_nothing_is_not_given_the_message_twice(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp, "WITHIN_S", 0.5)
    async with over_smpp(db) as (made, center):
        center.silent = True
        message = await made.queued()
        await made.messages.run_once()
        left = await made.of(message.id)
        assert (left.state, left.leased_until) == (MessageState.UNKNOWN, None)
        made.clock.set(NIGHT + PAUSES[-1])
        assert await made.messages.run_once() == 0
        assert len(center.unanswered) == 1
    with gateway() as provider:
        made = post(db, sms=HttpGateway(provider.url, SecretStr("token"), "GRIDLINE"))
        provider.silent = True
        message = await made.queued("2")
        await made.messages.run_once()
        assert (await made.of(message.id)).state is MessageState.UNKNOWN
        assert len(provider.sent) == 1


class Cut(Dying):
    """Takes a message while the database goes away."""

    def __init__(self, db: RefusingDatabase) -> None:
        super().__init__(repeatable=False)
        self._db = db

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        self.taken.append(parcel)
        self._db.refuses = True
        return ("M1",)


async def test_what_became_of_a_message_is_stored_when_the_database_is_back(sqlite_url: str) -> None:
    db = RefusingDatabase(sqlite_url)
    sender = Cut(db)
    made = post(db, sms=sender)
    message = await made.queued()
    assert await made.messages.run_once() == 1
    made.clock.set(NIGHT + messages.LEASE + timedelta(seconds=1))
    with pytest.raises(Unavailable):
        await made.messages.run_once()
    assert (await made.of(message.id)).state is MessageState.SENDING
    db.refuses = False
    assert await made.messages.run_once() == 0
    assert (await made.of(message.id)).state is MessageState.SENT
    assert len(sender.taken) == 1
    await db.close()


class Looking(OutboxFolder):
    """Sees, while it sends, how many messages are in this process's hands."""

    def __init__(self, folder: Path, db: Database) -> None:
        super().__init__(folder)
        self.db = db
        self.held: list[int] = []

    async def send(self, parcel: Parcel) -> tuple[str, ...]:
        async with self.db.read() as session:
            leased = select(MessageOut.id).where(MessageOut.leased_until.is_not(None))
            self.held.append(len((await session.scalars(leased)).all()))
        return await super().send(parcel)


async def test_a_slow_sender_holds_no_message_but_the_one_it_sends(db: Database, tmp_path: Path) -> None:
    sender = Looking(tmp_path / "out", db)
    made = post(db, sms=sender)
    for number in range(3):
        await made.queued(str(number))
    assert await made.messages.run_once() == 3
    assert sender.held == [1, 1, 1]


@dataclass
class Gateway:
    """A provider's HTTP gateway: what it was sent, and what it says."""

    status: int = 200
    silent: bool = False
    state: str = "sent"
    sent: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def gateway() -> Iterator[Gateway]:
    """An HTTP gateway of the test's own on the loopback address."""
    told = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Authorization"] == "Bearer token"
            told.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            assert self.headers["Idempotency-Key"] == told.sent[-1]["id"]
            if told.silent:
                return
            self._answer({"id": "их/1"})

        def do_GET(self) -> None:
            assert self.path == "/sms/%D0%B8%D1%85%2F1"
            self._answer({"state": told.state})

        def _answer(self, body: dict[str, str]) -> None:
            self.send_response(told.status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        told.url = f"http://{HOST}:{server.server_port}/sms/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield told
        server.shutdown()


async def test_an_http_gateway_takes_a_message_and_is_asked_what_became_of_it(db: Database) -> None:
    with gateway() as provider:
        made = post(db, sms=HttpGateway(provider.url, SecretStr("token"), "GRIDLINE"))
        message = await made.queued()
        provider.status = 503
        await made.messages.run_once()
        assert (await made.of(message.id)).state is MessageState.WAITING
        provider.status = 200
        made.clock.set(NIGHT + PAUSES[0])
        await made.messages.run_once()
        assert provider.sent[-1] == {"id": message.id, "to": CALLER, "from": "GRIDLINE", "text": SHORT}
        for state, expected in (("sent", MessageState.SENT), ("delivered", MessageState.DELIVERED)):
            provider.state = state
            made.clock.set(made.clock.now() + 2 * messages.ASK_EVERY)
            await made.messages.ask_once()
            assert (await made.of(message.id)).state is expected
        provider.status = 400
        refused = await made.queued("2")
        await made.messages.run_once()
        assert (await made.of(refused.id)).state is MessageState.GIVEN_UP


async def test_an_address_gets_it_by_e_mail(db: Database, tmp_path: Path) -> None:
    class Mailbox:
        """Keeps what came."""

        content = b""

        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
            self.content = envelope.content
            return "250 OK"

    mailbox = Mailbox()
    server = Controller(mailbox, hostname=HOST, port=free_port())
    server.start()
    try:
        clock = SetClock(NIGHT)
        smtp = SmtpSender(MailServer(HOST, server.port, "a@skek.ru", tls="none"), Outbox(tmp_path), clock)
        made = post(db, sms=OutboxFolder(tmp_path / "sms"), mail=Mail(smtp))
        message = await made.queued(to="i@example.ru", text=SHORT)
        await made.messages.run_once()
        assert (await made.of(message.id)).state is MessageState.SENT
        came = message_from_bytes(mailbox.content, policy=policy.default)
        assert came.get_content().strip() == SHORT
        assert (came["To"], message.id in came["Message-ID"]) == ("i@example.ru", True)
    finally:
        server.stop()


async def test_of_a_caller_who_is_to_be_forgotten_nothing_is_kept(db: Database, tmp_path: Path) -> None:
    made = post(db, sms=OutboxFolder(tmp_path / "out"))
    sent, waiting = await made.queued("1"), await made.queued("2")
    assert (sent.call_id, waiting.call_id) != (None, None)
    async with db.write() as session:
        later = await session.get_one(MessageOut, waiting.id)
        later.next_at = NIGHT + timedelta(hours=1)
    await made.messages.run_once()
    async with db.write() as session:
        await erasure.forget_callers(session, [str(sent.call_id), str(waiting.call_id)], at=NIGHT)
        files = await erasure.files_of_call(session, str(sent.call_id))
    await erasure.remove_files(tmp_path / "out", files)
    left = [await made.of(one.id) for one in (sent, waiting)]
    assert [(one.state, one.to, one.text) for one in left] == [
        (MessageState.SENT, "", ""),
        (MessageState.WITHDRAWN, "", ""),
    ]
    assert list((tmp_path / "out").iterdir()) == []
    async with db.read() as session:
        assert set(await session.scalars(select(Consent.phone))) == {""}
    made.clock.set(NIGHT + timedelta(hours=2))
    assert await made.messages.run_once() == 0


async def test_with_an_appeal_its_messages_are_destroyed(db: Database, register: Register, tmp_path: Path) -> None:
    made = post(db, sms=OutboxFolder(tmp_path / "out"))
    given = {"company_id": "skek", "channel": "phone", "topic": "service", "phone": CALLER, "text": "Долго"}
    appeal = await register.register(accept(given))
    async with db.write() as session:
        message = await made.in_session(session, "1", CALLER, SHORT, Purpose.APPEAL, subject=appeal.appeal_id)
    other = await made.queued("2")
    await made.messages.run_once()
    for count in (1, 0):
        erased = await erasure.erase(db, tmp_path / "out", "skek", [appeal.number], at=NIGHT)
        assert erased == count
    assert ((await made.of(message.id)).to, (await made.of(other.id)).to) == ("", CALLER)
    assert [file.stem for file in (tmp_path / "out").iterdir()] == [other.id]
