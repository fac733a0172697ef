"""What must not fail at night, told where the database is PostgreSQL: the other stories run on SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml

from asterisk_conf.asterisk import Asterisk
from carrier.errors import StoryBroken
from carrier.stories import store
from carrier.stories.installation import Installation
from grid.imports import HandedTable
from grid.imports.premises import import_premises
from grid.outages import proposals, thresholds
from grid.outages.dispatch.publishing import NewOutage
from grid.outages.models import Outage, OutageProposal, OutageReport, OutageStatus, Service
from grid.outages.scopes import ScopePart
from gridline.clock import SystemClock
from gridline.db import new_id
from gridline.scope import Scope
from ivr.outbound.models import CallOutRecord
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from tests.calls.looked_up import ended, figure
from tests.calls.stories import callback
from tests.calls.stories.complaint import a_complaint_on_quality_needs_no_topic
from tests.calls.stories.danger import danger_that_nobody_answers_is_told_and_passed_on
from tests.calls.stories.power import POWER, confirm, tellings_of
from tests.calls.street import ABSENT, DISPATCHER, TALKERS, Play, Street, dialplan, goes
from tests.calls.telling import Book, StoryFailed, Telling
from tests.conftest import TEMPLATE
from tests.console import brief
from tests.console.conftest import Client
from tests.console.softphone_agent import hire
from tests.faults.injury import until_known
from tests.postgres import PostgresServer
from worklist import clocks
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.models import WorkItem
from worklist.outage_desk import OutageDesk
from worklist.worklist import Worklist

pytestmark = [
    pytest.mark.real_asterisk,
    pytest.mark.postgres,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
]

NIGHT = Book()
DUTY = "+79131209301"
CALLBACK_OF = "+79131700001"
"""Who asks to be called back in the story of that name."""
OLGA = TALKERS[0]
CAUSE = "упала опора"
SAID = {
    **brief.SHORT,
    "danger-safety": {"text": "Не подходите к проводу."},
    "report-check-fuses": {"text": "Проверьте, пожалуйста, автомат."},
}
HEAD = (
    "компания;лицевой счёт;объект;абонент;вид абонента;филиал;"
    "населённый пункт;улица;дом;корпус;квартира;линия;ТП;телефоны"
)


def number(house: int) -> str:
    """The telephone of a house of the street."""
    return f"+7913155010{house}"


def address(house: int) -> str:
    """Its address."""
    return f"г. Кемерово, ул. Ночная, д. {house}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telling(
    asterisk_program: Asterisk, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Telling]:
    """All four stories, being told at once."""
    del asterisk_program  # it is there, or this is skipped
    database = f"calls_{new_id()}"
    postgres_server.create(database, template=TEMPLATE)
    house = await _house(tmp_path_factory.mktemp("night"), postgres_server.url(database))
    async with Street(house).alive() as street:
        telling = Telling(street, NIGHT.stories.values())
        yield telling
        await telling.end()
    postgres_server.drop(database)


async def _house(folder: Path, url: str) -> Installation:
    brief.prompts(folder / "var")
    plan = dialplan(folder / "dialplan")
    brief.shorten(plan, SAID)
    company = plan / "companies/skek.yaml"
    body = yaml.safe_load(company.read_text("utf-8")) | {"duty_phones": [DUTY]}
    company.write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), "utf-8")
    own = {"dialplan": str(plan), "agents": [*TALKERS, DISPATCHER, ABSENT], "least_free_mb": 1, "whisper": False}
    house = Installation(folder / "var", own | {"database_url": url, "duty_after_s": 1, "duty_pause_s": 1})
    rows = [
        f"skek;31000000{one};;Ночной Иван Ильич;физлицо;;г. Кемерово;ул. Ночная;{one};;;Л-80;ТП-80;{number(one)}"
        for one in range(1, 5)
    ]
    (folder / "premises.csv").write_text("\n".join([HEAD, *rows]), "utf-8-sig")
    await import_premises(house.db, HandedTable(folder / "premises.csv", house.companies, "", SystemClock().now()))
    await hire(house, "olga", OLGA)
    return house


@NIGHT.story()
async def a_danger_that_nobody_answers_is_accepted_by_the_duty_telephone(scene: Play) -> None:
    await asyncio.gather(danger_that_nobody_answers_is_told_and_passed_on(scene), _on_duty(scene))
    item = await store.one(scene, WorkItem, WorkItem.kind == ItemKind.DANGER, WorkItem.ended_at.is_not(None))
    if (item.ending, item.ended_by) != (Ending.ACCEPTED, f"duty:{DUTY}"):
        raise StoryBroken(f"дело окончено: {item.ending}, {item.ended_by}")
    own = (CallOutRecord.subject_id == item.id, CallOutRecord.ended_at.is_not(None))
    call = await store.one(scene, CallOutRecord, *own)
    if (call.phone, call.result) != (DUTY, AttemptResult.TALKED):
        raise StoryBroken(f"дежурному звонили: {call.phone}, {call.result}")


async def _on_duty(scene: Play) -> None:
    """Whoever is on duty hears what was said and takes it over."""
    phone = scene.house.carrier.subscriber(DUTY)
    phone.answers(after_s=0.3)
    leg = await phone.answered(within_s=120)
    await leg.hears(await scene.house.voice.render(["duty-danger"], scene.company), 20)
    await leg.press("1")
    await leg.hears(await scene.house.voice.render(["duty-accepted"], scene.company), 15)
    await leg.waits_for_hangup(20)


@NIGHT.story()
async def two_reports_are_an_outage_that_is_told_restored_and_opened_again(scene: Play) -> None:
    await asyncio.gather(_reports(scene, 1), _reports(scene, 2))
    desk = _desk(scene)
    proposal = await _proposed(scene)
    now = SystemClock().now()
    scope = tuple(ScopePart.read(part) for part in proposal.scope)
    new = NewOutage(scene.company, Service.ELECTRICITY, scope, now, None, CAUSE, proposal_id=proposal.id)
    outage = await desk.publish(new, "user:dispatcher")
    own = number(3)
    async with scene.noticed(own) as caller:
        await caller.hears(Prompt("outage-cause", cause=CAUSE), within_s=20)
        await caller.hears("main-menu", within_s=20)
        await caller.hangs_up()
    told = await tellings_of(scene, (await ended(scene, own)).id)
    if [one.outage_id for one in told] != [outage.id]:
        raise StoryBroken(f"сказано о {[one.outage_id for one in told]}, а не о {outage.id}")
    await desk.restore(outage.id, None, SystemClock().now(), "user:dispatcher")
    over = await store.one(scene, Outage, Outage.id == outage.id, Outage.status == OutageStatus.RESTORED)
    assert over.actual_end is not None
    back = Prompt("outage-restored", what="свет", at=spoken.at_moment(over.actual_end, over.actual_end, scene.zone))
    async with scene.greeted(own, *POWER, "1", confirm(address(3)), "1", back) as caller:
        await caller.hears(Prompt("outage-restored-menu", what="света"), within_s=15)
        await goes(caller, "1", Prompt("report-still-dark", what="света"))
        await caller.hangs_up()
    call = await ended(scene, own)
    again = await store.one(scene, Outage, Outage.parent_id == outage.id)
    report = await store.one(scene, OutageReport, OutageReport.call_id == call.id)
    if (again.status, again.starts_at, report.outage_id) != (OutageStatus.ACTIVE, over.starts_at, again.id):
        raise StoryBroken(f"вложенное {again.status} с {again.starts_at}, сообщение в {report.outage_id}")


async def _reports(scene: Play, one: int) -> None:
    way = (*POWER, "1", confirm(address(one)), "1", "report-check-fuses", "1", "report-taken")
    async with scene.greeted(number(one), *way) as caller:
        await caller.hangs_up()


async def _proposed(scene: Play) -> OutageProposal:
    async def look() -> OutageProposal | None:
        async with scene.house.db.read() as session:
            found = await proposals.open_proposals(session, scene.company, visible_to=Scope(scene.company))
        return next(iter(found), None)

    return await until_known(look, "the proposal", 60)  # on a busy machine the rounds are a tenth of the time


def _desk(scene: Play) -> OutageDesk:
    """A dispatcher's hand, beside the product's."""
    house, clock = scene.house, SystemClock()
    worklist = Worklist(house.db, clock, clocks.of_installation(house.settings.dialplan))
    rules = thresholds.of_installation(house.settings.dialplan)
    return OutageDesk(house.db, clock, house.companies, worklist, rules)


@NIGHT.story()
async def a_call_back_that_was_promised_is_made(scene: Play) -> None:
    await callback.one_where_nobody_is_there_is_a_call_back_and_the_second_wish_keeps_the_first_clock(scene)
    item = await callback.owed(scene, CALLBACK_OF)
    phone = scene.house.carrier.subscriber(CALLBACK_OF)
    phone.answers(after_s=0.3)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        olga = Client(session, scene.house.base)
        await olga.sign_in("olga")
        await _posts(olga, "/phone/credentials", json={"holder": "0" * 32})  # as her page does when it is opened
        await _posts(olga, "/desk/sign-on", data={"queue": "skek-office", "phone": "desk"})
        await _posts(olga, f"/worklist/{item.id}/call")
        hers = await scene.street.desk.talk_with(CALLBACK_OF)
        anna = await phone.answered(within_s=15)
        await anna.hang_up()
        await hers.waits_for_hangup(10)
        await _posts(olga, f"/worklist/{item.id}/called", data={"result": "talked"})
    done = await store.one(scene, WorkItem, WorkItem.id == item.id, WorkItem.ended_at.is_not(None))
    if (done.ending, done.ended_by) != (Ending.TALKED, "user:olga"):
        raise StoryBroken(f"дело окончено: {done.ending}, {done.ended_by}")


async def _posts(client: Client, path: str, **sent: object) -> None:
    answer = await client.post(path, **sent)
    if answer.status >= 400:
        raise StoryBroken(f"{path}: {answer.status} {await answer.text()}")


NIGHT.story()(a_complaint_on_quality_needs_no_topic)


@pytest.mark.parametrize("name", NIGHT.stories)
async def test_story(name: str, telling: Telling) -> None:
    try:
        await telling.result(name)
    except StoryFailed as failed:
        pytest.fail(str(failed), pytrace=False)


async def test_it_was_all_in_postgresql_and_nothing_went_wrong(telling: Telling) -> None:
    await telling.end()
    house = telling.street.house
    assert not house.db.is_sqlite
    assert list(house.var.glob("*.db")) == []
    await figure(house, "gridline_calls_now", 0.0)
    assert [line for line in house.log().splitlines() if "place-failed" in line or "Traceback" in line] == []
