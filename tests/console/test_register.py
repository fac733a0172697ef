"""The register's pages by plain requests: who finds what, who was first, what is refused and what is kept."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import aiohttp
import pytest
from docx import Document
from sqlalchemy import select, text

from agent_console.pages.register.forms import WAITING, Turns
from agent_console.people.models import AuditEntry, Role, User
from agent_console.register import reporting, rows
from agent_console.register.list_query import Folder, ListQuery
from agent_console.register.reporting import Report, ReportOrder
from agent_console.web.security import CSRF_HEADER
from appeals.codes import PromiseKind
from appeals.intake.intake import accept
from appeals.models import Answer, Appeal, AppealEvent, Refusal
from appeals.numbering import written
from gridline.errors import InvalidInput, Unavailable
from gridline.settings import HOUSE
from tests.console.conftest import CHEAP, COMPANY, OTHER_COMPANY, PASSWORD, Client, ClientOf, ConsoleApp
from tests.console.seeded import Seeded, seed, version
from tests.unit.eventually import eventually
from worklist.models import WorkItem

NASTY = "<img src=x onerror=alert(1)>\"'{{7*7}}"


@pytest.fixture
async def seeded(console_app: ConsoleApp) -> Seeded:
    """A register with a little of everything."""
    return await seed(console_app)


@dataclass
class Clerks:
    """Two people who work on the register, and one who approves."""

    clerk: Client
    supervisor: Client


@pytest.fixture
async def clerks(client_of: ClientOf) -> Clerks:
    """Both signed in."""
    return Clerks(await client_of(Role.CLERK), await client_of(Role.SUPERVISOR))


async def body(client: Client, path: str, **query: str) -> str:
    """The page at this address, which must be there."""
    answer = await client.get(f"{path}?{urlencode(query)}" if query else path)
    assert answer.status == 200, f"{path} {query}: {answer.status}"
    return await answer.text()


def numbers_in(page: str) -> list[str]:
    """The numbers a list shows, in its order."""
    return re.findall(r'<a class="mono" href="/appeals/([0-9-]{11})', page)


async def step(client: Client, number: str, name: str, version: int, **fields: str) -> aiohttp.ClientResponse:
    """One step as the page's form sends it."""
    return await client.post(f"/appeals/{number}/{name}", data={"version": str(version), **fields})


async def content(client: Client, path: str, **data: str) -> tuple[str, bytes]:
    """What a form of a page downloads: its name and its bytes."""
    headers = {"Origin": client.base, CSRF_HEADER: client.csrf}
    async with client.session.post(client.base + path, data=data, headers=headers) as answer:
        assert answer.status == 200
        return answer.headers["Content-Disposition"], await answer.read()


async def test_the_list_answers_what_it_is_asked(seeded: Seeded, clerks: Clerks) -> None:
    made = seeded.numbers

    async def page(**query: str) -> str:
        return await body(clerks.clerk, "/appeals", **query)

    opened = await page()
    assert numbers_in(opened) == [made[at] for at in (0, 1, 2, 3, 6, 5, 7, 8, 9)]  # by deadline; the answered is gone
    assert "просрочено" in opened
    assert "Степанова Галина Ивановна" in opened
    assert numbers_in(await page(view="overdue")) == [made[0], made[1]]
    assert set(numbers_in(await page(view="mine"))) == {made[0], made[7]}
    assert numbers_in(await page(view="all", kind="request")) == [made[4]]
    assert numbers_in(await page(view="all", state="answered", channel="email")) == [made[4]]
    assert set(numbers_in(await page(owner="supervisor"))) == {made[5]}
    assert numbers_in(await page(q="насосы отопления", view="all")) == [made[0]]  # words in any form
    assert numbers_in(await page(q="8 (913) 555-01-02", view="all")) == [made[0]]
    assert numbers_in(await page(sort="number", order="desc"))[0] == made[9]
    assert "Ничего не нашлось" in await page(q="экскаватор")
    assert "Номер" in await page(q="26-000001-0")  # a mistyped number is told, not searched
    found = await clerks.clerk.get(f"/appeals?q={made[3]}")
    assert (found.status, found.headers["Location"]) == (303, f"/appeals/{made[3]}")
    since = (await page(view="all", since="2020-01-01", until="2020-01-02"), await page(view="all", since="2020-01-01"))
    assert [len(numbers_in(one)) for one in since] == [0, 10]


