"""FastAGI servers for `gridline bench calls`: ours, a bare asyncio handler, panoramisk's and pyst2's, one a process.

Those on asyncio run on uvloop, as the controller does.

Each serves a call with COMMANDS plain commands, each command timed and its reply checked. Told a line on stdin, a
server writes what it has counted since as a line of JSON: a server that runs no command must not look the fastest.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socketserver
import sys
import threading
from collections.abc import Awaitable, Callable
from time import perf_counter

import uvloop
from asterisk.agi import AGI
from panoramisk.fast_agi import Application, Request

from ivr.telephony.agi import AgiServer
from ivr.telephony.channel import AgiChannel

COMMANDS = 20
STEP = "BENCH_STEP"
"""The variable that holds the number of the last command: the dialplan looks at it when the server has done."""
SERVERS = ("ours", "bare", "panoramisk", "pyst2")

_BACKLOG = 512


class PeerTally:
    """What one server did: calls served to their end, commands answered, how long each took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._took: list[float] = []

    def served(self, took: list[float]) -> None:
        """One call is done; seconds of each of its commands."""
        with self._lock:
            self._calls += 1
            self._took += took

    def report(self) -> str:
        """One line of JSON (microseconds), and begin anew."""
        with self._lock:
            calls, took = self._calls, sorted(self._took)
            self._calls, self._took = 0, []
        quantile = [took[int((len(took) - 1) * q)] * 1e6 for q in (0.5, 0.99)] if took else [0.0, 0.0]
        return json.dumps({"calls": calls, "commands": len(took), "p50_us": quantile[0], "p99_us": quantile[1]})


async def ours(port: int, tally: PeerTally) -> None:
    """The product's own server and channel."""

    async def serve(channel: AgiChannel) -> None:
        took = []
        for step in range(1, COMMANDS + 1):
            begun = perf_counter()
            reply = await channel.command("SET VARIABLE", STEP, step)
            took.append(perf_counter() - begun)
            if reply.result != "1":
                return
        tally.served(took)

    await AgiServer("127.0.0.1", port, serve, permitted=["127.0.0.1"]).start()


async def bare(port: int, tally: PeerTally) -> None:
    """asyncio's streams and nothing else: no timeout, no quoting, no parsing, no care for a hang-up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\n\n")
        took = []
        for step in range(1, COMMANDS + 1):
            begun = perf_counter()
            writer.write(b'SET VARIABLE "%s" "%d"\n' % (STEP.encode(), step))
            reply = await reader.readline()
            took.append(perf_counter() - begun)
            if not reply.startswith(b"200 result=1"):
                return
        tally.served(took)
        writer.close()

    await asyncio.start_server(serve, "127.0.0.1", port, backlog=_BACKLOG)


async def panoramisk(port: int, tally: PeerTally) -> None:
    """panoramisk's FastAGI application, as its documentation serves it."""

    async def serve(request: Request) -> None:
        took = []
        for step in range(1, COMMANDS + 1):
            begun = perf_counter()
            reply = await request.send_command(f'SET VARIABLE "{STEP}" "{step}"')
            took.append(perf_counter() - begun)
            if reply.get("result") != ("1", ""):
                return
        tally.served(took)

    logging.getLogger("panoramisk").setLevel(logging.ERROR)
    application = Application(loop=asyncio.get_running_loop())
    application.add_route("bench", serve)
    await asyncio.start_server(application.handler, "127.0.0.1", port, backlog=_BACKLOG)


class _ThreadAgi(AGI):  # type: ignore[misc]
    """pyst2's AGI without its signal handler: `signal.signal` fails in a thread, and then nothing is served at all."""

    def __init__(self, stdin: object, stdout: object, stderr: object) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


class _Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = _BACKLOG


def pyst2(port: int, tally: PeerTally) -> None:
    """pyst2's AGI, a thread a call (its own `fastagi` module is Python 2)."""

    class Serve(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with self.request.makefile("r") as stdin, self.request.makefile("w") as stdout:
                agi = _ThreadAgi(stdin, stdout, silence)
                took = []
                for step in range(1, COMMANDS + 1):
                    begun = perf_counter()
                    agi.set_variable(STEP, step)
                    took.append(perf_counter() - begun)
            tally.served(took)

    silence = open(os.devnull, "w")  # noqa: SIM115, PTH123 -- as long as the process
    server = _Threads(("127.0.0.1", port), Serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main(name: str, port: int) -> None:
    """Serve until stdin is closed; a line on it is answered with the tally."""
    tally = PeerTally()
    if name == "pyst2":
        pyst2(port, tally)
        _tell("ready")
        for _ in sys.stdin:
            _tell(tally.report())
    else:
        uvloop.run(_until_closed({"ours": ours, "bare": bare, "panoramisk": panoramisk}[name], port, tally))


async def _until_closed(serve: Callable[[int, PeerTally], Awaitable[None]], port: int, tally: PeerTally) -> None:
    await serve(port, tally)
    asked: asyncio.Queue[str] = asyncio.Queue()
    asyncio.get_running_loop().add_reader(sys.stdin, lambda: asked.put_nowait(sys.stdin.readline()))
    _tell("ready")
    while await asked.get():
        _tell(tally.report())


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
