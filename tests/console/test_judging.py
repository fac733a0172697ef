"""A talk is judged by keys alone, shown to its agent, disputed and decided; nobody meets what is not theirs."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page, expect
from sqlalchemy import select, update

from agent_console.people.models import AuditAction, AuditEntry, Role, User
from agent_console.people.permissions import Actor
from appeals.personal_data import trust
from gridline.db import new_id
from gridline.scope import Scope
from ivr.figures.models import CallSurvey
from quality.cards.card import Grade
from quality.reviews.models import Review, ReviewGrade
from quality.reviews.reviews import GivenGrade, Judged, Reviewer
from tests.console.calls import StoredCall, stored_call, stored_call_out
from tests.console.conftest import COMPANY, Axe, ClientOf, ConsoleApp, sign_in
from tests.console.test_talks import heard_call

WORDS = "Не перебивать: она хотела назвать адрес"


async def a_talk(made: ConsoleApp, minutes: int = 5, **given: object) -> StoredCall:
    """A talk of the agent."""
    agent, at = made.users[Role.AGENT].user_id, made.console.clock.now() - timedelta(minutes=minutes)
    return await stored_call(made.console, at, user_id=agent, **given)  # type: ignore[arg-type]


async def judged(made: ConsoleApp, call: StoredCall, **grades: Grade) -> str:
    """QA's finished review of it."""
    qa, judging = made.users[Role.QA], made.console.judging
    by, scope = Reviewer(qa.signature, qa.user_id), qa.judging_scope
    id = await judging.reviews.claim(call.call, "101", "etiquette", by, visible_to=scope)
    given = {point.code: GivenGrade(Grade.MET) for point in judging.cards.card("etiquette").points}
    given |= {code: GivenGrade(grade, 3.0, call.recording) for code, grade in grades.items()}
    await judging.reviews.finish(id, Judged(given, WORDS), by, visible_to=scope)
    return id


async def test_a_reviewer_judges_by_keys_and_an_agent_answers(
    console_app: ConsoleApp, client_of: ClientOf, page: Page, axe: Axe, tmp_path: Path
) -> None:
    await a_talk(console_app)
    await a_talk(console_app, 4, priority=10)
    await sign_in(page, console_app.base, Role.QA, "/judging")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "queue.png", full_page=True)
    await page.keyboard.press("1")
    await expect(page.locator("#judging")).to_be_visible()
    await expect(page.locator(".page-head .badge")).to_have_text("опасность")
    assert await axe(page) == []
    for point in range(9):
        await page.keyboard.press("j")
        await page.keyboard.press("2" if point == 1 else "1")
    await expect(page.locator("#score [data-total]")).to_have_text("90")
    await page.keyboard.press("Space")
    await expect(page.locator("[data-player]").first).to_have_attribute("data-state", "playing")
    await expect(page.locator(".player [data-now]").first).to_have_text(re.compile(r"^0:0[1-9]"))
    async with page.expect_response(re.compile("/grades$")) as kept:
        await page.keyboard.press("e")
    assert (await kept.value).status == 200
    await page.keyboard.press("Space")
    await expect(page.locator("[data-point]:focus [data-told]")).to_have_text(re.compile(r"^0:0[1-9]"))
    await page.get_by_label("Что сказать оператору").fill(WORDS)
    await page.screenshot(path=tmp_path / "judging.png")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".stat b").first).to_have_text("1")
    async with console_app.console.db.read() as session:
        review = (await session.scalars(select(Review))).one()
    assert (review.total, review.comment, review.card) == (90, WORDS, "outage")

    agent = await client_of(Role.AGENT)
    assert f"/reviews/{review.id}" in await (await agent.get("/reviews")).text()
    assert WORDS in await (await agent.get(f"/reviews/{review.id}")).text()
    refused = await agent.post(f"/reviews/{review.id}/dispute", data={"text": " "})
    assert (refused.status, "Напишите, с чем вы не согласны." in await refused.text()) == (422, True)
    assert (await agent.post(f"/reviews/{review.id}/dispute", data={"text": "Адрес был назван"})).status == 303
    assert (await agent.post(f"/reviews/{review.id}/accept")).status == 409


