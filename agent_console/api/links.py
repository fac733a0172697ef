"""What an outside system names in an appeal: a call, a recording, a premise and a branch of its own company, or none.

An id is a key to what lies behind it: the evidence bundle of the appeal would hold a stranger's call, and a report to
the trust line would take the call it names from everybody's sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import calls, recordings
from appeals.finding.appeals import TRUST
from appeals.intake.intake import Intake
from grid import premises
from gridline.companies import Company
from gridline.errors import InvalidInput, NotFound
from gridline.scope import Scope


async def check(session: AsyncSession, intake: Intake, company: Company) -> None:
    """Raise InvalidInput that names the first field which leads to nothing of this company."""
    scope = Scope(company.id)
    if intake.kind == TRUST and intake.recording_id:
        raise InvalidInput("recording_id: обращение на линию доверия записи не называет, по ней узнают звонившего.")
    if intake.branch and intake.branch not in {one.id for one in company.branches}:
        raise InvalidInput(f"branch: филиала «{intake.branch}» у компании нет.")
    if call := intake.call_id or intake.shuts_call:
        with _named("call_id", "звонка"):
            await calls.find(session, call, visible_to=scope)
    if intake.recording_id:
        with _named("recording_id", "записи"):
            await recordings.find(session, intake.recording_id, visible_to=scope)
    if intake.premise_id:
        with _named("premise_id", "объекта"):
            await premises.find(session, intake.premise_id, company_id=company.id, visible_to=scope)


@contextmanager
def _named(field: str, what: str) -> Iterator[None]:
    """What is not found is a field that was filled in wrongly: the same words for what is another company's."""
    try:
        yield
    except NotFound as error:
        raise InvalidInput(f"{field}: такого {what} у компании нет.") from error
