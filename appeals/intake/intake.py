"""What comes in at the register's border: one appeal as any channel hands it over, checked and cleaned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from appeals import numbering
from appeals.taxonomy import Taxonomy, shipped
from gridline.errors import InvalidInput
from gridline.numbers import accounts
from gridline.numbers.phones import NotAPhone, read_all

LONGEST_TEXT = 200_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_DETAILS = ("claim", "theft")
_CONTACTS = ("phone", "email", "post_address")
# What leads back to the person; the trust line keeps none of it (domain.md section 5).
_TRACES = ("name", "phone", "email", "post_address", "contract_number", "account_number", "premise_id", "call_id")

# Control characters break terminals and logs, bidirectional overrides show a text other than the one stored,
# lone surrogates cannot be stored at all.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(value: object) -> object:
    """A text without what cannot be shown; line ends become one newline. Anything but a text passes."""
    if not isinstance(value, str):
        return value
    return _UNPRINTABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")).strip()


def _empty_is_none(value: object) -> object:
    return clean(value) or None if isinstance(value, str) else value


Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-_]{0,31}$")]
Short = Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=300)]
_Optional = BeforeValidator(_empty_is_none)
_Account = BeforeValidator(lambda value: accounts.tidy(value) if isinstance(value, str) else value)
Id = Annotated[Annotated[str, Field(max_length=64)] | None, _Optional]
Key = Annotated[Annotated[str, Field(max_length=100)] | None, _Optional]
Line = Annotated[Annotated[str, Field(max_length=300)] | None, _Optional]
Address = Annotated[Annotated[str, Field(max_length=500)] | None, _Optional]
Email = Annotated[Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None, _Optional]
Body = Annotated[Annotated[str, Field(max_length=LONGEST_TEXT)] | None, _Optional]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an intake."""

    field: str
    """`phone`, `details.demand`, `answer_on_call.text`; empty where it is no one field's."""
    sentence: str
    missing: bool = False
    """Nothing was given, rather than something wrong."""


