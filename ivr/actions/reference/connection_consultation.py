"""How to connect: who, how much power and why are asked by key, then the passport of that case is told in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from grid.reference.passports import (
    CompanyPassports,
    ConnectionReason,
    Passport,
    PassportStage,
    PowerBand,
    Term,
    WhoConnects,
)
from ivr.actions.person import callback
from ivr.actions.questions import REPEAT_KEY, SILENCE, choose
from ivr.actions.reference import reading
from ivr.journal.consultations import ACCOMPANIMENT
from ivr.journal.entries import ConnectionAsked
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

APPLICANT_KEYS: Final = {"1": WhoConnects.PERSON, "2": WhoConnects.BUSINESS}
POWER_KEYS: Final = {"1": PowerBand.TO_15, "2": PowerBand.TO_150, "3": PowerBand.MORE}
REASON_KEYS: Final = dict(zip("1234", ConnectionReason, strict=True))
ANOTHER, MAIN, LEAD = "1", "2", "3"

Exit = Literal["done", "main", "operator", "call", "message"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the caller has said of themselves."""

    applicant: WhoConnects
    power: PowerBand
    reason: ConnectionReason | None


async def act(line: Line, services: Services, _topic: str) -> Exit:
    """Tell the passport of each case they ask about.

    `call` and `message`: they want their contract accompanied, and somebody works now to promise a call, or nobody.
    """
    passports = services.shelf.now().passports.of(line.call.company.id)
    while True:
        asked = await _asked(line, passports)
        _keep(line, services, asked)
        key = await _told(line, passports, passports.of(asked.applicant, asked.power))
        if key == LEAD:
            _keep(line, services, asked, wants=ACCOMPANIMENT)
            await line.say(Prompt("consult-accompaniment", words=passports.accompaniment))
            works = callback.may_be_promised(line.call, services, line.call.subject)
            return "call" if works else "message"
        if key != ANOTHER:
            return "done" if key == SILENCE else "main"


async def _asked(line: Line, passports: CompanyPassports) -> _Asked:
    applicant = APPLICANT_KEYS[await choose(line, "consult-applicant", keys=APPLICANT_KEYS)]
    power = POWER_KEYS[await choose(line, "consult-power", keys=POWER_KEYS)]
    reason = None
    if passports.reasons:
        reason = REASON_KEYS[await choose(line, "consult-reason", keys=REASON_KEYS)]
    return _Asked(applicant, power, reason)


def _keep(line: Line, services: Services, asked: _Asked, wants: str = "") -> None:
    at = services.clock.now()
    told = ConnectionAsked(at, asked.applicant, asked.power, asked.reason or "", wants)
    services.journal.asked(line.call.id, told)


async def _told(line: Line, passports: CompanyPassports, passport: Passport) -> str:
    """Tell it as often as they want; the key of the menu at its end."""
    menu, keys = "consult-end-menu", ANOTHER + MAIN + REPEAT_KEY
    if passports.accompaniment:
        menu, keys = "consult-end-menu-lead", keys + LEAD
    while True:
        await reading.in_parts(line, list(parts(passport)))
        key = await choose(line, menu, keys=keys, silence=SILENCE)
        if key != REPEAT_KEY:
            return key


def parts(passport: Passport) -> Iterator[list[Phrase]]:
    """What is told of a passport, in its order: the papers, the term, the fee, the stages, what one gets in the end."""
    yield ["consult-skip", Prompt("consult-words", words=f"{passport.conditions} {passport.documents}")]
    yield [_all_together(passport.term)]
    yield [Prompt("consult-words", words=passport.fee)]
    intro = passport.intro
    number = spoken.cardinal(len(passport.stages))
    yield [Prompt("consult-words", words=intro) if intro else Prompt("consult-stages", stages=number)]
    for at, stage in enumerate(passport.stages, start=1):
        yield list(_stage(stage, at, len(passport.stages)))
    yield [Prompt("consult-words", words=passport.result)]


def _stage(stage: PassportStage, at: int, of: int) -> Iterator[Phrase]:
    yield Prompt(
        "consult-stage",
        stage=spoken.ordinal(at, spoken.GrammarCase.NOM, spoken.Gender.F),
        stages=spoken.cardinal(of, spoken.GrammarCase.GEN),
        name=stage.name,
        content=stage.content,
    )
    if stage.visit is not None:
        yield Prompt("consult-visit", visit=spoken.ordinal(stage.visit))
    if stage.term is not None:
        yield Prompt("consult-term-rule" if stage.term.act else "consult-term-usual", term=_most(stage.term))


def _all_together(term: Term) -> Prompt:
    return Prompt("consult-all-rule" if term.act else "consult-all-usual", term=_most(term))


def _most(term: Term) -> str:
    """«десяти рабочих дней», «шести месяцев»: what stands after «до»."""
    if term.working_days is not None:
        return spoken.counted(term.working_days, spoken.WORKING_DAY, spoken.GrammarCase.GEN)
    assert term.months is not None
    years, rest = divmod(term.months, 12)
    if not rest:
        return spoken.counted(years, spoken.YEAR, spoken.GrammarCase.GEN)
    return spoken.counted(term.months, spoken.MONTH, spoken.GrammarCase.GEN)
