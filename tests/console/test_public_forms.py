"""The public forms: anybody says that the light is off, or files an appeal, and it reaches the line's own stores."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser
from sqlalchemy import func, select, update

from agent_console.web.public import reports, seals
from agent_console.web.public.limits import TooOften, household
from agent_console.web.public.models import FormCount, SiteForm
from agent_console.web.public.reports import SiteReport, SiteReports
from agent_console.web.public.seals import LEAST, MOST, Seals
from appeals.models import Appeal, AppealEvent, Content
from grid.outages.models import Outage, OutageReport, OutageScope, OutageStatus, ReportChannel, Service
from grid.outages.reports import OutageContact
from grid.places.models import ServedStreet, StreetRename
from gridline.db import Database, new_id
from gridline.errors import InvalidInput
from tests.console.conftest import COMPANY, Axe, Client, ClientOf, ConsoleApp
from worklist import outage_reports
from worklist.codes import Ending
from worklist.models import WorkItem

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
DARK = {"service": "electricity", "settlement": "Кемерово", "street": "проспект Ленина", "house": "55", "phone": ""}
NEW = DARK | {"settlement": "п. Новый", "street": "", "house": "3", "phone": "8 913 120-34-99"}
WRITTEN = {
    "kind": "complaint",
    "topic": "quality",
    "text": "Мигает свет",
    "applicant_kind": "person",
    "name": "Иванова А. А.",
    "answer_way": "email",
    "email": "i@mail.ru",
    "agreed": "yes",
}


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form may be sent at once; what guards against robots has tests of its own."""
    monkeypatch.setattr(seals, "LEAST", timedelta())


async def blank(visitor: Client, path: str) -> dict[str, str]:
    """The hidden fields of a fresh form."""
    page = await (await visitor.get(f"{path}?company={COMPANY}")).text()
    return dict(HIDDEN.findall(page)) | {"website": ""}


async def send(
    visitor: Client, path: str, fields: dict[str, str], hidden: dict[str, str] | None = None
) -> tuple[int, str]:
    own = hidden if hidden is not None else await blank(visitor, path)
    answer = await visitor.post(path, data=own | fields)
    return answer.status, await answer.text()


async def rows(made: ConsoleApp, model: type[Any]) -> list[Any]:
    async with made.console.db.read() as session:
        return list(await session.scalars(select(model)))


async def test_a_report_reaches_the_dispatcher_with_its_clock(console_app: ConsoleApp, client_of: ClientOf) -> None:
    visitor = await client_of(None)
    status, page = await send(visitor, "/report", NEW)
    assert status == 200
    assert "Сообщение у диспетчера" in page
    (report,) = await rows(console_app, OutageReport)
    assert (report.channel, report.place, report.phone) == (ReportChannel.SITE, "п. Новый, д. 3", "+79131203499")
    (item,) = await rows(console_app, WorkItem)
    assert (item.subject_id, item.place, item.company_id) == (report.id, "п. Новый, д. 3", COMPANY)


async def test_ten_neighbours_are_one_report_with_a_weight(console_app: ConsoleApp, client_of: ClientOf) -> None:
    visitor = await client_of(None)
    for _ in range(10):
        assert (await send(visitor, "/report", NEW))[0] == 200
    (report,) = await rows(console_app, OutageReport)
    (item,) = await rows(console_app, WorkItem)
    assert (report.contacts, item.weight) == (10, 10)


async def test_a_form_sent_twice_is_one_contact(console_app: ConsoleApp, client_of: ClientOf) -> None:
    visitor = await client_of(None)
    hidden = await blank(visitor, "/report")
    assert await send(visitor, "/report", NEW, hidden) == await send(visitor, "/report", NEW, hidden)
    (report,) = await rows(console_app, OutageReport)
    assert report.contacts == 1


async def test_ten_thousand_reports_of_one_house_cost_the_store_little(
    console_app: ConsoleApp, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "REPORTS_AN_HOUR", 10_000)
    visitor = await client_of(None)
    answers = {(await send(visitor, "/report", DARK | {"house": "77"}))[0] for _ in range(100)}
    assert answers <= {200, 429}
    (report,) = await rows(console_app, OutageReport)
    assert report.contacts <= 60


