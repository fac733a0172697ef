"""Where the real storm comes: an installation of its own, and a town whose every house hangs on one feeder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import yaml

import migrations
from carrier.stories.installation import Installation
from grid import places
from grid.models import Premise, PremisePhone, Subscriber, SubscriberKind
from gridline.settings import HOUSE

PACKAGES: Final = HOUSE / ".packages"
COMPANY, DID = "skek", "78005009494"
AGENTS: Final = tuple(f"10{number}" for number in range(1, 9))
"""As many as the simulated night has."""
HOUSES: Final = 120
"""Known premises of one feeder's five transformers, each with a number of its own."""
FEEDER: Final = "Ф-1"
SETTLEMENT, STREET = "п. Южный", "ул. Весенняя"
BRIEF: Final = {
    "notice": {"kind": "notice", "text": "Разговор записывается."},
    "danger-safety": {"text": "Не подходите к проводу."},
    "storm-menu-water": {"kind": "menu", "text": "Опасность, один. Нет света, два. Нет воды, три. Перезвонить, ноль."},
    "premise-confirm": {"kind": "question", "text": "{address}? Да, один. Нет, два."},
    "outage-none": {"text": "Отключений {what} нет."},
    "report-check-fuses": {"text": "Проверьте автомат."},
    "outage-end-menu": {"kind": "menu", "text": "Сообщить, что {what} нет, один. Другой адрес, два."},
}
"""Short words for a trial."""


def number(house: int) -> str:
    """The telephone of a house, as SIP says it."""
    return f"79134400{house:03d}"


def address(house: int) -> str:
    """The address of a house, in one line."""
    return f"{SETTLEMENT}, {STREET}, д. {house + 1}"


def installation(folder: Path, *, brief: bool) -> Installation:
    """A product under `folder` that two calls put into a storm; `brief`: with short words."""
    shutil.copytree(HOUSE / "dialplan", folder / "dialplan")
    if brief:
        book = folder / "dialplan/prompts.ru.yaml"
        prompts = yaml.safe_load(book.read_text("utf-8")) | BRIEF
        book.write_text(yaml.safe_dump(prompts, allow_unicode=True, sort_keys=False), "utf-8")
    limit = "{of: %s, on: 1, off: 0.5, calm_min: 60, window_s: 60, hand_min: 60}"
    rows = "\n".join(f"  - {limit % of}" for of in ("company", "branch"))
    (folder / "dialplan/storm.yaml").write_text(f"limits:\n{rows}\n", "utf-8")
    (folder / "var/prompts").mkdir(parents=True)
    for made in ("clips", "joined"):
        (HOUSE / "var/prompts" / made).mkdir(parents=True, exist_ok=True)
        (folder / "var/prompts" / made).symlink_to(HOUSE / "var/prompts" / made)
    own = {"dialplan": str(folder / "dialplan"), "package_root": str(PACKAGES), "agents": list(AGENTS)}
    return Installation(folder / "var", {**own, "calls_per_caller": 1000, "whisper": False, "rtp_last_port": 13999})


async def settle(house: Installation) -> None:
    """Migrate the installation's database and fill in the town."""
    await migrations.upgrade(house.db)
    people, homes, phones = [], [], []
    keys = {"settlement_key": places.key(SETTLEMENT), "street_key": places.key(STREET)}
    for place in range(HOUSES):
        id = f"{place + 1:032x}"
        where = {"settlement": SETTLEMENT, "street": STREET, "house": str(place + 1), "building": "", "flat": ""}
        fed = {"line": FEEDER, "transformer": f"ТП-{place % 5 + 1}", "substation": "ПС-1"}
        own = {"company_id": COMPANY, "code": str(place), "subscriber_id": id, "branch": ""}
        person = {"company_id": COMPANY, "account": f"{5_000_000 + place}", "name": "Абонент"}
        people.append(Subscriber(id=id, kind=SubscriberKind.PERSON, **person))
        homes.append(Premise(id=id, **own, **where, **keys, **fed, address=places.one_line(**where)))
        phones.append(PremisePhone(premise_id=id, phone=f"+{number(place)}"))
    async with house.db.write() as session:
        for rows in (people, homes, phones):
            session.add_all(rows)
            await session.flush()
