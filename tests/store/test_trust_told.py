"""What is told to the trust line by telephone: registered though it was broken off, asked about by number and PIN."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from appeals import numbering
from appeals.codes import AppealKind, AppealState
from appeals.intake.intake import accept
from appeals.models import Appeal, AppealEvent, AppealPin, TrustCall
from appeals.personal_data import guesses, pins, trust
from appeals.personal_data.erasure import Erasure
from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SetClock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound
from ivr.actions.questions import PersonWanted
from ivr.actions.trust import theft_report, trust_report, trust_result
from ivr.actions.trust.anonymous import DIGITS
from ivr.line import CallerHungUp
from ivr.promised.drain import Drain
from ivr.promised.words import ToldWords
from ivr.voice.prompts import Prompt
from tests.store.promises.shop import HANGS_UP, ScriptedCaller, Shop, opened

WITHIN = 5.0
NOW = datetime(2026, 12, 20, 9, 30, tzinfo=UTC)


@pytest_asyncio.fixture
async def shop(sample_template: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    """The services of one installation."""
    async with opened(sample_template, tmp_path, "", "receipt") as made:
        yield made


def caller(shop: Shop, *keys: str) -> tuple[ScriptedCaller, list[str]]:
    """A caller with these keys, and what they hear."""
    shop.caller()
    heard: list[str] = []

    async def hear(id: str) -> None:
        heard.append(id)

    return ScriptedCaller(shop.call, keys, hear), heard


async def reports(db: Database) -> list[Appeal]:
    async with db.read() as session:
        return list(await session.scalars(select(Appeal).where(Appeal.kind == AppealKind.TRUST)))


def said_pins(heard: list[str]) -> set[str]:
    """Every PIN that was said, six digits after its words."""
    begins = [at for at, id in enumerate(heard) if id in ("trust-pin", "trust-pin-again")]
    return {"".join(str(DIGITS.index(id)) for id in heard[at + 1 : at + 1 + pins.LENGTH]) for at in begins}


async def test_the_pin_that_is_said_is_the_one_that_opens_the_result(shop: Shop) -> None:
    line, heard = caller(shop, "#", "1", "*")
    assert await trust_report.act(line, shop.services, "") == "done"
    (appeal,) = await reports(shop.db)
    (pin,) = said_pins(heard)
    assert heard.count("trust-pin") == 2, "the star says both again"
    assert (appeal.call_id, shop.call.caller, shop.call.anonymous) == (None, None, True)
    now = shop.services.clock.now()
    told = await pins.ask(shop.db, "skek", appeal.number, pin, now, within_s=WITHIN)
    assert told == pins.PinResult(AppealState.REGISTERED, appeal.received_at, "")
    async with shop.db.read() as session:
        kept = await session.get_one(AppealPin, appeal.id)
        assert await trust.among(session, [shop.call.id]) == {shop.call.id}
    assert pin not in (kept.hash, kept.salt)
    line, heard = caller(shop, appeal.number, pin)
    assert await trust_result.act(line, shop.services, "") == "done"
    assert "trust-result-received" in heard


@pytest.mark.parametrize("keys", [("#", HANGS_UP), ("#", "0")])
async def test_a_report_that_is_broken_off_is_registered_without_a_pin(shop: Shop, keys: tuple[str, ...]) -> None:
    line, heard = caller(shop, *keys)
    with pytest.raises(PersonWanted if "0" in keys else CallerHungUp):
        await trust_report.act(line, shop.services, "")
    (appeal,) = await reports(shop.db)
    assert appeal.recording_id is not None
    assert said_pins(heard) == set()
    async with shop.db.read() as session:
        assert (await session.scalars(select(AppealPin))).all() == []
        assert len((await session.scalars(select(TrustCall))).all()) == 1


async def test_an_anonymous_theft_is_the_security_services_and_a_named_one_an_appeal(shop: Shop) -> None:
    line, heard = caller(shop, "2", "#", "1")
    await theft_report.act(line, shop.services, "")
    (appeal,) = await reports(shop.db)
    assert (appeal.topic, appeal.call_id, len(said_pins(heard))) == ("metering", None, 1)
    named, heard = caller(shop, "1", "#", "1", "1")
    await theft_report.act(named, shop.services, "")
    async with shop.db.read() as session:
        told = (await session.scalars(select(Appeal).where(Appeal.kind == "theft"))).one()
    assert (told.topic, told.call_id) == ("metering", shop.call.id)
    assert "complaint-registered" in heard


async def test_a_theft_is_never_joined_to_another_matter_of_the_same_caller(shop: Shop) -> None:
    await shop.registered(topic="metering")
    line, heard = caller(shop, "1", "#", "1", "1")
    await theft_report.act(line, shop.services, "")
    assert "complaint-registered" in heard


async def test_without_a_database_it_waits_on_disk_and_is_shut_when_it_comes_in(shop: Shop) -> None:
    line, heard = caller(shop, "#", "1")
    shop.db.refuses = True
    assert await trust_report.act(line, shop.services, "") == "done"
    shop.db.refuses = False
    assert "trust-kept" in heard
    assert said_pins(heard) == set()
    services = shop.services
    drain = Drain(shop.spool, shop.db, services.register, services.worklist, services.journal)
    assert await drain.run_once() == 1
    (appeal,) = await reports(shop.db)
    async with shop.db.read() as session:
        assert await trust.among(session, [shop.call.id]) == {shop.call.id}
    assert appeal.call_id is None


async def test_words_whose_process_died_are_a_report_and_no_draft(shop: Shop) -> None:
    line, _ = caller(shop)
    await services_shut(shop)
    label = await shop.services.begin_recording(shop.call, "message")
    assert label is not None
    assert label.caller is None
    await line.record(shop.services.incoming.samples(label), limit_s=9, silence_s=4)
    services = shop.services
    words = ToldWords(shop.db, services.register, services.worklist, shop.spool, services.incoming)
    await words.on_stored(label)
    await words.on_stored(label)
    (appeal,) = await reports(shop.db)
    assert (appeal.recording_id, appeal.call_id) == (label.id, None)


async def services_shut(shop: Shop) -> None:
    """The call as it is once the report was begun."""
    await shop.services.register.shut(shop.call.id)
    shop.call.forget_caller()


async def told_before(db: Database, companies: Companies, clock: SetClock, **more: Any) -> tuple[str, str, str]:
    """A report of another call: the appeal's id, its number and its PIN."""
    register = Register(db, clock, companies, ProductionCalendar())
    given = {"company_id": "skek", "channel": "phone", "kind": "trust", "topic": "other", "text": "Требуют денег"}
    made = await register.register(accept(given | {"idempotency_key": new_id()} | more))
    return made.appeal_id, made.number, await pins.issue(db, made.appeal_id)


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 1_000_000:06}"


