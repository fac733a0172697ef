"""Renders Asterisk's files: one commented template per subsystem, filled from settings, companies and prompts."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from asterisk_conf import trunk
from asterisk_conf.agents_file import AgentsFile
from asterisk_conf.asterisk import Asterisk
from asterisk_conf.secrets import DIALER_SECRET, RECORDER_SECRET, secret
from gridline.companies import Company, priorities
from gridline.errors import Misconfigured
from gridline.settings import Settings
from gridline.synced import write_private

TEMPLATES = Path(__file__).parent / "templates"
GUARD_S = 8
"""How long a controller may be silent at the start of a call before the dialplan goes on by itself."""
RESUME_GUARD_S = 2
MACHINE_S = 3.2
"""How long somebody we have called is listened to before we speak, to tell an answering machine: the robot says that it
is one within 5 s of the answer (R34)."""
CALLS_A_PROCESSOR = 400
"""Calls at once that a processor serves (docs/performance.md)."""
QUEUE_TIMEOUT_S = 120
"""How long the hotline queue is tried without a controller before a message is taken."""
RECONNECT_S = 13
"""How long a caller waits, after the prompt, for the agent whose page is loaded anew; then he is the queue's first."""
DIALLED_PATTERNS = tuple(f"_{plus}{'X' * digits}" for plus in ("", "+") for digits in range(1, 21))
"""Every number there is, one pattern a length: Asterisk's `.` and `!` would match anything, line breaks too."""
DIALER_USER = "gridline-dialer"
"""Who may originate calls over AMI, and nothing else; everybody else over AMI may not."""
RECORDER_USER = "gridline-recorder"
"""Who may begin a recording over AMI: of all that the right for it (system) gives, the only thing it is used for."""
CONTACT_USER = "gridline"
"""What a carrier calls us by where we register: the user of the contact we give it."""
OLDEST_WITH_URI_MATCH = 22
"""Asterisk that can be told what a request's URI may not hold (20.8 and 21.3 can too; 22.0 surely)."""
OPUS_MODULE = "codec_opus_open_source"

_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_UNIX_SOCKET_LIMIT = 100


@dataclass(frozen=True)
class Rendered:
    """Where one Asterisk's rendered files lie and how it is spoken to."""

    etc: Path
    var: Path
    run: Path
    asterisk: Asterisk
    max_files: int


def dialled_forms(did: str) -> tuple[str, ...]:
    """The ways carriers write one Russian number: 7..., +7..., 8..., and the bare ten digits."""
    national = did[1:]
    return did, f"+{did}", f"8{national}", national


