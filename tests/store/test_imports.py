"""Imports: all or nothing, every wrong row by number and reason, the same table twice changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from grid import connections, outages, premises
from grid.imports import HandedTable, Outcome
from grid.imports.connections import import_connections
from grid.imports.net import import_net
from grid.imports.outages import import_outages
from grid.imports.premises import import_premises
from grid.models import Premise, PremisePhone, Subscriber, SubscriberKind, Turn
from grid.outages import reports
from grid.outages.models import Outage, OutageScope, Service
from grid.outages.reports import OutageContact
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import InvalidInput
from gridline.numbers.applications import ApplicationNumbers
from gridline.settings import HOUSE
from tests.store.conftest import TableFile

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SAMPLES = HOUSE / "grid" / "samples"
HEAD = "компания;лицевой счёт;объект;абонент;населённый пункт;улица;дом;линия;телефоны"
FIRST = "skek;120034001;;Иванов П. С.;г. Кемерово;ул. Весенняя;5;ф. 12;8-913-120-34-01"
SECOND = "skek;120034002;;Смирнова А. В.;г. Кемерово;ул. Мира;7;ф. 3;"
OUTAGES = "компания;номер;вид;начало;ожидаемое окончание;окончание;статус;линия;лицевые счета;населённый пункт;улицы"


def sample(companies: Companies, name: str, now: datetime = NOW) -> HandedTable:
    return HandedTable(SAMPLES / f"{name}.csv", companies, offsets_from=now)


async def count(db: Database, model: type) -> int:
    async with db.read() as session:
        return (await session.execute(select(func.count()).select_from(model))).scalar_one()


def wrong_rows(caught: pytest.ExceptionInfo[InvalidInput]) -> dict[int, str]:
    lines = caught.value.message.splitlines()[1:]
    return {int(line.split(":")[0].split()[1]): line.split(": ", 1)[1] for line in lines}


async def test_the_samples_load_answer_and_load_again(db: Database, companies: Companies) -> None:
    for importer, name in (
        (import_net, "net"),
        (import_premises, "premises"),
        (import_outages, "outages"),
        (import_connections, "connections"),
    ):
        first = await importer(db, sample(companies, name))
        assert first.added > 5
        again = await importer(db, sample(companies, name))
        assert again == Outcome(0, 0, first.added)
        assert again.sentence.startswith("Изменений нет")
    async with db.read() as session:
        (home,) = await premises.by_phone(session, "skek", "+79131203401")
        assert home.address == "г. Кемерово, ул. Весенняя, д. 5, корп. 2, кв. 10"
        (off,) = await outages.current_for(session, home, NOW)
        assert (off.cause, off.starts_at) == ("повреждение кабельной линии", NOW - timedelta(hours=2))
        assert off.expected_end == NOW + timedelta(hours=3)
        both = await premises.by_account(session, "skek", "120034004")
        assert [premise.settlement for premise in both] == ["г. Берёзовский", "п. Барзас"]
        assert await outages.current_for(session, both[0], NOW) == []
        (unknown,) = await outages.current_for(session, both[1], NOW)
        assert (unknown.cause, unknown.expected_end) == ("", None)
        (ahead,) = await outages.planned_for(
            session, (await premises.by_account(session, "skek", "120034003"))[0], NOW, timedelta(days=3)
        )
        assert ahead.cause == "замена опор"
        (status,) = await connections.by_digits(session, "skek", "26001034")
        assert (status.stage, status.stages, status.name) == (3, 5, "выполнение мероприятий")
        assert (status.turn, status.due) == (Turn.APPLICANT, (NOW + timedelta(days=12, hours=7)).date())
        assert status.next_step.startswith("Установите вводной щит")
        (over,) = await connections.by_digits(session, "mrsk-centra", "76002137")
        assert over.finished


async def test_samples_are_refused_as_real_tables(db: Database, companies: Companies) -> None:
    with pytest.raises(InvalidInput, match="нет такой даты и времени"):
        await import_outages(db, HandedTable(SAMPLES / "outages.csv", companies))
    assert await count(db, Outage) == 0


async def test_one_wrong_row_and_nothing_is_loaded(db: Database, companies: Companies, table_file: TableFile) -> None:
    with pytest.raises(InvalidInput) as caught:
        await import_premises(db, HandedTable(table_file(HEAD, FIRST, SECOND, "skek;12x;;А;Б;В;1;;"), companies))
    assert wrong_rows(caught) == {4: "«лицевой счёт»: нужны только цифры, а не «12x»"}
    assert await count(db, Premise) == await count(db, Subscriber) == 0


async def test_each_way_a_premise_can_be_wrong(db: Database, companies: Companies, table_file: TableFile) -> None:
    wrong = {
        ";1;;А;Б;В;1;;": "«компания» не заполнено",
        "nobody;1;;А;Б;В;1;;": "nobody",
        "skek;;;А;Б;В;1;;": "«лицевой счёт» не заполнено",
        "skek;1234567890123456789012;;А;Б;В;1;;": "длиннее 20 цифр",
        "skek;1;;;Б;В;1;;": "«абонент» не заполнено",
        "skek;2;;А;;В;1;;": "«населённый пункт» не заполнено",
        f"skek;3;;{'А' * 201};Б;В;1;;": "длиннее 200",
        "skek;4;;А;Б;В;1;;112": "«112» — не телефонный номер",
        "skek;120034001;;Иванов П. С.;Б;В;1;;": "объект 120034001 уже есть в строке 2",
        "skek;120034001;120034001-2;Петров;Б;В;1;;": "счёт 120034001 в строке 2 записан на другого абонента",
        "skek;5;;=cmd();Б;В;1;;": "начинается как формула",
    }
    with pytest.raises(InvalidInput) as caught:
        await import_premises(db, HandedTable(table_file(HEAD, FIRST, *wrong), companies))
    told = wrong_rows(caught)
    assert list(told) == list(range(3, 3 + len(wrong)))
    for reason, expected in zip(told.values(), wrong.values(), strict=True):
        assert expected in reason


async def test_a_changed_premise_is_changed_and_nothing_else(
    db: Database, companies: Companies, table_file: TableFile
) -> None:
    load = [HEAD, FIRST, SECOND]
    assert await import_premises(db, HandedTable(table_file(*load), companies)) == Outcome(2, 0, 0)
    async with db.read() as session:
        (before,) = await premises.by_account(session, "skek", "120034001")
    for changed in (
        FIRST.replace("Иванов", "Иванова"),
        FIRST.replace("Иванов", "Иванова").replace("ф. 12", "ф. 13"),
        FIRST.replace("Иванов", "Иванова").replace("ф. 12", "ф. 13").replace("34-01", "34-09, 89131203410"),
    ):
        assert await import_premises(db, HandedTable(table_file(HEAD, changed, SECOND), companies)) == Outcome(0, 1, 1)
    async with db.read() as session:
        assert await premises.by_phone(session, "skek", "+79131203401") == []
        (after,) = await premises.by_phone(session, "skek", "+79131203409")
        assert (after.id, after.line) == (before.id, "ф. 13")
        assert await premises.by_phone(session, "mrsk-centra", "+79131203409") == []
    assert await count(db, PremisePhone) == 2
    # A table without the rest of the premises removes nothing.
    assert await import_premises(db, HandedTable(table_file(HEAD, SECOND), companies)) == Outcome(0, 0, 1)
    assert await count(db, Premise) == 2


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("0012345678", "12345678"),
        ("0012345678", "0012-345678"),
        ("0012345678", "012345678"),
        ("12345678", "0012345678"),
        ("00000000000000000001", "1"),
        ("1234567890123456", "1234567890123456"),
    ],
)
async def test_an_account_that_lost_its_zeros_is_the_same(
    db: Database, companies: Companies, table_file: TableFile, stored: str, written: str
) -> None:
    first = f"skek;{stored};;Иванов;г. Кемерово;ул. Мира;5;;+79131203401"
    assert await import_premises(db, HandedTable(table_file(HEAD, first), companies)) == Outcome(1, 0, 0)
    again = first.replace(stored, written)
    assert await import_premises(db, HandedTable(table_file(HEAD, again), companies)) == Outcome(0, 0, 1)
    off = f"skek;А-1;аварийное;22.11.2026;;;;;{written};;"
    assert await import_outages(db, HandedTable(table_file(OUTAGES, off), companies)) == Outcome(1, 0, 0)
    async with db.read() as session:
        (home,) = await premises.by_phone(session, "skek", "+79131203401")
        assert [one.id for one in await premises.by_account(session, "skek", written.replace("-", ""))] == [home.id]
        assert len(await outages.current_for(session, home, NOW)) == 1
    assert await count(db, Subscriber) == await count(db, Premise) == 1


async def test_zeros_that_may_be_those_of_several_are_refused(
    db: Database, companies: Companies, table_file: TableFile
) -> None:
    both = [f"skek;{account};;{name};г. Кемерово;;;;" for account, name in (("0012", "Иванов"), ("012", "Петров"))]
    assert await import_premises(db, HandedTable(table_file(HEAD, both[0]), companies)) == Outcome(1, 0, 0)
    with pytest.raises(InvalidInput, match="строка 3: объект 0012 уже есть в строке 2"):
        await import_premises(db, HandedTable(table_file(HEAD, both[0], both[1]), companies))
    async with db.write() as session:  # as a register before this rule may have them
        session.add(Subscriber(company_id="skek", account="012", name="Петров", kind=SubscriberKind.PERSON))
    with pytest.raises(InvalidInput, match="12 — ноли впереди потеряны, а есть 0012, 012"):
        await import_premises(db, HandedTable(table_file(HEAD, both[0].replace("0012", "12")), companies))
    async with db.read() as session:
        assert await premises.by_account(session, "skek", "12") == []
        assert len(await premises.by_account(session, "skek", "0012")) == 1


async def test_numbers_of_objects_and_outages_keep_their_zeros_too(
    db: Database, companies: Companies, table_file: TableFile
) -> None:
    home = "skek;77;00501;Иванов;г. Кемерово;;;ф. 1;"
    off = "skek;0041;аварийное;22.11.2026;;;;ф. 1;;;"
    assert await import_premises(db, HandedTable(table_file(HEAD, home), companies)) == Outcome(1, 0, 0)
    assert await import_premises(db, HandedTable(table_file(HEAD, home.replace("00501", "501")), companies)) == Outcome(
        0, 0, 1
    )
    assert await import_outages(db, HandedTable(table_file(OUTAGES, off), companies)) == Outcome(1, 0, 0)
    assert await import_outages(db, HandedTable(table_file(OUTAGES, off.replace("0041", "41")), companies)) == Outcome(
        0, 0, 1
    )


async def test_a_failed_look_up_deletes_no_phone(db: Database, companies: Companies, table_file: TableFile) -> None:
    assert await import_premises(db, HandedTable(table_file(HEAD, FIRST), companies)) == Outcome(1, 0, 0)
    with pytest.raises(InvalidInput, match="строка 2: в ячейке ошибка #N/A"):
        await import_premises(db, HandedTable(table_file(HEAD, FIRST.replace("8-913-120-34-01", "#N/A")), companies))
    assert await count(db, PremisePhone) == 1


@pytest.mark.parametrize(
    ("settlement", "street", "settlement_off", "street_off"),
    [
        ("г. Кемерово", "пр-кт Ленина", "Кемерово", "пр. Ленина"),
        ("г. Кемерово", "просп. Ленина", "гор. Кемерово", "Ленина проспект"),
        ("р.п. Промышленная", "ул. Мира", "пгт Промышленная", "Мира"),
        ("рабочий посёлок Промышленная", "Мира ул.", "рп Промышленная", "улица Мира"),
        ("пос. Барзас", "пер. Лесной", "п. Барзас", "переулок Лесной"),
        ("ст-ца Каневская", "", "станица Каневская", ""),
    ],
)
async def test_an_outage_is_told_however_its_place_is_written(
    db: Database,
    companies: Companies,
    table_file: TableFile,
    settlement: str,
    street: str,
    settlement_off: str,
    street_off: str,
) -> None:
    home = f"skek;77;;Иванов;{settlement};{street};5;;+79131203401"
    off = f"skek;А-1;аварийное;22.11.2026;;;;;;{settlement_off};{street_off}"
    other = "skek;А-2;аварийное;22.11.2026;;;;;;г. Кемерово;ул. Другая"
    await import_premises(db, HandedTable(table_file(HEAD, home), companies))
    await import_outages(db, HandedTable(table_file(OUTAGES, off, other), companies))
    async with db.read() as session:
        (premise,) = await premises.by_account(session, "skek", "77")
        assert [one.code for one in await outages.current_for(session, premise, NOW)] == ["А-1"]


async def test_rows_without_a_company_column_are_the_one_named(
    db: Database, companies: Companies, table_file: TableFile
) -> None:
    file = table_file("лицевой счёт,абонент,населённый пункт", "77,Иванов,Тверь", encoding="cp1251")
    assert await import_premises(db, HandedTable(file, companies, "mrsk-centra")) == Outcome(1, 0, 0)
    async with db.read() as session:
        (found,) = await premises.by_account(session, "mrsk-centra", "77")
    assert found.address == "Тверь"


async def test_each_way_an_outage_can_be_wrong(db: Database, companies: Companies, table_file: TableFile) -> None:
    wrong = {
        "skek;;плановое;22.11.2026 10:00;;;;ф. 1;;;": "«номер» не заполнено",
        "skek;1;может быть;22.11.2026 10:00;;;;ф. 1;;;": "плановое, аварийное",
        "skek;2;плановое;;;;;ф. 1;;;": "«начало» не заполнено",
        "skek;3;плановое;31.02.2026 10:00;;;;ф. 1;;;": "нет такой даты",
        "skek;4;плановое;22.11.2026 25:00;;;;ф. 1;;;": "нет такой даты",
        "skek;5;плановое;22.11.0026 10:00;;;;ф. 1;;;": "нет такой даты",
        "skek;6;плановое;22.11.2026 10:00;22.11.2026 09:00;;;ф. 1;;;": "не позже начала",
        "skek;7;аварийное;22.11.2026 10:00;;22.11.2026 10:00;;ф. 1;;;": "не позже начала",
        "skek;8;аварийное;22.11.2026 10:00;;;восстановлено;ф. 1;;;": "без времени",
        "skek;9;аварийное;22.11.2026 10:00;;22.11.2026 12:00;идёт;ф. 1;;;": "не кончилось",
        "skek;10;аварийное;22.11.2026 10:00;;;;;;;": "не сказано, кого касается",
        "skek;11;аварийное;22.11.2026 10:00;;;;;;;ул. Мира": "без «населённого пункта»",
        "skek;0;плановое;22.11.2026 10:00;;;;ф. 1;;;": "отключение 0 уже есть в строке 2",
        "skek;12;аварийное;22.11.2026 10:00;;;;;404, 405;;": "нет лицевых счетов: 404, 405",
        "skek;13;аварийное;22.11.2026 10:00;;;;;404;;": "нет лицевых счетов: 404",
    }
    with pytest.raises(InvalidInput) as caught:
        await import_outages(
            db, HandedTable(table_file(OUTAGES, "skek;0;плановое;22.11.2026;;;;ф. 1;;;", *wrong), companies)
        )
    told = wrong_rows(caught)
    assert list(told) == list(range(3, 3 + len(wrong)))
    for reason, expected in zip(told.values(), wrong.values(), strict=True):
        assert expected in reason
    assert await count(db, Outage) == 0


async def test_an_outage_in_the_companys_zone_and_its_end(
    db: Database, companies: Companies, table_file: TableFile
) -> None:
    await import_premises(db, HandedTable(table_file(HEAD, FIRST, SECOND), companies))
    begun = "skek;А-1;аварийное;22.11.2026 10:00;;;;;120034001;;"
    assert await import_outages(db, HandedTable(table_file(OUTAGES, begun), companies)) == Outcome(1, 0, 0)
    async with db.read() as session:
        (home,) = await premises.by_account(session, "skek", "120034001")
        (other,) = await premises.by_account(session, "skek", "120034002")
        (off,) = await outages.current_for(session, home, NOW)
        assert off.starts_at == datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # Kemerovo is seven hours ahead
        assert await outages.current_for(session, other, NOW) == []
    ended = "skek;А-1;аварийное;22.11.2026 10:00;;22.11.2026 11:30;;;120034001;г. Кемерово;ул. Мира"
    assert await import_outages(db, HandedTable(table_file(OUTAGES, ended), companies)) == Outcome(0, 1, 0)
    assert await count(db, OutageScope) == 2
    async with db.read() as session:
        assert await outages.current_for(session, home, NOW) == []


async def test_each_way_an_application_can_be_wrong(db: Database, companies: Companies, table_file: TableFile) -> None:
    head = "компания;номер;заявитель;адрес;дата заявки;этап;срок;очередь;порядок"
    wrong = {
        "skek;26001017;А;Б;01.11.2026;1;;;": "последняя цифра не контрольная",
        "skek;2600101;А;Б;01.11.2026;1;;;": "цифр в номере должно быть 8",
        "skek;26001016;;Б;01.11.2026;1;;;": "«заявитель» не заполнено",
        "skek;26001027;А;Б;01.11.2026;6;;;": "нужно одно из: 1, 2, 3, 4, 5, завершено",
        "skek;26001034;А;Б;01.11.2026;1;31.10.2026;;": "«срок» раньше даты заявки",
        "skek;76002113;А;Б;01.13.2026;1;;;": "нет такой даты",
        "skek;69002127;А;Б;01.11.2026;1;;кто-то;": "нужно одно из: заявитель, сеть",
        "skek;76002137;А;Б;01.11.2026;1;;;свой": "нужно одно из: standard-150, over-150",
        "skek;2600 1034;А;Б;01.11.2026;1;;;": "заявка 26001034 уже есть в строке 6",
    }
    with pytest.raises(InvalidInput) as caught:
        await import_connections(db, HandedTable(table_file(head, *wrong), companies))
    told = wrong_rows(caught)
    assert list(told) == list(range(2, 2 + len(wrong)))
    for reason, expected in zip(told.values(), wrong.values(), strict=True):
        assert expected in reason


async def test_a_large_connection_goes_by_a_track_of_its_own(
    db: Database, companies: Companies, table_file: TableFile
) -> None:
    rows = ("skek;26001016;А;Б;01.11.2026;4;over-150", "skek;26001027;В;Г;01.11.2026;4;")
    head = "компания;номер;заявитель;адрес;дата заявки;этап;порядок"
    await import_connections(db, HandedTable(table_file(head, *rows), companies))
    async with db.read() as session:
        (large,) = await connections.by_digits(session, "skek", "26001016")
        (usual,) = await connections.by_digits(session, "skek", "26001027")
    assert (large.stage, large.stages, large.name) == (4, 6, "проверка технических условий")
    assert (usual.stage, usual.stages, usual.name) == (4, 5, "фактическое присоединение")


async def test_a_companys_own_application_numbers_are_found_by_their_digits(
    db: Database, companies: Companies, table_file: TableFile
) -> None:
    numbers = ApplicationNumbers.model_validate({"digits": "4-12"})
    own = companies.by_id("skek").model_copy(update={"application_numbers": numbers})
    companies = Companies({own.id: own})
    head = "компания;номер;заявитель;адрес;дата заявки;этап"
    rows = (
        "skek;ТП-12/345;А;Б;01.11.2026;1",
        "skek;ТП-1/2345;В;Г;02.11.2026;2",
        "skek; П 26 - 7781  ;Д;Е;03.11.2026;1",
        "skek;2600-1017;Ж;З;03.11.2026;1",
    )
    assert await import_connections(db, HandedTable(table_file(head, *rows), companies)) == Outcome(4, 0, 0)
    assert await import_connections(db, HandedTable(table_file(head, *rows), companies)) == Outcome(0, 0, 4)
    async with db.read() as session:
        both = await connections.by_digits(session, "skek", "12345")
        assert [(one.number, one.stage) for one in both] == [("ТП-1/2345", 2), ("ТП-12/345", 1)], "the latest first"
        assert [one.number for one in await connections.by_digits(session, "skek", "267781")] == ["П 26 - 7781"]
        assert [one.number for one in await connections.by_digits(session, "skek", "26001017")] == ["26001017"]
    with pytest.raises(InvalidInput) as caught:
        await import_connections(db, HandedTable(table_file(head, "skek;ТП-123;А;Б;01.11.2026;1"), companies))
    assert wrong_rows(caught) == {2: "«номер»: ТП-123 — цифр в номере должно быть от 4 до 12"}


async def test_an_application_of_another_company_is_not_found(db: Database, companies: Companies) -> None:
    await import_connections(db, sample(companies, "connections"))
    async with db.read() as session:
        assert await connections.by_digits(session, "mrsk-centra", "26001034") == []


async def test_a_report_said_twice_in_a_call_is_one(db: Database, companies: Companies) -> None:
    await import_premises(db, sample(companies, "premises"))
    ids = []
    for recording in (None, "r" * 32):
        async with db.write() as session:
            (home,) = await premises.by_phone(session, "skek", "+79131203402")
            call = "c" * 32
            told = await reports.take(
                session, OutageContact("skek", Service.ELECTRICITY, NOW, call_id=call, premise=home)
            )
            spoken = await reports.take(
                session, OutageContact("skek", Service.ELECTRICITY, NOW, call_id=call, recording_id=recording)
            )
            await session.flush()
            ids.append((told.id, spoken.id))
    assert ids[0] == ids[1]
    assert spoken.recording_id == "r" * 32
    assert told.premise_id == home.id
