"""A company's year of recorded talks: calls, waits, recordings, words, measures, surveys, and the reviews of some."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from appeals.models import Appeal
from bench.appeals.past import year_of_appeals
from bench.recordings import said
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Company
from gridline.settings import HOUSE
from ivr.journal.models import call_id
from quality.cards import scorecards
from quality.cards.card import Scorecard

ENDS: Final = datetime(2026, 11, 25, 5, tzinfo=UTC)
"""Now, for whoever asks: noon in Kemerovo."""
YEAR: Final = timedelta(days=365)
BATCH: Final = 5_000
AGENTS: Final = tuple(f"{number}" for number in range(101, 221))
REVIEWERS: Final = tuple(f"user:qa{number}" for number in range(1, 13))
BRANCHES: Final = ("", "", "kemerovo", "novokuznetsk", "yurga")
SAMPLES: Final = 4_000
CALLS_EACH: Final = 4
"""Calls of one number on the average."""
JUDGED: Final = 10
"""One talk of so many."""
SURVEYED, COMPLAINED, TRUSTED, LONG = 5, 10, 1_000, 60
"""One call of so many was asked, led to an appeal, is the trust line's; one recording of so many is long."""
_QUEUES: Final = ("skek-hotline",) * 7 + ("skek-office",) * 2 + ("skek-water",)
_GRADES: Final = ("met",) * 7 + ("partly", "missed", "absent")
_SHA: Final = "0" * 64
Rows = dict[str, list[dict[str, Any]]]
"""By table; each row its columns."""


def id_of(what: str, at: int) -> str:
    """An id that is no neighbour of its neighbours, as the product's own are."""
    return hashlib.blake2b(f"{what}{at}".encode(), digest_size=16).hexdigest()


def call_of(at: int) -> str:
    """The id of the `at`-th call."""
    return call_id("bench", "past", str(at))


def began(at: int, rows: int) -> datetime:
    """When it began."""
    return ENDS - YEAR * ((rows - at) / rows)


