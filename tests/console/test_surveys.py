"""«Опросы»: a manager sees how many may be asked, begins, stops, and reads what was answered."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role
from grid.offices.models import Appointment, VisitState
from gridline.db import new_id
from gridline.settings import HOUSE
from outreach import campaigns, consents
from outreach.campaigns.models import CampaignCall, Said
from outreach.models import Consent, Purpose
from outreach.surveys import answers
from tests.console.conftest import COMPANY, OTHER_COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from worklist.codes import AttemptResult

PHONES = tuple(f"+791312055{number:02}" for number in range(5))


@pytest.fixture(autouse=True)
def surveys(console_app: ConsoleApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both companies of the tests have МОЭСК's survey."""
    for company_id in (COMPANY, OTHER_COMPANY):
        shutil.copyfile(HOUSE / "dialplan/surveys/moesk.yaml", tmp_path / f"dialplan/surveys/{company_id}.yaml")
    monkeypatch.setattr(console_app.console.shelf, "_dialplan", tmp_path / "dialplan")


async def visitors(made: ConsoleApp, company_id: str = COMPANY) -> None:
    """Five who were served yesterday and agreed to be asked."""
    at = made.console.clock.now() - timedelta(days=1)
    async with made.console.db.write() as session:
        for nth, phone in enumerate(PHONES, start=1):
            number = new_id()[:7]
            session.add(
                Appointment(
                    company_id=company_id,
                    branch="",
                    office_id="kemerovo",
                    number=number,
                    topic="service",
                    starts_at=at,
                    minutes=20,
                    window_no=nth,
                    state=VisitState.SERVED,
                    phone=phone,
                    name="",
                    booked_at=at,
                    booked_by="ivr",
                    served_at=at,
                )
            )
            consent = Consent(
                company_id=company_id,
                phone=phone,
                purpose=Purpose.SURVEY,
                given_at=at,
                call_id=new_id(),
                asked="Можно позвонить?",
                subject_id=number,
            )
            await consents.give(session, consent)


async def called(made: ConsoleApp) -> None:
    """Three answer to the end, one hangs up half-way, one does not answer."""
    now = made.console.clock.now()
    async with made.console.db.write() as session:
        calls = await campaigns.claim(session, COMPANY, now, 5)
        for call, keys in zip(calls, ("1155", "2154", "1244", "31", ""), strict=True):
            keyed = dict(zip(("wait", "helped", "staff", "whole"), keys, strict=False))
            await answers.keep(session, call.id, keyed, now)
            said = {4: Said.ASKED, 2: Said.PART, 0: None}[len(keys)]
            result = AttemptResult.TALKED if said else AttemptResult.NO_ANSWER
            await campaigns.finish(session, call.id, result, said, now, None)


async def test_a_manager_asks_the_visitors_and_reads_their_answers(
    console_app: ConsoleApp, page: Page, axe: Axe, tmp_path: Path
) -> None:
    await visitors(console_app)
    await sign_in(page, console_app.base, Role.MANAGER, "/surveys")
    await expect(page.locator("#survey-free")).to_contain_text("Можно спросить: 5 человек")
    today = await page.locator("#last").input_value()
    await page.locator("#first").fill(today)
    await expect(page.locator("#survey-free")).to_contain_text("спросить некого")
    await page.get_by_role("button", name="Начать").click()
    await expect(page.locator(".toast").first).to_contain_text("Выберите другие дни")
    await page.locator("#first").fill(await page.locator("#first").get_attribute("min") or "")
    await expect(page.locator("#survey-free")).to_contain_text("Можно спросить: 5 человек")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "surveys.png", full_page=True)
    await page.get_by_role("button", name="Начать").click()
    await page.get_by_role("button", name="Остановить").click()
    await page.get_by_role("button", name="Продолжить").click()
    await expect(page.get_by_role("button", name="Остановить")).to_be_visible()
    await called(console_app)
    await page.reload()
    wait = page.locator("section", has=page.get_by_role("heading", name="Сколько вы ждали приёма?"))
    await expect(wait.locator("tbody .num")).to_have_text(["2", "50 %", "1", "25 %", "1", "25 %"])
    await expect(page.locator("#survey")).to_contain_text("3 ответа, в среднем 4,3")
    missed = page.locator("section", has=page.get_by_role("heading", name="До кого не дозвонились"))
    await expect(missed.locator("tbody tr")).to_have_count(1)
    await expect(missed).to_contain_text("не отвечает")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "survey.png", full_page=True)
    async with console_app.console.db.read() as session:
        noted = set(await session.scalars(select(AuditEntry.action)))
    assert {AuditAction.SURVEY_STARTED, AuditAction.CAMPAIGN_STOPPED, AuditAction.CAMPAIGN_RESUMED} <= noted


async def test_a_survey_is_its_companys_and_a_managers(console_app: ConsoleApp, client_of: ClientOf) -> None:
    await visitors(console_app)
    await visitors(console_app, OTHER_COMPANY)
    manager, admin, agent = [await client_of(role) for role in (Role.MANAGER, Role.ADMIN, Role.AGENT)]
    today = console_app.console.clock.now().date()
    form = {"survey": "office", "first": str(today - timedelta(days=2)), "last": str(today)}
    assert (await manager.post(f"/surveys?company={OTHER_COMPANY}", data=form)).status == 404
    assert (await agent.get("/surveys")).status == 403
    assert (await admin.post(f"/surveys?company={OTHER_COMPANY}", data=form)).status == 303
    async with console_app.console.db.read() as session:
        foreign = (await session.scalars(select(CampaignCall.campaign_id).distinct())).one()
    assert (await admin.get(f"/surveys/{foreign}")).status == 200
    assert (await manager.get(f"/surveys/{foreign}")).status == 404
    assert (await manager.post(f"/surveys/{foreign}/stop")).status == 404
    assert (await manager.post("/surveys", data=form | {"last": "завтра"})).status == 422
    assert (await manager.post("/surveys", data=form | {"survey": "other"})).status == 404
