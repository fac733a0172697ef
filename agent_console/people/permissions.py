"""Who may do what and see whose: a table from roles to permissions, and the scope of company and branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_console.people.models import Role, User
from gridline.scope import Scope


class Permission(StrEnum):
    """What a route may ask of the one who calls it."""

    DESK_WORK = "desk.work"
    CARD_READ = "card.read"
    CARD_WRITE = "card.write"
    """Choose who calls, note, register and promise from a card; whoever may, may read it too."""
    APPEAL_READ = "appeal.read"
    APPEAL_WRITE = "appeal.write"
    APPEAL_APPROVE = "appeal.approve"
    APPEAL_EXPORT = "appeal.export"
    """Take the evidence bundle of an appeal or a call out of the house: it holds everything, unmasked."""
    REPORT_READ = "report.read"
    CALL_READ = "call.read"
    """The list of calls, and each call's way; hearing what was recorded of it is another permission."""
    RECORDING_LISTEN = "recording.listen"
    """Hear recordings and read their words."""
    RECORDING_HOLD = "recording.hold"
    """Forbid the destruction of a call's recordings, lift what somebody else forbade; erase by people's requests."""
    PERSONAL_READ = "personal.read"
    """Read the names, addresses and numbers in those words, which others see as a mark (R28)."""
    WALLBOARD_READ = "wallboard.read"
    HISTORY_READ = "history.read"
    OUTAGE_READ = "outage.read"
    """The dispatcher's page: reports, proposals, outages."""
    OUTAGE_DISPATCH = "outage.dispatch"
    """Publish, change and end outages there."""
    AGENTS_MANAGE = "agents.manage"
    """Pause, free and sign off other people."""
    STORM_RUN = "storm.run"
    """Switch storm mode by hand, announce to every caller."""
    LINE_EDIT = "line.edit"
    """Change what callers hear and press: menus, words, hours; publish it and have earlier versions back."""
    KNOWLEDGE_READ = "knowledge.read"
    APPOINTMENT_READ = "appointment.read"
    """Visits that are booked to offices, by day and by figure of form 4.2."""
    APPOINTMENT_WRITE = "appointment.write"
    """Book, move and cancel them, and mark who came."""
    CAMPAIGN_READ = "campaign.read"
    CAMPAIGN_MANAGE = "campaign.manage"
    """Stop the robot's calls to people and let them go on."""
    SURVEY_READ = "survey.read"
    """What people answered when the robot asked them about their visits."""
    SURVEY_RUN = "survey.run"
    """Have it ask, stop it and let it go on."""
    WORK_READ = "work.read"
    """The worklist; which kinds of item is said by the four below, and whoever sees an item may end it."""
    WORK_OUTAGES = "work.outages"
    """Danger and reports of outages."""
    WORK_CALLERS = "work.callers"
    """Lost callers, and those who were promised a call."""
    WORK_WORDS = "work.words"
    """Messages, complaints broken off, answers to dictate; with what was said in them to listen to."""
    WORK_DISPUTES = "work.disputes"
    """Reviews that their agents dispute."""
    QUALITY_OWN = "quality.own"
    """Hear one's own judged talks, accept their reviews or dispute them."""
    QUALITY_JUDGE = "quality.judge"
    """Claim talks and judge them."""
    QUALITY_READ = "quality.read"
    """Reviews that are finished, and what they come to."""
    QUALITY_DECIDE = "quality.decide"
    """Decide a dispute as the second person."""
    QUALITY_LEAD = "quality.lead"
    """Have talks judged twice, and see how far reviewers agree."""
    QUALITY_ANYWHERE = "quality.anywhere"
    """All of that for every branch of the company, whichever is their own."""
    USERS_MANAGE = "users.manage"
    AUDIT_READ = "audit.read"
    TRUST_READ = "trust.read"


class Access(StrEnum):
    """What a route may ask instead of a permission."""

    PUBLIC = "public"
    """Nobody need be signed in: the sign-in page, the style sheet."""
    OPEN = "open"
    """Anybody, and nobody looks who: what is the same for all and asked by thousands."""
    SIGNED_IN = "signed-in"
    """Anybody who is signed in."""
    MACHINE = "machine"
    """Other systems; the handler checks their token itself."""
    LOCAL = "local"
    """Programs of this machine, and those that the settings name: health and figures."""


_P = Permission
_TALKS = frozenset(
    {
        _P.DESK_WORK,
        _P.CARD_READ,
        _P.CARD_WRITE,
        _P.APPEAL_READ,
        _P.APPEAL_WRITE,
        _P.KNOWLEDGE_READ,
        _P.APPOINTMENT_READ,
        _P.APPOINTMENT_WRITE,
        _P.WALLBOARD_READ,
        _P.WORK_READ,
        _P.WORK_CALLERS,
        _P.WORK_WORDS,
        _P.QUALITY_OWN,
    }
)
_OVERSEES = frozenset({_P.REPORT_READ, _P.CALL_READ, _P.RECORDING_LISTEN, _P.HISTORY_READ})
_JUDGES = _OVERSEES | {
    _P.CARD_READ,
    _P.APPEAL_READ,
    _P.WALLBOARD_READ,
    _P.KNOWLEDGE_READ,
    _P.QUALITY_JUDGE,
    _P.QUALITY_READ,
}
_SETTLES = frozenset({_P.QUALITY_ANYWHERE, _P.QUALITY_DECIDE, _P.WORK_READ, _P.WORK_DISPUTES})
_CAMPAIGNS = frozenset({_P.CAMPAIGN_READ, _P.CAMPAIGN_MANAGE})
_DECIDES = frozenset(
    {
        _P.APPEAL_READ,
        _P.APPEAL_WRITE,
        _P.APPEAL_EXPORT,
        _P.CALL_READ,
        _P.RECORDING_LISTEN,
        _P.PERSONAL_READ,
        _P.WORK_READ,
        _P.WORK_WORDS,
    }
)

