"""Two standing nodes behind a Kamailio; a test that takes one down brings it back."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from asterisk_conf.asterisk import find
from asterisk_conf.packages import PackageRoot
from carrier.stories.two_nodes import TwoNodes
from gridline.errors import Unavailable
from gridline.settings import HOUSE
from kamailio_conf.runtime import program
from tests.conftest import TEMPLATE
from tests.console import brief
from tests.postgres import PostgresServer
from tests.store.served import s3_server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nodes(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, s3: dict[str, object]
) -> AsyncIterator[TwoNodes]:
    """Both serve; skips, saying so, without an Asterisk or a Kamailio."""
    packages = PackageRoot(HOUSE / ".packages")
    try:
        find(packages)
        program()
    except Unavailable as absent:
        pytest.skip(str(absent))
    folder = tmp_path_factory.mktemp("nodes")
    shutil.copytree(HOUSE / "dialplan", folder / "dialplan")
    brief.shorten(folder / "dialplan", {"notice": brief.SHORT["notice"]})
    postgres_server.create("nodes", template=TEMPLATE)
    made = TwoNodes(
        folder,
        postgres_server.url("nodes"),
        folder / "dialplan",
        {"package_root": str(packages.path), "least_free_mb": 1, **s3},
    )
    for node in made.nodes.values():
        brief.prompts(node.var)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
        postgres_server.drop("nodes")


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """The settings of a store that both nodes put their recordings into."""
    with s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/sound", method="PUT"), timeout=10).close()
        where = {"s3_endpoint": endpoint, "s3_bucket": "sound", "s3_key_id": "gridline", "s3_secret": "secret"}
        yield {"recordings_store": "s3", **where}
