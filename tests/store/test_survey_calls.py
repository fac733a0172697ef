"""What the robot asks and what is kept of it; the consent asked for with a visit; a migration that loses no call."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, column, insert, select, table, text

from agent_console.calls import recordings
from agent_console.worklist.surveyed import low_marks
from grid.offices.models import Appointment
from gridline.db import Database
from gridline.scope import OutOfScope, Scope
from ivr.actions.office import book_appointment
from ivr.outbound.campaigns.survey import SurveyScript
from ivr.outbound.codes import CallPurpose
from ivr.outbound.models import CallOutRecord
from migrations import config, upgrade
from outreach.campaigns import Claimed
from outreach.campaigns.models import CampaignCall, Said
from outreach.models import Consent, Purpose
from outreach.surveys.models import SurveyAnswer
from recordings.models import Recording, RecordingKind, RecordingState
from tests.store.promises.proofs import low_mark
from tests.store.promises.shop import CALLER, HANGS_UP, Shop, opened
from tests.store.test_office_actions import caller
from tests.store.test_surveys import FIRST, NOW, QUESTIONS, claim, start, visit
from worklist.codes import ItemKind
from worklist.models import WorkItem


@pytest.mark.parametrize(
    ("keys", "said", "kept"),
    [
        (("1", "2", "5", "4"), Said.ASKED, ["1", "2", "5", "4"]),
        (("1", HANGS_UP), Said.PART, ["1"]),
        ((HANGS_UP,), Said.PART, []),
        (("7", "3", "", "", "5", "0", "4"), Said.ASKED, ["3", "5", "4"]),
        (("7", "7", "2", "5", "1"), Said.ASKED, ["2", "5", "1"]),
        (("", "") * 4, "", []),
        (("2", "9"), Said.STOP, ["2"]),
    ],
    ids=["whole", "left half-way", "left at once", "wrong once", "wrong twice", "silence", "no more"],
)
async def test_each_answer_is_stored_as_it_is_keyed(
    sample_template: Path, tmp_path: Path, keys: tuple[str, ...], said: str, kept: list[str]
) -> None:
    async with opened(sample_template, tmp_path, "", "") as shop:
        call = await called(shop)
        assert await script_of(shop).speak(call, shop.caller(*keys)) == said
        async with shop.db.read() as session:
            stored = {one.question: one.key for one in await session.scalars(select(SurveyAnswer))}
            (consent,) = await session.scalars(select(Consent))
        assert [stored[id] for id in QUESTIONS if id in stored] == kept
        assert (consent.withdrawn_at is not None) == (said == Said.STOP)


def script_of(shop: Shop) -> SurveyScript:
    return SurveyScript(shop.db, shop.services.clock, low_mark(shop))


@pytest.mark.parametrize(
    ("marks", "keys", "said", "kinds"),
    [
        ("45", (), [], []),
        ("51", ("1",), ["out-survey-low", "callback-promised"], [ItemKind.CALLBACK]),
        ("22", ("7", "1"), ["out-survey-low", "out-survey-low", "callback-promised"], [ItemKind.CALLBACK]),
        ("13", ("2", "#"), ["out-survey-low", "out-survey-message", "beep", "message-kept"], [ItemKind.MESSAGE]),
        ("13", ("2", HANGS_UP), ["out-survey-low", "out-survey-message", "beep"], [ItemKind.MESSAGE]),
        ("11", ("3",), ["out-survey-low"], []),
        ("11", ("", ""), ["out-survey-low", "out-survey-low"], []),
    ],
    ids=["content", "call back", "wrong key", "message", "message broken off", "nothing", "silence"],
)
async def test_who_is_not_content_is_offered_a_person(
    sample_template: Path, tmp_path: Path, marks: str, keys: tuple[str, ...], said: list[str], kinds: list[ItemKind]
) -> None:
    """What they choose is an item with a clock, stored before it is said; the survey was answered all the same."""
    async with opened(sample_template, tmp_path, "", "") as shop:
        call, moesk = await called(shop), shop.services.companies.by_id("moesk")
        line = caller(shop, "moesk", "1", "2", *marks, *keys)
        assert await script_of(shop).speak(call, line) == Said.ASKED
        heard = [one for one in line.said if one not in ("out-survey", "out-survey-choice", "out-survey-mark")]
        assert heard == [*said, *(() if HANGS_UP in keys else ("out-survey-thanks", "goodbye"))]
        async with shop.db.read() as session:
            items = list(await session.scalars(select(WorkItem)))
        assert [(one.kind, one.phone, one.call_id, one.topic) for one in items] == [
            (kind, FIRST, line.call.id, "service") for kind in kinds
        ]
        for item in items:
            assert item.due_at > shop.services.clock.now()
            opens = moesk.opens_at("service", shop.services.clock.now(), shop.services.calendar)
            assert opens is None or item.kind is ItemKind.MESSAGE or item.due_at > opens
            label = shop.services.incoming.label(item.recording_id) if item.recording_id else None
            assert (label is not None and label.ended) == (item.kind is ItemKind.MESSAGE)


async def test_whoever_sees_to_it_sees_the_low_marks_and_hears_the_message(
    sample_template: Path, tmp_path: Path
) -> None:
    async with opened(sample_template, tmp_path, "", "") as shop:
        call, line = await called(shop), caller(shop, "moesk", "1", "2", "2", "5", "2", "#")
        await script_of(shop).speak(call, line)
        async with shop.db.write() as session:
            (item,) = await session.scalars(select(WorkItem))
            about = {"node": "node1", "company_id": "moesk", "phone": FIRST, "purpose": CallPurpose.SURVEY, "cause": 0}
            session.add(
                CallOutRecord(
                    id=line.call.id, subject_id=call.id, placed_at=NOW, ended_at=NOW, key="", heard=[], **about
                )
            )
            sound = {"kind": RecordingKind.MESSAGE, "state": RecordingState.STORED, "started_at": NOW, "channels": 1}
            session.add(Recording(id=item.recording_id, call_id=line.call.id, file="1.wav", **sound))
        async with shop.db.read() as session:
            assert await low_marks(session, item) == [("Как с вами разговаривал сотрудник?", "2")]
            assert item.recording_id is not None
            heard = await recordings.find(session, item.recording_id, visible_to=Scope("moesk"))
            assert heard.call_id == line.call.id
            with pytest.raises(OutOfScope):
                await recordings.find(session, item.recording_id, visible_to=Scope("skek"))


async def test_what_they_wish_is_not_promised_where_it_is_not_stored(sample_template: Path, tmp_path: Path) -> None:
    async with opened(sample_template, tmp_path, "", "") as shop:
        call, low = await called(shop), low_mark(shop)
        for key in ("1", "2"):
            line = caller(shop, "moesk", key, "#")
            shop.db.refuses = True
            await low.offer(call, line)
            assert line.said[-1] == "out-survey-wish-not-stored"


async def called(shop: Shop) -> Claimed:
    await visit(shop.db, FIRST)
    await start(shop.db, shop.services.companies.by_id("moesk"))
    return (await claim(shop.db))[FIRST]


async def test_what_is_not_stored_is_said_to_be_lost(sample_template: Path, tmp_path: Path) -> None:
    async with opened(sample_template, tmp_path, "out-survey-not-stored", "withdrawal") as shop:
        call = await called(shop)
        shop.db.refuses = True
        await script_of(shop).speak(call, shop.caller("1", "2", "5", "4"))
        assert len(shop.kept) == 1


@pytest.mark.parametrize(
    ("key", "said", "given"),
    [("1", "consent-survey-given", 1), ("2", "consent-survey-refused", 0), ("", "appointment-end-menu", 0)],
    ids=["yes", "no", "silence"],
)
async def test_whoever_books_by_telephone_is_asked_for_their_consent(
    sample_template: Path, tmp_path: Path, key: str, said: str, given: int
) -> None:
    async with opened(sample_template, tmp_path, "", "") as shop:
        no_message = "2"
        line = caller(shop, "moesk", "4545", "1", "1", "1", "1", no_message, key)
        line.call.notice_heard = True
        assert await book_appointment.act(line, shop.services, "") == "done"
        assert line.said[line.said.index("consent-survey") + 1] == said
        async with shop.db.read() as session:
            visited = (await session.scalars(select(Appointment))).one()
            agreed = list(await session.scalars(select(Consent)))
        assert len(agreed) == given
        for consent in agreed:
            about = (consent.purpose, consent.subject_id, consent.phone, consent.call_id)
            assert about == (Purpose.SURVEY, visited.number, CALLER, line.call.id)
            assert consent.recording_id in line.call.recordings


async def test_who_has_no_survey_asks_nobody(sample_template: Path, tmp_path: Path) -> None:
    async with opened(sample_template, tmp_path, "", "") as shop:
        line = caller(shop, "skek", "1", "1", "1", "1")
        line.call.notice_heard = True
        assert await book_appointment.act(line, shop.services, "") == "done"
        assert "consent-survey" not in line.said


async def test_campaigns_of_outages_and_their_calls_outlive_the_migration(db: Database) -> None:
    def back(connection: Connection) -> None:
        command.downgrade(config(connection), "0067")

    async with db.write() as session:
        await (await session.connection()).run_sync(back)
        for name, row in before(NOW).items():
            await session.execute(insert(table(name, *(column(each) for each in row))).values(row))
    await upgrade(db)
    async with db.read() as session:
        assert (await session.scalars(select(CampaignCall.phone))).all() == [FIRST]
        indices = await session.scalar(
            text("SELECT count(*) FROM sqlite_master WHERE name = 'uq_campaigns_current'")
            if db.is_sqlite
            else text("SELECT count(*) FROM pg_indexes WHERE indexname = 'uq_campaigns_current'")
        )
    assert indices == 1


def before(now: datetime) -> dict[str, dict[str, object]]:
    """Rows as revision 0067 had them: an outage, a consent, a campaign with one call."""
    id = "a" * 32
    outage = {"id": id, "company_id": "skek", "code": "1", "service": "electricity", "planned": False}
    consent = {"id": id, "company_id": "skek", "phone": FIRST, "purpose": "restored", "given_at": now, "call_id": id}
    campaign = {"id": id, "company_id": "skek", "branch": "", "outage_id": id, "purpose": "restored", "made_at": now}
    call = {"id": id, "campaign_id": id, "phone": FIRST, "consent_id": id, "state": "waiting", "attempts": 0}
    return {
        "outages": outage | {"status": "restored", "cause": "", "starts_at": now},
        "consents": consent | {"asked": ""},
        "campaigns": campaign | {"state": "running", "changed_at": now, "changed_by": ""},
        "campaign_calls": call | {"next_at": now},
    }
