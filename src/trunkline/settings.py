"""Settings: from the command line and the environment, checked once at start; a wrong one stops the program and says what to write."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from trunkline.model.errors import ConfigError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8400
LEAST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of the environment, as the reference page shows it. `least` and `most` bound a number."""

    name: str
    about: str
    default: float = 0
    least: float = 0
    most: float = 0
    unset: str = ""
    """What holds when it is not given, in words; the number itself when empty."""
    flag: str = ""


HOME = Variable(name="TRUNKLINE_HOME", flag="--home", unset="`~/.trunkline`", about="The one folder that holds everything.")
HOST = Variable(name="TRUNKLINE_HOST", flag="--host of `up`", unset=f"`{DEFAULT_HOST}`", about="The address the hub listens on.")
PORT = Variable(
    name="TRUNKLINE_PORT",
    flag="--port of `up`",
    unset=f"`{DEFAULT_PORT}`",
    default=DEFAULT_PORT,
    most=65_535,
    about="The port the hub listens on; 0 takes any free one.",
)
PUBLIC_URL = Variable(
    name="TRUNKLINE_PUBLIC_URL",
    unset="where it listens",
    about="Where vendors reach the hub; `connections show` makes webhook addresses of it.",
)
DATABASE_URL = Variable(
    name="TRUNKLINE_DATABASE_URL",
    unset="`trunkline.db` in the home folder",
    about="`postgresql://…`, to keep the data there. Only one hub may work on it.",
)
MASTER_KEY = Variable(
    name="TRUNKLINE_MASTER_KEY",
    unset="`master.key` in the home folder, made at first use",
    about="The key that opens the sealed secrets: 32 random bytes in base64. One of these three at most.",
)
MASTER_KEY_FILE = Variable(
    name="TRUNKLINE_MASTER_KEY_FILE",
    unset="as above",
    about="A file that holds it, closed to others. Further lines are older keys.",
)
MASTER_KEY_COMMAND = Variable(
    name="TRUNKLINE_MASTER_KEY_COMMAND",
    unset="as above",
    about="A command that prints it within 15 s, and older keys on further lines. No shell unless you write `sh -c '…'`.",
)
OLD_MASTER_KEYS = Variable(
    name="TRUNKLINE_OLD_MASTER_KEYS",
    unset="none",
    about="Keys that sealed before, separated by spaces: what they sealed still opens until `trunkline vault rotate` is done.",
)
METRICS_TOKEN = Variable(
    name="TRUNKLINE_METRICS_TOKEN",
    unset="only programs on this machine, and none once there is a public address",
    about="Who sends it as `Authorization: Bearer …` is told `/metrics` and the figures of `/readyz`. 16 characters or more.",
)
ALLOW_HOSTS = Variable(
    name="TRUNKLINE_ALLOW_HOSTS",
    unset="none",
    about="Private hosts that a flow may name in an absolute address, as `host` or `host:port`, separated by commas.",
)
RETENTION_DAYS = Variable(
    name="TRUNKLINE_RETENTION_DAYS",
    default=30,
    least=0.001,
    most=36_500,
    about="How many days finished runs and their events are kept.",
)
RETENTION_MB = Variable(
    name="TRUNKLINE_RETENTION_MB",
    default=2_000,
    least=1,
    most=10_000_000,
    about="How large the data may grow, in MB; the oldest finished runs go first.",
)
BACKLOG = Variable(
    name="TRUNKLINE_BACKLOG",
    default=100_000,
    least=1,
    most=10_000_000,
    about="How many events may wait. Beyond, senders of webhooks are asked to come later, polls read later, and `/readyz` says 503.",
)
CONCURRENCY = Variable(
    name="TRUNKLINE_CONCURRENCY",
    default=64,
    least=1,
    most=1_000,
    about="How many runs are carried out at a time, each about another record.",
)
POLL_SECONDS = Variable(
    name="TRUNKLINE_POLL_SECONDS",
    unset="as each flow says",
    least=0.05,
    most=86_400,
    about="Poll every trigger at this interval, whatever its flow says: for demonstrations and tests.",
)
MOST_GONE = Variable(
    name="TRUNKLINE_MOST_GONE",
    unset="0.5",
    default=0.5,
    least=0,
    most=1,
    about="When more than this share of a list vanishes between two polls, deletions are held back until a person confirms them.",
)
ALERT_FAILED = Variable(
    name="TRUNKLINE_ALERT_FAILED",
    default=10,
    least=1,
    most=1_000_000,
    about="From how many failed runs of one flow within an hour an alert tells of them.",
)
LOG_LEVEL = Variable(
    name="TRUNKLINE_LOG_LEVEL",
    flag="--log-level of `up`",
    unset="`info`",
    about="`debug`, `info`, `warning` or `error`: how much the log on the standard error tells. It is JSON unless read at a terminal.",
)
JSON = Variable(name="TRUNKLINE_JSON", flag="--json", unset="off", about="`1`: answers are JSON documents, for programs.")
DEBUG = Variable(name="TRUNKLINE_DEBUG", unset="off", about="`1`: an unforeseen error shows where in the program it came from.")

