"""All that a player asks for under a recording's address: sound, loudness, words, marks, who listens and why.

The file is found through the database alone and must lie in the recordings' folder with no symbolic link on its way
(attack A11).
"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from agent_console.calls.listening import heard, noted, said
from agent_console.calls.listening.ranges import Find, Piece
from agent_console.console import Console, console_of
from agent_console.people.permissions import Permission
from agent_console.web.routes import add
from agent_console.web.stored import TYPES, sent
from gridline.errors import NotFound, Unavailable
from recordings.audio import curve
from recordings.known_folder import StoreAway
from recordings.models import Recording

PARTS: Final = 400
"""Points of the drawn curve: more than a player is wide in pixels help nobody."""
_GONE: Final = "Файла этой записи нет в хранилище."
_AWAY: Final = "Хранилище записей сейчас недоступно. Повторите позже."
_UNREADABLE: Final = "Файл записи не читается."


def hang(app: web.Application, base: str, find: Find, permission: Permission) -> None:
    """Hang all that a player asks for under `base`: the sound, its curve, its words, its marks, and who listens."""

    async def sound(request: web.Request) -> web.StreamResponse:
        return await _played(request, await find(request))

    async def levels(request: web.Request) -> web.Response:
        return await _drawn(request, await find(request))

    add(app, "GET", base, sound, permission=permission)
    add(app, "GET", f"{base}/levels", levels, permission=permission)
    heard.hang(app, base, find, permission)
    noted.hang(app, base, find, permission)
    said.hang(app, base, find, permission)


async def _played(request: web.Request, recording: Recording) -> web.StreamResponse:
    """The file or a piece of it; whose listening it belongs to is written down first (rule R29)."""
    console = console_of(request)
    with _in_words():
        file, size = await _file(console, recording), await console.store.size(recording.file)
    piece = Piece.asked(request, recording, size)
    if request.method == hdrs.METH_GET and piece.stretch is not None:
        await heard.sent(request, recording, piece.stretch)
    if file is None:
        return await sent(piece.narrowed(request), console.store, recording.file, size)
    return piece.response(file)


async def _drawn(request: web.Request, recording: Recording) -> web.Response:
    """How loud it is, per channel, and where nobody speaks: `{"channels": [[0..100, ...]], "silences": [[s, s]]}`."""
    console = console_of(request)
    with _in_words():
        await _file(console, recording)
        async with console.store.as_file(recording.file) as file:
            found = await asyncio.to_thread(curve, file, PARTS)
    return web.json_response({"channels": found.levels, "silences": found.silences})


@contextmanager
def _in_words() -> Iterator[None]:
    """Says what is wrong with the file, or with the store. Raises NotFound, Unavailable."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(_GONE) from error
    except StoreAway as error:
        raise Unavailable(_AWAY) from error
    except (OSError, wave.Error) as error:
        raise NotFound(_UNREADABLE) from error


async def _file(console: Console, recording: Recording) -> Path | None:
    """The file where the store is a folder, None where it is not. Raises StoreAway, and as `_inside`."""
    await asyncio.to_thread(console.store.must_be_there)
    return await asyncio.to_thread(_inside, console, recording.file) if console.store.folder is not None else None


def _inside(console: Console, file: str) -> Path:
    """The file's path. Raises NotFound for one that is missing, no plain file, outside, or behind a link."""
    root = console.recordings.resolve()
    path = root / file
    if path.suffix not in TYPES or path.resolve() != path or not path.is_relative_to(root) or not path.is_file():
        raise NotFound(_GONE)
    return path
