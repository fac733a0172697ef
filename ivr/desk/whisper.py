"""What an agent is told before a caller is connected: «Кемерово, нет света, третий звонок, ждёт две минуты».

app_queue plays a file named beforehand into the agent's ear, while the caller goes on hearing music (the announcement
of `Queue()`; its gosub would stop the music first, 22.10). The file is made while the caller waits, and again as the
wait grows; where there is none, because it could not be made in time or this process is away, nothing is played.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, select

from grid import premises
from gridline.clock import Clock, happens
from gridline.companies import Company
from gridline.db import Database
from gridline.errors import GridlineError, Unavailable
from ivr.call import Call
from ivr.journal.models import CallRecord
from ivr.live.board import Board
from ivr.live.view import CallerPlace, CallKey, LiveCall
from ivr.voice import spoken
from ivr.voice.clips import PromptUnavailable
from ivr.voice.prompts import Prompt, PromptBook
from ivr.voice.voice import Utterance, Voice
from recordings.disk import Disk

LONGEST_S = 3.2
"""The caller is kept from the agent for so long; what does not fit is left out, the wait first."""
RATE_PERCENT = 125
"""Agents know the words by heart."""
NEXT = 10
"""Callers of one queue whose files are kept up with their wait: an agent comes free for one of the first."""
LOOK_S = 5.0
LOOK_UP_S = 1.0
UNSEEN = timedelta(seconds=20)
"""A caller whom the board does not show for so long has gone."""
_TOWN = re.compile(r"^г(?:ор|ород)?\.?\s+", re.IGNORECASE)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a caller; nothing is said of what is not."""

    place: str = ""
    topic: str = ""
    times_today: int = 1
    danger: bool = False


def words(book: PromptBook, company_id: str, facts: Facts, waited_s: float) -> tuple[str, ...]:
    """The parts of the whisper, the most important first; "danger" among them goes before all."""
    parts = [book.text("whisper-danger", company_id)] if facts.danger else []
    if facts.place:
        parts.append(facts.place)
    if not facts.danger and (topic := f"whisper-{facts.topic}") in book:
        parts.append(book.text(topic, company_id))
    if facts.times_today > 1:
        parts.append(book.text(Prompt("whisper-times", nth=spoken.ordinal(facts.times_today)), company_id))
    if minutes := _minutes(waited_s):
        parts.append(
            book.text(Prompt("whisper-wait", wait=spoken.duration(minutes * 60, spoken.GrammarCase.ACC)), company_id)
        )
    return tuple(parts)