async def test_a_known_outage_is_told_and_makes_no_new_item(console_app: ConsoleApp, client_of: ClientOf) -> None:
    visitor = await client_of(None)
    status, page = await send(visitor, "/report", DARK | {"settlement": "Барзас", "street": "", "house": "2"})
    assert status == 200
    assert "Об этом отключении мы знаем" in page
    assert "Когда включат, пока неизвестно" in page
    (report,) = await rows(console_app, OutageReport)
    assert report.outage_id is not None
    assert report.closed_at is not None
    assert await rows(console_app, WorkItem) == []


async def test_a_house_is_a_contact_on_what_is_known_of_its_feeder_with_its_first_clock(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    """A neighbour called before anybody knew; then the feeder was known to be off; then somebody writes."""
    console, now = console_app.console, console_app.console.clock.now()
    called = OutageContact(
        COMPANY, Service.ELECTRICITY, now - timedelta(hours=3), call_id=new_id(), phone="+79131203499"
    )
    called = replace(called, settlement="г. Кемерово", street="ул. Весенняя", house="7")
    async with console.db.write() as session:
        await outage_reports.take(session, console.worklist, called, None)
        off = await session.scalar(select(Outage).where(Outage.code == "А-1041"))
    await console.outage_desk.refresh(COMPANY)
    _, page = await send(await client_of(None), "/report", DARK | {"street": "Весенняя", "house": "7"})
    assert "Об этом отключении мы знаем" in page
    (report,) = await rows(console_app, OutageReport)
    assert off is not None
    assert (report.outage_id, report.contacts, report.reported_at) == (off.id, 2, called.at)
    (item,) = await rows(console_app, WorkItem)
    assert item.ending is Ending.JOINED


async def test_what_is_closed_meanwhile_is_written_down_anew_however_often_it_was_told(
    console_app: ConsoleApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "A_PLACE_AN_HOUR", 2)
    site = SiteReports(console_app.console, "secret")
    company = console_app.console.companies.by_id(COMPANY)
    told = SiteReport(Service.ELECTRICITY, "п. Новый", "", "3", None)
    for key in "abc":
        await site.take(company, told, key, "192.0.2.1")
    (first,) = await rows(console_app, OutageReport)
    assert first.contacts == 2, "the third said nothing new"
    async with console_app.console.db.write() as session:
        await session.execute(update(OutageReport).values(closed_at=console_app.console.clock.now()))
    assert (await site.take(company, told, "d", "192.0.2.1")).known is None
    assert [one.closed_at is None for one in await rows(console_app, OutageReport)].count(True) == 1
    assert len(await rows(console_app, WorkItem)) == 2


async def test_a_street_is_stored_by_its_present_name_and_a_house_by_its_building(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    async with console_app.console.db.write() as session:
        names = {"old_key": "майская", "old": "ул. Майская", "new_key": "весенняя", "new": "ул. Весенняя"}
        session.add(StreetRename(company_id=COMPANY, settlement_key="кемерово", **names))
    visitor = await client_of(None)
    for street, house in (("майская", "д. 5 корпус 2"), ("ул. Весенняя", "5к2")):
        assert (await send(visitor, "/report", DARK | {"street": street, "house": house}))[0] == 200
    (report,) = await rows(console_app, OutageReport)
    assert (report.street, report.street_key, report.house) == ("ул. Весенняя", "весенняя", "5 корп. 2")
    assert report.place == "г. Кемерово, ул. Весенняя, д. 5, корп. 2"
    assert (report.contacts, report.line) == (2, "ПС Северная ф. 12")


async def test_of_several_settlements_of_one_name_nothing_is_said_to_be_known(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    id = new_id()
    async with console_app.console.db.write() as session:
        for branch in ("north", "south"):
            place = {"settlement_key": "с ивановка", "street_key": "", "settlement": "с. Ивановка", "street": ""}
            session.add(ServedStreet(company_id=COMPANY, branch=branch, premises=1, **place))
        facts = {"company_id": COMPANY, "code": "Д-1", "service": Service.ELECTRICITY, "planned": False, "cause": ""}
        now = console_app.console.clock.now()
        session.add(Outage(id=id, status=OutageStatus.ACTIVE, starts_at=now, branch="north", **facts))
        await session.flush()
        session.add(OutageScope(outage_id=id, settlement="с. Ивановка", settlement_key="с ивановка"))
    visitor = await client_of(None)
    _, page = await send(visitor, "/report", DARK | {"settlement": "с. Ивановка", "street": "", "house": "3"})
    assert "Сообщение у диспетчера" in page
    (report,) = await rows(console_app, OutageReport)
    assert (report.branch, report.outage_id, report.closed_at) == ("", None, None)
    assert len(await rows(console_app, WorkItem)) == 1


async def test_nobody_learns_who_lives_where(client_of: ClientOf) -> None:
    visitor = await client_of(None)
    told = set()
    for house in ("55", "56"):  # a subscriber lives in the first, nobody in the second
        status, page = await send(visitor, "/report", DARK | {"house": house})
        told.add((status, re.sub(r"д\. 5[56]|\d\d:\d\d", "", page)))
    assert len(told) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"house": "кв. 5"}, "Дом не разобран"),
        ({"house": ""}, "Дом не разобран"),
        ({"settlement": "—"}, "Напишите населённый пункт"),
        ({"phone": "112"}, "Телефон не разобран"),
        ({"street": "х" * 101}, "Слишком длинно"),
        ({"seal": "0" * 64}, "Форма устарела"),
        ({"made": "1"}, "Форма устарела"),
        ({"key": "ф" * 32}, "Форма устарела"),
        ({"website": "http://spam"}, "слишком быстро"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_what_was_typed_stays(
    console_app: ConsoleApp, client_of: ClientOf, change: dict[str, str], said: str
) -> None:
    visitor = await client_of(None)
    status, page = await send(visitor, "/report", await blank(visitor, "/report") | NEW | change)
    assert status == 422
    assert said in page
    assert change.get("settlement", "п. Новый") in page
    assert await rows(console_app, OutageReport) == []
    assert (await visitor.get("/report?company=nobody")).status == 404
    assert (await visitor.get("/report")).status == 303


async def test_another_site_cannot_send_our_form(console_app: ConsoleApp, client_of: ClientOf) -> None:
    visitor = await client_of(None)
    own = await blank(visitor, "/report") | NEW
    answer = await visitor.post("/report", data=own, headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 403
    assert await rows(console_app, OutageReport) == []


async def test_one_address_is_not_listened_to_for_ever(console_app: ConsoleApp, client_of: ClientOf) -> None:
    visitor = await client_of(None)
    answers = [await send(visitor, "/report", NEW | {"house": str(at)}) for at in range(1, reports.REPORTS_AN_HOUR + 2)]
    assert [status for status, _ in answers].count(200) == reports.REPORTS_AN_HOUR
    assert answers[-1][0] == 429
    assert "Попробуйте через час или позвоните" in answers[-1][1]


async def test_an_appeal_gets_its_number_and_a_second_sending_the_same(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    visitor = await client_of(None)
    hidden = await blank(visitor, "/appeal")
    status, page = await send(visitor, "/appeal", WRITTEN, hidden)
    assert status == 200
    number = re.search(r"\d{2}-\d{6}-\d", page)
    assert number
    assert (await send(visitor, "/appeal", WRITTEN, hidden))[1] == page
    (appeal,) = await rows(console_app, Appeal)
    (content,) = await rows(console_app, Content)
    assert (appeal.channel, appeal.kind, appeal.topic) == ("web_form", "complaint", "quality")
    assert (content.name, content.email, content.text) == ("Иванова А. А.", "i@mail.ru", "Мигает свет")
    async with console_app.console.db.read() as session:
        assert await session.scalar(select(func.count()).where(AppealEvent.actor == "site"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"agreed": ""}, "Без согласия"),
        ({"text": ""}, "Напишите суть"),
        ({"name": ""}, "Напишите суть"),
        ({"topic": "trust"}, ""),
        ({"topic": ""}, ""),
        ({"kind": "trust"}, "Выберите из списков"),
        ({"email": "не почта"}, ""),
        ({"email": ""}, ""),
        ({"answer_way": "on-call"}, ""),
    ],
)
async def test_an_appeal_that_is_not_whole_is_given_back(
    console_app: ConsoleApp, client_of: ClientOf, change: dict[str, str], said: str
) -> None:
    visitor = await client_of(None)
    status, page = await send(visitor, "/appeal", WRITTEN | change)
    assert status == 422
    assert said in page
    assert 'role="alert"' in page
    assert await rows(console_app, Appeal) == []


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
async def test_both_forms_work_without_script(
    console_app: ConsoleApp, browser: Browser, axe: Axe, width: int, height: int
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{console_app.base}/outages?company={COMPANY}")
    await page.get_by_role("link", name="Сообщить: нет света").click()
    await page.get_by_label("Чего нет").select_option("Нет воды")
    await page.get_by_label("Населённый пункт").fill("г. Кемерово")
    await page.get_by_label("Улица").fill("ул. Новая")
    await page.get_by_label("Дом").fill("5/2")
    await page.get_by_role("button", name="Сообщить").click()
    await page.get_by_role("heading", name="Сообщение принято").wait_for()
    assert await page.get_by_text("г. Кемерово, ул. Новая, д. 5/2").count() == 1
    await page.get_by_role("link", name="Подать обращение").click()
    await page.get_by_label("Тема").select_option(index=1)
    await page.get_by_label("Суть обращения").fill("Прошу объяснить счёт")
    await page.get_by_label("Фамилия, имя").fill("Петров П. П.")
    await page.get_by_label("Как ответить").select_option("phone")
    await page.get_by_label("Телефон", exact=True).fill("8 913 120-34-01")
    await page.get_by_label("Согласен").check()
    await page.get_by_role("button", name="Отправить").click()
    await page.get_by_role("heading", name="Обращение зарегистрировано").wait_for()
    await context.close()
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    for path in ("/report", "/appeal"):
        await page.goto(f"{console_app.base}{path}?company={COMPANY}")
        assert await axe(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await context.close()


def test_a_form_is_good_for_a_while_and_not_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "LEAST", LEAST)
    now = datetime.fromisoformat("2026-11-22T05:00:00+00:00")
    ours = Seals("secret")
    seal = ours.make(now)
    form = {"key": seal.key, "made": seal.made, "seal": seal.mark, "website": ""}
    assert ours.check(form, now + timedelta(seconds=5)) == seal
    for later in (timedelta(seconds=1), MOST + timedelta(seconds=1)):
        with pytest.raises(InvalidInput):
            ours.check(form, now + later)
    with pytest.raises(InvalidInput, match="устарела"):
        Seals("another").check(form, now + timedelta(seconds=5))


async def test_two_processes_count_a_sender_together_and_take_one_form_once(
    console_app: ConsoleApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "REPORTS_AN_HOUR", 3)
    console = console_app.console
    company = console.companies.by_id(COMPANY)
    one, other = (SiteReports(console, "secret") for _ in range(2))
    told = SiteReport(Service.ELECTRICITY, "Барзас", "", "2", None)
    first, again = [await each.take(company, told, "a", "192.0.2.1") for each in (one, other)]
    assert (first.place, first.at) == (again.place, again.at)
    assert first.known is not None
    assert again.known is not None
    assert first.known.id == again.known.id
    assert [row.contacts for row in await rows(console_app, OutageReport)] == [1]
    for each, key in ((one, "b"), (other, "c")):
        await each.take(company, told, key, "192.0.2.1")
    for each in (one, other):
        with pytest.raises(TooOften):
            await each.take(company, told, "d", "192.0.2.1")
    assert "d" not in {row.key for row in await rows(console_app, SiteForm)}, "what was refused is not taken in"
    await other.take(company, told, "e", "192.0.2.2")
    assert not any("192.0.2" in row.key for row in await rows(console_app, FormCount))

    with monkeypatch.context() as away:
        for way in ("read", "write"):
            away.setattr(Database, way, None)
        for _ in range(100):  # a burst is turned away from memory
            with pytest.raises(TooOften):
                await one.take(company, told, new_id(), "192.0.2.1")


def test_a_sender_is_a_household() -> None:
    assert household("203.0.113.7") == "203.0.113.7" == household("::ffff:203.0.113.7")
    assert household("2001:db8:1:2:3::1") == household("2001:db8:1:2:ffff::9") != household("2001:db8:1:3::1")
    assert household("not an address") == "not an address"
