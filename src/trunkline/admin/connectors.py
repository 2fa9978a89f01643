"""Connectors people make of OpenAPI documents: imported, stored, compared, removed."""

from collections.abc import Iterable
from pathlib import Path

from trunkline.connect.openapi.documents import Progress
from trunkline.connect.openapi.facts import text_of
from trunkline.connect.openapi.importing import Imported, import_files
from trunkline.model.errors import ConfigError


def read(files: Iterable[Path], *, root: Path | None = None, progress: Progress | None = None) -> Imported:
    """The facts in OpenAPI documents; raises `ConfigError` with the place of what is wrong."""
    return import_files([file.expanduser() for file in files], root=root, progress=progress)


def write(imported: Imported, out: Path) -> int:
    """Write an `endpoints.json`; how many bytes it has."""
    text = text_of(imported.facts)
    try:
        out.expanduser().write_bytes(text)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written: {error.strerror}.", hint="Choose another --out.", place=str(out)) from error
    return len(text)
