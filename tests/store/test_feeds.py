"""Feeds of outages: whole or refused whole, what is silent ends by its own rule, and how old it is is never hidden."""

from __future__ import annotations

import fcntl
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from grid import feeds
from grid.feeds.folder import FeedFolders, given
from grid.feeds.intake import FeedIntake
from grid.imports import HandedTable, Outcome, outage_store
from grid.imports.outages import ReadTable, import_outages
from grid.imports.premises import import_premises
from grid.outages.dispatch import changing, ending, publishing
from grid.outages.dispatch.publishing import NewOutage
from grid.outages.models import Feed, Outage, OutageEvent, OutageScope, OutageSource, OutageStatus, Service
from grid.outages.scopes import ScopePart
from gridline.companies import Companies, FeedRule
from gridline.db import Database
from gridline.errors import InvalidInput, Unavailable
from tests.store.conftest import TableFile

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
HEAD = "номер;вид;начало;ожидаемое окончание;линия"
A1, A2 = "А-1;аварийное;22.11.2026 10:00;;Ф-1", "А-2;аварийное;22.11.2026 11:00;;Ф-2"
AHEAD = "П-1;плановое;25.11.2026 10:00;25.11.2026 12:00;Ф-3"
SNAPSHOT = FeedRule(name="scada", title="АСУ ТП", way="folder", tells="snapshot", old_after_min=30)
CHANGES = FeedRule(name="dispatch", title="Журнал ОДС", way="folder", tells="changes")


class Watch:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


class Station:
    """A company's folders of feeds, and what the store has of them."""

    def __init__(self, db: Database, companies: Companies, folder: Path) -> None:
        self.db, self.clock, self.folder = db, Watch(), folder
        self.company = companies.by_id("skek").model_copy(update={"feeds": (SNAPSHOT, CHANGES)})
        self.companies = Companies({one.id: one for one in companies} | {"skek": self.company})
        self.intake = FeedIntake(db, self.clock)
        self.folders = FeedFolders(folder, self.companies, self.intake, self.clock)

    def put(self, *lines: str, feed: str = "scada", name: str = "off.csv", settled: bool = True) -> Path:
        return self.put_bytes("\n".join(lines).encode(), feed, name, settled=settled)

    def put_bytes(self, data: bytes, feed: str, name: str, *, settled: bool = True) -> Path:
        file = self.folder / "skek" / feed / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        if settled:
            os.utime(file, (time.time() - 60, time.time() - 60))
        return file

    def said(self, what: str, feed: str = "scada") -> list[str]:
        """What stands beside the files that were taken in, or refused."""
        texts = sorted((self.folder / "skek" / feed / what).glob("*.txt"))
        return [text.read_text(encoding="utf-8").strip() for text in texts]

    async def states(self) -> dict[str, str]:
        async with self.db.read() as session:
            return {one.code: one.status.value for one in await session.scalars(select(Outage))}

    async def outage(self, code: str) -> Outage:
        async with self.db.read() as session:
            return (await session.scalars(select(Outage).where(Outage.code == code))).one()

    async def history(self, code: str) -> list[str]:
        """What happened to an outage, the first first."""
        outage = await self.outage(code)
        async with self.db.read() as session:
            query = select(OutageEvent.kind).where(OutageEvent.outage_id == outage.id).order_by(OutageEvent.at)
            return [kind.value for kind in await session.scalars(query)]

    async def feed(self, name: str = "scada") -> Feed:
        async with self.db.read() as session:
            found = await session.get(Feed, {"company_id": "skek", "name": name})
            assert found is not None
            return found

    async def silence(self) -> timedelta | None:
        async with self.db.read() as session:
            return await feeds.age(session, self.company, self.clock.at)


@pytest.fixture
def station(db: Database, companies: Companies, tmp_path: Path) -> Station:
    return Station(db, companies, tmp_path / "feeds")


async def test_a_snapshot_says_all_that_is_off_and_what_it_no_longer_names_is_on_again(station: Station) -> None:
    station.put(HEAD, A1, A2, AHEAD, "конец;3")
    await station.folders.sweep()
    assert await station.states() == {"А-1": "active", "А-2": "active", "П-1": "announced"}
    assert station.said("done") == ["Добавлено: 3, изменено: 0, без изменений: 0."]
    station.clock.at += timedelta(minutes=10)
    station.put(HEAD, A2, "Конец;1")
    await station.folders.sweep()
    assert await station.states() == {"А-1": "restored", "А-2": "active", "П-1": "cancelled"}
    async with station.db.read() as session:
        (ended,) = await session.scalars(select(Outage).where(Outage.code == "А-1"))
        assert (ended.actual_end, ended.confirmed_at, ended.version) == (station.clock.at, None, 2)
        events = await session.execute(
            select(OutageEvent.kind, OutageEvent.actor)
            .where(OutageEvent.outage_id == ended.id)
            .order_by(OutageEvent.at)
        )
        assert [(kind.value, actor) for kind, actor in events] == [
            ("published", "feed:scada"),
            ("restored", "feed:scada"),
        ]


