"""«Обзвон»: how far the robot is with its calls after a restoration, and a hand that stops it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page, expect
from sqlalchemy import select, update

from agent_console.people.models import Role
from grid.models import Premise
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from gridline.db import new_id
from outreach import campaigns, consents
from outreach.campaigns import instead, making, planned, progress
from outreach.campaigns.models import CampaignCall, CampaignState, Said
from outreach.models import Consent, MessageOut, MessageState, Purpose
from tests.console.conftest import COMPANY, OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from worklist.codes import AttemptResult

PHONES = tuple(f"+791312034{number:02}" for number in range(6))


async def campaign(made: ConsoleApp, company_id: str = COMPANY) -> str:
    """A campaign of six, of whom one said yes, one no, one is being called; its id."""
    now = made.console.clock.now()
    outage = Outage(
        id=new_id(),
        company_id=company_id,
        code=f"Д-{new_id()[:4]}",
        service=Service.ELECTRICITY,
        planned=False,
        status=OutageStatus.RESTORED,
        cause="",
        starts_at=now - timedelta(hours=3),
        expected_end=None,
        actual_end=now,
        confirmed_at=None,
    )
    async with made.console.db.write() as session:
        session.add(outage)
        await session.flush()
        for phone in PHONES:
            consent = Consent(
                company_id=company_id,
                phone=phone,
                purpose=Purpose.RESTORED,
                given_at=now,
                call_id=new_id(),
                recording_id=None,
                asked="Позвонить вам?",
                subject_id=outage.id,
                withdrawn_at=None,
                withdrawn_call_id=None,
            )
            await consents.give(session, consent)
        all_made = await making.make_missing(session, now)
        first, second, _ = await campaigns.claim(session, company_id, now, 3)
        await campaigns.finish(session, first.id, AttemptResult.TALKED, Said.YES, now, None)
        await campaigns.finish(session, second.id, AttemptResult.TALKED, Said.NO, now, None)
        last = update(CampaignCall).where(CampaignCall.phone == PHONES[-1])
        await session.execute(last.values(result=AttemptResult.BUSY, attempts=1, next_at=now + timedelta(minutes=5)))
    return next(one.id for one in all_made if one.outage_id == outage.id)


async def planned_works(made: ConsoleApp) -> str:
    """A campaign before works at four premises: one was told, one is not reached and has a message; its id."""
    now, starts = made.console.clock.now(), made.console.clock.now() + timedelta(hours=20)
    outage = Outage(
        company_id=COMPANY,
        code="П-17",
        service=Service.ELECTRICITY,
        planned=True,
        status=OutageStatus.ANNOUNCED,
        cause="",
        starts_at=starts,
        expected_end=starts + timedelta(hours=3),
    )
    async with made.console.db.write() as session:
        session.add(outage)
        await session.flush()
        own = Premise.company_id == COMPANY
        for phone, id in zip(PHONES, await session.scalars(select(Premise.id).where(own).limit(4)), strict=False):
            session.add(OutageScope(outage_id=outage.id, premise_id=id))
            for purpose in (Purpose.PLANNED, Purpose.PLANNED_MESSAGE):
                consent = Consent(
                    company_id=COMPANY,
                    phone=phone,
                    purpose=purpose,
                    given_at=now,
                    call_id=new_id(),
                    asked="Предупреждать вас?",
                    subject_id=id,
                )
                await consents.give(session, consent)
        await session.flush()
        works = next(one for one in await planned.ahead(session, now) if one.outage.id == outage.id)
        made_of_works = await planned.take_in(session, works, now)
        assert made_of_works is not None
        theirs = CampaignCall.campaign_id == made_of_works.id
        first, second, *_ = await session.scalars(select(CampaignCall.id).where(theirs).order_by(CampaignCall.phone))
        await campaigns.finish(session, first, AttemptResult.TALKED, Said.TOLD, now, None)
        await campaigns.finish(session, second, AttemptResult.NO_ANSWER, None, now, None)
        await instead.write(session, made.console.messages, made.console.companies, now)
        await session.execute(update(MessageOut).values(state=MessageState.UNKNOWN, settled_at=now))
    return made_of_works.id


async def test_who_is_warned_of_planned_works_and_who_is_written_to(
    console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path
) -> None:
    await campaign(console_app)
    id = await planned_works(console_app)
    await sign_in(page, console_app.base, Role.DISPATCHER, "/campaigns")
    row = page.locator("#campaigns tbody tr", has_text="П-17")
    await expect(row.locator(".num")).to_have_text(["4", "2", "1", "1", "0"])
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "both.png", full_page=True)
    await row.locator("a").click()
    await expect(page.locator("#campaign tbody")).to_contain_text("неизвестно, отправлено ли")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "planned.png", full_page=True)
    await page.get_by_role("button", name="Отправить ещё раз").click()
    await expect(page.locator("#campaign tbody")).to_contain_text("ждёт отправки")
    async with console_app.console.db.write() as session:
        assert await session.scalar(select(MessageOut.state)) is MessageState.WAITING
        await session.execute(update(Outage).where(Outage.code == "П-17").values(status=OutageStatus.CANCELLED))
        await planned.end(session, console_app.console.clock.now())
    await page.goto(f"{console_app.base}/campaigns/{id}")
    await expect(page.locator("#main")).to_contain_text("перенесли или отменили")


async def test_a_dispatcher_sees_how_it_goes_and_stops_it(
    console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path
) -> None:
    id = await campaign(console_app)
    await sign_in(page, console_app.base, Role.DISPATCHER, "/campaigns")
    row = page.locator("#campaigns tbody tr", has_text="Д-")
    await expect(row).to_contain_text("идёт")
    await expect(row.locator(".num")).to_have_text(["6", "4", "1", "1", "0"])
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "campaigns.png")
    await row.locator("a").click()
    await expect(page.locator("#campaign")).to_contain_text("Включили не у всех")
    await expect(page.locator("#campaign tbody tr").first).to_contain_text("нет")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "campaign.png", full_page=True)
    await page.get_by_role("button", name="Остановить").click()
    await expect(page.get_by_role("button", name="Продолжить")).to_be_visible()
    async with console_app.console.db.read() as session:
        found, _ = await progress.find(session, id, visible_to=console_app.users[Role.DISPATCHER].scope)
    assert found.campaign.state is CampaignState.STOPPED
    await page.get_by_role("button", name="Продолжить").click()
    await expect(page.get_by_role("button", name="Остановить")).to_be_visible()


async def test_a_campaign_is_its_companys_and_its_people_are_masked(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    own, foreign = await campaign(console_app), await campaign(console_app, OTHER_COMPANY)
    dispatcher = await client_of(Role.DISPATCHER)
    page = await (await dispatcher.get(f"/campaigns/{own}")).text()
    assert not any(phone in page for phone in PHONES)
    assert (await dispatcher.get(f"/campaigns/{foreign}")).status == 404
    assert (await dispatcher.post(f"/campaigns/{foreign}/stop")).status == 404
    agent = await client_of(Role.AGENT)
    assert (await agent.get("/campaigns")).status == 403
