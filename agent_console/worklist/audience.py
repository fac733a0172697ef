"""Whom the worklist is shown to alike: the people of one company, role and branch; and the kinds of item they see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from agent_console.people.models import Role
from agent_console.people.permissions import GRANTED, Actor, Permission
from gridline.scope import Scope
from worklist.codes import ItemKind

TOPIC: Final = "worklist"
KINDS: Final[Mapping[Permission, tuple[ItemKind, ...]]] = MappingProxyType(
    {
        Permission.WORK_OUTAGES: (ItemKind.DANGER, ItemKind.OUTAGE_REPORT),
        Permission.WORK_CALLERS: (ItemKind.LOST_CALLER, ItemKind.CALLBACK, ItemKind.CALL_OUT),
        Permission.WORK_WORDS: (ItemKind.MESSAGE, ItemKind.BROKEN_OFF, ItemKind.DICTATION),
        Permission.WORK_DISPUTES: (ItemKind.DISPUTE,),
    }
)


@dataclass(frozen=True, slots=True)
class Audience:
    """What a page of the worklist is made for; nothing in it depends on the person."""

    company_id: str
    role: Role
    branch: str = ""

    @classmethod
    def of(cls, actor: Actor, company_id: str) -> Audience:
        """The audience a person belongs to, looking at this company."""
        return cls(company_id, actor.role, actor.branch)

    @property
    def topic(self) -> str:
        """Where changes are told to it."""
        return f"{TOPIC}:{self.company_id}.{self.role}.{self.branch}"

    @property
    def scope(self) -> Scope:
        """Whose items it sees."""
        return Scope(self.company_id, self.branch, trust=Permission.TRUST_READ in GRANTED[self.role])

    @property
    def kinds(self) -> tuple[ItemKind, ...]:
        """The kinds of item it sees and may end, in the order they are shown in."""
        return kinds_of(self.role)


def kinds_of(role: Role) -> tuple[ItemKind, ...]:
    """The kinds of item this role sees and may end."""
    return tuple(kind for permission, kinds in KINDS.items() if permission in GRANTED[role] for kind in kinds)
