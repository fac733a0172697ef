"""Kamailio's files from our settings: Kamailio itself reads them, and what cannot be meant is refused in words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gridline import settings
from gridline.errors import Misconfigured, Unavailable
from kamailio_conf.render import RenderedKamailio, render
from kamailio_conf.runtime import program

NODES = ("node1=10.0.0.11:5060", "node2=10.0.0.12:5060/400")
CARRIERS = ("198.51.100.7:5060", "198.51.100.16/28")


def rendered(folder: Path, **own: object) -> RenderedKamailio:
    usual = {"trunk_host": "127.0.0.9", "kamailio_nodes": NODES, "kamailio_carriers": CARRIERS}
    return render(settings.load(var=folder, **(usual | own)))


@pytest.mark.parametrize("tls", [False, True])
def test_kamailio_reads_its_files_without_a_complaint(tls: bool, tmp_path: Path) -> None:
    try:
        kamailio = program()
    except Unavailable as absent:
        pytest.skip(absent.message)
    over_tls: dict[str, object] = {}
    if tls:
        for name in ("certificate.pem", "key.pem"):
            (tmp_path / name).touch()
        over_tls = {"kamailio_transport": "tls", "kamailio_tls_port": 5061}
        over_tls |= {"sip_tls_cert": tmp_path / "certificate.pem", "sip_tls_key": tmp_path / "key.pem"}
    made = rendered(tmp_path, **over_tls)
    done = subprocess.run([kamailio, "-c", "-f", str(made.config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    assert "WARNING" not in done.stderr


def test_each_node_is_asked_twice_and_carries_so_many_calls(tmp_path: Path) -> None:
    told = (rendered(tmp_path).etc / "dispatcher.list").read_text()
    assert "1 sip:health@10.0.0.12:5060 0 0 duid=node2;maxload=400\n" in told
    assert "2 sip:alive@10.0.0.12:5060 0 0 duid=node2-alone;maxload=400\n" in told


def test_only_their_owner_reads_the_files(tmp_path: Path) -> None:
    made = rendered(tmp_path)
    assert {file.stat().st_mode & 0o777 for file in made.etc.iterdir() if file.is_file()} == {0o600}


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"kamailio_nodes": ()}, "нужны узлы"),
        ({"kamailio_carriers": ()}, "операторы связи"),
        ({"kamailio_nodes": (NODES[0], "node1=10.0.0.12:5060")}, "дважды названо node1"),
        ({"kamailio_nodes": (NODES[0], "node2=10.0.0.11:5060")}, "дважды названо 10.0.0.11:5060"),
        ({"trunk_mode": "registration", "trunk_user": "a"}, 'trunk_mode = "address"'),
        ({"kamailio_transport": "tls"}, "kamailio_tls_port"),
        ({"kamailio_tls_port": 5061}, "sip_tls_cert"),
    ],
)
def test_what_cannot_be_meant_is_refused(own: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=words):
        rendered(tmp_path, **own)


@pytest.mark.parametrize("entry", ["node1", "node1=10.0.0.1", "Node=10.0.0.1:5060", 'a=b:5060";exit', "a=b:5060/0"])
def test_an_entry_that_is_no_node_is_refused_by_the_settings(entry: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="kamailio_nodes"):
        rendered(tmp_path, kamailio_nodes=(entry,))
