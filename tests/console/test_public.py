"""The public page of outages: the same records in three forms, from memory, with nothing about anybody."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar
from playwright.async_api import Browser
from sqlalchemy import event, select, update

from agent_console.web.public import board
from agent_console.web.public.board import BOARD
from grid.models import Premise, PremisePhone, Subscriber
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from gridline.db import Database, new_id
from gridline.errors import Unavailable
from tests.console.conftest import COMPANY, Axe, Client, ClientOf, ConsoleApp

FORMS = ("/outages", "/outages.json", "/outages.ics")
NASTY = "<script>alert(1)</script>"


@pytest.fixture
async def visitor(client_of: ClientOf, console_app: ConsoleApp) -> Client:
    """Somebody who is not signed in; the board has been read."""
    await looked(console_app)
    return await client_of(None)


async def looked(made: ConsoleApp) -> None:
    await made.app[BOARD].look(made.console.companies.by_id(COMPANY))


async def feed(visitor: Client, **asked: str) -> dict[str, Any]:
    answer = await visitor.get("/outages.json", params={"company": COMPANY, **asked})
    assert answer.status == 200
    told: dict[str, Any] = json.loads(await answer.text())
    return told


async def publish(made: ConsoleApp, scope: dict[str, str], **facts: Any) -> str:
    """An outage of electricity that goes on; its id."""
    id, now = new_id(), made.console.clock.now()
    usual = {"company_id": COMPANY, "code": f"Д-{id[:4]}", "service": Service.ELECTRICITY, "planned": False}
    usual |= {"status": OutageStatus.ACTIVE, "cause": "", "starts_at": now - timedelta(hours=1)}
    async with made.console.db.write() as session:
        session.add(Outage(id=id, **(usual | facts)))
        await session.flush()
        session.add(OutageScope(outage_id=id, **scope))
    await looked(made)
    return id


async def test_the_three_forms_tell_the_same_outages(visitor: Client) -> None:
    told = await feed(visitor)
    by_number = {one["number"]: one for one in told["outages"]}
    assert by_number["А-1041"]["places"] == [
        {"settlement": "г. Кемерово", "street": "ул. Весенняя", "houses": "5 корп. 2, 7"}
    ]
    assert (by_number["П-2204"]["service"], by_number["П-2204"]["state"]) == ("water", "ahead")
    assert "А-1038" not in by_number, "it ended yesterday"
    page = await (await visitor.get(f"/outages?company={COMPANY}")).text()
    calendar = Calendar.from_ical(await (await visitor.get(f"/outages.ics?company={COMPANY}")).text())
    events: dict[str, Any] = {
        str(one["uid"]).split("@")[0].removeprefix("skek-"): one for one in calendar.walk("VEVENT")
    }
    assert set(events) == set(by_number)
    for number, one in by_number.items():
        assert number in page
        assert events[number]["dtstart"].dt.isoformat() == one["starts_at"]
        assert ("dtend" in events[number]) is (one["expected_end"] is not None)
    assert "ул. Весенняя, д. 5 корп. 2, 7" in page


async def test_nothing_about_anybody_is_published(console_app: ConsoleApp, visitor: Client) -> None:
    async with console_app.console.db.read() as session:
        (one,) = await session.scalars(select(Premise).where(Premise.code == "120034006"))
        secrets = set(await session.scalars(select(Subscriber.name))) | set(
            await session.scalars(select(Subscriber.account))
        )
        secrets |= {phone.removeprefix("+7") for phone in await session.scalars(select(PremisePhone.phone))}
        flats = {flat for flat in await session.scalars(select(Premise.flat)) if flat}
    number = await publish(console_app, {"premise_id": one.id}, cause="сгорел ввод")
    await publish(console_app, {"line": one.line}, cause="обрыв у Ивановых, кв. 18, 8-913-120-34-06")
    assert number
    for path in FORMS:
        text = await (await visitor.get(f"{path}?company={COMPANY}")).text()
        digits = re.sub(r"[^\d]", "", text)
        assert not [word for word in secrets if word in text or (word.isdigit() and word in digits)]
        assert not re.search(r"кв\.|Иванов|лицев", text)
        assert flats
    told = await feed(visitor, place="г. Топки")
    alone = next(one for one in told["outages"] if one["cause"] == "сгорел ввод")
    assert alone["places"] == [{"settlement": "г. Топки", "street": "ул. Революции", "houses": "часть домов"}]
    assert [one["cause"] for one in told["outages"]].count(None) >= 1


async def test_who_has_it_already_is_told_so(console_app: ConsoleApp, visitor: Client) -> None:
    for path in FORMS:
        first = await visitor.get(f"{path}?company={COMPANY}")
        etag = first.headers["ETag"]
        again = await visitor.get(f"{path}?company={COMPANY}", headers={"If-None-Match": f'"other", W/{etag}'})
        assert (again.status, again.headers["ETag"]) == (304, etag)
        assert first.headers["Cache-Control"] == "public, max-age=15"
        plain = await visitor.get(f"{path}?company={COMPANY}", headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert await plain.text() == await first.text()
        await publish(console_app, {"settlement": "г. Кемерово", "settlement_key": "кемерово"})
        changed = await visitor.get(f"{path}?company={COMPANY}", headers={"If-None-Match": etag})
        assert changed.status == 200


async def test_a_request_asks_the_database_nothing(console_app: ConsoleApp, visitor: Client) -> None:
    asked: list[str] = []
    event.listen(
        console_app.console.db.engine.sync_engine, "before_cursor_execute", lambda *said: asked.append(str(said[2]))
    )
    visitor.session.cookie_jar.update_cookies({"gridline": "no such session"})
    before = len(asked)
    for _ in range(30):
        for path in FORMS:
            assert (await visitor.get(f"{path}?company={COMPANY}&place=Кемерово")).status == 200
    assert not [text for text in asked[before:] if "sessions" in text]
    looks = sum("FROM outages" in text for text in asked[before:])
    assert looks <= 3, "only the board's own round reads, whoever asks"


async def test_one_settlement_and_a_name_that_has_none(console_app: ConsoleApp, visitor: Client) -> None:
    for name in ("г. Топки", "топки", "ТОПКИ город"):
        told = await feed(visitor, place=name)
        assert [one["number"] for one in told["outages"]] == ["П-2204"]
    for name in ("Тбилиси", NASTY, "%", "'", "x" * 5000):
        assert (await feed(visitor, place=name))["outages"] == []
        page = await (await visitor.get("/outages", params={"company": COMPANY, "place": name})).text()
        assert "По этому названию отключений нет" in page
        assert NASTY not in page
    shown = console_app.app[BOARD]._shown[COMPANY]
    assert len(shown.answers) < 10, "nobody fills our memory with names"


async def test_a_name_without_kind_or_district_finds_all_that_bear_it(console_app: ConsoleApp, visitor: Client) -> None:
    villages = ["с. Ивановка (Топкинский р-н)", "с. Ивановка (Яйский р-н)", "п. Ивановка"]
    for name in villages:
        await publish(console_app, {"settlement": name, "settlement_key": "-"})

    async def found(name: str) -> set[str]:
        told = await feed(visitor, place=name)
        calendar = await (await visitor.get("/outages.ics", params={"company": COMPANY, "place": name})).text()
        assert len(Calendar.from_ical(calendar).walk("VEVENT")) == len(told["outages"])
        return {at["settlement"] for one in told["outages"] for at in one["places"]}

    assert await found("Барзас") == await found("п. Барзас") == {"п. Барзас"}
    assert await found("ивановка") == set(villages)
    assert await found("село Ивановка") == set(villages[:2])
    for name in villages:
        assert await found(name) == {name}
    page = await (await visitor.get("/outages", params={"company": COMPANY, "place": "Ивановка"})).text()
    assert "Отключения: п. Ивановка, с. Ивановка (Топкинский р-н), с. Ивановка (Яйский р-н)" in page
    assert 'value="ивановка"' in page, "the same name finds them again"
    page = await (await visitor.get("/outages", params={"company": COMPANY, "place": "с ивановка"})).text()
    assert 'value="с. Ивановка"' in page


async def test_a_company_must_be_named_and_known(visitor: Client) -> None:
    front = await visitor.get("/outages")
    assert f'href="/outages?company={COMPANY}"' in await front.text()
    for path in FORMS:
        assert (await visitor.get(f"{path}?company=nobody")).status == 404
    assert (await visitor.get("/outages.json")).status == 404


async def test_a_store_that_is_away_leaves_the_last_word_and_says_how_old_it_is(
    console_app: ConsoleApp, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = console_app.app[BOARD]
    company = console_app.console.companies.by_id(COMPANY)
    real, gone = console_app.console.db, Database("sqlite+aiosqlite:////nowhere/gridline.db")
    object.__setattr__(console_app.console, "db", gone)
    try:
        with pytest.raises(Unavailable):
            await shown.look(company)
        shown._silent(company)
        assert (await feed(visitor))["silent_since"] is None, "a minute says nothing yet"
        monkeypatch.setattr(board, "SILENT", timedelta())
        shown._silent(company)
        told = await feed(visitor)
        assert told["silent_since"] is not None
        assert told["outages"]
        assert "Сведения не обновлялись с" in await (await visitor.get(f"/outages?company={COMPANY}")).text()
    finally:
        object.__setattr__(console_app.console, "db", real)
    monkeypatch.setattr(board, "SILENT", timedelta(minutes=2))
    await shown.look(company)
    assert (await feed(visitor))["silent_since"] is None


async def test_a_restoration_is_told_as_one_that_is_being_checked(console_app: ConsoleApp, visitor: Client) -> None:
    now = console_app.console.clock.now()
    id = await publish(console_app, {"settlement": "п. Дальний", "settlement_key": "п дальний"})
    states = {"status": OutageStatus.RESTORED, "actual_end": now, "version": 2}
    for values, expected in (
        ({"version": 1}, "now"),
        (states, "checking"),
        (states | {"confirmed_at": now, "version": 3}, None),
    ):
        async with console_app.console.db.write() as session:
            await session.execute(update(Outage).where(Outage.id == id).values(**values))
        await looked(console_app)
        told = await feed(visitor, place="п. Дальний")
        assert [one["state"] for one in told["outages"]] == ([expected] if expected else [])


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
async def test_the_page_reads_without_script_on_a_desk_and_in_a_hand(
    console_app: ConsoleApp, visitor: Client, browser: Browser, axe: Axe, width: int, height: int
) -> None:
    await publish(
        console_app,
        {"settlement": "г. Кемерово", "settlement_key": "кемерово", "street": "ул. Мира", "houses": "1-15 нечётные"},
        expected_end=console_app.console.clock.now() - timedelta(minutes=5),
    )
    context = await browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{console_app.base}/outages")
    await page.get_by_role("link", name="СКЭК").click()
    await page.get_by_label("Населённый пункт").fill("кемерово")
    await page.get_by_role("button", name="Показать").click()
    await page.get_by_role("heading", name="Отключения: г. Кемерово").wait_for()
    assert await page.get_by_text("ул. Мира, д. 1-15 нечётные").count() == 1
    assert await page.get_by_text("задерживается").count() == 1
    await context.close()
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    await page.goto(f"{console_app.base}/outages?company={COMPANY}")
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()
