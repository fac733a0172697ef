"""What is wrong with a company's file though each of its fields is right: with the others, or with each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final

from gridline.companies.company import Company
from gridline.companies.parts import ALWAYS
from gridline.yaml.file import Mistake, YamlFile

ALIKE: Final = 0.85
"""From here on two names of queues are the same one misspelt; nobody would answer the calls of the wrong one."""


def taken(company: Company, file: YamlFile, others: Iterable[Company]) -> Iterator[Mistake]:
    """Numbers and queues that another company has already."""
    for other in others:
        for did, line in _lines_of_dids(company, file):
            if did in other.every_did:
                what = f"Номер {did} уже отдан компании «{other.id}»."
                yield Mistake(line, what, "Оставьте его одной из них.")
        for queue in company.queues & other.queues:
            # Queue names are global in Asterisk: callers of one company would reach agents of another.
            what = f"Очередь «{queue}» уже есть у компании «{other.id}»."
            cure = f"Назовите её по-своему, например {company.id}-{queue.rpartition('-')[2]}."
            yield Mistake(_line_of_queue(company, file, queue), what, cure)


def _lines_of_dids(company: Company, file: YamlFile) -> Iterator[tuple[str, int]]:
    """Each number of the company with its line."""
    yield from ((did, file.line("dids", at)) for at, did in enumerate(company.dids))
    if company.trust_line is not None:
        yield company.trust_line.did, file.line("trust_line", "did")


def _line_of_queue(company: Company, file: YamlFile, queue: str) -> int:
    if company.hotline == queue:
        return file.line("hotline")
    code = next(code for code, topic in company.topics.items() if topic.queue == queue)
    return file.line("topics", code, "queue")


def at_odds(company: Company, file: YamlFile) -> Iterator[Mistake]:
    """Fields that are each valid but contradict each other."""
    if company.id != file.path.stem:
        what = f"id «{company.id}» не совпадает с именем файла."
        yield Mistake(file.line("id"), what, f"Пишите id: {file.path.stem}.")
    if company.trust_line is not None and company.trust_line.did in company.dids:
        what = f"Номер {company.trust_line.did} уже есть в dids."
        cure = "На телефоне доверия номер звонящего не хранится, и это может быть только отдельный номер."
        yield Mistake(file.line("trust_line", "did"), what, cure)
    if company.trust_line is not None and company.trust_line.menu == company.menu:
        what, cure = "У телефона доверия то же меню, что у горячей линии.", f"Дайте своё: {company.id}-trust.yaml."
        yield Mistake(file.line("trust_line", "menu"), what, cure)
    for code, topic in company.topics.items():
        if topic.schedule != ALWAYS and topic.schedule not in company.schedules:
            known = ", ".join([ALWAYS, *company.schedules])
            what = f"У темы «{code}» нет расписания «{topic.schedule}»."
            yield Mistake(file.line("topics", code, "schedule"), what, f"Возможны: {known}.")
    for field in ("queue_names", "members"):
        for queue in getattr(company, field).keys() - company.queues:
            what, known = f"Очереди «{queue}» у компании нет.", ", ".join(sorted(company.queues))
            yield Mistake(file.line(field, queue), what, f"Есть: {known}.")
    yield from _misspelt(company, file)
    names = [company.queue_name(queue) for queue in sorted(company.queues)]
    for queue, name in company.queue_names.items():
        if names.count(name) > 1:
            what = f"Очередей с именем «{name}» несколько."
            yield Mistake(file.line("queue_names", queue), what, "Назовите их по-разному: по имени на них переводят.")
    for where, phones in (
        ((), company.duty_phones),
        *((("branches", at), branch.duty_phones) for at, branch in enumerate(company.branches)),
    ):
        for at, phone in enumerate(phones):
            if phone in phones[:at]:
                what = f"Дежурный телефон {phone} назван дважды."
                yield Mistake(file.line(*where, "duty_phones", at), what, "Оставьте его один раз.")
    feeds = [rule.name for rule in company.feeds]
    for at, name in enumerate(feeds):
        if name in feeds[:at]:
            yield Mistake(file.line("feeds", at, "name"), f"Источник «{name}» повторён.", "Дайте каждому своё имя.")
    seen: set[str] = set()
    for at, branch in enumerate(company.branches):
        if branch.id in seen:
            yield Mistake(file.line("branches", at, "id"), f"Филиал «{branch.id}» повторён.", "Дайте каждому свой id.")
        seen.add(branch.id)


def _misspelt(company: Company, file: YamlFile) -> Iterator[Mistake]:
    """Queues that nobody has named though one is named nearly like them."""
    asked = {company.hotline: file.line("hotline")}
    asked |= {topic.queue: file.line("topics", code, "queue") for code, topic in company.topics.items()}
    for queue in sorted(asked.keys() - company.queue_names.keys()):
        if near := get_close_matches(queue, company.queue_names, 1, ALIKE):
            what = f"Очереди «{queue}» нет в queue_names, а похожая есть."
            cure = f"Возможно, {near[0]}? Если это другая очередь, назовите её в queue_names."
            yield Mistake(asked[queue], what, cure)