VARIABLES = (
    *(HOME, HOST, PORT, PUBLIC_URL, DATABASE_URL, MASTER_KEY, MASTER_KEY_FILE, MASTER_KEY_COMMAND, OLD_MASTER_KEYS),
    *(METRICS_TOKEN, ALLOW_HOSTS),
    *(RETENTION_DAYS, RETENTION_MB, BACKLOG, CONCURRENCY, POLL_SECONDS, MOST_GONE, ALERT_FAILED, LOG_LEVEL, JSON, DEBUG),
)
"""All of them but those that stand for one command's flag."""


def default_home() -> Path:
    """`~/.trunkline`: one folder holds the data, the keys and the lock."""
    return Path.home() / ".trunkline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. `allow_hosts` are private addresses that flows may call, as host or host:port.

    `poll_every_s` polls every trigger at this interval whatever its flow says: for demonstrations and tests.
    """

    home: Path = field(default_factory=default_home)
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    database_url: str = ""
    public_url: str = ""
    metrics_token: str = field(default="", repr=False)
    allow_hosts: tuple[str, ...] = ()
    retention_days: float = 30
    retention_bytes: int = 2_000_000_000
    backlog: int = 100_000
    concurrency: int = 64
    poll_every_s: float | None = None
    most_gone: float = 0.5
    alert_failed: int = 10
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def connectors(self) -> Path:
        """The folder of the connectors that people made."""
        return self.home / "connectors"

    @property
    def exposed(self) -> bool:
        """Whether other machines can reach the hub; a name that is not known to mean this machine counts as such."""
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"

    @property
    def address(self) -> str:
        """Where vendors reach this hub: `TRUNKLINE_PUBLIC_URL`, else where it listens."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    def hook(self, endpoint: str) -> str:
        """Where a vendor delivers to the connection with this endpoint."""
        return f"{self.address}/hooks/{endpoint}"


def from_environment(
    environment: Mapping[str, str] | None = None, *, home: Path | None = None, host: str | None = None, port: int | None = None
) -> Settings:
    """Settings by the environment, with what the command line gave on top; `ConfigError` names the variable that is wrong."""
    given = os.environ if environment is None else environment
    return Settings(
        home=(home or Path(given.get(HOME.name) or default_home())).expanduser(),
        host=host or given.get(HOST.name) or DEFAULT_HOST,
        port=int(_number(given, PORT)) if port is None else port,
        database_url=given.get(DATABASE_URL.name, ""),
        public_url=given.get(PUBLIC_URL.name, ""),
        metrics_token=_token(given, METRICS_TOKEN),
        allow_hosts=tuple(part.strip() for part in given.get(ALLOW_HOSTS.name, "").split(",") if part.strip()),
        retention_days=_number(given, RETENTION_DAYS),
        retention_bytes=int(_number(given, RETENTION_MB) * 1_000_000),
        backlog=int(_number(given, BACKLOG)),
        concurrency=int(_number(given, CONCURRENCY)),
        poll_every_s=_number(given, POLL_SECONDS) or None,
        most_gone=_number(given, MOST_GONE),
        alert_failed=int(_number(given, ALERT_FAILED)),
        environment=given,
    )


def _token(given: Mapping[str, str], variable: Variable) -> str:
    token = given.get(variable.name, "").strip()
    if token and (len(token) < LEAST_TOKEN or not token.isascii()):
        raise ConfigError(
            f"{variable.name} can be guessed, or no header can carry it.",
            hint=f"Take {LEAST_TOKEN} random letters or more: openssl rand -hex 24",
            place=variable.name,
        )
    return token


def _number(given: Mapping[str, str], variable: Variable) -> float:
    text = given.get(variable.name)
    if not text:
        return variable.default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not variable.least <= value <= variable.most:
        hint = f"Give a number from {variable.least:g} to {variable.most:,.0f}."
        raise ConfigError(f"{variable.name} is {text!r}.", hint=hint, place=variable.name)
    return value
