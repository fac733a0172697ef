"""The check of an edition and its sounds, made by a process of its own: reading every file and speaking take seconds.

The process gets a dialplan laid out for it and answers in JSON; which program it is, the front door says.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from gridline.companies import Company
from gridline.errors import InvalidInput, Unavailable
from gridline.settings import Settings
from ivr.menus.editions import articles, files
from ivr.menus.editions.edition import Edition, changes
from ivr.menus.editions.line_files import PROMPTS

LIMIT_S: Final = 120.0
"""Past this the process is ended: a hundred new prompts take less."""
_PLACED = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<text>.+)")


@dataclass(frozen=True, slots=True)
class EditionMistake:
    """One thing wrong, where it stands, and how to put it right."""

    file: str
    """Below `dialplan`."""
    line: int
    text: str
    place: str = ""
    """The menu's place that the line belongs to."""
    prompt: str = ""
    """The prompt, where it is about one."""
    article: str = ""
    """The article, where it is about one of the company's own."""


@dataclass(frozen=True, slots=True)
class CheckedEdition:
    """What came out."""

    mistakes: tuple[EditionMistake, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    """Changed prompt -> how long it sounds."""


def editions_settings(config: Settings) -> dict[str, str]:
    """What the process must know of this installation to speak as its line does."""
    return {"var": str(config.var), "package_root": str(config.package_root), "voice": config.voice}


class Checking:
    """Runs the process `command`, which reads a request as JSON and answers in JSON; `own` are its settings."""

    def __init__(self, dialplan: Path, var: Path, command: Sequence[str], own: Mapping[str, str]) -> None:
        self._dialplan = dialplan
        self._var = var
        self._command = tuple(command)
        self._own = dict(own)
        self._one = asyncio.Lock()  # they would take calls' processors from each other

    async def check(self, company: Company, content: Edition, now: Edition) -> CheckedEdition:
        """Every mistake of an edition; what it changes of words is spoken, so that its seconds are known."""
        changed = changes(now, content)
        said = [one.name for one in changed if one.part != "files"]
        aloud = {one.name: words for one in changed if (words := await asyncio.to_thread(articles.spoken_of, one))}
        answer, _ = await self._ask(company, content, said, aloud=aloud)
        return CheckedEdition(
            tuple(_mistake(line, content, company) for line in answer["mistakes"]), dict(answer["seconds"])
        )

    async def hear(self, company: Company, content: Edition, prompt: str) -> bytes:
        """A prompt as a WAV for the telephone. Raises InvalidInput where it cannot be said, Unavailable."""
        answer, sounds = await self._ask(company, content, [prompt], check=False)
        if prompt not in sounds:
            raise InvalidInput(str(next(iter(answer["mistakes"]), "Эту подсказку отдельно не прослушать.")))
        return sounds[prompt]

    async def hear_words(self, company: Company, content: Edition, words: str) -> bytes:
        """Words of an article as a WAV for the telephone. Raises InvalidInput where they cannot be said."""
        answer, sounds = await self._ask(company, content, aloud={"words": words}, check=False)
        if not sounds:
            raise InvalidInput(str(next(iter(answer["mistakes"]), "Это вслух не сказать.")))
        return sounds["words"]

    async def _ask(
        self,
        company: Company,
        content: Edition,
        said: Collection[str] = (),
        *,
        aloud: Mapping[str, str] = MappingProxyType({}),
        check: bool = True,
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        async with self._one:
            with tempfile.TemporaryDirectory(prefix="gridline-edition-") as folder:
                place = Path(folder) / "dialplan"
                await asyncio.to_thread(files.lay_out, self._dialplan, self._var, company, content, place)
                asked: dict[str, Any] = {"dialplan": str(place), "company": company.id, "check": check}
                asked |= {"say": list(said), "aloud": dict(aloud)}
                answer = await self._run(json.dumps({**asked, "settings": self._own}))
                sounds = {id: await asyncio.to_thread(Path(file).read_bytes) for id, file in answer["sounds"].items()}
        answer["mistakes"] = [line.removeprefix(f"{place}/") for line in answer["mistakes"]]
        return answer, sounds

    async def _run(self, request: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(LIMIT_S):
                out, complaint = await process.communicate(request.encode())
        except TimeoutError as error:
            raise Unavailable(f"Проверка не уложилась в {LIMIT_S:.0f} с. Попробуйте ещё раз.") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            told = complaint.decode(errors="replace").strip().splitlines()
            raise Unavailable(f"Проверка не удалась: {told[-1] if told else 'без объяснений'}")
        answer: dict[str, Any] = json.loads(out)
        return answer


def _mistake(line: str, content: Edition, company: Company) -> EditionMistake:
    match = _PLACED.fullmatch(line)
    if match is None:
        return EditionMistake("", 0, line)
    file, number = match["file"], int(match["line"])
    place = prompt = article = ""
    if file == files.menu_of(company):
        place = _key_above(content.files[file], number)
    elif file == PROMPTS:
        prompt = match["text"].partition(":")[0]
    elif file == files.article_of(company.id, Path(file).stem):
        article = Path(file).stem
    return EditionMistake(file, number, match["text"], place, prompt, article)


def _key_above(text: str, line: int) -> str:
    """The last key without an indent at or above a line."""
    for written in reversed(text.splitlines()[:line]):
        if found := re.match(r"([a-z0-9-]+):", written):
            return found[1]
    return ""
