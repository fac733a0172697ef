"""A company's schedules and the topics that keep them, as a form has them and in the company's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gridline.errors import InvalidInput
from gridline.yaml import edit
from gridline.yaml.file import Tree

DAYS: Final[Mapping[str, str]] = {
    "mon": "Понедельник",
    "tue": "Вторник",
    "wed": "Среда",
    "thu": "Четверг",
    "fri": "Пятница",
    "sat": "Суббота",
    "sun": "Воскресенье",
}
SHORTER: Final = "shorter"


@dataclass(frozen=True)
class ScheduleForm:
    """One schedule: how its hours are said, and what they are on each day (empty: closed)."""

    spoken: str
    days: Mapping[str, str]
    before_holiday: bool = False
    """An hour shorter on the working day before a public holiday."""


@dataclass(frozen=True)
class TopicForm:
    """A topic: what it is called, and the schedule that it keeps ("" for around the clock)."""

    name: str
    schedule: str


def schedules(text: str) -> dict[str, ScheduleForm]:
    """As the company's file has them. Raises InvalidInput for a text that is no YAML."""
    found = {}
    for name, body in _mapping(edit.tree_of(text), "schedules").items():
        days = _mapping(body, "days")
        hours = {day: str(days.get(day, "")) for day in DAYS}
        found[name] = ScheduleForm(_text(body, "spoken"), hours, _text(body, "before_holiday") == SHORTER)
    return found


def topics(text: str) -> dict[str, TopicForm]:
    """The same of the topics."""
    found = _mapping(edit.tree_of(text), "topics")
    return {code: TopicForm(_text(body, "name"), _text(body, "schedule")) for code, body in found.items()}


def write(text: str, name: str, form: ScheduleForm) -> str:
    """The company's text with this schedule. Raises InvalidInput."""
    days: dict[str, Tree] = {day: hours for day, hours in form.days.items() if hours}
    if not days:
        raise InvalidInput("Ни в один день нет часов. Впишите хотя бы один: 08:00-17:00.")
    had = schedules(text).get(name)
    if had == form:
        return text
    if had is None or had.spoken != form.spoken:
        text = edit.put(text, ("schedules", name, "spoken"), form.spoken)
    if had is None or had.days != form.days:
        text = edit.put(text, ("schedules", name, "days"), days)
    if form.before_holiday != (had is not None and had.before_holiday):
        where = ("schedules", name, "before_holiday")
        text = edit.put(text, where, SHORTER) if form.before_holiday else edit.drop(text, where)
    return text


def keep(text: str, kept: Mapping[str, str]) -> str:
    """The company's text with topics that keep these schedules ("" for around the clock). Raises InvalidInput."""
    had = topics(text)
    for topic in had.keys() & kept.keys():
        where, schedule = ("topics", topic, "schedule"), kept[topic]
        if had[topic].schedule != schedule:
            text = edit.put(text, where, schedule) if schedule else edit.drop(text, where)
    return text


def _mapping(tree: Tree, key: str) -> dict[str, Tree]:
    inner = tree.get(key, {}) if isinstance(tree, dict) else {}
    return inner if isinstance(inner, dict) else {}


def _text(tree: Tree, key: str) -> str:
    value = tree.get(key, "") if isinstance(tree, dict) else ""
    return " ".join(value.split()) if isinstance(value, str) else ""
