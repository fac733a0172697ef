"""The evidence bundle is checked by the verifier inside it, without the database and without our code."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from appeals.history import canonical, sha256
from appeals.intake.repeats import FurtherContact
from appeals.models import AppealEvent
from appeals.proof import bundle_verifier, evidence
from appeals.proof.signing import SigningKey
from appeals.proof.verify import verify
from appeals.register import Register
from gridline.clock import SetClock
from gridline.db import Database
from gridline.errors import NotFound
from tests.store.appeals.made import intake

SOUND = b"RIFF and so on"
KEY, FORGER = SigningKey.of("ours"), SigningKey.of("somebody else's")


@pytest.fixture
async def bundle(db: Database, clock: SetClock, register: Register, tmp_path: Path) -> Path:
    """The bundle of an appeal answered on the call, with a second appeal beside it in the journal."""
    other = await register.register(intake())
    done = await register.register(
        intake(kind="appeal", call_id="c1", recording_id="r1", answer_on_call={"text": "Свет дадут в 18:00."})
    )
    await register.add_contact("skek", other.number, FurtherContact("phone", "ivr", call_id="c2", text="Ну что?"))
    proof = evidence.Proof(
        calls=[{"id": "c1", "notice_completed": True, "steps": []}],
        recordings=[{"id": "r1", "sha256": sha256(SOUND.decode())}],
    )
    async with db.write() as session:
        appeal = await evidence.by_number(session, "skek", done.written)
        assert await evidence.links(session, appeal) == ({"c1"}, {"r1"})
        made = await evidence.bundle(session, appeal, proof, actor="lawyer", at=clock.now(), key=KEY)
    async with db.read() as session:
        last = (
            await session.execute(select(AppealEvent).order_by(AppealEvent.journal_no.desc()).limit(1))
        ).scalar_one()
        assert not (await verify(session)).faults
    assert (last.kind, json.loads(last.body)) == ("exported", {"manifest": made.manifest_sha256})
    file = tmp_path / "bundle.zip"
    file.write_bytes(made.content)
    return file


def rewritten(bundle: Path, name: str, change: Callable[[str], str], *, with_manifest: bool) -> Path:
    """The bundle with one file changed; `with_manifest` corrects its checksum too, as a careful forger would."""
    with zipfile.ZipFile(bundle) as opened:
        files = {entry: opened.read(entry).decode() for entry in opened.namelist()}
    files[name] = change(files[name])
    if with_manifest:
        manifest = json.loads(files["manifest.json"])
        manifest["files"][name] = sha256(files[name])
        files["manifest.json"] = json.dumps(manifest)
    forged = bundle.with_name("forged.zip")
    with zipfile.ZipFile(forged, "w") as made:
        for entry, text in files.items():
            made.writestr(entry, text)
    return forged


def verifier(folder: Path, bundle: str) -> subprocess.CompletedProcess[str]:
    """The extracted verify.py on a bundle and the recordings beside it, with Python's own library alone."""
    command = [sys.executable, "-I", "-S", "verify.py", bundle, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)


async def test_the_verifier_in_the_bundle_stands_alone(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as opened:
        opened.extract("verify.py", tmp_path)
        assert "python verify.py" in opened.read("about.txt").decode()
    (tmp_path / "r1.wav").write_bytes(SOUND)
    ran = verifier(tmp_path, bundle.name)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Всё сходится" in ran.stdout
    (tmp_path / "r1.wav").write_bytes(b"another voice")
    ran = verifier(tmp_path, bundle.name)
    assert ran.returncode == 1
    assert "изменена запись r1" in ran.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        ("events.jsonl", '"actor":"ivr"', '"actor":"nobody"', "изменено событие 1"),
        ("content.json", "Напряжение", "Давление", "содержание обращения не то"),
        ("answers.json", "18:00", "20:00", "не тот, что был отправлен"),
        ("answers.json", 'c1\\"', 'c9\\"', "подтверждение отправки"),  # with its quote: an id may hold c1 as well
    ],
)
async def test_a_forgery_is_found_with_and_without_a_mended_manifest(
    bundle: Path, name: str, old: str, new: str, found: str
) -> None:
    for mended in (False, True):
        forged = rewritten(bundle, name, lambda text: text.replace(old, new), with_manifest=mended)
        _, wrong = bundle_verifier.verify(forged)
        assert any(found in sentence for sentence in wrong)
        assert any("изменён файл" in sentence for sentence in wrong) is not mended


async def test_left_out_events_are_found(bundle: Path) -> None:
    lines = 3
    for removed in range(lines):
        forged = rewritten(
            bundle,
            "events.jsonl",
            lambda text, removed=removed: "".join(  # type: ignore[misc]
                line for n, line in enumerate(text.splitlines(keepends=True)) if n != removed
            ),
            with_manifest=True,
        )
        assert bundle_verifier.verify(forged)[1]