def agent_of(at: int) -> str:
    """Who answered it."""
    return AGENTS[(at * 7 + at // JUDGED) % len(AGENTS)]


def phone_of(at: int, rows: int) -> str:
    """The number of a talk's caller, who calls CALLS_EACH times in the year."""
    caller = at * 17 % (rows // CALLS_EACH)
    return f"+7913{caller * 7_654_321 % 10_000_000:07d}"


def batches(company: Company, rows: int) -> Iterator[Rows]:
    """All of it, in the order of time."""
    chance = random.Random(9)
    samples = said.talks(chance, SAMPLES)
    cards = list(scorecards.of_installation(HOUSE / "dialplan"))
    yield {"scorecard_versions": [_version(card) for card in cards], "users": list(_people(company.id))}
    for first in range(0, rows, BATCH):
        made: Rows = {}
        for at in range(first, min(first + BATCH, rows)):
            _add_talk(made, company.id, at, rows, samples[at % SAMPLES], chance)
            if at % JUDGED == JUDGED // 2:
                _add_review(made, company.id, at, rows, cards[at // JUDGED % len(cards)], chance)
        yield made
    for batch in year_of_appeals(company, ENDS.year, rows // COMPLAINED, ProductionCalendar(), chance):
        if appeals := batch.rows.get("appeals"):
            yield {"appeals": [_of_call(row) for row in appeals]}


def _add_talk(made: Rows, company: str, at: int, rows: int, talk: said.SaidTalk, chance: random.Random) -> None:
    call, recording, start = call_of(at), id_of("recording", at), began(at, rows)
    answered = start + timedelta(seconds=40)
    seconds = round(chance.uniform(15, 400) if at % LONG else chance.uniform(600, 3_600), 1)
    ends, queue, phone = answered + timedelta(seconds=seconds), _queue_of(at), phone_of(at, rows)
    own = {"company_id": company, "branch": BRANCHES[_mixed(at) % len(BRANCHES)]}
    rare = said.NAMED[at * 31 % said.RARE]
    add = _adder(made)
    add(
        "calls",
        own | {"id": call, "node": "bench", "boot": "past", "linkedid": str(at), "dialled": "78005009494"},
        {"caller_raw": phone, "caller": phone, "flow_version": "f" * 64, "outcome": "talked"},
        {"started_at": start, "answered_at": start, "ended_at": ends, "notice_prompt": "notice"},
        {"notice_version": "1", "notice_started_at": start, "notice_ended_at": start, "notice_completed": True},
    )
    add(
        "queue_visits",
        {"id": id_of("visit", at), "call_id": call, "company_id": company, "queue": queue, "agent": agent_of(at)},
        {"priority": 10 if at % 200 == 0 else 0, "entered_at": start + timedelta(seconds=30), "left_at": answered},
        {"waited_s": 10.0, "outcome": "answered", "rang_s": 3, "missed": 0},
    )
    add(
        "recordings",
        {"id": recording, "call_id": call, "kind": "talk", "state": "stored", "started_at": answered},
        {"ended_at": ends, "file": f"{answered:%Y/%m/%d}/{recording}.flac", "sha256": _SHA, "wav_sha256": _SHA},
        {"bytes": int(seconds * 14_000), "seconds": seconds, "channels": 2, "appeal_id": None},
    )
    silence, over, hold = seconds * chance.random() * 0.7, chance.expovariate(0.2), max(0.0, chance.gauss(-40, 60))
    add(
        "talk_measures",
        {"recording_id": recording, "measured_at": ends, "problem": "", "seconds": seconds},
        {"caller_s": seconds * 0.3, "agent_s": seconds * 0.3, "silence_s": silence, "over_s": over, "hold_s": hold},
        {"monologue_s": 20.0, "noticed": "[]"},
    )
    for channel in (0, 1):
        add(
            "transcripts",
            {"id": id_of(f"transcript{channel}-", at), "recording_id": recording, "channel": channel, "attempts": 1},
            {"state": "heard", "holder": "", "held_until": ends, "words": talk.stored(channel, rare), "problem": ""},
            {"engine": "whisper", "model": "bench", "heard_at": ends},
        )
    add("spoken_words", {"recording_id": recording, "talk": talk, "rare": rare, "at": answered})
    if at % SURVEYED == 0:
        score = chance.choice((1, 2, 3, 4, 4, 5, 5, 5, None))
        about = {"agent": agent_of(at), "queue": queue, "topic": "outages", "asked_at": ends, "score": score}
        add("call_surveys", own | {"id": id_of("survey", at), "call_id": call}, about)
    if at % TRUSTED == 1:
        add("trust_calls", {"call_id": call, "at": ends, "cleared_at": ends})


def _add_review(made: Rows, company: str, at: int, rows: int, card: Scorecard, chance: random.Random) -> None:
    """Finished the day after; the last ones are in their reviewers' hands yet, two at least."""
    done = began(at, rows) + timedelta(days=1)
    in_hand = done > ENDS or at >= rows - 2 * JUDGED
    review, add = id_of("review", at), _adder(made)
    add(
        "reviews",
        {"id": review, "company_id": company, "branch": BRANCHES[_mixed(at) % len(BRANCHES)], "call_id": call_of(at)},
        {"agent": agent_of(at), "agent_id": id_of("agent", int(agent_of(at))), "queue": _queue_of(at)},
        {"talked_at": began(at, rows), "reason": "lot", "card": card.code, "card_version": card.version},
        {"calibration_id": None, "reviewer": REVIEWERS[at // JUDGED % len(REVIEWERS)], "claimed_at": done},
        {"leased_until": done + timedelta(hours=1), "state": "judging" if in_hand else "finished", "comment": ""},
        {"total": None if in_hand else chance.randint(40, 100), "failed_point": "", "answer": None},
        {"finished_at": None if in_hand else done, "answer_by": None if in_hand else done, "answered_at": None},
    )
    for place, point in enumerate(card.points):
        grade = "met" if point.fails else _GRADES[int(chance.random() * len(_GRADES))]
        add(
            "review_grades",
            {"id": id_of(f"grade{place}-", at), "review_id": review, "point": point.code, "grade": grade},
            {"second": 12.0, "recording_id": id_of("recording", at), "note": "", "decided": None},
        )


def _adder(made: Rows) -> Any:
    def add(table: str, *parts: dict[str, Any]) -> None:
        row: dict[str, Any] = {}
        for part in parts:
            row |= part
        made.setdefault(table, []).append(row)

    return add


def _of_call(appeal: dict[str, Any]) -> dict[str, Any]:
    at = int(appeal["sequence"]) * COMPLAINED - 1
    return {column.name: appeal.get(column.name) for column in Appeal.__table__.columns} | {"call_id": call_of(at)}


def _version(card: Scorecard) -> dict[str, Any]:
    return {"version": card.version, "code": card.code, "body": card.model_dump_json(), "kept_at": ENDS - YEAR}


def _people(company: str) -> Iterator[dict[str, Any]]:
    own = {"company_id": company, "branch": "", "password_hash": "", "one_time": False, "created_at": ENDS - YEAR}
    for agent in AGENTS:
        yield (
            own
            | {"id": id_of("agent", int(agent)), "login": f"a{agent}", "name": f"Оператор {agent}"}
            | {
                "role": "agent",
                "agent": agent,
            }
        )
    for reviewer in REVIEWERS:
        login = reviewer.removeprefix("user:")
        yield own | {"id": id_of(login, 0), "login": login, "name": login, "role": "qa", "agent": None}


def _queue_of(at: int) -> str:
    return _QUEUES[_mixed(at) % len(_QUEUES)]


def _mixed(at: int) -> int:
    """So that one talk of ten is of every kind there is."""
    return at + at // JUDGED
