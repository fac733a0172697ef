"""The history of an appeal as a reader reads it: each event a sentence, with who, when, and whether it still holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from agent_console.people import people
from appeals import numbering
from appeals.casework.promises import KIND_TITLES as PROMISES
from appeals.models import AppealEvent, Measure
from appeals.proof.verify import Fault
from appeals.taxonomy import shipped
from gridline.companies import Company

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline."""

    seq: int
    at: datetime
    who: str
    title: str
    detail: str
    fault: str
    """What is wrong with this event; empty when its hash holds."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """What the words need beside the event."""

    company: Company
    names: Mapping[str, str]
    measures: Mapping[str, str]

    def person(self, actor: str | None) -> str:
        return people.spelled(actor or "", self.names)

    def moment(self, text: str) -> str:
        return f"{datetime.fromisoformat(text).astimezone(self.company.zone):%d.%m.%Y %H:%M}"


Words = Callable[[_Reader, Body], tuple[str, str]]


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}"


def _registered(_: _Reader, body: Body) -> tuple[str, str]:
    codes = shipped()
    kind, channel = codes.kinds[body["kind"]].title, codes.channels[body["channel"]].title
    return "Зарегистрировано", f"{kind}, {channel.lower()}; срок ответа — {_day(body['deadline']['day'])}"


def _reclassified(_: _Reader, body: Body) -> tuple[str, str]:
    codes = shipped()
    told = [codes.kinds[body["kind"]].title, codes.topics[body["topic"]].title]
    if body["disposition"]:
        told.append(codes.dispositions[body["disposition"]].title)
    return "Изменены вид и тема", " · ".join(told)


def _found(_: _Reader, body: Body) -> tuple[str, str]:
    verdict = {True: "жалоба обоснована", False: "жалоба не обоснована", None: ""}[body["justified"]]
    return "Записаны выводы", "; ".join(
        one for one in (verdict, "права восстановлены" if body["rights"] else "") if one
    )


def _answered(reader: _Reader, body: Body) -> tuple[str, str]:
    if body["on_call"]:
        return "Ответ дан во время звонка", ""
    way = shipped().answer_ways[body["way"]].title
    return "Ответ отправлен", f"{way.lower()}, {reader.moment(body['sent_at'])}"


def _refused(reader: _Reader, body: Body) -> tuple[str, str]:
    ground = shipped().refusal_grounds[body["ground"]].title
    return "В рассмотрении отказано", f"{ground}; заявитель уведомлён {reader.moment(body['notice_sent_at'])}"


def _proposed(_: _Reader, body: Body) -> tuple[str, str]:
    link = f" ({numbering.written(body['link'])})" if body["link"] else ""
    return "Предложен отказ в рассмотрении", shipped().refusal_grounds[body["ground"]].title + link


def _promise(title: str) -> Words:
    def words(reader: _Reader, body: Body) -> tuple[str, str]:
        return title, f"{PROMISES.get(body['kind'], body['kind'])}, до {reader.moment(body['due_at'])}"

    return words


def _plain(title: str) -> Words:
    return lambda _reader, _body: (title, "")


WORDS: Final[Mapping[str, Words]] = {
    "registered": _registered,
    "receipt_given": lambda _, body: ("Известно и по квитанции", str(body["receipt"])),
    "reclassified": _reclassified,
    "deadline_changed": lambda _, body: ("Изменён срок", str(body["deadline"]["sentence"])),
    "described": lambda _, body: (
        "Записано содержание",
        f"расслышано машиной: слов {body['words']}, изменено {body['changed']}" if "words" in body else "",
    ),
    "assigned": lambda reader, body: (
        "Назначен ответственный",
        ", ".join(one for one in (reader.person(body["owner"]), body["unit"]) if one),
    ),
    "taken": _plain("Взято в работу"),
    "asked": lambda _, body: (
        "Дано поручение" if body["task"] == "subtask" else "Направлено в другую организацию",
        f"{body['to']}, до {_day(body['due'])}",
    ),
    "returned": _plain("Поручение исполнено"),
    "found": _found,
    "measure_planned": lambda _, body: ("Назначена мера", f"{body['text']}, до {_day(body['planned_on'])}"),
    "measure_done": lambda reader, body: (
        "Мера исполнена",
        f"{reader.measures.get(body['measure_id'], '')} — {_day(body['done_on'])}".removeprefix(" — "),
    ),
    "answered": _answered,
    "refusal_proposed": _proposed,
    "refused": _refused,
    "joined": lambda _, body: ("Присоединено к более раннему", numbering.written(body["to"])),
    "withdrawn": _plain("Отозвано заявителем"),
    "closed": _plain("Закрыто"),
    "contact_added": lambda _, body: (
        "Заявитель обратился снова",
        shipped().channels[body["channel"]].title.lower() if body["channel"] in shipped().channels else "",
    ),
    "promise_made": _promise("Дано обещание"),
    "promise_attempted": _promise("Попытка выполнить обещание"),
    "promise_kept": _promise("Обещание выполнено"),
    "promise_broken": _promise("Обещание выполнено с опозданием"),
    "pin_answered": _plain("Записан ответ по номеру и пин-коду"),
    "hold_set": _plain("Запрещено уничтожать"),
    "hold_lifted": _plain("Запрет на уничтожение снят"),
    "erased": _plain("Персональные данные уничтожены"),
    "exported": lambda _, body: ("Выгружен пакет доказательств", f"SHA-256 описи {str(body['manifest'])[:16]}…"),
}
"""How each kind of event reads; an event of a kind that is not here is shown by its code."""


def tell(
    events: Sequence[AppealEvent],
    faults: Sequence[Fault],
    names: Mapping[str, str],
    company: Company,
    measures: Sequence[Measure],
) -> tuple[Happened, ...]:
    """The events, the newest first. An event that was tampered with is shown with what is wrong, never hidden."""
    reader = _Reader(company, names, {one.id: one.text for one in measures})
    wrong = {fault.seq: fault.sentence for fault in faults if fault.seq}
    return tuple(
        Happened(one.seq, one.at, reader.person(one.actor), *_words(reader, one), wrong.get(one.seq, ""))
        for one in reversed(events)
    )


def _words(reader: _Reader, event: AppealEvent) -> tuple[str, str]:
    try:
        return WORDS[event.kind](reader, json.loads(event.body))
    except (KeyError, ValueError, TypeError):  # somebody rewrote it past us: the finding says so, the page must open
        return event.kind, event.body[:200]


def people_in(events: Sequence[AppealEvent]) -> set[str]:
    """Everybody the events name: who acted, who was made responsible."""
    found = {one.actor for one in events}
    for one in events:
        if one.kind == "assigned":
            owner = json.loads(one.body).get("owner")
            found |= {owner} if isinstance(owner, str) else set()
    return found
