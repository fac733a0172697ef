"""The shipped dialplan with little to listen to before an agent's phone rings: what is tested here begins there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml

from asterisk_conf.render import TEMPLATES
from carrier.stories.installation import share_prompts as prompts
from gridline.settings import HOUSE

__all__ = ["SHORT", "dialplan", "prompts", "shorten"]

SHORT = {
    "notice": {"kind": "notice", "text": "Разговор записывается."},
    "out-notice": {"kind": "notice", "text": "Вам звонит оператор, разговор записывается."},
    "main-menu": {"kind": "menu", "text": "Главное меню, выбирайте."},
    "power-service": {"kind": "menu", "text": "Электричество или вода?"},
    "power-menu": {"kind": "menu", "text": "Отключение или напряжение?"},
}


def dialplan(folder: Path, *, ring_s: int = 15) -> Path:
    """Write it into `folder`; `ring_s`: how long the queue rings an agent."""
    shutil.copytree(HOUSE / "dialplan", folder)
    shorten(folder, SHORT)
    _change(folder / "queues.conf.j2", "timeout = 15", f"timeout = {ring_s}")
    return folder


def shorten(folder: Path, words: Mapping[str, object]) -> None:
    """Give the dialplan in `folder` other words for some of its prompts."""
    book = folder / "prompts.ru.yaml"
    prompts = yaml.safe_load(book.read_text("utf-8"))
    book.write_text(yaml.safe_dump(prompts | dict(words), allow_unicode=True, sort_keys=False), "utf-8")


def _change(target: Path, shipped: str, ours: str) -> None:
    """Asterisk's own template of that name, with another value."""
    text = (TEMPLATES / target.name).read_text("utf-8")
    assert f"\n{shipped}\n" in text, shipped
    target.write_text(text.replace(f"\n{shipped}\n", f"\n{ours}\n"), "utf-8")
