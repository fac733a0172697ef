"""The knowledge base: articles as plain blocks, a company's own over the common ones, found by any form of a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from grid.knowledge import Block, BlockKind, Knowledge, blocks
from gridline.errors import Misconfigured, NotFound
from gridline.settings import HOUSE

SHIPPED = Knowledge.load(HOUSE / "dialplan/knowledge", ["skek", "mrsk-centra"])


def write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("мигают лампочки", "voltage"),
        ("оборвало провод", "danger"),
        ("паспортные данные", "claim-55"),
        ("заменить счетчик", "metering"),
        ("срок ответа по письму", "appeal-terms"),
        ("подключ", "connection-steps"),
    ],
)
def test_an_article_is_found_by_any_form_of_its_words_and_by_their_beginning(words: str, first: str) -> None:
    assert SHIPPED.find("skek", words)[0].id == first


@pytest.mark.parametrize("words", ["", "   ", "ъ", "бегемот", "мигает бегемот", "<script>", "% OR 1=1"])
def test_what_nothing_is_about_finds_nothing(words: str) -> None:
    assert SHIPPED.find("skek", words) == ()


def test_a_topic_comes_first_then_what_is_of_use_on_every_one() -> None:
    articles = SHIPPED.of_topic("mrsk-centra", "connection")
    assert [one.id for one in articles][:3] == ["connection-steps", "connection-late", "personal-data"]
    assert len(articles) == len(SHIPPED.of_topic("mrsk-centra", ""))


def test_a_companys_article_is_nobody_elses_and_takes_the_common_ones_place(tmp_path: Path) -> None:
    write(tmp_path, "common/hours.yaml", "title: Часы\ntext: Как у всех.\n")
    write(tmp_path, "north/hours.yaml", "title: Часы севера\ntext: Круглосуточно.\n")
    write(tmp_path, "north/ice.yaml", "title: Гололёд\ntext: Осторожно.\n")
    made = Knowledge.load(tmp_path, ["north", "south"])
    assert made.article("north", "hours").title == "Часы севера"
    assert made.article("south", "hours").title == "Часы"
    with pytest.raises(NotFound):
        made.article("south", "ice")
    with pytest.raises(NotFound):
        made.article("west", "hours")
    assert Knowledge.load(tmp_path / "nowhere", ["north"]).of_topic("north", "") == ()


def test_marks_become_blocks_and_nothing_else_does() -> None:
    text = "Первая строка\nи её конец\n\n## Шаги\n1. Раз\n   и ещё\n2. Два\n- Пункт\n! Осторожно\n<b>не разметка</b>"
    assert blocks(text) == (
        Block(BlockKind.TEXT, ("Первая строка и её конец",)),
        Block(BlockKind.HEADING, ("Шаги",)),
        Block(BlockKind.STEPS, ("Раз и ещё", "Два")),
        Block(BlockKind.BULLETS, ("Пункт",)),
        Block(BlockKind.CAUTION, ("Осторожно <b>не разметка</b>",)),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("text: Слова\n", "title"),
        ("title: Слова\n", "text"),
        ("title: Слова\ntext: a\ncolour: red\n", "colour"),
        ("title: Слова\ntopics: [Свет]\ntext: a\n", "topics"),
        ("title: Слова\ntext: '  '\n", "пуста"),
    ],
)
def test_a_wrong_article_is_refused_by_file_and_place(tmp_path: Path, text: str, told: str) -> None:
    write(tmp_path, "common/wrong.yaml", text)
    with pytest.raises(Misconfigured) as refused:
        Knowledge.load(tmp_path, ["north"])
    assert "wrong.yaml" in refused.value.message
    assert told in refused.value.message
    write(tmp_path, "common/good.yaml", "title: Слова\ntext: Хорошие.\n")
    told_of: list[Misconfigured] = []
    made = Knowledge.load(tmp_path, ["north"], told_of.append)
    assert [one.id for one in made.of_topic("north", "")] == ["good"]
    assert len(told_of) == 1
