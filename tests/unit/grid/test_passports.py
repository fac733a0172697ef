"""Passports and spoken articles: a company's own over the common ones, every mistake at its line, all of it sayable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grid.knowledge import BlockKind, Knowledge
from grid.reference import terms
from grid.reference.passports import EVERY_CASE, Passports, PowerBand, Term, WhoConnects
from grid.reference.sections import GROUPS, TITLES, ArticleSection
from grid.reference.shelf import ReferenceShelf
from gridline.companies import Companies
from gridline.companies.parts import HigherBody
from gridline.errors import Misconfigured, NotFound
from gridline.settings import HOUSE
from ivr.actions.questions import with_keys
from ivr.actions.reference.beforehand import phrases
from ivr.actions.reference.connection_consultation import parts
from ivr.voice.prompts import CHARACTERS_PER_SECOND, Prompt, PromptBook

COMPANIES = Companies.load(HOUSE / "dialplan" / "companies")
IDS = [company.id for company in COMPANIES]
SHIPPED = Passports.load(HOUSE / "dialplan" / "passports", IDS)
BOOK = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
PERSON, BUSINESS = WhoConnects
FIFTEEN = PowerBand.TO_15
ONE = """
passports:
  - id: one
    name: Один
    applicants: [person]
    power: to-15
    documents: Паспорт.
    conditions: В офисе.
    fee: По ставкам.
    result: Готово.
    term: {months: 6, standing: default}
    stages:
      - name: заявка
        content: Подаёте.
        form: офис
