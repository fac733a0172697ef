"""All routes with all roles: who gets in, who is refused, and that nobody meets what is another company's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from sqlalchemy import func, select

from agent_console.app import make_app
from agent_console.people.models import AuditEntry, Role, User
from agent_console.people.permissions import GRANTED, Access, Actor, Permission
from agent_console.people.sessions import SESSIONS, session_id
from agent_console.web.routes import ENTRIES, GRANTS, TOPICS, Grant
from appeals.finding.appeals import TRUST
from appeals.intake.intake import accept
from appeals.personal_data import trust
from grid.models import Premise
from grid.outages.models import Outage, OutageProposal, OutageReport, Service
from gridline.db import new_id
from gridline.scope import OutOfScope
from ivr.journal.models import CallRecord
from recordings.models import Recording, RecordingKind, RecordingState
from tests.console.conftest import CHEAP, COMPANY, OTHER_COMPANY, PASSWORD, ClientOf, ConsoleApp
from worklist.codes import ItemKind
from worklist.worklist import Matter

MARK = "ЧужаяТайна"
SAMPLES = ("0" * 64, "0" * 32, "0" * 9, "12", "skek", "x")
SENT = {
    "note": "Собака",
    "text": "Нет света",
    "number": "26-000001-2",
    "ref": "",
    "key": "a" * 32,
    "premise": "0" * 32,
    "reason": "Обед",
    "version": "1",
    "signer": "Кузнецов",
    "position": "Директор",
}
"""Every field a form may send, so that no route refuses an empty one before it looks whose thing it is."""
DRAFT = {"fields": {}, "version": 0, "key": "a" * 32, "tab": "b" * 32}
LAST = frozenset({"/signout"})
"""It ends the session the walk is made with."""


@dataclass(frozen=True)
class Step:
    """One route as a request."""

    method: str
    canonical: str
    grant: Grant
    resource: web.AbstractResource

    def path(self, *values: str) -> str | None:
        """The route's path with the first of these values that fits every parameter; None when none does."""
        info = self.resource.get_info()
        if "path" in info:
            return str(info["path"])
        for value in values:
            path: str = info["formatter"].format_map(_Always(value))
            if info["pattern"].fullmatch(path):
                return path
        return None


class _Always(dict[str, str]):
    def __init__(self, value: str) -> None:
        self._value = value

    def __missing__(self, _key: str) -> str:
        return self._value


def steps(app: web.Application) -> list[Step]:
    """Every route but HEAD, the session's end last."""

    def all() -> Iterator[Step]:
        for route in app.router.routes():
            assert route.resource is not None
            canonical = route.resource.canonical
            if route.method != "HEAD":
                yield Step(route.method, canonical, app[GRANTS][route.method, canonical], route.resource)

    return sorted(all(), key=lambda step: step.canonical in LAST)


def allows(grant: Grant, role: Role) -> bool:
    return grant is Access.SIGNED_IN or grant in GRANTED[role]


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_gets_in_where_the_table_says_and_nowhere_else(
    console_app: ConsoleApp, client_of: ClientOf, role: Role
) -> None:
    client = await client_of(role)
    refused = 0
    for step in steps(console_app.app):
        if step.grant in (Access.PUBLIC, Access.OPEN, Access.MACHINE, Access.LOCAL):
            continue
        path = step.path(*SAMPLES)
        assert path is not None, f"{step.canonical}: add a value to SAMPLES that fits it"
        answer = await client.request(step.method, path)
        told = f"{role} {step.method} {path}: {answer.status}"
        if allows(step.grant, role):
            assert answer.status not in (401, 403, 500), told
        else:
            assert answer.status == 403, told
            refused += 1
    async with console_app.console.db.read() as session:
        kept = select(func.count()).where(
            AuditEntry.action == "refused", AuditEntry.user_id == console_app.users[role].user_id
        )
        assert await session.scalar(kept) == refused


