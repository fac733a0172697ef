"""The worklist: one item a matter, its clock, its attempts and its ending; what becomes an item, and who may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import Connection, column, insert, select, table

from appeals.casework.casework import Casework
from appeals.intake.drafts import Draft
from appeals.intake.intake import accept
from appeals.models import DraftAppeal
from appeals.register import Register
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database, UtcDateTime
from gridline.errors import Conflict, InvalidInput, NotFound, Unavailable
from gridline.scope import OutOfScope, Scope
from ivr.outbound.duty import rung
from migrations import config, upgrade
from tests.store.test_outages import premise, subscriber
from worklist import items, unregistered
from worklist.codes import AttemptResult, Ending, ItemKind, Level
from worklist.dictation import Dictations
from worklist.models import WorkItem
from worklist.steps import in_bulk
from worklist.unregistered import HalfTold
from worklist.worklist import Changed, Matter, Opened, Worklist

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
CALL, OTHER_CALL = "c" * 32, "d" * 32
RECORDING = "a" * 32
SKEK = Scope("skek")
OLGA, PAVEL = "user:olga", "user:pavel"


def matter(kind: ItemKind = ItemKind.CALLBACK, **facts: object) -> Matter:
    told: dict[str, object] = {"call_id": CALL, "phone": "+79131203401"}
    return Matter(kind, "skek", "k", **(told | facts))  # type: ignore[arg-type]  # facts of many types


def half_told(stage: str = "topic", **facts: object) -> HalfTold:
    told: dict[str, object] = {"call_id": CALL, "phone": "+79131203401", "topic": "quality", "recording_id": RECORDING}
    return HalfTold(Draft("skek", stage, **(told | facts)), SystemClock().now())  # type: ignore[arg-type]  # as above


async def shown(db: Database, opened: Opened) -> items.WorkDetails:
    async with db.read() as session:
        return await items.find(session, opened.id, visible_to=SKEK)


async def test_a_second_contact_joins_with_the_first_clock_and_is_told_once(db: Database, worklist: Worklist) -> None:
    told: list[Changed] = []
    worklist.listeners.append(told.append)
    first = await worklist.open(matter(made_at=NOW))
    again = await worklist.open(matter(made_at=NOW))
    second = await worklist.open(matter(call_id=OTHER_CALL, recording_id=RECORDING))
    assert (again.id, again.contacts, second.id, second.contacts) == (first.id, 1, first.id, 2)
    assert (second.made_at, second.due_at) == (NOW, NOW + timedelta(minutes=240))
    assert [one.opened for one in told] == [True, True, False]
    details = await shown(db, first)
    assert [one.call_id for one in details.contacts] == [CALL, OTHER_CALL]
    assert details.item.recording_id == RECORDING


async def test_ten_callers_at_once_are_one_item(db: Database, worklist: Worklist) -> None:
    calls = [f"{at:032x}" for at in range(10)]
    opened = await asyncio.gather(*(worklist.open(matter(call_id=call)) for call in calls))
    assert len({one.id for one in opened}) == 1
    details = await shown(db, opened[0])
    assert (details.item.weight, len(details.contacts)) == (10, 10)


async def test_taken_tried_and_ended_by_the_rule(db: Database, worklist: Worklist) -> None:
    opened = await worklist.open(matter())
    await worklist.take(opened.id, PAVEL)
    await worklist.take(opened.id, OLGA)
    with pytest.raises(InvalidInput, match="0 из 3"):
        await worklist.end(opened.id, OLGA, Ending.UNREACHED)
    for result in (AttemptResult.NO_ANSWER, AttemptResult.BUSY):
        await worklist.attempt(opened.id, OLGA, result, note="гудки")
    details = await shown(db, opened)
    assert (details.item.owner, details.item.attempts) == (OLGA, 2)
    assert details.item.next_at > details.attempts[-1].at + timedelta(minutes=29)
    with pytest.raises(InvalidInput):
        await worklist.end(opened.id, OLGA, Ending.REGISTERED)
    await worklist.end(opened.id, OLGA, Ending.UNREACHED, result=AttemptResult.NO_ANSWER, note="трижды")
    details = await shown(db, opened)
    assert (details.item.ending, details.item.ended_by, len(details.attempts)) == (Ending.UNREACHED, OLGA, 3)
    late: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: worklist.take(opened.id, OLGA),
        lambda: worklist.release(opened.id),
        lambda: worklist.attempt(opened.id, OLGA, AttemptResult.BUSY),
        lambda: worklist.end(opened.id, OLGA, Ending.TALKED),
    )
    for step in late:
        with pytest.raises(Conflict):
            await step()
    assert (await worklist.open(matter(kind=ItemKind.MESSAGE))).id == opened.id  # the same call, retried: no new one
    assert (await worklist.open(matter(call_id=OTHER_CALL))).id != opened.id


async def test_levels_are_raised_once_each(db: Database, worklist: Worklist) -> None:
    now = SystemClock().now()
    half = await worklist.open(matter(made_at=now - timedelta(minutes=130)))
    late = await worklist.open(matter(call_id=OTHER_CALL, made_at=now - timedelta(minutes=300), kind=ItemKind.MESSAGE))
    assert late.id == half.id  # one key, one matter
    other = await worklist.open(Matter(ItemKind.DANGER, "skek", "d", made_at=now - timedelta(minutes=6)))
    raised = {one.item_id: one.level for one in await worklist.raise_levels()}
    assert raised == {half.id: Level.HALF, other.id: Level.LATE}
    assert await worklist.raise_levels() == []


async def test_what_is_seen_by_whom(db: Database, worklist: Worklist) -> None:
    danger = await worklist.open(Matter(ItemKind.DANGER, "skek", "1", branch="north", phone="+79130000001"))
    await worklist.open(Matter(ItemKind.CALLBACK, "skek", "2", branch="south", made_at=NOW))
    await worklist.open(Matter(ItemKind.CALLBACK, "mrsk-centra", "2"))
    whole = await worklist.open(Matter(ItemKind.CALLBACK, "skek", "3"))
    async with db.read() as session:

        async def keys(scope: Scope, *kinds: ItemKind) -> list[str]:
            return [one.key for one in await items.open_items(session, kinds, visible_to=scope, most=9)]

        both = (ItemKind.CALLBACK, ItemKind.DANGER)
        assert await keys(SKEK, *both) == ["1", "2", "3"]
        assert await keys(SKEK, ItemKind.CALLBACK) == ["2", "3"]
        assert await keys(Scope("skek", "north"), *both) == ["1", "3"]
        assert await keys(Scope("skek", trust=True), *both) == []
        assert [one.id for one in await items.of_phone(session, "skek", "+79130000001", visible_to=SKEK)] == [danger.id]
        with pytest.raises(OutOfScope):
            await items.find(session, danger.id, visible_to=Scope("skek", "south"))
        with pytest.raises(NotFound):
            await items.find(session, "0" * 32, visible_to=SKEK)
    await worklist.end(whole.id, OLGA, Ending.TALKED)
    async with db.read() as session:
        ended = await items.ended_items(session, [ItemKind.CALLBACK], NOW, visible_to=SKEK, most=9)
    assert [one.id for one in ended] == [whole.id]


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        ("telling", ItemKind.BROKEN_OFF),
        ("cut-off", ItemKind.BROKEN_OFF),
        ("contact", ItemKind.MESSAGE),
        ("message", ItemKind.MESSAGE),
    ],
)
async def test_what_was_half_told_is_an_item(db: Database, worklist: Worklist, stage: str, kind: ItemKind) -> None:
    told: list[Changed] = []
    worklist.listeners.append(told.append)
    opened = await unregistered.keep(db, worklist, half_told(stage))
    again = await unregistered.keep(db, worklist, half_told(stage))
    assert (again.id, again.contacts) == (opened.id, 1)
    item = (await shown(db, opened)).item
    assert (item.kind, item.topic, item.recording_id, item.call_id) == (kind, "quality", RECORDING, CALL)
    assert told[0] == Changed("skek", opened.id, kind, opened=True)
    async with db.read() as session:
        draft = (await session.scalars(select(DraftAppeal))).one()
    assert item.subject_id == draft.id


async def test_neither_draft_nor_item_where_one_of_them_fails(
    db: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> Opened:
        raise Unavailable("нет места")

    monkeypatch.setattr(worklist, "opened", refused)
    with pytest.raises(Unavailable):
        await unregistered.keep(db, worklist, half_told())
    async with db.read() as session:
        assert (await session.scalars(select(DraftAppeal))).all() == []


@pytest.fixture
def register(db: Database, companies: Companies) -> Register:
    return Register(db, SystemClock(), companies, ProductionCalendar())


async def test_an_appeal_made_of_it_ends_the_item(db: Database, worklist: Worklist, register: Register) -> None:
    opened = await unregistered.keep(db, worklist, half_told())
    async with db.read() as session:
        item = await unregistered.of_call(session, "skek", CALL)
        assert item is not None
    intake = {"company_id": "skek", "channel": "phone", "kind": "complaint", "topic": "quality", "text": "Моргает."}
    made = await register.register(accept(intake | {"phone": item.phone, "draft_id": item.subject_id}))
    async with db.write() as session:
        worklist.tell(await unregistered.registered(session, worklist, item.id, made.appeal_id, OLGA))
    details = await shown(db, opened)
    assert (details.item.ending, details.item.appeal_id) == (Ending.REGISTERED, made.appeal_id)
    async with db.read() as session:
        assert (await session.scalars(select(DraftAppeal.appeal_id))).one() == made.appeal_id
        assert await unregistered.of_call(session, "skek", CALL) is None


async def test_an_answer_by_telephone_is_to_be_dictated_until_it_is_recorded(
    db: Database, worklist: Worklist, register: Register, companies: Companies
) -> None:
    casework = Casework(db, SystemClock(), companies, ProductionCalendar())
    rounds = Dictations(db, companies, worklist)
    told = {"company_id": "skek", "channel": "phone", "kind": "complaint", "topic": "quality", "text": "Моргает свет."}
    told |= {"phone": "+79131203401", "answer_way": "phone"}
    by_phone = await register.register(accept(told))
    by_post = await register.register(accept(told | {"answer_way": "post", "post_address": "Кемерово, Тёплая, 1"}))
    await rounds.run_once()
    assert await _dictations(db) == []
    for made in (by_phone, by_post):
        version = await casework.assign(made.appeal_id, owner=OLGA, unit=None, actor=OLGA, version=1)
        version = await casework.take(made.appeal_id, actor=OLGA, version=version)
        await casework.find(
            made.appeal_id, justified=False, explanation="Норма.", rights_restored=None, actor=OLGA, version=version
        )
    await rounds.run_once()
    await rounds.run_once()
    [item] = await _dictations(db)
    assert (item.appeal_id, item.phone, item.weight, item.ended_at) == (by_phone.appeal_id, "+79131203401", 1, None)
    assert item.due_at > SystemClock().now() + timedelta(days=5)
    await casework.answer(
        by_phone.appeal_id,
        text="Напряжение в норме.",
        way="phone",
        sent_at=SystemClock().now(),
        proof="{}",
        further_appeal="в суд",
        actor=OLGA,
        version=version + 1,
    )
    await rounds.run_once()
    [item] = await _dictations(db)
    assert item.ending is Ending.TALKED
    await rounds.run_once()
    assert len(await _dictations(db)) == 1


async def _dictations(db: Database) -> list[WorkItem]:
    async with db.read() as session:
        return list(await session.scalars(select(WorkItem).where(WorkItem.kind == ItemKind.DICTATION)))


async def test_of_two_items_on_one_matter_the_earlier_is_opened_anew(db: Database, worklist: Worklist) -> None:
    """A place was reported, joined to an outage, reported again and joined: then both are let go."""
    made = []
    for at, subject in ((NOW, "1" * 32), (NOW + timedelta(hours=1), "2" * 32)):
        report = matter(ItemKind.OUTAGE_REPORT, call_id=None, made_at=at, subject_id=subject)
        made.append(await worklist.open(report))
        await worklist.end(made[-1].id, OLGA, Ending.JOINED)
    async with db.write() as session:
        subjects = ["2" * 32, "1" * 32]
        changed = await in_bulk.reopen_all(session, ItemKind.OUTAGE_REPORT, subjects, Ending.JOINED)
    assert [one.item_id for one in changed] == [made[0].id]
    ended = [(await shown(db, one)).item.ended_at is not None for one in made]
    assert ended == [False, True]


async def test_what_rings_nobody_takes_no_room_from_what_does(
    db: Database, worklist: Worklist, companies: Companies
) -> None:
    skek, mrsk = (companies.by_id(id).model_copy(update={"duty_phones": ()}) for id in ("skek", "mrsk-centra"))
    first, *others = (branch.model_copy(update={"duty_phones": ()}) for branch in mrsk.branches)
    phone = ("+79131209001",)
    of_one = mrsk.model_copy(update={"branches": (first.model_copy(update={"duty_phones": phone}), *others)})
    of_all = mrsk.model_copy(update={"branches": (first, *others), "duty_phones": phone})
    for number in range(3):
        await worklist.open(Matter(ItemKind.DANGER, "skek", f"old:{number}", made_at=NOW))
    later = NOW + timedelta(minutes=1)
    for branch in (others[0].id, first.id, "closed"):
        await worklist.open(Matter(ItemKind.DANGER, "mrsk-centra", branch, branch=branch, made_at=later))
        later += timedelta(minutes=1)

    async def keys(*known: Company) -> list[str]:
        async with db.read() as session:
            found = await items.untaken_dangers(
                session, later, *rung(Companies({one.id: one for one in known})), most=3
            )
        return [one.key for one in found]

    assert await keys(skek, of_one) == [first.id]
    of_other = Matter(ItemKind.DANGER, "mrsk-centra", "", branch=others[0].id)
    for number in range(3):
        await worklist.open(replace(of_other, key=f"more:{number}", made_at=NOW + timedelta(seconds=number)))
    assert await keys(skek, of_all) == ["more:0", first.id, "closed"], "many of one branch keep no other from ringing"
    async with db.read() as session:
        mine = {one.key: one for one in await session.scalars(select(WorkItem)) if one.company_id == "mrsk-centra"}
        some = [mine[key] for key in ("more:0", first.id, "closed")]
        beside = [await items.others_untaken(session, one, own_phones={first.id}) for one in some]
    assert beside == [4, 0, 4], "a branch with telephones of its own is rung for itself"
    for number in range(3):
        await worklist.take(mine[f"more:{number}"].id, "user:dispatcher")
    assert await keys(skek, of_all) == [others[0].id, first.id, "closed"]
    assert await keys(skek) == []


async def test_what_was_open_before_the_worklist_becomes_items(db: Database, worklist: Worklist) -> None:
    """Migration 0030: a complaint, messages, dangers; two reports of one premise and one of an unknown place."""
    now = SystemClock().now()
    told = (("topic", "1", now), ("contact", "2", now), ("danger", "7", now), ("danger", "8", now - timedelta(days=2)))
    for stage, call, at in told:
        half = half_told(stage, call_id=call * 32, recording_id=call * 32)
        await unregistered.keep(db, worklist, replace(half, at=at))

    def back(connection: Connection) -> None:
        command.downgrade(config(connection), "0027")

    async with db.write() as session:
        session.add(subscriber())
        await session.flush()
        session.add(premise("1", "г. Кемерово", "ул. Весенняя", "ф. 12"))
        await session.flush()
        await (await session.connection()).run_sync(back)
        reports = [("r", "1", "4"), ("s", "1", "5"), ("t", "", "6")]
        moments = column("reported_at", UtcDateTime())
        names = ("id", "company_id", "call_id", "service", "premise_id")
        into = table("outage_reports", moments, *(column(name) for name in names))
        for id, home, call in reports:
            values = (id * 32, "skek", call * 32, "electricity", home * 32 or None)
            await session.execute(insert(into).values(dict(zip(names, values, strict=True)) | {"reported_at": NOW}))
    await upgrade(db)
    async with db.read() as session:
        made = list(await session.scalars(select(WorkItem).order_by(WorkItem.call_id)))
        details = await items.find(session, made[2].id, visible_to=SKEK)
    assert [(one.call_id, one.kind, one.weight) for one in made] == [
        ("1" * 32, ItemKind.BROKEN_OFF, 1),
        ("2" * 32, ItemKind.MESSAGE, 1),
        ("4" * 32, ItemKind.OUTAGE_REPORT, 2),
        ("6" * 32, ItemKind.OUTAGE_REPORT, 1),
        ("7" * 32, ItemKind.DANGER, 1),
        ("8" * 32, ItemKind.MESSAGE, 1),  # no telephone rings about what was said the day before yesterday
    ]
    assert [one.call_id for one in details.contacts] == ["4" * 32, "5" * 32]
    assert {one.level for one in made[2:4]} == {Level.LATE}
    assert (await worklist.open(Matter(ItemKind.OUTAGE_REPORT, "skek", made[2].key))).id == made[2].id
