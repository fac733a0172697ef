"""Casework: what clerks do with an appeal from assignment to answer."""

from __future__ import annotations

from datetime import date, datetime

from appeals import history
from appeals.casework import promises, voiced
from appeals.casework.case import Cases, open_tasks, required
from appeals.codes import AppealKind, AppealState, PromiseKind, TaskKind
from appeals.deadlines import deadlines
from appeals.deadlines.rules import RuleBook, shipped
from appeals.finding import words
from appeals.intake import entry
from appeals.models import Answer, Measure, Task
from appeals.taxonomy import shipped as shipped_codes
from gridline.calendar.workdays import ProductionCalendar
from gridline.clock import Clock
from gridline.companies import Companies
from gridline.db import Database, new_id
from gridline.errors import Conflict, InvalidInput, NotFound


class Casework:
    """Every step takes the `version` the clerk saw; a clerk who comes second gets Conflict, which names the first."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        companies: Companies,
        calendar: ProductionCalendar,
        rules: RuleBook | None = None,
    ) -> None:
        self._cases = Cases(db, clock, companies)
        self._calendar = calendar
        self._rules = shipped() if rules is None else rules
        self._codes = shipped_codes()

    async def assign(self, appeal_id: str, *, owner: str, unit: str | None, actor: str, version: int) -> int:
        """Make one person responsible; the promise of the answer is theirs from now on."""
        async with self._cases.step(appeal_id, "assigned", actor, version) as case:
            required("ответственный", owner)
            case.appeal.owner, case.appeal.unit = owner, unit
            for promise in await promises.of_appeal(case.session, appeal_id, kind=PromiseKind.ANSWER):
                promise.owner = owner
            case.note("assigned", unit=unit, owner=owner)
        return case.appeal.version

    async def take(self, appeal_id: str, *, actor: str, version: int) -> int:
        """Start work on the appeal."""
        async with self._cases.step(appeal_id, "taken", actor, version) as case:
            case.note("taken")
        return case.appeal.version

    async def describe(self, appeal_id: str, *, text: str, heard: str | None, actor: str, version: int) -> int:
        """Write down what was told by voice alone; `heard`: what a machine had put into the form, kept beside it."""
        async with self._cases.step(appeal_id, voiced.DESCRIBED, actor, version) as case:
            required("содержание", text)
            if case.content.text:
                raise Conflict("Содержание этого обращения уже записано.")
            case.content.text, case.content.heard = text, heard or None
            case.note(voiced.DESCRIBED, **voiced.body(case.content, text, heard))
            await words.add(case.session, [words.Indexed(case.company.id, case.appeal.number, text)])
        return case.appeal.version

    async def reclassify(
        self, appeal_id: str, *, kind: str, topic: str, disposition: str | None, actor: str, version: int
    ) -> int:
        """Correct kind and topic. The deadline is counted anew from the day of receipt, by the rule of the new kind."""
        async with self._cases.step(appeal_id, "reclassified", actor, version) as case:
            self._codes.form49_column(kind, topic, disposition)
            old, new = self._codes.kinds[case.appeal.kind], self._codes.kinds[kind]
            if (old.details, old.anonymous) != (new.details, new.anonymous):
                raise Conflict(f"Из вида «{old.title}» нельзя сделать «{new.title}»: зарегистрируйте новое обращение.")
            case.appeal.kind, case.appeal.topic, case.appeal.disposition = AppealKind(kind), topic, disposition
            case.note("reclassified", kind=kind, topic=topic, disposition=disposition)
            deadline = deadlines.for_intake(
                company=case.company,
                channel=case.appeal.channel,
                kind=kind,
                received_at=case.appeal.received_at,
                calendar=self._calendar,
                rules=self._rules,
            )
            if (deadline.day, deadline.rule_id) != (case.appeal.deadline, case.appeal.deadline_rule):
                case.appeal.deadline, case.appeal.deadline_rule = deadline.day, deadline.rule_id
                case.appeal.deadline_sentence = deadline.sentence
                case.appeal.deadline_basis = history.canonical(deadline.basis)
                for promise in await promises.of_appeal(case.session, appeal_id, kind=PromiseKind.ANSWER):
                    promise.due_at, promise.escalated = entry.end_of_day(deadline, case.company), 0
                case.note("deadline_changed", deadline=entry.deadline_body(deadline), reason="reclassified")
        return case.appeal.version

    async def ask(
        self, appeal_id: str, *, kind: str, whom: str, text: str, due_on: date, actor: str, version: int
    ) -> str:
        """Give a sub-task to another department, or refer to a third party, with return control; returns its id."""
        async with self._cases.step(appeal_id, "asked", actor, version) as case:
            if kind not in set(TaskKind):
                raise InvalidInput(f"Вид поручения: {' или '.join(TaskKind)}.")
            required("кому", whom)
            required("что сделать", text)
            case.not_past(due_on, "Срок поручения")
            task = Task(
                id=new_id(),
                appeal_id=appeal_id,
                kind=TaskKind(kind),
                whom=whom,
                text=text,
                asked_at=case.at,
                due_on=due_on,
            )
            case.session.add(task)
            case.promise(PromiseKind.TASK, task.id, due_on)
            case.note("asked", task_id=task.id, task=kind, to=whom, due=due_on.isoformat())
        return task.id

    async def take_back(self, appeal_id: str, *, task_id: str, result: str, actor: str, version: int) -> int:
        """Record the answer of a department or third party; work resumes when the last one is back."""
        async with self._cases.step(appeal_id, "returned", actor, version) as case:
            required("результат", result)
            task = await case.session.get(Task, task_id)
            if task is None or task.appeal_id != appeal_id:
                raise NotFound("Такого поручения у обращения нет.")
            if task.returned_at is not None:
                raise Conflict("Это поручение уже возвращено.")
            task.returned_at, task.result = case.at, result
            await case.settle(subject_id=task_id)
            case.note("returned", task_id=task_id)
            await case.session.flush()
            if not await open_tasks(case.session, appeal_id):
                case.appeal.state = AppealState.IN_WORK
        return case.appeal.version

    async def find(
        self,
        appeal_id: str,
        *,
        justified: bool | None,
        explanation: str,
        rights_restored: str | None,
        actor: str,
        version: int,
    ) -> int:
        """Record the findings: justified or not, why, which rights are restored and how (R12)."""
        async with self._cases.step(
            appeal_id, "found", actor, version, justified=justified, explanation=explanation
        ) as case:
            case.appeal.justified = justified
            case.content.findings, case.content.rights_restored = explanation, rights_restored
            digest = case.digest(f"{explanation}\n{rights_restored or ''}")
            case.note("found", justified=justified, rights=bool(rights_restored), digest=digest)
        return case.appeal.version

    async def plan_measure(self, appeal_id: str, *, text: str, planned_on: date, actor: str, version: int) -> str:
        """Plan a corrective measure; its date is a deadline of its own. Returns the measure's id."""
        async with self._cases.step(appeal_id, "measure_planned", actor, version) as case:
            required("мера", text)
            case.not_past(planned_on, "Плановая дата меры")
            measure = Measure(id=new_id(), appeal_id=appeal_id, text=text, planned_on=planned_on)
            case.session.add(measure)
            case.promise(PromiseKind.MEASURE, measure.id, planned_on)
            case.note("measure_planned", measure_id=measure.id, planned_on=planned_on.isoformat(), text=text)
        return measure.id

    async def measure_done(self, appeal_id: str, *, measure_id: str, done_on: date, actor: str, version: int) -> int:
        """A measure was carried out on a day that is not in the future."""
        async with self._cases.step(appeal_id, "measure_done", actor, version) as case:
            measure = await case.session.get(Measure, measure_id)
            if measure is None or measure.appeal_id != appeal_id:
                raise NotFound("Такой меры у обращения нет.")
            if measure.done_on is not None:
                raise Conflict("Эта мера уже исполнена.")
            if done_on > case.at.astimezone(case.company.zone).date():
                raise InvalidInput("Дата исполнения меры ещё не наступила.")
            measure.done_on = done_on
            await case.settle(subject_id=measure_id)
            case.note("measure_done", measure_id=measure_id, done_on=done_on.isoformat())
        return case.appeal.version

    async def answer(
        self,
        appeal_id: str,
        *,
        text: str,
        way: str,
        sent_at: datetime,
        proof: str,
        further_appeal: str,
        actor: str,
        version: int,
        answer_id: str | None = None,
        on_call: bool = False,
    ) -> int:
        """The answer has been sent (the sending port calls this with its proof); the clock stops at `sent_at`."""
        sent = {
            "answer_sent": bool(text.strip()),
            "answer_is_proved": bool(proof.strip()),
            "answer_names_further_appeal": bool(further_appeal.strip()),
        }
        async with self._cases.step(appeal_id, "answered", actor, version, **sent) as case:
            if way not in self._codes.answer_ways:
                raise InvalidInput(f"Неизвестный способ ответа: {way!r}.")
            if not case.appeal.received_at <= sent_at <= case.at:
                raise InvalidInput("Время отправки ответа раньше поступления обращения или ещё не наступило.")
            row = Answer(
                id=answer_id or new_id(),
                appeal_id=appeal_id,
                text=text,
                way=way,
                sent_at=sent_at,
                proof=proof,
                further_appeal=further_appeal,
                on_call=on_call,
            )
            await case.answered(row, text)
        return case.appeal.version

    async def close(self, appeal_id: str, *, actor: str, version: int) -> int:
        """Close an answered appeal; planned measures remain promised until they are done."""
        async with self._cases.step(appeal_id, "closed", actor, version) as case:
            case.appeal.closed_at = case.at
            case.note("closed")
        return case.appeal.version
