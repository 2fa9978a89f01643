"""What a connector made of an OpenAPI document is besides its endpoints: a small `connector.toml` that people may edit."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast, get_args
from urllib.parse import urlsplit

from trunkline.model.errors import ConfigError
from trunkline.model.json import dumps

MANIFEST: Final = "connector.toml"

AuthKind = Literal["bearer", "header", "basic", "query", "none"]
AUTH_KINDS: Final[tuple[AuthKind, ...]] = get_args(AuthKind)

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header (RFC 9110, section 5.6.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How a connection proves itself: `name` is that of the header or of the query parameter."""

    kind: AuthKind = "bearer"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an OpenAPI document does not say or says wrongly. `hosts` are other addresses to which the credential may go.

    `headers` go along with every request. `check` is the endpoint that tells whether a connection works (`GET /me`), empty for none.
    """

    title: str
    base_url: str
    auth: Auth = field(default_factory=Auth)
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    hosts: tuple[str, ...] = ()
    check: str = ""


def manifest_in(text: str, *, place: str) -> Manifest:
    """A manifest from TOML; `ConfigError` names the setting that is wrong."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{place} is no TOML: {error}.", hint="Correct it, or make the connector again.", place=place) from error
    reader = _Reader(place)
    auth = reader.table(data, "auth")
    manifest = Manifest(
        title=reader.text(data, "title"),
        base_url=reader.text(data, "base_url"),
        auth=Auth(kind=cast(AuthKind, reader.text(auth, "kind")), name=reader.text(auth, "name")),
        headers={name: reader.text(reader.table(data, "headers"), name) for name in reader.table(data, "headers")},
        hosts=reader.texts(data, "hosts"),
        check=reader.text(data, "check"),
    )
    check(manifest, place=place)
    return manifest


def check(manifest: Manifest, *, place: str) -> None:
    """Raise `ConfigError` for the first thing that cannot work."""
    for url in (manifest.base_url, *manifest.hosts):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None or "{" in url:
            raise ConfigError(
                f"{url!r} is no address an API could be reached at.", hint="Give one like https://api.example.com.", place=place
            )
    if manifest.auth.kind not in AUTH_KINDS:
        raise ConfigError(f"{manifest.auth.kind!r} is no way to prove who calls.", hint=f"There are: {', '.join(AUTH_KINDS)}.", place=place)
    if manifest.auth.kind in ("header", "query") and not manifest.auth.name:
        raise ConfigError(f"It is not said which {manifest.auth.kind} holds the key.", hint="Give its `name`.", place=place)
    named = [manifest.auth.name] if manifest.auth.kind == "header" else []
    for name in (*named, *manifest.headers):
        if not _TOKEN.fullmatch(name):
            raise ConfigError(f"{name!r} is no name of a header.", hint="Use letters, digits and hyphens.", place=place)
    for name, value in manifest.headers.items():
        if not value.isprintable():
            raise ConfigError(f"The header {name} holds a character that cannot be sent.", hint="Keep it to one line of text.", place=place)


def text_of(manifest: Manifest) -> str:
    """The TOML of a manifest; parsing it again gives the same one."""
    lines = [f"title = {_quoted(manifest.title)}", f"base_url = {_quoted(manifest.base_url)}"]
    if manifest.hosts:
        lines.append(f"hosts = [{', '.join(map(_quoted, manifest.hosts))}]")
    if manifest.check:
        lines.append(f"check = {_quoted(manifest.check)}")
    lines += ["", "[auth]", f"kind = {_quoted(manifest.auth.kind)}"]
    if manifest.auth.name:
        lines.append(f"name = {_quoted(manifest.auth.name)}")
    if manifest.headers:
        lines += ["", "[headers]", *(f"{_quoted(name)} = {_quoted(value)}" for name, value in sorted(manifest.headers.items()))]
    return "\n".join(lines) + "\n"


def manifest_of(path: Path) -> Manifest:
    """The manifest in a connector's folder; `ConfigError` when it cannot be used."""
    place = path / MANIFEST
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{place} cannot be read.", hint="Check who may read it, and that it is UTF-8.", place=str(place)) from error
    return manifest_in(text, place=str(place))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes values of the right kind out of parsed TOML; what is not there is empty."""

    place: str

    def text(self, table: Mapping[str, object], name: str) -> str:
        value = table.get(name, "")
        if not isinstance(value, str):
            raise self._wrong(name, "a text in quotes")
        return value

    def texts(self, table: Mapping[str, object], name: str) -> tuple[str, ...]:
        value = table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in cast(list[object], value)):
            raise self._wrong(name, "a list of texts")
        return tuple(cast(list[str], value))

    def table(self, table: Mapping[str, object], name: str) -> Mapping[str, object]:
        value = table.get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, "a table")
        return cast(dict[str, object], value)

    def _wrong(self, name: str, wanted: str) -> ConfigError:
        return ConfigError(f"{self.place}: `{name}` has to be {wanted}.", hint="Correct it, or make the connector again.", place=self.place)


def _quoted(text: str) -> str:
    """A TOML text: what JSON escapes TOML escapes alike, but for DEL, which JSON leaves alone."""
    return dumps(text).decode().replace("\x7f", "\\u007f")
