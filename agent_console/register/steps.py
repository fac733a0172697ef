"""What a person may do on the page of an appeal: each step reads its fields and goes through the register."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from agent_console.console import Console
from agent_console.people import people
from agent_console.people.permissions import Actor, Permission
from appeals.answers.letter import Signer
from appeals.casework import promises
from appeals.finding import appeals
from appeals.intake.intake import clean
from appeals.intake.repeats import FurtherContact
from appeals.models import Appeal
from appeals.personal_data import pins
from appeals.taxonomy import shipped
from gridline.errors import Conflict, InvalidInput, NotFound
from gridline.numbers import phones
from quality.transcripts import spoken_text
from worklist.callbacks import CallbackAsked

LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Fields:
    """What was typed into a step's form."""

    given: Mapping[str, str]

    def text(self, name: str) -> str:
        """A text without what cannot be shown. Raises InvalidInput when it is too long."""
        value = str(clean(self.given.get(name, "")))
        if len(value) > LONGEST:
            raise InvalidInput(f"Текст длиннее {LONGEST} знаков: сократите его.")
        return value

    def day(self, name: str) -> date:
        """A day. Raises InvalidInput."""
        try:
            return date.fromisoformat(self.given.get(name, ""))
        except ValueError:
            raise InvalidInput("Укажите дату.") from None

    @property
    def version(self) -> int:
        """The version of the appeal that stood on the page. Raises InvalidInput."""
        value = self.given.get("version", "")
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise InvalidInput("Страница устарела. Обновите её и повторите.")
        return int(value)

    @property
    def signer(self) -> Signer:
        """Who signs a letter. Raises InvalidInput."""
        name, position = self.text("signer")[:120], self.text("position")[:200]
        if not name or not position:
            raise InvalidInput("Укажите, кто подписывает письмо, и его должность.")
        return Signer(name, position)


