"""Figures of the menu, counted by hand on a few calls, and found by the indexes on many."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from sqlalchemy import event, text

from appeals.models import TrustCall
from gridline.db import Database, new_id
from gridline.scope import Scope
from gridline.settings import HOUSE
from ivr.desk.models import Left, QueueVisit
from ivr.figures import menu
from ivr.figures.callers import ANSWERING, CallerEnd
from ivr.figures.figures import Period
from ivr.figures.menu import CallersWay, MenuFigures, MenuQuestion, PlaceFigures, WayOn, reached
from ivr.journal.models import CallRecord, CallStep
from ivr.voice.prompts import PromptBook

DAY = datetime(2026, 11, 29, 5, tzinfo=UTC)
PERIOD = Period(DAY, DAY + timedelta(days=1))
OLD, NEW = "a" * 64, "b" * 64
ALL = Scope()


class Stored:
    """Stores calls step by step: each step begins where the last one ended."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    def call(self, *steps: tuple[Any, ...], outcome: str = "hung-up", at_s: int = 0, **other: Any) -> CallRecord:
        """A call with (place, exit, key, leads_to, seconds, *prompts) as its steps."""
        began = DAY + timedelta(seconds=at_s)
        call = CallRecord(
            **{
                "id": new_id(),
                "node": "node1",
                "boot": "boot",
                "linkedid": new_id(),
                "company_id": "skek",
                "dialled": "78005009494",
                "caller_raw": "",
                "branch": "",
                "flow_version": NEW,
                "started_at": began,
                "ended_at": began + timedelta(minutes=2),
                "outcome": outcome,
                "called_by": "",
            }
            | other
        )
        self.rows.append(call)
        for ordinal, (place, exit, key, leads_to, seconds, *prompts) in enumerate(steps):
            # What an action says lies within the action's own step, which is written behind it.
            within = exit in ("said", "cut-short") and leads_to == place
            step = CallStep(
                call_id=call.id,
                ordinal=ordinal,
                place=place,
                prompt_ids=prompts,
                prompt_text="",
                sound="",
                key=key,
                exit=exit,
                leads_to=leads_to,
                flow_version=call.flow_version,
                started_at=began + timedelta(milliseconds=1 if within else 0),
                ended_at=began + timedelta(seconds=seconds),
            )
            self.rows.append(step)
            began += timedelta(0) if within else timedelta(seconds=seconds)
        return call

    def visit(self, call: CallRecord, outcome: Left) -> None:
        """The call came to a queue."""
        self.rows.append(
            QueueVisit(
                call_id=call.id,
                company_id="skek",
                queue="skek-hotline",
                priority=0,
                entered_at=call.started_at,
                left_at=call.started_at,
                waited_s=20,
                outcome=outcome,
                agent="101" if outcome is Left.ANSWERED else "",
                missed=0,
            )
        )

    async def into(self, db: Database) -> None:
        """Write them all."""
        async with db.write() as session:
            session.add_all([row for row in self.rows if isinstance(row, CallRecord)])
            await session.flush()
            session.add_all([row for row in self.rows if not isinstance(row, CallRecord)])


MAIN_2 = ("main", "pressed", "2", "power", 10, "main-menu")
TOLD = ("power", "cut-short", "", "power", 30, "outage-unplanned", "outage-end-menu")


async def counted(db: Database, *, visible_to: Scope = ALL, **asked: str) -> MenuFigures:
    async with db.read() as session:
        return await menu.figures(session, MenuQuestion("skek", PERIOD, **asked), visible_to=visible_to)


def ends(found: MenuFigures) -> dict[str, int]:
    return {end: number for end, number in found.ends.items() if number}


def place(found: MenuFigures, name: str) -> PlaceFigures:
    return next(one for one in found.places if one.place == name)


