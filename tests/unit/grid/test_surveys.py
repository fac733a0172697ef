"""Surveys: the shipped one can be said whole, every mistake of a file is told at its line with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from grid.reference.surveys import SurveyAbout, Surveys
from gridline.errors import Misconfigured, NotFound
from gridline.settings import HOUSE
from ivr.actions.reference import survey_words
from ivr.voice.prompts import CHARACTERS_PER_SECOND, LIMIT_S, PromptBook

SHIPPED = Surveys.load(HOUSE / "dialplan" / "surveys", ["moesk", "skek"])
BOOK = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
ONE = """surveys:
  - id: office
    title: Как вас приняли
    about: visit
    intro: Вы были у нас на приёме.
    questions:
      - id: helped
        text: Вам помогли?
        choices: [Да, Нет]
      - id: whole
        text: Как вы оцениваете приём?
        answer: mark
    thanks: Спасибо.
"""
MISTAKES = {
    "a figure": ("Вам помогли?", "Вам помогли за 5 минут?", 8, "прочтут неверно"),
    "both kinds of answer": ("answer: mark", "answer: mark\n        choices: [Да, Нет]", 10, "либо оценка"),
    "no answer": ("        choices: [Да, Нет]\n", "", 7, "либо оценка"),
    "one choice": ("[Да, Нет]", "[Да]", 7, "Вариант один"),
    "five choices": ("[Да, Нет]", "[Да, Нет, Почти, Отчасти, Вовсе нет]", 9, "4"),
    "a long choice": ("[Да, Нет]", f"[Да, {'а' * 41}]", 9, "Сократите до 40"),
    "a long question": ("Вам помогли?", "а" * 161, 8, "Сократите до 160"),
    "about something else": ("about: visit", "about: weather", 4, "visit"),
    "an id in Russian": ("id: whole", "id: всё", 10, "Строчные латинские буквы"),
    "a question twice": ("id: whole", "id: helped", 10, "Вопрос «helped» повторён"),
}


def test_the_shipped_survey_can_be_said_and_each_question_is_short() -> None:
    (survey,) = SHIPPED.of("moesk", SurveyAbout.VISIT)
    assert SHIPPED.of("skek") == ()
    assert sum(question.is_mark for question in survey.questions) == 2
    for part in survey_words.parts(survey):
        words = " ".join(BOOK.text(phrase, "moesk") for phrase in part)
        assert "{" not in words
        assert len(words) / CHARACTERS_PER_SECOND <= LIMIT_S["question"], words


def test_keys_are_named_in_the_order_of_the_choices() -> None:
    wait = SHIPPED.find("moesk", "office").questions[0]
    assert BOOK.text(survey_words.asked(wait)) == (
        "Сколько вы ждали приёма? Меньше десяти минут, нажмите один. Меньше получаса, два. Дольше, три."
    )
    assert (wait.keys, wait.named("3")) == ("123", "Дольше")
    with pytest.raises(NotFound, match="Есть: office"):
        SHIPPED.find("moesk", "other")


@pytest.mark.parametrize("case", MISTAKES)
def test_each_mistake_is_told_at_its_line(tmp_path: Path, case: str) -> None:
    old, new, line, told = MISTAKES[case]
    assert old in ONE
    file = tmp_path / "moesk.yaml"
    file.write_text(ONE.replace(old, new), "utf-8")
    with pytest.raises(Misconfigured) as refused:
        Surveys.load(tmp_path, ["moesk"])
    assert refused.value.message.startswith(f"{file}:{line}: "), refused.value.message
    assert told in refused.value.message


def test_two_surveys_of_one_id_and_a_broken_file_that_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "moesk.yaml"
    file.write_text(ONE + ONE.partition("surveys:\n")[2], "utf-8")
    (tmp_path / "skek.yaml").write_text(ONE, "utf-8")
    refused: list[Misconfigured] = []
    told = Surveys.load(tmp_path, ["moesk", "skek"], refused.append)
    assert told.of("moesk") == ()
    assert [one.id for one in told.of("skek")] == ["office"]
    assert "Опрос «office» повторён. Дайте каждому свой id." in refused[0].message
