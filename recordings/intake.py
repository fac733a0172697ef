"""Takes in what Asterisk wrote: raw samples become a WAV file, a checksum and a row linked to the call.

One file that cannot be taken never holds up the others: what is no label of ours, or no sound, is put aside with words.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from gridline import metrics
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.log import incident
from gridline.synced import put_aside
from recordings import chain
from recordings.audio import Sound, to_wav
from recordings.disk import Disk
from recordings.incoming import BadLabel, Incoming, Label, talked_seconds, unmet_call
from recordings.known_folder import StoreAway
from recordings.models import ChainDeed, Recording, RecordingKind, RecordingState
from recordings.store import Store

QUIET_ENDED_S = 2.0
"""Asterisk writes through a 32 kB buffer: after the hang-up its last block follows within a second."""
QUIET_UNENDED_S = 30.0
"""Nobody told us that the call ended (a crash): a file at rest for so long has nobody writing it."""
NEVER_BEGUN_S = 4 * 3600.0
"""A recording that has no sample by then has nobody who waits for its talk."""
_WITHOUT = "without-"
_ID = re.compile(r"[0-9a-f]{32}")

log = structlog.get_logger(__name__)


async def _nobody_waits(_label: Label) -> None:
    return


class RecordingIntake:
    """Moves recordings from `incoming` into `store`, the database and the chain of `node`.

    `in_hands(call id)` says whether a call is being served here, `on_the_line()` which calls Asterisk has now, None
    while nobody can say: what they record is left alone till they are over, however long their files are at rest.
    `disk` is the thread that writes the labels too; without one, a thread of its own.
    `on_stored(label)` is told of each recording while its samples still lie there; told again after a failure.
    """

    def __init__(
        self,
        db: Database,
        incoming: Incoming,
        store: Store,
        disk: Disk | None = None,
        *,
        node: str = "node1",
        in_hands: Callable[[str], bool] = lambda _call: False,
        on_the_line: Callable[[], Collection[str] | None] = tuple,
        on_stored: Callable[[Label], Awaitable[None]] = _nobody_waits,
    ) -> None:
        self._db = db
        self._incoming = incoming
        self._disk = disk or Disk()
        self._store = store
        self._node = node
        self._in_hands = in_hands
        self._on_the_line = on_the_line
        self._live: Collection[str] | None = ()
        self._on_stored = on_stored
        self.stuck = False
        """Something that is whole could not be taken in, for want of a disk or store: it is tried again."""

    async def sweep(self) -> int:
        """Take in everything that is whole; returns how many. Safe to repeat after any crash.

        Raises Unavailable while the database is away, StoreAway while the store is (the files wait); OSError on a bad
        disk, after everything that could be taken was.
        """
        trouble: OSError | None = None
        taken = 0
        self._live = self._on_the_line()
        for look, found in ((self._adopt, self._recorded_alone), (self._look_at, self._incoming.label_files)):
            for file in await self._disk.do(found):
                try:
                    taken += await look(file)
                except (Unavailable, StoreAway) as error:  # the next would be made for nothing
                    self.stuck = self.stuck or isinstance(error, StoreAway)
                    raise
                except OSError as error:
                    trouble = trouble or error
                except Exception:
                    log.exception("recording-not-taken", file=file.name, incident=incident())
                    try:
                        await self._disk.do(self._put_aside, file, "unexpected")
                    except OSError as error:
                        trouble = trouble or error
        self.stuck = trouble is not None
        if trouble is not None:
            raise trouble
        return taken

    def _recorded_alone(self) -> list[Path]:
        return sorted(self._incoming.folder.glob(f"{_WITHOUT}*.raw"))

    async def _adopt(self, file: Path) -> bool:
        await self._disk.do(self._adopted, file)
        return False

    def _adopted(self, file: Path) -> None:
        """What the dialplan recorded alone gets its label; taken in with the others."""
        if not file.is_file():
            self._put_aside(file, "no file")
        elif file.stat().st_size == 0:  # Asterisk holds it open until somebody answers; a talk that never was
            if _at_rest_s(file) > NEVER_BEGUN_S:
                file.unlink()
        elif _at_rest_s(file) > QUIET_ENDED_S and not self._goes_on(call := _call_of(file)):
            self._incoming.adopt(file, call)

    def _goes_on(self, call_id: str) -> bool:
        return self._live is None or call_id in self._live or self._in_hands(call_id)

    async def _look_at(self, file: Path) -> bool:
        """Whether what this label announces was taken in now."""
        whole = await self._disk.do(self._whole, file)
        if whole is None:
            return False
        await self._take(*whole)
        return True

    def _whole(self, file: Path) -> tuple[Label, Path] | None:
        """A label and its samples that nobody writes to any more; None of all others, which are seen to."""
        try:
            label = Label.read(file)
        except FileNotFoundError:
            return None
        except BadLabel as error:
            self._put_aside(file, str(error))
            return None
        if not label.ended and self._goes_on(label.call_id):
            return None
        samples = self._incoming.samples(label)
        if samples.exists() and not samples.is_file():
            self._put_aside(samples, "no file")
        elif not samples.exists():
            self._nothing_written(label)
        elif label.kind == "talk" and samples.stat().st_size == 0:
            if not label.ended or _at_rest_s(file) > QUIET_ENDED_S:  # a short talk is in Asterisk's buffer till its end
                self._nothing_written(label)
        elif _at_rest_s(samples) > (QUIET_ENDED_S if label.ended else QUIET_UNENDED_S):
            return label, samples
        return None

    def _put_aside(self, file: Path, reason: str) -> None:
        aside = put_aside(file)
        metrics.RECORDINGS.labels("", "put-aside").inc()
        log.critical("recording-put-aside", file=aside.name, reason=reason)

    async def _take(self, label: Label, samples: Path) -> None:
        started = datetime.fromisoformat(label.started_at)
        began = await self._disk.do(_began, label, samples)
        channels = 1 if label.kind == "message" else 2
        relative = f"{started:%Y/%m/%d}/{label.id}.wav"
        sound: Sound | None = None
        state = RecordingState.STORED if label.ended else RecordingState.PARTIAL
        try:
            sound = await self._put(samples, channels, relative)
        except ValueError:
            state = RecordingState.FAILED
            log.error("recording-empty", recording=label.id, call=label.call_id)
        async with self._db.write() as session:
            await session.merge(
                Recording(
                    id=label.id,
                    call_id=label.call_id,
                    kind=RecordingKind(label.kind),
                    state=state,
                    started_at=began,
                    ended_at=began + timedelta(seconds=sound.seconds) if sound else None,
                    file=relative,
                    sha256=sound.sha256 if sound else None,
                    bytes=sound.bytes if sound else None,
                    seconds=sound.seconds if sound else None,
                    channels=channels,
                )
            )
            if sound is not None:
                await chain.append(
                    session, self._node, ChainDeed.STORED, {label.id: sound.sha256}, self._incoming.clock.now()
                )
        await self._on_stored(label)
        await self._disk.do(self._incoming.forget, label)
        metrics.RECORDINGS.labels(label.kind, state.value).inc()
        log.info("recording-stored", recording=label.id, call=label.call_id, seconds=sound and round(sound.seconds, 1))

    async def _put(self, samples: Path, channels: int, name: str) -> Sound:
        """Into the store; what it does not take leaves no copy beside the samples. Raises ValueError, OSError."""
        wav = await asyncio.to_thread(self._store.place, name, self._incoming.folder)
        try:
            sound = await asyncio.to_thread(to_wav, samples, channels, wav)
            await self._store.put(wav, name)
        except OSError:
            if self._store.folder is None:
                await self._disk.do(wav.unlink, missing_ok=True)
            raise
        return sound

    def _nothing_written(self, label: Label) -> None:
        """A talk that never came about leaves only its label; a complaint without samples is an alarm."""
        if not label.ended and _age_s(label) < NEVER_BEGUN_S:
            return
        if label.kind != "talk":
            metrics.RECORDINGS.labels(label.kind, "missing").inc()
            log.error("recording-missing", recording=label.id, call=label.call_id)
        self._incoming.forget(label)


def _began(label: Label, samples: Path) -> datetime:
    """When the first sample was written: a talk's label lies there while its caller still waits."""
    announced = datetime.fromisoformat(label.started_at)
    if label.kind != "talk":
        return announced
    written = samples.stat().st_mtime - talked_seconds(samples)
    return max(announced, datetime.fromtimestamp(written, announced.tzinfo))


def _at_rest_s(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _age_s(label: Label) -> float:
    return time.time() - datetime.fromisoformat(label.started_at).timestamp()


def _call_of(file: Path) -> str:
    """The call's id in the name the dialplan gave, or one made of the channel's id when no controller met the call.

    Further recordings of one call (after a transfer) are numbered behind a `~`.
    """
    call, _, channel = file.stem.removeprefix(_WITHOUT).partition("_")
    return call if _ID.fullmatch(call) else unmet_call(channel.partition("~")[0])
