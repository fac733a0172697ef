"""One call from the first word to the last: menu, queues, talks, appeals and recordings, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls, journey, recordings
from appeals import numbering
from appeals.finding import appeals
from appeals.models import Appeal
from appeals.taxonomy import shipped
from gridline.companies import Company, priorities
from gridline.scope import Scope
from ivr.desk import deeds
from ivr.desk.models import AgentEvent, Deed, Left, QueueVisit
from ivr.journal.models import CallRecord
from recordings.models import Recording, RecordingKind

KINDS: Final[Mapping[RecordingKind, str]] = {
    RecordingKind.TALK: "Разговор с оператором",
    RecordingKind.COMPLAINT: "Жалоба, сказанная автоответчику",
    RecordingKind.MESSAGE: "Сообщение автоответчику",
    RecordingKind.CONSENT: "Согласие на звонок или сообщение",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "talked": "поговорил с оператором",
    "finished": "меню пройдено до конца",
    "hung-up": "звонящий положил трубку",
    "failed": "сбой программы",
    "stopped": "остановка программы",
    "message": "оставил сообщение",
    "unknown": "чем кончился, не видно",
    "unknown-number": "номер не принадлежит компании",
}
_LEFT: Final[Mapping[Left, str]] = {
    Left.ANSWERED: "дождался ответа",
    Left.ABANDONED: "положил трубку, не дождавшись",
    Left.UNSERVED: "не дождался: предложено оставить сообщение",
    Left.UNKNOWN: "чем кончилось ожидание, не видно",
}
_DEEDS: Final = (Deed.COMPLETED, Deed.MISSED, Deed.RECORDING_PAUSED, Deed.RECORDING_RESUMED)


class MomentKind(StrEnum):
    """What happened: each has its picture on the page."""

    MENU = "menu"
    PRESSED = "pressed"
    NOTICE = "notice"
    QUEUE = "queue"
    TALK = "talk"
    APPEAL = "appeal"
    RECORDING = "recording"
    END = "end"


@dataclass(frozen=True, slots=True)
class TimelineMoment:
    """One thing that happened in the call."""

    at: datetime
    what: MomentKind
    told: str
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The call as its page shows it."""

    call: CallRecord
    company: Company
    moments: tuple[TimelineMoment, ...]
    visits: tuple[QueueVisit, ...]
    recordings: tuple[Recording, ...]
    appeals: tuple[Appeal, ...]
    keys: tuple[str, ...]

    def within(self, recording: Recording) -> list[tuple[float, TimelineMoment]]:
        """What happened while this was recorded, each with its second of the recording."""
        placed = [((one.at - recording.started_at).total_seconds(), one) for one in self.moments]
        return [
            (round(second, 1), one)
            for second, one in placed
            if one.told and 0 <= second <= (recording.seconds or 0) and one.at != recording.started_at
        ]


async def of_call(
    session: AsyncSession, company: Company, call: CallRecord, agents: Mapping[str, str], *, visible_to: Scope
) -> Timeline:
    """Everything kept of a call that its reader may see; `agents` are numbers and names."""
    steps = (await calls.steps(session, [call.id]))[call.id]
    visits = (await calls.visits(session, [call.id]))[call.id]
    recorded = await recordings.of_call(session, call.id)
    registered = await appeals.of_calls(session, company.id, [call.id], visible_to=visible_to)
    made = sorted((appeal for appeal, _ in registered.get(call.id, [])), key=lambda one: one.registered_at)
    told = journey.of([one for one in steps if one.prompt_ids != [call.notice_prompt]])  # it has a line of its own
    done = await deeds.in_calls(session, [call], _DEEDS)
    moments = [
        *([_notice(call)] if call.notice_started_at is not None else []),
        *(
            TimelineMoment(one.at, MomentKind.PRESSED if one.did else MomentKind.MENU, one.did, one.heard)
            for one in told.steps
        ),
        *(moment for visit in visits for moment in _visit(visit, company, agents)),
        *(_event(event, agents) for event in done[call.id] if event.company_id == company.id),
        *(_appeal(one) for one in made),
        *(
            TimelineMoment(one.started_at, MomentKind.RECORDING, f"Запись: {KINDS[one.kind].lower()}")
            for one in recorded
        ),
        *([_end(call.ended_at, call)] if call.ended_at else []),
    ]
    return Timeline(
        call=call,
        company=company,
        moments=tuple(sorted(moments, key=lambda one: one.at)),
        visits=tuple(visits),
        recordings=tuple(recorded),
        appeals=tuple(made),
        keys=told.keys,
    )


def _notice(call: CallRecord) -> TimelineMoment:
    assert call.notice_started_at is not None
    told = "Уведомление о записи проиграно до конца" if call.notice_completed else "Уведомление о записи не доиграно"
    return TimelineMoment(call.notice_started_at, MomentKind.NOTICE, told)


def _end(at: datetime, call: CallRecord) -> TimelineMoment:
    return TimelineMoment(at, MomentKind.END, "Звонок окончен", OUTCOMES.get(call.outcome or "", ""))


def _visit(visit: QueueVisit, company: Company, agents: Mapping[str, str]) -> list[TimelineMoment]:
    who = f": {agents.get(visit.agent, visit.agent)}" if visit.agent else ""
    missed = f", до этого не сняли трубку: {visit.missed}" if visit.missed else ""
    danger = "вне очереди: опасность" if visit.priority >= priorities.DANGER else ""
    left = f"{_LEFT[visit.outcome].capitalize()}{who}"
    return [
        TimelineMoment(visit.entered_at, MomentKind.QUEUE, f"Очередь «{company.queue_name(visit.queue)}»", danger),
        TimelineMoment(
            visit.left_at,
            MomentKind.TALK if visit.agent else MomentKind.QUEUE,
            left,
            f"ждал {visit.waited_s:.0f} с{missed}",
        ),
    ]


def _event(event: AgentEvent, agents: Mapping[str, str]) -> TimelineMoment:
    name = agents.get(event.agent, event.agent)
    match event.kind:
        case Deed.COMPLETED:
            ended = {"caller": "положил трубку звонящий", "agent": "закончил оператор", "transfer": "переведён дальше"}
            return TimelineMoment(event.at, MomentKind.TALK, f"Разговор окончен: {name}", ended.get(event.detail, ""))
        case Deed.MISSED:
            return TimelineMoment(event.at, MomentKind.QUEUE, f"Не снял трубку: {name}")
        case Deed.RECORDING_PAUSED:
            return TimelineMoment(
                event.at, MomentKind.RECORDING, f"Запись приостановлена: {name}", "диктуют данные документа"
            )
        case _:
            return TimelineMoment(event.at, MomentKind.RECORDING, "Запись продолжена", f"пауза {event.seconds or 0} с")


def _appeal(appeal: Appeal) -> TimelineMoment:
    codes = shipped()
    number = numbering.written(appeal.number)
    told = f"Зарегистрировано: {codes.kinds[appeal.kind].title.lower()} {number}"
    return TimelineMoment(
        appeal.registered_at, MomentKind.APPEAL, told, codes.topics[appeal.topic].title, f"/appeals/{appeal.id}"
    )
