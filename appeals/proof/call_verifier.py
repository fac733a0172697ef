"""Проверка пакета доказательств по звонку: без базы данных и без сторонних библиотек.

    Распакуйте пакет в пустую папку и выполните там: python verify.py [--key КЛЮЧ]

Проверяет подпись описи, сумму каждого файла, цепочку записей и то, что каждая запись — та, что была принята.
КЛЮЧ — открытый ключ компании (64 знака), полученный от неё не вместе с пакетом.
Код 0 — всё сходится, 1 — нет, 2 — пакет не читается.
"""

# Goes into every bundle as verify.py, beside bundle_verifier.py: the standard library only, nothing else of ours.
from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # nothing may lie in the folder that the manifest does not name
try:
    from appeals.proof.bundle_verifier import MANIFEST, SIGNATURE, check_signature, parsed, sha256
except ImportError:
    from bundle_verifier import (  # type: ignore[import-not-found,no-redef]  # beside us, in the unpacked bundle
        MANIFEST,
        SIGNATURE,
        check_signature,
        parsed,
        sha256,
    )

BLOCK = 1 << 20
LARGEST = 64 * 2**20
"""Bytes of a file that is read whole: whoever checks a bundle need not trust whoever made it."""


def sum_of(file: Path) -> str:
    """Hex SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def link_hash(before: str, link: dict[str, Any]) -> str:
    """The hash that a link of the chain must have."""
    told = [before, *(link[field] for field in ("node", "no", "recording_id", "deed", "sha256", "at"))]
    return sha256(json.dumps(told, separators=(",", ":")))


def check_sums(manifest: dict[str, Any], folder: Path) -> list[str]:
    """Every file of the folder against the manifest."""
    sums = manifest["files"]
    there = {file.name for file in folder.iterdir()} - {MANIFEST, SIGNATURE}
    wrong = [f"нет файла {name}" for name in sorted(sums.keys() - there)]
    wrong += [f"лишний файл {name}" for name in sorted(there - sums.keys())]
    changed = [name for name in sorted(sums.keys() & there) if sum_of(folder / name) != sums[name]]
    return wrong + [f"изменён файл {name}" for name in changed]


def check_chain(links: list[dict[str, Any]], recordings: list[dict[str, Any]], sums: dict[str, str]) -> list[str]:
    """Each link by itself, and each recording against the last deed on it and the sound that is enclosed."""
    wrong = [f"звено № {one['no']} цепочки изменено" for one in links if link_hash(one["before"], one) != one["hash"]]
    last = {one["recording_id"]: one for one in links}
    for row in recordings:
        id, sha = row["id"], row["sha256"]
        enclosed = [value for name, value in sums.items() if name.rpartition(".")[0] == id]
        if row["state"] in ("stored", "partial"):
            wrong += [] if enclosed == [sha] else [f"запись {id} не приложена или не та"]
            wrong += [] if id in last and last[id]["sha256"] == sha else [f"запись {id} не та, что в цепочке"]
    return wrong


def verify(folder: Path, key: str = "") -> tuple[dict[str, Any], list[str]]:
    """The manifest of an unpacked bundle, and everything that does not agree. Raises ValueError, KeyError, OSError."""
    small = ("recordings.json", "chain.json", MANIFEST, SIGNATURE)
    if any((folder / name).stat().st_size > LARGEST for name in small):
        raise ValueError("опись слишком велика")
    files = {name: (folder / name).read_bytes() for name in small}
    manifest = parsed(files[MANIFEST])
    wrong = check_signature(files, key) + check_sums(manifest, folder)
    wrong += check_chain(parsed(files["chain.json"]), parsed(files["recordings.json"]), manifest["files"])
    return manifest, wrong


def main(arguments: list[str]) -> int:
    """The command line."""
    if arguments and (len(arguments) != 2 or arguments[0] != "--key"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    key = arguments[1].strip() if arguments else ""
    try:
        manifest, wrong = verify(Path.cwd(), key)
        head = f"Звонок {manifest['call']}, выгружено {manifest['exported_at']}\n"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.stderr.write(f"Пакет не читается: {error}\n")
        return 2
    sys.stdout.write(head)
    sys.stdout.writelines(f"  НЕ СХОДИТСЯ: {sentence}\n" for sentence in wrong)
    sys.stdout.write("Всё сходится.\n" if not wrong else f"Расхождений: {len(wrong)}.\n")
    if not key:
        told = "кто составил пакет: возьмите у компании её ключ (gridline appeals key), повторите с --key"
        sys.stdout.write(f"  Не доказано: {told}.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