async def test_a_dispute_is_decided_on_its_page_and_figures_follow(
    console_app: ConsoleApp, client_of: ClientOf, page: Page, axe: Axe, tmp_path: Path
) -> None:
    ids = [await judged(console_app, await a_talk(console_app, at), listened=Grade.MISSED) for at in (5, 6, 7)]
    agent = await client_of(Role.AGENT)
    await agent.post(f"/reviews/{ids[0]}/dispute", data={"text": "Слышно, что я молчу"})
    qa, head = await client_of(Role.QA), console_app.users[Role.QA_HEAD]
    assert (await qa.post(f"/judging/{ids[0]}/decide", data={"note": "Нет"})).status == 403
    await sign_in(page, console_app.base, Role.QA_HEAD, "/worklist")
    await page.get_by_role("link", name="Спор об оценке").click()
    await expect(page.get_by_role("link", name="Решить спор")).to_be_visible()
    await page.keyboard.press("r")
    await expect(page.locator("#deciding")).to_be_visible()
    assert await axe(page) == []
    await page.locator("[name=grade-listened][value=met]").check(force=True)
    await page.get_by_label("Почему вы так решили").fill("Она слушала")
    await page.screenshot(path=tmp_path / "deciding.png")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#score b")).to_have_text("100")
    await page.get_by_role("button", name="На калибровку").click()
    await expect(page.get_by_text("0 из 2")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "calibrations.png", full_page=True)
    survey = _survey(await a_talk(console_app, 9), console_app)
    async with console_app.console.db.write() as session:
        session.add(survey)
    for view in ("agent", "point", "topic", "weak"):
        await page.goto(f"{console_app.base}/quality?by={view}")
        assert await axe(page) == [], view
        await page.screenshot(path=tmp_path / f"quality-{view}.png", full_page=True)
    await expect(page.locator("tbody")).to_contain_text("Выслушал, не перебивая")
    await page.goto(f"{console_app.base}/quality")
    await page.get_by_role("link", name="Ольга Смирнова").click()
    await expect(page.locator("tbody tr")).to_have_count(3)
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "reviews.png", full_page=True)
    table = await (await qa.get("/quality.csv")).text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table), delimiter=";"))
    assert rows[3][:3] == ["Ольга Смирнова", "3", "90,0"]
    assert rows[3][-2:] == ["2,0", "1"]
    assert (await (await qa.get("/quality.xlsx?by=weak")).text("latin-1")).startswith("PK")
    assert "Она слушала" in await (await agent.get(f"/reviews/{ids[0]}")).text()
    assert head.may("quality.lead")
    await sign_out_and_in(page, console_app, f"/reviews/{ids[0]}")
    assert await axe(page) == []
    await page.get_by_title("Слушать отсюда").first.click()
    await expect(page.locator(".player").first).to_have_attribute("data-state", "playing")
    await expect(page.locator(".player [data-now]").first).to_have_text(re.compile(r"^0:0[3-9]"))
    await page.screenshot(path=tmp_path / "own.png")