Make = Callable[[Console, Actor, Appeal, Fields], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class PageStep:
    """One step: what it does, what a person reads when it is done, and who may make it."""

    make: Make
    done: str
    permission: Permission = Permission.APPEAL_WRITE


async def _take(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    """Take it oneself; an appeal nobody owns becomes one's own."""
    version = fields.version
    if not appeal.owner:
        version = await console.casework.assign(
            appeal.id, owner=actor.signature, unit=appeal.unit, actor=actor.signature, version=version
        )
    await console.casework.take(appeal.id, actor=actor.signature, version=version)


async def _describe(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    """Write down what was told by voice; where the form began with what a machine had heard, that is kept beside."""
    heard = ""
    if appeal.recording_id and fields.text("heard") == appeal.recording_id:
        async with console.db.read() as session:
            heard = (await spoken_text.of_recording(session, appeal.recording_id, available=True)).text
    await console.casework.describe(
        appeal.id, text=fields.text("text"), heard=heard or None, actor=actor.signature, version=fields.version
    )


async def _assign(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    owner = fields.text("owner")
    async with console.db.read() as session:
        owners = await people.owners(session, appeal.company_id, appeal.branch, visible_to=actor.scope)
    if owner not in dict(owners):
        raise InvalidInput("Выберите ответственного из списка.")
    await console.casework.assign(
        appeal.id, owner=owner, unit=fields.text("unit")[:80] or None, actor=actor.signature, version=fields.version
    )


async def _reclassify(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.casework.reclassify(
        appeal.id,
        kind=fields.text("kind"),
        topic=fields.text("topic"),
        disposition=fields.text("disposition") or None,
        actor=actor.signature,
        version=fields.version,
    )


async def _ask(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.casework.ask(
        appeal.id,
        kind=fields.text("task"),
        whom=fields.text("whom")[:200],
        text=fields.text("text"),
        due_on=fields.day("due_on"),
        actor=actor.signature,
        version=fields.version,
    )


async def _take_back(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.casework.take_back(
        appeal.id,
        task_id=fields.text("task_id"),
        result=fields.text("result"),
        actor=actor.signature,
        version=fields.version,
    )


async def _find(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.casework.find(
        appeal.id,
        justified={"yes": True, "no": False}.get(fields.text("justified")),
        explanation=fields.text("explanation"),
        rights_restored=fields.text("rights") or None,
        actor=actor.signature,
        version=fields.version,
    )


async def _plan(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.casework.plan_measure(
        appeal.id,
        text=fields.text("text"),
        planned_on=fields.day("planned_on"),
        actor=actor.signature,
        version=fields.version,
    )


async def _done(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.casework.measure_done(
        appeal.id,
        measure_id=fields.text("measure_id"),
        done_on=fields.day("done_on"),
        actor=actor.signature,
        version=fields.version,
    )


async def _answer(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.dispatch.answer(
        appeal.id,
        text=fields.text("text"),
        signer=fields.signer,
        actor=actor.signature,
        version=fields.version,
        way=fields.text("way") or None,
    )


async def _propose(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.endings.propose_refusal(
        appeal.id,
        ground=fields.text("ground"),
        text=fields.text("text") or None,
        link=fields.text("link") or None,
        actor=actor.signature,
        version=fields.version,
    )


async def _refuse(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.dispatch.refuse(
        appeal.id, signer=fields.signer, actor=actor.signature, version=fields.version, way=fields.text("way") or None
    )


async def _join(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.endings.join(appeal.id, to=fields.text("to"), actor=actor.signature, version=fields.version)


async def _withdraw(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.endings.withdraw(
        appeal.id, reason=fields.text("reason"), actor=actor.signature, version=fields.version
    )


async def _contact(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    """The applicant came again: said on the page, not in a call."""
    channel, text = fields.text("channel"), fields.text("text")
    if channel not in shipped().channels or not text:
        raise InvalidInput("Укажите, как заявитель обратился снова и что сказал.")
    contact = FurtherContact(channel, actor.signature, text=text)
    await console.register.add_contact(appeal.company_id, appeal.number, contact)


async def _keep(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    async with console.db.read() as session:
        promise = await promises.find(session, fields.text("promise_id"), appeal_id=appeal.id)
    if promise is None or not promises.by_hand(promise):
        raise NotFound("Такого обещания у обращения нет.")
    await console.promises.keep(fields.text("promise_id"), actor=actor.signature)


async def _call_back(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    """Promise to call the applicant back: at the number typed, else at the one of the appeal.

    Not about the trust line's: those who call may not know of it.
    """
    if appeal.kind == appeals.TRUST:
        raise Conflict("По телефону доверия не перезванивают: операторы его обращений не видят.")
    typed = fields.text("phone")[:40]
    async with console.db.read() as session:
        content = (await appeals.contents(session, [appeal.id])).get(appeal.id)
    phone = phones.read_home(typed).e164 if typed else (content.phone if content else None) or ""
    asked = CallbackAsked(
        appeal.company_id,
        phone,
        actor.signature,
        branch=appeal.branch or "",
        topic=appeal.topic,
        call_id=appeal.call_id,
        recording_id=appeal.recording_id,
        premise_id=appeal.premise_id,
        appeal_id=appeal.id,
    )
    await console.callbacks.promise(asked)


async def _pin_answer(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    """What whoever told the trust line hears when they ask by number and PIN; it can be said before it is kept."""
    async with console.db.write() as session:
        await pins.write_answer(
            session,
            appeal.id,
            fields.text("text"),
            actor=actor.signature,
            version=fields.version,
            at=console.clock.now(),
        )


async def _close(console: Console, actor: Actor, appeal: Appeal, fields: Fields) -> None:
    await console.casework.close(appeal.id, actor=actor.signature, version=fields.version)


STEPS: Final[Mapping[str, PageStep]] = {
    "take": PageStep(_take, "Обращение в работе, ответственный — вы."),
    "describe": PageStep(_describe, "Содержание записано."),
    "assign": PageStep(_assign, "Ответственный назначен."),
    "reclassify": PageStep(_reclassify, "Вид и тема изменены."),
    "ask": PageStep(_ask, "Поручение дано, срок под контролем."),
    "take-back": PageStep(_take_back, "Поручение принято."),
    "find": PageStep(_find, "Выводы записаны."),
    "plan": PageStep(_plan, "Мера назначена, её срок под контролем."),
    "done": PageStep(_done, "Мера отмечена исполненной."),
    "answer": PageStep(_answer, "Ответ отправлен, подтверждение сохранено."),
    "propose": PageStep(_propose, "Отказ предложен и ждёт второго человека."),
    "refuse": PageStep(_refuse, "Отказ утверждён, заявитель уведомлён.", Permission.APPEAL_APPROVE),
    "join": PageStep(_join, "Присоединено к более раннему обращению."),
    "withdraw": PageStep(_withdraw, "Отмечен отзыв заявителем."),
    "contact": PageStep(_contact, "Записано; срок остаётся прежним."),
    "keep": PageStep(_keep, "Обещание отмечено выполненным."),
    "call-back": PageStep(_call_back, "Звонок обещан: он в «Делах»."),
    "pin-answer": PageStep(_pin_answer, "Записано: звонящий услышит это по номеру и пин-коду.", Permission.TRUST_READ),
    "close": PageStep(_close, "Обращение закрыто."),
}
"""By the last part of the address they are sent to."""