async def test_planned_works_that_a_snapshot_forgets_after_their_time_ended_when_they_were_to(station: Station) -> None:
    station.put(HEAD, AHEAD, "конец;1")
    await station.folders.sweep()
    station.clock.at = datetime(2026, 11, 26, tzinfo=UTC)
    station.put(HEAD, "конец;0")
    await station.folders.sweep()
    async with station.db.read() as session:
        (over,) = await session.scalars(select(Outage))
    assert (over.status, over.actual_end) == (OutageStatus.RESTORED, datetime(2026, 11, 25, 5, 0, tzinfo=UTC))


async def test_a_list_of_changes_ends_nothing_that_it_does_not_name(station: Station) -> None:
    station.put(HEAD, A1, A2, "конец;2", feed="dispatch")
    await station.folders.sweep()
    station.put(f"{HEAD};окончание", f"{A1};22.11.2026 11:30", "конец;1", feed="dispatch")
    await station.folders.sweep()
    assert await station.states() == {"А-1": "restored", "А-2": "active"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEAD, A1), "файл пришёл не целиком"),
        ((HEAD, A1, "А-2;аварий"), "файл пришёл не целиком"),
        ((HEAD, A1, "конец;2"), "файл не цел"),
        ((HEAD, A1, "конец"), "файл не цел"),
        ((HEAD, A1, "конец;1", A2), "файл не цел"),
        ((), "нет столбцов"),
        ((HEAD, A1, "А-2;аварийное;22.11.2026 12:00;22.11.2026 11:00;Ф-2", "конец;2"), "не позже начала"),
        ((HEAD, A1, "А-2;аварийное;22.11.2026 11:00;;Ф-1", "конец;2"), "пересекается с отключением А-1"),
        ((f"компания;{HEAD}", f"mrsk-centra;{A1}", "конец;1"), "другой компании: mrsk-centra"),
    ],
)
async def test_half_a_file_and_a_wrong_one_are_refused_whole_and_the_old_truth_stays(
    station: Station, lines: tuple[str, ...], said: str
) -> None:
    station.put(HEAD, A1, A2, "конец;2")
    await station.folders.sweep()
    station.clock.at += timedelta(minutes=20)
    station.put(*lines)
    await station.folders.sweep()
    assert await station.states() == {"А-1": "active", "А-2": "active"}
    (reason,) = station.said("refused")
    assert said in reason
    feed = await station.feed()
    assert (feed.good_at, feed.heard_at, feed.problem) == (NOW, station.clock.at, reason)
    assert not list((station.folder / "skek/scada").glob("*.csv")), "it is not tried again and again"


async def test_tables_of_other_kinds_and_what_is_no_table(station: Station) -> None:
    book = Workbook()
    sheet = book.create_sheet(index=0)
    for row in (HEAD.split(";"), A1.split(";"), ["конец", 1]):
        sheet.append(row)
    file = station.folder / "skek/scada/off.xlsx"
    file.parent.mkdir(parents=True)
    book.save(file)
    whole = file.read_bytes()
    station.put_bytes(whole, "scada", "off.xlsx")
    await station.folders.sweep()
    assert await station.states() == {"А-1": "active"}
    station.put_bytes(whole[:2000], "scada", "half.xlsx")
    rows = [{"номер": "А-1", "вид": "аварийное", "начало": "2026-11-22T10:00:00+07:00", "линия": ["Ф-1", "Ф-2"]}]
    station.put_bytes(json.dumps(rows).encode(), "dispatch", "taken.json")
    station.put_bytes(json.dumps(rows).encode()[:-1], "dispatch", "half.json")
    station.put_bytes(b"{}", "dispatch", "no-list.json")
    station.put_bytes(b"MZ", "dispatch", "off.exe")
    await station.folders.sweep()
    assert len(station.said("refused")) == 1
    told = " ".join(station.said("refused", "dispatch"))
    assert len(station.said("refused", "dispatch")) == 4
    assert "ведёт источник «scada»" in told
    assert "не целый JSON" in told
    assert "нужен список объектов" in told
    assert "нужен файл CSV, XLSX или JSON" in told


