"""`gridline companies new`: a company from the template passes the check; a refusal says what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridline.companies import Companies
from gridline.errors import InvalidInput, Misconfigured
from ivr.voice.prompts import PromptBook
from service import cli
from tests.unit.companies.test_check import PROMPTS, spoil

RUNNER = CliRunner()
NAME, NUMBER = ("--name", "Северные сети"), ("--number", "8 (8182) 00-00-01")


def new(*words: str) -> str:
    """Run it; returns what it printed, raises what it refuses."""
    told = RUNNER.invoke(cli.app, ["companies", "new", *words], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.stdout


@pytest.mark.parametrize(
    ("id", "name", "spoken"),
    [
        ("severnye-seti", "Северные сети", "Северные сети"),
        ("yug", "ООО «Южные сети»", "Южные сети"),
        ("a2", 'ПАО "Восток": сети # 1', "Восточные сети"),
        ("a" * 24, "ПАО «СТС»", "эс-тэ-+эс"),
        ("yes", "null", "Ноль"),
    ],
)
def test_a_new_company_passes_the_check(id: str, name: str, spoken: str, dialplan: Path) -> None:
    before = PromptBook.load(dialplan / PROMPTS)
    own = () if spoken == "Северные сети" or name.startswith("ООО") else ("--spoken", spoken)
    told = new(id, "--name", name, *NUMBER, *own)
    assert f"Записан {dialplan}/companies/{id}.yaml" in told
    company = Companies.load(dialplan / "companies").by_id(id)
    assert (company.name, company.spoken_name, company.dids) == (name, spoken, ("78182000001",))
    assert company.queues == {f"{id}-hotline", f"{id}-office"}
    assert RUNNER.invoke(cli.app, ["companies", "check"]).exit_code == 0
    book = PromptBook.load(dialplan / PROMPTS)
    assert book.text("notice", id) == (
        f"Здравствуйте! Это робот компании {spoken}. Для контроля качества разговор записывается."
    )
    assert all(spoken in book.text(prompt, id) for prompt in ("out-robot", "out-notice"))
    for prompt, entry in before.items():
        assert entry.text == book[prompt].text
        assert dict(book[prompt].own) == {
            **entry.own,
            **({id: book[prompt].own[id]} if "arhenergo" in entry.own else {}),
        }
    assert max(map(len, (dialplan / PROMPTS).read_text("utf-8").splitlines())) <= 150


def test_what_is_only_the_templates_is_not_copied(dialplan: Path) -> None:
    new("severnye-seti", *NAME, *NUMBER)
    text = (dialplan / "companies/severnye-seti.yaml").read_text("utf-8")
    assert text.startswith("# Северные сети. Что помечено словом «Образец», замените своим.\nid: severnye-seti\n")
    assert "arhenergo" not in text
    assert "Архэнерго" not in text
    assert "номер не известен" not in text
    assert "# Образец: часы работы не известны." in text
    menu = (dialplan / "menus/severnye-seti.yaml").read_text("utf-8")
    assert menu.startswith("# Северные сети. ")
    assert "from: common" in menu


REFUSED = {
    "there already": (("skek", *NAME, *NUMBER), "Компания «skek» уже есть: .*skek.yaml. Выберите другой код"),
    "the template": (("arhenergo", *NAME, *NUMBER), "Компания «arhenergo» уже есть"),
    "the common menu": (("common", *NAME, *NUMBER), "Код «common» не подходит. Строчные латинские"),
    "capital": (("Sever", *NAME, *NUMBER), "Код «Sever» не подходит"),
    "a path": (("../x", *NAME, *NUMBER), "не подходит"),
    "Russian": (("север", *NAME, *NUMBER), "Код «север» не подходит"),
    "too long": (("a" * 25, *NAME, *NUMBER), "от 2 до 24 знаков"),
    "one letter": (("a", *NAME, *NUMBER), "от 2 до 24 знаков"),
    "no number": (("sever", *NAME, "--number", "звоните"), "«звоните» — не российский телефон. Пишите так"),
    "a number abroad": (("sever", *NAME, "--number", "+45 12 34 56 78"), "не российский телефон"),
    "a short number": (("sever", *NAME, "--number", "112"), "«112» — не российский телефон"),
    "a number that is taken": (
        ("sever", *NAME, "--number", "8-800-500-94-94"),
        "Номер 78005009494 уже отдан компании «skek». Дайте новой другой.",
    ),
    "no name": (("sever", "--name", " ", *NUMBER), "Название не подходит"),
    "a name of two lines": (("sever", "--name", "Се\nвер", *NUMBER), "Название не подходит. Одна строка"),
    "a name that cannot be said": (("sever", "--name", "ПАО «СТС»", *NUMBER), "«СТС» вслух не прочесть.*--spoken"),
    "a name with digits": (("sever", "--name", "Сеть 24", *NUMBER), "«Сеть 24» вслух не прочесть"),
    "Latin letters": (("sever", "--name", "Grid", *NUMBER), "«Grid» вслух не прочесть"),
    "spoken with a key": (("sever", *NAME, *NUMBER, "--spoken", "Север: {x}"), "вслух не прочесть"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_a_company_is_refused_in_words_and_nothing_is_written(case: str, dialplan: Path) -> None:
    words, told = REFUSED[case]
    before = {path: path.read_bytes() for path in dialplan.rglob("*") if path.is_file()}
    with pytest.raises(InvalidInput, match=told):
        new(*words)
    assert {path: path.read_bytes() for path in dialplan.rglob("*") if path.is_file()} == before


def test_a_template_that_does_not_say_its_name_is_told(dialplan: Path) -> None:
    spoil(dialplan, PROMPTS, "Это робот компании Архэнерго.", "Это робот.")
    with pytest.raises(
        Misconfigured, match=r"prompts\.ru\.yaml:\d+: В образце для новых компаний нет слов «Архэнерго»"
    ):
        new("sever", *NAME, *NUMBER)
    assert not (dialplan / "companies/sever.yaml").exists()


def test_words_left_of_a_company_that_was_there_before_are_kept(dialplan: Path) -> None:
    spoil(
        dialplan,
        PROMPTS,
        "    arhenergo: ",
        "    sever: Здравствуйте! Это робот. Север. Разговор записывается.\n    arhenergo: ",
    )
    new("sever", *NAME, *NUMBER)
    assert PromptBook.load(dialplan / PROMPTS).text("notice", "sever").endswith("Север. Разговор записывается.")
