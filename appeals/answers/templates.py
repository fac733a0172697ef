"""Makes the shipped letter templates: `python -m appeals.answers.templates`; the .docx files are kept in git."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

FOLDER = Path(__file__).parent / "templates"
HEAD = ("{{ company }}",)
ADDRESSEE = ("{% if to_is_declined %}{{ to }}{% else %}Заявитель: {{ to }}{% endif %}", "{{ contact }}")
BODIES: dict[str, tuple[str, ...]] = {
    "answer": (
        "{{ greeting }}",
        "Ваше обращение № {{ number }}, поступившее {{ received_on }}, рассмотрено.",
        "{%p if verdict %}",
        "{{ verdict }}",
        "{%p endif %}",
        "{%p for paragraph in paragraphs %}",
        "{{ paragraph }}",
        "{%p endfor %}",
        "{%p if rights_restored %}",
        "Восстановление прав: {{ rights_restored }}",
        "{%p endif %}",
        "{%p if measures %}",
        "Принимаемые меры:",
        "{%p for measure in measures %}",
        "— {{ measure }}",
        "{%p endfor %}",
        "{%p endif %}",
        "{{ further_appeal }}",
    ),
    "refusal": (
        "{{ greeting }}",
        "Уведомляем, что обращение № {{ number }}, поступившее {{ received_on }}, оставлено без рассмотрения.",
        "Основание: {{ verdict }}",
        "{%p for paragraph in paragraphs %}",
        "{{ paragraph }}",
        "{%p endfor %}",
        "{{ further_appeal }}",
    ),
}


def build(name: str) -> DocumentType:
    """One template as a document."""
    document = Document()
    properties = document.core_properties
    properties.author, properties.comments, properties.title = "", "", ""
    properties.created = properties.modified = datetime(2026, 1, 1)  # noqa: DTZ001  (the format knows no zone)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(12)
    for text in HEAD:
        document.add_paragraph().add_run(text).bold = True
    document.add_paragraph("№ {{ number }} от {{ written_on }}")
    for text in ADDRESSEE:
        document.add_paragraph(text).paragraph_format.left_indent = Cm(9)
    for text in BODIES[name]:
        paragraph = document.add_paragraph(text)
        if text == "{{ greeting }}":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph("{{ signer_position }}\t{{ signer }}")
    return document


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for template in BODIES:
        build(template).save(str(FOLDER / f"{template}.docx"))