class Incomplete(ValueError):
    """What the rules of the register miss in an intake that is well-formed field by field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(one.sentence for one in problems))
        self.problems = tuple(problems)


class _Border(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=LONGEST_TEXT)


class ClaimDetails(_Border):
    """What ПП РФ № 55 of 24.01.2024 asks of a claim beyond the common fields (R19)."""

    type: Literal["claim"] = "claim"
    violated_from: AwareDatetime
    violated_to: AwareDatetime | None = None
    device_address: Short
    demand: Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=5_000)]
    residence: Line = None
    birth_date: date | None = None
    birth_place: Line = None
    identity_document: Line = None
    organisation: Line = None


class TheftDetails(_Border):
    """A report of stolen electricity or equipment: where, what, since when."""

    type: Literal["theft"] = "theft"
    place: Short
    seen_at: AwareDatetime | None = None


class AnswerOnCall(_Border):
    """The answer given during the call (R9); for a complaint also what was found (R12)."""

    text: Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=20_000)]
    justified: bool | None = None
    rights_restored: Body = None


class Intake(_Border):
    """One appeal as it comes in. `phone` is kept as given; `phone_e164` is its one spelling."""

    company_id: Code
    channel: str
    kind: str = "appeal"
    topic: str
    disposition: Id = None
    applicant_kind: str = "unknown"
    name: Line = None
    phone: Id = None
    email: Email = None
    post_address: Address = None
    answer_way: Id = None
    contract_number: Id = None
    account_number: Annotated[Id, _Account] = None
    premise_id: Id = None
    branch: Id = None
    text: Body = None
    details: Annotated[ClaimDetails | TheftDetails, Field(discriminator="type")] | None = None
    call_id: Key = None
    recording_id: Id = None
    recording_offset_s: Annotated[int, Field(ge=0, le=86_400)] | None = None
    received_at: AwareDatetime | None = None
    idempotency_key: Key = None
    receipt: Id = None
    repeat_of: Id = None
    draft_id: Id = None
    answer_on_call: AnswerOnCall | None = None
    actor: Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=80)] = "system"
    shuts_call: Annotated[Key, Field(exclude=True)] = None
    """The call in which the trust line was told this. It is kept beside no appeal; nobody may send it."""

    @property
    def phone_e164(self) -> str | None:
        """The phone in its one spelling; the first where several were given. None too for what cannot be read."""
        try:
            return read_all(self.phone)[0].e164 if self.phone else None
        except NotAPhone:
            return None

    @property
    def told_moments(self) -> tuple[datetime, ...]:
        """Moments the applicant named, which cannot lie ahead."""
        match self.details:
            case ClaimDetails():
                return tuple(at for at in (self.details.violated_from, self.details.violated_to) if at)
            case TheftDetails(seen_at=datetime() as at):
                return (at,)
            case _:
                return ()

    @property
    def way(self) -> str:
        """How the answer is wanted; when it was not said, by the contact that was left."""
        if self.answer_way:
            return self.answer_way
        if self.answer_on_call:
            return "on-call"
        by_contact = {"email": self.email, "post": self.post_address, "phone": self.phone}
        if self.channel in ("phone", "office") and self.phone:
            return "phone"
        return next((way for way, contact in by_contact.items() if contact), "by-number")

    @model_validator(mode="before")
    @classmethod
    def _forget_the_anonymous(cls, given: Any) -> Any:
        """On the trust line nothing that leads to the person gets further than this line."""
        if not isinstance(given, dict):
            return given
        given = {field: value for field, value in given.items() if field != "shuts_call"}
        kind = shipped().kinds.get(given.get("kind", ""))
        if kind is None or kind.anonymous != "kept-out":
            return given
        kept = {field: value for field, value in given.items() if field not in (*_TRACES, "details")}
        return kept | {"applicant_kind": "unknown", "answer_way": "by-number", "shuts_call": given.get("call_id")}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problems = _problems(self, shipped())
        if problems:
            raise Incomplete(problems)
        return self


def accept(given: dict[str, Any]) -> Intake:
    """An intake from untyped input. Raises InvalidInput that names every wrong field in Russian."""
    try:
        return Intake.model_validate(given)
    except ValidationError as error:
        raise InvalidInput(" ".join(_said(problem) for problem in error.errors())) from error


def problems_of(given: dict[str, Any]) -> list[Problem]:
    """Everything `accept` would refuse in this input, each with its field; empty when it would take it."""
    try:
        Intake.model_validate(given)
    except ValidationError as error:
        return [problem for one in error.errors() for problem in _told(one)]
    return []


def _told(problem: Any) -> Sequence[Problem]:
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, Incomplete):
        return cause.problems
    field = ".".join(str(part) for part in problem["loc"] if part not in _DETAILS)
    return [Problem(field, _said(problem), problem["type"] in ("missing", "string_too_short"))]


def _said(problem: Any) -> str:
    """One of pydantic's complaints in Russian; ours is Russian already."""
    field = ".".join(str(part) for part in problem["loc"])
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "value_error":
            return str(limits["error"])
        case "missing":
            return f"Не заполнено поле {field}."
        case "extra_forbidden":
            return f"Неизвестное поле {field}."
        case "string_too_long":
            return f"Поле {field} длиннее {limits['max_length']} знаков."
        case "string_too_short":
            return f"Поле {field} пусто."
        case "timezone_aware":
            return f"В поле {field} не указан часовой пояс."
        case _:
            return f"Поле {field} заполнено неверно: {problem['input']!r:.80}."


