"""A simulated caller on the real line: hears what is said, presses what such a person would, remembers the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.storm.virtual import VirtualTime
from bench.storm.weather import Finds, Home, Persona, Weather, Wish
from grid import places
from ivr.actions.power.keypad import keyed
from ivr.telephony.agi import AgiChannel, AgiReply, CallerHungUp
from ivr.telephony.wire import Command
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt, PromptBook
from ivr.voice.voice import Utterance, Voice

if TYPE_CHECKING:
    from bench.storm.floor import Agents

THINKS_S: Final = 1.5
"""From the end of what was heard to the key."""
SAID: Final = np.full(4 * 8000, 4000, "<i2").tobytes()
"""Four seconds of words, as far as the recording's level goes."""
TOLD: Final = frozenset({"outage-unplanned", "outage-planned-now"})
REPORTED: Final = frozenset({"report-taken", "report-again", "report-joined", "report-still-dark"})
ALREADY: Final = frozenset({"report-first-clock"})


def named(text: str, key: str) -> float:
    """The share of a text that is over when this key has been named in it; all of it where it is not."""
    number = "ноль" if key == "0" else spoken.cardinal(int(key))
    at = text.rfind(number)
    return 1.0 if at < 0 else (at + len(number)) / len(text)


class EstimatedVoice(Voice):
    """The real book of prompts; how long each takes is estimated by its letters, and nothing is synthesised."""

    def __init__(self, book: PromptBook) -> None:
        self.book = book
        self.slow = None
        self._made: dict[tuple[Phrase, ...], Utterance] = {}
        self.phrases: dict[str, tuple[Phrase, ...]] = {}

    def known(self, phrases: Sequence[Phrase], company_id: str = "") -> Utterance | None:
        """Everything is known."""
        key = tuple(phrases)
        if key not in self._made:
            text = " ".join(self.book.text(phrase, company_id) for phrase in key)
            ids = tuple(phrase if isinstance(phrase, str) else phrase.id for phrase in key)
            file = Path(f"/said/{len(self._made)}")
            self._made[key] = Utterance(file, len(text) / 17, text, ids, file.name)
            self.phrases[str(file)] = key
        return self._made[key]

    def named(self, file: str, key: str) -> float:
        """How far into a file its listener is when this key has been named; to its end without a key."""
        made = self._made.get(self.phrases.get(file, ()))
        return 1.0 if made is None or not key else named(made.text, key)

    def seconds(self, file: str) -> float:
        """How long a file that was asked for takes."""
        made = self._made.get(self.phrases.get(file, ()))
        return made.seconds if made else 2.0


@dataclass
class Impression:
    """What one caller went away with."""

    truth_s: float | None = None
    """Seconds from the answer to the end of the sentence about their own place."""
    falsehood: bool = False
    """They were told of an outage that was not theirs."""
    reports: int = 0
    """Times they were told that their report is taken."""
    danger_wait_s: float | None = None
    talked: bool = False
    called_back: bool = False
    """They were promised a call."""
    lost: bool = False
    """They gave up waiting for a person."""


