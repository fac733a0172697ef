"""A register as a clerk meets it on a Monday: late, due, answered, refused, joined — of people who do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appeals.answers.letter import Signer
from appeals.intake.intake import accept
from appeals.models import Appeal
from appeals.numbering import written
from gridline.db import new_id
from ivr.journal.models import CallRecord, CallStep
from recordings.models import Recording, RecordingKind, RecordingState
from tests.console.conftest import COMPANY, ConsoleApp

CLERK, SUPERVISOR, AGENT = "user:clerk", "user:supervisor", "user:agent"
SIGNER = Signer("Кузнецов А. В.", "Заместитель директора")

TOLD: tuple[dict[str, Any], ...] = (
    {
        "age": 45,
        "channel": "post",
        "kind": "complaint",
        "topic": "quality",
        "disposition": "voltage-deviation",
        "name": "Степанова Галина Ивановна",
        "phone": "8 913 555-01-02",
        "post_address": "Кемерово, ул. Тёплая, 14",
        "text": "Третью неделю по вечерам напряжение падает до 180 вольт, не работает насос отопления. Мастер был, "
        "сказал, что перегружена подстанция, и больше никто не приходил.",
    },
    {
        "age": 33,
        "channel": "office",
        "kind": "complaint",
        "topic": "connection",
        "disposition": "connection",
        "name": "Гаврилов Олег Петрович",
        "phone": "+7 905 555-11-23",
        "email": "gavrilov@example.ru",
        "text": "Договор на присоединение оплачен в августе, срок работ истёк, опоры не поставлены.",
    },
    {
        "age": 30,
        "channel": "post",
        "kind": "appeal",
        "topic": "metering",
        "name": "ТСЖ «Сосновый бор»",
        "applicant_kind": "company",
        "post_address": "Кемерово, пр. Шахтёров, 8",
        "text": "Просим заменить общедомовой счётчик: срок поверки истёк, показания не принимают.",
    },
    {
        "age": 13,
        "channel": "web_form",
        "kind": "complaint",
        "topic": "outages",
        "disposition": "emergency-outage",
        "name": "Мельникова Ирина Сергеевна",
        "email": "melnikova@example.ru",
        "phone": "8 923 555-40-40",
        "text": "Свет отключают без предупреждения второй раз за месяц, испортились продукты в магазине.",
    },
    {
        "age": 12,
        "channel": "email",
        "kind": "request",
        "topic": "metering",
        "name": "Фёдоров Павел Ильич",
        "email": "fedorov@example.ru",
        "text": "Прошу опломбировать счётчик после замены, квартира 17.",
    },
    {
        "age": 9,
        "channel": "phone",
        "kind": "complaint",
        "topic": "maintenance",
        "disposition": "damaged-object",
        "name": "Ершов Николай Фомич",
        "phone": "8 384 255-50-60",
        "call": True,
        "text": "У дома 5 по улице Линейной наклонилась опора, провода провисли над детской площадкой.",
    },
    {
        "age": 6,
        "channel": "account",
        "kind": "appeal",
        "topic": "transmission",
        "name": "ООО «Мебельщик»",
        "applicant_kind": "company",
        "email": "office@example.ru",
        "contract_number": "ПЭ-2041/24",
        "text": "Направьте, пожалуйста, акт разграничения балансовой принадлежности для нового цеха.",
    },
    {
        "age": 3,
        "channel": "phone",
        "kind": "complaint",
        "topic": "service",
        "disposition": "service-quality",
        "name": "Кузьмина Анна Львовна",
        "phone": "8 951 555-77-08",
        "text": "Ждала ответа оператора сорок минут, потом разговор оборвался, и никто не перезвонил.",
    },
    {
        "age": 1,
        "channel": "phone",
        "kind": "appeal",
        "topic": "water",
        "name": "Соловьёв Игорь Олегович",
        "phone": "8 913 555-31-90",
        "text": "Во дворе дома 22 второй день течёт вода из люка, уходит под подъезд.",
    },
    {
        "age": 0,
        "channel": "phone",
        "kind": "theft",
        "topic": "other",
        "text": "На соседней улице набросили провод на линию в обход счётчика.",
        "details": {"type": "theft", "place": "Кемерово, ул. Овражная, 3", "seen_at": "2026-01-15T14:30:00+00:00"},
    },
)


@dataclass
class Seeded:
    """The appeals that were made, by the order of TOLD; written numbers."""

    ids: list[str]
    numbers: list[str]
    trust: str
    """The number of a report to the trust line."""


async def seed(made: ConsoleApp) -> Seeded:
    """Fill COMPANY's register."""
    console = made.console
    now = console.clock.now()
    ids, numbers = [], []
    for at, told in enumerate(TOLD):
        given = {name: value for name, value in told.items() if name not in ("age", "call")}
        intake: dict[str, Any] = {"company_id": COMPANY, "applicant_kind": "person", "actor": AGENT} | given
        intake["received_at"] = now - timedelta(days=told["age"], hours=1)
        if told.get("call"):
            intake["call_id"], intake["recording_id"] = await _call(made, now - timedelta(days=told["age"], hours=1))
        done = await console.register.register(accept(intake | {"idempotency_key": f"seed-{at}"}))
        ids.append(done.appeal_id)
        numbers.append(written(done.number))
    trust = await console.register.register(
        accept(
            {
                "company_id": COMPANY,
                "channel": "phone",
                "kind": "trust",
                "topic": "other",
                "applicant_kind": "unknown",
                "text": "Мастер участка берёт деньги за внеочередное подключение.",
                "actor": "ivr",
            }
        )
    )
    await _worked(made, ids, now)
    return Seeded(ids, numbers, written(trust.number))


