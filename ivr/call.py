"""One call as everything that serves it knows it: who calls, whom, and what was already said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from grid.models import Premise
from gridline.companies import Branch, Company


@dataclass
class Call:
    """The facts of a running call; actions may learn more (the branch, the premise) and write it here."""

    id: str
    """32 hex, the same when the call comes back to a controller after a crash; safe in a file name."""
    channel: str
    """Asterisk's unique id of the caller's channel."""
    company: Company
    dialled: str
    caller: str | None
    """E.164; None when withheld or not a number."""
    caller_raw: str
    started_at: datetime
    branch: Branch | None = None
    of_range: Branch | None = None
    """The branch of the region that the caller's number was given out for, where the numbering tables say it."""
    anonymous: bool = False
    """Of a trust line, or told something for it: no number, no spoken words and no keyed digits of it are kept."""
    notice_heard: bool = False
    """Only after the notice was heard to its end may anything be recorded (rule R5)."""
    place: str = ""
    """Where in the menu the call stands: a controller that takes over goes on there."""
    ahead: str = ""
    """The key that cut a statement short, for the menu that follows."""
    premise: Premise | None = None
    account_keyed: bool = False
    """The caller keyed the account of his premise: only then may its flat be spoken (attack A29)."""
    subject: str = ""
    """Topic of what the caller last asked about, for the agent's whisper; "" while he has named none."""
    in_danger: bool = False
    """They chose danger in this call: in a storm they are queued all the same, and their words go to the dispatcher.

    Kept in the channel, so that a controller that takes over knows it too.
    """
    danger_offered: bool = False
    """They have heard which key is danger: before anything longer was told, or in the first menu."""
    by_keys: bool = False
    """They spoke in vain, or cannot be heard: in this call they are asked for keys alone."""
    repeats: int = 0
    """How often they have asked to hear something again: the second time it is said slower, and all that follows."""
    misheard: int = 0
    """How often what they said to a menu was none of its words."""
    callback_offered: bool = False
    """A storm has led them to a call back: who did not take it is not led there again."""
    waits_since: datetime | None = None
    """Since when they have waited for a person: the place they keep when they would rather be called back."""
    promised: list[str] = field(default_factory=list)
    """Appeal numbers and receipts that were spoken to the caller."""
    announced: set[str] = field(default_factory=set)
    """Ids of the announcements that were played: none is said twice."""
    recordings: list[str] = field(default_factory=list)
    """Ids of what was recorded, to be told when the call is over."""

    def forget_caller(self) -> None:
        """From here on nobody knows who calls."""
        self.anonymous, self.caller, self.caller_raw, self.of_range = True, None, "", None

    @property
    def here(self) -> Branch | None:
        """The branch they have named, or that of their town's code: what may be told them before they are asked."""
        return self.branch or self.company.branch_for(self.caller)

    @property
    def guessed(self) -> Branch | None:
        """The branch their number tells: by its town's code, or else by its range. People take mobile numbers along."""
        return self.company.branch_for(self.caller) or self.of_range
