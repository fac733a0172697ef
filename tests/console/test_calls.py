"""The list of calls and one call's page: what is found, by whom, and that nothing of others is."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from agent_console.calls.call_list import CallsQuery, page, read
from agent_console.people.models import Role
from appeals.intake.intake import accept
from gridline.companies import Companies, Company
from gridline.errors import InvalidInput
from gridline.settings import HOUSE
from ivr.desk.models import Left
from tests.console.calls import MENU, stored_call
from tests.console.conftest import COMPANY, OTHER_COMPANY, ClientOf, ConsoleApp


@pytest.fixture(scope="module")
def skek() -> Company:
    """The company as it is shipped."""
    return Companies.load(HOUSE / "dialplan/companies").by_id(COMPANY)


NASTY = "<script>alert(1)</script>"


async def found(made: ConsoleApp, asked: dict[str, str], role: Role = Role.SUPERVISOR) -> list[str]:
    """Ids of the calls the list shows to this role, the newest first."""
    console = made.console
    company = console.companies.by_id(COMPANY)
    today = console.clock.now().astimezone(company.zone).date()
    async with console.db.read() as session:
        lines, _ = await page(
            session,
            company,
            read(asked, company, {"101": "Ольга", "102": "Игорь"}, today),
            visible_to=made.users[role].scope,
        )
    return [line.call.id for line in lines]


async def test_calls_are_found_by_what_is_known_of_them(console_app: ConsoleApp) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    answered = await stored_call(console, now - timedelta(minutes=1), caller="+79235550101")
    office = await stored_call(
        console, now - timedelta(minutes=2), caller="+79135550202", queue="skek-office", agent="102"
    )
    lost = await stored_call(console, now - timedelta(minutes=3), caller="+79135550303", outcome=Left.ABANDONED)
    menu = await stored_call(console, now - timedelta(minutes=4), caller=None, outcome=None)
    old = await stored_call(console, now - timedelta(days=20), caller="+79235550101")
    await stored_call(console, now, company=OTHER_COMPANY, queue="mrsk-hotline")
    far = (now - timedelta(days=30)).date().isoformat()
    for asked, calls in (
        ({}, [answered, office, lost, menu]),
        ({"q": "+7 (923) 555-01-01"}, [answered]),
        ({"q": "8 923 555 01 01", "since": far}, [answered, old]),
        ({"q": "0303"}, [lost]),
        ({"result": "answered"}, [answered, office]),
        ({"result": "recorded"}, [answered, office]),
        ({"result": "lost"}, [lost]),
        ({"result": "menu"}, [menu]),
        ({"queue": "skek-office"}, [office]),
        ({"agent": "102"}, [office]),
        ({"agent": "101", "queue": "skek-office"}, []),
    ):
        assert await found(console_app, asked) == [one.call for one in calls], asked


async def test_pages_follow_each_other_without_a_gap(console_app: ConsoleApp, monkeypatch: pytest.MonkeyPatch) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    made = [(await stored_call(console, now - timedelta(seconds=at), outcome=None)).call for at in (1, 2, 3, 4, 5)]
    monkeypatch.setattr("agent_console.calls.call_list.PAGE", 2)
    company, seen, before = console.companies.by_id(COMPANY), [], None
    today = now.astimezone(company.zone).date()
    for _ in range(3):
        asked = read({"before": str(before or "")}, company, {}, today)
        async with console.db.read() as session:
            lines, before = await page(session, company, asked, visible_to=console_app.users[Role.QA].scope)
        seen += [line.call.id for line in lines]
    assert seen == made
    assert before is None


@pytest.mark.parametrize(
    "query",
    [
        {"result": "answered' OR 1=1 --"},
        {"queue": "'; DROP TABLE calls; --"},
        {"queue": "mrsk-hotline"},
        {"branch": "belgorod"},
        {"agent": "999"},
        {"q": "' OR '%"},
        {"q": "12"},
        {"since": "2026-13-01"},
        {"before": "0 OR 1=1"},
    ],
)
def test_what_cannot_be_asked_is_refused(skek: Company, query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        read(query, skek, {"101": "Ольга"}, date(2026, 11, 22))


def test_an_address_holds_what_was_asked_as_signs_only() -> None:
    day = date(2026, 1, 1)
    assert "q=%22%3E%3Cscript" in CallsQuery(since=day, until=day, q='"><script').url()


async def test_the_wildcards_of_a_search_are_only_signs(console_app: ConsoleApp) -> None:
    await stored_call(console_app.console, console_app.console.clock.now(), caller="+79235550101")
    for q, count in (("550101", 1), ("%555", 0), ("_555%", 0)):
        assert len(await found(console_app, {"q": q})) == count, q


async def test_a_call_of_the_trust_line_is_the_security_services_alone(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    ordinary = await stored_call(console, now - timedelta(minutes=1))
    secret = await stored_call(console, now - timedelta(minutes=2), caller=None)
    intake = {
        "company_id": COMPANY,
        "channel": "phone",
        "kind": "trust",
        "topic": "service",
        "applicant_kind": "person",
        "text": "Вымогают деньги",
        "answer_way": "none",
        "actor": "ivr",
        "idempotency_key": "t",
        "call_id": secret.call,
        "recording_id": secret.recording,
    }
    await console.register.register(accept(intake))
    for role, own, foreign in (
        (Role.SUPERVISOR, ordinary, secret),
        (Role.ADMIN, ordinary, secret),
        (Role.SECURITY, secret, ordinary),
    ):
        assert await found(console_app, {}, role) == [own.call], role
        client = await client_of(role)
        assert (await client.get(f"/calls/{own.call}")).status == 200
        assert (await client.get(f"/calls/{foreign.call}")).status == 404
        assert (await client.get(f"/recordings/{own.recording}")).status == 200
        assert (await client.get(f"/recordings/{foreign.recording}")).status == 404


async def test_another_companys_call_is_not_there(console_app: ConsoleApp, client_of: ClientOf) -> None:
    theirs = await stored_call(console_app.console, console_app.console.clock.now(), company=OTHER_COMPANY)
    client = await client_of(Role.SUPERVISOR)
    for path in (f"/calls/{theirs.call}", f"/recordings/{theirs.recording}", f"/recordings/{theirs.recording}/levels"):
        assert (await client.get(path)).status == 404, path


async def test_a_call_of_another_branch_is_not_there(console_app: ConsoleApp) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    company = console.companies.by_id(OTHER_COMPANY)
    own, whole, other = [
        (await stored_call(console, now - timedelta(minutes=at), company=OTHER_COMPANY, branch=branch)).call
        for at, branch in enumerate(("belgorod", "", "bryansk"))
    ]
    actor = replace(console_app.users[Role.SUPERVISOR], company_id=OTHER_COMPANY, branch="belgorod")
    async with console.db.read() as session:
        asked = read({}, company, {}, now.astimezone(company.zone).date())
        lines, _ = await page(session, company, asked, visible_to=actor.scope)
    assert [line.call.id for line in lines] == [own, whole]
    assert other not in {own, whole}


async def test_a_calls_page_tells_its_way_and_masks_the_number_by_role(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    call = await stored_call(console, now - timedelta(minutes=2), priority=10)
    intake = {
        "company_id": COMPANY,
        "channel": "phone",
        "kind": "complaint",
        "topic": "quality",
        "applicant_kind": "person",
        "name": NASTY,
        "phone": "+79235550101",
        "answer_way": "phone",
        "text": NASTY,
        "actor": "user:agent",
        "idempotency_key": "k",
        "call_id": call.call,
    }
    appeal = await console.register.register(accept(intake))
    text = await (await (await client_of(Role.SUPERVISOR)).get(f"/calls/{call.call}")).text()
    for told in (
        "Уведомление о записи проиграно до конца",
        "нажал 2 — Нет света или воды",
        MENU,
        "Очередь «Горячая линия»",
        "вне очереди: опасность",
        "Дождался ответа: Ольга Смирнова",
        "Разговор окончен: Ольга Смирнова",
        f"/appeals/{appeal.appeal_id}",
        f"/recordings/{call.recording}",
        "+7\u00a0923\u00a0555-01-01",
    ):
        assert told in text, told
    assert NASTY not in text
    text = await (await (await client_of(Role.QA)).get(f"/calls/{call.call}")).text()
    assert "555-01-01" not in text
    assert "***01" in text


async def test_a_call_without_a_whole_notice_says_so(console_app: ConsoleApp, client_of: ClientOf) -> None:
    call = await stored_call(console_app.console, console_app.console.clock.now(), notice=False, outcome=None)
    text = await (await (await client_of(Role.SUPERVISOR)).get(f"/calls/{call.call}")).text()
    assert "Уведомление о записи не доиграно" in text
    assert "не до конца" in text


async def test_the_next_call_of_a_list_is_the_next_of_that_list(console_app: ConsoleApp, client_of: ClientOf) -> None:
    console, now = console_app.console, console_app.console.clock.now()
    newest, _, oldest = [
        (await stored_call(console, now - timedelta(minutes=at), outcome=outcome)).call
        for at, outcome in ((1, Left.ANSWERED), (2, Left.ABANDONED), (3, Left.ANSWERED))
    ]
    client = await client_of(Role.SUPERVISOR)
    text = await (await client.get("/calls?result=answered")).text()
    link = re.search(f'href="(/calls/{newest}[^"]*)"', text)
    assert link
    first = await (await client.get(html.unescape(link[1]))).text()
    assert f"/calls/{oldest}?" in first
    assert "Предыдущий" not in first
    assert "result=answered" in first
    assert "Следующий" not in await (await client.get(f"/calls/{newest}")).text()
