"""A real S3 server on this machine, for the tests of what is kept there."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

STARTS_S = 60
NO_FILES = (
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>sound</Name><KeyCount>0</KeyCount>'
    b"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"
)
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


@contextmanager
def refusing_s3(*, lists: bool) -> Iterator[str]:
    """A service that refuses every file (403), and to list them too unless it `lists`. Gives its address."""

    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = NO_FILES if lists and "list-type=2" in self.path else b""
            self.send_response(200 if body else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """It tells nobody."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def bucket(endpoint: str, name: str) -> None:
    """Make a bucket there."""
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT"), timeout=10).close()
