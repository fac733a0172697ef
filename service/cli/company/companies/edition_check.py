"""`python -m ...edition_check`: checks a company's edition and speaks its words; a request in, an answer out, JSON.

A process of its own, niced: neither the calls nor the pages wait for it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from gridline import log as logging
from gridline import settings
from gridline.errors import GridlineError, Misconfigured
from gridline.settings import Settings
from ivr.actions.reference.beforehand import LONGEST_S
from ivr.menus.editions.line_files import vocabulary_by_voice
from ivr.voice.prompts import Prompt
from ivr.voice.voice import Voice
from service import only_for_us
from service.cli.company.companies import checks

NICE = 10


async def answer(asked: dict[str, Any], config: Settings) -> dict[str, Any]:
    """What is wrong, line by line; seconds and sounds of the prompts and articles that were to be said."""
    company_id, mistakes = str(asked["company"]), list[str]()
    try:
        voice = Voice.of(config)
    except Misconfigured as error:
        if asked["check"]:
            mistakes = checks.found_of(config.dialplan, company_id)
        return {"mistakes": mistakes or error.message.splitlines(), "seconds": {}, "sounds": {}}
    seconds, sounds = dict[str, float](), dict[str, str]()
    for name, words in asked["aloud"].items():
        try:
            said = await voice.render([Prompt("knowledge-words", words=words)], company_id)
        except GridlineError as error:
            mistakes.append(f"{name}:1: {error.message}")
            continue
        seconds[name], sounds[name] = round(said.seconds, 2), f"{said.file}.wav"
        if said.seconds > LONGEST_S:
            mistakes.append(f"{name}:1: Звучит {said.seconds:.0f} с. Сократите до {LONGEST_S:.0f} с.")
    for id in asked["say"]:
        entry = voice.book.get(id)
        if entry is None:
            mistakes.append(f"Подсказки «{id}» нет.")
            continue
        if entry.placeholders:  # made of a caller's own matters, at their call
            continue
        try:
            said = await voice.render([id], company_id)
        except GridlineError as error:
            mistakes.append(f"prompts.ru.yaml:{entry.line}: {id}: {error.message}")
            continue
        seconds[id], sounds[id] = round(said.seconds, 2), f"{said.file}.wav"
        if said.seconds > entry.limit_s:
            what = f"{id}: звучит {said.seconds:.1f} с. Сократите до {entry.limit_s:g} с."
            mistakes.append(f"prompts.ru.yaml:{entry.line}: {what}")
    if asked["check"]:  # now that they are made: what they last is measured
        by_ear = checks.found_of(config.dialplan, company_id, lambda company: vocabulary_by_voice(voice, company))
        mistakes = [*by_ear, *mistakes]
    await voice.close()
    return {"mistakes": list(dict.fromkeys(mistakes)), "seconds": seconds, "sounds": sounds}


def main() -> None:
    """Answer the one request on standard input."""
    only_for_us()
    os.nice(NICE)
    asked = json.loads(sys.stdin.read())
    config = settings.load(**asked["settings"], dialplan=Path(asked["dialplan"]))
    logging.configure(config.log_format, "error")
    sys.stdout.write(json.dumps(asyncio.run(answer(asked, config))))


if __name__ == "__main__":
    main()
