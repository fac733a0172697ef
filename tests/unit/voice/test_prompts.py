"""The book of prompts: the one we ship, and every way a book can be wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asterisk_conf.render import MACHINE_S
from gridline.errors import Misconfigured
from gridline.settings import HOUSE
from ivr.outbound.dialer import ROBOT
from ivr.voice.prompts import CHARACTERS_PER_SECOND, KINDS, Prompt, PromptBook

SHIPPED = HOUSE / "dialplan/prompts.ru.yaml"


@pytest.fixture(scope="module")
def book() -> PromptBook:
    return PromptBook.load(SHIPPED)


def write(folder: Path, text: str) -> Path:
    file = folder / "prompts.ru.yaml"
    file.write_text(text, "utf-8")
    return file


def test_the_notice_tells_of_the_robot_at_once_and_of_the_recording(book: PromptBook) -> None:
    for company in ("common", *book.companies):
        words = book.text("notice", company)
        assert book["notice"].kind == "notice"
        assert words.index("робот") < 14 * 5  # within five seconds
        assert "для контроля качества разговор записывается" in words.lower()


def test_whoever_we_call_learns_within_five_seconds_that_it_is_a_robot(book: PromptBook) -> None:
    """R34, for every script there is: the dialer says this before it runs one, at most MACHINE_S after the answer."""
    for company in ("common", *book.companies):
        words = book.text(ROBOT, company)
        assert MACHINE_S + (words.index("робот") + len("робот")) / CHARACTERS_PER_SECOND <= 5


def test_the_danger_text_names_the_eight_metres(book: PromptBook) -> None:
    assert "ближе восьми метров" in book.text("danger-safety").casefold()


def test_every_prompt_fits_its_time_and_menus_name_few_keys(book: PromptBook) -> None:
    keys = re.compile(r"\b(один|два|три|четыре|пять|шесть|семь|восемь|девять)\b")
    for entry in book.values():
        for company in ("common", *entry.own):
            assert entry.estimate_s(company) <= entry.limit_s * 1.12, (entry.id, company)  # measured by `build`
            if entry.kind == "menu":
                assert len(set(keys.findall(entry.wording(company)))) <= 5, (entry.id, company)


def test_all_values_can_be_filled_and_leave_nothing_unspeakable(book: PromptBook) -> None:
    for id, entry in book.items():
        for company in ("common", *entry.own):
            said = book.text(Prompt(id, **dict.fromkeys(entry.placeholders, "ул. <Мира>, 5 & ${x}\n")), company)
            assert not re.search(r"[0-9A-Za-z<>{}&$\n]", said), id


def test_the_whole_first_menu_is_there(book: PromptBook) -> None:
    for company in ("common", "skek", "mrsk-centra"):
        words = book.text("main-menu", company)
        for key in ("один", "два", "три", "четыре", "пять", "ноль"):
            assert key in words


def test_prompts_are_equal_by_what_they_say() -> None:
    assert Prompt("a", x="1", y="2") == Prompt("a", y="2", x="1")
    assert hash(Prompt("a", x="1")) == hash(Prompt("a", x="1"))
    assert Prompt("a", x="1") != Prompt("a", x="2")


def test_a_wrong_use_of_a_prompt_names_the_line(book: PromptBook) -> None:
    line = next(
        n for n, text in enumerate(SHIPPED.read_text("utf-8").splitlines(), 1) if text.startswith("outage-cause:")
    )
    with pytest.raises(Misconfigured, match=rf"prompts.ru.yaml:{line}: .*cause"):
        book.text("outage-cause")
    with pytest.raises(Misconfigured, match=rf"prompts.ru.yaml:{line}: .*more"):
        book.text(Prompt("outage-cause", cause="гроза", more="ещё"))
    with pytest.raises(Misconfigured, match="«no-such-prompt»"):
        book.text("no-such-prompt")


def test_a_company_has_its_own_words_and_the_rest_in_common(tmp_path: Path) -> None:
    book = PromptBook.load(write(tmp_path, "hello:\n  text: Здравствуйте\n  companies:\n    skek: Добрый день\n"))
    assert [book.text("hello", c) for c in ("skek", "other", "common")] == [
        "Добрый день",
        "Здравствуйте",
        "Здравствуйте",
    ]
    assert book.companies == {"skek"}


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("", 1, "должны быть подсказки"),
        ("- a\n- b\n", 1, "должны быть подсказки"),
        ("hello:\n  text: Да\nhello:\n  text: Нет\n", 3, "«hello» повторён"),
        ("hello:\n  text: Да\n  text: Нет\n", 3, "«text» повторён"),
        ("Hello_1:\n  text: Да\n", 1, "«Hello_1» не годится"),
        ("hello: Да\n", 1, "текста нет"),
        ("hello:\n  kind: menu\n", 1, "текста нет"),
        ("hello:\n  text: ...\n", 2, "текста нет"),
        ("hello:\n  text: [Да, Нет]\n", 2, "просто текст"),
        ("hello:\n  kind: shout\n  text: Да\n", 2, "«shout» неизвестен"),
        ("hello:\n  text: Да\n  seconds: долго\n", 3, "не число"),
        ("hello:\n  text: Да\n  seconds: 0\n", 3, "не число"),
        ("hello:\n  text: Да\n  volume: 3\n", 3, "«volume» здесь не понято"),
        ("hello:\n  text: Нажмите 1\n", 2, "«1»"),
        ("hello:\n  text: Добро пожаловать в SMS\n", 2, "«S»"),
        ("hello:\n  text: Ваш <b>номер</b>\n", 2, "«<»"),
        ("hello:\n  text: Ваш {Номер}\n", 2, "«{»"),
        ("hello:\n  text: Да\n  companies: skek\n", 3, "companies"),
        ("hello:\n  text: Да\n  companies:\n    СКЭК: Нет\n", 4, "не код компании"),
        ("hello:\n  text: Да {x}\n  companies:\n    skek: Нет {y}\n", 4, "другие {значения}"),
        ("beep:\n  kind: tone\n  text: Пип\n", 3, "«text» здесь не понято"),
        ("hello:\n\ttext: Да\n", 2, "Табуляция"),
        ("hello: &a\n  text: Да\nbye: *a\n", 1, "Ссылки"),
    ],
)
def test_each_mistake_names_file_line_and_cure(tmp_path: Path, text: str, line: int, word: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(Misconfigured) as caught:
        PromptBook.load(file)
    first = caught.value.message.splitlines()[0]
    assert first.startswith(f"{file}:{line}: ")
    assert word in first
    assert first.endswith(".")


def test_all_mistakes_are_shown_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        PromptBook.load(write(tmp_path, "a:\n  text: 1\nb:\n  kind: x\n  text: Да\n"))
    assert len(caught.value.message.splitlines()) >= 2


def test_an_absent_or_foreign_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="не читается"):
        PromptBook.load(tmp_path / "prompts.ru.yaml")
    (tmp_path / "cp1251.yaml").write_bytes("hello:\n  text: Да\n".encode("cp1251"))
    with pytest.raises(Misconfigured, match="UTF-8"):
        PromptBook.load(tmp_path / "cp1251.yaml")


def test_the_kinds_in_use_are_all_known(book: PromptBook) -> None:
    assert {entry.kind for entry in book.values()} <= KINDS
