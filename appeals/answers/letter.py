"""A letter to an applicant: its parts, its plain text and its DOCX."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

from docx.opc.exceptions import OpcError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from appeals.answers.names import spelled
from appeals.answers.templates import FOLDER
from gridline.errors import Misconfigured

Kind = Literal["answer", "refusal"]


@dataclass(frozen=True, slots=True)
class Signer:
    """The person who signs a letter."""

    name: str
    position: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a letter says. `verdict` is the finding on a complaint, or the ground of a refusal."""

    kind: Kind
    company: str
    company_id: str
    way: str
    number: str
    received_on: date
    written_on: date
    name: str | None
    contact: str
    verdict: str
    text: str
    rights_restored: str
    measures: Sequence[str]
    further_appeal: str
    signer: Signer

    @property
    def subject(self) -> str:
        """The subject line of an e-mail."""
        return f"Обращение № {self.number} от {self.received_on:%d.%m.%Y}"

    @property
    def paragraphs(self) -> list[str]:
        """The non-empty lines of the text."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]

    def plain(self) -> str:
        """The letter as plain text: the body of an e-mail, and what the register keeps as the answer's text."""
        name = spelled(self.name)
        if self.kind == "refusal":
            opening = f"Обращение № {self.number}, поступившее {self.received_on:%d.%m.%Y}, оставлено без рассмотрения."
            verdict = f"Основание: {self.verdict}"
        else:
            opening = f"Ваше обращение № {self.number}, поступившее {self.received_on:%d.%m.%Y}, рассмотрено."
            verdict = self.verdict
        parts = [name.greeting, opening, verdict, *self.paragraphs]
        parts += [f"Восстановление прав: {self.rights_restored}"] if self.rights_restored else []
        parts += (
            ["Принимаемые меры:\n" + "\n".join(f"— {measure}" for measure in self.measures)] if self.measures else []
        )
        parts += [self.further_appeal, f"{self.signer.position} {self.signer.name}\n{self.company}"]
        return "\n\n".join(part for part in parts if part) + "\n"

    def docx(self, own_templates: Path | None = None) -> bytes:
        """The letter as DOCX, from the company's own template where there is one.

        Raises Misconfigured naming the template and what is wrong with it.
        """
        file = FOLDER / f"{self.kind}.docx"
        if own_templates is not None and (own_templates / file.name).exists():
            file = own_templates / file.name
        name = spelled(self.name)
        context = asdict(self) | {
            "received_on": f"{self.received_on:%d.%m.%Y}",
            "written_on": f"{self.written_on:%d.%m.%Y}",
            "to": name.to,
            "to_is_declined": name.sure,
            "greeting": name.greeting,
            "paragraphs": self.paragraphs,
            "signer": self.signer.name,
            "signer_position": self.signer.position,
        }
        # The template is uploaded by company staff: it may lay out our text, not run code.
        environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
        out = io.BytesIO()
        try:
            template = DocxTemplate(str(file))
            template.render(context, environment, autoescape=True)
            template.save(out)
        except (TemplateError, OpcError, BadZipFile, KeyError, ValueError) as error:
            raise Misconfigured(f"Шаблон письма {file}: {error}") from error
        return out.getvalue()
