"""One call's way from the first word to the last: menu, queues, talks, appeals and recordings, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import journey
from agent_console.people.permissions import TRUST, Actor
from appeals import numbering
from appeals.models import Appeal
from appeals.taxonomy import shipped
from gridline import priorities
from gridline.companies import Company
from ivr.desk import deeds
from ivr.desk.models import AgentEvent, Deed, Left, QueueVisit
from ivr.journal.models import CallRecord, CallStep
from recordings.models import Recording, RecordingKind

KINDS: Final[Mapping[RecordingKind, str]] = {
    RecordingKind.TALK: "Разговор с оператором",
    RecordingKind.COMPLAINT: "Жалоба, сказанная автоответчику",
    RecordingKind.MESSAGE: "Сообщение автоответчику",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "talked": "поговорил с оператором",
    "finished": "меню пройдено до конца",
    "hung-up": "звонящий положил трубку",
    "failed": "сбой программы",
    "stopped": "остановка программы",
    "unknown-number": "номер не принадлежит компании",
}
_LEFT: Final[Mapping[Left, str]] = {
    Left.ANSWERED: "дождался ответа",
    Left.ABANDONED: "положил трубку, не дождавшись",
    Left.UNSERVED: "не дождался: предложено оставить сообщение",
    Left.UNKNOWN: "чем кончилось ожидание, не видно",
}
_DEEDS: Final = (Deed.COMPLETED, Deed.MISSED, Deed.RECORDING_PAUSED, Deed.RECORDING_RESUMED)


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened in the call."""

    at: datetime
    what: str
    """menu, pressed, notice, queue, talk, appeal, recording, end."""
    told: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """The call as its page shows it."""

    call: CallRecord
    company: Company
    moments: tuple[Moment, ...]
    visits: tuple[QueueVisit, ...]
    recordings: tuple[Recording, ...]
    appeals: tuple[Appeal, ...]
    keys: tuple[str, ...]


async def way(
    session: AsyncSession, actor: Actor, company: Company, call: CallRecord, agents: Mapping[str, str]
) -> Way:
    """Everything kept of the call that this person may see; `agents` are numbers and names."""
    steps = list(
        await session.scalars(
            select(CallStep).where(CallStep.call_id == call.id).order_by(CallStep.started_at, CallStep.ordinal)
        )
    )
    visits = list(
        await session.scalars(select(QueueVisit).where(QueueVisit.call_id == call.id).order_by(QueueVisit.entered_at))
    )
    recordings = list(
        await session.scalars(select(Recording).where(Recording.call_id == call.id).order_by(Recording.started_at))
    )
    appeals = list(
        await session.scalars(select(Appeal).where(Appeal.call_id == call.id).order_by(Appeal.registered_at))
    )
    appeals = [one for one in appeals if actor.sees_kind(one.kind) and actor.sees(one.company_id, one.branch)]
    told = journey.of([one for one in steps if one.prompt_ids != [call.notice_prompt]])  # it has a line of its own
    done = await deeds.in_calls(session, [call], _DEEDS)
    moments = [
        *([_notice(call)] if call.notice_started_at is not None else []),
        *(Moment(one.at, "pressed" if one.did else "menu", one.did, one.heard) for one in told.steps),
        *(moment for visit in visits for moment in _visit(visit, company, agents)),
        *(_event(event, agents) for event in done[call.id] if event.company_id == company.id),
        *(_appeal(one) for one in appeals),
        *(Moment(one.started_at, "recording", f"Запись: {KINDS[one.kind].lower()}") for one in recordings),
        *(
            [Moment(call.ended_at, "end", "Звонок окончен", OUTCOMES.get(call.outcome or "", ""))]
            if call.ended_at
            else []
        ),
    ]
    return Way(
        call=call,
        company=company,
        moments=tuple(sorted(moments, key=lambda one: one.at)),
        visits=tuple(visits),
        recordings=tuple(recordings),
        appeals=tuple(appeals),
        keys=told.keys,
    )


async def is_trust(session: AsyncSession, call_id: str) -> bool:
    """Whether the call belongs to the trust line: one recording of it that does is enough."""
    made_of = or_(Appeal.recording_id == Recording.id, Appeal.id == Recording.appeal_id)
    query = select(Appeal.id).join(Recording, made_of).where(Recording.call_id == call_id, Appeal.kind == TRUST)
    return (await session.scalar(query.limit(1))) is not None


def _notice(call: CallRecord) -> Moment:
    assert call.notice_started_at is not None
    told = "Уведомление о записи проиграно до конца" if call.notice_completed else "Уведомление о записи не доиграно"
    return Moment(call.notice_started_at, "notice", told)


def _visit(visit: QueueVisit, company: Company, agents: Mapping[str, str]) -> list[Moment]:
    queue = company.queue_name(visit.queue)
    who = f": {agents.get(visit.agent, visit.agent)}" if visit.agent else ""
    missed = f", до этого не сняли трубку: {visit.missed}" if visit.missed else ""
    danger = "вне очереди: опасность" if visit.priority >= priorities.DANGER else ""
    left = f"{_LEFT[visit.outcome].capitalize()}{who}"
    return [
        Moment(visit.entered_at, "queue", f"Очередь «{queue}»", danger),
        Moment(visit.left_at, "talk" if visit.agent else "queue", left, f"ждал {visit.waited_s:.0f} с{missed}"),
    ]


def _event(event: AgentEvent, agents: Mapping[str, str]) -> Moment:
    name = agents.get(event.agent, event.agent)
    match event.kind:
        case Deed.COMPLETED:
            ended = {"caller": "положил трубку звонящий", "agent": "закончил оператор", "transfer": "переведён дальше"}
            return Moment(event.at, "talk", f"Разговор окончен: {name}", ended.get(event.detail, ""))
        case Deed.MISSED:
            return Moment(event.at, "queue", f"Не снял трубку: {name}")
        case Deed.RECORDING_PAUSED:
            return Moment(event.at, "recording", f"Запись приостановлена: {name}", "диктуют данные документа")
        case _:
            return Moment(event.at, "recording", "Запись продолжена", f"пауза {event.seconds or 0} с")


def _appeal(appeal: Appeal) -> Moment:
    codes = shipped()
    number = numbering.written(appeal.number)
    told = f"Зарегистрировано: {codes.kinds[appeal.kind].title.lower()} {number}"
    return Moment(appeal.registered_at, "appeal", told, codes.topics[appeal.topic].title, f"/appeals/{appeal.id}")