def packed(files: list[tuple[str, str]], beside: Path) -> Path:
    """Another bundle of these files."""
    made = beside.with_name("made.zip")
    with zipfile.ZipFile(made, "w") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, text in files:
            opened.writestr(name, text)
    return made


def files_of(bundle: Path) -> dict[str, str]:
    with zipfile.ZipFile(bundle) as opened:
        return {entry: opened.read(entry).decode() for entry in opened.namelist()}


def forged_anew(bundle: Path) -> Path:
    """Attack K19: another answer, every hash of the chain made right again, the sums too, and signed by the forger."""
    files = files_of(bundle)
    answers, content = json.loads(files["answers.json"]), json.loads(files["content.json"])
    answers[0]["text"] = "Свет дадут никогда."
    events = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    last, journal = "", ""
    for event in events:
        body = json.loads(event["body"])
        if event["kind"] == "answered":
            body["digest"] = sha256(content["salt"] + answers[0]["text"])
        event |= {"body": canonical(body), "prev_hash": last}
        last = event["hash"] = bundle_verifier.event_hash(event)
        event["journal_before"] = event["journal_before"] if event["seq"] == 1 else journal
        journal = event["journal_hash"] = sha256(canonical([event["journal_before"], event["journal_no"], last]))
    files["answers.json"] = json.dumps(answers)
    files["events.jsonl"] = "".join(f"{canonical(event)}\n" for event in events)
    manifest = json.loads(files["manifest.json"])
    manifest |= {"event_hash": last, "files": {name: sha256(files[name]) for name in manifest["files"]}}
    files["manifest.json"] = json.dumps(manifest)
    signed = {"public_key": FORGER.public, "signature": FORGER.sign(files["manifest.json"].encode())}
    files["signature.json"] = json.dumps(signed)
    return packed(list(files.items()), bundle)


async def test_a_bundle_made_wholly_anew_is_told_by_its_key_alone(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = forged_anew(bundle)
    assert bundle_verifier.verify(bundle, key=KEY.public)[1] == []
    assert bundle_verifier.verify(forged, key=KEY.public)[1] == ["подписано не тем ключом, который дала компания"]
    assert bundle_verifier.main([str(forged)]) == 0
    assert "Не доказано: кто составил пакет" in capsys.readouterr().out
    assert bundle_verifier.main([str(bundle), str(tmp_path), "--key", KEY.public.upper()]) == 1  # r1.wav is not there
    told = capsys.readouterr().out
    assert "нет записи r1" in told
    assert "кто составил пакет" not in told
    assert "что реестр не переписан" in told


async def test_a_manifest_that_was_changed_or_is_not_signed_is_told_without_a_key(bundle: Path) -> None:
    files = files_of(bundle)
    files["manifest.json"] = files["manifest.json"].replace("lawyer", "nobody")
    assert bundle_verifier.verify(packed(list(files.items()), bundle))[1] == ["подпись описи неверна"]
    del files["signature.json"]
    assert bundle_verifier.verify(packed(list(files.items()), bundle))[1] == ["опись не подписана"]


async def test_a_name_twice_a_folder_and_endless_nesting_are_refused_with_words(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = files_of(bundle)
    whole = list(files.items())
    for made, words in (
        ([*whole, ("events.jsonl", "")], "лежит в пакете дважды"),
        ([*whole, ("deep/events.jsonl", "")], "не бывает папок"),
        ([*whole, ("..\\x", "")], "не бывает папок"),
        ([*((n, t) for n, t in whole if n != "content.json"), ("content.json", "[" * 200_000)], "слишком глубоко"),
        ([("manifest.json", '{"a": 1, "a": 2}')], "дважды"),
        ([("manifest.json", "[]")], "не читается"),
        ([(n, "{}" if n == "signature.json" else t) for n, t in whole], "не читается"),
        ([(n, "[1]" if n == "answers.json" else t) for n, t in whole], "не читается"),
        ([(n, "1\n" if n == "events.jsonl" else t) for n, t in whole], "не читается"),
    ):
        assert bundle_verifier.main([str(packed(made, bundle))]) == 2, words
        assert words in capsys.readouterr().err


async def test_an_answer_that_is_there_twice_is_found(bundle: Path) -> None:
    forged = rewritten(bundle, "answers.json", lambda text: json.dumps(json.loads(text) * 2), with_manifest=True)
    assert any("приложен дважды" in sentence for sentence in bundle_verifier.verify(forged)[1])


async def test_what_is_no_bundle_is_said_so(tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 not a zip")
    assert bundle_verifier.main([str(broken)]) == 2
    assert bundle_verifier.main([]) == 2
    assert bundle_verifier.main([str(bundle)]) == 0
    assert "не читается" in capsys.readouterr().err


async def test_an_unknown_number_is_not_exported(db: Database, register: Register) -> None:
    done = await register.register(intake())
    async with db.write() as session:
        with pytest.raises(NotFound):
            await evidence.by_number(session, "mrsk-centra", done.number)
