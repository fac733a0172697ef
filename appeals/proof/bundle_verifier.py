"""Проверка пакета доказательств по обращению: без базы данных и без сторонних библиотек.

    python verify.py ПАКЕТ.zip [ПАПКА_С_ЗАПИСЯМИ] [--key КЛЮЧ]

Проверяет подпись описи, суммы файлов, цепочку событий, соответствие содержания и ответа событиям и, если указана
папка, суммы записей. КЛЮЧ — открытый ключ компании (64 знака), полученный от неё не вместе с пакетом.
Код 0 — всё сходится, 1 — нет, 2 — пакет не читается.
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
MANIFEST, SIGNATURE = "manifest.json", "signature.json"
NEEDED = ("events.jsonl", "content.json", "answers.json", "recordings.json")

# Ed25519, RFC 8032: points of the curve as (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
Point = tuple[int, int, int, int]
FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, FIELD) % FIELD
_ROOT = pow(2, (FIELD - 1) // 4, FIELD)


def point_sum(one: Point, other: Point) -> Point:
    """The sum of two points."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % FIELD
    b = (one[1] + one[0]) * (other[1] + other[0]) % FIELD
    c, d = 2 * one[3] * other[3] * _D % FIELD, 2 * one[2] * other[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def point_times(number: int, point: Point) -> Point:
    """The point, so many times."""
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = point_sum(total, point)
        point, number = point_sum(point, point), number >> 1
    return total


def packed(point: Point) -> bytes:
    """A point as 32 bytes."""
    inverse = pow(point[2], -1, FIELD)
    x, y = point[0] * inverse % FIELD, point[1] * inverse % FIELD
    return (y | (x & 1) << 255).to_bytes(32, "little")


def unpacked(data: bytes) -> Point | None:
    """The point of 32 bytes; None for bytes that are none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if x * x % FIELD != square:
        x = x * _ROOT % FIELD
    if y >= FIELD or len(data) != 32 or x * x % FIELD != square or (x == 0 and sign):
        return None
    x = FIELD - x if x & 1 != sign else x
    return x, y, 1, x * y % FIELD


BASE = unpacked((4 * pow(5, -1, FIELD) % FIELD).to_bytes(32, "little")) or (0, 1, 1, 0)


def is_signed(message: bytes, public: bytes, signature: bytes) -> bool:
    """Whether the owner of this public key signed the message."""
    key, commitment = unpacked(public), unpacked(signature[:32])
    proof = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or len(signature) != 64 or proof >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return packed(point_times(proof, BASE)) == packed(point_sum(commitment, point_times(challenge, key)))


def parsed(data: bytes | str) -> Any:
    """JSON in which no key stands twice. Raises ValueError, also for what is nested too deep to be ours."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("в записи одно поле названо дважды")
        return found

    try:
        return json.loads(data, object_pairs_hook=once)
    except RecursionError as error:
        raise ValueError("записи вложены слишком глубоко") from error


def sha256(data: str | bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def hashed(*values: object) -> str:
    """The hash of some values, written as JSON with one spelling."""
    return sha256(json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def event_hash(event: dict[str, Any]) -> str:
    """The hash an event must have."""
    fields = ("prev_hash", "appeal_id", "seq", "company_id", "year", "at", "actor", "kind", "body")
    return hashed(*(event[field] for field in fields))


def check_signature(files: dict[str, bytes], key: str) -> list[str]:
    """The signature of the manifest, by this key where one is given."""
    if SIGNATURE not in files:
        return ["опись не подписана"]
    told = parsed(files[SIGNATURE])
    public, signature = bytes.fromhex(told["public_key"]), bytes.fromhex(told["signature"])
    wrong = [] if is_signed(files[MANIFEST], public, signature) else ["подпись описи неверна"]
    return wrong + (["подписано не тем ключом, который дала компания"] if key and key.lower() != public.hex() else [])


def check_files(manifest: dict[str, Any], files: dict[str, bytes]) -> list[str]:
    """Sums of the files against the manifest."""
    sums, there = manifest["files"], files.keys() - {MANIFEST, SIGNATURE}
    wrong = [f"нет файла {name}" for name in sorted(sums.keys() - there)]
    wrong += [f"лишний файл {name}" for name in sorted(there - sums.keys())]
    changed = [name for name in sorted(sums.keys() & there) if sha256(files[name]) != sums[name]]
    return wrong + [f"изменён файл {name}" for name in changed]


def check_events(manifest: dict[str, Any], events: list[dict[str, Any]]) -> list[str]:
    """The chain of events from the first to the last one the manifest names."""
    wrong, last = list[str](), ""
    for expected, event in enumerate(events, start=1):
        if event["seq"] != expected:
            wrong.append(f"на месте события {expected} стоит событие {event['seq']}")
        if event_hash(event) != event["hash"]:
            wrong.append(f"изменено событие {event['seq']} ({event['kind']})")
        elif event["prev_hash"] != last:
            wrong.append(f"событие {event['seq']} записано не после предыдущего")
        if hashed(event["journal_before"], event["journal_no"], event["hash"]) != event["journal_hash"]:
            wrong.append(f"событие {event['seq']} не сходится с журналом компании (№ {event['journal_no']})")
        last = event["hash"]
    if len(events) != manifest["events"] or last != manifest["event_hash"]:
        wrong.append("последние события не те, что названы в описи")
    return wrong


def check_content(events: list[dict[str, Any]], content: dict[str, Any], answers: list[dict[str, Any]]) -> list[str]:
    """What was asked and what was answered, against the digests in the events."""
    salt, intake = content.get("salt"), content.get("intake")
    bodies = [(event["kind"], parsed(event["body"])) for event in events]
    if salt is None or intake is None:
        erased = any(kind == "erased" for kind, _ in bodies)
        return [] if erased else ["содержания нет, а акта об уничтожении тоже нет"]
    wrong: list[str] = []
    if not bodies or bodies[0][1].get("digest") != sha256(salt + intake):
        wrong.append("содержание обращения не то, что было зарегистрировано")
    sent = {body["answer_id"]: body for kind, body in bodies if kind == "answered"}
    ids = [answer["id"] for answer in answers]
    wrong += [f"ответ {one} приложен дважды" for one in sorted(set(ids)) if ids.count(one) > 1]
    for answer in answers:
        event = sent.get(answer["id"])
        if event is None or event["digest"] != sha256(salt + answer["text"]):
            wrong.append(f"ответ {answer['id']} не тот, что был отправлен")
        elif event["proof_digest"] != sha256(salt + answer["proof"]):
            wrong.append(f"подтверждение отправки ответа {answer['id']} не то")
    return wrong + [f"нет ответа {one}" for one in sorted(sent.keys() - set(ids))]


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
    """The files of a bundle. Raises ValueError for one that says a name twice, or has folders: no bundle of ours."""
    with zipfile.ZipFile(bundle) as opened:
        entries = opened.infolist()
        names = [entry.filename for entry in entries]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"файл {double[0]} лежит в пакете дважды")
        if deep := [name for name in names if set(name) & set("/\\:") or name.startswith(".")]:
            raise ValueError(f"в пакете не бывает папок, а в этом есть {deep[0]}")
        if sum(entry.file_size for entry in entries) > LARGEST:
            raise ValueError("пакет слишком велик")
        return {entry.filename: opened.read(entry) for entry in entries}


def verify(bundle: Path, recordings: Path | None = None, key: str = "") -> tuple[dict[str, Any], list[str]]:
    """The manifest, and everything that does not agree."""
    files = read(bundle)
    manifest = parsed(files[MANIFEST])
    wrong = check_signature(files, key) + check_files(manifest, files)
    if any(name not in files for name in NEEDED):
        return manifest, wrong
    events = [parsed(line) for line in files["events.jsonl"].decode().splitlines()]
    wrong += check_events(manifest, events)
    wrong += check_content(events, parsed(files["content.json"]), parsed(files["answers.json"]))
    if recordings is not None:
        wrong += check_recordings(parsed(files["recordings.json"]), recordings)
    return manifest, wrong


def unproved(recordings: Path | None, key: str) -> list[str]:
    """What the check does not prove, however well everything agrees."""
    told = ["что реестр не переписан до выгрузки: для этого сверьте номер и хэш журнала с записанными раньше"]
    told += ["что время событий верно: его ставят часы компании"]
    told += [] if key else ["кто составил пакет: возьмите у компании её ключ (gridline appeals key), повторите с --key"]
    return told + (["что записи разговоров те самые: они не приложены"] if recordings is None else [])


def main(arguments: list[str]) -> int:
    """The command line."""
    key = ""
    if "--key" in arguments[:-1]:
        at = arguments.index("--key")
        key, arguments = arguments[at + 1].strip(), arguments[:at] + arguments[at + 2 :]
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder = Path(arguments[1]) if len(arguments) == 2 else None
    try:
        manifest, wrong = verify(Path(arguments[0]), folder, key)
        head = f"Обращение {manifest['number']}, событий {manifest['events']}, выгружено {manifest['exported_at']}\n"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"Пакет не читается: {error}\n")
        return 2
    sys.stdout.write(head)
    sys.stdout.writelines(f"  НЕ СХОДИТСЯ: {sentence}\n" for sentence in wrong)
    sys.stdout.write("Всё сходится.\n" if not wrong else f"Расхождений: {len(wrong)}.\n")
    sys.stdout.writelines(f"  Не доказано: {sentence}.\n" for sentence in unproved(folder, key))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