"""


def written(folder: Path, name: str, text: str) -> Path:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("company", IDS)
def test_every_case_of_every_company_has_its_passport_and_all_of_it_can_be_said(company: str) -> None:
    for case in EVERY_CASE:
        passport = SHIPPED.of(company).of(*case)
        for part in parts(passport):
            words = " ".join(BOOK.text(phrase, company) for phrase in part)
            assert len(words) / CHARACTERS_PER_SECOND <= 45, words


def test_the_terms_of_ten_and_thirty_days_are_told_by_what_they_are() -> None:
    said = [BOOK.text(phrase) for part in parts(SHIPPED.of("skek").of(PERSON, FIFTEEN)) for phrase in part]
    assert "По правилам на это отводится до десяти рабочих дней." in said
    assert "Обычно на это нужно до тридцати рабочих дней." in said
    assert "Всё вместе обычно занимает до шести месяцев, точный срок будет в договоре." in said
    assert sum("стадия из пяти" in one for one in said) == 5


def test_no_fee_is_a_figure() -> None:
    for company in IDS:
        for passport in SHIPPED.of(company).all:
            assert "рубл" not in passport.fee
            assert "специалист" in passport.fee


def test_moesk_counts_five_steps_and_three_visits_and_pskov_asks_four_reasons() -> None:
    stages = SHIPPED.of("moesk").of(PERSON, FIFTEEN).stages
    assert (len(stages), [stage.visit for stage in stages if stage.visit]) == (5, [1, 2, 3])
    assert SHIPPED.of("moesk").of(BUSINESS, PowerBand.MORE).id == "more"
    assert (len(SHIPPED.of("pskovenergo").reasons), bool(SHIPPED.of("pskovenergo").accompaniment)) == (4, True)
    assert (SHIPPED.of("skek").reasons, SHIPPED.of("skek").accompaniment) == ((), "")


def test_a_companys_passport_takes_the_common_ones_place(tmp_path: Path) -> None:
    written(tmp_path, "north", ONE)
    made = Passports.load(tmp_path, ["north", "south"])
    assert made.of("north").of(PERSON, FIFTEEN).id == "one"
    for company in ("south", "west"):
        with pytest.raises(NotFound, match="физлицо, до 15 кВт"):
            made.of(company).of(PERSON, FIFTEEN)


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ("power: to-15", "power: to-16", 6, "to-16"),
        ("applicants: [person]", "applicants: []", 5, "пусто"),
        ("documents: Паспорт.", "documents: Паспорт и 2 копии.", 7, "«2» прочтут неверно"),
        ("fee: По ставкам.", "fee: По price.", 9, "русск"),
        ("term: {months: 6, standing: default}", "term: {months: 6, standing: rule}", 11, "Норма называет акт"),
        ("term: {months: 6, standing: default}", "term: {standing: default}", 11, "либо working_days, либо months"),
        ("content: Подаёте.", "content: " + "Очень долго. " * 60, 14, "дольше сорока секунд"),
        ("form: офис", "from: офис", 13, "form"),
        (
            "form: офис",
            "form: офис\n        visit: 2\n      - {name: б, content: Да., form: да, visit: 1}",
            12,
            "Визиты",
        ),
        ("- id: one", "- id: One", 3, "Строчные латинские"),
    ],
)
def test_each_mistake_names_its_line_and_cure(tmp_path: Path, before: str, after: str, line: int, told: str) -> None:
    written(tmp_path, "north", ONE.replace(before, after))
    with pytest.raises(Misconfigured) as caught:
        Passports.load(tmp_path, ["north"])
    said = caught.value.message
    assert told in said
    assert any(one.startswith(f"{tmp_path / 'north.yaml'}:{line}:") for one in said.splitlines()), said


def test_two_passports_of_one_case_and_a_case_without_one_are_told(tmp_path: Path) -> None:
    written(tmp_path, "common", ONE + ONE.partition("passports:\n")[2].replace("id: one", "id: two"))
    with pytest.raises(Misconfigured) as caught:
        Passports.load(tmp_path, ["north"])
    assert "это уже сказал паспорт «one»" in caught.value.message
    assert "Нет паспорта: ИП или организация, больше 150 кВт" in caught.value.message


def test_a_term_is_written_with_its_act_or_as_usual() -> None:
    act = Term(working_days=1, standing="rule", act="ПП РФ № 861")
    assert terms.with_source(act) == "1 рабочий день (ПП РФ № 861)"
    assert terms.with_source(Term(months=22, standing="default")) == "обычно 22 месяца, точный срок в договоре"
    assert [terms.written(Term(working_days=n, standing="default")) for n in (2, 11, 21)] == [
        "2 рабочих дня",
        "11 рабочих дней",
        "21 рабочий день",
    ]


async def test_agents_read_what_callers_hear() -> None:
    told = ReferenceShelf(HOUSE / "dialplan", COMPANIES).now()
    article = told.knowledge.article("skek", "passport-person-to-15")
    passport = told.passports.of("skek").of(PERSON, FIFTEEN)
    lines = [line for block in article.blocks for line in block.lines]
    assert passport.fee in lines
    (steps,) = [block.lines for block in article.blocks if block.kind is BlockKind.STEPS]
    assert "10 рабочих дней (Правила технологического присоединения (ПП РФ № 861))" in steps[0]
    assert told.knowledge.find("pskovenergo", "сопровождение договора")


@pytest.mark.parametrize("company", IDS)
async def test_all_sixteen_sections_can_be_heard_in_menus_of_five_keys(company: str) -> None:
    told = ReferenceShelf(HOUSE / "dialplan", COMPANIES).now()
    assert len(ArticleSection) == len(TITLES) == 16
    assert sorted(section for group in GROUPS for section in group.sections) == sorted(ArticleSection)
    assert [section for section in ArticleSection if not told.knowledge.aloud(company, section)] == []
    menus = [("knowledge-groups", [group.name for group in GROUPS])]
    menus += [("knowledge-sections", [TITLES[one] for one in group.sections]) for group in GROUPS]
    for id, names in menus:
        assert len(names) <= 5
        assert len(BOOK.text(Prompt(id, choices=with_keys(names)), company)) / CHARACTERS_PER_SECOND <= 12


async def test_what_is_said_of_the_company_can_be_said() -> None:
    shelf = ReferenceShelf(HOUSE / "dialplan", COMPANIES)
    for company in COMPANIES:
        made = list(phrases(shelf.now(), company))
        assert len(made) > 16
        for name, said in made:
            words = " ".join(BOOK.text(phrase, company.id) for phrase in said)
            assert len(words) / CHARACTERS_PER_SECOND <= 45, name


async def test_further_appeal_is_told_from_the_companys_file() -> None:
    told = ReferenceShelf(HOUSE / "dialplan", COMPANIES).now().knowledge
    (article,) = told.aloud("skek", ArticleSection.FURTHER_APPEAL)
    assert "Сибирское управление Ростехнадзора" in article.spoken
    assert any("usib.gosnadzor.ru" in line for block in article.blocks for line in block.lines)


async def test_a_changed_file_is_read_at_the_next_look_and_a_broken_one_leaves_what_was_read(tmp_path: Path) -> None:
    for folder in ("knowledge/common", "passports"):
        (tmp_path / folder).mkdir(parents=True)
    article = tmp_path / "knowledge/common/tariffs.yaml"
    article.write_text("title: Тарифы\nsection: tariffs\nspoken: Вчера.\ntext: Вчера.\n", "utf-8")
    file = tmp_path / "passports/skek.yaml"
    file.write_text(ONE, "utf-8")
    shelf = ReferenceShelf(tmp_path, COMPANIES)
    first = shelf.now()
    await shelf.look()
    assert shelf.now() is first  # nothing changed, nothing is read
    article.write_text("title: Тарифы\nsection: tariffs\nspoken: Сегодня.\ntext: Сегодня.\n", "utf-8")
    file.write_text(ONE.replace("to-15", "to-16"), "utf-8")
    os.utime(article, (1, 1))
    assert shelf.now() is first  # nobody waits for a disk
    await shelf.look()
    second = shelf.now()
    assert [one.spoken for one in second.knowledge.aloud("skek", ArticleSection.TARIFFS)] == ["Сегодня."]
    assert second.passports.of("skek").of(PERSON, FIFTEEN).id == "one"


async def test_further_appeal_follows_the_companys_file() -> None:
    companies = Companies.load(HOUSE / "dialplan/companies")
    shelf, skek = ReferenceShelf(HOUSE / "dialplan", companies), companies.by_id("skek")
    before = shelf.now()
    court = HigherBody(name="Кемеровский областной суд", contact="oblsud.kmr.sudrf.ru")
    changed = {one.id: one for one in companies} | {"skek": skek.model_copy(update={"further_appeal": (court,)})}
    companies.take(Companies(changed))
    await shelf.look()
    assert shelf.now() is not before
    (article,) = shelf.now().knowledge.aloud("skek", ArticleSection.FURTHER_APPEAL)
    assert "Кемеровский областной суд" in article.spoken


def test_an_article_that_is_spoken_says_in_which_section(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common/one.yaml").write_text("title: Один\nspoken: Слова.\ntext: Слова.\n", "utf-8")
    with pytest.raises(Misconfigured, match=r"one.yaml:2: У статьи есть spoken, но нет section"):
        Knowledge.load(tmp_path, ["skek"])
    (tmp_path / "common/one.yaml").write_text("title: Один\nsection: moon\ntext: Слова.\n", "utf-8")
    with pytest.raises(Misconfigured, match=r"one.yaml:2: .*moon"):
        Knowledge.load(tmp_path, ["skek"])