async def test_what_is_still_being_written_and_what_is_no_file_is_left_alone(station: Station, tmp_path: Path) -> None:
    written = station.put(HEAD, A1, settled=False)
    part = station.put(HEAD, A1, name="off.csv.part")
    elsewhere = tmp_path / "secret.csv"
    elsewhere.write_text("пароль")
    link = station.folder / "skek/scada/link.csv"
    link.symlink_to(elsewhere)
    await station.folders.sweep()
    assert written.exists()
    assert part.exists()
    assert link.is_symlink()
    assert station.said("refused") == []


async def test_two_processes_do_not_take_one_file(station: Station) -> None:
    file = station.put(HEAD, A1, "конец;1")
    with (file.parent / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        await station.folders.sweep()
        assert file.exists()
    await station.folders.sweep()
    assert not file.exists()


async def test_a_store_that_is_away_leaves_the_file_for_later(station: Station, sqlite_db: Database) -> None:
    await station.db.close()
    gone = Database("sqlite+aiosqlite:////nowhere/gridline.db")
    away = FeedFolders(station.folder, station.companies, FeedIntake(gone, station.clock), station.clock)
    file = station.put(HEAD, A1, "конец;1")
    with pytest.raises(Unavailable):
        await away.sweep()
    assert file.exists()


async def test_a_feed_that_dies_grows_old_and_a_wrong_file_does_not_make_it_young(station: Station) -> None:
    assert await station.silence() is None, "what never came has no age to be told"
    async with station.db.read() as session:
        (never, _) = await feeds.ages(session, station.company, NOW)
    assert (never.good_at, never.is_old, never.title) == (None, True, "АСУ ТП")
    station.put(HEAD, A1, "конец;1")
    await station.folders.sweep()
    station.clock.at += timedelta(minutes=30)
    assert await station.silence() is None
    station.clock.at += timedelta(minutes=1)
    station.put(HEAD, A1)
    await station.folders.sweep()
    assert await station.silence() == timedelta(minutes=31)
    station.put(HEAD, A1, "конец;1")
    await station.folders.sweep()
    assert await station.silence() is None


async def test_nobody_changes_what_somebody_else_keeps(
    station: Station, companies: Companies, table_file: TableFile
) -> None:
    await import_outages(station.db, HandedTable(table_file(HEAD, A1), companies, "skek"))
    station.put(HEAD, A1, "конец;1")
    station.put(HEAD, A1.replace("А-1", "А-7"), "конец;1", name="other.csv", feed="dispatch")
    await station.folders.sweep()
    assert "отключение А-1 ведёт таблица" in station.said("refused")[0]
    assert "Отключение А-7 пересекается с А-1" in station.said("done", "dispatch")[0]
    station.put(HEAD, "конец;0")
    await station.folders.sweep()
    assert await station.states() == {"А-1": "active", "А-7": "active"}, "a snapshot ends what it keeps itself"


async def test_what_a_dispatcher_changed_is_theirs_and_the_next_file_leaves_it_alone(station: Station) -> None:
    station.put(HEAD, A1, A2, "конец;2")
    await station.folders.sweep()
    hour = NOW + timedelta(hours=3)
    async with station.db.write() as session:
        await changing.correct_hour(session, (await station.outage("А-1")).id, 1, hour, "user:anna", NOW)
    station.clock.at += timedelta(minutes=10)
    station.put(HEAD, f"{A1};", A2.replace(";;", ";22.11.2026 18:00;"), "конец;2")
    await station.folders.sweep()
    kept, changed = await station.outage("А-1"), await station.outage("А-2")
    assert (kept.expected_end, kept.source, kept.feed, kept.version) == (hour, OutageSource.DISPATCHER, "scada", 2)
    assert changed.expected_end == datetime(2026, 11, 22, 11, 0, tzinfo=UTC), "the rest of the file counts"
    assert "Отключение А-1 теперь ведёт диспетчер: строка 2 его не изменила." in station.said("done")[-1]
    station.put(HEAD, "конец;0")
    await station.folders.sweep()
    assert await station.states() == {"А-1": "active", "А-2": "restored"}, "nor does its silence end it"
    station.put(HEAD, A1, "конец;1", feed="dispatch")
    await station.folders.sweep()
    assert "отключение А-1 ведёт диспетчер: уберите строку" in station.said("refused", "dispatch")[0]


async def test_a_table_does_not_take_back_what_a_dispatcher_restored(
    station: Station, companies: Companies, table_file: TableFile
) -> None:
    """The rest of the table is taken in; a number that was a dispatcher's from the start is still refused."""

    async def handed_in(*rows: str) -> Outcome:
        return await import_outages(station.db, HandedTable(table_file(HEAD, *rows), companies, "skek"))

    await handed_in(A1, A2)
    async with station.db.write() as session:
        await ending.restore(session, (await station.outage("А-1")).id, 1, NOW, "user:anna", NOW)
    left = ("Отключение А-1 теперь ведёт диспетчер: строка 2 его не изменила.",)
    assert await handed_in(A1, A2.replace(";;", ";22.11.2026 18:00;")) == Outcome(0, 1, 0, left)
    assert await station.states() == {"А-1": "restored", "А-2": "active"}
    assert (await station.outage("А-1")).version == 2
    assert (await handed_in(A1)).sentence == "Изменений нет."
    async with station.db.write() as session:
        new = NewOutage("skek", Service.ELECTRICITY, (ScopePart(line="Ф-9"),), NOW)
        own = (await publishing.publish(session, new, "user:anna", NOW)).outage
    with pytest.raises(InvalidInput, match=f"отключение {own.code} ведёт диспетчер: уберите строку"):
        await handed_in(A2, A1.replace("А-1", own.code))


async def test_every_change_of_status_is_in_its_history_and_a_second_restoration_is_unconfirmed(
    station: Station,
) -> None:
    whole, ended = f"{HEAD};окончание", f"{A1};22.11.2026 11:30"
    rows = [f"{AHEAD};", f"{AHEAD};;идёт", f"{AHEAD};;отменено", f"{AHEAD};;объявлено"]
    for number, row in enumerate(rows):
        station.put(f"{whole};статус", row, "конец;1", feed="dispatch", name=f"{number}.csv")
        station.clock.at += timedelta(minutes=1)
        await station.folders.sweep()
    assert await station.history("П-1") == ["published", "begun", "cancelled", "announced"]
    for row in (f"{A1};", ended, f"{A1};", ended):
        station.put(whole, row, "конец;1", feed="dispatch")
        station.clock.at += timedelta(minutes=1)
        await station.folders.sweep()
        outage = await station.outage("А-1")
        assert outage.confirmed_at is None
        if outage.status is OutageStatus.RESTORED:
            async with station.db.write() as session:
                await ending.confirm(session, outage.id, "gridline", station.clock.at)
    assert await station.history("А-1") == ["published", "restored", "confirmed", "resumed", "restored", "confirmed"]
    station.put(whole, ended.replace(";;Ф-1", ";22.11.2026 11:30;Ф-1"), "конец;1", feed="dispatch")
    await station.folders.sweep()
    assert (await station.outage("А-1")).confirmed_at is not None, "what is confirmed stays so while it stays restored"


async def test_an_account_and_a_number_without_their_zeros_are_still_the_ones_they_were(
    station: Station, companies: Companies, table_file: TableFile
) -> None:
    homes = [f"{number:06};Иванов;г. Кемерово;ул. Мира;{number}" for number in range(1, 1201)]
    file = table_file("лицевой счёт;абонент;населённый пункт;улица;дом", *homes)
    await import_premises(station.db, HandedTable(file, companies, "skek"))
    head = "номер;вид;начало;лицевые счета"
    off = [f"{number:05};аварийное;22.11.2026 10:00;{number}" for number in range(1, 701)]
    assert await import_outages(station.db, HandedTable(table_file(head, *off), companies, "skek")) == Outcome(
        700, 0, 0
    )
    bare = [row.lstrip("0") for row in off]
    assert await import_outages(station.db, HandedTable(table_file(head, *bare), companies, "skek")) == Outcome(
        0, 0, 700
    )
    async with station.db.read() as session:
        assert await session.scalar(select(func.count(OutageScope.premise_id.distinct()))) == 700
    named = await ReadTable.of(station.db, HandedTable(table_file(head, bare[6]), companies, "skek"))
    async with station.db.read() as session:
        assert list(await outage_store.named(session, named.rows)) == [("skek", "00007")], "no other outage is loaded"
        assert list(await outage_store.accounts(session, named.rows)) == [("skek", "000007")], "nor any other account"


@pytest.mark.parametrize("rows", [None, [1], [{"номер": {}}], [{"номер": [[{}]]}]])
def test_json_that_is_no_rows(rows: object) -> None:
    with pytest.raises(InvalidInput, match=r"^scada: "):
        given("scada", rows)
