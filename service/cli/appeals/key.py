"""`gridline appeals key`: what whoever receives evidence bundles needs beforehand to know ours from forged ones."""

from __future__ import annotations

import typer

from agent_console.calls.evidence import signing_key
from appeals.history import sha256
from appeals.proof import evidence
from gridline import settings


def add_to(group: typer.Typer) -> None:
    """Hang the command on its group."""
    group.command("key")(key)


def key() -> None:
    """Показать открытый ключ, которым подписаны пакеты доказательств, и сумму программы проверки. Они не тайна."""
    typer.echo(f"Открытый ключ (Ed25519):  {signing_key(settings.load()).public}")
    typer.echo(f"SHA-256 verify.py:        {sha256(evidence.verifier())}")