def _minutes(waited_s: float) -> int:
    """Whole minutes; beyond five, every fifth: nobody hears the difference, and fewer files are made in a storm."""
    minutes = int(waited_s // 60)
    return minutes if minutes <= 5 else minutes // 5 * 5


@dataclass(slots=True)
class _Followed:
    call: Call
    key: CallKey
    danger: bool
    since: datetime
    facts: Facts | None = None
    minutes: int | None = None
    """Of waiting, as they were last spoken of."""


class Whispers:
    """One node's; `run()` is its job. Files are links named by call, in a folder of their own."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        board: Board,
        voice: Voice,
        folder: Path,
        *,
        key_of: Callable[[str], CallKey],
        disk: Disk | None = None,
        on: bool = True,
    ) -> None:
        self._db = db
        self._clock = clock
        self._board = board
        self._voice = voice
        self._folder = folder.absolute()
        self._key_of = key_of
        self._on = on
        self._disk = disk or Disk()
        self._followed: dict[str, _Followed] = {}
        self._wake = asyncio.Event()

    def follow(self, call: Call, *, danger: bool = False) -> Path | None:
        """From now on keep a whisper ready for this caller; where app_queue finds it, or None when it is off."""
        if not self._on:
            return None
        now = self._clock.now()
        self._followed[call.id] = _Followed(call, self._key_of(call.channel), danger, now)
        self._wake.set()
        return self._file(call)

    async def run(self) -> None:
        """Until cancelled. What a process before this one left is removed: it knows no wait."""
        await self._disk.do(self._emptied)
        for followed in self._followed.values():
            followed.minutes = None
        while True:
            self._wake.clear()
            for one in self._in_order():
                try:
                    await self._keep_up(one)
                except (GridlineError, OSError) as error:  # a word is missing, the disk is full: no whisper, no more
                    log.error("whisper-given-up", call=one.call.id, reason=str(error))
                    self._forget(one)
            await happens(self._wake, within_s=LOOK_S)

    def _emptied(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.iterdir():
            if left.is_symlink() or not left.is_dir():
                left.unlink()

    async def close(self) -> None:
        """Give up what is still being made."""
        await self._voice.close()

    def _in_order(self) -> list[_Followed]:
        """Whoever has no file yet first, then by place in the queue."""

        def order(one: _Followed) -> tuple[bool, int]:
            live = self._board.call(one.key)
            return one.facts is not None, live.position if live is not None else 0

        return sorted(self._followed.values(), key=order)

    async def _keep_up(self, one: _Followed) -> None:
        live, now = self._board.call(one.key), self._clock.now()
        if live is None and now - one.since > UNSEEN:
            self._forget(one)
            return
        if one.facts is None:
            one.facts = await self._facts(one, now)
        elif live is not None and live.position > NEXT:
            return
        waited_s = _waited_s(live, now)
        if one.minutes == (minutes := _minutes(waited_s)):
            return
        one.minutes = minutes
        # Declining words takes tens of milliseconds, and the loop has calls to serve.
        parts = await asyncio.to_thread(words, self._voice.book, one.call.company.id, one.facts, waited_s)
        if not parts:
            self._remove(one.call)
            return
        try:
            utterance = await self._say(parts, one.call.company.id)
        except PromptUnavailable as error:
            log.warning("whisper-not-made", call=one.call.id, reason=error.message)
            self._remove(one.call)  # better nothing than the wait of before
            return
        if self._followed.get(one.call.id) is one:
            await self._disk.do(_link, self._file(one.call), utterance.file)

    async def _say(self, parts: tuple[str, ...], company_id: str) -> Utterance:
        while True:
            utterance = await self._voice.render([Prompt("whisper", told=", ".join(parts))], company_id)
            if utterance.seconds <= LONGEST_S or len(parts) == 1:
                return utterance
            parts = parts[:-1]

    async def _facts(self, one: _Followed, now: datetime) -> Facts:
        call = one.call
        place, times = "", 1
        try:
            async with self._db.read(within_s=LOOK_UP_S) as session:
                if call.premise is not None:
                    place = call.premise.settlement
                elif call.caller is not None:
                    found = await premises.by_phone(session, call.company.id, call.caller)
                    settlements = {premise.settlement for premise in found}
                    place = settlements.pop() if len(settlements) == 1 else ""
                if call.caller is not None:
                    query = select(func.count()).where(
                        CallRecord.caller == call.caller,
                        CallRecord.started_at >= _midnight(call.company, now),
                        CallRecord.company_id == call.company.id,
                        CallRecord.id != call.id,
                        CallRecord.called_by == "",
                    )
                    times += await session.scalar(query) or 0
        except Unavailable as error:
            log.warning("whisper-without-facts", call=call.id, reason=error.message)
        said = call.branch.spoken_name if call.branch else ""
        if place:
            said = await asyncio.to_thread(spoken.address, _TOWN.sub("", place))
        return Facts(said, call.subject, times, one.danger)

    def forget(self, call_id: str) -> None:
        """Say nothing of this call any more."""
        if (one := self._followed.get(call_id)) is not None:
            self._forget(one)

    def _forget(self, one: _Followed) -> None:
        del self._followed[one.call.id]
        self._remove(one.call)

    def _file(self, call: Call) -> Path:
        return self._folder / call.id

    def _remove(self, call: Call) -> None:
        self._disk.later(self._file(call).with_suffix(".wav").unlink, missing_ok=True)


def _waited_s(live: LiveCall | None, now: datetime) -> float:
    if live is None or live.place is not CallerPlace.WAITING or live.waiting_since is None:
        return 0.0
    return (now - live.waiting_since).total_seconds()


def _midnight(company: Company, now: datetime) -> datetime:
    return now.astimezone(company.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _link(name: Path, sound: Path) -> None:
    """Put the sound under its name at once: Asterisk may open it at any moment."""
    temporary = name.with_suffix(f".{os.getpid()}")
    temporary.symlink_to(f"{sound}.wav")
    temporary.replace(name.with_suffix(".wav"))
