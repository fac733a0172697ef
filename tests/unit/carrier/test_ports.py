"""Ports of tests: two processes that choose at the same moment never choose the same one."""

from __future__ import annotations

import subprocess
import sys

from carrier.settings import _kept, free_port
from gridline.settings import HOUSE

ANOTHER = "import sys; from carrier.settings import _kept; print(_kept(int(sys.argv[1])))"


def of_another(port: int) -> bool:
    """Whether another process is given this port."""
    done = subprocess.run([sys.executable, "-c", ANOTHER, str(port)], cwd=HOUSE, capture_output=True, check=True)
    return done.stdout == b"True\n"


def test_a_port_that_was_given_is_given_to_nobody_else() -> None:
    port = free_port()
    assert not _kept(port)
    assert not of_another(port)


def test_what_another_process_held_is_free_after_it() -> None:
    port = 21_999
    assert of_another(port)
    assert of_another(port)
