"""What comes in at the register's border: one appeal as any channel hands it over, checked and cleaned."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from appeals import numbering
from appeals.taxonomy import Taxonomy, shipped
from gridline.errors import InvalidInput
from gridline.phones import e164

LONGEST_TEXT = 200_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
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
Id = Annotated[Annotated[str, Field(max_length=64)] | None, _Optional]
Key = Annotated[Annotated[str, Field(max_length=100)] | None, _Optional]
Line = Annotated[Annotated[str, Field(max_length=300)] | None, _Optional]
Address = Annotated[Annotated[str, Field(max_length=500)] | None, _Optional]
Email = Annotated[Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None, _Optional]
Body = Annotated[Annotated[str, Field(max_length=LONGEST_TEXT)] | None, _Optional]


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
    account_number: Id = None
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

    @property
    def phone_e164(self) -> str | None:
        """The phone in its one spelling."""
        return e164(self.phone) if self.phone else None

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
        kind = shipped().kinds.get(given.get("kind", ""))
        if kind is None or kind.anonymous != "kept-out":
            return given
        kept = {field: value for field, value in given.items() if field not in (*_TRACES, "details")}
        return kept | {"applicant_kind": "unknown", "answer_way": "by-number"}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problems = _problems(self, shipped())
        if problems:
            raise ValueError(" ".join(problems))
        return self


def accept(given: dict[str, Any]) -> Intake:
    """An intake from untyped input. Raises InvalidInput that names every wrong field in Russian."""
    try:
        return Intake.model_validate(given)
    except ValidationError as error:
        raise InvalidInput(" ".join(_said(problem) for problem in error.errors())) from error


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


def _problems(intake: Intake, codes: Taxonomy) -> list[str]:
    """Everything that is missing or impossible in an intake, as Russian sentences."""
    wrong = [
        f"Неизвестное значение поля {field}: «{value}»."
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
    try:
        codes.form49_column(intake.kind, intake.topic, intake.disposition)
        if intake.receipt and not isinstance(numbering.read(intake.receipt), numbering.Receipt):
            wrong.append("Номер квитанции состоит из десяти цифр.")
        if intake.repeat_of and not isinstance(numbering.read(intake.repeat_of), numbering.Number):
            wrong.append("Номер прежнего обращения состоит из девяти цифр.")
    except InvalidInput as error:
        wrong.append(error.message)
    if not (intake.text or intake.recording_id):
        wrong.append("Нет содержания: нужен текст или запись.")
    if kind.anonymous == "refused" and not any(getattr(intake, field) for field in _CONTACTS):
        wrong.append("Нет контактных данных: нужен телефон, электронная почта или почтовый адрес.")
    if intake.phone and intake.phone_e164 is None:
        wrong.append(f"Телефон записан неверно: «{intake.phone}».")
    needs = codes.answer_ways[intake.way].needs
    if needs != "none" and not getattr(intake, needs):
        wrong.append(f"Для ответа способом «{codes.answer_ways[intake.way].title}» не заполнено поле {needs}.")
    if kind.details != (intake.details.type if intake.details else "none"):
        wrong.append(f"Вид «{kind.title}»: сведения details не те, что нужны ({kind.details}).")
    if isinstance(intake.details, ClaimDetails):
        wrong += _claim_problems(intake, intake.details)
    if intake.answer_on_call and kind.group == "complaint" and intake.answer_on_call.justified is None:
        wrong.append("Жалоба, отвеченная при звонке: не указано, обоснована ли она.")
    if intake.answer_on_call and not (intake.call_id and intake.recording_id):
        wrong.append("Ответ во время звонка доказывается записью: нужны call_id и recording_id.")
    if intake.received_at and intake.received_at < EARLIEST:
        wrong.append("Дата поступления раньше 2000 года.")
    return wrong


def _claim_problems(intake: Intake, claim: ClaimDetails) -> list[str]:
    """What a claim still lacks under ПП РФ № 55."""
    required: dict[str, object] = {
        "contract_number": intake.contract_number,
        "phone": intake.phone or intake.email,
        "answer_way": intake.answer_way,
    }
    if intake.applicant_kind == "company":
        required["organisation"] = claim.organisation
    else:
        required |= {"name": intake.name, "residence": claim.residence, "birth_date": claim.birth_date}
        required |= {"birth_place": claim.birth_place, "identity_document": claim.identity_document}
    missing = [field for field, value in required.items() if not value]
    wrong = [f"В претензии по ПП РФ № 55 не заполнены поля: {', '.join(missing)}."] if missing else []
    if intake.applicant_kind == "unknown":
        wrong.append("В претензии по ПП РФ № 55 не указан вид заявителя.")
    if claim.violated_to and claim.violated_to < claim.violated_from:
        wrong.append("Нарушение кончилось раньше, чем началось.")
    if claim.violated_from < EARLIEST:
        wrong.append("Время нарушения раньше 2000 года.")
    return wrong