def render(settings: Settings, asterisk: Asterisk, companies: Sequence[Company]) -> Rendered:
    """Write every file of our Asterisk under `var/asterisk` and say where.

    Files with secrets are 0600. Raises Misconfigured for a path that a dialplan argument could not hold.
    """
    base = settings.var.absolute() / "asterisk"
    secrets_folder = settings.var.absolute() / "secrets"
    recordings = settings.var.absolute() / "recordings/incoming"
    recordings.mkdir(mode=0o700, parents=True, exist_ok=True)
    prompts = settings.var.absolute() / "prompts/by-id"
    if not _PLAIN_PATH.fullmatch(str(base)):
        raise Misconfigured(f"В пути {base} есть знаки, опасные для dialplan: оставьте буквы, цифры и / . _ + -")
    if settings.sip_tls_port and not (settings.sip_tls_cert and settings.sip_tls_key):
        raise Misconfigured("Для TLS (sip_tls_port) нужны sip_tls_cert и sip_tls_key.")
    agents = [{"name": name} for name in settings.agents]
    queues = [
        {
            "name": queue,
            "still_waiting": prompts / company.id / "in-queues/still-waiting",
            "members": _members(company, queue, settings),
        }
        for company in companies
        for queue in sorted(company.queues)
    ]
    scheme, address = trunk.scheme(settings), trunk.address(settings)
    own = {
        "ami_host": settings.ami_host,
        "ami_port": settings.ami_port,
        "ami_user": settings.ami_user,
        "ami_secret": settings.ami_secret.get_secret_value() or secret(secrets_folder, "ami"),
        "dialer_user": DIALER_USER,
        "dialer_secret": settings.dialer_secret.get_secret_value() or secret(secrets_folder, DIALER_SECRET),
        "recorder_user": RECORDER_USER,
        "recorder_secret": settings.recorder_secret.get_secret_value() or secret(secrets_folder, RECORDER_SECRET),
        "answering_machines": settings.answering_machines,
        "machine_s": MACHINE_S,
        "channelvars": "GRIDLINE_COMPANY,GRIDLINE_DIALLED,QUEUE_PRIO",
        "ami_read": "call,agent,reporting,system,security,user",
        "ami_write": "agent,call,reporting",
        "sip_host": settings.sip_host,
        "sip_port": settings.sip_port,
        "sip_tls_port": settings.sip_tls_port,
        "sip_tls_cert": settings.sip_tls_cert,
        "sip_tls_key": settings.sip_tls_key,
        "trunk_mode": settings.trunk_mode,
        "trunk_host": settings.trunk_host,
        "trunk_scheme": scheme,
        "trunk_address": address,
        "trunk_contact": f"{scheme}:{address}",
        "trunk_user": settings.trunk_user,
        "trunk_secret": settings.trunk_secret.get_secret_value(),
        "trunk_transport": settings.trunk_transport,
        "trunk_srtp": settings.trunk_srtp,
        "transmit_silence": settings.transmit_silence,
        "cel": settings.cel,
        "cdr": settings.cdr,
        "trunk_networks": settings.trunk_networks,
        "trunk_trusts_identity": settings.trunk_trusts_identity,
        "trunk_qualify_s": settings.trunk_qualify_s,
        "contact_users": _contact_users(settings),
        "trunk_did": _trunk_did(settings, companies),
        "identifies_request_uri": asterisk.major >= OLDEST_WITH_URI_MATCH,
        "garbled_secret": token_urlsafe(24),
        "external_address": settings.external_address,
        "local_networks": settings.local_networks,
        "own_address": () if settings.sip_host == "0.0.0.0" else (settings.sip_host,),
        "rtp_timeout_s": settings.rtp_timeout_s,
        "rtp_wait_timeout_s": settings.rtp_wait_timeout_s,
        "calls_per_caller": settings.calls_per_caller,
        "calls_at_once": settings.calls_at_once or CALLS_A_PROCESSOR * (os.cpu_count() or 1),
        "rtp_first_port": settings.rtp_first_port,
        "rtp_last_port": settings.rtp_last_port,
        "agents": agents,
        "agents_file": AgentsFile.of(settings).file,
        "http_host": settings.asterisk_http_host,
        "http_port": settings.asterisk_http_port,
        "http_tls_cert": settings.http_tls_cert and settings.http_tls_cert.absolute(),
        "http_tls_key": settings.http_tls_key and settings.http_tls_key.absolute(),
        "phone_codecs": _spoken_with_browsers(settings, asterisk),
        "outbound": outbound_patterns(settings.outbound_prefixes),
        "queues": queues,
        "moh": asterisk.data / "moh",
        "companies": companies,
        "prompts": prompts,
        "dialled_forms": dialled_forms,
        "trust_numbers": sorted(company.trust_line.did[1:] for company in companies if company.trust_line),
        "dialled_patterns": DIALLED_PATTERNS,
        "agi_address": f"{settings.agi_host}:{settings.agi_port}",
        "agi_second_address": settings.agi_second_address,
        "guard_s": GUARD_S,
        "resume_guard_s": RESUME_GUARD_S,
        "queue_timeout_s": QUEUE_TIMEOUT_S,
        "reconnect_s": RECONNECT_S,
        "front_priority": priorities.FRONT,
        "recordings": recordings,
        "unknown_number": prompts / "common/unknown-number",
    }
    agents_file = AgentsFile.of(settings)
    agents_file.ensure()
    agents_file.put_desk_secrets({name: secret(secrets_folder, f"agent-{name}") for name in settings.agents})
    rendered = render_files(base, asterisk, settings.node, settings.max_files, [TEMPLATES, settings.dialplan], own)
    agi = rendered.etc / "agi"
    agi.mkdir(mode=0o700, exist_ok=True)
    script = agi / "emergency"
    script.write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -m ivr.telephony.emergency "
        f"'{settings.var.absolute()}' {settings.node} {settings.node_series}\n"
    )
    script.chmod(0o700)
    return rendered