GRANTED: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.AGENT: _TALKS,
    Role.SUPERVISOR: _TALKS
    | _OVERSEES
    | _CAMPAIGNS
    | {_P.OUTAGE_READ, _P.STORM_RUN, _P.APPEAL_APPROVE, _P.APPEAL_EXPORT, _P.AGENTS_MANAGE}
    | {_P.PERSONAL_READ, _P.QUALITY_READ, _P.SURVEY_READ},
    Role.QA: _JUDGES,
    Role.QA_BRANCHES: _JUDGES | _SETTLES,
    Role.QA_HEAD: _JUDGES | _SETTLES | {_P.QUALITY_LEAD, _P.RECORDING_HOLD},
    Role.DISPATCHER: _CAMPAIGNS
    | {_P.WALLBOARD_READ, _P.CARD_READ, _P.APPEAL_READ, _P.KNOWLEDGE_READ, _P.WORK_READ, _P.WORK_OUTAGES}
    | {_P.OUTAGE_READ, _P.OUTAGE_DISPATCH, _P.STORM_RUN},
    Role.MANAGER: _OVERSEES
    | {_P.CARD_READ, _P.APPEAL_READ, _P.WALLBOARD_READ, _P.KNOWLEDGE_READ, _P.QUALITY_READ, _P.LINE_EDIT}
    | {_P.SURVEY_READ, _P.SURVEY_RUN},
    Role.CLERK: _DECIDES
    | {_P.REPORT_READ, _P.CARD_READ, _P.CARD_WRITE, _P.KNOWLEDGE_READ}
    | {_P.APPOINTMENT_READ, _P.APPOINTMENT_WRITE},
    Role.SECURITY: _DECIDES | {_P.APPEAL_APPROVE, _P.TRUST_READ, _P.RECORDING_HOLD},
    Role.ADMIN: frozenset(Permission) - {_P.DESK_WORK, _P.TRUST_READ, _P.QUALITY_OWN},
}

ROLE_NAMES: Final[Mapping[Role, str]] = {
    Role.AGENT: "Оператор",
    Role.SUPERVISOR: "Старший смены",
    Role.QA: "Контроль качества",
    Role.QA_BRANCHES: "Контроль качества филиалов",
    Role.QA_HEAD: "Руководитель контроля качества",
    Role.DISPATCHER: "Диспетчер",
    Role.MANAGER: "Руководитель линии",
    Role.CLERK: "Делопроизводитель",
    Role.SECURITY: "Служба безопасности",
    Role.ADMIN: "Администратор",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a request: what they may do, and whose things they see."""

    user_id: str
    login: str
    name: str
    role: Role
    company_id: str | None
    branch: str
    agent: str | None

    @classmethod
    def of(cls, user: User) -> Actor:
        """The actor a user is."""
        return cls(user.id, user.login, user.name, user.role, user.company_id, user.branch, user.agent)

    @property
    def signature(self) -> str:
        """How the register's and the journal's `actor` names them."""
        return f"user:{self.login}"

    @property
    def initials(self) -> str:
        """Two letters for the round badge: of the first two words of the name."""
        return "".join(word[0] for word in self.name.split()[:2]).upper()

    def answers_calls(self) -> bool:
        """Whether there is a telephone and a company to answer for; the permission alone gives neither."""
        return self.agent is not None and self.company_id is not None and self.may(Permission.DESK_WORK)

    def may(self, permission: str) -> bool:
        """Whether the role has this permission."""
        return permission in GRANTED[self.role]

    def opens(self, grant: Permission | Access) -> bool:
        """Whether a route with this grant is open to them."""
        return grant is Access.SIGNED_IN or self.may(grant)

    @property
    def scope(self) -> Scope:
        """Whose things they see: an argument of every query that is asked for them.

        The trust line is the security service's alone, and the security service has nothing else.
        """
        return Scope(self.company_id, self.branch, trust=self.may(Permission.TRUST_READ))

    @property
    def judging_scope(self) -> Scope:
        """Whose talks and reviews they see: their own branch's, or with the permission every branch's."""
        branch = "" if self.may(Permission.QUALITY_ANYWHERE) else self.branch
        return Scope(self.company_id, branch, trust=self.may(Permission.TRUST_READ))

    def sees(self, company_id: str | None, branch: str | None = "") -> bool:
        """Whether something that is not stored (a company, a shift) is theirs to see."""
        return self.scope.holds(company_id, branch)

    def must_see(self, company_id: str | None, branch: str | None = "") -> None:
        """The same, raising OutOfScope."""
        self.scope.check(company_id, branch)
