"""What a story checks after its call: the call with every step, its appeals and drafts, its recordings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from appeals.models import Appeal, DraftAppeal
from carrier.errors import StoryBroken
from carrier.stories import store
from carrier.stories.installation import Installation
from carrier.stories.store import until
from grid.outages.models import OutageReport
from gridline.clock import SystemClock
from gridline.numbers.phones import e164
from ivr.journal.models import CallRecord, CallStep
from ivr.menus.written import written
from recordings.incoming import Incoming
from recordings.models import Recording, RecordingKind
from tests.calls.street import Play
from worklist.codes import ItemKind
from worklist.models import WorkItem


@dataclass(frozen=True)
class Ended:
    """A call that is over, as it was stored."""

    record: CallRecord
    steps: Sequence[CallStep]

    @property
    def id(self) -> str:
        """The call's id."""
        return self.record.id

    @property
    def exits(self) -> list[tuple[str, str]]:
        """Every place left with its exit, in order."""
        return [(step.place, step.exit) for step in self.steps]

    @property
    def said(self) -> list[str]:
        """Every prompt played, in order."""
        return [id for step in self.steps for id in step.prompt_ids]

    def left(self, place: str, exit: str) -> None:
        """Assert that this place was left by this exit."""
        if (place, exit) not in self.exits:
            raise StoryBroken(f"нет шага {place} → {exit}; есть: {self.exits}")


async def ended(scene: Play, number: str | None, outcome: str = "hung-up", *, noticed: bool = True) -> Ended:
    """The next call from this number, once stored with this end; if the notice was heard, so is its proof."""

    raw = number or "anonymous"

    async def look() -> Ended | None:
        async with scene.house.db.read() as session:
            query = (
                select(CallRecord)
                .where(CallRecord.started_at >= scene.began_at, CallRecord.outcome.is_not(None))
                .where(CallRecord.caller == e164(number) if number and e164(number) else CallRecord.caller_raw == raw)
                .where(CallRecord.company_id == scene.company, CallRecord.id.not_in(scene.seen))
                .order_by(CallRecord.started_at.desc())
                .limit(1)
            )
            call = await session.scalar(query)
            if call is None:
                return None
            steps = select(CallStep).where(CallStep.call_id == call.id).order_by(CallStep.ordinal)
            return Ended(call, (await session.scalars(steps)).all())

    found = await until(look, f"конец звонка с {number}")
    scene.seen.add(found.id)
    if found.record.outcome != outcome:
        raise StoryBroken(f"звонок окончен как {found.record.outcome}, а не {outcome}; шаги: {found.exits}")
    if bool(found.record.notice_completed) != noticed:
        raise StoryBroken(f"уведомление дослушано: {found.record.notice_completed}, ждали {noticed}")
    scene.tell(None, "stored", f"звонок {found.id[:8]}: {outcome}, шагов {len(found.steps)}")
    return found


async def is_queued(scene: Play, number: str) -> None:
    """Wait until a running call from this number enters its queue, which is when its recording is announced."""
    incoming = Incoming(scene.house.settings.var / "recordings/incoming", SystemClock(), least_free=0)

    async def look() -> bool | None:
        async with scene.house.db.read() as session:
            query = select(CallRecord.id).where(CallRecord.caller == number, CallRecord.outcome.is_(None))
            running = await session.scalar(query)
        return any(label.kind == "talk" and label.call_id == running for label in incoming.labels()) or None

    await until(look, f"{number} в очереди")


async def appeal_of(scene: Play, call_id: str) -> Appeal:
    """The appeal registered in this call."""
    appeal = await store.one(scene, Appeal, Appeal.call_id == call_id)
    scene.tell(None, "stored", f"обращение {appeal.number}, тема {appeal.topic}, срок {appeal.deadline}")
    return appeal


