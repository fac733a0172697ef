"""The lists of calls and deeds, asked everything at once, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from agent_console.calls import call_list, calls, timeline
from agent_console.people import audit, audit_log, people
from agent_console.people.models import AuditAction, Role, User
from agent_console.people.permissions import Actor
from agent_console.web.query_string import PageStart
from gridline.clock import SystemClock
from gridline.companies import Companies
from gridline.db import Database
from gridline.settings import HOUSE
from ivr.desk.models import Left
from tests.console.calls import stored_call
from tests.console.conftest import COMPANY


@dataclass(frozen=True)
class Kept:
    """Where calls are stored."""

    db: Database
    recordings: Path


async def test_every_filter_of_the_calls_and_a_calls_way(db: Database, tmp_path: Path) -> None:
    now, company = SystemClock().now(), Companies.load(HOUSE / "dialplan/companies").by_id(COMPANY)
    kept = Kept(db, tmp_path)
    wanted = await stored_call(kept, now - timedelta(minutes=1))
    await stored_call(kept, now - timedelta(minutes=2), outcome=Left.UNSERVED)
    await stored_call(kept, now - timedelta(minutes=3), outcome=None, caller=None)
    qa = Actor("1", "qa", "Анна Ким", Role.QA, COMPANY, "north", None)
    today = now.astimezone(company.zone).date()
    everything = {"q": "0101", "queue": "skek-hotline", "agent": "101", "result": "recorded"}
    async with db.read() as session:
        for asked, count in (({}, 3), ({"result": "lost"}, 1), ({"result": "menu"}, 1), (everything, 1)):
            query = call_list.read(asked, company, {"101": "Ольга"}, today)
            lines, further = await call_list.page(session, company, query, visible_to=qa.scope)
            assert (len(lines), further) == (count, None), asked
        (line,) = lines
        assert (line.call.id, line.result, line.agents, line.recorded) == (wanted.call, "answered", ("101",), True)
        assert await calls.find(session, wanted.call, visible_to=qa.scope) == line.call
        told = await timeline.of_call(session, company, line.call, {"101": "Ольга"}, visible_to=qa.scope)
    assert [one.what for one in told.moments] == ["notice", "pressed", "queue", "talk", "recording", "talk", "end"]


async def test_every_filter_of_the_audit(db: Database) -> None:
    clock, zone = SystemClock(), ZoneInfo("Asia/Novokuznetsk")
    async with db.write() as session:
        user = User(
            login="qa",
            name="Анна Ким",
            password_hash="",
            one_time=False,
            role=Role.QA,
            company_id=COMPANY,
            branch="",
            agent=None,
            created_at=clock.now(),
        )
        session.add(user)
        await session.flush()
        for number in range(3):
            audit.note(
                session, clock, user_id=user.id, action=AuditAction.RECORDING_LISTENED, subject=f"recording:{number}"
            )
        audit.note(session, clock, user_id=None, action=AuditAction.SIGN_IN_REFUSED, subject="user:nobody")
    admin = Actor("1", "admin", "Админ", Role.ADMIN, None, "", None)
    local = Actor("2", "local", "Админ", Role.ADMIN, COMPANY, "", None)
    day = clock.now().astimezone(zone).date().isoformat()
    everything = {"who": "qa", "action": "recording.listened", "q": ":2", "day": day}
    async with db.read() as session:
        for actor, asked, count in ((admin, {}, 4), (local, {}, 3), (admin, everything, 1)):
            query = audit_log.read(asked)
            lines, further = await audit_log.page(session, query, zone, visible_to=actor.scope)
            assert (len(lines), further) == (count, None), asked
        last = lines[0].entry
        query = audit_log.read({"before": str(PageStart(last.at, last.id))})
        lines, _ = await audit_log.page(session, query, zone, visible_to=admin.scope)
        assert last.id not in {line.entry.id for line in lines}
        assert await people.logins(session, visible_to=local.scope) == [("qa", "Анна Ким")]
