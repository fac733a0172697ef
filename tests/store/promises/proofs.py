"""What is done until each promising sentence is said: the real action, with a caller who presses what leads there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import yaml
from sqlalchemy import select

from grid.models import Premise
from grid.offices.models import Appointment
from grid.outages.models import Outage, OutageScope, OutageStatus, Service
from gridline.db import new_id
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from ivr.actions import (
    danger,
    open_matters,
    register_complaint,
)
from ivr.actions.office import book_appointment, my_appointment
from ivr.actions.person import callback, leave_message
from ivr.actions.power import no_supply
from ivr.actions.questions import PersonWanted
from ivr.actions.reference import appeal_status, call_out
from ivr.actions.trust import trust_report
from ivr.outbound.campaigns.low_mark import LowMark
from ivr.outbound.campaigns.restored import RestorationScript
from ivr.telephony import emergency
from outreach.campaigns import Claimed
from outreach.models import Purpose
from tests.store.promises.shop import CALLER, Shop
from worklist.callbacks import CallbackAsked

Proof = Callable[[Shop], Awaitable[None]]
TABLE: Final = HOUSE / "dialplan" / "promises.yaml"
KEEPERS: Final[dict[str, str]] = yaml.safe_load(TABLE.read_text("utf-8"))
"""By prompt: what keeps it, or `nothing`."""
PROOFS: Final[dict[str, tuple[str, str, Proof]]] = {}
"""By name: the prompt, its keeper, and what is done."""
COMPLAINT: Final = ("#", "1", "2", "1")
"""The words end, they are right, about the voltage, the own number."""


def proves(prompt: str, *, keeper: str = "", name: str = "") -> Callable[[Proof], Proof]:
    """Register what leads to the prompt; a second proof of one prompt has a name, and may have another keeper."""

    def add(proof: Proof) -> Proof:
        key = f"{prompt}-{name}" if name else prompt
        assert key not in PROOFS, f"two proofs of {key}"
        PROOFS[key] = (prompt, keeper or KEEPERS[prompt], proof)
        return proof

    return add


@proves("report-taken")
async def _report(shop: Shop) -> None:
    await no_supply.act(shop.caller("1", premise=await shop.premise()), shop.services, "")


@proves("report-taken", name="aloud")
async def _report_aloud(shop: Shop) -> None:
    await no_supply.act(shop.caller("3", "#", number="+79139990000"), shop.services, "")


@proves("appointment-booked")
async def _visit(shop: Shop) -> None:
    """The first topic, the first time, yes, the own number."""
    await book_appointment.act(shop.caller("1", "1", "1", "1"), shop.services, "")


@proves("appointment-moved")
async def _visit_moved(shop: Shop) -> None:
    """Booked before the store refuses anything, by a row of its own."""
    refuses, shop.db.refuses = shop.db.refuses, False
    await book_appointment.act(shop.caller("1", "1", "1", "1"), shop.services, "")
    shop.db.refuses = refuses
    async with shop.db.read() as session:
        number = (await session.scalars(select(Appointment.number))).one()
    await my_appointment.act(shop.caller(number, "1", "2", "1"), shop.services, "")


@proves("report-again")
async def _report_again(shop: Shop) -> None:
    home = await shop.premise()
    for _ in range(2):
        await no_supply.act(shop.caller("1", premise=home), shop.services, "")


@proves("report-joined")
async def _report_of_what_is_known(shop: Shop) -> None:
    await no_supply.act(shop.caller("1", premise=await _dark(shop, planned=True)), shop.services, "")


@proves("report-still-dark")
async def _still_dark(shop: Shop) -> None:
    now = shop.services.clock.now()
    over = {"status": OutageStatus.RESTORED, "actual_end": now - timedelta(minutes=20)}
    await no_supply.act(shop.caller("1", premise=await _dark(shop, **over)), shop.services, "")


@proves("out-still-dark")
async def _still_dark_said_to_the_robot(shop: Shop) -> None:
    """They were told of the outage and agreed to be called; it was restored, the robot calls, they press 2."""
    services, home = shop.services, await _dark(shop)
    await no_supply.act(shop.caller("1", "1", premise=home), services, "")
    async with shop.db.read() as session:
        outage = await session.scalar(select(Outage).where(Outage.code == "proof"))
    if outage is None:
        return
    await services.outage_desk.restore(outage.id, None, services.clock.now(), "user:a")
    script = RestorationScript(services.db, services.clock, services.worklist, services.outage_desk)
    called = Claimed(new_id(), new_id(), "skek", outage.id, CALLER, 0, services.clock.now(), Purpose.RESTORED)
    await script.speak(called, shop.caller("2"))


@proves("consent-stored")
async def _consent(shop: Shop) -> None:
    await no_supply.act(shop.caller("1", "1", premise=await _dark(shop)), shop.services, "")


@proves("consent-impossible")
async def _consent_that_cannot_be_recorded(shop: Shop) -> None:
    caller = shop.caller("1", "1", premise=await _dark(shop))
    shop.call.notice_heard = False
    await no_supply.act(caller, shop.services, "")


@proves("outage-agreed-menu")
async def _agreed(shop: Shop) -> None:
    home = await _dark(shop)
    for _ in range(2):
        await no_supply.act(shop.caller("1", "1", premise=home), shop.services, "")


@proves("consent-withdrawn")
async def _withdrawn(shop: Shop) -> None:
    home = await _dark(shop)
    for key in "19":
        await no_supply.act(shop.caller(key, "1", premise=home), shop.services, "")


@proves("consent-planned-stored")
async def _works(shop: Shop) -> None:
    await no_supply.act(shop.caller("1", "1", "2", premise=await shop.premise()), shop.services, "")


@proves("consent-planned-message-stored")
async def _works_by_message_too(shop: Shop) -> None:
    await no_supply.act(shop.caller("1", "1", "1", premise=await shop.premise()), shop.services, "")


@proves("message-queued")
async def _number_by_message(shop: Shop) -> None:
    await register_complaint.act(shop.caller(*COMPLAINT, "1"), shop.services, "")


@proves("complaint-registered")
async def _complaint(shop: Shop) -> None:
    await register_complaint.act(shop.caller(*COMPLAINT), shop.services, "")


@proves("complaint-registered", name="message")
async def _message(shop: Shop) -> None:
    await leave_message.act(shop.caller("#"), shop.services, "service")


@proves("message-registered")
async def _message_for_the_hotline(shop: Shop) -> None:
    await leave_message.act(shop.caller("#"), shop.services, "outages")


@proves("message-registered", name="already")
async def _message_for_the_hotline_again(shop: Shop) -> None:
    await shop.registered(topic="outages")
    await leave_message.act(shop.caller("#"), shop.services, "outages")


@proves("complaint-registered-already")
async def _complaint_again(shop: Shop) -> None:
    await shop.registered(topic="quality")
    await register_complaint.act(shop.caller(*COMPLAINT), shop.services, "")


@proves("complaint-receipt")
async def _complaint_while_the_register_is_away(shop: Shop) -> None:
    shop.db.refuses = True
    await register_complaint.act(shop.caller(*COMPLAINT), shop.services, "")


@proves("message-kept")
async def _message_without_a_number(shop: Shop) -> None:
    await leave_message.act(shop.caller("#", "0", number=None), shop.services, "service")


@proves("message-kept", keeper="receipt", name="database-away")
async def _message_without_a_number_or_a_database(shop: Shop) -> None:
    shop.db.refuses = True
    await leave_message.act(shop.caller("#", "0", number=None), shop.services, "service")


@proves("trust-registered")
async def _told_to_the_trust_line(shop: Shop) -> None:
    await trust_report.act(shop.caller("#", "1"), shop.services, "")


@proves("trust-kept")
async def _told_to_the_trust_line_while_the_register_is_away(shop: Shop) -> None:
    shop.db.refuses = True
    await trust_report.act(shop.caller("#", "1"), shop.services, "")


@proves("callback-promised")
async def _callback(shop: Shop) -> None:
    await callback.act(shop.caller("1"), shop.services, "")


@proves("callback-promised", name="message")
async def _callback_about_a_message(shop: Shop) -> None:
    await leave_message.act(shop.caller("#", "2", "1"), shop.services, "outages")


@proves("callback-promised-already")
async def _callback_again(shop: Shop) -> None:
    for _ in range(2):
        await callback.act(shop.caller("1"), shop.services, "")


@proves("callback-promised-late")
async def _callback_that_is_late(shop: Shop) -> None:
    long_ago = shop.services.clock.now() - timedelta(hours=5)
    asked = CallbackAsked("skek", CALLER, "ivr", call_id=new_id(), since=long_ago)
    await shop.services.callbacks.promise(asked)
    await callback.act(shop.caller("1"), shop.services, "")


@proves("callback-promised", name="survey")
async def _callback_after_a_low_mark(shop: Shop) -> None:
    await low_mark(shop).offer(_surveyed(shop), shop.caller("1"))


@proves("message-kept", name="survey")
async def _message_after_a_low_mark(shop: Shop) -> None:
    await low_mark(shop).offer(_surveyed(shop), shop.caller("2", "#"))


def low_mark(shop: Shop) -> LowMark:
    """What is offered after a low mark."""
    own = shop.services
    return LowMark(own.db, own.clock, own.callbacks, own.worklist, own.incoming, lambda: own.calendar)


def _surveyed(shop: Shop) -> Claimed:
    return Claimed(new_id(), new_id(), "skek", "", CALLER, 0, shop.services.clock.now(), Purpose.SURVEY)


@proves("call-out-booked")
async def _call_out(shop: Shop) -> None:
    await call_out.act(shop.caller("2", "1", "1", premise=await shop.premise()), shop.services, "")


@proves("danger-message-taken")
async def _danger(shop: Shop) -> None:
    await danger.act(shop.caller("#"), shop.services, "")


@proves("danger-message-kept")
async def _danger_while_the_register_is_away(shop: Shop) -> None:
    shop.db.refuses = True
    await danger.act(shop.caller("#"), shop.services, "")


@proves("known-open-appeal")
async def _open_appeal(shop: Shop) -> None:
    await shop.registered()
    await open_matters.act(shop.caller(), shop.services, "")


@proves("status-registered")
async def _registered(shop: Shop) -> None:
    made = await shop.registered(topic="quality")
    await appeal_status.act(shop.caller(made.number if made else "260000018", "2"), shop.services, "")


@proves("status-in-work")
async def _in_work(shop: Shop) -> None:
    await _status(shop, "in-work")


@proves("status-waiting-others")
async def _asked(shop: Shop) -> None:
    await _status(shop, "asked")


@proves("status-receipt")
async def _receipt(shop: Shop) -> None:
    intake: dict[str, object] = {"company_id": "skek", "topic": "service", "phone": None, "received_at": ""}
    try:
        receipt = shop.spool.keep(intake).receipt
    except Unavailable:
        receipt = "0100000012"
    await appeal_status.act(shop.caller(receipt, "2"), shop.services, "")


@proves("outage-until")
async def _until(shop: Shop) -> None:
    await no_supply.act(shop.caller("", premise=await _dark(shop)), shop.services, "")


async def _dark(shop: Shop, **facts: object) -> Premise:
    """A premise with an outage on its street, unless the store refuses that."""
    home, now = await shop.premise(), shop.services.clock.now()
    usual: dict[str, object] = {
        "id": new_id(),
        "company_id": "skek",
        "code": "proof",
        "service": Service.ELECTRICITY,
        "planned": False,
        "status": OutageStatus.ACTIVE,
        "cause": "",
        "starts_at": now - timedelta(hours=1),
        "expected_end": now + timedelta(hours=2),
        "actual_end": None,
    }
    outage = Outage(**(usual | facts))
    place = {name: getattr(home, name) for name in ("settlement", "street", "settlement_key", "street_key")}
    try:
        async with shop.db.write() as session:
            session.add(outage)
            await session.flush()
            session.add(OutageScope(id=new_id(), outage_id=outage.id, line="", **place))
    except Unavailable:
        pass
    return home


@proves("emergency-receipt")
async def _mailbox(shop: Shop) -> None:
    await _left_in_the_mailbox(shop, "79131203401")


@proves("message-kept", keeper="receipt", name="mailbox")
async def _mailbox_without_a_number(shop: Shop) -> None:
    await _left_in_the_mailbox(shop, "")


async def _status(shop: Shop, state: str) -> None:
    casework, number = shop.casework, "260000018"
    if (made := await shop.registered(topic="quality")) is not None:
        number, version = made.number, 1
        version = await casework.assign(made.appeal_id, owner="user:a", unit=None, actor="user:a", version=version)
        version = await casework.take(made.appeal_id, actor="user:a", version=version)
        if state == "asked":
            day = shop.services.clock.now().date() + timedelta(days=2)
            what = {"kind": "subtask", "whom": "РЭС", "text": "Замер", "due_on": day}
            await casework.ask(made.appeal_id, actor="user:a", version=version, **what)  # type: ignore[arg-type]
    await appeal_status.act(shop.caller(number, "2"), shop.services, "")


class Mailbox:
    """Asterisk as the dialplan's own mailbox meets it, told by pyst2's names; its words are heard by the shop."""

    def __init__(self, shop: Shop, caller: str) -> None:
        self._shop = shop
        self._told = {"UNIQUEID": "1.1", "GRIDLINE_COMPANY": "skek", "CALLERID(num)": caller}

    def get_variable(self, name: str) -> str:
        """A channel variable."""
        return self._told.get(name, "")

    def execute(self, command: str, *arguments: object) -> dict[str, tuple[str, str]]:
        """Say, record, or take keys (none is pressed)."""
        file = Path(str(arguments[0]).strip('"'))
        if command == "RECORD FILE":
            file.with_suffix(".sln").write_bytes(b"\x10\x20" * 16000)
        if command == "STREAM FILE" and file.name == self._shop.watched:
            self._shop.kept.append(any(True for _ in self._shop.spool.waiting()))
        return {"result": ("", "")}


async def _left_in_the_mailbox(shop: Shop, caller: str) -> None:
    node = emergency.Node(shop.node_var, "node1", 1)
    try:
        emergency._serve(Mailbox(shop, caller), node, Path("/prompts"))
    except Unavailable:  # the dialplan says good-bye
        return


async def run(proof: Proof, shop: Shop) -> None:
    """Do it; what the engine would meet with a person on the line is not our concern here."""
    try:
        await proof(shop)
    except (PersonWanted, Unavailable):
        return
