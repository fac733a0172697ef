"""What a recogniser makes of places said on the telephone: a record of it, by which the matching of names is judged.

Names of Kuzbass and of a usual town, most of them not in the sample, each said by the synthesiser through A-law, half
of them with their kind and half without, as people do. Hearing them all takes minutes: `python -m tests.places_heard`
adds to `places_heard.tsv` what is not there; the tests read it and hear a few again.
"""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import numpy as np

from gridline.settings import HOUSE
from ivr.voice import audio, spoken
from ivr.voice.synthesis import RHVoice, find_rhvoice
from speech.ears import Ears
from tests.prompts_heard import over_the_telephone

RECORD = Path(__file__).with_suffix(".tsv")
VOICES = ("aleksandr", "irina")
SETTLEMENTS = tuple(
    """
    г. Кемерово; г. Берёзовский; г. Топки; г. Полысаево; г. Тайга; г. Мариинск; г. Юрга; г. Анжеро-Судженск; пгт Яшкино
    пгт Яя; пгт Ижморский; пгт Крапивинский; пгт Промышленная; п. Барзас; п. Звёздный; п. Разведчик; п. Металлплощадка
    п. Новостройка; п. Щегловский; п. Кузбасский; п. Пригородный; п. Ясногорский; с. Елыкаево; с. Верхотомское
    с. Ягуново; с. Мазурово; с. Андреевка; с. Силино; с. Берёзово; с. Барановка; с. Мозжуха; с. Подъяково; с. Поперечное
    с. Лебеди; с. Борисово; с. Банново; с. Каменка; с. Тараданово; с. Зеледеево; с. Усть-Сосново; с. Красное
    с. Шевели; с. Поломошное; с. Колмогорово; с. Пача; с. Кулаково; с. Ивановка (Топкинский р-н)
    с. Ивановка (Крапивинский р-н); д. Новоивановка; д. Старочервово; д. Пугачи; д. Журавлёво; д. Креково
    д. Сухая Речка; д. Тебеньковка; д. Писаная; д. Мамаево; д. Смолино; д. Осиновка; д. Глухаринка; рзд Буреничево
    """.replace("\n", ";").split(";")
)
STREETS = tuple(
    """
    ул. Ленина; пр-кт Ленина; ул. Мира; ул. Советская; ул. Школьная; ул. Лесная; ул. Центральная
    ул. Набережная; ул. Молодёжная; ул. Садовая; ул. Новая; ул. Заречная; ул. Зелёная; ул. Солнечная
    ул. Октябрьская; ул. Гагарина; ул. Пушкина; ул. Кирова; ул. Комсомольская; ул. Первомайская; ул. 8 Марта
    ул. 50 лет Октября; ул. Карла Маркса; ул. Весенняя; ул. Тухачевского; пр-кт Октябрьский; пр-кт Шахтёров
    б-р Строителей; ул. Ноградская; ул. Дзержинского; ул. Красноармейская; ул. Совхозная; ул. Партизанская
    ул. Сибиряков-Гвардейцев; ул. Терешковой; ул. Ворошилова; ул. Патриотов; ул. Инициативная; пер. Щегловский
    ул. Радищева; ул. Рекордная; ул. Волгоградская; ул. Свободы; ул. Дружбы; ул. Луговая; ул. Полевая
    ул. Степная; ул. Речная; ул. Железнодорожная; ул. Вокзальная; ул. Кузнецкая; ул. Островского
    """.replace("\n", ";").split(";")
)
LISTS = {"settlement": SETTLEMENTS, "street": STREETS}


def names_of(kind: str) -> list[str]:
    """A list as a company's table has it."""
    return [name.strip() for name in LISTS[kind] if name.strip()]


def said(name: str, at: int) -> str:
    """How a caller says it: every other one without its kind, nobody with the district."""
    whole = name.partition(" (")[0]
    return spoken.address(whole if at % 2 == 0 else whole.partition(" ")[2])


def recorded() -> list[tuple[str, str, str]]:
    """(list, name, what was heard) of every name."""
    with RECORD.open(encoding="utf-8", newline="") as rows:
        return [(row[0], row[1], row[2]) for row in csv.reader(rows, "excel-tab")]


async def heard(ears: Ears, wanted: Iterable[tuple[str, str]], folder: Path) -> AsyncIterator[tuple[str, str, str]]:
    """Say these names (list, name) and hear them, each as a caller's utterance with a pause behind it."""
    voices: Sequence[RHVoice] = [RHVoice(find_rhvoice(HOUSE / ".packages"), voice, timeout_s=60) for voice in VOICES]
    pause = np.zeros(audio.RATE, np.int16)
    for kind, name in wanted:
        at = names_of(kind).index(name)
        sound = audio.for_telephone(await voices[at // 2 % len(VOICES)].speak(said(name, at)))
        wav = folder / "said.wav"
        wav.write_bytes(audio.wav_bytes(over_the_telephone(np.concatenate([pause[: audio.RATE // 3], sound, pause]))))
        yield kind, name, (await ears.transcribe(wav, 0)).text


async def _fill(folder: Path) -> None:
    from tests.speech_models import whisper_base

    ears = Ears(whisper_base(folder), niceness=0)
    known = {(kind, name) for kind, name, _ in recorded()} if RECORD.exists() else set()
    wanted = [(kind, name) for kind in LISTS for name in names_of(kind) if (kind, name) not in known]
    try:
        with RECORD.open("a", encoding="utf-8", newline="") as out:
            async for row in heard(ears, wanted, folder):
                csv.writer(out, "excel-tab", lineterminator="\n").writerow(row)
                out.flush()
    finally:
        await ears.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as beside:
        asyncio.run(_fill(Path(beside)))
