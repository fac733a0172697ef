"""Every setting of the product, read once at start from one TOML file and the environment."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, IPvAnyAddress, IPvAnyNetwork, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from gridline.errors import Misconfigured

HOUSE = Path(__file__).resolve().parent.parent
"""The folder that holds the top-level packages and the data they ship (dialplan/, asterisk_conf/)."""


NODE_PATTERN = r"^[a-z0-9-]{1,32}=[0-9A-Za-z.-]{1,253}:[0-9]{1,5}(/[1-9][0-9]{0,4})?$"
CARRIER_PATTERN = r"^[0-9.]{7,15}(:[0-9]{1,5}|/[0-9]{1,2})?$"


class Settings(BaseSettings):
    """One frozen object; an environment variable `GRIDLINE_<FIELD>` wins over the file."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDLINE_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    node: str = Field(default="node1", pattern=r"^[a-z0-9-]{1,32}$")
    """This machine's name in call keys and receipts."""
    node_series: int = Field(default=1, ge=1, le=99)
    """The first two digits of this node's receipts: each node of an installation has its own."""
    var: Path = Path("var")
    """Everything that changes: database, recordings, caches, rendered Asterisk files, secrets."""
    dialplan: Path = HOUSE / "dialplan"
    """Menus, companies, prompts."""
    database_url: str = ""
    """SQLAlchemy async URL; empty means SQLite at `var/gridline.db`. Of several PostgreSQL servers whichever takes
    writes is used: `postgresql+asyncpg://gridline@/gridline?host=10.0.0.1:5432&host=10.0.0.2:5432`."""
    log_format: Literal["people", "json"] = "people"
    """For people on a terminal, or JSON lines for a collector; to stderr either way."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Anything below this level is not logged."""

    agi_host: str = "127.0.0.1"
    """Address where the controller takes calls from the dialplan."""
    agi_port: int = Field(default=4573, ge=1, le=65535)
    """FastAGI."""
    agi_second_address: str = Field(default="", pattern=r"^$|^[0-9a-z.-]+:[0-9]{1,5}$")
    """`host:port` of another controller that takes over a call the first one dropped."""
    seal_secret: SecretStr = SecretStr("")
    """Signs what a controller keeps of a call in its channel; empty means the one made at first start in
    `var/secrets/seal`. Controllers that take over each other's calls need the same."""
    agi_permitted: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses whose FastAGI connections are served at all."""
    http_host: str = "127.0.0.1"
    """Where the console, /healthz and /metrics are served."""
    http_port: int = Field(default=8080, ge=1, le=65535)
    """HTTP, or HTTPS with the two files below."""
    http_tls_cert: Path | None = None
    """Certificate chain (PEM) of the console."""
    http_tls_key: Path | None = None
    """Both given: the console is served over TLS by ourselves."""
    http_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies in front of us, whose X-Forwarded-For is believed. Behind one that is not listed all
    people have its address: together 30 reports and 5 appeals an hour, and one lock-out at the sign-in."""
    metrics_from: tuple[IPvAnyNetwork, ...] = ()
    """Addresses and networks, besides this machine itself, whose Prometheus may read /metrics and /healthz."""
    console_origin: str = Field(default="", pattern=r"^$|^https?://[^/\s]+$")
    """The console's address as browsers see it, when a proxy stands in front; empty: as they ask for it."""
    console_idle_min: int = Field(default=30, ge=1, le=24 * 60)
    """Minutes without a key, a click or a call after which a person must sign in again."""
    console_session_h: int = Field(default=12, ge=1, le=168)
    """Hours after which a person must sign in again in any case."""

    asterisk: Literal["embedded", "external"] = "embedded"
    """embedded: `serve` renders the files and runs Asterisk as a child; external: it runs already."""
    package_root: Path = HOUSE / ".packages"
    """Where `make setup` unpacks Asterisk and RHVoice when the machine has none of its own."""
    ami_host: str = "127.0.0.1"
    """Where Asterisk's manager listens; loopback, or a tunnel's end."""
    ami_port: int = Field(default=5038, ge=1, le=65535)
    """Asterisk's manager."""
    ami_user: str = "gridline"
    """With the rights read: call, agent, reporting, system, security, user and write: agent, call, reporting."""
    ami_secret: SecretStr = SecretStr("")
    """Empty means the one made at first start in `var/secrets/ami`."""
    dialer_secret: SecretStr = SecretStr("")
    """Of `gridline-dialer`, who may originate calls and nothing else; empty means the one made at first start in
    `var/secrets/ami-dialer`."""
    recorder_secret: SecretStr = SecretStr("")
    """Of `gridline-recorder`, with the right write: system, who begins the recording of a caller who was handed over;
    empty means the one made at first start in `var/secrets/ami-recorder`."""
    sip_host: str = "127.0.0.1"
    """The address of ours that the carrier and SIP phones see."""
    sip_port: int = Field(default=5060, ge=1, le=65535)
    """SIP over UDP."""
    sip_tls_port: int = Field(default=0, ge=0, le=65535)
    """0 means no TLS transport; otherwise certificate and key below are needed."""
    sip_tls_cert: Path | None = None
    """Certificate chain (PEM) of SIP over TLS."""
    sip_tls_key: Path | None = None
    """Its private key (PEM)."""
    external_address: IPvAnyAddress | None = None
    """Our address as the carrier sees it, when a router translates addresses (1:1 NAT) between us."""
    local_networks: tuple[IPvAnyNetwork, ...] = tuple(
        ip_network(network) for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    )
    """Whom we reach without that router: they are told our own address."""
    rtp_timeout_s: int = Field(default=30, ge=5, le=3600)
    """Seconds without any sound from an agent's telephone after which its call is over."""
    rtp_wait_timeout_s: int = Field(default=300, ge=5, le=3600)
    """The same for whoever may have been told to be silent: a telephone on hold, and a caller, whose carrier may send
    nothing while they only listen (in a queue, to an announcement)."""
    rtp_first_port: int = Field(default=10000, ge=1024, le=65535)
    """Sound of calls (UDP): open the range in the firewall, two ports a call."""
    rtp_last_port: int = Field(default=13999, ge=1024, le=65535)
    """The end of that range."""
    transmit_silence: bool = True
    """Send sound also while a caller is only being recorded, so that neither a router nor the carrier takes the call
    for dead. Off it saves 1-3 ms of CPU a call: for a machine at its limit, beside a carrier that does not mind."""
    cel: bool = True
    """Keep Asterisk's own channel events (CEL), what happened to each call and when: evidence that does not depend on
    us. Off it saves 1 ms of CPU a call; nobody can say then who talked while a controller was away."""
    cdr: bool = True
    """Keep Asterisk's own call records (CDR), which billing and other tools read. Off it saves 1 ms of CPU a call."""
    asterisk_logs_mb: int = Field(default=200, ge=1)
    """Megabytes each of Asterisk's logs may take on the disk: messages, queue_log, CDR, CEL."""
    max_files: int = Field(default=20000, ge=1024)
    """Open files Asterisk may hold; 900 calls at once once killed one that kept the shell's 1024."""

    trunk_mode: Literal["address", "registration"] = "address"
    """How the carrier knows us: by our address, or by our registration with name and secret."""
    trunk_host: str = "127.0.0.2"
    """The carrier: literal address preferred (a DNS outage must not take the phone down). Whatever comes from there is
    the trunk's, so no agent's telephone may; the default is the demo's carrier."""
    trunk_port: int = Field(default=5060, ge=1, le=65535)
    """The carrier's SIP port."""
    trunk_user: str = ""
    """The name we register with."""
    trunk_secret: SecretStr = SecretStr("")
    """Its secret. A settings file that holds one must be mode 0600."""
    trunk_did: str = Field(default="", pattern=r"^$|^[0-9]{11}$")
    """The company's number that a call is for when it names none of ours (a carrier we register with may call just the
    contact we gave it); empty: the caller is told that there is no such number."""
    trunk_transport: Literal["udp", "tls"] = "udp"
    """SIP over UDP, or over TLS (then sip_tls_port is needed)."""
    trunk_networks: tuple[IPvAnyNetwork, ...] = ()
    """Further addresses and networks the carrier's calls come from, as `198.51.100.0/28`."""
    trunk_trusts_identity: bool = False
    """Take the caller's number from P-Asserted-Identity or Remote-Party-ID: only where the carrier fills them itself
    and lets none of a caller's through."""
    trunk_qualify_s: int = Field(default=30, ge=0, le=3600)
    """How often the carrier is asked (OPTIONS) whether it is there, in seconds; 0: never, for a carrier that
    does not answer."""
    trunk_srtp: bool = False
    """Encrypt the sound to and from the carrier (SDES keys: only with TLS are they secret)."""
    calls_per_caller: int = Field(default=10, ge=1, le=1000)
    """Calls at once from one number; the next one hears the busy tone. So many that a caller in danger gets through
    beside a machine that dials without end; withheld numbers are not counted, they are not one caller's."""
    calls_at_once: int = Field(default=0, ge=0, le=10000)
    """Callers on the line at once; of the next one's call the carrier hears that the trunk is full (503). Where more
    come than a machine can serve, nobody is served, nor is whoever is in danger. 0: 400 a processor
    (docs/performance.md)."""
    sign_in_tries: int = Field(default=20, ge=3, le=1000)
    """Wrong SIP passwords from one address within a minute after which it is not listened to at all."""
    sign_in_ban_min: int = Field(default=10, ge=1, le=24 * 60)
    """For so many minutes. Never the carrier, this machine itself or a proxy of `http_proxies`."""
    agents: tuple[Annotated[str, Field(pattern=r"^[0-9]{2,10}$")], ...] = ("101", "102")
    """SIP agents (extension numbers); their secrets are made at first start in `var/secrets`."""
    ring_desk_phones: bool = False
    """Queues ring the desk phones of everybody in `agents` who has not signed on: for a company whose agents do not
    use the console. Otherwise only whoever is on shift is rung, and a caller who meets nobody may leave a message."""
    asterisk_http_host: str = "127.0.0.1"
    """Where Asterisk takes WebSockets from the agents' browsers; over TLS with the console's certificate, if any."""
    asterisk_http_port: int = Field(default=8088, ge=1, le=65535)
    """Its port."""
    phone_address: str = Field(default="", pattern=r"^$|^wss?://[^\s;,'\"]+$")
    """That WebSocket as browsers reach it, when a proxy stands in front; empty: host and port above."""
    phone_codecs: tuple[Literal["opus", "alaw", "ulaw"], ...] = ("alaw", "ulaw")
    """What is spoken with a browser, the preferred first. Not opus where talks are recorded: Asterisk 22 writes but a
    sixth of the samples of such a talk in two channels, which nobody can understand; and only with its module."""
    phone_secret_min: int = Field(default=15, ge=1, le=24 * 60)
    """Minutes a browser's SIP secret is good for; a page that stays open gets a new one in time."""
    outbound_prefixes: tuple[str, ...] = ("3", "4", "800", *(f"8{digit}" for digit in range(1, 8)), "9")
    """How a Russian number (ten digits) may begin for an agent to dial it: places, mobiles, free lines. What is not
    here is refused: 801-809 are paid services, 6, 7 and 10 lead abroad."""

    kamailio_nodes: tuple[Annotated[str, Field(pattern=NODE_PATTERN)], ...] = ()
    """Where there are several machines: `name=host:port` of each node's SIP, `/calls` behind it where one carries fewer
    calls at once than the others, as `node2=10.0.0.12:5060/400`. Kamailio stands at `trunk_host`, which is the nodes'
    trunk then, and gives each call to the node with the fewest (`gridline kamailio render`)."""
    kamailio_carriers: tuple[Annotated[str, Field(pattern=CARRIER_PATTERN)], ...] = ()
    """Whom Kamailio takes calls from: addresses and networks; the first, an address with its port, is called too."""
    kamailio_transport: Literal["udp", "tls"] = "udp"
    """How Kamailio speaks with the carriers; `tls` needs `kamailio_tls_port`, `sip_tls_cert` and `sip_tls_key`."""
    kamailio_tls_port: int = Field(default=0, ge=0, le=65535)
    """0: Kamailio has no TLS."""
    kamailio_calls_per_s: int = Field(default=50, ge=1, le=10_000)
    """New calls a second from one address of a carrier; it hears of the others that the line is full (503)."""
    kamailio_calls_per_caller: int = Field(default=30, ge=1, le=10_000)
    """New calls of one number in a minute; with the others it hears the busy tone."""

    trunk_calls: int = Field(default=0, ge=0)
    """How many calls at once the carrier carries for us; 0: not known."""
    calls_out_at_once: int = Field(default=2, ge=1, le=100)
    """Calls that we place ourselves at once (duty telephones, announcements): always fewer than `trunk_calls`, so that
    callers still get through. Whatever is about danger is dialled first."""
    duty_after_s: int = Field(default=30, ge=0, le=3600)
    """Seconds after which a message of danger that nobody has taken rings the company's `duty_phones`."""
    duty_ring_s: int = Field(default=25, ge=3, le=120)
    """Seconds each of them may ring before the next one is tried."""
    duty_pause_s: int = Field(default=60, ge=1, le=3600)
    """Seconds between two rounds of them."""
    answering_machines: bool = True
    """Listen for an answering machine for up to 3 s before speaking to somebody we have called."""

    smtp_host: str = Field(default="", pattern=r"^[^\s]*$")
    """The mail server that takes answers to applicants; empty: they wait in `var/answers` for a person to send them."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Its port."""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """Encrypted after STARTTLS, from the first byte, or not at all (only to this very machine)."""
    smtp_user: str = ""
    """The name we sign in with; empty: without."""
    smtp_password: SecretStr = SecretStr("")
    """Its password. A settings file that holds one must be mode 0600."""
    smtp_from: str = Field(default="", pattern=r"^$|^[^\s@<>]+@[^\s@<>]+$")
    """The address answers come from."""

    sms: Literal["outbox", "smpp", "http"] = "outbox"
    """How short messages to callers leave: as files in `var/messages`, over the carrier's SMSC, or its HTTP gateway."""
    sms_from: str = Field(default="", pattern=r"^$|^[0-9]{3,15}$|^[A-Za-z0-9 ._-]{1,11}$")
    """Who they come from: digits, or the name of up to 11 Latin letters that the carrier has registered."""
    sms_host: str = Field(default="", pattern=r"^[^\s]*$")
    """The SMSC (SMPP 3.4)."""
    sms_port: int = Field(default=2775, ge=1, le=65535)
    """Its port."""
    sms_tls: bool = True
    """Over TLS; without it only to this very machine, or a tunnel's end on it."""
    sms_user: str = Field(default="", max_length=15)
    """The name we bind with (system_id)."""
    sms_password: SecretStr = SecretStr("")
    """Its password, or the HTTP gateway's token. A settings file that holds one must be mode 0600."""
    sms_url: str = Field(default="", pattern=r"^$|^https?://[^\s]+$")
    """The HTTP gateway; what it must speak stands in outreach/senders/gateway.py."""

    voice: str = "anna"
    """RHVoice voice of the prompts (anna, irina and aleksandr carry free licences)."""
    recording_pause_s: int = Field(default=60, ge=1, le=60)
    """Seconds after which a recording that was paused, while identity papers were dictated, goes on by itself."""
    whisper: bool = True
    """Tell an agent in a few words who is on the line before the two are connected: place, matter, which call, wait."""
    transcribe_below_calls: int = Field(default=3, ge=1, le=1000)
    """Recordings are turned into words, and measured, only while fewer calls than this are on the line."""
    transcribe_days: int = Field(default=30, ge=1, le=3650)
    """How many days back recordings are: what is older stays without words when a recogniser is set up."""
    speech_model: str = Field(default="", pattern=r"^$|^[a-z0-9][a-z0-9._-]{0,63}$")
    """Name of the speech recognition model in use, as `gridline speech list` shows it; empty: the only one there.
    Without any, recordings wait for one and menus go by keys."""
    speech_wait_s: float = Field(default=4.0, ge=1, le=60)
    """Seconds that a caller who has spoken waits for their words at most; later they go on by keys. Whisper alone."""
    speech_memory_mb: int = Field(default=2000, ge=100)
    """Megabytes of memory that recognition may take, for recordings and for callers each; what takes more is ended."""
    answer_within_s: int = Field(default=30, ge=1, le=600)
    """Service level: a call counts as answered in time within so many seconds of its coming to the queue."""
    answered_per_cent: int = Field(default=75, ge=1, le=100)
    """Service level: the share of calls that should be answered in time."""
    lost_per_cent: int = Field(default=10, ge=0, le=100)
    """The share of calls that may be lost (hung up, or not answered by anybody) before the screen shows it in red."""
    least_free_mb: int = Field(default=500, ge=1)
    """Free disk space below which no recording begins, and no talk with less than twice as much, so that complaints and
    messages get the last of it: the call goes on, and an alarm is raised."""
    recordings_store: Literal["folder", "s3"] = "folder"
    """Where recordings lie once they are taken in: `var/recordings/store`, or an S3-compatible service of your own."""
    s3_endpoint: str = Field(default="", pattern=r"^$|^https?://[^\s]+$")
    """That service; personal data stays in Russia, and so does it."""
    s3_bucket: str = ""
    """Its bucket, which is there already; recordings lie under `recordings/`."""
    s3_region: str = "us-east-1"
    """What the service calls its region; most take any."""
    s3_key_id: str = ""
    """The name of the access key."""
    s3_secret: SecretStr = SecretStr("")
    """Its secret. A settings file that holds one must be mode 0600."""
    recordings_encrypted: bool = False
    """Encrypt what is stored from now on (AES-256-GCM) with the secret in `var/secrets/recordings`. Keep a copy of it
    elsewhere: without it no recording can be heard."""
    compress_after_days: int = Field(default=30, ge=0, le=3650)
    """Days after which a recording is kept as FLAC: the same samples in half the room. 0: never."""
    drain_s: float = Field(default=60.0, ge=0)
    """How long SIGTERM waits for calls to end."""

    @model_validator(mode="after")
    def _leaves_room_for_callers(self) -> Settings:
        if self.trunk_calls and self.calls_out_at_once >= self.trunk_calls:
            raise ValueError(
                f"calls_out_at_once = {self.calls_out_at_once} при trunk_calls = {self.trunk_calls}: свои звонки "
                "заняли бы весь канал оператора. Пусть их будет меньше."
            )
        return self

    @model_validator(mode="after")
    def _knows_its_store(self) -> Settings:
        needed = {"s3_endpoint": self.s3_endpoint, "s3_bucket": self.s3_bucket, "s3_key_id": self.s3_key_id}
        if self.recordings_store == "s3" and (missing := [name for name, value in needed.items() if not value]):
            raise ValueError(f"recordings_store = s3: не заданы {', '.join(missing)}.")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file named by GRIDLINE_SETTINGS (gridline.toml)."""
        file = Path(os.environ.get("GRIDLINE_SETTINGS", "gridline.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @property
    def phone_url(self) -> str:
        """The WebSocket that browsers open to Asterisk."""
        scheme = "ws" if self.http_tls_cert is None else "wss"
        return self.phone_address or f"{scheme}://{self.asterisk_http_host}:{self.asterisk_http_port}/ws"

    @property
    def db_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite+aiosqlite:///{self.var / 'gridline.db'}"


def load(**overrides: object) -> Settings:
    """Read the settings. Raises Misconfigured with every wrong field named in one message."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"  {'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise Misconfigured("Настройки не приняты:\n" + "\n".join(lines)) from error