def outbound_patterns(prefixes: Sequence[str]) -> tuple[str, ...]:
    """Dialplan patterns of the numbers an agent may dial: 8 or 7 or +7, then one of the prefixes, ten digits in all."""
    rest = [f"{prefix}{'X' * (10 - len(prefix))}" for prefix in prefixes]
    return tuple(f"_{lead}{digits}" for digits in rest for lead in ("[78]", "+7"))


def _contact_users(settings: Settings) -> tuple[str, ...]:
    """What a carrier may put in the place of the number it calls: nothing but numbers where we do not register."""
    if settings.trunk_mode != "registration":
        return ()
    named = _NAME.fullmatch(settings.trunk_user)  # digits have a pattern of their own
    return (CONTACT_USER, settings.trunk_user) if named else (CONTACT_USER,)


def _trunk_did(settings: Settings, companies: Sequence[Company]) -> str:
    """The number of calls that name none. Raises Misconfigured for one that is no company's."""
    if settings.trunk_did and not any(settings.trunk_did in company.every_did for company in companies):
        raise Misconfigured(f"trunk_did = {settings.trunk_did}: такого номера нет ни у одной компании (dids).")
    return settings.trunk_did


def _spoken_with_browsers(settings: Settings, asterisk: Asterisk) -> tuple[str, ...]:
    """The codecs of the settings that this Asterisk can speak; opus is a module that not every build has."""
    opus = (asterisk.modules / f"{OPUS_MODULE}.so").exists()
    return tuple(codec for codec in settings.phone_codecs if codec != "opus" or opus)


def _members(company: Company, queue: str, settings: Settings) -> Sequence[str]:
    """Whose desk phones this queue rings without a shift. Raises Misconfigured for an agent not in the settings."""
    members = company.members.get(queue, settings.agents)
    if strangers := sorted(set(members) - set(settings.agents)):
        raise Misconfigured(
            f"В очереди {queue} компании {company.id} агенты {', '.join(strangers)}, которых нет в настройках (agents)."
        )
    return members if settings.ring_desk_phones else ()


def render_files(
    base: Path, asterisk: Asterisk, node: str, max_files: int, templates: Sequence[Path], values: Mapping[str, Any]
) -> Rendered:
    """Render every `*.conf.j2` of the template folders into `base/etc`; a later folder's file wins."""
    etc, var = base / "etc", base / "var"
    run = var / "run"
    if len(str(run)) > _UNIX_SOCKET_LIMIT:  # a unix socket's path is at most 107 bytes
        run = Path(tempfile.gettempdir()) / f"gridline-{hashlib.sha256(str(base).encode()).hexdigest()[:12]}"
    log = var / "log"
    for folder in (base, etc, run, var, var / "lib", var / "spool", log, log / "cdr-csv", log / "cel-custom"):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # whatever the umask, and where an older version has made it
    environment = Environment(
        loader=FileSystemLoader([str(folder) for folder in reversed(templates)]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # these are Asterisk's files, not HTML
    )
    folders = {
        "etc": etc,
        "var": var,
        "run": run,
        "sbin": asterisk.sbin,
        "modules": asterisk.modules,
        "data": asterisk.data,
        "node": node,
        "max_files": max_files,
    }
    for name in environment.list_templates(extensions=["j2"]):
        target = etc / name.removesuffix(".j2")
        text = environment.get_template(name).render({**folders, **values})
        write_private(target, text)
    return Rendered(etc, var, run, asterisk, max_files)