async def test_nobody_gets_in_anywhere(console_app: ConsoleApp, client_of: ClientOf) -> None:
    client = await client_of(None)
    for step in steps(console_app.app):
        path = step.path(*SAMPLES)
        assert path is not None
        answer = await client.request(step.method, path)
        told = f"{step.method} {path}: {answer.status}"
        if step.grant is Access.MACHINE:
            assert answer.status == 401, told
        elif step.grant not in (Access.PUBLIC, Access.OPEN, Access.LOCAL):
            led = answer.status == 303 and answer.headers["Location"].startswith("/signin")
            assert led or answer.status == 401, told


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.QA, Role.DISPATCHER, Role.CLERK, Role.SECURITY])
async def test_another_companys_things_are_not_found(console_app: ConsoleApp, client_of: ClientOf, role: Role) -> None:
    theirs = await _foreign_things(console_app)
    walked = 0
    client = await client_of(role)
    for step in steps(console_app.app):
        if "{" not in step.canonical or step.grant in (Access.PUBLIC, Access.OPEN, Access.MACHINE, Access.LOCAL):
            continue
        for value, seen in theirs.items():
            path = step.path(value)
            if path is None or role in seen or not allows(step.grant, role):
                continue
            answer = await client.request(step.method, path, **_body(step))
            told = f"{role} {step.method} {path}: {answer.status}"
            assert answer.status == 404, told
            assert MARK not in await answer.text(), told
            walked += 1
    assert walked > 0


def _body(step: Step) -> dict[str, object]:
    if step.method == "GET":
        return {}
    return {"json": DRAFT} if step.canonical.endswith("/draft") else {"data": SENT}


def test_whoever_may_change_a_thing_may_see_it(console_app: ConsoleApp) -> None:
    """A POST is no way round the right to look (attack K15)."""
    all_steps, checked = steps(console_app.app), 0
    for change in all_steps:
        for look in all_steps:
            inside = change.canonical.startswith(f"{look.canonical}/") and "{" in look.canonical
            if change.method == "POST" and look.method == "GET" and inside:
                assert {one for one in Role if allows(change.grant, one)} <= {
                    one for one in Role if allows(look.grant, one)
                }, f"{change.canonical} without {look.canonical}"
                checked += 1
    assert checked > 20


async def test_another_companys_pages_list_nothing_of_it(console_app: ConsoleApp, client_of: ClientOf) -> None:
    await _foreign_things(console_app)
    for role in (Role.AGENT, Role.SUPERVISOR, Role.CLERK, Role.SECURITY):
        client = await client_of(role)
        for step in steps(console_app.app):
            if step.method == "GET" and "{" not in step.canonical and step.canonical != "/events":
                text = await (await client.get(f"{step.canonical}?q={MARK[:5]}&company={OTHER_COMPANY}")).text()
                assert MARK not in text, f"{role} {step.canonical}"


async def test_another_companys_topics_cannot_be_followed(console_app: ConsoleApp, client_of: ClientOf) -> None:
    things = await _foreign_things(console_app)
    theirs = [one for one, seen in things.items() if Role.SUPERVISOR not in seen]
    theirs += [OTHER_COMPANY, "mrsk-hotline", "../line", "*", ""]
    client = await client_of(Role.SUPERVISOR)
    for prefix in console_app.app[TOPICS]:
        for name in theirs:
            if (prefix, name) != ("line", ""):
                topic = f"{prefix}:{name}" if name else prefix
                answer = await client.session.get(
                    f"{console_app.base}/events", params={"topics": topic}, headers={"Accept": "application/json"}
                )
                assert answer.status == 404, topic
                answer.close()


def test_the_menu_leads_only_where_its_permission_opens(console_app: ConsoleApp) -> None:
    app = make_app(console_app.console, _healthy)
    for entry in app.get(ENTRIES, []):
        assert app[GRANTS]["GET", entry.path] == entry.permission, entry.path


def test_every_permission_is_somebodys() -> None:
    assert frozenset().union(*GRANTED.values()) == frozenset(Permission)


def test_the_trust_line_is_the_security_services_alone() -> None:
    for role in Role:
        actor = Actor("1", "x", "Икс", role, None, "", None)
        assert actor.scope.trust == (role is Role.SECURITY)


@pytest.mark.parametrize(
    ("company", "branch", "thing", "seen"),
    [
        (None, "", ("skek", "north"), True),
        ("skek", "", ("skek", "north"), True),
        ("skek", "", ("mrsk-centra", ""), False),
        ("skek", "", (None, ""), False),
        ("skek", "north", ("skek", "north"), True),
        ("skek", "north", ("skek", "south"), False),
        ("skek", "north", ("skek", ""), True),
        ("skek", "north", ("skek", None), True),
        ("skek", "north", ("mrsk-centra", "north"), False),
    ],
)
def test_whose_things_a_person_sees(
    company: str | None, branch: str, thing: tuple[str | None, str | None], seen: bool
) -> None:
    actor = Actor("1", "x", "Икс", Role.CLERK, company, branch, None)
    assert actor.sees(*thing) == seen
    if not seen:
        with pytest.raises(OutOfScope):
            actor.must_see(*thing)


async def _healthy() -> dict[str, bool]:
    return {}