async def test_pages_follow_each_other_without_a_gap(
    console_app: ConsoleApp, seeded: Seeded, clerks: Clerks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PAGE", 4)
    for query in ({}, {"q": "кемерово OR"}, {"view": "all", "sort": "received", "order": "asc"}):
        path, shown = f"/appeals?{urlencode(query)}", list[str]()
        for _ in range(4):
            page = await body(clerks.clerk, path)
            shown += numbers_in(page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            if following is None:
                break
            path = following[1].replace("&amp;", "&")
        assert len(shown) == len(set(shown))
        assert len(shown) == {"": 9, "all": 10}.get(query.get("view", ""), 0) or "q" in query


NO_CODES = {
    "sort": ("number; DROP TABLE appeals", "registered_at"),
    "order": ("asc, (SELECT 1)",),
    "state": ("' OR '1'='1",),
    "view": ("'",),
    "after": ("1~' OR 1=1 --",),
    "owner": ("x' --",),
    "branch": ("../x",),
    "since": ("2026-13-45",),
    "topic": ("quality' UNION SELECT",),
}


async def test_what_is_no_code_never_reaches_the_database(seeded: Seeded, clerks: Clerks) -> None:
    for name, values in NO_CODES.items():
        for value in values:
            answer = await clerks.clerk.get(f"/appeals?{urlencode({name: value})}")
            assert answer.status == 422, (name, value)
            assert "Traceback" not in await answer.text()


async def test_words_that_are_sql_are_words(console_app: ConsoleApp, seeded: Seeded, clerks: Clerks) -> None:
    for words in ("'; DROP TABLE appeals; --", '" OR NEAR(', "* AND NOT", "100% _", "\x00"):
        assert "Traceback" not in await body(clerks.clerk, "/appeals", q=words, view="all")
    assert len(numbers_in(await body(clerks.clerk, "/appeals", view="all"))) == 10


async def test_what_people_wrote_is_text_on_every_page(console_app: ConsoleApp, clerks: Clerks) -> None:
    intake = {
        "company_id": COMPANY,
        "channel": "office",
        "kind": "complaint",
        "topic": "service",
        "applicant_kind": "person",
        "name": NASTY,
        "phone": "+79135550102",
        "text": NASTY,
        "actor": NASTY[:80],
        "account_number": NASTY[:60],
    }
    made = await console_app.console.register.register(accept(intake))
    number = written(made.number)
    await step(clerks.clerk, number, "take", 1)
    await step(clerks.clerk, number, "ask", 3, task="subtask", whom=NASTY, text=NASTY, due_on="2199-01-01")
    await step(clerks.clerk, number, "find", 4, justified="no", explanation=NASTY)  # refused: it comes back in its form
    pages = [
        await body(clerks.clerk, f"/appeals/{number}"),
        await body(clerks.clerk, "/appeals", q=NASTY),
        await body(clerks.clerk, "/appeals"),
        await (await step(clerks.clerk, number, "find", 4, justified="no", explanation=NASTY)).text(),
    ]
    for page in pages:
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
        assert "49" not in page.partition("onerror")[2][:40]


async def test_an_appeal_is_worked_on_to_its_end_and_everything_is_kept(
    console_app: ConsoleApp, seeded: Seeded, clerks: Clerks
) -> None:
    id, number, clerk = seeded.ids[1], seeded.numbers[1], clerks.clerk
    told = await body(clerk, f"/appeals/{number}")
    assert "не назначен" in told
    assert "не установлено, обоснована ли жалоба" in told  # what is missing for closing is named
    assert "Как посчитан срок: 30 дней" in told  # the deadline with its rule
    assert "цепочка цела" in told

    async def done(name: str, **fields: str) -> None:
        answer = await step(clerk, number, name, await version(console_app, id), **fields)
        assert answer.status == 303, await answer.text()

    await done("take")
    await done("contact", channel="phone", text="Когда же?")
    assert "Когда же?" in await body(clerk, f"/appeals/{number}")
    await done("call-back")
    async with console_app.console.db.read() as session:
        owed = (await session.scalars(select(WorkItem).where(WorkItem.appeal_id == id))).one()
    assert (owed.phone, owed.due_at - owed.made_at) == ("+79055551123", timedelta(hours=4))
    told = await body(clerk, f"/appeals/{number}")
    assert "Перезвонить" in told
    assert "Обещать перезвонить" not in told
    assert (
        await step(clerk, number, "keep", await version(console_app, id), promise_id=str(owed.promise_id))
    ).status == 404
    visit = console_app.console.promises.make(
        COMPANY, PromiseKind.VISIT, owner="user:clerk", due_at=owed.due_at, appeal_id=id
    )
    await done("keep", promise_id=await visit)
    other = await console_app.console.promises.make(COMPANY, PromiseKind.VISIT, owner="user:clerk", due_at=owed.due_at)
    assert (await step(clerk, number, "keep", await version(console_app, id), promise_id=other)).status == 404
    await done("ask", task="referral", whom="Сбытовая компания", text="Подтвердить договор", due_on="2199-01-01")
    task = re.search(r'name="task_id" value="([0-9a-f]{32})"', await body(clerk, f"/appeals/{number}"))
    assert task is not None
    await done("take-back", task_id=task[1], result="Договор действует")
    await done("find", justified="yes", explanation="Срок работ нарушен.", rights="срок назначен новый")
    await done("plan", text="Поставить опоры", planned_on="2199-01-01")
    measure = re.search(r'name="measure_id" value="([0-9a-f]{32})"', await body(clerk, f"/appeals/{number}"))
    assert measure is not None
    sign = {"way": "email", "signer": "Кузнецов А. В.", "position": "Заместитель директора", "text": "Опоры поставим."}
    seen = str(await version(console_app, id))
    letter = await (await clerk.post(f"/appeals/{number}/letter", data={"version": seen, **sign})).text()
    for line in (
        "Опоры поставим.",
        "Жалоба признана обоснованной",
        "Поставить опоры — срок",
        "Ростехнадзора",
        "gavrilov@",
    ):
        assert line in letter
    name, file = await content(clerk, f"/appeals/{number}/letter.docx", version=seen, **sign)
    assert name.startswith(f'attachment; filename="{number}.docx"')
    lines = [one.text for one in Document(io.BytesIO(file)).paragraphs]
    assert "Опоры поставим." in lines
    assert not (console_app.console.settings.var / "answers" / number).exists()  # a preview sends nothing
    await done("answer", **sign)
    told = await body(clerk, f"/appeals/{number}")
    assert "письмо в папке исходящих" in told
    assert "ответ позже на" in told
    await done("done", measure_id=measure[1], done_on=console_app.console.clock.now().date().isoformat())
    await done("close")
    async with console_app.console.db.read() as session:
        appeal = await session.get_one(Appeal, id)
        kinds = (
            await session.scalars(select(AppealEvent.kind).where(AppealEvent.appeal_id == id).order_by(AppealEvent.seq))
        ).all()
        proof = (await session.scalars(select(Answer.proof).where(Answer.appeal_id == id))).one()
    assert appeal.state == "closed"
    assert kinds == [
        "registered",
        "assigned",
        "taken",
        "contact_added",
        "promise_made",
        "promise_made",
        "promise_kept",
        "asked",
        "returned",
        "found",
        "measure_planned",
        "answered",
        "measure_done",
        "closed",
    ]
    assert "outbox" in proof
    ended = await body(clerk, f"/appeals/{number}")
    assert "Рассмотрение окончено" in ended
    assert "Мера исполнена" in ended


async def test_the_second_of_two_clerks_is_told_and_keeps_his_words(
    console_app: ConsoleApp, seeded: Seeded, clerks: Clerks
) -> None:
    id, number = seeded.ids[6], seeded.numbers[6]
    seen = await version(console_app, id)
    assert (await step(clerks.supervisor, number, "assign", seen, owner="user:supervisor")).status == 303
    answer = await step(clerks.clerk, number, "withdraw", seen, reason="Звонил директор, вопрос снят")
    told = await answer.text()
    assert answer.status == 409
    assert "Вас опередили: Игорь Петров" in told
    assert "назначен ответственный" in told
    assert "Звонил директор, вопрос снят</textarea>" in told  # what he typed
    assert f'name="version" value="{seen + 1}"' in told  # and the new state
    late = await step(clerks.clerk, number, "take", 99)
    assert late.status == 409
    assert (await step(clerks.clerk, number, "take", seen + 1)).status == 303
    letter = await clerks.clerk.post(
        f"/appeals/{number}/letter", data={"version": str(seen), "text": "x", "signer": "А", "position": "Б"}
    )
    assert letter.status == 409
    assert "Вас опередили" in await letter.text()


async def test_a_refusal_needs_a_second_person(console_app: ConsoleApp, seeded: Seeded, clerks: Clerks) -> None:
    id, number, at = seeded.ids[5], seeded.numbers[5], "user:supervisor"
    assert seeded.numbers[7] in await body(clerks.supervisor, "/approvals")
    assert (await clerks.clerk.get("/approvals")).status == 403
    seen = await version(console_app, id)
    bare = await step(clerks.supervisor, number, "propose", seen, ground="secret")
    assert bare.status == 422
    assert "нет текста обоснования" in await bare.text()
    await step(clerks.supervisor, number, "propose", seen, ground="secret", text="Схема сети — тайна")
    assert "утверждает другой" in await body(clerks.supervisor, "/approvals")
    sign = {"signer": "Кузнецов А. В.", "position": "Директор", "way": "by-number"}
    own = await step(clerks.supervisor, number, "refuse", seen + 1, **sign)
    assert own.status == 409
    assert "утверждает и уведомляет другой" in await own.text()
    assert (await step(clerks.clerk, number, "refuse", seen + 1, **sign)).status == 403

    other, waiting = seeded.ids[7], seeded.numbers[7]  # proposed by the clerk
    seen = await version(console_app, other)
    notice = await clerks.supervisor.post(f"/appeals/{waiting}/notice", data={"version": str(seen), **sign})
    assert "оставлено без рассмотрения" in await notice.text()
    assert (await step(clerks.supervisor, waiting, "refuse", seen, **sign)).status == 303
    async with console_app.console.db.read() as session:
        refusal = await session.get_one(Refusal, other)
        assert (await session.get_one(Appeal, other)).state == "refused"
    assert (refusal.approved_by, refusal.proposed_by) == (at, "user:clerk")
    assert waiting not in await body(clerks.supervisor, "/approvals")


async def test_each_role_sees_as_much_of_a_person_as_it_needs(seeded: Seeded, client_of: ClientOf) -> None:
    number = seeded.numbers[0]
    page = await body(await client_of(Role.QA), f"/appeals/{number}")
    assert "***02" in page
    assert "С*** Г. И." in page
    assert "Записать выводы" not in page  # he only reads
    for said in ("Степанова", "913 555-01-02", "+79135550102", "Тёплая"):
        assert said not in page
    dispatcher = await client_of(Role.DISPATCHER)
    assert "Степанова" not in await body(dispatcher, "/appeals")
    answered = await body(await client_of(Role.QA), f"/appeals/{seeded.numbers[4]}")
    assert "Текст письма" not in answered  # a letter names the applicant
    assert "Степанова Галина Ивановна" in await body(await client_of(Role.AGENT), f"/appeals/{number}")
    clerk, theft = await client_of(Role.CLERK), seeded.numbers[9]
    assert "15\xa0января в 21:30" in await body(clerk, f"/appeals/{theft}")  # a moment in the company's zone
    assert "Овражная, 3" not in await body(dispatcher, f"/appeals/{theft}")


async def test_the_trust_line_is_for_the_security_service_alone(seeded: Seeded, client_of: ClientOf) -> None:
    security, admin = await client_of(Role.SECURITY), await client_of(Role.ADMIN)
    assert numbers_in(await body(security, "/appeals", view="all")) == [seeded.trust]
    assert "внеочередное подключение" in await body(security, f"/appeals/{seeded.trust}")
    assert seeded.trust not in await body(admin, "/appeals", view="all", company=COMPANY)
    assert (await admin.get(f"/appeals/{seeded.trust}?company={COMPANY}")).status == 404
    assert (await security.get(f"/appeals/{seeded.numbers[0]}")).status == 404
    assert numbers_in(await body(security, "/appeals", view="all", q="подключение")) == [seeded.trust]
    assert seeded.numbers[7] not in await body(security, "/approvals")  # refusals of its own reports alone
    assert numbers_in(await body(security, "/appeals", view="all", q="напряжение")) == []


async def test_anothers_appeal_is_not_there_and_who_asked_is_written_down(
    console_app: ConsoleApp, seeded: Seeded, clerks: Clerks, client_of: ClientOf
) -> None:
    other = {
        "company_id": OTHER_COMPANY,
        "channel": "office",
        "kind": "appeal",
        "topic": "other",
        "name": "Чужой",
        "phone": "+74722555123",
        "applicant_kind": "person",
        "text": "Чужое дело",
        "actor": "x",
    }
    console = console_app.console
    theirs = [await console.register.register(accept(other | {"idempotency_key": str(at)})) for at in range(12)]
    branch = await console.register.register(accept(other | {"branch": "kursk", "idempotency_key": "kursk"}))
    foreign = written(theirs[-1].number)  # COMPANY has no twelfth one
    for path in (foreign, theirs[-1].appeal_id):
        assert (await clerks.clerk.get(f"/appeals/{path}")).status == 404
        assert (await step(clerks.clerk, path, "take", 1)).status == 404
    shared = written(theirs[0].number)  # both companies have a first one: each sees its own
    assert shared == seeded.numbers[0]
    assert "Степанова" in await body(clerks.clerk, f"/appeals/{shared}")
    async with console.db.write() as session:
        entries = (await session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "not-his"))).all()
        session.add(
            User(
                login="belgorod",
                name="Белгород",
                password_hash=CHEAP.hash(PASSWORD),
                one_time=False,
                role=Role.CLERK,
                company_id=OTHER_COMPANY,
                branch="belgorod",
                agent=None,
                created_at=console.clock.now(),
            )
        )
    assert f"GET /appeals/{foreign}" in entries
    belgorod = await client_of(None)
    await belgorod.sign_in("belgorod")
    kursk = written(branch.number)
    assert (await belgorod.get(f"/appeals/{kursk}")).status == 404
    assert (await belgorod.get("/appeals?company=skek")).status == 404
    assert kursk not in await body(belgorod, "/appeals", view="all")
    assert foreign in await body(belgorod, "/appeals", view="all")
    admin = await client_of(Role.ADMIN)
    assert (await admin.get(f"/appeals/{shared}")).status == 409  # whose? it does not guess
    assert "Чужое дело" in await body(admin, f"/appeals/{shared}", company=OTHER_COMPANY)


