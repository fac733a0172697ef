"""`gridline import offices|passports|knowledge` at a terminal: tables into files, all or nothing, served at once."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from typer.testing import CliRunner, Result

from grid.knowledge import Knowledge
from grid.offices import offices
from grid.offices.book import OfficeBook
from grid.offices.serving import meant, served_places
from grid.reference.passports import Passports, PowerBand, WhoConnects
from gridline.companies import Companies
from gridline.errors import GridlineError, InvalidInput, Misconfigured
from gridline.settings import HOUSE
from service.cli import export, import_

SAMPLES = HOUSE / "grid" / "samples"
HEAD = "офис;адрес;телефон;категория;услуги;часы"
ROW = "Клин;г. Клин, ул. Мира, д. 5;8-800-700-40-70;1;подключение;пн-пт 9-17"


@pytest.fixture
def dialplan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dialplan of its own."""
    folder = tmp_path / "dialplan"
    shutil.copytree(HOUSE / "dialplan", folder)
    monkeypatch.setenv("GRIDLINE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GRIDLINE_DIALPLAN", str(folder))
    return folder


def gridline(*arguments: str | Path) -> Result:
    app = typer.Typer()
    import_.add_to(app)
    export.add_to(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def told(*arguments: str | Path) -> list[str]:
    result = gridline(*arguments)
    assert result.exception is None, result.exception
    return result.output.splitlines()


def refused(*arguments: str | Path) -> str:
    error = gridline(*arguments).exception
    assert isinstance(error, GridlineError)
    return error.message


def table(folder: Path, *lines: str, encoding: str = "utf-8-sig") -> Path:
    (folder / "table.csv").write_bytes("\n".join(lines).encode(encoding))
    return folder / "table.csv"


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def moesk(dialplan: Path) -> offices.Offices:
    companies = Companies.load(dialplan / "companies")
    return offices.load(dialplan / "offices/moesk.yaml", companies.by_id("moesk"))


def test_a_dry_run_shows_and_writes_nothing(dialplan: Path, tmp_path: Path) -> None:
    before = files(dialplan)
    for kind in ("offices", "passports", "knowledge"):
        shown = told("import", kind, SAMPLES / f"{kind}.csv", "--company", "moesk", "--smaller", "--dry-run")
        assert shown[0].startswith("Добавлено: ")
        assert shown[-1] == "Это проверка: файлы не изменены."
    assert files(dialplan) == before


def test_the_samples_load_and_load_again(dialplan: Path) -> None:
    for kind in ("offices", "passports", "knowledge"):
        told("import", kind, SAMPLES / f"{kind}.csv", "--company", "moesk", "--smaller")
        after = files(dialplan)
        assert told("import", kind, SAMPLES / f"{kind}.csv", "--company", "moesk")[0].startswith("Изменений нет")
        assert files(dialplan) == after
    loaded = moesk(dialplan)
    assert [one.id for one in loaded.offices][:2] == ["odintsovo", "mozhaysk"]
    first = loaded.offices[0]
    assert first.spoken_address == "город Одинцово, улица Образцовая, дом семь, корпус два"
    assert loaded.schedule(first).spoken == (
        "с понедельника по четверг с восьми до семнадцати часов, в пятницу с восьми до шестнадцати часов, "
        "перерыв с двенадцати часов до двенадцати часов сорока восьми минут"
    )
    passport = Passports.load(dialplan / "passports", ["moesk"]).of("moesk").of(WhoConnects.PERSON, PowerBand.TO_15)
    assert [(stage.name, stage.visit) for stage in passport.stages][1:] == [
        ("договор", 1),
        ("работы", None),
        ("подключение", 2),
    ]
    article = Knowledge.load(dialplan / "knowledge", ["moesk"]).article("moesk", "kak-nayti-ofis")
    assert [block.kind for block in article.blocks] == ["text", "bullets"]


@pytest.mark.parametrize("kind", ["offices", "passports", "knowledge"])
@pytest.mark.parametrize("company", ["moesk", "pskovenergo", "skek"])
def test_a_table_that_was_written_comes_back_as_it_was(kind: str, company: str, dialplan: Path, tmp_path: Path) -> None:
    if kind == "passports":
        company = "common" if company == "skek" else "moesk"
    before = files(dialplan)
    told("export", kind, tmp_path / "out.csv", "--company", company)
    assert told("import", kind, tmp_path / "out.csv", "--company", company)[0].startswith("Изменений нет")
    assert files(dialplan) == before


@pytest.mark.parametrize("company", ["moesk", "pskovenergo", "mrsk-centra"])
def test_offices_come_back_the_same_where_their_file_is_lost(company: str, dialplan: Path, tmp_path: Path) -> None:
    companies = Companies.load(dialplan / "companies")
    path = dialplan / "offices" / f"{company}.yaml"
    before = offices.load(path, companies.by_id(company))
    told("export", "offices", tmp_path / "out.csv", "--company", company)
    path.unlink()
    told("import", "offices", tmp_path / "out.csv", "--company", company)
    after = offices.load(path, companies.by_id(company))
    for one, other in zip(before.offices, after.offices, strict=True):
        assert one.model_copy(update={"hours": ""}) == other.model_copy(update={"hours": ""})
        assert before.schedule(one).week == after.schedule(other).week


def test_what_changes_is_said_and_the_rest_keeps_its_lines(dialplan: Path, tmp_path: Path) -> None:
    told("export", "offices", tmp_path / "out.csv", "--company", "moesk")
    lines = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    lines[1] = lines[1].replace(";6;20;", ";7;20;")
    lines[6] = lines[6].replace("Дмитров;;3;", "Дмитров;;2;").replace("вт 9:00-17:00; чт 9:00-17:00", "пн-пт 8-16")
    said = told("import", "offices", table(tmp_path, *lines[:5], lines[6]), "--company", "moesk")
    assert said == [
        "Добавлено: 0, изменено: 2, убрано: 1, без изменений: 3.",
        "Офис «Москва, юг»: окна: 6 → 7.",
        "Офис «Дмитров»: категория: 3 → 2; часы: во вторник и четверг с девяти до семнадцати часов → "
        "с понедельника по пятницу с восьми до шестнадцати часов.",
        "Убран офис «Истра»: г. Истра, ул. Образцовая, 5. Туда никто не записан.",
    ]
    text = (dialplan / "offices/moesk.yaml").read_text("utf-8")
    shipped = (HOUSE / "dialplan/offices/moesk.yaml").read_text("utf-8")
    assert text.startswith(shipped[: shipped.index("  district:")])
    assert shipped[shipped.index("  - id: moscow-north") : shipped.index("  - id: istra")] in text
    assert "  district:" not in text


def test_a_wrong_row_writes_nothing_and_every_mistake_is_told(dialplan: Path, tmp_path: Path) -> None:
    before = files(dialplan)
    wrong = table(
        tmp_path,
        f"{HEAD};населённые пункты;филиал",
        f"{ROW};г. Клин;",
        "Тверь;г. Тверь;12345;1;подключение;пн-пт 9-17;;",
        "Руза;г. Руза;8-800-700-40-70;5;подключение;пн-пт 9-17;;",
        "Талдом;г. Талдом;8-800-700-40-70;1;танцы, учёт;пн-пт 9-17;;",
        "Дубна;г. Дубна;8-800-700-40-70;1;учёт;по звонку;;",
        "Клин;г. Клин;8-800-700-40-70;1;учёт;пн-пт 9-17;;",
        "Кубинка;г. Кубинка;8-800-700-40-70;1;учёт;пн-пт 9-17;г. Клин, г. Клин;",
        "Лобня;г. Лобня;8-800-700-40-70;1;учёт;пн-пт 9-17;;север",
        "Яхрома;Block B;8-800-700-40-70;1;учёт;;;",
    )
    lines = refused("import", "offices", wrong, "--company", "moesk").splitlines()
    assert lines[0] == "table.csv: ошибок в строках: 8. Ничего не загружено."
    for number, part in {
        3: "«телефон»",
        4: "«категория»: «5» — нужно 1, 2 или 3",
        5: "«услуги»: «танцы» — такой темы у компании нет. Есть: «Перерывы",
        6: "«часы»: «звонку» не понять. Пишите так: пн-чт 8:00-17:00",
        7: "«офис»: «Клин» уже есть в строке 2. Допишите район: «Клин (… р-н)»",
        8: "«населённые пункты»: Населённый пункт «г. Клин» назван дважды. Оставьте его один раз.",
        9: "«филиал»: «север» — филиалов нет",
        10: "«часы»: часов нет. Пишите так:",
    }.items():
        assert any(line.startswith(f"  строка {number}: {part}") for line in lines), (number, lines)
    assert files(dialplan) == before


def test_two_offices_of_one_name_in_different_districts(dialplan: Path, tmp_path: Path) -> None:
    rows = [ROW.replace("Клин;", f"Ивановка ({district} р-н);") for district in ("Клинский", "Рузский")]
    told("import", "offices", table(tmp_path, HEAD, *rows), "--company", "moesk", "--smaller")
    assert [(one.id, one.said_name) for one in moesk(dialplan).offices] == [
        ("ivanovka-klinskiy-r-n", "Ивановка, Клинский район"),
        ("ivanovka-ruzskiy-r-n", "Ивановка, Рузский район"),
    ]


def test_a_table_as_excel_saves_it(dialplan: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Офисы обслуживания потребителей"])
    sheet.merge_cells("A1:H1")
    sheet.append([])
    sheet.append(["№ п/п", "Название офиса ", "Адрес офиса", "Телефоны", "Категория", "Услуги", "Режим работы", None])
    sheet.merge_cells("G3:H3")
    sheet.append([1, " Клин  ", "141600, г. Клин,\nул. Мира, д. 5", 84957004070.0, 2.0, "учёт", "пн-чт 8-17\nпт 8-16"])
    sheet.append([None] * 7)
    sheet.append([2.0, "Руза", "г. Руза, пр-т Мира 3", "(495) 700-40-70 доб. 12", "III", "Подключение;учёт", "вт 9-17"])
    book.save(tmp_path / "table.xlsx")
    told("import", "offices", tmp_path / "table.xlsx", "--company", "moesk", "--smaller")
    first, second = moesk(dialplan).offices
    assert (first.name, first.phone, first.category) == ("Клин", "+74957004070", "2")
    assert first.spoken_address == "город Клин, улица Мира, дом пять"
    assert list(moesk(dialplan).schedule(first).week) == ["mon", "tue", "wed", "thu", "fri"]
    assert (second.phone, second.services, second.category) == ("+74957004070", ("connection", "metering"), "3")


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_table_in_another_encoding_with_days_as_columns(delimiter: str, dialplan: Path, tmp_path: Path) -> None:
    head = "офис;адрес;телефон;категория;услуги;понедельник;пт;сб;обед"
    row = "Клин;г. Клин;8-800-700-40-70;1;учёт;8-17;8-16;-;12-13"
    lines = (line.replace(";", delimiter) for line in (head, row))
    told("import", "offices", table(tmp_path, *lines, encoding="cp1251"), "--company", "moesk", "--smaller")
    (office,) = moesk(dialplan).offices
    assert moesk(dialplan).schedule(office).week == {"mon": ((480, 720), (780, 1020)), "fri": ((480, 720), (780, 960))}


def test_an_office_of_the_file_keeps_what_the_table_does_not_say(dialplan: Path, tmp_path: Path) -> None:
    rows = table(tmp_path, f"{HEAD};почта;окна", "Подольск;г. Подольск, ул. Образцовая, 3;88007004070;2;учёт;;нет;")
    told("import", "offices", rows, "--company", "moesk", "--smaller")
    (office,) = moesk(dialplan).offices
    assert (office.id, office.windows, office.hours) == ("podolsk", 3, "office")
    assert office.spoken_address == "Подольск, улица Образцовая, дом три"
    assert office.settlements == ("г. Подольск", "г. Чехов", "г. Климовск")


def test_a_table_that_holds_much_less_is_asked_about(dialplan: Path, tmp_path: Path) -> None:
    before = files(dialplan)
    assert "--smaller" in refused("import", "offices", table(tmp_path, HEAD, ROW), "--company", "moesk")
    assert "ни одной строки" in refused("import", "offices", table(tmp_path, HEAD), "--company", "moesk", "--smaller")
    assert files(dialplan) == before


def test_comments_that_go_are_named(dialplan: Path, tmp_path: Path) -> None:
    path = dialplan / "offices/skek.yaml"
    path.write_text(path.read_text("utf-8").replace("    windows: 4", "    windows: 4   # с марта"), "utf-8")
    told("export", "offices", tmp_path / "out.csv", "--company", "skek")
    rows = (tmp_path / "out.csv").read_text("utf-8-sig").replace(";4;30;", ";5;30;")
    said = told("import", "offices", table(tmp_path, *rows.splitlines()), "--company", "skek")
    assert said[1:] == ["Офис «Кемерово»: окна: 4 → 5.", "Пропадёт пояснение (#): с марта"]
    assert "# очередь и обслуживание вместе" in path.read_text("utf-8")


def test_a_file_that_is_wrong_already_is_told_first(dialplan: Path, tmp_path: Path) -> None:
    path = dialplan / "offices/moesk.yaml"
    path.write_text(path.read_text("utf-8").replace("hours: office", "hours: night", 1), "utf-8")
    error = gridline("import", "offices", table(tmp_path, HEAD, ROW), "--company", "moesk").exception
    assert isinstance(error, Misconfigured)
    assert f"{path}:" in error.message


def test_a_hundred_and_thirteen_offices(dialplan: Path, tmp_path: Path) -> None:
    rows = [
        f"Посёлок {n};г. Клин, ул. Мира, д. {n}, корп. 2;(495) 700-40-{n % 100:02};{n % 3 + 1};подключение, учёт;"
        f"пн-чт {n % 3 + 7}-17, пт 8-16, обед 12:00-12:48"
        for n in range(1, 114)
    ]
    began = time.monotonic()
    assert told("import", "offices", table(tmp_path, HEAD, *rows), "--company", "moesk")[0].startswith("Добавлено: 113")
    assert time.monotonic() - began < 60
    loaded = moesk(dialplan)
    assert len({one.id for one in loaded.offices}) == 113
    assert len(loaded.schedules) == 3


def ids(book: OfficeBook) -> list[str]:
    """Whose offices serve Коломна."""
    return [
        office.id for place in meant(served_places(book.of("moesk").offices), "г. Коломна") for office in place.offices
    ]


def test_the_next_caller_is_served_by_the_new_offices(dialplan: Path, tmp_path: Path) -> None:
    book = OfficeBook(dialplan / "offices", Companies.load(dialplan / "companies"))
    assert ids(book) == ["kolomna"]
    rows = table(tmp_path, f"{HEAD};населённые пункты", f"{ROW};г. Клин, г. Коломна")
    told("import", "offices", rows, "--company", "moesk", "--smaller")
    asyncio.run(book.look())
    assert ids(book) == ["klin"]


WRONG_ROWS = {
    "passports": (
        "до 15 кВт;физлицо;10 календарных дней;",
        {2: "«срок»: «10 календарных дней» — пишите рабочими днями или месяцами"},
    ),
    "power": ("до 20 кВт;физлицо;6 мес.;", {2: "«мощность»: «до 20 кВт» — нужно одно из: до 15 кВт"}),
    "people": ("до 15 кВт;СНТ;6 мес.;", {2: "«заявители»: «СНТ» — нужно: физлицо"}),
    "spoken": ("до 15 кВт;физлицо;6 мес.;5", {2: "«содержание этапа»: «5» прочтут неверно"}),
}


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_a_wrong_passport_is_told_at_its_row(name: str, dialplan: Path, tmp_path: Path) -> None:
    before = files(dialplan)
    row, expected = WRONG_ROWS[name]
    power, who, term, content = row.split(";")
    wrong = table(
        tmp_path,
        "паспорт;заявители;мощность;документы;условия;плата;результат;срок;этап;содержание этапа;как получить",
        f"Один;{who};{power};Паспорт.;В офисе.;По ставкам.;Готово.;{term};заявка;Подаёте{content}.;офис",
    )
    message = refused("import", "passports", wrong, "--company", "skek")
    for number, part in expected.items():
        assert f"строка {number}: {part}" in message
    assert files(dialplan) == before


def test_a_common_passport_that_goes_leaves_a_case_without_one(dialplan: Path, tmp_path: Path) -> None:
    error = gridline("import", "passports", SAMPLES / "passports.csv", "--company", "common", "--smaller").exception
    assert isinstance(error, Misconfigured)
    assert "Нет паспорта: физлицо, до 150 кВт. Добавьте его: он для всех." in error.message


def test_wrong_articles_are_told_at_their_rows(dialplan: Path, tmp_path: Path) -> None:
    before = files(dialplan)
    wrong = table(
        tmp_path,
        "код;статья;раздел;темы;вслух;текст",
        ";Хорошая;Офисы;учёт;Слушайте.;Текст.",
        "../../x;Чужая;;;;Текст.",
        ";Числом;Офисы;;Нажмите 4.;Текст.",
        ";Без раздела;;;Слушайте.;Текст.",
        ";Раздел;Погода;;;Текст.",
        ";Пустая;;;;",
    )
    lines = refused("import", "knowledge", wrong, "--company", "skek", "--smaller").splitlines()
    for number, part in {
        3: "«код»: «../../x» — строчные латинские буквы",
        4: "«вслух»: «4» прочтут неверно. Пишите всё русскими словами",
        5: "«вслух»: У статьи есть spoken, но нет section. Впишите раздел",
        6: "«раздел»: «Погода» — нужен один из: Тарифы",
        7: "«текст» не заполнено",
    }.items():
        assert any(line.startswith(f"  строка {number}: {part}") for line in lines), (number, lines)
    assert files(dialplan) == before


def test_articles_that_change_and_go(dialplan: Path, tmp_path: Path) -> None:
    told("export", "knowledge", tmp_path / "out.csv", "--company", "skek")
    rows = (tmp_path / "out.csv").read_text("utf-8-sig").replace("Вызов мастера", "Выезд мастера")
    kept = table(tmp_path, *rows[: rows.index("water;")].splitlines())
    said = told("import", "knowledge", kept, "--company", "skek")
    assert said == [
        "Добавлено: 0, изменено: 1, убрано: 1, без изменений: 1.",
        "Статья «Вызов мастера»: статья: Вызов мастера → Выезд мастера; текст: "
        "…время видны в деле «Вызов мастера»; там же выезд переносят,… → "
        "…время видны в деле «Выезд мастера»; там же выезд переносят,….",
        "Убрана статья «Вода и водоотведение» (water).",
    ]
    assert sorted(file.name for file in (dialplan / "knowledge/skek").iterdir()) == ["call-out.yaml", "contacts.yaml"]
    shipped = Knowledge.load(HOUSE / "dialplan/knowledge", ["skek"]).article("skek", "call-out")
    article = Knowledge.load(dialplan / "knowledge", ["skek"]).article("skek", "call-out")
    assert [block.kind for block in article.blocks] == [block.kind for block in shipped.blocks]
    assert len(article.blocks[-1].lines) == 3


def test_a_company_that_is_none(dialplan: Path, tmp_path: Path) -> None:
    for kind in ("offices", "passports", "knowledge"):
        assert "../x" in refused("import", kind, SAMPLES / f"{kind}.csv", "--company", "../x")
        assert "../x" in refused("export", kind, tmp_path / "out.csv", "--company", "../x")
    with pytest.raises(InvalidInput):
        raise gridline("import", "offices", tmp_path / "no.csv", "--company", "moesk").exception or AssertionError


def test_a_company_without_files_gets_a_table_to_fill_in(dialplan: Path, tmp_path: Path) -> None:
    (dialplan / "offices/skek.yaml").unlink()
    for kind in ("offices", "passports"):
        assert told("export", kind, tmp_path / "out.csv", "--company", "skek")[0].startswith("Строк: 0.")
        assert "ни одной строки" in refused("import", kind, tmp_path / "out.csv", "--company", "skek")
    assert "Назовите другое место" in refused("export", "offices", tmp_path / "no/out.csv", "--company", "skek")
