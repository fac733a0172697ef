"""The evidence bundle of any call: its steps, the proof of the notice, its recordings with their sound and their chain.

A ZIP whose own program checks it without us (`appeals.proof.call_verifier`), signed as an appeal's bundle is.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls, recordings
from agent_console.calls.evidence import plain
from agent_console.calls.listening import manifest
from appeals.history import moment
from appeals.proof import bundle_verifier, call_verifier
from appeals.proof.bundle_verifier import MANIFEST, SIGNATURE, sha256
from appeals.proof.signing import SigningKey
from gridline.scope import Scope
from ivr.journal.models import CallRecord
from recordings import chain
from recordings.models import PLAYABLE, Recording
from recordings.store import Store

ABOUT: Final = """Пакет доказательств по звонку {call}.

manifest.json    опись: сумма SHA-256 каждого файла, кто и когда выгрузил
signature.json   подпись описи (Ed25519) и открытый ключ, которым её проверить
call.json        звонок, уведомление о записи и шаги меню
legs.json        кто, когда и на каком телефоне говорил, удержания, паузы записи, какой файл; и в связанных звонках
recordings.json  записи и их суммы
chain.json       звенья цепочки записей: что и когда было с каждым файлом
ID.wav, ID.flac  сами записи: первый канал — звонящий, второй — оператор
verify.py        проверка: распакуйте всё в пустую папку и выполните python verify.py [--key КЛЮЧ]

Кто составил пакет, доказывает ключ: возьмите его у компании не вместе с пакетом (gridline appeals key).
"""


async def texts_of(
    session: AsyncSession, call: CallRecord, *, visible_to: Scope
) -> tuple[dict[str, str], list[Recording]]:
    """What a bundle says of a call that its reader sees, by file's name, and its recordings."""
    rows = await recordings.of_call(session, call.id)
    steps = (await calls.steps(session, [call.id]))[call.id]
    told = await manifest.of_call(session, call, visible_to=visible_to)
    links = await chain.of_recordings(session, [row.id for row in rows])
    texts = {
        "about.txt": ABOUT.format(call=call.id),
        "call.json": _pretty({**plain(call), "steps": [plain(step) for step in steps]}),
        "legs.json": _pretty(manifest.plain(told)),
        "recordings.json": _pretty([plain(row) for row in rows]),
        "chain.json": _pretty([{**plain(link), "before": before} for link, before in links]),
        "verify.py": _program(call_verifier.__file__),
        "bundle_verifier.py": _program(bundle_verifier.__file__),
    }
    return texts, rows


async def pack(
    target: Path,
    call: CallRecord,
    texts: Mapping[str, str],
    rows: Sequence[Recording],
    store: Store,
    *,
    actor: str,
    at: datetime,
    key: SigningKey,
) -> str:
    """Write the bundle, sound included; returns the sum of its manifest. Raises OSError, FileNotFoundError."""
    sums = {name: sha256(text) for name, text in texts.items()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for row in rows:
            if row.state in PLAYABLE:
                name = f"{row.id}{Path(row.file).suffix}"
                sums[name] = await _add_sound(made, name, store, row.file)
        told = {"call": call.id, "company_id": call.company_id, "exported_at": moment(at), "exported_by": actor}
        listed = _pretty({**told, "files": dict(sorted(sums.items()))})
        signed = {"algorithm": "Ed25519", "public_key": key.public, "signature": key.sign(listed.encode())}
        for name, text in {MANIFEST: listed, SIGNATURE: _pretty(signed), **texts}.items():
            made.writestr(name, text)
    return sha256(listed)


async def _add_sound(made: zipfile.ZipFile, name: str, store: Store, file: str) -> str:
    """The sound of one recording, block by block; returns its SHA-256."""
    digest = hashlib.sha256()
    entry = zipfile.ZipInfo(name)  # stored as it is: sound does not get smaller
    with made.open(entry, "w", force_zip64=True) as out:
        async for block in store.open_range(file):
            digest.update(block)
            await asyncio.to_thread(out.write, block)
    return digest.hexdigest()


def _program(file: str | None) -> str:
    assert file is not None
    return Path(file).read_text(encoding="utf-8")


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
