"""Search of talks on both databases: words in any form, every filter, and nothing that is not the asker's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from appeals.personal_data import trust
from gridline.clock import SystemClock
from gridline.db import Database
from gridline.scope import Scope
from quality.measures.measuring import Measuring
from quality.measures.models import TalkMeasures
from quality.search import moments, search
from quality.search.search import SearchedTalks
from quality.transcripts.transcription import Transcription
from quality.transcripts.transcripts import SpokenChannel, SpokenWord
from recordings.store import Store
from tests.console.calls import stored_call
from tests.console.conftest import COMPANY, OTHER_COMPANY
from tests.table_ears import TableEars, heard


@dataclass(frozen=True)
class Kept:
    """Where calls are stored."""

    db: Database
    recordings: Path


async def taken_in(kept: Kept, said: dict[str, tuple[str, str]]) -> None:
    """Have these recordings heard and all measured."""
    table = {(id, side): words for id, both in said.items() for side, words in enumerate(both)}
    clock, store = SystemClock(), Store.in_folder(kept.recordings)
    heard_all = Transcription(kept.db, clock, TableEars(table), store, node="n", is_quiet=lambda: True, days=30)
    await heard_all.run_once()
    await Measuring(kept.db, clock, store, is_quiet=lambda: True, days=30).run_once()


async def found(db: Database, wanted: SearchedTalks, scope: Scope = Scope(COMPANY)) -> list[str]:  # noqa: B008
    async with db.read() as session:
        rows, _ = await search.page(session, COMPANY, wanted, visible_to=scope, most=10)
    return [row.recording.id for row in rows]


async def test_talks_are_found_by_words_and_by_what_is_known_of_them(db: Database, tmp_path: Path) -> None:
    kept, now = Kept(db, tmp_path), datetime.now(UTC)
    wire = await stored_call(kept, now - timedelta(minutes=1))
    meter = await stored_call(kept, now - timedelta(minutes=2), agent="102", queue="skek-office", seconds=20)
    secret = await stored_call(kept, now - timedelta(minutes=3))
    theirs = await stored_call(kept, now - timedelta(minutes=4), company=OTHER_COMPANY, queue="mrsk-hotline")
    said = {
        wire.recording: ("оборвался провод и искрит мой телефон девять ноль ноль пять пять", "здравствуйте выезжаем"),
        meter.recording: ("поменяйте счётчик петрову", "поверка счётчиков платная"),
        secret.recording: ("мастер вымогает деньги за провод", "записала"),
        theirs.recording: ("провод", "да"),
    }
    await taken_in(kept, said)
    async with db.write() as session:
        await trust.shut(session, [secret.call], now)
        of_wire = update(TalkMeasures).where(TalkMeasures.recording_id == wire.recording)
        await session.execute(of_wire.values(silence_s=6.0, over_s=3.5))
        of_meter = update(TalkMeasures).where(TalkMeasures.recording_id == meter.recording)
        await session.execute(of_meter.values(hold_s=75.0))
    base = SearchedTalks(since=now - timedelta(days=1), before=now + timedelta(days=1))
    both = [wire.recording, meter.recording]
    for changes, expected in (
        ({}, both),
        ({"words": "провода искрят"}, [wire.recording]),
        ({"words": "счетчики"}, [meter.recording]),
        ({"words": "провод выезжать"}, [wire.recording]),
        ({"words": "провод счётчик"}, []),
        ({"words": "и в на"}, []),
        ({"words": "петров"}, []),
        ({"words": "девять"}, []),
        ({"words": "' OR \" * провод"}, [wire.recording]),
        ({"agent": "102"}, [meter.recording]),
        ({"queue": "skek-hotline"}, [wire.recording]),
        ({"topic": "quality"}, []),
        ({"least_s": 15}, [meter.recording]),
        ({"most_s": 15}, [wire.recording]),
        ({"silence_per_cent": 40}, [wire.recording]),
        ({"silence_per_cent": 60}, []),
        ({"over_s": 3}, [wire.recording]),
        ({"over_s": 4}, []),
        ({"hold_s": 60}, [meter.recording]),
        ({"since": now + timedelta(hours=1)}, []),
    ):
        assert await found(db, replace(base, **changes)) == expected, changes
    assert await found(db, base, Scope(COMPANY, trust=True)) == [secret.recording]
    assert await found(db, replace(base, words="деньги"), Scope(OTHER_COMPANY)) == []
    async with db.read() as session:
        first, more = await search.page(session, COMPANY, base, visible_to=Scope(COMPANY), most=1)
        last = first[0]
        rest, end = await search.page(
            session, COMPANY, base, visible_to=Scope(COMPANY), after=(last.call.started_at, last.recording.id), most=1
        )
    assert ([row.recording.id for row in [*first, *rest]], more, end) == (both, True, False)


def test_a_hit_is_told_by_its_second() -> None:
    words = [SpokenWord(word.text, word.start_s, word.end_s) for word in heard("у нас | искрит провод на столбе").words]
    (moment,) = moments.of_words("провода", [SpokenChannel("Абонент", tuple(words))])
    assert (moment.at, moment.who) == (3.5, "Абонент")
    assert moment.words == (("искрит", False), ("провод", True), ("на", False), ("столбе", False))
