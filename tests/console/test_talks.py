"""Words of recordings on the screen: who reads them whole, masked, not at all; found, and opened at a second."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from agent_console.people.models import AuditAction, AuditEntry, Role
from appeals import numbering
from appeals.personal_data import trust
from quality.measures.measuring import Measuring
from quality.transcripts.transcription import Transcription
from tests.console.calls import StoredCall, stored_call
from tests.console.conftest import Axe, ClientOf, ConsoleApp, sign_in
from tests.store.appeals.made import intake
from tests.table_ears import TableEars

SAID = (
    "здравствуйте меня зовут петрова анна у нас искрит провод на столбе улица весенняя дом пять",
    "| | | | | | добрый день оператор ольга провод опасен не подходите | ваши проблемы я записала",
)


async def heard_call(
    console_app: ConsoleApp, said: tuple[str, str] = SAID, *, ago_min: int = 3, user_id: str = "u"
) -> StoredCall:
    """A call whose talk was heard and measured; `user_id`: its agent."""
    console = console_app.console
    at = console.clock.now() - timedelta(minutes=ago_min)
    call = await stored_call(console, at, seconds=24, user_id=user_id)
    ears = TableEars({(call.recording, side): words for side, words in enumerate(said)})
    store, clock = console.store, console.clock
    await Transcription(console.db, clock, ears, store, node="n", is_quiet=lambda: True, days=1).run_once()
    await Measuring(console.db, clock, store, is_quiet=lambda: True, days=1).run_once()
    return call


async def test_words_are_read_whole_masked_or_not_at_all(console_app: ConsoleApp, client_of: ClientOf) -> None:
    call = await heard_call(console_app)
    path = f"/recordings/{call.recording}/transcript"
    told = await (await (await client_of(Role.SUPERVISOR)).get(path)).json()
    assert (told["machine"], told["says"], [one["who"] for one in told["channels"]]) == (
        True,
        "",
        ["Абонент", "Оператор"],
    )
    (said,) = told["channels"][0]["utterances"]
    assert (said["text"], said["start"], said["words"][3]) == (SAID[0], 0.0, ["петрова", 1.5, 1.9])
    said, rude = told["channels"][1]["utterances"]
    assert (said["start"], said["end"], rude["text"]) == (12.0, 15.9, "ваши проблемы я записала")
    told = await (await (await client_of(Role.QA)).get(path)).json()
    (said,) = told["channels"][0]["utterances"]
    assert said["text"] == "здравствуйте меня зовут [имя] у нас искрит провод на столбе [адрес]"
    assert (await (await client_of(Role.AGENT)).get(path)).status == 403
    assert (await (await client_of(Role.SECURITY)).get(path)).status == 404
    async with console_app.console.db.read() as session:
        read = select(AuditEntry.subject).where(AuditEntry.action == AuditAction.TRANSCRIPT_READ)
        assert list(await session.scalars(read)) == [f"recording:{call.recording}"] * 2


async def test_without_a_recogniser_it_says_so_and_the_recording_is_heard(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    call = await stored_call(console_app.console, console_app.console.clock.now() - timedelta(minutes=2))
    client = await client_of(Role.QA)
    told = await (await client.get(f"/recordings/{call.recording}/transcript")).json()
    assert told == {"machine": True, "says": "Распознавание не настроено.", "channels": []}
    assert (await client.get(f"/recordings/{call.recording}")).status == 200
    assert "Распознавание не настроено" in await (await client.get("/talks")).text()


async def test_a_talk_of_the_trust_line_is_read_and_found_by_the_security_service_alone(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    console = console_app.console
    call = await heard_call(console_app)
    async with console.db.write() as session:
        await trust.shut(session, [call.call], console.clock.now())
    for role, status in ((Role.SUPERVISOR, 404), (Role.ADMIN, 404), (Role.QA, 404), (Role.SECURITY, 200)):
        client = await client_of(role)
        assert (await client.get(f"/recordings/{call.recording}/transcript")).status == status, role
        assert (call.call in await (await client.get("/talks?q=провод")).text()) == (status == 200), role
    told = await (await (await client_of(Role.ADMIN)).get("/audit")).text()
    assert "прочитал расшифровку" in told
    assert not {call.call, call.recording} & set(re.findall(r"[0-9a-f]{32}", told))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("q=%00&length=huge", "такого значения нет"),
        ("silence=1 OR 1=1", "такого значения нет"),
        ("topic=x", "такого значения нет"),
        ("agent=999", "такого значения нет"),
        ("since=2020-01-01", "Ищут не больше чем за год"),
        ("number=12-34", "не телефонный номер"),
        ("appeal=26-000001-1", "контрольная цифра не сходится"),
        ("appeal=жалоба", "состоит из девяти цифр"),
        ("place=branch-power", "Место меню «branch-power»: такого значения нет"),
        ("marked=all", "такого значения нет"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    console_app: ConsoleApp, client_of: ClientOf, query: str, told: str
) -> None:
    answer = await (await client_of(Role.QA)).get(f"/talks?{query}")
    assert answer.status == 422
    assert told in await answer.text()


async def test_a_talk_is_found_by_a_number_as_people_write_it_and_by_its_appeal(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    console = console_app.console
    call = await stored_call(console, console.clock.now() - timedelta(minutes=2), caller="+79131112233", seconds=1)
    appeal = await console.register.register(intake(call_id=call.call))
    client = await client_of(Role.QA)
    number, written = "8 (913) 111-22-33", numbering.written(appeal.number)
    for query, there in (
        ({"number": number}, True),
        ({"number": "8 913 111 22 34"}, False),
        ({"appeal": written}, True),
        ({"appeal": numbering.written(numbering.number(2026, 77))}, False),
        ({"place": "power"}, False),
        ({"marked": "own"}, False),
    ):
        text = await (await client.get(f"/talks?{urlencode(query)}")).text()
        assert (call.call in text) == there, query
        assert f'value="{query.get("appeal", written)}"' in text or "appeal" not in query
    assert "Нет света или воды → О воде" in text
    async with console.db.write() as session:
        await trust.shut(session, [call.call], console.clock.now())
    assert call.call not in await (await client.get(f"/talks?{urlencode({'number': number})}")).text()


async def test_a_search_is_saved_opened_and_taken_away_by_its_author_alone(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    author, other = await client_of(Role.QA), await client_of(Role.QA_HEAD)
    today = console_app.console.clock.now().date()
    asked = {"q": "искрит", "place": "water", "since": str(today - timedelta(days=90)), "evil": "1", "before": ""}
    answer = await author.post("/talks/saved", data={"name": "Провода <b>", "query": urlencode(asked)})
    assert answer.status == 303
    text = await (await author.get("/talks")).text()
    (saved,) = re.findall(r'href="(/talks\?[^"]*)">Провода &lt;b&gt;</a>', text)
    assert "evil" not in saved
    assert {"q": ["искрит"], "place": ["water"]}.items() <= parse_qs(urlsplit(html.unescape(saved)).query).items()
    assert (await author.get(html.unescape(saved))).status == 200
    assert "Провода" not in await (await other.get("/talks")).text()
    for query, name in (("place=nowhere", "a"), ("number=89131112233", "a"), ("q=x", " ")):
        assert (await author.post("/talks/saved", data={"name": name, "query": query})).status == 422, query
    assert (await author.post("/talks/saved?company=mrsk-centra", data={"name": "a", "query": ""})).status == 404
    (remove,) = re.findall(r'action="(/talks/saved/[0-9a-f]{32}/remove)"', text)
    assert (await other.post(remove)).status == 404
    assert (await author.post(remove)).status == 303
    assert "Провода" not in await (await author.get("/talks")).text()
    assert (await author.post(remove)).status == 404


async def test_a_saved_search_of_the_usual_period_names_no_days(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client = await client_of(Role.QA)
    text = await (await client.get("/talks?topic=quality")).text()
    (query,) = re.findall(r'name="query" value="([^"]*)"', text)
    assert html.unescape(query) == "topic=quality&company=skek"


async def test_a_talk_is_found_by_its_words_and_opened_at_their_second(
    page: Page, console_app: ConsoleApp, axe: Axe, tmp_path: Path
) -> None:
    call = await heard_call(console_app)
    await sign_in(page, console_app.base, Role.QA, "/talks")
    await page.locator("#q").fill("искрит провода")
    await page.keyboard.press("Enter")
    said = page.locator(".talk-said")
    await expect(said).to_have_count(2)
    await expect(said.first.locator("mark")).to_have_text(["искрит", "провод"])
    await expect(said.first).not_to_contain_text("весенняя")
    await page.locator(".saved-searches summary").click()
    await page.get_by_label("Название поиска").fill("Провода")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Провода")).to_have_attribute("aria-current", "true")
    await page.get_by_text("Ещё условия").click()
    await expect(page.get_by_label("Звонящий прошёл меню")).to_be_visible()
    await page.locator(".saved-searches summary").click()
    await expect(page.get_by_role("button", name="Убрать поиск «Провода»")).to_be_visible()
    assert await axe(page) == []
    await page.screenshot(path=tmp_path / "talks.png", full_page=True)
    await said.nth(1).get_by_role("link").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/calls/{call.call}?recording={call.recording}&at=14")
    rules = page.get_by_role("list", name="Правила разговора")
    await expect(rules).to_contain_text("Без недопустимых слов: «ваши проблемы», на 0:18")
    await expect(rules.get_by_text("нет", exact=True)).to_have_count(1)
    await expect(page.get_by_role("list", name="Что заметно в записи")).to_contain_text("Самый долгий монолог")
    assert await axe(page) == []
    await expect(page.locator(".player-line").first).to_be_visible()
    await page.screenshot(path=tmp_path / "call.png", full_page=True)
