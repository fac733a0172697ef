"""Checks of what callers hear: companies, menus, prompts, the voice, the model of speech recognition."""

from __future__ import annotations

from collections.abc import Sequence

from gridline.companies import Companies
from gridline.errors import GridlineError
from gridline.settings import Settings
from ivr.actions import SIGNATURES
from ivr.menus.flows import load_checked
from ivr.menus.vocabulary import Vocabulary
from ivr.voice.prompts import COMMON
from ivr.voice.synthesis import RHVoice, find_rhvoice
from ivr.voice.voice import Voice
from service.doctor.finding import Finding, fine, note, wrong
from speech.ears import ears_of, shelf_of
from speech.models import ADD, digest
from speech.port import NoModel

SHOWN = 5
WITHOUT_CONTROLLER = ("notice", "person-all-busy", "emergency-message", "goodbye")
"""What the dialplan and the queues play by fixed names, for every company."""


def companies(config: Settings) -> Sequence[Finding]:
    """Whether the companies' files are as they should be."""
    try:
        found = list(Companies.load(config.dialplan / "companies"))
    except GridlineError as error:
        return [wrong("Компании", error.message, "Исправьте файл: его строка названа.")]
    return [fine("Компании", ", ".join(f"{each.name} ({', '.join(each.every_did)})" for each in found))]


def menus(config: Settings) -> Sequence[Finding]:
    """Whether each company's menu may be given to callers."""
    try:
        voice = Voice.of(config)
        known = list(Companies.load(config.dialplan / "companies"))
    except GridlineError:
        return []  # told by the checks of prompts and companies
    findings = []
    for company, menu in ((each, menu) for each in known for menu in each.menus):
        lengths = voice.lengths(company.id)
        said = {id: lengths[id] for id, entry in voice.book.items() if not entry.placeholders}
        try:
            flow = load_checked(config.dialplan / "menus" / menu, Vocabulary.of(company, said, SIGNATURES))
        except (GridlineError, OSError) as error:
            findings.append(wrong("Меню", str(error), "Исправьте файл; проверка: gridline menus check"))
        else:
            findings.append(fine("Меню", f"{menu}: мест {len(flow.places)}, версия {flow.version[:12]}"))
    return findings


def prompts(config: Settings) -> Sequence[Finding]:
    """Whether every prompt is made, and none is longer than a caller listens."""
    try:
        voice = Voice.of(config)
    except GridlineError as error:
        return [wrong("Подсказки", error.message, "Исправьте файл: его строка названа.")]
    missing = voice.missing() + _missing_names(config)
    if missing:
        names = ", ".join(missing[:SHOWN]) + (f" и ещё {len(missing) - SHOWN}" if len(missing) > SHOWN else "")
        return [wrong("Подсказки", f"Не озвучены: {names}.", "gridline prompts build")]
    long = [
        f"{company}/{id} — {seconds:.1f} с при пределе {voice.book[id].limit_s:g} с"
        for company in sorted({COMMON, *voice.book.companies, *voice.studio.companies})
        for id, seconds in voice.lengths(company).items()
        if not voice.book[id].placeholders and seconds > voice.book[id].limit_s
    ]
    if long:
        return [
            wrong("Подсказки", f"Слишком длинные: {'; '.join(long[:SHOWN])}.", "Сократите текст в prompts.ru.yaml.")
        ]
    return [fine("Подсказки", f"Озвучены все: {len(voice.book)}.")]


def _missing_names(config: Settings) -> list[str]:
    """`company/id` of the fixed names that lead to no sound."""
    try:
        known = [company.id for company in Companies.load(config.dialplan / "companies")]
    except GridlineError:
        return []
    names = [f"{COMMON}/unknown-number", *(f"{company}/{id}" for company in known for id in WITHOUT_CONTROLLER)]
    return [name for name in names if not (config.var / "prompts/by-id" / f"{name}.alaw").exists()]


async def voice(config: Settings) -> Sequence[Finding]:
    """Whether RHVoice speaks with the voice asked for."""
    try:
        sound = await RHVoice(find_rhvoice(config.package_root), config.voice).speak("Проверка голоса.")
    except GridlineError as error:
        return [wrong("Голос", error.message, "make setup; голос задаёт настройка voice.")]
    return [fine("Голос", f"RHVoice, {config.voice}: проба {len(sound) // 1024} кБ.")]


async def model(config: Settings) -> Sequence[Finding]:
    """Whether the chosen model of speech recognition is the one that was added, and loads."""
    shelf = shelf_of(config)
    if not config.speech_model and not shelf.names():
        return [note("Модель речи", "Не настроена: меню идут по клавишам, записи не распознаются.", ADD)]
    ears = ears_of(config)
    try:
        chosen = shelf.chosen(config.speech_model)
        if digest(chosen.folder) != chosen.label.sha256:
            return [wrong("Модель речи", f"Файлы модели «{chosen.name}» не те, что были добавлены.", ADD)]
        await ears.load()
    except NoModel as error:
        return [wrong("Модель речи", error.message, "gridline speech list покажет, какие модели есть.")]
    finally:
        await ears.close()
    return [fine("Модель речи", f"{ears.says} Кого не расслышали, идёт по клавишам.")]