async def test_a_step_without_our_token_or_from_elsewhere_is_refused(seeded: Seeded, clerks: Clerks) -> None:
    path = f"/appeals/{seeded.numbers[2]}/take"
    bare = await clerks.clerk.post(path, data={"version": "1"}, headers={"X-CSRF-Token": ""})
    elsewhere = await clerks.clerk.post(path, data={"version": "1"}, headers={"Origin": "https://evil.example"})
    assert (bare.status, elsewhere.status) == (403, 403)
    assert (await clerks.clerk.get(path)).status == 405
    assert (await clerks.clerk.post(path, data={"version": "first"})).status == 422


async def test_a_rewritten_history_is_shown_as_such(console_app: ConsoleApp, seeded: Seeded, clerks: Clerks) -> None:
    id, number = seeded.ids[0], seeded.numbers[0]
    async with console_app.console.db.write() as session:
        await session.execute(text("DROP TRIGGER appeal_events_no_update"))
        await session.execute(
            text("UPDATE appeal_events SET actor = 'user:agent' WHERE appeal_id = :id AND kind = 'taken'"), {"id": id}
        )
    told = await body(clerks.clerk, f"/appeals/{number}")
    assert "История изменена в обход программы" in told
    assert "изменено событие 3" in told
    assert "цепочка цела" not in told


