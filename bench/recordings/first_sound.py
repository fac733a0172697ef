"""From the request for a listening to the first sound of a call of an hour, through the console as it is served."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import secrets
import struct
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from agent_console.people.models import Role, User, UserSession
from agent_console.people.sessions import csrf_token, session_id
from agent_console.web.security import CSRF_HEADER
from bench.public.controller import Served, served
from bench.recordings import taking
from bench.recordings.timing import percentile
from gridline.clock import SystemClock
from gridline.db import Database, new_id
from gridline.errors import Unavailable
from ivr.journal.models import CallRecord
from recordings.models import Recording, RecordingKind, RecordingState

SECONDS: Final = 3_600
OPENED_AT_S: Final = 3_000
A_SECOND: Final = 32_000
"""Bytes of two channels."""
HEADER: Final = 44
COMES_UP_S: Final = 120.0
FIRST: Final = 3_200
"""Bytes that are a tenth of a second: a browser can play them."""


async def measured(folder: Path, times: int) -> dict[str, Any]:
    """Milliseconds to the first sound at the beginning and in the middle: the 95th of a hundred and the worst."""
    var = folder / "console"
    await taking.fresh(var)
    cookie, recording = await _stored(var)
    async with served(var) as server:
        await _up(server, var / "log")
        first, *rest = await asyncio.to_thread(_opened, server.port, cookie, recording, times + 1)
    return {
        "first_sound_ms": round(percentile(rest, 0.95), 1),
        "first_sound_max_ms": round(max(rest), 1),
        "first_sound_after_start_ms": round(first, 1),
        "opened": times,
    }


async def _stored(var: Path) -> tuple[str, str]:
    """A person of quality who is signed in, and a recording of an hour whose samples are a hole of the disk."""
    now, cookie = SystemClock().now(), secrets.token_urlsafe(32)
    began, call, recording, user = now - timedelta(hours=2), new_id(), new_id(), new_id()
    name = f"{began:%Y/%m/%d}/{recording}.wav"
    file, data = var / "recordings/store" / name, SECONDS * A_SECOND
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        out.write(b"RIFF" + struct.pack("<I", 36 + data) + b"WAVEfmt ")
        out.write(struct.pack("<IHHIIHH", 16, 1, 2, 8000, A_SECOND, 4, 16) + b"data" + struct.pack("<I", data))
        out.truncate(HEADER + data)
    db = Database(f"sqlite+aiosqlite:///{var / 'gridline.db'}")
    async with db.write() as session:
        session.add(_person(user, now))
        session.add(_call(call, began))
        await session.flush()
        session.add(
            UserSession(
                id=session_id(cookie),
                user_id=user,
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(hours=4),
                device="bench",
                address="127.0.0.1",
            )
        )
        session.add(
            Recording(
                id=recording,
                call_id=call,
                kind=RecordingKind.TALK,
                state=RecordingState.STORED,
                started_at=began,
                ended_at=began + timedelta(seconds=SECONDS),
                file=name,
                sha256=hashlib.sha256().hexdigest(),
                bytes=HEADER + data,
                seconds=float(SECONDS),
                channels=2,
            )
        )
    await db.close()
    return cookie, recording


def _person(id: str, now: Any) -> User:
    return User(
        id=id,
        login="qa",
        name="Анна Ким",
        password_hash="",
        one_time=False,
        role=Role.QA,
        company_id="skek",
        branch="",
        agent=None,
        created_at=now,
    )


def _call(id: str, began: Any) -> CallRecord:
    return CallRecord(
        id=id,
        node="bench",
        boot="b",
        linkedid="1",
        company_id="skek",
        dialled="78005009494",
        caller_raw="",
        caller=None,
        branch="",
        flow_version="",
        started_at=began,
        answered_at=began,
        ended_at=began + timedelta(seconds=SECONDS),
        outcome="talked",
    )


async def _up(server: Served, log: Path) -> None:
    until = time.monotonic() + COMES_UP_S
    while time.monotonic() < until:
        try:
            _, sink = await asyncio.open_connection("127.0.0.1", server.port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        sink.close()
        return
    raise Unavailable(f"Контроллер не поднялся:\n{log.read_text()[-1500:]}")


def _opened(port: int, cookie: str, recording: str, times: int) -> list[float]:
    """Milliseconds of each listening: begun, the header asked for, the place in the middle, its first sound there."""
    base = f"http://127.0.0.1:{port}"
    own = {"Cookie": f"gridline={cookie}", "Origin": base, CSRF_HEADER: csrf_token(cookie)}
    took: list[float] = []
    until = time.monotonic() + COMES_UP_S
    while len(took) < times:
        try:
            took.append(_listened(port, recording, own))
        except _NotYet as error:
            if took or time.monotonic() > until:
                raise Unavailable(f"Прослушивание не начато: {error}") from error
            time.sleep(0.2)  # it has only just started
    return took


class _NotYet(Exception):
    """The console answers, and cannot serve yet."""


def _listened(port: int, recording: str, own: Mapping[str, str]) -> float:
    browser = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    begins = time.perf_counter()
    listening = _begun(browser, recording, own)
    sound = f"/recordings/{recording}?listening={listening}"
    head = _piece(browser, sound, own, 0, HEADER + FIRST)
    browser.close()  # a browser leaves the piece at the beginning where it is told to begin elsewhere
    browser = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    place = HEADER + OPENED_AT_S * A_SECOND
    middle = _piece(browser, sound, own, place, FIRST)
    took = (time.perf_counter() - begins) * 1000
    browser.close()
    if head[:4] != b"RIFF" or len(middle) != FIRST:
        raise Unavailable("Работа не доказана: вместо звука пришло другое.")
    return took


def _begun(browser: http.client.HTTPConnection, recording: str, own: Mapping[str, str]) -> str:
    body = json.dumps({"reason": "quality"})
    kind = {"Content-Type": "application/json"}
    browser.request("POST", f"/recordings/{recording}/listenings", body, {**own, **kind})
    answer = browser.getresponse()
    told = answer.read()
    if answer.status == 503:
        raise _NotYet(answer.status)
    if answer.status >= 300:
        raise Unavailable(f"Прослушивание не начато: {answer.status} {told[:200]!r}")
    return str(json.loads(told)["id"])


def _piece(browser: http.client.HTTPConnection, url: str, own: Mapping[str, str], start: int, count: int) -> bytes:
    browser.request("GET", url, headers={**own, "Range": f"bytes={start}-"})
    answer = browser.getresponse()
    if answer.status != 206:
        raise Unavailable(f"Кусок записи не отдан: {answer.status}")
    return answer.read(count)
