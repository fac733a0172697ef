"""`gridline companies check`: every kind of mistake at its file and line, with its cure; nothing where all is well."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridline.calendar.workdays import MOVED_DAYS_KNOWN_TO
from service import cli
from service.cli.company.companies.checks import found

TODAY = date(2026, 11, 30)
SKEK, MOESK, PROMPTS = "companies/skek.yaml", "companies/moesk.yaml", "prompts.ru.yaml"


def line_of(text: str, words: str) -> int:
    """The line on which these words begin."""
    assert words in text, words
    return text[: text.index(words)].count("\n") + 1


def spoil(dialplan: Path, name: str, old: str, new: str) -> None:
    """Replace the first such words of a file."""
    text = (dialplan / name).read_text("utf-8")
    assert old in text, f"«{old}» is not in {name}"
    (dialplan / name).write_text(text.replace(old, new, 1), "utf-8")


def test_what_is_shipped_is_in_order(dialplan: Path, tmp_path: Path) -> None:
    assert found(dialplan, tmp_path / "var", TODAY) == []


ONE = {
    "a file that is no company's": (SKEK, "id: skek", "id: skekk", "id: skekk", "Пишите id: skek."),
    "an office without hours": (
        MOESK,
        "    days:\n      mon: 09:00-17:00\n      tue: 09:00-17:00\n      wed: 09:00-17:00\n      thu: 09:00-17:00\n"
        "      fri: 09:00-17:00\n",
        "    days: {}\n",
        "days: {}",
        "schedules.office.days: пусто. Впишите хотя бы одно значение.",
    ),
    "hours that nobody keeps": (
        SKEK,
        "schedules:\n",
        "schedules:\n  night: {spoken: ночью, days: {mon: 00:00-06:00}}\n",
        "night:",
        "По расписанию «night» никто не отвечает. Назовите его в schedule",
    ),
    "outages by the clock": (
        MOESK,
        "    queue: moesk-hotline\n",
        "    queue: moesk-hotline\n    schedule: office\n",
        "schedule: office",
        "На тему «outages» отвечают не круглосуточно. Уберите schedule: так требует приказ 186.",
    ),
    "a queue misspelt": (
        SKEK,
        "    queue: skek-office\n",
        "    queue: skek-ofice\n",
        "queue: skek-ofice",
        "Очереди «skek-ofice» нет в queue_names, а похожая есть. Возможно, skek-office?",
    ),
    "no topic for danger": (MOESK, "  maintenance:\n", "  water:\n", "topics:", "Нет темы «maintenance». Добавьте её"),
    "a topic that the register has not": (
        SKEK,
        "  water:\n",
        "  heating: {name: Тепло, queue: skek-water}\n  water:\n",
        "  heating",
        "Темы «heating» в реестре нет. Возможны: connection, transmission,",
    ),
    "a passport that cannot be read aloud": (
        "passports/common.yaml",
        "    documents: >-\n      Понадобятся паспорт, документ о праве на дом",
        "    documents: >-\n      Понадобятся 2 паспорта, документ о праве на дом",
        "    documents: >-",
        "passports.0.documents: «2» прочтут неверно. Пишите всё русскими словами, и числа тоже.",
    ),
    "a survey without an answer": (
        "surveys/moesk.yaml",
        "        answer: mark\n",
        "",
        "      - id: staff",
        "Ответ — либо оценка (answer: mark), либо варианты (choices). Оставьте одно из них.",
    ),
    "visits for something that no technician does": (
        SKEK,
        "works: [replacement, admission, readings]",
        "works: [replacement, repair]",
        "works:",
        "call_outs.works.1: «repair» не подходит. Возможны:",
    ),
    "half-days that overlap": (
        SKEK,
        "afternoon: 13:00-17:00",
        "afternoon: 11:00-17:00",
        "call_outs:",
        "call_outs: Вторая половина дня начинается раньше, чем кончается первая. Исправьте часы.",
    ),
    "no seats": (SKEK, "at_once: 4", "at_once: 0", "at_once:", "call_outs.at_once: число слишком маленькое. Впишите"),
    "an article that says a figure": (
        "knowledge/common/danger.yaml",
        "ближе восьми метров и не подпускайте других. Если",
        "ближе 8 метров и не подпускайте других. Если",
        "spoken:",
        "spoken: «8» прочтут неверно.",
    ),
    "a number twice": (
        MOESK,
        '  - "78007004070"\n',
        '  - "78007004070"\n  - "78007004071"\n  - "78007004070"\n',
        '  - "78007004070"\nmenu',
        "Номер 78007004070 назван дважды. Оставьте его один раз.",
    ),
    "the hotline's number for the trust line": (
        MOESK,
        '"78007004079"',
        '"78007004070"',
        '  did: "78007004070"',
        "Номер 78007004070 уже есть в dids. На телефоне доверия номер звонящего не хранится",
    ),
    "another company's number for the trust line": (
        MOESK,
        "78007004079",
        "78182000000",
        '"78182000000"',
        "Номер 78182000000 уже отдан компании «arhenergo»",
    ),
    "the trust line without a menu": (
        MOESK,
        "menu: moesk-trust.yaml",
        "menu: moesk-trusty.yaml",
        "  menu: moesk-trusty.yaml",
        "Меню dialplan/menus/moesk-trusty.yaml нет.",
    ),
    "another company's number": (
        SKEK,
        "78005009494",
        "78007004070",
        '"78007004070"',
        "Номер 78007004070 уже отдан компании «moesk». Оставьте его одной из них.",
    ),
    "another company's queue": (
        SKEK,
        "hotline: skek-hotline",
        "hotline: moesk-hotline",
        "hotline: moesk-hotline",
        "Очередь «moesk-hotline» уже есть у компании «moesk». Назовите её по-своему, например skek-hotline.",
    ),
    "a menu that is missing": (
        SKEK,
        "menu: skek.yaml",
        "menu: skekk.yaml",
        "menu: ",
        "Меню dialplan/menus/skekk.yaml нет. Положите туда меню: хватит строки «from: common».",
    ),
    "a key that leads nowhere": (
        "menus/skek.yaml",
        "1: danger",
        "1: dangr",
        "1: dangr",
        "Места «dangr» нет. Возможно, danger?",
    ),
    "a wording of nobody": (
        PROMPTS,
        "    moesk: ",
        "    moeks: Здравствуйте! Это робот. Разговор записывается.\n    moesk: ",
        "    moeks: ",
        "notice: компании «moeks» нет. Исправьте код или уберите строку. Есть: arhenergo, moesk,",
    ),
    "a company without a name": (
        PROMPTS,
        "    pskovenergo: Здравствуйте! Это робот Псковэнерго.\n",
        "",
        "out-robot:",
        "out-robot: «pskovenergo» не называет себя. Впишите под companies строку «pskovenergo: ...».",
    ),
    "a notice that hides the recording": (
        PROMPTS,
        "робот Псковэнерго. Для контроля качества разговор записывается.",
        "робот Псковэнерго.",
        "    pskovenergo: ",
        "notice: у «pskovenergo» нет слова «записывается». Скажите, что разговор записывается",
    ),
    "a robot that does not say so": (
        PROMPTS,
        "Это робот Псковэнерго.\n",
        "Это Псковэнерго.\n",
        "    pskovenergo: Здравствуйте! Это Псковэнерго.",
        "out-robot: у «pskovenergo» нет слова «робот». Скажите, что это робот",
    ),
    "a wording too long": (
        PROMPTS,
        "Это робот Псковэнерго. Для",
        "Это робот Псковэнерго. " + "Мы очень рады вашему звонку. " * 8 + "Для",
        "    pskovenergo: ",
        "notice: у «pskovenergo» звучит около 2",
    ),
    "a prompt that cannot be said": (
        PROMPTS,
        "робот Псковэнерго. Для",
        "робот Псковэнерго 24. Для",
        "    pskovenergo: ",
        "«2» прочтут",
    ),
    "an article that cannot be read": (
        "knowledge/moesk/contacts.yaml",
        "topics: [service]",
        "topics: Справки",
        "topics: ",
        "topics: нужен список.",
    ),
}


@pytest.mark.parametrize("case", ONE)
def test_each_mistake_is_told_where_it_stands(case: str, dialplan: Path, tmp_path: Path) -> None:
    name, old, new, at, told = ONE[case]
    spoil(dialplan, name, old, new)
    line = line_of((dialplan / name).read_text("utf-8"), at)
    lines = found(dialplan, tmp_path / "var", TODAY)
    assert any(each.startswith(f"{dialplan / name}:{line}: ") and told in each for each in lines), lines


def test_a_menu_a_recording_or_an_article_of_nobody_is_told(dialplan: Path, tmp_path: Path) -> None:
    (dialplan / "menus/other.yaml").write_text("from: common\n", "utf-8")
    (dialplan / "knowledge/other").mkdir()
    (dialplan / "passports/other.yaml").write_text("passports: []\n", "utf-8")
    (dialplan / "surveys/other.yaml").write_text("surveys: []\n", "utf-8")
    assert found(dialplan, tmp_path / "var", TODAY) == [
        f"{dialplan}/menus/other.yaml:1: Это меню ни одной компании. Назовите его в поле menu компании или уберите.",
        f"{dialplan}/knowledge/other:1: Это статьи ни одной компании. Назовите папку как компанию "
        "(arhenergo, moesk, mrsk-centra, pskovenergo, skek) или уберите.",
        f"{dialplan}/passports/other.yaml:1: Это паспорта ни одной компании. Назовите файл как компанию "
        "(arhenergo, moesk, mrsk-centra, pskovenergo, skek) или уберите.",
        f"{dialplan}/surveys/other.yaml:1: Это опросы ни одной компании. Назовите файл как компанию "
        "(arhenergo, moesk, mrsk-centra, pskovenergo, skek) или уберите.",
    ]


def test_a_broken_menu_of_a_storm_is_told(dialplan: Path, tmp_path: Path) -> None:
    (dialplan / "menus/skek.storm.yaml").write_text("from: common\nmain: {say: main-menu}\n", "utf-8")
    (line,) = found(dialplan, tmp_path / "var", TODAY)
    assert line.startswith(f"{dialplan}/menus/skek.storm.yaml:2: Из места «main» нет выхода.")


def test_mistakes_of_several_files_are_told_at_once(dialplan: Path, tmp_path: Path) -> None:
    spoil(dialplan, SKEK, "time_zone: Asia/Novokuznetsk", "time_zone: Asia/Kemerovograd")
    spoil(dialplan, MOESK, 'rule_profile: "186"', 'rule_profile: "187"')
    spoil(dialplan, "companies/pskovenergo.yaml", "menu: pskovenergo.yaml", "menu: pskov.yaml")
    spoil(dialplan, "menus/arhenergo.yaml", "from: common", "from: commom")
    told = {line.removeprefix(f"{dialplan}/").partition(":")[0] for line in found(dialplan, tmp_path / "var", TODAY)}
    assert told == {SKEK, MOESK, "companies/pskovenergo.yaml", "menus/arhenergo.yaml"}


def test_a_calendar_is_wanted_two_months_ahead(dialplan: Path, tmp_path: Path) -> None:
    var, year = tmp_path / "var", MOVED_DAYS_KNOWN_TO + 1
    assert found(dialplan, var, date(year - 1, 10, 31)) == []
    (line,) = found(dialplan, var, date(year - 1, 11, 1))
    assert line == (
        f"{var}/calendar.csv:1: Нет переносов рабочих дней на {year} год. "
        "Впишите их в консоли («Календарь») или загрузите: gridline calendar import ФАЙЛ."
    )
    var.mkdir()
    table = var / "calendar.csv"
    table.write_text(f"дата;день;основание\n{year}-01-08;выходной;постановление\n", "utf-8")
    assert found(dialplan, var, date(year, 10, 31)) == []
    table.write_text("дата;день;основание\nкогда-нибудь;выходной;постановление\n", "utf-8")
    assert "не читается" in found(dialplan, var, TODAY)[0]


def test_the_command_ends_with_1_where_anything_is_wrong(dialplan: Path) -> None:
    good = CliRunner().invoke(cli.app, ["companies", "check"])
    assert good.exit_code == 0, good.output
    assert "moesk: в порядке (МОЭСК, 78007004070, 78007004079)" in good.stdout
    assert good.stdout.count("в порядке") == 5
    spoil(dialplan, SKEK, "menu: skek.yaml", "menu: skekk.yaml")
    bad = CliRunner().invoke(cli.app, ["companies", "check"])
    assert bad.exit_code == 1
    assert f"{dialplan}/companies/skek.yaml:" in bad.stderr
    assert bad.stdout == ""