async def test_a_call_that_an_agent_made_is_judged_heard_and_counted_like_the_others(
    console_app: ConsoleApp, client_of: ClientOf, page: Page, axe: Axe, tmp_path: Path
) -> None:
    made, agent = console_app.console, console_app.users[Role.AGENT].user_id
    call = await stored_call_out(made, made.clock.now() - timedelta(minutes=5), user_id=agent, seconds=40.0)
    await sign_in(page, console_app.base, Role.QA, "/judging")
    row = page.get_by_role("region", name="По жребию").get_by_role("row").filter(has_text="Ольга Смирнова")
    await expect(row.locator(".badge")).to_have_text("исходящий")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "queue-out.png", full_page=True)
    await row.get_by_label("Карта для этого разговора").select_option("outage")
    await page.keyboard.press("1")
    await expect(page.locator("#judging")).to_be_visible()
    await expect(page.locator(".kv .badge")).to_have_text("исходящий")
    await expect(page.locator("[data-point=called-back]")).to_have_count(0)
    points = page.locator("[data-point]")
    for point in range(await points.count()):
        await page.keyboard.press("j")
        await page.keyboard.press("2" if point == 1 else "1")
    await page.keyboard.press("Space")
    await expect(page.locator("[data-player]").first).to_have_attribute("data-state", "playing")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/judging")
    async with made.db.read() as session:
        review = (await session.scalars(select(Review))).one()
    assert (review.call_id, review.agent_id, review.queue, review.total) == (call.call, agent, "", 89)
    await page.goto(f"{console_app.base}/quality?by=queue")
    await page.get_by_role("link", name="Исходящие звонки").click()
    await expect(page.get_by_role("heading", name="Оценки: исходящие звонки")).to_be_visible()
    await expect(page.locator("tbody .badge").first).to_have_text("исходящий")
    assert await axe(page) == []

    own = await client_of(Role.AGENT)
    assert "исходящий" in await (await own.get("/reviews")).text()
    assert "исходящий" in await (await own.get(f"/reviews/{review.id}")).text()
    assert (await own.get(f"/reviews/{review.id}/recordings/{call.recording}")).status == 200
    assert (await own.post(f"/reviews/{review.id}/dispute", data={"text": "Адрес был назван"})).status == 303
    other = await client_of(Role.SECURITY)
    assert (await other.get(f"/judging/{review.id}")).status in (403, 404)


async def test_evidence_is_picked_from_a_word_and_the_judged_agent_reads_it(
    console_app: ConsoleApp, client_of: ClientOf, page: Page, axe: Axe, tmp_path: Path
) -> None:
    call = await heard_call(console_app, user_id=console_app.users[Role.AGENT].user_id)
    await sign_in(page, console_app.base, Role.QA, "/judging")
    await page.keyboard.press("1")
    lines, told = page.locator(".player-line"), page.locator("[data-point] [data-told]").nth(1)
    await expect(lines).to_have_count(3)
    await expect(lines.first).to_contain_text("[имя]")
    await page.get_by_role("list", name="Реплики").focus()
    await page.keyboard.press("e")
    await expect(page.locator("#toasts")).to_contain_text("Сначала выберите пункт")
    await page.keyboard.press("ArrowDown")  # from the start: to the next line
    await expect(lines.nth(1)).to_be_focused()
    await page.locator("h1").click()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await lines.nth(1).focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(".player [data-now]")).to_have_text("0:13")
    await expect(lines.nth(1).locator(".now")).to_have_text("оператор")
    async with page.expect_response(re.compile("/grades$")) as placed:
        await page.keyboard.press("e")
    assert (await placed.value).status == 200
    await expect(told).to_have_text("0:13")
    await expect(page.locator("#toasts")).to_contain_text("Место 0:13")
    await expect(lines.nth(1)).to_be_focused()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "judging-words.png", caret="initial")
    await page.locator("h1").click()
    await page.keyboard.press("j")  # goes on behind the point that the place is for
    await expect(page.locator("[data-point]").nth(2)).to_be_focused()
    for _ in range(2):
        await page.keyboard.press("k")
    for _ in range(10):
        await page.keyboard.press("1")
        await page.keyboard.press("j")
    await expect(page.locator("#score [data-left]")).to_have_text("отмечено 10 из 10")
    id = page.url.rpartition("/")[2]
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/judging")
    async with console_app.console.db.read() as session:
        rows = await session.scalars(select(ReviewGrade).where(ReviewGrade.second.is_not(None)))
        assert [(row.second, row.recording_id) for row in rows] == [(13.0, call.recording)]

    await sign_out_and_in(page, console_app, f"/reviews/{id}")
    await expect(lines.first).to_contain_text("меня зовут [имя]")
    await page.get_by_role("button", name="0:13").press("Enter")
    await expect(page.locator(".player [data-now]")).to_have_text("0:13")
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "own-words.png", full_page=True, caret="initial")
    words = f"recordings/{call.recording}/transcript"
    statuses = {}
    for role in (Role.AGENT, Role.SUPERVISOR, Role.QA, Role.QA_HEAD, Role.DISPATCHER):
        client = await client_of(role)
        statuses[role] = [(await client.get(f"/{base}/{id}/{words}")).status for base in ("reviews", "judging")]
    assert statuses == {
        Role.AGENT: [200, 403],
        Role.SUPERVISOR: [404, 200],
        Role.QA: [403, 200],
        Role.QA_HEAD: [403, 200],
        Role.DISPATCHER: [403, 403],
    }
    async with console_app.console.db.read() as session:
        asked = (AuditEntry.action == AuditAction.OUT_OF_SCOPE, AuditEntry.subject.contains("/transcript"))
        refused = list(await session.scalars(select(AuditEntry.user_id).where(*asked)))
        read = (AuditEntry.action == AuditAction.TRANSCRIPT_READ, AuditEntry.subject == f"recording:{call.recording}")
        readers = set(await session.scalars(select(AuditEntry.user_id).where(*read)))
    assert refused == [console_app.users[Role.SUPERVISOR].user_id]
    who = (Role.AGENT, Role.SUPERVISOR, Role.QA, Role.QA_HEAD)
    assert readers == {console_app.users[role].user_id for role in who}


