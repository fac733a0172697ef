"""What a recogniser makes of the product's prompts: a record of it, and the judge who fills it.

A prompt that Whisper does not understand over A-law is hard for people on a bad line too. Judging them all takes
minutes, so `prompts_heard.tsv` keeps each verdict by the sound's own hash; `python -m tests.prompts_heard` judges
what is new there.
"""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from gridline.companies import Companies
from gridline.settings import HOUSE
from ivr.voice import audio
from ivr.voice.clips import Clips, PromptClip
from ivr.voice.prompts import COMMON, PromptBook
from ivr.voice.studio import Studio
from ivr.voice.synthesis import RHVoice, find_rhvoice
from speech.ears import Ears
from speech.error_rate import error_rate
from speech.port import Word

RECORD = Path(__file__).with_suffix(".tsv")
GAP = np.zeros(audio.RATE * 3 // 2, np.int16)
"""Silence between two prompts of a batch, so that neither helps the other."""
BATCH_S = 27.0
"""Whisper looks at thirty seconds at a time, whether they are full or not."""
NEAR_S = 0.7


@dataclass(frozen=True)
class Verdict:
    """How one prompt was understood."""

    sound: str
    """The clip's own name: a hash of words, voice and rate."""
    prompt: str
    """Company and id."""
    error_rate: float
    heard: str


def clips_in(folder: Path) -> Clips:
    """The product's prompts, to be made in this folder."""
    dialplan = HOUSE / "dialplan"
    rhvoice = RHVoice(find_rhvoice(HOUSE / ".packages"), "anna", timeout_s=60)
    return Clips(PromptBook.load(dialplan / "prompts.ru.yaml"), rhvoice, folder, Studio(dialplan / "studio"))


def spoken(clips: Clips) -> dict[str, tuple[str, PromptClip]]:
    """Sound -> (company/id, clip) of every prompt that the synthesiser says without values, each sound once."""
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    companies = [COMMON, *(company.id for company in Companies.load(HOUSE / "dialplan/companies"))]
    found: dict[str, tuple[str, PromptClip]] = {}
    for id, entry in book.items():
        for company in companies if entry.kind != "tone" and not entry.placeholders else ():
            clip = clips.find(id, company)
            if clip.take is None:
                found.setdefault(clip.file.name, (f"{company}/{id}", clip))
    return found


def recorded() -> dict[str, Verdict]:
    """Sound -> verdict, as the record has it."""
    with RECORD.open(encoding="utf-8", newline="") as rows:
        return {row[0]: Verdict(row[0], row[1], float(row[2]), row[3]) for row in csv.reader(rows, "excel-tab")}


async def judged(clips: Clips, ears: Ears, wanted: Mapping[str, tuple[str, PromptClip]]) -> list[Verdict]:
    """Hear these prompts through A-law, several in a row with silence between them."""
    for _, clip in wanted.values():
        await clips.ready(clip)
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory() as folder:
        for batch in _batches(wanted):
            wav, places = Path(folder) / "batch.wav", {}
            samples, at_s = [GAP], len(GAP) / audio.RATE
            for sound in batch:
                said = over_the_telephone(_samples(wanted[sound][1]))
                samples += [said, GAP]
                places[sound] = (at_s - NEAR_S, at_s + len(said) / audio.RATE + NEAR_S)
                at_s += (len(said) + len(GAP)) / audio.RATE
            wav.write_bytes(audio.wav_bytes(np.concatenate(samples)))
            words = (await ears.transcribe(wav, 0)).words
            for sound, (begins_s, ends_s) in places.items():
                heard = " ".join(_within(words, begins_s, ends_s))
                prompt, clip = wanted[sound]
                verdicts.append(Verdict(sound, prompt, round(error_rate(clip.text, heard), 2), heard))
    return verdicts


def over_the_telephone(pcm: audio.Pcm) -> audio.Pcm:
    """What is left of the samples after A-law: of all samples with one code, their mean."""
    every = np.arange(-32768, 32768).astype(np.int16)
    codes = np.frombuffer(audio.alaw(every), np.uint8)
    means = np.bincount(codes, weights=every, minlength=256) / np.bincount(codes, minlength=256)
    return means[np.frombuffer(audio.alaw(pcm), np.uint8)].astype(np.int16)


def _samples(clip: PromptClip) -> audio.Pcm:
    return np.frombuffer(clip.file.with_suffix(".wav").read_bytes()[44:], "<i2").astype(np.int16)


def _batches(wanted: Mapping[str, tuple[str, PromptClip]]) -> Iterator[list[str]]:
    batch: list[str] = []
    length_s = 0.0
    for sound, (_, clip) in wanted.items():
        own_s = (len(_samples(clip)) + len(GAP)) / audio.RATE
        if batch and length_s + own_s > BATCH_S:
            yield batch
            batch, length_s = [], 0.0
        batch.append(sound)
        length_s += own_s
    if batch:
        yield batch


def _within(words: Iterable[Word], begins_s: float, ends_s: float) -> Iterator[str]:
    return (word.text for word in words if begins_s <= (word.start_s + word.end_s) / 2 < ends_s)


async def _fill(shelf_folder: Path) -> None:
    from tests.speech_models import whisper_base

    clips = clips_in(shelf_folder / "prompts")
    ears, there = Ears(whisper_base(shelf_folder), niceness=0), spoken(clips)
    known = recorded() if RECORD.exists() else {}
    try:
        new = await judged(clips, ears, {sound: it for sound, it in there.items() if sound not in known})
    finally:
        await ears.close()
        await clips.close()
    kept = {sound: verdict for sound, verdict in known.items() if sound in there} | {each.sound: each for each in new}
    with RECORD.open("w", encoding="utf-8", newline="") as out:
        rows = sorted(kept.values(), key=lambda verdict: verdict.prompt)
        csv.writer(out, "excel-tab", lineterminator="\n").writerows(map(astuple, rows))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as beside:
        asyncio.run(_fill(Path(beside)))