async def test_the_evidence_goes_out_with_its_calls_and_its_name_on_record(
    console_app: ConsoleApp, seeded: Seeded, clerks: Clerks, client_of: ClientOf
) -> None:
    number = seeded.numbers[5]
    told = await body(clerks.clerk, f"/appeals/{number}")
    assert "5 — Жалоба или статус" in told
    assert re.search(r'data-player="/recordings/[0-9a-f]{32}"', told)
    _, file = await content(clerks.clerk, f"/appeals/{number}/bundle")
    with zipfile.ZipFile(io.BytesIO(file)) as bundle:
        assert {"verify.py", "events.jsonl", "calls.json", "recordings.json"} <= set(bundle.namelist())
        assert "5060" in bundle.read("calls.json").decode()
    assert "Выгружен пакет доказательств" in await body(clerks.clerk, f"/appeals/{number}")
    async with console_app.console.db.read() as session:
        assert (await session.scalars(select(AuditEntry).where(AuditEntry.action == "appeal.exported"))).one()
    assert (await (await client_of(Role.AGENT)).post(f"/appeals/{number}/bundle")).status == 403


async def test_a_report_is_made_elsewhere_and_leads_to_its_appeals(
    console_app: ConsoleApp, seeded: Seeded, clerks: Clerks
) -> None:
    htmx = {"HX-Request": "true"}
    year = console_app.console.clock.now().year
    answer = await clerks.clerk.get(f"/forms/table?report=form41&year={year}", headers=htmx)
    table = await answer.text()
    file = await clerks.clerk.get(f"/forms/file?report=form49&year={year}&format=csv")
    assert "Заочная форма с использованием телефонной связи" in table
    assert "Журнал до записи" in table
    link = re.search(r'href="(/forms/behind\?[^"]+cell=2\.2/office:N)">1<', table)
    assert link is not None
    assert numbers_in(await body(clerks.clerk, link[1].replace("&amp;", "&"))) == [seeded.numbers[1]]
    assert f'filename="form49-{COMPANY}-{year}.csv"' in file.headers["Content-Disposition"]
    lines = (await file.text()).splitlines()
    assert len(lines) == 6 + 11
    assert lines[6].startswith(f"1;{seeded.numbers[0]};")
    assert not list(console_app.console.settings.var.glob("report-*"))


