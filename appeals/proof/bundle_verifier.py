"""Проверка пакета доказательств по обращению: без базы данных и без сторонних библиотек.

    python verify.py ПАКЕТ.zip [ПАПКА_С_ЗАПИСЯМИ]

Проверяет суммы файлов, цепочку событий, соответствие содержания и ответа событиям и, если указана
папка, суммы записей. Код 0 — всё сходится, 1 — нет, 2 — пакет не читается.
"""

# Goes into every bundle as verify.py, so it stands alone: the standard library only, nothing of ours.
from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

LARGEST = 256 * 2**20
"""Bytes a bundle may unpack to: whoever checks it need not trust whoever made it."""


def canonical(value: object) -> str:
    """JSON with one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(data: str | bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def event_hash(event: dict[str, Any]) -> str:
    """The hash an event must have."""
    fields = ("prev_hash", "appeal_id", "seq", "company_id", "year", "at", "actor", "kind", "body")
    return sha256(canonical([event[field] for field in fields]))


def check_files(manifest: dict[str, Any], files: dict[str, bytes]) -> list[str]:
    """Sums of the files against the manifest."""
    wrong = [f"нет файла {name}" for name in sorted(manifest["files"].keys() - files.keys())]
    wrong += [f"лишний файл {name}" for name in sorted(files.keys() - manifest["files"].keys() - {"manifest.json"})]
    wrong += [
        f"изменён файл {name}"
        for name, total in sorted(manifest["files"].items())
        if name in files and sha256(files[name]) != total
    ]
    return wrong


def check_events(manifest: dict[str, Any], events: list[dict[str, Any]]) -> list[str]:
    """The chain of events from the first to the last one the manifest names."""
    wrong: list[str] = []
    last = ""
    for expected, event in enumerate(events, start=1):
        if event["seq"] != expected:
            wrong.append(f"на месте события {expected} стоит событие {event['seq']}")
        if event_hash(event) != event["hash"]:
            wrong.append(f"изменено событие {event['seq']} ({event['kind']})")
        elif event["prev_hash"] != last:
            wrong.append(f"событие {event['seq']} записано не после предыдущего")
        journal = sha256(canonical([event["journal_before"], event["journal_no"], event["hash"]]))
        if journal != event["journal_hash"]:
            wrong.append(f"событие {event['seq']} не сходится с журналом компании (№ {event['journal_no']})")
        last = event["hash"]
    if len(events) != manifest["events"] or last != manifest["event_hash"]:
        wrong.append("последние события не те, что названы в описи")
    return wrong


def check_content(events: list[dict[str, Any]], content: dict[str, Any], answers: list[dict[str, Any]]) -> list[str]:
    """What was asked and what was answered, against the digests in the events."""
    salt, intake = content.get("salt"), content.get("intake")
    bodies = [(event["kind"], json.loads(event["body"])) for event in events]
    if salt is None or intake is None:
        erased = any(kind == "erased" for kind, _ in bodies)
        return [] if erased else ["содержания нет, а акта об уничтожении тоже нет"]
    wrong: list[str] = []
    if not bodies or bodies[0][1].get("digest") != sha256(salt + intake):
        wrong.append("содержание обращения не то, что было зарегистрировано")
    sent = {body["answer_id"]: body for kind, body in bodies if kind == "answered"}
    for answer in answers:
        event = sent.get(answer["id"])
        if event is None or event["digest"] != sha256(salt + answer["text"]):
            wrong.append(f"ответ {answer['id']} не тот, что был отправлен")
        elif event["proof_digest"] != sha256(salt + answer["proof"]):
            wrong.append(f"подтверждение отправки ответа {answer['id']} не то")
    wrong += [f"нет ответа {one}" for one in sorted(sent.keys() - {answer["id"] for answer in answers})]
    return wrong


def check_recordings(recordings: list[dict[str, Any]], folder: Path) -> list[str]:
    """Recordings handed over beside the bundle, against their sums."""
    wrong: list[str] = []
    for recording in recordings:
        found = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.stem == recording["id"]]
        if not found:
            wrong.append(f"нет записи {recording['id']}")
        elif all(sha256(file.read_bytes()) != recording["sha256"] for file in found):
            wrong.append(f"изменена запись {recording['id']}")
    return wrong


def read(bundle: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(bundle) as opened:
        if sum(entry.file_size for entry in opened.infolist()) > LARGEST:
            raise ValueError("пакет слишком велик")
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


def verify(bundle: Path, recordings: Path | None = None) -> tuple[dict[str, Any], list[str]]:
    """The manifest, and everything that does not agree."""
    files = read(bundle)
    manifest = json.loads(files["manifest.json"])
    wrong = check_files(manifest, files)
    if any(name not in files for name in ("events.jsonl", "content.json", "answers.json", "recordings.json")):
        return manifest, wrong
    events = [json.loads(line) for line in files["events.jsonl"].decode().splitlines()]
    wrong += check_events(manifest, events)
    wrong += check_content(events, json.loads(files["content.json"]), json.loads(files["answers.json"]))
    if recordings is not None:
        wrong += check_recordings(json.loads(files["recordings.json"]), recordings)
    return manifest, wrong


def main(arguments: list[str]) -> int:
    """The command line."""
    if len(arguments) not in (1, 2):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        manifest, wrong = verify(Path(arguments[0]), Path(arguments[1]) if len(arguments) == 2 else None)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"Пакет не читается: {error}\n")
        return 2
    sys.stdout.write(
        f"Обращение {manifest['number']}, событий {manifest['events']}, выгружено {manifest['exported_at']}\n"
    )
    sys.stdout.writelines(f"  НЕ СХОДИТСЯ: {sentence}\n" for sentence in wrong)
    sys.stdout.write("Всё сходится.\n" if not wrong else f"Расхождений: {len(wrong)}.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
