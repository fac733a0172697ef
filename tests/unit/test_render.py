"""The rendered files: which agents answer which queue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from asterisk_conf.asterisk import Asterisk
from asterisk_conf.render import outbound_patterns, render
from gridline.companies import Companies, Company
from gridline.errors import Misconfigured
from gridline.settings import HOUSE, Settings, load

PROGRAM = Asterisk(("asterisk",), "22.0.0", Path("/usr/sbin"), Path("/usr/lib/asterisk/modules"), Path("/usr/share"))


def companies_with(folder: Path, members: dict[str, list[str]]) -> list[Company]:
    body = yaml.safe_load((HOUSE / "dialplan/companies/skek.yaml").read_text("utf-8"))
    for topic in body["topics"].values():
        topic.pop("schedule", None)
    (folder / "skek.yaml").write_text(yaml.safe_dump(body | {"members": members}, allow_unicode=True), "utf-8")
    return list(Companies.load(folder))


def queues(folder: Path, members: dict[str, list[str]], *, ring_desk_phones: bool = True) -> dict[str, list[str]]:
    """Members by queue, as Asterisk will read them."""
    settings = Settings(var=folder / "var", agents=("101", "102", "103"), ring_desk_phones=ring_desk_phones)
    (folder / "companies").mkdir()
    rendered = render(settings, PROGRAM, companies_with(folder / "companies", members))
    found: dict[str, list[str]] = {}
    for line in (rendered.etc / "queues.conf").read_text().splitlines():
        if line.endswith("(common)"):
            found[line[1:].partition("]")[0]] = []
        elif line.startswith("member => "):
            found[list(found)[-1]].append(line.removeprefix("member => "))
    return found


def test_a_queue_has_the_agents_its_company_names(tmp_path: Path) -> None:
    found = queues(tmp_path, {"skek-water": ["103"], "skek-office": []})
    assert found["skek-water"] == ["PJSIP/103,0,103"]
    assert found["skek-office"] == []


def test_a_queue_that_is_not_named_is_answered_by_all(tmp_path: Path) -> None:
    assert queues(tmp_path, {})["skek-hotline"] == [f"PJSIP/{agent},0,{agent}" for agent in (101, 102, 103)]


def test_a_queue_rings_nobody_who_has_not_signed_on(tmp_path: Path) -> None:
    """Case C7: without the setting no desk phone stands in queues.conf."""
    assert set(map(tuple, queues(tmp_path, {}, ring_desk_phones=False).values())) == {()}


def test_an_agent_the_settings_do_not_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="В очереди skek-water компании skek агенты 109, которых нет в настройках"):
        queues(tmp_path, {"skek-water": ["109", "101"]})


def rendered(folder: Path, **own: object) -> Path:
    """The folder of the rendered files of an installation with these settings."""
    settings = load(var=folder / "var", **own)
    return render(settings, PROGRAM, companies_with(folder, {})).etc


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("84951234567", True),
        ("+79131234567", True),
        ("78005009494", True),
        ("83842580000", True),
        ("88095551234", False),  # paid
        ("88031234567", False),
        ("77012345678", False),  # abroad, though it begins like ours
        ("810442071234567", False),
        ("+442071234567", False),
        ("2580000", False),
    ],
)
def test_an_agent_dials_only_what_the_settings_allow(number: str, may: bool) -> None:
    patterns = outbound_patterns(Settings().outbound_prefixes)
    assert any(re.fullmatch(_as_regex(pattern), number) for pattern in patterns) == may


def _as_regex(pattern: str) -> str:
    return pattern.removeprefix("_").replace("+", r"\+").replace("X", "[0-9]")


def test_browsers_speak_opus_only_where_asterisk_has_it(tmp_path: Path) -> None:
    etc = rendered(tmp_path)
    assert "allow = alaw,ulaw\n" in (etc / "pjsip.conf").read_text()
    assert "opus" not in (etc / "modules.conf").read_text()


def test_browsers_come_over_tls_where_the_console_does(tmp_path: Path) -> None:
    etc = rendered(tmp_path, http_tls_cert=tmp_path / "c.pem", http_tls_key=tmp_path / "k.pem", asterisk_http_port=8089)
    http = (etc / "http.conf").read_text()
    assert "tlsbindaddr = 127.0.0.1:8089" in http
    assert "bindport = 0" in http
    assert "protocol = wss" in (etc / "pjsip.conf").read_text()


def test_what_a_machine_at_its_limit_may_do_without_is_on_unless_it_is_told(tmp_path: Path) -> None:
    switches = {"asterisk.conf": "transmit_silence = ", "cel.conf": "enable = ", "cdr.conf": "enable = "}
    told = {"yes": {}, "no": {"transmit_silence": False, "cel": False, "cdr": False}}
    for answer, settings in told.items():
        (tmp_path / answer).mkdir()
        etc = rendered(tmp_path / answer, **settings)
        for file, switch in switches.items():
            assert f"{switch}{answer}\n" in (etc / file).read_text()


def test_nobody_who_calls_a_trust_line_is_written_by_asterisk(tmp_path: Path) -> None:
    """The number goes off the channel first of all; the event that comes before the dialplan is told apart."""
    companies = Companies.load(HOUSE / "dialplan/companies")
    line = companies.by_id("moesk").trust_line
    assert line is not None
    rendered = render(Settings(var=tmp_path), PROGRAM, list(companies))
    plan = (rendered.etc / "extensions.conf").read_text()
    for form in (line.did, f"+{line.did}", f"8{line.did[1:]}", line.did[1:]):
        steps = plan.partition(f"exten => {form},1,")[2].partition("exten =>")[0].splitlines()
        assert steps[2].strip() == "same => n,Goto(nameless,s,1)"
    mapping = (rendered.etc / "cel_custom.conf").read_text().splitlines()[-1]
    assert f'${{IF($["${{CHANNEL(exten):-10}}" = "{line.did[1:]}"]?:${{CALLERID(num)}})}}' in mapping
    assert mapping.count("CALLERID") == 1


def test_without_a_trust_line_every_caller_is_written(tmp_path: Path) -> None:
    (tmp_path / "companies").mkdir()
    rendered = render(Settings(var=tmp_path / "var"), PROGRAM, companies_with(tmp_path / "companies", {}))
    assert ",${CSV_QUOTE(${CALLERID(num)})}," in (rendered.etc / "cel_custom.conf").read_text()
