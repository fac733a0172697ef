"""A caller's line as an action holds it: say, ask, listen, record, queue, hang up.

Each verb is two AGI commands: the guard with its marks, and where the reply to it comes in, the act itself. The guard
is Asterisk's absolute timeout: when this process hangs, the dialplan takes the caller back that many seconds later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import structlog

from gridline import metrics
from gridline.clock import Clock
from ivr.call import Call
from ivr.telephony import variables
from ivr.telephony.agi import AgiChannel, AgiReply, CallerHungUp
from ivr.telephony.seal import Seal, SealedFacts
from ivr.telephony.wire import Command, app_argument, set_variables
from ivr.voice.clips import PromptUnavailable
from ivr.voice.prompts import Phrase
from ivr.voice.voice import RENDER_LIMIT_S, Utterance, Voice
from recordings.incoming import raw_seconds

KEYS = "0123456789*#"
REPEAT = "*"
DONE = "done"
"""The value of GRIDLINE_END: the call was ended, not left."""
GUARD_MARGIN_S = 4.0
"""Seconds past the longest an act may take before the dialplan takes the call back; renders on demand included."""
LONGEST_TALK_S = 4 * 3600
PATIENCE_S = 1.2
"""The line is never silent for more than 2 s: past this the caller is told that we are at it."""
SLOWER_AFTER = 2
"""Repeats after which a caller hears everything said slower."""
SLACK_S = 3.0
"""Our own timeout round an act: later than Asterisk's answer, earlier than its guard."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Spoken:
    """One thing said to the caller, for the call's steps."""

    place: str
    prompt_ids: tuple[str, ...]
    text: str
    file: Path
    version: str
    key: str
    """What was pressed during or after it; digits of a number are given whole."""
    started_at: datetime
    ended_at: datetime
    whole: bool
    """Whether it was played to its end."""


@dataclass(frozen=True)
class Message:
    """What a caller said after the tone."""

    file: Path
    """8 kHz mono 16-bit raw samples, extension `.sln`: no header that a crash could leave wrong."""
    seconds: float
    ended_by: Literal["key", "silence", "limit"]
    key: str = ""
    """The key that ended it."""


