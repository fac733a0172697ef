"""One call's steps as its journal stores them: one entry per step, with what was said and the outcome."""

from __future__ import annotations

from ivr.journal.entries import NoticePlayed, StepTaken
from ivr.journal.journal import Journal
from ivr.line import Spoken
from ivr.menus.walk import Step

NOTICE = "notice"
OUT_NOTICE = "out-notice"
"""What whoever an agent calls hears first."""


class Steps:
    """Listens to the line (what was said) and to the engine (what it led to) of one call.

    In a menu the line reports what was said and then the engine its outcome: both become one entry. Of an action,
    each utterance is an entry, and so is its exit.
    """

    def __init__(self, journal: Journal, call_id: str, flow_version: str) -> None:
        self._journal = journal
        self._call_id = call_id
        self._flow_version = flow_version
        self._said: Spoken | None = None

    def spoken(self, said: Spoken) -> None:
        """Something was said."""
        self.flush()
        self._said = said
        if said.prompt_ids in ((NOTICE,), (OUT_NOTICE,)):
            notice = NoticePlayed(said.prompt_ids[0], said.version, said.started_at, said.ended_at, said.whole)
            self._journal.notice(self._call_id, notice)

    def stepped(self, step: Step) -> None:
        """A place was left, or its menu asks again."""
        if step.action:
            self.flush()
        said, self._said = self._said, None
        self._journal.step(
            self._call_id,
            StepTaken(
                place=step.place,
                prompt_ids=said.prompt_ids if said else (),
                prompt_text=said.text if said else "",
                sound=said.version if said else "",
                key=step.key,
                exit=step.exit,
                leads_to=step.leads_to,
                flow_version=step.flow_version,
                started_at=step.started_at,
                ended_at=step.ended_at,
            ),
        )

    def flush(self) -> None:
        """Store what was said without an outcome of its own."""
        said, self._said = self._said, None
        if said is not None:
            self._journal.step(
                self._call_id,
                StepTaken(
                    place=said.place,
                    prompt_ids=said.prompt_ids,
                    prompt_text=said.text,
                    sound=said.version,
                    key=said.key,
                    exit="said" if said.whole else "cut-short",
                    leads_to=said.place,
                    flow_version=self._flow_version,
                    started_at=said.started_at,
                    ended_at=said.ended_at,
                ),
            )
