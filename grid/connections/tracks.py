"""The stages of a technological connection: a track up to 150 kW, as the service passport has it, and one over that.

Stages and turns follow domain.md section 4 and the rules of connection; the days are counted in the
application's own due dates, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from grid.models import Turn


@dataclass(frozen=True)
class TrackStage:
    """One stage of a track: whose turn it usually is, and what an applicant is told."""

    name: str
    turn: Turn
    next_step: str


TRACKS: Mapping[str, tuple[TrackStage, ...]] = MappingProxyType(
    {
        "standard-150": (
            TrackStage(
                "рассмотрение заявки",
                Turn.GRID,
                "Мы готовим условия договора и счёт. Они появятся в личном кабинете.",
            ),
            TrackStage(
                "заключение договора",
                Turn.APPLICANT,
                "Оплатите счёт из личного кабинета: первым платежом договор считается заключённым.",
            ),
            TrackStage(
                "выполнение мероприятий",
                Turn.GRID,
                "Мы строим сеть до границы участка. Подготовьте ввод и вводной щит на своей стороне.",
            ),
            TrackStage(
                "фактическое присоединение",
                Turn.GRID,
                "Мастер подключит объект и опломбирует счётчик. О дне визита мы сообщим.",
            ),
            TrackStage(
                "уведомление об обеспечении возможности присоединения",
                Turn.GRID,
                "Мы разместим уведомление в личном кабинете. После него пользуйтесь электроэнергией.",
            ),
        ),
        "over-150": (
            TrackStage(
                "рассмотрение заявки",
                Turn.GRID,
                "Мы готовим договор и технические условия. Договор придёт вам на подпись.",
            ),
            TrackStage(
                "заключение договора",
                Turn.APPLICANT,
                "Подпишите договор и верните нам один экземпляр.",
            ),
            TrackStage(
                "выполнение мероприятий",
                Turn.GRID,
                "Мы строим сеть до границы участка. Выполните технические условия на своей стороне.",
            ),
            TrackStage(
                "проверка технических условий",
                Turn.APPLICANT,
                "Сообщите нам, что технические условия выполнены, и мы осмотрим ваши электроустановки.",
            ),
            TrackStage(
                "фактическое присоединение",
                Turn.GRID,
                "Мастер подключит объект и опломбирует приборы учёта. О дне визита мы сообщим.",
            ),
            TrackStage(
                "подписание акта о присоединении",
                Turn.APPLICANT,
                "Подпишите акт об осуществлении технологического присоединения.",
            ),
        ),
    }
)
"""By code; an application keeps a copy of its stages, so that a later edition does not rewrite it."""
