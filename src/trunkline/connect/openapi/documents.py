"""The documents of one description: opened once each, and `$ref` followed from one to the other inside one folder."""

from collections.abc import Callable
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from trunkline.connect.openapi.reading import read
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject

_MOST_HOPS: Final = 32

Progress = Callable[[str, float], None]
"""Is told what is being done and how much of all the work is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file. `name` is its path from the root, the same on every machine; `twice` tells of keys that stand there more than once."""

    name: str
    path: Path
    data: JSON
    twice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a document, known by the way to it."""

    document: Document
    parent: "Spot | None" = None
    part: str = ""

    def __truediv__(self, part: str | int) -> "Spot":
        return Spot(self.document, self, str(part))

    @property
    def parts(self) -> tuple[str, ...]:
        """From the root of the document to here."""
        found: list[str] = []
        spot = self
        while spot.parent is not None:
            found.append(spot.part)
            spot = spot.parent
        return tuple(reversed(found))

    def __str__(self) -> str:
        """`contacts.json#/paths/~1contacts/get`."""
        return f"{self.document.name}#{''.join('/' + part.replace('~', '~0').replace('/', '~1') for part in self.parts)}"


@dataclass(slots=True)
class Documents:
    """Every document met so far. None outside `root` is opened, and none is fetched from anywhere."""

    root: Path
    progress: Progress | None = None
    _opened: dict[Path, Document] = field(default_factory=dict[Path, Document])

    @classmethod
    def around(cls, files: list[Path], *, root: Path | None = None, progress: Progress | None = None) -> "Documents":
        """Those whose root is `root`, else the folder that holds all of `files`."""
        chosen = root or Path(commonpath([file.resolve().parent for file in files]))
        return cls(chosen.resolve(), progress)

    def open(self, path: Path, *, share: tuple[float, float] = (0.0, 0.0)) -> Document:
        """The document in a file; `share` is where reading it begins and ends in all the work."""
        path = path.resolve()
        if path not in self._opened:
            if not path.is_relative_to(self.root):
                raise ConfigError(
                    f"{path.name} lies outside the folder {self.root}.",
                    hint="Name a folder that holds all of them with --root.",
                    place=str(path),
                )
            name = path.relative_to(self.root).as_posix()
            begin, end = share
            tell = self.progress
            twice: list[str] = []
            data = read(
                path,
                name=name,
                share=(lambda done: tell(f"Reading {name}", begin + done * (end - begin))) if tell else None,
                twice=twice.append,
            )
            self._opened[path] = Document(name, path, data, tuple(twice))
        return self._opened[path]

    @property
    def opened(self) -> list[Document]:
        """Those that were read, by name."""
        return sorted(self._opened.values(), key=lambda one: one.name)

    def target(self, reference: str, at: Spot) -> tuple[JSON, Spot]:
        """What a `$ref` at a place leads to, and where that stands; `ConfigError` tells both when it leads nowhere."""
        file, _, fragment = reference.partition("#")
        document = self._document(file, at) if file else at.document
        return self._inside(document, fragment, at, reference, hops=0)

    def followed(self, value: JSON, at: Spot) -> tuple[JSONObject, Spot]:
        """The object behind any number of `$ref`; an empty one when it is none, or the `$ref` lead in a circle."""
        for _ in range(_MOST_HOPS):
            if not isinstance(value, dict):
                break
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value, at
            value, at = self.target(reference, at)
        return {}, at

    def _document(self, file: str, at: Spot) -> Document:
        parts = urlsplit(file)
        if parts.scheme or parts.netloc:
            raise ConfigError(
                "A `$ref` leads to an address; nothing is fetched.",
                hint="Download that document, put it beside this one and let the `$ref` name the file.",
                place=str(at),
            )
        path = (at.document.path.parent / unquote(file)).resolve()
        if not path.is_relative_to(self.root):
            raise ConfigError(
                f"A `$ref` leads to {file}, outside the folder of the documents.",
                hint="Put the file into that folder, or name a folder that holds all of them with --root.",
                place=str(at),
            )
        if not path.is_file():
            raise ConfigError(f"A `$ref` leads to {file}, and there is no such file.", hint="Put it where the `$ref` says.", place=str(at))
        return self.open(path)

    def _inside(self, document: Document, fragment: str, at: Spot, reference: str, hops: int) -> tuple[JSON, Spot]:
        value, spot = document.data, Spot(document)
        for raw in fragment.split("/")[1:]:
            part = unquote(raw).replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and part not in value and isinstance(value.get("$ref"), str) and hops < _MOST_HOPS:
                value, spot = self.followed(value, spot)
            value, spot = _below(value, part, at, reference), spot / part
        return value, spot


def _below(value: JSON, part: str, at: Spot, reference: str) -> JSON:
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    raise ConfigError(
        f"A `$ref` leads to {reference}, and nothing is there.", hint="Correct the `$ref` or add what it names.", place=str(at)
    )
