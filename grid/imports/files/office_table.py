"""The offices of a file as the table that `gridline import offices` reads: to be corrected in a spreadsheet."""

from __future__ import annotations

from grid.imports.files import Sheet, words
from grid.offices.offices import Office, Offices
from gridline.calendar.written_hours import as_written
from gridline.companies import Company

COLUMNS = (
    *("код", "офис", "офис вслух", "категория", "филиал", "адрес", "адрес вслух", "населённые пункты", "телефон"),
    *("почта", "часы", "услуги", "окна", "минут на приём", "другие организации"),
)


def sheet(told: Offices, company: Company) -> Sheet:
    """A row an office."""
    return Sheet(COLUMNS, [_row(told, office, company) for office in told.offices])


def _row(told: Offices, office: Office, company: Company) -> tuple[str, ...]:
    branch = company.branch(office.branch).name if office.branch else ""
    services = words.names(office.services, company.topics)
    return (
        *(office.id, office.name, office.spoken_name or "", office.category, branch, office.address),
        *(office.spoken_address, "; ".join(office.settlements), office.phone, office.email),
        *(
            as_written(told.schedule(office).week),
            services,
            str(office.windows),
            str(office.slot_min),
        ),
        "; ".join(office.third_parties),
    )