async def draft_of(scene: Play, call_id: str, stage: str) -> DraftAppeal:
    """The draft this call left, at this stage, and the item of the worklist that a person has of it."""
    draft = await store.one(scene, DraftAppeal, DraftAppeal.call_id == call_id)
    if draft.stage != stage:
        raise StoryBroken(f"черновик оставлен на шаге {draft.stage}, а не {stage}")
    item = await store.one(scene, WorkItem, WorkItem.subject_id == draft.id)
    if (item.call_id, item.recording_id, item.ended_at) != (call_id, draft.recording_id, None):
        raise StoryBroken(f"дело {item.kind} не о том же: {item.call_id}, {item.recording_id}")
    scene.tell(None, "stored", f"черновик {draft.id[:8]}: {stage}, запись {draft.recording_id}, дело {item.kind}")
    return draft


async def item_of(scene: Play, call_id: str, kind: ItemKind) -> WorkItem:
    """The item of the worklist that this call became."""
    item = await store.one(scene, WorkItem, WorkItem.call_id == call_id)
    if item.kind is not kind:
        raise StoryBroken(f"дело {item.kind}, а не {kind}")
    scene.tell(None, "stored", f"дело {item.kind}: телефон {item.phone}, запись {item.recording_id}")
    return item


async def nothing_left(scene: Play, call_id: str) -> None:
    """Assert that this call left no appeal, draft or outage report."""
    async with scene.house.db.read() as session:
        for model in (Appeal, DraftAppeal, OutageReport):
            found = (await session.scalars(select(model).where(model.call_id == call_id))).all()
            if found:
                raise StoryBroken(f"осталось лишнее: {model.__tablename__}, {len(found)}")


async def recorded(scene: Play, ended: Ended, *kinds: RecordingKind) -> Sequence[Recording]:
    """The recordings of a call: just these kinds, stored, two channels but for a message, none before the notice."""
    found = await store.recordings(scene, ended.id, at_least=len(kinds))
    if sorted(one.kind for one in found) != sorted(kinds):
        raise StoryBroken(f"записи звонка: {sorted(one.kind for one in found)}, ждали {sorted(kinds)}")
    notice_end = ended.record.notice_ended_at
    for one in found:
        if one.channels != (1 if one.kind is RecordingKind.MESSAGE else 2):
            raise StoryBroken(f"запись {one.kind}: каналов {one.channels}")
        if notice_end is None or one.started_at < notice_end:
            raise StoryBroken(f"запись начата {one.started_at}, уведомление окончено {notice_end}")
        scene.tell(None, "stored", f"запись {one.kind}: {one.seconds or 0:.1f} с, каналов {one.channels}")
    return found


async def exits_taken(house: Installation, calls: int) -> set[tuple[str, str]]:
    """Every action that ran, with every exit taken, once that many calls are stored as ended."""

    async def look() -> set[tuple[str, str]] | None:
        async with house.db.read() as session:
            over = await session.scalar(select(func.count()).where(CallRecord.outcome.is_not(None)))
            steps = select(CallRecord.company_id, CallStep.place, CallStep.exit, CallStep.prompt_ids)
            rows = (await session.execute(steps.join(CallRecord, CallRecord.id == CallStep.call_id))).all()
        if (over or 0) < calls:
            return None
        # What an action says is a step of its own, with its prompts; its exit is one without.
        return {(actions[company, place], exit) for company, place, exit, said in rows if not said}

    actions: defaultdict[tuple[str, str], str] = defaultdict(str)
    for company in house.companies:
        for menu in company.menus:
            places = written(house.settings.dialplan / "menus" / menu).places.items()
            told = {name: body for name, body in places if isinstance(body, dict)}
            actions |= {(company.id, name): str(body["do"]) for name, body in told.items() if "do" in body}
    return await until(look, f"{calls} оконченных звонков")


async def figure(house: Installation, name: str, expected: float) -> None:
    """Wait until this figure of /metrics is as expected."""

    async def look() -> bool | None:
        _, body = await house.http("/metrics")
        return any(line == f"{name} {expected}" for line in body.splitlines()) or None

    await until(look, f"{name} = {expected:g}")
