"""The process an engine lives in: `python -m speech.worker ENGINE FOLDER LANGUAGE MEMORY_MB NICENESS`.

It loads one model, says so, and answers requests that come on its standard input, several at once; it ends with that
input, so it never outlives the ears. Whatever a library prints goes to standard error: the answers have a line alone.
"""

from __future__ import annotations

import base64
import os
import resource
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import IO

from speech import frames
from speech.engines.engine import Engine, EngineName, LiveEngine, LiveRecogniser, ModelBroken, load
from speech.frames import Message
from speech.port import NotHeard, Word
from speech.repeats import loop_in
from speech.sound import TelephoneSound

STREAMS_AT_ONCE = 32
UNUSED_ADDRESSES_MB = 4096
"""Libraries reserve far more address space than they use (threads' stacks and heaps), so that limit stands this much
higher: it stops one enormous allocation. OpenBLAS, refused a small one, waits for ever. The memory really taken is
watched by the ears."""


class Worker:
    """Answers requests with a loaded model."""

    def __init__(self, engine: Engine, answers: IO[bytes]) -> None:
        self._engine, self._answers = engine, answers
        self._streams: dict[int, LiveRecogniser] = {}
        self._writing = threading.Lock()

    def answer(self, request: Message) -> None:
        """Do what is asked and say how it went; a job that fails ends itself alone."""
        try:
            said = self._do(request)
        except NotHeard as error:
            said = {"not_heard": error.message}
        except OSError as error:
            said = {"os_error": [error.errno or 0, error.strerror or str(error), str(error.filename or "")]}
        except Exception as error:  # noqa: BLE001 -- an engine may raise anything; the process is not to blame
            said = {"not_heard": f"{type(error).__name__}: {error}"}
        if "id" in request:
            self.say({"id": request["id"], **said})

    def say(self, message: Message) -> None:
        """Send one whole message."""
        with self._writing:
            self._answers.write(frames.packed(message))
            self._answers.flush()

    def _do(self, request: Message) -> Message:
        match request["do"]:
            case "transcribe":
                return {"words": self._transcribe(TelephoneSound.of(Path(request["wav"]), request["channel"]))}
            case "listen":
                return self._listen(request["stream"], request["grammar"])
            case "feed":
                partial, words = self._streams[request["stream"]].feed(base64.b64decode(request["sound"]))
                return {"partial": partial, "words": _plain(words)}
            case "finish":
                return {"words": _plain(self._streams[request["stream"]].finish())}
            case _:  # a caller has gone
                self._streams.pop(request["stream"], None)
                return {}

    def _transcribe(self, sound: TelephoneSound) -> list[list[object]]:
        words: list[Word] = []
        for said in self._engine.transcribe(sound):
            if loop := loop_in(said):
                raise NotHeard(f"Распознаватель сбился: {loop}.")
            words += said
        return _plain(words)

    def _listen(self, stream: int, grammar: list[str]) -> Message:
        if not isinstance(self._engine, LiveEngine):
            raise NotHeard("Эта модель не слушает на ходу.")
        self._streams[stream] = recogniser = self._engine.listen(grammar)
        return {"unknown": list(recogniser.unknown)}


def _plain(words: list[Word]) -> list[list[object]]:
    return [[word.text, word.start_s, word.end_s, word.confidence] for word in words]


def _own_line() -> IO[bytes]:
    """Standard output for the answers alone; whoever prints from now on prints to standard error."""
    line = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return line


def _give_way(niceness: int) -> None:
    """Be nice to calls: Linux weighs sessions (autogroups) before processes, and Asterisk is one of its own."""
    os.nice(niceness)
    with suppress(OSError):  # another kernel, or one without autogroups
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(niceness), "ascii")


def main() -> None:
    """Load, then answer until the input ends."""
    engine, folder, language, memory_mb, niceness = sys.argv[1:]
    answers = _own_line()
    most = (int(memory_mb) + UNUSED_ADDRESSES_MB) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    _give_way(int(niceness))
    try:
        worker = Worker(load(EngineName(engine), Path(folder), language), answers)
    except (ModelBroken, ImportError, MemoryError) as error:
        sys.exit(str(error))
    worker.say({"ready": True})
    with ThreadPoolExecutor(STREAMS_AT_ONCE) as pool:
        while (request := frames.read(sys.stdin.buffer)) is not None:
            pool.submit(worker.answer, request)
        os._exit(0)  # whoever asked is gone: nobody waits for what is still being heard


if __name__ == "__main__":
    main()
