"""Examines an installation: every check in the order in which things are put right; one check a function."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence

from gridline.errors import Unavailable
from gridline.settings import Settings
from service.doctor import (
    carrier,
    machine,
    mail,
    messages,
    numbering,
    recordings,
    store,
    telephone,
    transcripts,
    trust,
    words,
)
from service.doctor.finding import Finding, wrong

Check = Callable[[Settings], Sequence[Finding] | Awaitable[Sequence[Finding]]]

CHECKS: tuple[Check, ...] = (
    telephone.program,
    telephone.manager,
    telephone.log,
    carrier.strangers,
    carrier.address,
    telephone.files,
    words.voice,
    words.prompts,
    words.model,
    words.companies,
    words.menus,
    store.database,
    numbering.tables,
    trust.listeners,
    store.spool,
    store.recordings,
    recordings.both_sides,
    transcripts.backlog,
    mail.answers,
    messages.way_out,
    messages.lost,
    machine.disk,
    machine.clock,
    machine.time_zones,
    machine.ports,
    machine.proxies,
    machine.secrets,
)


async def examine(config: Settings, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Everything the checks say. What a check may not even look at is a finding, not the end."""
    findings: list[Finding] = []
    for check in checks:
        try:
            said = check(config)
            findings += await said if inspect.isawaitable(said) else said
        except OSError as error:
            reason = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
            findings.append(wrong(check.__name__, f"Проверить нельзя: {reason}", "Дайте права или запустите от root."))
        except Unavailable as error:
            findings.append(
                wrong(check.__name__, error.message, "Повторите; не поможет — перезапустите gridline serve.")
            )
    return findings
