"""«Что изменится»: which deadlines changed rules would give, before the rules are put in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appeals.deadlines import deadlines
from appeals.deadlines.deadlines import Deadline
from appeals.deadlines.rules import RuleBook
from appeals.models import Appeal
from appeals.taxonomy import Taxonomy
from gridline.calendar.workdays import ProductionCalendar
from gridline.companies import Company
from gridline.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class NewIntake:
    """What an appeal of this kind, received on the given day, would get before and after."""

    channel: str
    kind: str
    before: Deadline
    after: Deadline


@dataclass(frozen=True, slots=True)
class OpenChange:
    """An unanswered appeal affected by the changed rules. Its stored deadline stays until a person changes it."""

    number: str
    stored: date
    before: Deadline
    after: Deadline

    def overdue_at_once(self, today: date) -> bool:
        """Whether the appeal would be late as soon as the rules are in force."""
        return self.before.day >= today > self.after.day


@dataclass(frozen=True, slots=True)
class Change:
    """Two rule books compared for one company."""

    company: Company
    old: RuleBook
    new: RuleBook
    calendar: ProductionCalendar

    def new_intakes(self, day: date, taxonomy: Taxonomy) -> Iterator[NewIntake]:
        """The channels and kinds whose deadline changes for an appeal received on `day`."""
        received = datetime.combine(day, time(12), self.company.zone)
        for channel in taxonomy.channels:
            for kind in taxonomy.kinds:
                before, after = self._both(channel, kind, received)
                if before != after:
                    yield NewIntake(channel, kind, before, after)

    async def open_appeals(self, session: AsyncSession) -> Sequence[OpenChange]:
        """The unanswered appeals that would have another deadline or another rule."""
        query = (
            select(Appeal.number, Appeal.channel, Appeal.kind, Appeal.received_at, Appeal.deadline)
            .where(Appeal.company_id == self.company.id, Appeal.answered_at.is_(None), Appeal.closed_at.is_(None))
            .order_by(Appeal.number)
            .execution_options(yield_per=1000)
        )
        changes = []
        async for row in await session.stream(query):
            before, after = self._both(row.channel, row.kind, row.received_at)
            if (before.day, before.rule_id) != (after.day, after.rule_id):
                changes.append(OpenChange(row.number, row.deadline, before, after))
        return changes

    def _both(self, channel: str, kind: str, received_at: datetime) -> tuple[Deadline, Deadline]:
        def by(book: RuleBook) -> Deadline:
            return deadlines.for_intake(
                company=self.company,
                channel=channel,
                kind=kind,
                received_at=received_at,
                calendar=self.calendar,
                rules=book,
            )

        before = by(self.old)
        try:
            return before, by(self.new)
        except Misconfigured as error:
            raise Misconfigured(f"С новыми правилами срок не определить: {error.message}") from error
