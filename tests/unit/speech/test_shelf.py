"""Models come in whole and checked or not at all, and the one that is used is chosen in words."""

from __future__ import annotations

import shutil
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gridline.errors import Conflict, InvalidInput
from speech import intake
from speech.engines.engine import EngineName
from speech.intake import name_for, put, unpacked
from speech.models import LABEL, Shelf, digest, label_for, write_label
from speech.port import NoModel

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
VOSK = {"am/final.mdl": b"acoustic", "conf/mfcc.conf": b"--sample-frequency=8000\n", "graph/HCLr.fst": b"graph"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "var/speech")


def packed(file: Path, members: dict[str, bytes]) -> Path:
    """A zip of these files."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def added(shelf: Shelf, name: str, source: Path) -> None:
    """What `gridline speech add` does, the trial left out."""
    with unpacked(source, shelf) as folder:
        write_label(folder, label_for(folder, EngineName.VOSK, "ru", NOW))
        put(folder, shelf, name_for(source, name, shelf))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A vosk model as its site gives it: one folder in a zip."""
    return packed(
        tmp_path / "vosk-model-small-ru-0.22.zip", {f"vosk-model/{name}": body for name, body in VOSK.items()}
    )


def test_a_zip_comes_in_under_its_name_and_is_the_one_used(shelf: Shelf, archive: Path) -> None:
    assert shelf.names() == []
    added(shelf, "", archive)
    model = shelf.chosen("")
    assert (model.name, model.engine, model.label.added_at) == ("vosk-model-small-ru-0.22", "vosk", NOW)
    assert model.label.sha256 == digest(model.folder)
    assert "можно держать в списке фраз" in model.can
    assert {file.relative_to(model.folder).as_posix() for file in model.folder.rglob("*.*")} == {*VOSK, LABEL}
    (model.folder / "am/final.mdl").write_bytes(b"other")
    assert model.label.sha256 != digest(model.folder)


def test_a_folder_comes_in_and_another_machines_label_does_not(shelf: Shelf, tmp_path: Path) -> None:
    for name, body in {**VOSK, LABEL: b"{}"}.items():
        (tmp_path / "stick" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "stick" / name).write_bytes(body)
    added(shelf, "", tmp_path / "stick")
    assert shelf.model("stick").label.language == "ru"
    (tmp_path / "stick/link").symlink_to("/etc/passwd")
    with pytest.raises(InvalidInput, match="ссылка или устройство"), unpacked(tmp_path / "stick", shelf):
        pass


@pytest.mark.parametrize("name", ["../outside", "/etc/cron.d/x", "a/../../x", "..\\outside", "C:evil"])
def test_a_member_that_leads_out_is_refused(shelf: Shelf, tmp_path: Path, name: str) -> None:
    bad = packed(tmp_path / "bad.zip", {**VOSK, name: b"x"})
    with pytest.raises(InvalidInput, match="за его пределы"), unpacked(bad, shelf):
        pass
    assert list(shelf.folder.iterdir()) == []


def test_links_doubles_and_passwords_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("am/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InvalidInput, match="ссылка или устройство"), unpacked(tmp_path / "link.zip", shelf):
        pass
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        archive.writestr("am/final.mdl", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("am/final.mdl", b"2")
    with pytest.raises(InvalidInput, match="в архиве дважды"), unpacked(tmp_path / "twice.zip", shelf):
        pass
    secret = bytearray(packed(tmp_path / "plain.zip", VOSK).read_bytes())
    secret[secret.index(b"PK\x01\x02") + 8] |= 1  # says of itself that it is encrypted
    (tmp_path / "secret.zip").write_bytes(secret)
    with pytest.raises(InvalidInput, match="без пароля"), unpacked(tmp_path / "secret.zip", shelf):
        pass


def test_more_than_a_model_can_be_is_refused_before_a_byte_is_written(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = packed(tmp_path / "bomb.zip", {"am/final.mdl": bytes(3_000_000)})
    monkeypatch.setattr(intake, "MOST_BYTES", 2_000_000)
    with pytest.raises(InvalidInput, match="Это не модель речи: файлов 1, 2 МБ"), unpacked(bomb, shelf):
        pass
    monkeypatch.undo()
    monkeypatch.setattr(intake, "SPARE_BYTES", shutil.disk_usage(tmp_path).total)
    with pytest.raises(InvalidInput, match="места на диске для неё 0 МБ"), unpacked(bomb, shelf):
        pass


@pytest.mark.parametrize("body", [b"", b"ID3", b"PK\x03\x04" + bytes(range(64))], ids=["empty", "mp3", "torn"])
def test_what_is_no_zip_or_no_model_is_told(shelf: Shelf, tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(body)
    with pytest.raises(InvalidInput, match="архив не читается"), unpacked(tmp_path / "x.zip", shelf):
        pass
    with pytest.raises(InvalidInput, match="модели здесь нет"), unpacked(packed(tmp_path / "y.zip", {"a": b""}), shelf):
        pass
    assert list(shelf.folder.iterdir()) == [], "nothing half"


def test_a_torn_zip_leaves_nothing(shelf: Shelf, archive: Path) -> None:
    body = bytearray(archive.read_bytes())
    body[60] ^= 0xFF
    archive.write_bytes(body)
    with pytest.raises(InvalidInput, match="архив не читается"), unpacked(archive, shelf):
        pass
    assert list(shelf.folder.iterdir()) == []


def test_a_name_is_plain_and_free(shelf: Shelf, archive: Path) -> None:
    added(shelf, "small", archive)
    with pytest.raises(Conflict, match="«small» уже есть"):
        name_for(archive, "small", shelf)
    for name in ("../x", "Модель", ".new", "a b"):
        with pytest.raises(InvalidInput, match="не годится"):
            name_for(archive, name, shelf)


def test_whoever_cannot_be_chosen_is_told_why(shelf: Shelf, archive: Path) -> None:
    with pytest.raises(NoModel, match=r"не настроено: модели нет.*gridline speech add"):
        shelf.chosen("")
    added(shelf, "one", archive)
    added(shelf, "two", archive)
    with pytest.raises(NoModel, match=r"несколько \(one, two\).*speech_model"):
        shelf.chosen("")
    with pytest.raises(NoModel, match=r"«three» нет \(есть: one, two\)"):
        shelf.chosen("three")
    (shelf.folder / "two" / LABEL).write_text("{")
    with pytest.raises(NoModel, match="испорчен"):
        shelf.chosen("two")
    assert shelf.chosen("one").name == "one"
