"""A package root of our own: Debian packages with their whole closure, unpacked in a folder, no root rights needed.

Debian 12 carries no Asterisk; unstable does (22, LTS). Installing it into the system would drag in a newer libc,
so the closure, libc included, goes into one folder and runs with that folder's own loader.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridline.errors import Unavailable

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, steps done, steps in all)."""

SUITE = "sid"
COMPONENTS = "main non-free"  # RHVoice lies in non-free
PACKAGES = (
    "asterisk",
    "asterisk-core-sounds-ru-wav",
    "asterisk-moh-opsound-wav",
    "rhvoice",
    "rhvoice-russian",
    "sip-tester",
)
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_LOADERS = {
    "x86_64": ("usr/lib64/ld-linux-x86-64.so.2", "x86_64-linux-gnu"),
    "aarch64": ("usr/lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu"),
}


@dataclass(frozen=True)
class PackageRoot:
    """A folder of unpacked Debian packages and the way to run a program out of it."""

    path: Path

    @property
    def tree(self) -> Path:
        """Where the packages are unpacked."""
        return self.path / "root"

    @property
    def triplet(self) -> str:
        """Debian's name of this processor's library folder."""
        return _loader()[1]

    @property
    def libraries(self) -> Path:
        """The folder of shared libraries."""
        return self.tree / "usr/lib" / self.triplet

    def command(self, program: str, *args: str) -> list[str]:
        """The argv that runs `program` (path inside the root, as `usr/sbin/asterisk`) with the root's own loader."""
        search = f"{self.libraries}:{self.libraries / 'pulseaudio'}"
        return [str(self.tree / _loader()[0]), "--library-path", search, str(self.tree / program), *args]

    def has(self, program: str) -> bool:
        """Whether the program was unpacked here."""
        return (self.tree / program).exists()

    @property
    def complete(self) -> bool:
        """Whether everything this version of Gridline asks for was unpacked to its end."""
        mark = self.path / "complete.json"
        return mark.exists() and json.loads(mark.read_text()) == list(PACKAGES)

    def install(self, progress: Progress) -> None:
        """Download and unpack everything. Raises Unavailable with the reason and the cure."""
        if self.complete:
            return
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise Unavailable(f"Нет программы {tool}: поставьте Asterisk 16 или новее и RHVoice сами, в PATH.")
        progress("apt: списки пакетов", 0, 1)
        apt = self._private_apt()
        _run([*apt, "update"])
        progress("apt: загрузка пакетов", 0, 1)
        _run([*apt, "--yes", "install", "--download-only", *PACKAGES])
        archives = sorted((self.path / "apt/cache/archives").glob("*.deb"))
        self.tree.mkdir(parents=True, exist_ok=True)
        for done, archive in enumerate(archives, start=1):
            progress(f"распаковка {archive.name.split('_')[0]}", done, len(archives))
            _run(["dpkg-deb", "-x", str(archive), str(self.tree)])
        shutil.rmtree(self.path / "apt")
        (self.path / "complete.json").write_text(json.dumps(list(PACKAGES)))

    def _private_apt(self) -> list[str]:
        """apt-get with lists, cache and an empty status of its own: the closure then includes libc itself."""
        apt = self.path / "apt"
        for folder in ("lists/partial", "cache/archives/partial", "sources"):
            (apt / folder).mkdir(parents=True, exist_ok=True)
        (apt / "status").write_text("")
        (apt / "sources/root.sources").write_text(
            f"Types: deb\nURIs: {mirror()}\nSuites: {SUITE}\nComponents: {COMPONENTS}\nSigned-By: {_KEYRING}\n"
        )
        options = {
            "Dir::Etc::SourceList": "/dev/null",
            "Dir::Etc::SourceParts": apt / "sources",
            "Dir::State::Lists": apt / "lists",
            "Dir::State::status": apt / "status",
            "Dir::Cache": apt / "cache",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "",
            "Debug::NoLocking": "1",
        }
        return ["apt-get", "-q", *(part for key, value in options.items() for part in ("-o", f"{key}={_text(value)}"))]


def mirror(etc: Path = Path("/etc/apt")) -> str:
    """The Debian mirror this machine itself uses, read from its deb822 or one-line sources."""
    for file in sorted(etc.glob("sources.list.d/*.sources")):
        text = file.read_text()
        if "debian" in text.lower() and (found := re.search(r"^URIs:\s*(\S+)", text, re.MULTILINE)):
            return found[1]
    for file in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]:
        if file.exists() and (found := re.search(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)", file.read_text(), re.MULTILINE)):
            return found[1]
    raise Unavailable("В источниках apt этой машины не найдено зеркало Debian: добавьте его и повторите make setup.")


def _text(value: object) -> str:
    return str(value.absolute()) if isinstance(value, Path) else str(value)


def _loader() -> tuple[str, str]:
    try:
        return _LOADERS[platform.machine()]
    except KeyError:
        raise Unavailable(
            f"Для процессора {platform.machine()} готового набора нет: поставьте Asterisk в систему."
        ) from None


def _run(command: Sequence[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, check=False)
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise Unavailable(f"{command[0]} не справился:\n{tail}")