async def test_what_no_report_is_called_is_refused(seeded: Seeded, clerks: Clerks) -> None:
    for query in ("report=x", "year=19", "year=²", "by=salary", "report=intime&as_of=soon"):
        assert (await clerks.clerk.get(f"/forms?{query}")).status == 422, query
    assert (await clerks.clerk.get("/forms/file?format=exe")).status == 422
    assert (await clerks.clerk.get("/forms/behind?cell=1")).status == 422
    assert (await clerks.clerk.get("/forms/table?report=intime")).status == 303  # its page


async def test_every_report_has_a_table_and_what_is_behind_it(console_app: ConsoleApp, seeded: Seeded) -> None:
    now = console_app.console.clock.now()
    db_url, dialplan = console_app.console.settings.db_url, HOUSE / "dialplan"

    async def make(report: Report, cell: str = "", **more: str) -> dict[str, object]:
        order = ReportOrder(report, COMPANY, now.year, more.pop("as_of", now.isoformat()), cell=cell, **more)  # type: ignore[arg-type]
        return await reporting.make(order, db_url, dialplan)

    for report, cell in (
        (Report.INTIME, "total/none:N"),
        (Report.REPEATS, "total/all"),
        (Report.PROMISES, "answer/overdue"),
    ):
        table = (await make(report))["table"]
        assert isinstance(table, dict)
        assert all(len(row) == len(table["columns"]) for row in table["rows"])
        assert (await make(report, cell))["behind"]
    overview = await make(Report.OVERVIEW)
    days = overview["days"]
    assert isinstance(days, list)
    assert sum(good + bad for _, good, bad, _ in days) == 11
    assert len(days) == reporting.CHARTED_DAYS
    assert (await make(Report.PROMISES, branch="north"))["table"] != (await make(Report.PROMISES))["table"]
    before = await make(Report.FORM41, as_of=(now - timedelta(days=400)).isoformat())
    assert before["journal"] is None
    with pytest.raises(InvalidInput, match="нет обращений"):
        await reporting.made(
            ReportOrder(Report.INTIME, COMPANY, now.year, now.isoformat(), cell="no/such"),
            db_url=db_url,
            dialplan=dialplan,
        )