async def version(made: ConsoleApp, appeal_id: str) -> int:
    """The version a page opened now would have."""
    async with made.console.db.read() as session:
        return (await session.get_one(Appeal, appeal_id)).version


async def _worked(made: ConsoleApp, ids: list[str], now: datetime) -> None:
    """Some of them are in somebody's hands, one is answered, one waits for a second person."""
    casework, endings, dispatch = made.console.casework, made.console.endings, made.console.dispatch
    today = now.date()

    async def own(at: int, owner: str = CLERK) -> str:
        id = ids[at]
        await casework.assign(id, owner=owner, unit=None, actor=SUPERVISOR, version=await version(made, id))
        await casework.take(id, actor=owner, version=await version(made, id))
        return id

    id = await own(0)
    await casework.ask(
        id,
        kind="subtask",
        whom="Служба подстанций",
        text="Замер нагрузки ТП-214 в вечерний максимум",
        due_on=today + timedelta(days=2),
        actor=CLERK,
        version=await version(made, id),
    )
    await own(5, SUPERVISOR)
    id = await own(4)
    await dispatch.answer(
        id,
        text="Счётчик опломбирован, акт направлен вам письмом.",
        signer=SIGNER,
        actor=CLERK,
        version=await version(made, id),
    )
    id = await own(7)
    await endings.propose_refusal(
        id,
        ground="insulting",
        text="Во второй части обращения оскорбления сотрудников.",
        link=None,
        actor=CLERK,
        version=await version(made, id),
    )


async def _call(made: ConsoleApp, at: datetime) -> tuple[str, str]:
    """A call with its way through the menu and a recording; their ids."""
    call = CallRecord(
        id=new_id(),
        node="node1",
        boot="seed",
        linkedid=f"1.{at.timestamp()}",
        company_id=COMPANY,
        dialled="78005009494",
        caller_raw="+73842555060",
        caller="+73842555060",
        branch="",
        flow_version="",
        started_at=at,
        answered_at=at,
        ended_at=at + timedelta(minutes=3),
        outcome="registered",
        notice_prompt="notice",
        notice_version="1",
        notice_started_at=at,
        notice_ended_at=at + timedelta(seconds=7),
        notice_completed=True,
    )
    heard = "Опасность или оборванный провод, один. Нет света или воды, два. Жалоба или статус, пять."
    step = CallStep(
        call_id=call.id,
        ordinal=0,
        place="main",
        prompt_ids=["main-menu"],
        prompt_text=heard,
        sound="",
        key="5",
        exit="5",
        leads_to="complaint",
        flow_version="",
        started_at=at,
        ended_at=at + timedelta(seconds=9),
    )
    recording = Recording(
        id=new_id(),
        call_id=call.id,
        kind=RecordingKind.COMPLAINT,
        state=RecordingState.STORED,
        started_at=at,
        file="none.wav",
        channels=2,
        seconds=41.0,
    )
    async with made.console.db.write() as session:
        session.add_all([call, recording])
        await session.flush()
        session.add(step)
    return call.id, recording.id
