"""Which fields an intake requires, so that a form can mark them before anything is typed; `intake` enforces them."""

from __future__ import annotations

from pydantic import BaseModel

from appeals.intake.intake import ClaimDetails, TheftDetails, claim_needs
from appeals.taxonomy import shipped

_DETAILS: dict[str, type[BaseModel]] = {"claim": ClaimDetails, "theft": TheftDetails}


def fields(kind: str, applicant_kind: str, answer_way: str = "", *, answered_on_call: bool = False) -> frozenset[str]:
    """The required fields, named as in `intake.Problem`; codes unknown to the taxonomy require nothing.

    The phone stands for any contact: a form asks for it first.
    """
    codes = shipped()
    row = codes.kinds.get(kind)
    needed = {"text"}
    if row is None:
        return frozenset(needed)
    if row.anonymous == "refused":
        needed.add("phone")
    way = codes.answer_ways.get(answer_way)
    if way is not None and way.needs != "none":
        needed.add(way.needs)
        if way.needs != "phone" and row.details != "claim":
            needed.discard("phone")  # another contact is there
    if row.details in _DETAILS:
        model = _DETAILS[row.details].model_fields
        needed |= {f"details.{name}" for name, field in model.items() if field.is_required()}
    if row.details == "claim":
        needed |= {"applicant_kind", *claim_needs(applicant_kind)}
    if answered_on_call:
        needed.add("answer_on_call.text")
        if row.group == "complaint":
            needed.add("answer_on_call.justified")
    return frozenset(needed)
