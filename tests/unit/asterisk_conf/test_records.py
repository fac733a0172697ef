"""A caller's number goes out of Asterisk's records where it lies, while Asterisk goes on writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from asterisk_conf.logs import Logs
from asterisk_conf.records import forget_caller, tail

CALL, LEG, OTHER = "1796.7", "1796.9", "1796.77"
NUMBER = "+79135557788"


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    """Records of two calls from one number, the first with an agent's leg; part of them put aside."""
    for folder in ("cdr-csv", "cel-custom"):
        (tmp_path / folder).mkdir()

    def cel(leg: str, call: str, number: str = NUMBER) -> str:
        return f'"ANSWER","1796.1","{number}","78005009494","PJSIP/x","{leg}","{call}","{{""to"":""{NUMBER}""}}"\n'

    def cdr(leg: str) -> str:
        fields = ("", "89135557788", "78005009494", "trunk", f'""x"" <{NUMBER}>', "PJSIP/x", "", "AGI", "agi")
        return ",".join(f'"{one}"' for one in (*fields, "", "", "", "1", "1", "ANSWERED", "", leg, "")) + "\n"

    (tmp_path / "cel-custom/cel.csv.2").write_text(cel(CALL, CALL))
    (tmp_path / "cel-custom/cel.csv").write_text(cel(LEG, CALL, "101") + cel(OTHER, OTHER))
    (tmp_path / "cdr-csv/Master.csv").write_text(cdr(CALL) + cdr(LEG) + cdr(OTHER))
    (tmp_path / "queue_log").write_text(
        f"1796|{CALL}|skek-hotline|NONE|ENTERQUEUE||{NUMBER}|1\n1797|{OTHER}|skek-hotline|NONE|ENTERQUEUE||{NUMBER}|1\n"
    )
    (tmp_path / "messages.log").write_text(f"[x] NOTICE: caller {NUMBER}\n")
    return Logs(tmp_path, 1)


def lines(logs: Logs) -> list[str]:
    """Every line of every record."""
    files = [file for log in logs.files for file in logs.parts_of(log)]
    return [line for file in files for line in file.read_text().splitlines()]


def test_one_call_loses_its_number_and_another_keeps_its_own(logs: Logs) -> None:
    sizes = {file: file.stat().st_size for log in logs.files for file in logs.parts_of(log)}
    assert forget_caller(logs, CALL) == 8
    own = [line for line in lines(logs) if f'"{CALL}"' in line or f"|{CALL}|" in line or f'"{LEG}"' in line]
    assert len(own) == 5
    assert not [line for line in own if "9135557788" in line]
    assert all("xxxxxxxxxx" in line for line in own)
    others = [line for line in lines(logs) if OTHER in line]
    assert all("9135557788" in line for line in others)
    assert {file: file.stat().st_size for file in sizes} == sizes
    assert forget_caller(logs, CALL) == 0


def test_asterisks_own_log_names_no_call_and_is_cleared_by_the_number(logs: Logs) -> None:
    forget_caller(logs, CALL, NUMBER)
    assert logs.messages.read_text() == "[x] NOTICE: caller +7xxxxxxxxxx\n"


def test_what_asterisk_adds_meanwhile_stays_and_a_rename_does_no_harm(logs: Logs) -> None:
    queue_log = logs.folder / "queue_log"
    with queue_log.open("a") as asterisk:
        asterisk.write(f"1798|{CALL}|skek-hotline|NONE|ENTERQUEUE||{NUMBER}|1\n")
        asterisk.flush()
        queue_log.rename(logs.folder / "queue_log.1")
        forget_caller(logs, CALL)
        asterisk.write(f"1799|{CALL}|skek-hotline|NONE|ABANDON|1|1|9\n")
    told = (logs.folder / "queue_log.1").read_text().splitlines()
    assert [line.split("|")[4] for line in told] == ["ENTERQUEUE", "ENTERQUEUE", "ENTERQUEUE", "ABANDON"]
    assert [NUMBER in line for line in told] == [False, True, False, False]


@pytest.mark.parametrize(
    ("number", "digits"),
    [(NUMBER, "9135557788"), ("89135557788", "9135557788"), ("45-67-89", "456789"), ("101", ""), ("anonymous", "")],
)
def test_the_last_ten_digits_are_the_same_however_it_is_written(number: str, digits: str) -> None:
    assert tail(number) == digits
