"""An edition in the files of `dialplan`, which stay the source: read from there, laid out for a check, written back.

Words stand in one book for all companies, so of that file only the company's own lines are changed. Recordings are kept
by their digest besides, so that an earlier one can be had back.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from grid.offices.book import FOLDER as OFFICES
from grid.reference.shelf import KNOWLEDGE
from gridline.companies import Company
from gridline.errors import Misconfigured, Unavailable
from gridline.yaml import edit
from ivr.menus.editions.edition import Edition, changes
from ivr.menus.editions.line_files import COMPANIES, MENUS, PROMPTS, STUDIO
from ivr.menus.flows import STORM
from ivr.voice.prompts import PromptBook

TAKES = "takes"
"""In `var`: every recording that was ever part of an edition, by its digest."""


def menu_of(company: Company) -> str:
    """The file of its menu, below `dialplan`."""
    return f"{MENUS}/{company.menu}"


def hours_of(company: Company) -> str:
    """The file of its hours and topics."""
    return f"{COMPANIES}/{company.id}.yaml"


def offices_of(company: Company) -> str:
    """The file of its offices, which it may be without."""
    return f"{OFFICES}/{company.id}.yaml"


def article_of(folder: str, id: str) -> str:
    """The file of an article: a company's own, or the one that is common to all."""
    return f"{KNOWLEDGE}/{folder}/{id}.yaml"


def read(dialplan: Path, var: Path, company: Company) -> Edition:
    """What the files hold; a recording is put among the takes. Raises Misconfigured, OSError."""
    storm = menu_of(company).removesuffix(".yaml") + STORM
    articles = sorted(file.stem for file in (dialplan / KNOWLEDGE / company.id).glob("*.yaml"))
    names = [menu_of(company), hours_of(company), *(article_of(company.id, id) for id in articles)]
    names += [name for name in (storm, offices_of(company)) if (dialplan / name).exists()]
    book = PromptBook.load(dialplan / PROMPTS)
    takes = {}
    for file in sorted((dialplan / STUDIO / company.id).glob("*.wav")):
        takes[file.stem] = keep_take(var, file.read_bytes())
    return Edition(
        {name: text(dialplan / name) for name in names},
        {id: entry.own[company.id] for id, entry in book.items() if company.id in entry.own},
        takes,
    )


def text(file: Path) -> str:
    """A file's text. Raises Misconfigured where it is none."""
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{file}: файл не в UTF-8. Сохраните его в кодировке UTF-8.") from error


def keep_take(var: Path, wav: bytes) -> str:
    """Put a recording among the takes; its digest."""
    digest = hashlib.sha256(wav).hexdigest()
    file = take_file(var, digest)
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(file, wav)
    return digest


def take_file(var: Path, digest: str) -> Path:
    """Where a take lies."""
    return var / TAKES / f"{digest}.wav"


def lay_out(dialplan: Path, var: Path, company: Company, edition: Edition, folder: Path) -> None:
    """A whole dialplan in `folder` that holds this edition; the recordings of others are links."""
    shutil.copytree(dialplan, folder, ignore=shutil.ignore_patterns(STUDIO, ".*"), dirs_exist_ok=True)
    for article in (folder / KNOWLEDGE / company.id).glob("*.yaml"):
        if article_of(company.id, article.stem) not in edition.files:
            article.unlink()
    for take in (dialplan / STUDIO).glob("*/*.wav"):
        if take.parent.name != company.id:
            link = folder / STUDIO / take.parent.name / take.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(take.absolute())
    for file, content in contents(dialplan, var, company, Edition({}, _words(dialplan, company), {}), edition).items():
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content or b"")


def contents(dialplan: Path, var: Path, company: Company, old: Edition, new: Edition) -> dict[str, bytes | None]:
    """File below `dialplan` -> its bytes in the new edition (None: it is to go), of those that differ from the old."""
    found = dict[str, bytes | None]()
    book = ""
    for one in changes(old, new):
        if one.part == "files":
            found[one.name] = one.new.encode() if one.new else None
        elif one.part == "takes":
            file = f"{STUDIO}/{company.id}/{one.name}.wav"
            found[file] = take_file(var, one.new).read_bytes() if one.new else None
        else:
            book = book or (dialplan / PROMPTS).read_text("utf-8")
            where = (one.name, "companies", company.id)
            book = edit.put(book, where, one.new) if one.new else edit.drop(book, where)
    return found | ({PROMPTS: book.encode()} if book else {})


def write(dialplan: Path, content: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """Put all of them there, each in one step, or none; what was there. Raises Unavailable saying what to do."""
    before = {name: _bytes(dialplan / name) for name in content}
    try:
        for name, data in content.items():
            _put(dialplan / name, data)
    except OSError as error:
        for name, data in before.items():
            if _bytes(dialplan / name) != data:
                _put(dialplan / name, data)
        raise Unavailable(
            f"Файлы в {dialplan} не записать ({error.strerror}). Ничего не изменилось, черновик цел. "
            "Откройте программе запись в эту папку (настройка dialplan) и опубликуйте снова."
        ) from error
    return before


def _words(dialplan: Path, company: Company) -> dict[str, str]:
    book = PromptBook.load(dialplan / PROMPTS)
    return {id: entry.own[company.id] for id, entry in book.items() if company.id in entry.own}


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _put(file: Path, data: bytes | None) -> None:
    if data is None:
        file.unlink(missing_ok=True)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, data)


def _write(file: Path, data: bytes) -> None:
    """In one step, and on the disk: others read a dialplan's files, so they keep the mode that they have."""
    temporary = file.with_name(f".{file.name}.new")
    with temporary.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    if file.exists():
        shutil.copymode(file, temporary)
    temporary.replace(file)
