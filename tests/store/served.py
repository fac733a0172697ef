"""A real S3 server on this machine, for the tests of what is kept there."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STARTS_S = 60
WAITED = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", int(sys.argv[1]), verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@contextmanager
def s3_server(folder: Path, port: int = 0) -> Iterator[str]:
    """Moto's server in a process of its own, on any port or this one; it ends with the block. Gives its address."""
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WAITED, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert server.stdout is not None
        serves = server.stdout.readline().strip()
        assert serves, (folder / "server.log").read_text()
        yield f"http://127.0.0.1:{serves}"
    finally:
        server.communicate("", timeout=STARTS_S)


def bucket(endpoint: str, name: str) -> None:
    """Make a bucket there."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT"), timeout=10).close()