async def _foreign_outage(console_app: ConsoleApp) -> list[str]:
    """A report of an outage and a proposal of OTHER_COMPANY: ids."""
    now, report, proposal = console_app.console.clock.now(), new_id(), new_id()
    async with console_app.console.db.write() as session:
        session.add(
            OutageReport(
                id=report,
                company_id=OTHER_COMPANY,
                service=Service.ELECTRICITY,
                reported_at=now,
                last_at=now,
                place=MARK,
            )
        )
        session.add(
            OutageProposal(
                id=proposal,
                company_id=OTHER_COMPANY,
                branch="",
                service=Service.ELECTRICITY,
                key=f"transformer:{MARK}",
                scope=[{"transformer": MARK}],
                reports=3,
                contacts=3,
                first_report_at=now,
                made_at=now,
            )
        )
    return [report, proposal]


async def _foreign_things(console_app: ConsoleApp) -> dict[str, frozenset[Role]]:
    """Something of each kind that is another's: ids, with the roles of COMPANY that may see it all the same.

    Things of OTHER_COMPANY are nobody's; a trust appeal of COMPANY and its recording are the security service's, an
    ordinary one is everybody else's. MARK stands in the texts of those that are nobody's.
    """
    console, now = console_app.console, console_app.console.clock.now()
    made: dict[str, frozenset[Role]] = {}
    nobody, security = frozenset[Role](), frozenset({Role.SECURITY})
    for company, kind, seen in (
        # So that its number, unlike the first ones, is not a number of COMPANY's too.
        *((OTHER_COMPANY, kind, nobody) for kind in ("appeal", "request", "complaint")),
        (COMPANY, TRUST, security),
        (COMPANY, "complaint", frozenset(Role) - security),
    ):
        text = MARK if seen == nobody else "Обычный текст"
        intake = {
            "company_id": company,
            "channel": "office",
            "kind": kind,
            "topic": "service",
            "applicant_kind": "person",
            "name": text,
            "phone": "+74722555123",
            "answer_way": "phone",
            "text": text,
            "actor": "test",
            "idempotency_key": f"{company}-{kind}",
        }
        appeal = await console.register.register(accept(intake))
        made |= {appeal.appeal_id: seen} | ({appeal.number: seen} if appeal.number[2:8] == "000003" else {})
        call, recording = await _recorded_call(console_app, company, appeal.appeal_id, text)
        made |= {call: seen, recording: seen}
        if kind == TRUST:
            async with console.db.write() as session:
                await trust.shut(session, [call], now)
        if kind == TRUST:
            matter = Matter(ItemKind.MESSAGE, company, appeal.appeal_id, appeal_id=appeal.appeal_id, place=text)
            made[(await console.worklist.open(matter)).id] = seen
    for item in (ItemKind.DANGER, ItemKind.MESSAGE):
        made[(await console.worklist.open(Matter(item, OTHER_COMPANY, item, place=MARK))).id] = nobody
    made |= dict.fromkeys(await _foreign_outage(console_app), nobody)
    user = User(
        login="stranger",
        name=MARK,
        password_hash=CHEAP.hash(PASSWORD),
        one_time=False,
        role=Role.AGENT,
        company_id=OTHER_COMPANY,
        branch="",
        agent="999",
        created_at=now,
    )
    async with console.db.write() as session:
        session.add(user)
        await session.flush()
        for table in (Premise, Outage):
            id = await session.scalar(select(table.id).where(table.company_id == OTHER_COMPANY).limit(1))
            assert id is not None
            made[id] = nobody
    token = await console_app.app[SESSIONS].sign_in("stranger", PASSWORD, device="", address="")
    return made | {user.id: nobody, "999": nobody, session_id(token): nobody}


async def _recorded_call(console_app: ConsoleApp, company: str, appeal_id: str, caller: str) -> tuple[str, str]:
    """A call with a recording that belongs to the appeal; the ids of both."""
    now = console_app.console.clock.now()
    call = CallRecord(
        id=new_id(),
        node="node9",
        boot=appeal_id,
        linkedid="1.1",
        company_id=company,
        dialled="78005050115",
        caller_raw=caller,
        caller="+74722555123",
        branch="",
        flow_version="",
        started_at=now,
    )
    recording = Recording(
        id=new_id(),
        call_id=call.id,
        appeal_id=appeal_id,
        kind=RecordingKind.TALK,
        state=RecordingState.STORED,
        started_at=now,
        file="none.wav",
        channels=1,
    )
    async with console_app.console.db.write() as session:
        session.add_all([call, recording])
        await session.flush()
        return call.id, recording.id
