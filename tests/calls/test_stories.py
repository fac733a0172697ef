"""Whole calls against the real product: each story is a test, and all of them run concurrently."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client.metrics import MetricWrapperBase

from asterisk_conf.asterisk import Asterisk
from carrier.stories.installation import Installation
from gridline import metrics
from gridline.settings import HOUSE
from ivr.actions import SIGNATURES
from tests.calls import stories
from tests.calls.distressed import database_is_back, in_distress, packages_without_speech
from tests.calls.looked_up import exits_taken, figure
from tests.calls.stories import BOOK, DISTRESS
from tests.calls.street import ABSENT, DISPATCHER, TALKERS, Street, dialplan, with_data
from tests.calls.telling import Book, StoryFailed, Telling, Tellings

stories.load()
pytestmark = [pytest.mark.real_asterisk, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tellings(
    request: pytest.FixtureRequest, asterisk_program: Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Tellings]:
    """Both streets with every story that was asked for, being told."""
    del asterisk_program  # it is there, or this is skipped
    asked = {_params(item)["name"] for item in request.session.items if "name" in _params(item)}
    async with AsyncExitStack() as streets:

        async def street_of(book: Book) -> Street:
            folder = tmp_path_factory.mktemp("street")
            return await streets.enter_async_context(await _street(folder, distressed=book is DISTRESS))

        tellings = Tellings(asked, street_of)
        for book in (BOOK, DISTRESS):
            if asked & book.stories.keys():
                wanted = [story for name, story in book.stories.items() if name in asked]
                tellings.of[book] = Telling(await street_of(book), wanted)
        yield tellings
        await tellings.end()


async def _street(folder: Path, *, distressed: bool) -> AbstractAsyncContextManager[Street]:
    (folder / "var").mkdir()
    packages = HOUSE / ".packages"
    if distressed:
        packages = packages_without_speech(folder / "packages")
    else:
        (folder / "var/prompts").mkdir()
        for made in ("clips", "joined"):  # what was said in an earlier run need not be synthesised again
            (HOUSE / "var/prompts" / made).mkdir(parents=True, exist_ok=True)
            (folder / "var/prompts" / made).symlink_to(HOUSE / "var/prompts" / made)
    own = {
        "dialplan": str(dialplan(folder / "dialplan")),
        "package_root": str(packages),
        "agents": [*TALKERS, DISPATCHER, ABSENT],
        "least_free_mb": 1,
        "whisper": False,  # these agents speak, and hang up, as soon as they have picked up
    }
    house = Installation(folder / "var", own)
    await with_data(house)
    street = Street(house)
    return in_distress(street) if distressed else street.alive()


@pytest.mark.parametrize("name", [*BOOK.stories, *DISTRESS.stories])
async def test_story(name: str, tellings: Tellings) -> None:
    if name in DISTRESS.stories and shutil.which("RHVoice-test"):
        pytest.skip("the machine has an RHVoice of its own: speech cannot be taken away here")
    try:
        await tellings.result(name)
    except StoryFailed as failed:
        pytest.fail(str(failed), pytrace=False)  # rendering a traceback is slow and would block the callers


async def test_every_exit_of_every_action_was_taken(tellings: Tellings) -> None:
    if not tellings.asked >= {*BOOK.stories, *DISTRESS.stories}:
        pytest.skip("only some of the stories were told")
    await tellings.end()
    distressed = tellings.of[DISTRESS].street.house
    database_is_back(distressed)
    taken = await exits_taken(tellings.of[BOOK].street.house, len(BOOK.stories))
    taken |= await exits_taken(distressed, len(DISTRESS.stories))
    for again in tellings.again:
        database_is_back(again.street.house)
        taken |= await exits_taken(again.street.house, 1)
    every = {(action, exit) for action, signature in SIGNATURES.items() for exit in signature.exits}
    missing = every - taken
    assert not missing, sorted(missing)


async def test_nothing_went_wrong_behind_the_stories(tellings: Tellings) -> None:
    """No call is left over, none crashed, nothing failed unforeseen, and Asterisk has no ERROR to tell."""
    if BOOK not in tellings.of:
        pytest.skip("no story of the usual street was told")
    await tellings.end()
    house = tellings.of[BOOK].street.house
    await figure(house, "gridline_calls_now", 0.0)
    await figure(house, "gridline_call_crashes_total", 0.0)
    assert [line for line in house.log().splitlines() if "place-failed" in line or "Traceback" in line] == []
    assert [line for line in house.asterisk_log().splitlines() if " ERROR[" in line] == []


IN_TROUBLE = {
    "gridline_callers_heard": "tests/calls/test_said_to_the_line.py",
    "gridline_calls_out": "tests/faults/test_duty.py",
    "gridline_danger_accepted_seconds": "tests/faults/test_duty.py",
    "gridline_call_crashes": "tests/calls/test_stories.py",
    "gridline_calls_now": "tests/calls/test_the_demo.py",
    "gridline_calls_turned_away": "tests/faults/test_peers.py",
    "gridline_drained": "tests/faults/test_database.py",
    "gridline_event_failures": "tests/unit/telephony/test_ami.py",
    "gridline_push_dropped": "tests/console/test_push.py",
    "gridline_push_listeners": "tests/console/test_push.py",
    "gridline_recordings_adrift": "tests/store/test_recordings_verified.py",
    "gridline_request_crashes": "tests/console/test_crash.py",
    "gridline_seals_refused": "tests/faults/test_peers.py",
    "gridline_sip_bans": "tests/faults/test_peers.py",
    "gridline_sip_sign_ins_refused": "tests/faults/test_peers.py",
    "gridline_spooled": "tests/faults/test_database.py",
    "gridline_transcript_rtf": "tests/store/test_transcripts.py",
    "gridline_transcripts": "tests/store/test_transcripts.py",
    "gridline_transcripts_failed": "tests/store/test_transcripts.py",
}
"""What no caller of a story sets, and the test that sees it set (or see it stay at nothing)."""


async def test_every_figure_is_set_by_a_real_call(tellings: Tellings) -> None:
    if not tellings.asked >= {*BOOK.stories, *DISTRESS.stories}:
        pytest.skip("only some of the stories were told")
    await tellings.end()
    told = ""
    for telling in (*tellings.of.values(), *tellings.again):
        _, body = await telling.street.house.http("/metrics")
        told += body
    ours = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    declared = {next(iter(metric.describe())).name for metric in ours}
    unset = {name for name in declared if not re.search(rf"^{name}(_total|_count)?({{.*}})? [0-9.]*[1-9]", told, re.M)}
    assert unset <= set(IN_TROUBLE)
    assert [file for name, file in IN_TROUBLE.items() if not _mentions(HOUSE / file, name)] == []


def _mentions(file: Path, figure: str) -> bool:
    """Whether a test looks at the figure, beyond naming it in a table."""
    return any(figure in line and f'"{figure}":' not in line for line in file.read_text("utf-8").splitlines())


async def test_what_is_made_for_asterisk_can_read_our_calls(tellings: Tellings) -> None:
    """queue_log, CDR and CEL are as Asterisk writes them, and name the same calls."""
    if not tellings.asked >= {*BOOK.stories, *DISTRESS.stories}:
        pytest.skip("only some of the stories were told")
    await tellings.end()
    log = tellings.of[BOOK].street.house.var / "asterisk/var/log"
    queued: dict[str, set[str]] = {}
    for line in (log / "queue_log").read_text().splitlines():
        _, call, _, _, event, *_ = line.split("|")
        queued.setdefault(event, set()).add(call)
    assert queued["CONNECT"]
    assert queued["COMPLETECALLER"] | queued["COMPLETEAGENT"] <= queued["CONNECT"] <= queued["ENTERQUEUE"]
    with (log / "cdr-csv/Master.csv").open(newline="") as file:
        billed = {row[-1]: row[14] for row in csv.reader(file)}
    assert {billed[call] for call in queued["CONNECT"]} == {"ANSWERED"}
    with (log / "cel-custom/cel.csv").open(newline="") as file:
        began = {row[5] for row in csv.reader(file) if row[0] == "CHAN_START"}
    assert queued["ENTERQUEUE"] <= began


def _params(item: pytest.Item) -> Mapping[str, str]:
    callspec = vars(item).get("callspec")
    return callspec.params if callspec is not None else {}
