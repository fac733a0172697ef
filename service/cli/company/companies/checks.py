"""Everything wrong with what companies say of themselves: files, menus, own wordings, articles, calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from appeals.taxonomy import shipped as taxonomy
from grid.knowledge import Knowledge, read_article
from grid.offices import book, offices
from grid.reference.passports import Passports
from grid.reference.shelf import SURVEYS
from grid.reference.surveys import Surveys
from gridline.calendar.calendar_file import NAME, kept_days, load_calendar, unknown_years
from gridline.companies import ALWAYS, Company, every
from gridline.errors import Misconfigured
from gridline.yaml.file import Mistake, YamlFile, misconfigured, read
from ivr.menus.flows import STORM, load_checked
from ivr.menus.vocabulary import Vocabulary
from ivr.menus.written import COMMON_FILE
from ivr.voice.prompts import COMMON, PromptBook, PromptEntry
from service.cli.menus import vocabulary_by_book

PROMPTS: Final = "prompts.ru.yaml"
AROUND_THE_CLOCK: Final = ("outages", "maintenance")
"""The branch of outages and hazards never says «мы закрыты» (order 186, rule R1 of domain.md)."""
SAYS: Final = {
    "notice": {"робот": "это робот", "записывается": "разговор записывается"},
    "out-robot": {"робот": "это робот"},
    "out-notice": {"робот": "это робот", "записывается": "разговор записывается"},
}
"""The prompts in which a company says who it is (the common text has no name), and what else each of them must say:
of the recording before it begins (R5), of the robot at once (R34)."""
ESTIMATE: Final = 1.12
"""An estimate by letters may be too long by so much; `gridline prompts build` measures."""
Measured = Callable[[Company], Vocabulary]  # what its words last; without it they are estimated by their letters
AHEAD: Final = timedelta(days=61)
"""How far the calendar is looked into: a term of a month that is given a month from now (a default)."""


def found(dialplan: Path, var: Path, today: date) -> list[str]:
    """Every mistake as `file:line: what is wrong. How to cure it.`; empty when all is well."""
    companies, refused = every(dialplan / "companies")
    known = [file.stem for file in _yaml_in(dialplan / "companies")]
    told = [
        *refused,
        *(told for company in companies for told in _company(dialplan, company)),
        *_prompts_and_menus(dialplan, list(companies), known),
        *_articles(dialplan / "knowledge", known),
        *_offices(dialplan / book.FOLDER, companies, known),
        *_passports(dialplan / "passports", known),
        *_surveys(dialplan / SURVEYS, known),
        *_calendar(var, today),
    ]
    return list(dict.fromkeys(line for each in told for line in each.message.splitlines()))


def found_of(dialplan: Path, company_id: str, measured: Measured | None = None) -> list[str]:
    """The same of one company alone: its file, menus, own wordings, articles, offices; nothing of what is elsewhere."""
    companies, refused = every(dialplan / "companies")
    own = [one for one in refused if f"/{company_id}.yaml:" in one.message]
    known = [file.stem for file in _yaml_in(dialplan / "companies")]
    told = [*own]
    for company in companies:
        if company.id == company_id:
            told += [*_company(dialplan, company), *_prompts_and_menus(dialplan, [company], known, measured)]
            told += _own_articles(dialplan / "knowledge" / company_id)
            told += _own_offices(dialplan / book.FOLDER / f"{company_id}.yaml", company)
    return list(dict.fromkeys(line for each in told for line in each.message.splitlines()))


def _yaml_in(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob("*.yaml"))


def _company(dialplan: Path, company: Company) -> Iterator[Misconfigured]:
    path = dialplan / "companies" / f"{company.id}.yaml"
    file = read(path)
    if mistakes := [*_topics(company, file), *_left_over(company, file), *_menu_there(dialplan, company, file)]:
        yield misconfigured(path, mistakes)


def _topics(company: Company, file: YamlFile) -> Iterator[Mistake]:
    codes = taxonomy().topics
    for code in company.topics.keys() - codes.keys():
        cure = f"Возможны: {', '.join(codes)}."
        yield Mistake(file.line("topics", code), f"Темы «{code}» в реестре нет.", cure)
    for code in AROUND_THE_CLOCK:
        if code not in company.topics:
            cure = "Добавьте её: об отключениях и опасности звонят всегда."
            yield Mistake(file.line("topics"), f"Нет темы «{code}».", cure)
        elif company.topics[code].schedule != ALWAYS:
            what = f"На тему «{code}» отвечают не круглосуточно."
            yield Mistake(file.line("topics", code, "schedule"), what, "Уберите schedule: так требует приказ 186.")


def _left_over(company: Company, file: YamlFile) -> Iterator[Mistake]:
    used = {topic.schedule for topic in company.topics.values()}
    for name in company.schedules.keys() - used:
        what = f"По расписанию «{name}» никто не отвечает."
        yield Mistake(file.line("schedules", name), what, "Назовите его в schedule у темы или уберите.")
    for at, did in enumerate(company.dids):
        if did in company.dids[:at]:
            yield Mistake(file.line("dids", at), f"Номер {did} назван дважды.", "Оставьте его один раз.")


def _menu_there(dialplan: Path, company: Company, file: YamlFile) -> Iterator[Mistake]:
    if not (dialplan / "menus" / company.menu).exists():
        cure = "Положите туда меню: хватит строки «from: common»."
        yield Mistake(file.line("menu"), f"Меню dialplan/menus/{company.menu} нет.", cure)
    trust = company.trust_line
    if trust is not None and not (dialplan / "menus" / trust.menu).exists():
        cure = "Положите туда меню, например как moesk-trust.yaml."
        yield Mistake(file.line("trust_line", "menu"), f"Меню dialplan/menus/{trust.menu} нет.", cure)


def _prompts_and_menus(
    dialplan: Path, companies: Sequence[Company], known: Sequence[str], measured: Measured | None = None
) -> Iterator[Misconfigured]:
    """Menus name prompts, so they are looked at once the book is right."""
    try:
        book = PromptBook.load(dialplan / PROMPTS)
    except Misconfigured as error:
        yield error
        return
    if mistakes := list(_wordings(book, read(dialplan / PROMPTS), known)):
        yield misconfigured(dialplan / PROMPTS, mistakes)
    for company in companies:
        for file in _menus_of(dialplan, company):
            try:
                load_checked(file, measured(company) if measured else vocabulary_by_book(company, book))
            except Misconfigured as error:
                yield error
    if len(companies) == len(known):  # the menu of a file that could not be read is somebody's
        yield from _menus_of_nobody(dialplan, companies)


def _menus_of(dialplan: Path, company: Company) -> Iterator[Path]:
    usual, *others = (dialplan / "menus" / name for name in company.menus)
    return (file for file in (usual, usual.with_name(usual.stem + STORM), *others) if file.exists())


def _menus_of_nobody(dialplan: Path, companies: Iterable[Company]) -> Iterator[Misconfigured]:
    owned = {COMMON_FILE, *(file.name for company in companies for file in _menus_of(dialplan, company))}
    for file in _yaml_in(dialplan / "menus"):
        if file.name not in owned:
            cure = "Назовите его в поле menu компании или уберите."
            yield misconfigured(file, [Mistake(1, "Это меню ни одной компании.", cure)])


def _wordings(book: PromptBook, file: YamlFile, known: Sequence[str]) -> Iterator[Mistake]:
    for entry in book.values():
        for company, words in entry.own.items():
            line = file.line(entry.id, "companies", company)
            if company not in known:
                cure = f"Исправьте код или уберите строку. Есть: {', '.join(known)}."
                yield Mistake(line, f"{entry.id}: компании «{company}» нет.", cure)
                continue
            yield from _unsaid(entry, company, words, line)
    for id in SAYS:
        if id in book:
            for company in known:
                if company not in book[id].own:
                    cure = f"Впишите под companies строку «{company}: ...»."
                    yield Mistake(file.line(id), f"{id}: «{company}» не называет себя.", cure)


def _unsaid(entry: PromptEntry, company: str, words: str, line: int) -> Iterator[Mistake]:
    for word, cure in SAYS.get(entry.id, {}).items():
        if word not in words.lower():
            what = f"{entry.id}: у «{company}» нет слова «{word}»."
            yield Mistake(line, what, f"Скажите, что {cure}: звонящий должен знать.")
    seconds = entry.estimate_s(company)
    if seconds > entry.limit_s * ESTIMATE:
        what = f"{entry.id}: у «{company}» звучит около {seconds:.0f} с."
        yield Mistake(line, what, f"Сократите до {entry.limit_s:.0f} с.")


def _own_articles(folder: Path) -> Iterator[Misconfigured]:
    for file in _yaml_in(folder):
        try:
            read_article(file)
        except Misconfigured as error:
            yield error


def _own_offices(file: Path, company: Company) -> Iterator[Misconfigured]:
    if file.exists():
        try:
            offices.load(file, company)
        except Misconfigured as error:
            yield error


def _articles(folder: Path, known: Sequence[str]) -> list[Misconfigured]:
    refused: list[Misconfigured] = []
    Knowledge.load(folder, known, refused.append)
    for place in sorted(place for place in folder.glob("*") if place.is_dir()):
        if place.name not in {COMMON, *known}:
            cure = f"Назовите папку как компанию ({', '.join(known)}) или уберите."
            refused.append(misconfigured(place, [Mistake(1, "Это статьи ни одной компании.", cure)]))
    return refused


def _offices(folder: Path, companies: Iterable[Company], known: Sequence[str]) -> Iterator[Misconfigured]:
    """A company may have no file: then callers are told what they always were, and nobody can book a visit."""
    by_id = {company.id: company for company in companies}
    for path in _yaml_in(folder):
        if path.stem not in known:
            cure = f"Назовите файл как компанию ({', '.join(known)}) или уберите."
            yield misconfigured(path, [Mistake(1, "Это офисы ни одной компании.", cure)])
        elif path.stem in by_id:
            yield from _own_offices(path, by_id[path.stem])


def _passports(folder: Path, known: Sequence[str]) -> list[Misconfigured]:
    refused: list[Misconfigured] = []
    Passports.load(folder, known, refused.append)
    if not (folder / f"{COMMON}.yaml").exists():
        gone = Mistake(1, "Общих паспортов услуг нет.", "Верните файл из поставки: по нему консультируют.")
        refused.append(misconfigured(folder / f"{COMMON}.yaml", [gone]))
    for file in _yaml_in(folder):
        if file.stem not in {COMMON, *known}:
            cure = f"Назовите файл как компанию ({', '.join(known)}) или уберите."
            refused.append(misconfigured(file, [Mistake(1, "Это паспорта ни одной компании.", cure)]))
    return refused


def _surveys(folder: Path, known: Sequence[str]) -> list[Misconfigured]:
    refused: list[Misconfigured] = []
    Surveys.load(folder, known, refused.append)
    for file in _yaml_in(folder):
        if file.stem not in known:
            cure = f"Назовите файл как компанию ({', '.join(known)}) или уберите."
            refused.append(misconfigured(file, [Mistake(1, "Это опросы ни одной компании.", cure)]))
    return refused


def _calendar(var: Path, today: date) -> Iterator[Misconfigured]:
    """Terms are counted into next year before it begins; its moved days are known once the government's decree is."""
    try:
        load_calendar(var)
    except Misconfigured as error:
        yield error
        return
    for year in unknown_years(today, kept_days(var), AHEAD):
        cure = "Впишите их в консоли («Календарь») или загрузите: gridline calendar import ФАЙЛ."
        yield misconfigured(var / NAME, [Mistake(1, f"Нет переносов рабочих дней на {year} год.", cure)])
