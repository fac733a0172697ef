"""What the forms of a draft send, read: a place, its words, the hours; and what was changed, said in Russian."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple

from grid.reference.aloud import aloud
from gridline.errors import InvalidInput
from ivr.menus.editions.articles import ArticleForm
from ivr.menus.editions.edition import Edition
from ivr.menus.editions.hours import DAYS, ScheduleForm
from ivr.menus.editions.office_forms import NAMED as NAMED_OFFICE
from ivr.menus.editions.office_forms import OfficeForm
from ivr.menus.editions.places import PlaceForm
from ivr.menus.editions.view import DraftView
from ivr.voice.prompts import PromptBook

Sent = Mapping[str, object]
LONGEST_TEXT = 1200
"""Letters of a prompt; the longest may last 40 seconds, that is half of them."""
LONGEST_FILE = 200_000
NAMED = {
    "say": "что звучит",
    "words": "слова вместо клавиш",
    "repeat": "повтор",
    "silence": "молчание",
    "wait": "сколько ждать",
    "tries": "сколько ошибок",
    "otherwise": "после ошибок",
    "then": "куда дальше",
    "topic": "тема",
}
"""Words of a place as people call them."""


def text(sent: Sent, name: str, *, at_most: int = LONGEST_TEXT) -> str:
    """A field's words, spaces made single. Raises InvalidInput for what is too long."""
    value = " ".join(str(sent.get(name, "") or "").replace("\0", "").split())
    if len(value) > at_most:
        raise InvalidInput(f"Слишком длинно: {len(value)} знаков, можно {at_most}. Сократите.")
    return value


def whole(sent: Sent, name: str) -> str:
    """A file's text, its lines kept. Raises InvalidInput."""
    value = str(sent.get(name, "") or "").replace("\0", "").replace("\r\n", "\n")
    if len(value) > LONGEST_FILE:
        raise InvalidInput("Текст длиннее двухсот тысяч знаков. Сократите.")
    return value if value.endswith("\n") or not value else f"{value}\n"


def revision(sent: Sent) -> int:
    """The revision that the form was made of. Raises InvalidInput."""
    value = str(sent.get("revision", ""))
    if not value.isdecimal() or len(value) > 9:
        raise InvalidInput("Страница устарела. Откройте её снова.")
    return int(value)


def article(sent: Sent, names: Iterable[str]) -> ArticleForm:
    """An article as the form has it; `names` are those of its fields, topics among them."""
    lines = whole(sent, "text").replace("\t", "  ").splitlines()
    return ArticleForm(
        title=text(sent, "title", at_most=120),
        topics=tuple(name.removeprefix("topic-") for name in names if name.startswith("topic-")),
        words=_words(text(sent, "words")),
        section=text(sent, "section"),
        spoken=text(sent, "spoken", at_most=LONGEST_TEXT * 4),
        text="\n".join(line.rstrip() for line in lines).strip(),
    )


def must_be_article(form: ArticleForm) -> None:
    """Raises InvalidInput in the words of the form; the loader of the file is asked besides."""
    if not form.title:
        raise InvalidInput("Впишите название статьи.")
    if not form.text:
        raise InvalidInput("Впишите текст для оператора: по нему он отвечает, даже если звонящим статью не читают.")
    if not form.spoken:
        return
    if not form.section:
        raise InvalidInput("Выберите раздел: без него звонящий эту статью не найдёт. Или сотрите текст вслух.")
    try:
        aloud(form.spoken)
    except ValueError as error:
        raise InvalidInput(f"Что слышит звонящий: {error}") from error


def office(sent: Sent, names: Iterable[str]) -> OfficeForm:
    """An office as the form has it; `names` are those of its fields, topics among them."""
    several = ("settlements", "services")
    return OfficeForm(
        **{word: text(sent, word, at_most=300) for word in NAMED_OFFICE if word not in several},
        settlements=tuple(one for line in whole(sent, "settlements").splitlines() if (one := " ".join(line.split()))),
        services=tuple(name.removeprefix("topic-") for name in names if name.startswith("topic-")),
    )


def apart(saved: ArticleForm | OfficeForm, form: ArticleForm | OfficeForm) -> list[str]:
    """How a form differs from what is saved, line by line, each with a sign before it."""
    lines = difflib.unified_diff(_plain(saved), _plain(form), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _plain(form: ArticleForm | OfficeForm) -> list[str]:
    values = astuple(form)
    return [line for one in values for line in (one.splitlines() if isinstance(one, str) else [", ".join(one)])]


def place(sent: Sent, had: PlaceForm) -> PlaceForm:
    """The place as the form has it; rows without a key or without a target are not there."""
    rows = [(text(sent, f"key-{n}"), text(sent, f"to-{n}"), text(sent, f"aloud-{n}")) for n in range(12)]
    press = tuple((key, to) for key, to, _ in rows if key and to)
    say = tuple(one for n in range(8) if (one := text(sent, f"say-{n}")))
    return PlaceForm(
        do=had.do,
        say=say,
        press=press,
        words={key: _words(aloud) for key, to, aloud in rows if key and to and aloud},
        repeat="repeat" in sent,
        silence=text(sent, "silence"),
        wait=text(sent, "wait"),
        tries=text(sent, "tries"),
        otherwise=text(sent, "otherwise"),
        then=text(sent, "then"),
        topic=text(sent, "topic"),
        exits=tuple((exit, text(sent, f"exit-{exit}") or to) for exit, to in had.exits),
    )


def _words(aloud: str) -> tuple[str, ...]:
    return tuple(word for part in aloud.split(",") if (word := part.strip().lower()))


def with_words(content: Edition, book: PromptBook, view: DraftView, sent: Sent) -> tuple[Edition, list[str]]:
    """The edition with the words that the form has under `words-ID`, and the ids of those that are others now.

    The common words are no wording of the company's own.
    """
    changed = []
    for name in sent:
        id = name.removeprefix("words-")
        if id == name or id not in book:
            continue
        said = text(sent, name)
        if said == view.book.get(id, book[id].wording(view.company.id)):
            continue
        if not said:
            raise InvalidInput(f"Слова «{id}» пусты. Впишите, что сказать, или верните общие.")
        content = content.with_("words", id, "" if said == book[id].text else said)
        changed.append(id)
    return content, changed


def schedule(sent: Sent) -> ScheduleForm:
    """A schedule as the form has it."""
    hours = {day: text(sent, f"day-{day}") for day in DAYS}
    return ScheduleForm(text(sent, "spoken"), hours, before_holiday="before-holiday" in sent)


def place_changed(name: str, old: PlaceForm, new: PlaceForm, words: list[str]) -> str:
    """What is not as it was in a place."""
    parts = [*_changed(old, new), *(f"слова «{id}»" for id in words)]
    return f"место {name}: {', '.join(parts) or 'без изменений'}"


def _changed(old: PlaceForm, new: PlaceForm) -> Iterator[str]:
    was, now = dict(old.press), dict(new.press)
    for key in sorted(was.keys() | now.keys()):
        if was.get(key) != now.get(key):
            yield f"клавиша {key} → {now[key]}" if key in now else f"клавиши {key} больше нет"
    if was == now and old.press != new.press:
        yield "порядок клавиш"
    for (exit, to), (_, led) in zip(new.exits, old.exits, strict=True):
        if to != led:
            yield f"{exit} → {to}"
    for word, named in NAMED.items():
        if getattr(old, word) != getattr(new, word):
            yield named