async def test_a_downloaded_report_leaves_neither_an_error_nor_a_file(
    console_app: ConsoleApp, clerks: Clerks, seeded: Seeded, caplog: pytest.LogCaptureFixture
) -> None:
    for kind, begins in (("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        answer = await clerks.clerk.get(f"/forms/file?report=form41&format={kind}")
        content = (await answer.text("latin-1")).encode("latin-1")
        assert (answer.status, content[: len(begins)]) == (200, begins)
        assert int(answer.headers["Content-Length"]) == len(content)
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []
    await eventually(lambda: not list(console_app.console.settings.var.glob("report-*")))


async def test_reports_wait_their_turn_and_no_queue_grows_without_end() -> None:
    turns, gate, running = Turns(), asyncio.Event(), 0

    async def report() -> None:
        nonlocal running
        async with turns:
            running += 1
            await gate.wait()

    jobs = [asyncio.create_task(report()) for _ in range(2 + WAITING)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert running == 2
    with pytest.raises(Unavailable):
        await report()
    gate.set()
    await asyncio.gather(*jobs)
    assert running == 2 + WAITING


def test_an_address_says_what_was_chosen_and_nothing_else() -> None:
    asked = ListQuery(view=Folder.OVERDUE, topic="quality", after="x")
    assert asked.url() == "/appeals?view=overdue&topic=quality"
    assert ListQuery().url() == "/appeals"
    assert asked.sorted_by("deadline") == "/appeals?view=overdue&topic=quality&sort=deadline&order=desc"
    assert ListQuery(view=Folder.ALL).sorting == ("number", True)