class EarChannel(AgiChannel):
    """Asterisk's end of one call, played by a caller in virtual time."""

    def __init__(
        self, persona: Persona, time: VirtualTime, voice: EstimatedVoice, weather: Weather, agents: Agents
    ) -> None:
        super().__init__()
        self.persona = persona
        self.heard = Impression()
        self._time, self._voice, self._weather, self._agents = time, voice, weather, agents
        self._began_s = time.monotonic()
        self._status = ""
        self._satisfied = False

    async def command(
        self, name: str, *arguments: str | int, timeout_s: float = 10, first: Command | None = None
    ) -> AgiReply:
        """Play a command of the controller."""
        del timeout_s, first
        words = [str(one) for one in arguments]
        match name:
            case "STREAM FILE":
                return await self._plays(words[0], keys=words[1])
            case "GET OPTION":
                return await self._plays(words[0], keys=words[1], wait_s=int(words[2]) / 1000)
            case "GET DATA":
                await self._listens(words[0])
                await self._time.sleep(THINKS_S + 4)
                return AgiReply(200, self._digits(self._voice.phrases[words[0]]), "")
            case "RECORD FILE":
                await asyncio.to_thread(Path(f"{words[0]}.sln").write_bytes, SAID)
                await self._time.sleep(6)
                return AgiReply(200, str(ord("#")), "")
            case "EXEC" if words[0] == "Queue":
                await self._queues(int(words[1].split(",")[4]))
                return AgiReply(200, "0", "")
            case "GET VARIABLE":
                return AgiReply(200, "1", self._status)
            case _:
                return AgiReply(200, "0", "")

    async def _plays(self, file: str, *, keys: str, wait_s: float = 0.0) -> AgiReply:
        """A statement, or a menu: whoever has heard their key named presses it without waiting for the rest."""
        phrases = self._voice.phrases.get(file, ())
        key = self._key(phrases) if keys else ""
        await self._listens(file, self._voice.named(file, key))
        if key:
            await self._time.sleep(THINKS_S)
            return AgiReply(200, str(ord(key)), "")
        await self._time.sleep(wait_s)
        if self._satisfied:
            if not self.persona.wants_person:
                raise CallerHungUp
            return AgiReply(200, str(ord("0")) if keys else "0", "")
        return AgiReply(200, "0", "")

    async def _listens(self, file: str, share: float = 1.0) -> None:
        await self._time.sleep(self._voice.seconds(file) * share)
        phrases = self._voice.phrases.get(file, ())
        self._understands({phrase if isinstance(phrase, str) else phrase.id for phrase in phrases})

    def _understands(self, ids: set[str]) -> None:
        """Take in what was heard to its end, and judge it by what is truly dark."""
        at_s, house = self._time.monotonic(), self.persona.house
        dark = self._weather.dark(house, at_s)
        self.heard.called_back |= "callback-promised" in ids
        if self.persona.subject is not Wish.OUTAGE:
            return
        if ids & REPORTED:
            self.heard.reports += 1
        if ids & TOLD:
            self.heard.falsehood |= not dark
        own = dark and ids & (TOLD | REPORTED | ALREADY)
        own = own or (not dark and ids & {"outage-none", "outage-restored"})
        if own and self.heard.truth_s is None and not self.heard.falsehood:
            self.heard.truth_s = at_s - self._began_s
        if ids & REPORTED or (own and "outage-restored" not in ids and not (ids & {"outage-end-menu"})):
            self._satisfied = True

    def _key(self, phrases: Sequence[Phrase]) -> str:
        """What this person presses after these words; "" to go on listening."""
        said = {phrase if isinstance(phrase, str) else phrase.id: phrase for phrase in phrases}
        subject, house = self.persona.subject, self.persona.house
        if self._satisfied and self.persona.wants_person:
            return "1" if "complaint-contact" in said else "0"
        dark = self._weather.dark(house, self._time.monotonic())
        for id, phrase in said.items():
            match id:
                case "main-menu":
                    return MAIN[subject]
                case "storm-menu" | "storm-menu-water":
                    return {Wish.DANGER: "1", Wish.OUTAGE: "2"}.get(subject, "0")
                case "power-service" | "power-menu" | "complaint-contact" | "place-settled":
                    return "1"
                case "premise-confirm":
                    return "1" if _address(house) in _values(phrase).values() else "2"
                case "place-how":
                    return {Finds.ACCOUNT: "1", Finds.KEYS: "2", Finds.ALOUD: "3"}[self.persona.finds]
                case "place-which":
                    return self._which(phrases)
                case "outage-end-menu" | "outage-restored-menu" if dark and not self._reports_known(said):
                    return "1"
                case "outage-end-menu" | "outage-restored-menu" | "outage-known-menu" | "outage-agreed-menu":
                    self._satisfied = True
                    return ""
                case "connection-menu" | "reference-menu" | "complaint-menu":
                    return "0"
        return ""

    def _reports_known(self, said: Mapping[str, Phrase]) -> bool:
        return bool(said.keys() & ALREADY)

    def _which(self, phrases: Sequence[Phrase]) -> str:
        names = {spoken.address(self.persona.house.settlement), spoken.address(self.persona.house.street)}
        for at, phrase in enumerate((one for one in phrases if not isinstance(one, str)), start=1):
            if _values(phrase).get("name") in names:
                return str(at)
        return "9"

    def _digits(self, phrases: Sequence[Phrase]) -> str:
        house = self.persona.house
        for phrase in phrases:
            match phrase if isinstance(phrase, str) else phrase.id:
                case "account-enter":
                    return house.account
                case "settlement-letters":
                    return keyed(house.settlement.split()[-1])[:6]
                case "street-letters":
                    return keyed(house.street.split()[-1])[:6]
                case "house-enter":
                    return house.house
                case "contact-enter":
                    return house.phone[2:]
        return "0"

    async def _queues(self, timeout_s: int) -> None:
        """Wait for a person; a talk ends the call."""
        danger, began = self.persona.subject is Wish.DANGER, self._time.monotonic()
        got = await self._agents.take(danger=danger, within_s=min(timeout_s, self.persona.patience_s))
        if danger:
            self.heard.danger_wait_s = self._time.monotonic() - began
        if got:
            self.heard.talked = True
            await self._agents.talk()
            raise CallerHungUp
        self.heard.lost = True
        if self.persona.patience_s <= timeout_s:
            raise CallerHungUp
        self._status = "TIMEOUT"


MAIN: Final = {
    Wish.DANGER: "1",
    Wish.OUTAGE: "2",
    Wish.CONNECTION: "3",
    Wish.METERING: "4",
    Wish.COMPLAINT: "5",
    Wish.PERSON: "0",
}


def _values(phrase: Phrase) -> dict[str, str]:
    return dict(phrase.values) if isinstance(phrase, Prompt) else {}


def _address(house: Home) -> str:
    return spoken.address(
        places.one_line(settlement=house.settlement, street=house.street, house=house.house, building="", flat="")
    )
