"""Connectors that people make of OpenAPI documents: a folder each, with `endpoints.json` and `connector.toml`."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trunkline.connect.declaration import Connector, Secret, bearer
from trunkline.connect.endpoints import Endpoints
from trunkline.connect.manifest import MANIFEST, Auth, Manifest, manifest_of
from trunkline.model.connection import Credential
from trunkline.model.http import Pairs

ENDPOINTS: Final = "endpoints.json"
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def connector_of(id: str, manifest: Manifest, endpoints: Endpoints) -> Connector:
    """The connector: every endpoint can be called, nothing is curated."""
    chosen = manifest.check if manifest.check in endpoints else ""
    return Connector(
        id=id,
        name=manifest.title or id,
        base_url=manifest.base_url,
        about="Made of an OpenAPI document.",
        auth=_headers_of(manifest.auth),
        auth_query=_query_of(manifest.auth),
        secrets=_secrets_of(manifest.auth),
        operations=(),
        endpoints=endpoints,
        hosts=manifest.hosts,
        check=endpoints.operation(chosen) if chosen else None,
    )


@dataclass(slots=True)
class MadeConnectors:
    """The connectors in a folder, each read when it is asked for and again when its files have changed."""

    folder: Path
    _read: dict[str, tuple[tuple[int, ...], Connector]] = field(default_factory=dict[str, tuple[tuple[int, ...], Connector]])

    def __iter__(self) -> Iterator[str]:
        """The names there are."""
        try:
            found = sorted(path.name for path in self.folder.iterdir() if NAME.fullmatch(path.name) and (path / MANIFEST).is_file())
        except OSError:
            found = []
        return iter(found)

    def get(self, id: str) -> Connector | None:
        """The connector of that name, None when there is none; `ConfigError` when its files cannot be used."""
        if not NAME.fullmatch(id):
            return None
        path = self.folder / id
        try:
            stamp = tuple((path / name).stat().st_mtime_ns for name in (MANIFEST, ENDPOINTS))
        except OSError:
            self._read.pop(id, None)
            return None
        known = self._read.get(id)
        if known is None or known[0] != stamp:
            known = self._read[id] = (stamp, _read(id, path))
        return known[1]


def _read(id: str, path: Path) -> Connector:
    manifest = manifest_of(path)
    headers = {name.lower(): value for name, value in manifest.headers.items()}
    return connector_of(id, manifest, Endpoints((path / ENDPOINTS).read_bytes(), headers=lambda _: headers))


def _secrets_of(auth: Auth) -> tuple[Secret, ...]:
    match auth.kind:
        case "bearer":
            return (Secret(name="token", title="Bearer token"),)
        case "header":
            return (Secret(name="token", title=f"What the header {auth.name} holds"),)
        case "query":
            return (Secret(name="token", title=f"What the query parameter {auth.name} holds"),)
        case "basic":
            return (Secret(name="username", title="User name"), Secret(name="password", title="Password", required=False))
        case "none":
            return ()


def _headers_of(auth: Auth) -> Callable[[Credential], Pairs]:
    match auth.kind:
        case "bearer":
            return bearer
        case "header":
            return lambda credential: ((auth.name.lower(), credential["token"]),)
        case "basic":
            return _basic
        case "query" | "none":
            return lambda _: ()


def _basic(credential: Credential) -> Pairs:
    pair = f"{credential['username']}:{credential.get('password', '')}"
    return (("authorization", f"Basic {b64encode(pair.encode()).decode()}"),)


def _query_of(auth: Auth) -> Callable[[Credential], Pairs] | None:
    return (lambda credential: ((auth.name, credential["token"]),)) if auth.kind == "query" else None