async def test_places_ways_and_seconds_as_counted_by_hand(db: Database) -> None:
    stored = Stored()
    # Told of the outage, hangs up: the menu was silent, then wrong, then repeated, all in one visit of 6+7+8+10 s.
    stored.call(
        ("main", "silence", "", "main", 6, "main-menu"),
        ("main", "wrong-key", "7", "main", 7, "main-menu"),
        ("main", "repeat", "*", "main", 8, "main-menu"),
        MAIN_2,
        TOLD,
        ("power", "hung-up", "", "", 40),
    )
    # Told, back to the main menu, where they hang up: served.
    stored.call(
        MAIN_2,
        TOLD,
        ("power", "done", "", "more", 50),
        ("more", "pressed", "1", "main", 4, "anything-else"),
        ("main", "hung-up", "", "", 3, "main-menu"),
    )
    # Hangs up while the address is asked: nothing was told.
    stored.call(MAIN_2, ("power", "said", "1", "power", 9, "premise-confirm"), ("power", "hung-up", "", "", 20))
    # Asks for a person and talks to them for five minutes.
    talked = stored.call(
        ("main", "pressed", "0", "operator", 5, "main-menu"),
        ("operator", "hung-up", "", "", 300),
        outcome="talked",
    )
    stored.visit(talked, Left.ANSWERED)
    await stored.into(db)

    found = await counted(db)
    assert ends(found) == {CallerEnd.SERVED: 2, CallerEnd.GIVEN_UP: 1, CallerEnd.PERSON: 1}
    assert (found.calls, found.to_person) == (4, 1)
    assert place(found, "main") == PlaceFigures(
        place="main",
        visits=5,
        repeats=1,
        wrong_keys=1,
        silences=1,
        given_up=0,
        median_s=10,  # of 3, 5, 10, 10, 31
        p90_s=31,
        ways=(
            WayOn("pressed", "2", "power", 3),
            WayOn("hung-up", "", "", 1),
            WayOn("pressed", "0", "operator", 1),
            WayOn("repeat", "*", "main", 1),
            WayOn("silence", "", "main", 1),
            WayOn("wrong-key", "7", "main", 1),
        ),
    )
    power = place(found, "power")
    assert (power.visits, power.given_up, power.median_s, power.p90_s) == (3, 1, 40, 50)  # of 20, 40, 50
    assert power.ways == (WayOn("hung-up", "", "", 2), WayOn("done", "", "more", 1))
    operator = place(found, "operator")
    assert (operator.visits, operator.median_s) == (1, None)  # the five minutes were a wait and a talk
    assert [one.place for one in found.places] == ["main", "power", "more", "operator"]
    assert found.ways == (
        CallersWay((("main", "2"),), 2, {CallerEnd.GIVEN_UP: 1, CallerEnd.SERVED: 1}),
        CallersWay((("main", "0"),), 1, {CallerEnd.PERSON: 1}),
        CallersWay((("main", "2"), ("more", "1")), 1, {CallerEnd.SERVED: 1}),
    )


@pytest.mark.parametrize(
    ("steps", "outcome", "end"),
    [
        ([("news", "said", "", "news", 9, "announcement"), ("news", "hung-up", "", "", 9)], "hung-up", "served"),
        ([("news", "cut-short", "", "news", 2, "announcement"), ("news", "hung-up", "", "", 2)], "hung-up", "given-up"),
        (
            [("news", "said", "", "news", 9, "announcement"), ("news", "said", "", "main", 9), MAIN_2],
            "hung-up",
            "given-up",
        ),
        (
            [("news", "cut-short", "2", "news", 2, "announcement"), ("news", "pressed", "", "main", 2)],
            "hung-up",
            "given-up",
        ),
        (
            [("reference", "pressed", "2", "offices", 5), ("offices", "said", "", "more", 9, "offices-info")],
            "x",
            "served",
        ),
        (
            [("main", "silence", "", "goodbye", 5), ("goodbye", "said", "", "hang-up", 2, "goodbye")],
            "finished",
            "given-up",
        ),
        ([MAIN_2], "failed", "unseen"),
        ([], "hung-up", "given-up"),
        ([], "message", "served"),
        ([], "unknown", "unseen"),
        ([], "talked", "unseen"),
    ],
)
async def test_what_a_caller_came_to(db: Database, steps: list[tuple[Any, ...]], outcome: str, end: str) -> None:
    stored = Stored()
    stored.call(*steps, outcome=outcome)
    await stored.into(db)
    assert ends(await counted(db)) == {end: 1}