async def test_five_wrong_pins_lock_a_number_for_an_hour(db: Database, companies: Companies) -> None:
    _, number, pin = await told_before(db, companies, SetClock(NOW))
    for _ in range(guesses.TRIES):
        assert await pins.ask(db, "skek", number, wrong(pin), NOW, within_s=WITHIN) is None
    assert await pins.ask(db, "skek", number, pin, NOW + timedelta(minutes=59), within_s=WITHIN) is None
    assert await pins.ask(db, "skek", number, pin, NOW + guesses.LOCKED, within_s=WITHIN) is not None


async def test_a_right_pin_makes_the_wrong_ones_before_it_forgotten(db: Database, companies: Companies) -> None:
    _, number, pin = await told_before(db, companies, SetClock(NOW))
    for _ in range(2):
        for _ in range(guesses.TRIES - 1):
            assert await pins.ask(db, "skek", number, wrong(pin), NOW, within_s=WITHIN) is None
        assert await pins.ask(db, "skek", number, pin, NOW, within_s=WITHIN) is not None


async def test_no_number_another_kind_and_another_company_are_one_answer(db: Database, companies: Companies) -> None:
    id, number, pin = await told_before(db, companies, SetClock(NOW))
    _, ordinary, _ = await told_before(db, companies, SetClock(NOW), kind="complaint", phone="+79135557788")
    nobodys = numbering.number(2026, 777_777)
    for company, asked in (("skek", nobodys), ("skek", "1"), ("skek", ordinary), ("moesk", number)):
        assert await pins.ask(db, company, asked, pin, NOW, within_s=WITHIN) is None
    async with db.read() as session:
        assert (await session.get_one(AppealPin, id)).tries == 0


async def test_what_the_security_service_writes_is_heard_and_stands_in_the_history(
    db: Database, companies: Companies
) -> None:
    id, number, pin = await told_before(db, companies, SetClock(NOW))
    for text, version, refused in (("", 1, InvalidInput), ("а" * 601, 1, InvalidInput), ("Да", 7, Conflict)):
        with pytest.raises(refused):
            async with db.write() as session:
                await pins.write_answer(session, id, text, actor="user:s", version=version, at=NOW)
    with pytest.raises(NotFound):
        async with db.write() as session:
            await pins.write_answer(session, "0" * 32, "Да", actor="user:s", version=1, at=NOW)
    for version, text in enumerate(("Проверяем.", "Факты подтвердились."), start=1):
        async with db.write() as session:
            await pins.write_answer(session, id, text, actor="user:s", version=version, at=NOW)
    told = await pins.ask(db, "skek", number, pin, NOW, within_s=WITHIN)
    assert told is not None
    assert trust_result.words(told, NOW, companies.by_id("skek")) == [
        Prompt("trust-result-answer", text="Факты подтвердились.")
    ]
    async with db.read() as session:
        events = (await session.scalars(select(AppealEvent).where(AppealEvent.appeal_id == id))).all()
    assert [one.kind for one in events] == ["registered", pins.ANSWERED, pins.ANSWERED]
    assert all("подтвердились" not in one.body for one in events)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (AppealState.IN_WORK, "trust-result-examined"),
        (AppealState.ANSWERED, "trust-result-over"),
        (AppealState.REFUSED, "trust-result-over"),
    ],
)
def test_a_state_without_an_answer_has_its_words(state: AppealState, said: str, companies: Companies) -> None:
    assert trust_result.words(pins.PinResult(state, NOW, ""), NOW, companies.by_id("skek")) == [said]


async def test_what_is_erased_is_asked_about_no_more(db: Database, companies: Companies) -> None:
    id, number, pin = await told_before(db, companies, SetClock(NOW))
    async with db.write() as session:
        appeal = await session.get_one(Appeal, id)
        appeal.state = AppealState.CLOSED

    class NoSounds:
        async def reason_to_keep(self, session: object, recordings: object) -> None:
            return None

        async def sums(self, session: object, recordings: object) -> dict[str, str]:
            return {}

    await Erasure(db, SetClock(NOW), NoSounds()).erase(
        "skek", [number], reason="срок", actor="user:a", witness="user:b"
    )
    assert await pins.ask(db, "skek", number, pin, NOW, within_s=WITHIN) is None
    async with db.read() as session:
        assert (await session.scalars(select(AppealPin))).all() == []
