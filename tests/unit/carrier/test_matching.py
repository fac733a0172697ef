"""The ear knows a clip again, says when it began and whether it was heard to its end, and takes no other for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asterisk_conf.packages import PackageRoot
from carrier.hearing.matching import ClipHeard, Heard16, Search, begun_before, find_all
from carrier.hearing.sound import Clip, clip
from carrier.hearing.tones import chirps
from gridline.errors import InvalidInput
from gridline.settings import HOUSE
from ivr.voice.audio import RATE
from tests.unit.carrier.telephone_sound import line, words


def live(wanted: Clip, heard: Heard16, *, step: int = 1600, to_the_end: bool = False) -> ClipHeard | None:
    """Feed the sound as it would come in a call."""
    search = Search(wanted, to_the_end=to_the_end)
    for end in range(step, len(heard) + step, step):
        if found := search.feed(heard[:end], final=end >= len(heard)):
            return found
    return None


@pytest.mark.parametrize("delay_s", [0.0, 0.313, 2.0, 11.777])
@pytest.mark.parametrize("level", [0.05, 1.0, 2.5])
def test_a_clip_is_found_where_it_begins_at_any_level(delay_s: float, level: float) -> None:
    wanted = words(1, 3.0)
    found = live(wanted, line(delay_s, words(2, 1.5), wanted, 1.0, level=level), to_the_end=True)
    assert found is not None
    assert found.at_s == pytest.approx(int(delay_s * RATE) / RATE + 1.5, abs=0.002)
    assert found.until_s == pytest.approx(found.at_s + 3.0, abs=0.05)
    assert found.score > 0.97


@pytest.mark.parametrize("step", [160, 1600, 8000, 200_000])
def test_it_does_not_matter_in_what_pieces_the_sound_comes(step: int) -> None:
    wanted = words(1, 2.0)
    found = live(wanted, line(9.0, words(3, 4.0), wanted, 5.0), step=step, to_the_end=True)
    assert found is not None
    assert found.at_s == pytest.approx(13.0, abs=0.002)


def test_the_head_is_known_before_the_clip_is_over() -> None:
    wanted = words(1, 10.0)
    search = Search(wanted)
    assert search.feed(line(0.5, wanted)[: int(1.2 * RATE)]) is None
    found = search.feed(line(0.5, wanted)[: int(1.5 * RATE)])
    assert found is not None
    assert found.at_s == pytest.approx(0.5, abs=0.002)


def test_a_telephone_that_took_up_the_line_late_knows_the_clip_by_its_rest_and_no_other() -> None:
    wanted = words(1, 4.0)
    found = begun_before(wanted, line(wanted, 1.0)[int(0.9 * RATE) :])
    assert found is not None
    assert found.at_s == pytest.approx(-0.9, abs=0.002)
    assert begun_before(words(2, 4.0), line(wanted, 1.0)[int(0.9 * RATE) :]) is None
    assert begun_before(wanted, line(0.5, wanted)) is None
    assert begun_before(words(1, 0.5), line(wanted)) is None


@pytest.mark.parametrize("lost_ms", [20, 40, 60])
def test_chirps_that_a_busy_browser_has_torn_are_known_from_other_torn_ones(lost_ms: int) -> None:
    """Of every third of a second some packets are missing, at another place each time the voice comes round."""

    def torn(number: int) -> Heard16:
        whole = line(*[chirps(number, 1.2)] * 8)
        lost = lost_ms * RATE // 1000
        return np.concatenate([whole[at : at + RATE // 3 - lost] for at in range(0, len(whole), RATE // 3)])

    assert live(chirps(201, 1.2), torn(201)) is not None
    assert all(live(chirps(201, 1.2), torn(number)) is None for number in range(202, 232))


def test_other_words_of_the_same_voice_are_not_the_clip() -> None:
    heard = line(*(words(number, 4.0) for number in range(10, 30)))
    for number in range(6):
        search = Search(words(number, 2.0))
        assert search.feed(heard, final=True) is None
        assert 0.1 < search.best.score < 0.65


def test_no_chirps_are_taken_for_others() -> None:
    heard = line(*(chirps(number) for number in range(1, 40)))
    for number in range(40, 60):
        assert find_all(chirps(number), heard) == []


@pytest.mark.parametrize("missing_s", [0.15, 0.5, 2.0, 3.5])
def test_a_clip_that_is_cut_off_is_not_heard_to_its_end(missing_s: float) -> None:
    wanted = words(1, 4.5)
    cut = Clip("cut", wanted.samples[: int((4.5 - missing_s) * RATE)])
    for heard in (line(1.0, cut, 3.0), line(1.0, cut, words(5, 3.0)), line(1.0, cut)):
        search = Search(wanted, to_the_end=True)
        assert search.feed(heard, final=True) is None
        assert search.best.at_s == pytest.approx(1.0, abs=0.002)
        assert 4.5 - missing_s - 0.6 <= search.best.followed_s <= 4.5 - missing_s + 0.1
        assert live(wanted, heard) is not None  # it did begin


def test_two_clips_with_the_same_beginning_are_told_apart_by_their_ends() -> None:
    beginning = words(1, 2.0)
    one = Clip("one", np.concatenate([beginning.samples, words(2, 1.0).samples]))
    other = Clip("other", np.concatenate([beginning.samples, words(3, 1.0).samples]))
    heard = line(0.3, other, 0.7, one, 0.5)
    found = live(one, heard, to_the_end=True)
    assert found is not None
    assert found.at_s == pytest.approx(4.0, abs=0.002)


def test_a_lost_packet_in_mid_clip_is_forgiven() -> None:
    wanted = words(1, 4.0)
    whole = line(1.0, wanted, 0.5)
    lossy = np.concatenate([whole[: 3 * RATE], whole[3 * RATE + 160 :]])
    found = live(wanted, lossy, to_the_end=True)
    assert found is not None
    assert found.until_s == pytest.approx(4.98, abs=0.05)


def test_every_time_is_counted_and_none_twice() -> None:
    wanted = words(1, 1.2)
    heard = line(0.5, wanted, 0.2, words(2, 3.0), wanted, wanted, 1.0)
    assert [round(hit.at_s, 2) for hit in find_all(wanted, heard, to_the_end=True)] == [0.5, 4.9, 6.1]


def test_the_search_begins_where_it_is_told_to() -> None:
    wanted = words(1, 1.2)
    found = Search(wanted, since=RATE).feed(line(0.5, wanted, 2.0, wanted), final=True)
    assert found is not None
    assert found.at_s == pytest.approx(3.7, abs=0.002)


def test_silence_cannot_be_searched_for() -> None:
    with pytest.raises(InvalidInput, match="тишина"):
        clip(Clip("nothing", np.zeros(RATE, np.float32)))


def test_a_human_voice_is_known_again_and_not_mixed_up() -> None:
    packages = PackageRoot(HOUSE / ".packages")
    folder = packages.tree / "usr/share/asterisk/sounds/ru_RU_f_IvrvoiceRU"
    names = ("agent-pass", "conf-getpin", "dir-pls-enter", "demo-thanks", "conf-invalidpin", "agent-user")
    files = [Path(folder / f"{name}.wav") for name in names]
    if not all(file.exists() for file in files):
        pytest.skip(f"no Russian sounds in {packages.path.name} (make setup)")
    clips = [clip(file) for file in files]
    for number, wanted in enumerate(clips):
        rest = [other for other in clips if other is not wanted]
        assert find_all(wanted, line(*rest)) == []
        (found,) = find_all(wanted, line(*rest[:number], wanted, *rest[number:]), to_the_end=True)
        assert found.at_s == pytest.approx(sum(other.seconds for other in clips[:number]), abs=0.01)
        assert found.score > 0.97
