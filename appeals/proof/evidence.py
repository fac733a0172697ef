"""The evidence bundle of one appeal: a ZIP that a small verifier inside it checks without the database."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from appeals import history, numbering
from appeals.history import Happening
from appeals.models import Answer, Appeal, AppealEvent, Contact, Content, Measure, Promise, Refusal, Task
from appeals.proof import bundle_verifier
from appeals.proof.bundle_verifier import MANIFEST, SIGNATURE
from appeals.proof.signing import SigningKey
from gridline.errors import NotFound

_STAMP = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes
_ABOUT = """Пакет доказательств по обращению {number}.

manifest.json    опись: сумма SHA-256 каждого файла, последнее событие, место в журнале компании
signature.json   подпись описи (Ed25519) и открытый ключ, которым её проверить
events.jsonl     история: каждое событие с хэшем предыдущего
content.json     что было принято (intake) и соль, с которой считан его хэш в первом событии
appeal.json      карточка, меры, поручения, отказ, обещания, дальнейшие обращения заявителя
answers.json     ответы и подтверждения их отправки
calls.json       звонки: уведомление о записи и шаги меню
recordings.json  записи разговоров и их суммы SHA-256
verify.py        проверка: python verify.py ПАКЕТ.zip [ПАПКА_С_ЗАПИСЯМИ] [--key КЛЮЧ], нужен только Python 3.11

Кто составил пакет, доказывает ключ: возьмите его у компании не вместе с пакетом (gridline appeals key) и сверьте
там же сумму verify.py, потому что чужой пакет мог бы прийти со своей проверкой. Сумма описи записана в историю
обращения при выгрузке, так что и сам пакет можно сверить с реестром.
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """What other parts of the house know of the appeal's calls: JSON values (see `service.cli.appeals`)."""

    calls: Sequence[Mapping[str, Any]] = ()
    recordings: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bytes of the ZIP and the sum of its manifest, which is also in the appeal's history."""

    content: bytes
    manifest_sha256: str


async def links(session: AsyncSession, appeal: Appeal) -> tuple[set[str], set[str]]:
    """The ids of the calls and of the recordings an appeal is linked to."""
    query = select(Contact.call_id, Contact.recording_id).where(Contact.appeal_id == appeal.id)
    further = (await session.execute(query)).all()
    calls = {appeal.call_id, *(call for call, _ in further)} - {None}
    recordings = {appeal.recording_id, *(recording for _, recording in further)} - {None}
    return {one for one in calls if one}, {one for one in recordings if one}


async def by_number(session: AsyncSession, company_id: str, number: str) -> Appeal:
    """An appeal by its number, locked. Raises InvalidInput, NotFound."""
    digits = numbering.read(number).digits
    query = select(Appeal).where(Appeal.company_id == company_id, Appeal.number == digits).with_for_update()
    appeal = (await session.execute(query)).scalar_one_or_none()
    if appeal is None:
        raise NotFound(f"Обращения {number} в реестре нет.")
    return appeal


async def bundle(
    session: AsyncSession, appeal: Appeal, proof: Proof, *, actor: str, at: datetime, key: SigningKey
) -> Bundle:
    """Make the bundle of a locked appeal and note in its history who took it out, and the manifest's sum.

    The manifest is signed by the installation's `key`, and names the sum of every other file.
    """
    events = await _events(session, appeal)
    content = (await session.execute(select(Content).where(Content.appeal_id == appeal.id))).scalar_one()
    files = {
        "about.txt": _ABOUT.format(number=numbering.written(appeal.number)),
        "appeal.json": _pretty(await _card(session, appeal)),
        "content.json": _pretty(_row(content)),
        "answers.json": _pretty(await _all(session, Answer, appeal)),
        "calls.json": _pretty(list(proof.calls)),
        "recordings.json": _pretty(list(proof.recordings)),
        "events.jsonl": "".join(f"{history.canonical(event)}\n" for event in events),
        "verify.py": verifier(),
    }
    manifest = _pretty(
        {
            "number": numbering.written(appeal.number),
            "company_id": appeal.company_id,
            "exported_at": history.moment(at),
            "exported_by": actor,
            "events": len(events),
            "event_hash": events[-1]["hash"],
            "journal_no": events[-1]["journal_no"],
            "files": {name: history.sha256(text) for name, text in sorted(files.items())},
        }
    )
    total = history.sha256(manifest)
    signed = {"algorithm": "Ed25519", "public_key": key.public, "signature": key.sign(manifest.encode())}
    signature = _pretty(signed)
    await history.append(session, appeal, at, actor, Happening("exported", {"manifest": total}))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in [(MANIFEST, manifest), (SIGNATURE, signature), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, text)
    return Bundle(packed.getvalue(), total)


def verifier() -> str:
    """The program that goes into every bundle."""
    return Path(bundle_verifier.__file__).read_text(encoding="utf-8")


async def _events(session: AsyncSession, appeal: Appeal) -> list[dict[str, Any]]:
    """The events, each with the journal's hash before it, so that its place there can be checked alone."""
    query = select(AppealEvent).where(AppealEvent.appeal_id == appeal.id).order_by(AppealEvent.seq)
    events = (await session.execute(query)).scalars().all()
    before = {event.journal_no - 1 for event in events}
    query_before = select(AppealEvent.journal_no, AppealEvent.journal_hash).where(
        AppealEvent.company_id == appeal.company_id, AppealEvent.year == appeal.year, AppealEvent.journal_no.in_(before)
    )
    known: dict[int, str] = {no: of_it for no, of_it in (await session.execute(query_before)).all()}  # noqa: C416
    return [
        {**_row(event), "at": history.moment(event.at), "journal_before": known.get(event.journal_no - 1, "")}
        for event in events
    ]


async def _card(session: AsyncSession, appeal: Appeal) -> dict[str, Any]:
    refusal = await session.get(Refusal, appeal.id)
    return {
        **_row(appeal),
        "number_written": numbering.written(appeal.number),
        "deadline_basis": json.loads(appeal.deadline_basis),
        "measures": await _all(session, Measure, appeal),
        "tasks": await _all(session, Task, appeal),
        "promises": await _all(session, Promise, appeal),
        "contacts": await _all(session, Contact, appeal),
        "refusal": _row(refusal) if refusal else None,
    }


async def _all(
    session: AsyncSession, model: type[Answer | Measure | Task | Promise | Contact], appeal: Appeal
) -> list[dict[str, Any]]:
    query = select(model).where(model.appeal_id == appeal.id).order_by(model.id)
    return [_row(one) for one in (await session.execute(query)).scalars()]


def _row(one: DeclarativeBase) -> dict[str, Any]:
    """A row as JSON values."""
    found = {column.key: getattr(one, column.key) for column in one.__mapper__.column_attrs}
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return history.moment(value)
    return value.isoformat() if isinstance(value, date) else value


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
