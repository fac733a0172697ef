"""A small valid menu, its vocabulary, and a way to break it."""

from __future__ import annotations

from pathlib import Path

from ivr.actions import SIGNATURES
from ivr.menus.flows import load_checked
from ivr.menus.model import Flow
from ivr.menus.vocabulary import Vocabulary

GOOD = """\
# line 1
notice:
  do: play_notice
  done: main
  failed: main

main:
  say: main-menu
  press: {1: danger, 2: water, 0: operator}
  repeat: "*"
  tries: 2
  wait: 4
  otherwise: astray

danger:
  do: danger
  queued: goodbye
  failed: operator

water:
  say: [hours, water]
  then: more

more:
  say: more-menu
  press: {1: main, 0: operator}
  repeat: "*"
  silence: goodbye
  otherwise: astray

astray:
  say: astray
  then: operator

operator:
  do: operator
  topic: outages
  callback: goodbye
  closed: goodbye
  unanswered: goodbye
  failed: goodbye

goodbye:
  say: goodbye
  then: hang-up
"""
ENGINES = ("wrong-key", "nothing-heard", "by-keypad")
PROMPTS = ("main-menu", "hours", "water", "more-menu", "astray", "goodbye", *ENGINES)
WORDS = Vocabulary(prompts=dict.fromkeys(PROMPTS, 3.0), topics=frozenset({"outages", "water"}), actions=SIGNATURES)


def spoilt(old: str, new: str) -> str:
    """The valid menu with one piece replaced."""
    assert GOOD.count(old) == 1, f"{old!r} stands {GOOD.count(old)} times in the good menu"
    return GOOD.replace(old, new)


def written(folder: Path, text: str) -> Path:
    """The text as a menu file."""
    file = folder / "menu.yaml"
    file.write_text(text, "utf-8")
    return file


def flow_of(folder: Path, text: str = GOOD) -> Flow:
    """The flow of a text that follows every rule."""
    return load_checked(written(folder, text), WORDS)
