"""Whose things somebody may see: one company's or all, one branch's or all, and on which side of the trust line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from gridline.errors import NotFound


class OutOfScope(NotFound):
    """Something is there and is not the asker's to see: told as not found, kept in the audit (attack A12)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query may return to whoever asks it: every query a screen or an outside system asks takes one."""

    company_id: str | None = None
    """None: every company."""
    branch: str = ""
    """Empty: every branch. A thing of no branch is the whole company's."""
    trust: bool = False
    """The trust line's things and nothing else; otherwise everything else and nothing of the trust line."""

    def holds(self, company_id: str | None, branch: str | None = "") -> bool:
        """Whether a thing of this company and branch is within."""
        if self.company_id is not None and company_id != self.company_id:
            return False
        return not self.branch or not branch or branch == self.branch

    def check(self, company_id: str | None, branch: str | None = "") -> None:
        """Raise OutOfScope for a thing of this company and branch that is not within."""
        if not self.holds(company_id, branch):
            raise OutOfScope("Не найдено.")

    def where(self, company_id: Any, branch: Any) -> ColumnElement[bool]:
        """The same rule as a condition on two columns."""
        own = true() if self.company_id is None else company_id == self.company_id
        return and_(own, self.where_branch(branch))

    def where_branch(self, branch: Any) -> ColumnElement[bool]:
        """The branch's part of the rule, for a query of one company that the scope holds."""
        return or_(branch.is_(None), branch.in_(("", self.branch))) if self.branch else true()
