"""Settings: from the command line and the environment, checked once at start; a wrong one stops the program and says what to write."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trunkline.model.errors import ConfigError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8400


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
    allow_hosts: tuple[str, ...] = ()
    retention_days: float = 30
    retention_bytes: int = 2_000_000_000
    backlog: int = 100_000
    concurrency: int = 64
    poll_every_s: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def address(self) -> str:
        """Where vendors reach this hub: `TRUNKLINE_PUBLIC_URL`, else where it listens."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"


def from_environment(
    environment: Mapping[str, str] | None = None, *, home: Path | None = None, host: str | None = None, port: int | None = None
) -> Settings:
    """Settings by the environment, with what the command line gave on top; `ConfigError` names the variable that is wrong."""
    given = os.environ if environment is None else environment
    return Settings(
        home=(home or Path(given.get("TRUNKLINE_HOME") or default_home())).expanduser(),
        host=host or given.get("TRUNKLINE_HOST") or DEFAULT_HOST,
        port=int(_number(given, "TRUNKLINE_PORT", DEFAULT_PORT, 0, 65_535)) if port is None else port,
        database_url=given.get("TRUNKLINE_DATABASE_URL", ""),
        public_url=given.get("TRUNKLINE_PUBLIC_URL", ""),
        allow_hosts=tuple(part.strip() for part in given.get("TRUNKLINE_ALLOW_HOSTS", "").split(",") if part.strip()),
        retention_days=_number(given, "TRUNKLINE_RETENTION_DAYS", 30, 0.001, 36_500),
        retention_bytes=int(_number(given, "TRUNKLINE_RETENTION_MB", 2_000, 1, 10_000_000) * 1_000_000),
        backlog=int(_number(given, "TRUNKLINE_BACKLOG", 100_000, 1, 10_000_000)),
        concurrency=int(_number(given, "TRUNKLINE_CONCURRENCY", 64, 1, 1_000)),
        poll_every_s=_number(given, "TRUNKLINE_POLL_SECONDS", 0, 0.05, 86_400) or None,
        environment=given,
    )


def _number(given: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = given.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise ConfigError(f"{name} is {text!r}.", hint=f"Give a number from {least:g} to {most:g}.", place=name)
    return value