async def test_nobody_hears_or_reads_what_is_not_theirs(console_app: ConsoleApp, client_of: ClientOf) -> None:
    call, other = await a_talk(console_app), await a_talk(console_app, 8)
    id = await judged(console_app, call)
    agent, supervisor = await client_of(Role.AGENT), await client_of(Role.SUPERVISOR)
    heard = await agent.get(f"/reviews/{id}/recordings/{call.recording}")
    assert (heard.status, heard.content_type) == (200, "audio/wav")
    assert (await agent.get(f"/reviews/{id}/recordings/{other.recording}")).status == 404
    assert (await agent.get(f"/judging/{id}")).status == 403
    assert (await supervisor.get(f"/reviews/{id}")).status == 404, "another's talk"
    assert (await supervisor.get(f"/judging/{id}")).status == 200
    assert (await supervisor.post(f"/judging/{id}/grades", data={"grade-calm": "met"})).status == 403
    qa = await client_of(Role.QA)
    assert (await qa.post(f"/judging/{id}/grades", data={"grade-calm": "met"})).status == 409
    assert (await qa.post("/judging", data={"call": other.call, "agent": "101", "card": "none"})).status == 404
    async with console_app.console.db.write() as session:
        await session.execute(update(User).where(User.login == "agent").values(agent=None))
        await session.execute(update(User).where(User.login == "supervisor").values(agent="101"))
    assert (await supervisor.get(f"/reviews/{id}")).status == 404, "the number has another owner now"
    async with console_app.console.db.write() as session:
        await trust.shut(session, [call.call, other.call], console_app.console.clock.now())
    for client, path in ((agent, f"/reviews/{id}"), (qa, f"/judging/{id}"), (supervisor, f"/judging/{id}")):
        assert (await client.get(path)).status == 404
        assert (await client.get(f"{path}/recordings/{call.recording}")).status == 404
    for client, path in ((agent, "/reviews"), (qa, "/judging"), (supervisor, "/quality"), (qa, "/quality/reviews")):
        text = await (await client.get(path)).text()
        assert id not in text
        assert call.call not in text
        assert "Ольга Смирнова</td>" not in text, path


def test_a_reviewer_of_branches_judges_every_branch() -> None:
    omsk = Actor("1", "qa", "Анна Ким", Role.QA, COMPANY, "omsk", None)
    assert omsk.judging_scope == Scope(COMPANY, "omsk")
    for role in (Role.QA_BRANCHES, Role.QA_HEAD):
        assert replace(omsk, role=role).judging_scope == Scope(COMPANY)
        assert replace(omsk, role=role).scope == Scope(COMPANY, "omsk")


def _survey(call: StoredCall, made: ConsoleApp) -> CallSurvey:
    return CallSurvey(
        id=new_id(),
        call_id=call.call,
        company_id=COMPANY,
        branch="",
        agent="101",
        queue="skek-hotline",
        topic="outages",
        asked_at=made.console.clock.now(),
        score=2,
    )


async def sign_out_and_in(page: Page, made: ConsoleApp, path: str) -> None:
    """The agent comes to the same browser."""
    await page.context.clear_cookies()
    await sign_in(page, made.base, Role.AGENT, path)
