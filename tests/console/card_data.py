"""A call for the tests of the card: on the board as it rings, in the journal with its way, with what was before."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from agent_console.card.models import CallCard, CardNote
from agent_console.card.ringing import Ringing
from agent_console.people.models import Role
from appeals.intake.intake import accept
from grid.models import Premise
from ivr.desk.models import AgentEvent
from ivr.journal.models import CallRecord, CallStep, call_id
from ivr.telephony import events as ev
from ivr.telephony.state import Snapshot
from tests.console.conftest import COMPANY, ConsoleApp

NODE = "node1"
IVANOV = "+79131203401"
"""The sample's Иванов П. С.: a flat in Кемерово whose line is off now, and application 26001016."""
MENU = (
    "Обрыв провода или опасность, нажмите один. Нет света или воды, два. Подключение к сетям, три. "
    "Счётчики и справки, четыре. Жалоба или обращение, пять. Оператор, ноль."
)
ADDRESS = "Ваш адрес: город Кемерово, улица Весенняя, дом пять, корпус два? Если да, нажмите один. Если нет, два."


def step(call: str, at: datetime, place: str, text: str, key: str = "", **more: str) -> CallStep:
    """One step of the menu."""
    return CallStep(
        call_id=call,
        ordinal=0,
        place=place,
        prompt_ids=[more.get("prompt", place)],
        prompt_text=text,
        sound="",
        key=key,
        exit=more.get("exit", "pressed" if key else "said"),
        leads_to=more.get("leads_to", place),
        flow_version="",
        started_at=at,
        ended_at=at + timedelta(seconds=4),
    )


def record(linkedid: str, at: datetime, caller: str | None = IVANOV, company: str = COMPANY) -> CallRecord:
    """A call of this node."""
    return CallRecord(
        id=call_id(NODE, "boot", linkedid),
        node=NODE,
        boot="boot",
        linkedid=linkedid,
        company_id=company,
        dialled="78005009494",
        caller_raw=caller or "anonymous",
        caller=caller,
        branch="",
        flow_version="",
        started_at=at,
        answered_at=at,
    )


async def a_past(console_app: ConsoleApp, *, text: str, name: str = "Иванов Пётр Сергеевич") -> str:
    """What there was before from Иванов's number: an answered call with an open appeal, and a note. Its number."""
    console = console_app.console
    yesterday = console.clock.now() - timedelta(days=1, hours=2)
    before = record("1.0", yesterday)
    agent = console_app.users[Role.SUPERVISOR]
    made = await console.register.register(
        accept(
            {
                "company_id": COMPANY,
                "channel": "phone",
                "kind": "complaint",
                "topic": "outages",
                "applicant_kind": "person",
                "name": name,
                "phone": IVANOV,
                "text": text,
                "call_id": before.id,
                "received_at": yesterday,
                "actor": agent.signature,
            }
        )
    )
    before.ended_at, before.outcome = yesterday + timedelta(minutes=6), "hung-up"
    async with console.db.write() as session:
        session.add(before)
        await session.flush()
        session.add(step(before.id, yesterday, "main", MENU, "2", leads_to="power"))
        session.add(
            AgentEvent(
                at=yesterday + timedelta(minutes=1),
                agent="102",
                user_id=agent.user_id,
                company_id=COMPANY,
                kind="answered",
                queue="skek-hotline",
                linkedid=before.linkedid,
                seconds=4,
                detail="",
            )
        )
        session.add(
            CardNote(company_id=COMPANY, call_id=before.id, phone=IVANOV, text=text, author=agent.name, at=yesterday)
        )
        premise = await session.scalar(select(Premise).where(Premise.code == "120034001"))
        assert premise is not None
        chosen = {
            "ref": f"premise:{premise.id}",
            "name": name,
            "address": "",
            "account": "",
            "kind": "person",
            "reasons": [],
            "premise_id": premise.id,
        }
        session.add(
            CallCard(call_id=before.id, company_id=COMPANY, chosen=chosen, chosen_by=agent.name, chosen_at=yesterday)
        )
    return made.number


async def a_call(
    console_app: ConsoleApp, linkedid: str = "2.0", *, caller: str | None = IVANOV, menu: str = MENU
) -> str:
    """A call that came through the menu to the queue a moment ago; its id."""
    now = console_app.console.clock.now() - timedelta(seconds=50)
    call = record(linkedid, now, caller)
    async with console_app.console.db.write() as session:
        session.add(call)
        await session.flush()
        session.add_all(
            [
                step(call.id, now, "notice", "Здравствуйте! Это робот. Разговор записывается."),
                step(call.id, now + timedelta(seconds=9), "main", menu, "2", leads_to="service"),
                step(call.id, now + timedelta(seconds=20), "power-status", ADDRESS, "1", prompt="premise-confirm"),
                step(call.id, now + timedelta(seconds=40), "operator", "Соединяю с оператором."),
            ]
        )
    return call.id


class Telephony:
    """Asterisk's events for callers and the agent 101, applied to the console's own board."""

    def __init__(self, console_app: ConsoleApp) -> None:
        self._console = console_app.console
        self._show = Ringing(console_app.app).on_changes
        member = ev.Member("skek-hotline", "PJSIP/101-web", "Ольга Смирнова", 1, paused=False)
        self._console.board.rebuild(Snapshot(self._console.clock.now(), "boot", members=(member,)))

    def rings(self, linkedid: str = "2.0", caller: str = IVANOV) -> None:
        """The caller waits in the queue, and the agent's page rings."""
        his = ev.Channel(linkedid, linkedid, f"PJSIP/trunk-{linkedid}", caller, COMPANY, "78005009494")
        hers = ev.Channel(f"{linkedid}9", linkedid, f"PJSIP/101-web-{linkedid}", "", COMPANY)
        now = self._console.clock.now()
        self._apply(ev.ChannelSeen(now, his))
        self._apply(ev.CallerJoinedQueue(now, his, "skek-hotline", 1, 1))
        self._apply(ev.ChannelSeen(now, hers))

    def talks(self, linkedid: str = "2.0", caller: str = IVANOV) -> None:
        """She has answered."""
        his = ev.Channel(linkedid, linkedid, f"PJSIP/trunk-{linkedid}", caller, COMPANY, "78005009494")
        hers = ev.Channel(f"{linkedid}9", linkedid, f"PJSIP/101-web-{linkedid}", "", COMPANY)
        now = self._console.clock.now()
        self._apply(ev.CallerLeftQueue(now, his, "skek-hotline", 0))
        self._apply(ev.BridgeEntered(now, his, f"b{linkedid}"))
        self._apply(ev.BridgeEntered(now, hers, f"b{linkedid}"))

    def _apply(self, event: ev.Event) -> None:
        self._show(self._console.board.apply(event))