def _problems(intake: Intake, codes: Taxonomy) -> list[Problem]:
    """Everything that is missing or impossible in an intake, in Russian sentences."""
    wrong = [
        Problem(field, f"Неизвестное значение поля {field}: «{value}».")
        for field, value, table in (
            ("channel", intake.channel, codes.channels),
            ("kind", intake.kind, codes.kinds),
            ("topic", intake.topic, codes.topics),
            ("applicant_kind", intake.applicant_kind, codes.applicant_kinds),
            ("answer_way", intake.way, codes.answer_ways),
        )
        if value not in table
    ]
    if wrong:
        return wrong
    kind = codes.kinds[intake.kind]
    wrong += _code_problems(intake, codes)
    if not (intake.text or intake.recording_id):
        wrong.append(Problem("text", "Нет содержания: нужен текст или запись.", missing=True))
    if kind.anonymous == "refused" and not any(getattr(intake, field) for field in _CONTACTS):
        sentence = "Нет контактных данных: нужен телефон, электронная почта или почтовый адрес."
        wrong.append(Problem("phone", sentence, missing=True))
    if intake.phone:
        try:
            read_all(intake.phone)
        except NotAPhone as error:
            wrong.append(Problem("phone", f"Телефон записан неверно: {error.message}"))
    needs = codes.answer_ways[intake.way].needs
    if needs != "none" and not getattr(intake, needs):
        sentence = f"Для ответа способом «{codes.answer_ways[intake.way].title}» не заполнено поле {needs}."
        wrong.append(Problem(needs, sentence, missing=True))
    if kind.details != (intake.details.type if intake.details else "none"):
        wrong.append(Problem("details", f"Вид «{kind.title}»: сведения details не те, что нужны ({kind.details})."))
    if isinstance(intake.details, ClaimDetails):
        wrong += _claim_problems(intake, intake.details)
    if intake.answer_on_call:
        wrong += _answer_problems(intake, intake.answer_on_call, complaint=kind.group == "complaint")
    if intake.received_at and intake.received_at < EARLIEST:
        wrong.append(Problem("received_at", "Дата поступления раньше 2000 года."))
    return wrong


def _code_problems(intake: Intake, codes: Taxonomy) -> list[Problem]:
    """A disposition that is not this kind's, numbers that are none."""
    wrong: list[Problem] = []
    try:
        codes.form49_column(intake.kind, intake.topic, intake.disposition)
    except InvalidInput as error:
        wrong.append(Problem("disposition", error.message))
    numbers = (
        ("receipt", intake.receipt, numbering.Receipt, "Номер квитанции состоит из десяти цифр."),
        ("repeat_of", intake.repeat_of, numbering.Number, "Номер прежнего обращения состоит из девяти цифр."),
    )
    for field, value, kind, sentence in numbers:
        try:
            if value and not isinstance(numbering.read(value), kind):
                wrong.append(Problem(field, sentence))
        except InvalidInput as error:
            wrong.append(Problem(field, error.message))
    return wrong


def _answer_problems(intake: Intake, answer: AnswerOnCall, *, complaint: bool) -> list[Problem]:
    wrong: list[Problem] = []
    if complaint and answer.justified is None:
        sentence = "Жалоба, отвеченная при звонке: не указано, обоснована ли она."
        wrong.append(Problem("answer_on_call.justified", sentence, missing=True))
    if not (intake.call_id and intake.recording_id):
        sentence = "Ответ во время звонка доказывается записью: нужны call_id и recording_id."
        wrong.append(Problem("recording_id", sentence))
    return wrong


def claim_needs(applicant_kind: str) -> tuple[str, ...]:
    """What a claim under ПП РФ № 55 must hold beyond what every claim is made of, by who claims."""
    common = ("contract_number", "phone", "answer_way")
    if applicant_kind == "company":
        return (*common, "details.organisation")
    person = ("residence", "birth_date", "birth_place", "identity_document")
    return (*common, "name", *(f"details.{field}" for field in person))


def _claim_problems(intake: Intake, claim: ClaimDetails) -> list[Problem]:
    """What a claim still lacks under ПП РФ № 55."""

    def given(field: str) -> object:
        holder, _, name = field.rpartition(".")
        return (intake.phone or intake.email) if name == "phone" else getattr(claim if holder else intake, name)

    wrong = [
        Problem(field, f"В претензии по ПП РФ № 55 не заполнено поле {field.rpartition('.')[2]}.", missing=True)
        for field in claim_needs(intake.applicant_kind)
        if not given(field)
    ]
    if intake.applicant_kind == "unknown":
        sentence = "В претензии по ПП РФ № 55 не указан вид заявителя."
        wrong.append(Problem("applicant_kind", sentence, missing=True))
    if claim.violated_to and claim.violated_to < claim.violated_from:
        wrong.append(Problem("details.violated_to", "Нарушение кончилось раньше, чем началось."))
    if claim.violated_from < EARLIEST:
        wrong.append(Problem("details.violated_from", "Время нарушения раньше 2000 года."))
    return wrong