@pytest.mark.parametrize(
    ("outcomes", "end"),
    [
        ((Left.ABANDONED,), "waited"),
        ((Left.UNKNOWN,), "unseen"),
        ((Left.UNKNOWN, Left.ABANDONED), "waited"),
        ((Left.UNSERVED, Left.ANSWERED), "person"),
    ],
)
async def test_whoever_came_to_a_queue_wanted_a_person(db: Database, outcomes: Iterable[Left], end: str) -> None:
    stored = Stored()
    call = stored.call(MAIN_2, TOLD, ("power", "operator", "", "operator", 40))
    for outcome in outcomes:
        stored.visit(call, outcome)
    await stored.into(db)
    assert ends(await counted(db)) == {end: 1}


async def test_what_is_not_asked_about_is_not_counted(db: Database) -> None:
    stored = Stored()
    stored.call(MAIN_2, branch="lipetsk")
    stored.call(MAIN_2, branch="tver", flow_version=OLD, at_s=10)
    stored.call(MAIN_2, branch="")
    trust = stored.call(MAIN_2)
    stored.rows.append(TrustCall(call_id=trust.id, at=DAY, cleared_at=None))
    stored.call(MAIN_2, ended_at=None)
    stored.call(MAIN_2, called_by="101")
    stored.call(MAIN_2, company_id="mrsk-centra")
    stored.call(MAIN_2, at_s=-1)
    stored.call(MAIN_2, at_s=24 * 3600)
    await stored.into(db)
    assert (await counted(db)).calls == 3
    assert (await counted(db, branch="tver")).calls == 1
    assert (await counted(db, flow_version=NEW)).calls == 2
    of_branch = await counted(db, visible_to=Scope("skek", "lipetsk"))
    assert (of_branch.calls, place(of_branch, "main").visits) == (2, 2)  # theirs, and the one of no branch
    assert (await counted(db, visible_to=Scope("mrsk-centra"))) == MenuFigures(dict.fromkeys(CallerEnd, 0), (), ())
    assert (await counted(db, visible_to=Scope("skek", trust=True))).calls == 1
    async with db.read() as session:
        versions = await menu.versions(session, MenuQuestion("skek", PERIOD), visible_to=ALL)
    assert [(one.version, one.calls, one.first_at) for one in versions] == [
        (OLD, 1, DAY + timedelta(seconds=10)),
        (NEW, 2, DAY),
    ]


def test_the_least_value_that_a_share_does_not_exceed() -> None:
    assert reached({}, 0.5) is None
    assert reached({7: 1}, 0.9) == 7
    assert [reached({1: 5, 2: 4, 9: 1}, share) for share in (0.5, 0.51, 0.9, 0.91)] == [1, 2, 2, 9]


def test_every_answering_prompt_is_in_the_book() -> None:
    ids = [f'"{id}"' for id in PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")]
    assert [part for part in ANSWERING if not any(part in id for id in ids)] == []


def test_whoever_was_promised_an_answer_in_a_call_was_served() -> None:
    kept = yaml.safe_load((HOUSE / "dialplan/promises.yaml").read_text("utf-8"))
    promised = [id for id, keeper in kept.items() if keeper in ("answer", "receipt", "callback")]
    told_with = {"status-registered", "status-in-work", "status-waiting-others", "status-receipt"}  # status-end-menu
    assert len(promised) > len(told_with)
    assert [id for id in promised if id not in told_with and not any(part in f'"{id}"' for part in ANSWERING)] == []


async def test_a_day_is_found_by_the_indexes_of_its_calls_and_their_steps(db: Database) -> None:
    engine, told = db.engine.sync_engine, dict[str, Any]()

    def keep(_c: object, _u: object, statement: str, parameters: object, *_rest: object) -> None:
        told.setdefault(statement, parameters)

    event.listen(engine, "before_cursor_execute", keep)
    await counted(db, branch="tver")
    event.remove(engine, "before_cursor_execute", keep)
    queries = {query: values for query, values in told.items() if "call_steps" in query}
    assert len(queries) == 3
    async with db.engine.connect() as connection:
        if not db.is_sqlite:  # tables this small are read whole unless that is forbidden
            await connection.execute(text("SET enable_seqscan = off"))
        for query, values in queries.items():
            prefix = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
            plan = await connection.exec_driver_sql(prefix + query, values)
            lines = "\n".join(str(row[-1]) for row in plan)
            assert "Seq Scan" not in lines
            assert "SCAN calls " not in lines, lines
            assert "SCAN call_steps" not in lines, lines
            assert "ix_calls_company_id_started_at" in lines, lines
            assert "ix_call_steps_call_id_started_at_ordinal" in lines, lines