_NO_TALK = {"TIMEOUT", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL", "FULL", "WITHDRAWN"}
"""QUEUESTATUS of a wait that ended without a person."""


_KEPT = {
    variables.CALL: "call",
    variables.PLACE: "place",
    variables.NOTICE: "notice",
    variables.DANGER: "danger",
    variables.TRUST: "trust",
}


class Line:
    """One caller's line. Hanging up raises CallerHungUp at any await; the words are those of the call's beginning.

    `on_spoken` is told of everything that was said.
    """

    def __init__(
        self,
        channel: AgiChannel,
        call: Call,
        voice: Voice,
        clock: Clock,
        on_spoken: Callable[[Spoken], None],
        seal: Seal,
    ) -> None:
        self.call = call
        self._channel = channel
        self._voice = voice.as_now()
        self._clock = clock
        self._on_spoken = on_spoken
        self._seal = seal
        self._kept = SealedFacts(
            notice="1" if call.notice_heard else "",
            danger="1" if call.in_danger else "",
            trust="1" if call.anonymous else "",
        )
        self._marks: dict[str, str] = {}
        self._end_told = False
        self._began: float | None = clock.monotonic()

    def mark(self, name: str, value: str) -> None:
        """Set a channel variable with the next command (the dialplan reads it when we are gone)."""
        self._marks[name] = app_argument(value)
        if field := _KEPT.get(name):
            self._kept = replace(self._kept, **{field: value})
            self._marks[variables.SEAL] = self._seal.of(self.call.channel, self._kept)

    def words(self, *phrases: Phrase) -> str:
        """The words of `phrases`, as this company says them."""
        return " ".join(self._voice.book.text(phrase, self.call.company.id) for phrase in phrases).replace("+", "")

    async def say(
        self, *phrases: Phrase, interruptible: bool = True, last: bool = False, unwritten: bool = False
    ) -> str:
        """Play; returns the key that cut it short, or "" when it was heard to its end.

        `last`: the call ends with these words, and the dialplan is told so before them. `unwritten`: the call's steps
        keep that they were said, and not the words. Raises PromptUnavailable when there is nothing to play.
        """
        utterance = await self._render(phrases)
        if last:
            self.mark(variables.END, DONE)
        keys = KEYS if interruptible else ""
        return (await self._play(utterance, 0, "STREAM FILE", str(utterance.file), keys, unwritten=unwritten)).key

    async def say_unkept(self, *phrases: Phrase) -> None:
        """Play each to its end, one by one: neither the call's steps nor a sound of them all keeps what they were.

        Raises PromptUnavailable when there is nothing to play.
        """
        for phrase in phrases:
            utterance = await self._render((phrase,))
            await self._play(utterance, 0, "STREAM FILE", str(utterance.file), "", unkept=True)

    async def ask_key(self, *phrases: Phrase, wait_s: float = 5) -> str:
        """Play, then wait: the one key that was pressed, or "" for silence."""
        utterance = await self._render(phrases)
        reply = await self._play(utterance, wait_s, "GET OPTION", str(utterance.file), KEYS, int(wait_s * 1000))
        return reply.key

    async def ask_digits(self, *phrases: Phrase, at_most: int, wait_s: float = 5) -> str:
        """Play, then collect up to `at_most` keys; `#` ends, so does `wait_s` without a key. "" is silence."""
        utterance = await self._render(phrases)
        longest = wait_s * (at_most + 1)
        arguments = (str(utterance.file), int(wait_s * 1000), at_most)
        reply = await self._play(utterance, longest, "GET DATA", *arguments, digits=True)
        return reply.result

    async def record(self, file: Path, *, limit_s: int, silence_s: int) -> Message:
        """Record what the caller says into `file` (`.sln`), until a key, `silence_s` of silence or `limit_s`.

        A hang-up raises CallerHungUp and leaves in the file what was said till then.
        """
        arguments = (str(file.with_suffix("")), "sln", KEYS, limit_s * 1000, f"s={silence_s}")
        reply = await self._act("RECORD FILE", *arguments, longest_s=limit_s)
        seconds = raw_seconds(file)
        ended_by: Literal["key", "silence", "limit"] = (
            "key" if reply.key else "limit" if seconds >= limit_s - 0.5 else "silence"
        )
        return Message(file, seconds, ended_by, reply.key)

    async def speaks(self, file: Path, seconds: float, *, then_s: float) -> str:
        """Take what the caller says in the next `seconds` into `file` (`.sln`), silence too; the key that ended it.

        A listener puts such pieces together, for Asterisk writes nothing out before a recording's end; for `then_s`
        after the last one nothing may be said, until the words are there. Meant to be heard and removed, but rule R5
        holds all the same.
        """
        self._only_after_notice()
        arguments = (str(file.with_suffix("")), "sln", KEYS, int(seconds * 1000))
        return (await self._act("RECORD FILE", *arguments, longest_s=seconds + then_s)).key

    async def next_key(self, wait_s: float) -> str:
        """Wait in silence for one more key; "" when none has come in `wait_s`."""
        return (await self._act("WAIT FOR DIGIT", int(wait_s * 1000), longest_s=wait_s)).key

    async def play_file(self, file: Path) -> str:
        """Let the caller hear what he said; the key that cut it short, or ""."""
        reply = await self._act("STREAM FILE", str(file.with_suffix("")), KEYS, longest_s=raw_seconds(file))
        return reply.key

    @asynccontextmanager
    async def recorded(self, file: Path | None) -> AsyncIterator[None]:
        """Record both sides of what happens inside, in two channels, into `file` (`.raw`); None records nothing."""
        if file is None:
            yield
            return
        self._only_after_notice()
        await self._channel.command("EXEC", "MixMonitor", f"{file},D")
        try:
            yield
        finally:
            if not self._channel.hung_up:
                await self._channel.command("EXEC", "StopMixMonitor")

    async def queue(
        self,
        queue: str,
        *,
        priority: int,
        timeout_s: int,
        recording: Path | None,
        whisper: Path | None = None,
        after_talk: Callable[[], Awaitable[None]] | None = None,
    ) -> str:
        """Hand the caller to app_queue: priority 0 is ordinary, a hazard is higher.

        Returns only when no talk came about, with the key by which the caller left the queue (`[waiting]` of the
        dialplan has it), or ""; a talk ends in CallerHungUp. The talk is recorded into `recording`
        (`.raw`, two channels) from the moment of the answer: `b` is "only while bridged". Not by app_queue's own
        monitor-format: that records even where it was given no name, and so before the notice (22.10, rule R5).
        `whisper` (without extension) is played to the agent before he is connected, if it is there by then.
        `after_talk` is run for a caller who stays when the agent has hung up, unrecorded, before the call ends.
        """
        self._marks[variables.QUEUE_PRIORITY] = str(priority)
        self._marks[variables.QUEUE_STATUS] = ""  # app_queue leaves the one of an earlier wait
        self._marks[variables.WAITS] = "1"
        if whisper is not None:
            self.mark(variables.WHISPER, str(whisper))
        if recording is not None:
            self._only_after_notice()
            await self._channel.command("EXEC", "MixMonitor", f"{recording},bD")
        arguments = f"{app_argument(queue)},,,{whisper or ''},{timeout_s}"
        await self._act("EXEC", "Queue", arguments, longest_s=timeout_s + LONGEST_TALK_S, guarded=False)
        status = (await self._channel.command("GET VARIABLE", variables.QUEUE_STATUS)).data
        key = "" if status else await self._key_in_queue()
        if recording is not None:
            await self._channel.command("EXEC", "StopMixMonitor")
        if not key and status not in _NO_TALK:
            # A talk that the agent ended: to AGI the caller's channel is as good as ever (22.10).
            if after_talk is not None and not self._channel.hung_up:
                await after_talk()
            await self.hang_up()
            raise CallerHungUp
        return key

    async def goes_on(self, recording: Path | None) -> None:
        """Give the line back to the dialplan: no guard any more, the marks set.

        What follows is recorded into `recording` (`.raw`, two channels) while bridged, for as long as the line lasts.
        """
        if recording is None:
            await self._act("NOOP", longest_s=0, guarded=False)
            return
        self._only_after_notice()
        await self._act("EXEC", "MixMonitor", f"{recording},bD", longest_s=0, guarded=False)

    async def _key_in_queue(self) -> str:
        """The key app_queue left by: it says so in no status, it sends the channel to that extension (22.10)."""
        where = (await self._channel.command("GET VARIABLE", "CONTEXT")).data
        if where != variables.WAITING:
            return ""
        return (await self._channel.command("GET VARIABLE", "EXTEN")).data

    def _only_after_notice(self) -> None:
        """Rule R5: recording before the notice has ended is a programming error, not a condition."""
        if not self.call.notice_heard:
            raise RuntimeError("recording before the notice has ended")

    async def hang_up(self) -> None:
        """End the call: the last command says so to the dialplan, which hangs up as soon as the connection closes."""
        if not self._end_told:
            self.mark(variables.END, DONE)
            await self._channel.command(*self._guard(2))

    async def _render(self, phrases: tuple[Phrase, ...]) -> Utterance:
        """What to play; while it takes long to be made, the caller hears that we are at it.

        Raises PromptUnavailable: whoever asked says instead that something is wrong.
        """
        voice = self._pace()
        try:
            return await self._rendered(voice, phrases)
        except PromptUnavailable:
            if voice is self._voice:
                raise
        # Slower it is only kinder: what was made beforehand is at the usual pace.
        return await self._rendered(self._voice, phrases)

    async def _rendered(self, voice: Voice, phrases: tuple[Phrase, ...]) -> Utterance:
        if (known := voice.known(phrases, self.call.company.id)) is not None:
            return known
        try:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await voice.render(phrases, self.call.company.id)
            except TimeoutError:  # what is being made goes on being made
                if self.call.notice_heard:
                    await self.one_moment()
                return await voice.render(phrases, self.call.company.id)
        except PromptUnavailable:
            log.error("prompt-unavailable", call=self.call.id, prompts=[str(phrase) for phrase in phrases])
            raise

    def _pace(self) -> Voice:
        """The voice at the pace that suits this caller."""
        return self._voice.pace(slow=self.call.company.slow_speech or self.call.repeats >= SLOWER_AFTER)

    async def one_moment(self, then_s: float = RENDER_LIMIT_S) -> None:
        """Say that we are at it, to the end: a key pressed now would be the answer to words not yet heard.

        For `then_s` after it nothing may be said.
        """
        moment = await self._voice.render(["one-moment"], self.call.company.id)
        await self._play(moment, then_s, "STREAM FILE", str(moment.file), "")

    def _guard(self, seconds: float | None) -> Command:
        """Re-arm the dialplan's guard for an act of `seconds` (None: no guard) and set the marks, in one command."""
        allowed = 0 if seconds is None else int(seconds + GUARD_MARGIN_S) + 1
        return set_variables({**self._marks, variables.ABSOLUTE_TIMEOUT: str(allowed)})

    async def _act(self, name: str, *arguments: str | int, longest_s: float, guarded: bool = True) -> AgiReply:
        """Guard, marks, and the act itself, which takes `longest_s` at most."""
        guard = self._guard(longest_s if guarded else None)
        reply = await self._channel.command(name, *arguments, timeout_s=longest_s + SLACK_S, first=guard)
        self._end_told = self._end_told or variables.END in self._marks
        self._marks.clear()
        return reply

    async def _play(
        self,
        utterance: Utterance,
        wait_s: float,
        command: str,
        *arguments: str | int,
        digits: bool = False,
        unkept: bool = False,
        unwritten: bool = False,
    ) -> AgiReply:
        started_at = self._clock.now()
        if self._began is not None:
            metrics.FIRST_PROMPT_S.observe(self._clock.monotonic() - self._began)
            self._began = None
        key, whole = "", False
        try:
            reply = await self._act(command, *arguments, longest_s=utterance.seconds + wait_s)
            if reply.failed:
                raise PromptUnavailable(f"Asterisk не смог проиграть файл подсказки {utterance.prompt_ids}.")
            key = reply.result if digits else reply.key
            self.call.repeats += key == REPEAT
            whole = (self._clock.now() - started_at).total_seconds() > utterance.seconds - 0.2
            return reply
        finally:
            hidden = unwritten or (
                self.call.anonymous and any(self._voice.book[id].placeholders for id in utterance.prompt_ids)
            )
            if not unkept:
                self._on_spoken(
                    Spoken(
                        self.call.place,
                        utterance.prompt_ids,
                        "" if hidden else utterance.text,
                        utterance.file,
                        "" if hidden else utterance.version,  # the words could be found again by their hash
                        "" if self.call.anonymous and len(key) > 1 else key,
                        started_at,
                        self._clock.now(),
                        whole,
                    )
                )


__all__ = ["CallerHungUp", "Line", "Message", "Spoken"]
