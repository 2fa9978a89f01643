"""A CSV file taken in: streamed, stopped and continued at will, bad rows kept beside it with their reason."""

import asyncio
import csv
import hashlib
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from trunkline.admin.connections import link_to
from trunkline.admin.desk import Desk
from trunkline.connect.declaration import Connector
from trunkline.connect.rows import Row, RowFile, Sheet, assigned, opened, written_as
from trunkline.engine.directory import Directory
from trunkline.engine.inbox import EmbeddedInbox
from trunkline.engine.rows import Place, Rejected, RowIntake, Source
from trunkline.flows.compile import compile_text
from trunkline.model.errors import ConfigError, NotFoundError, StoreError
from trunkline.store import events as event_store

BATCH: Final = 500
"""Rows in one unit."""
WAITING: Final = 20_000
"""Events that may wait for the hub before the file waits too."""
PAUSE_S: Final = 0.2

_HASHED_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person asks for. `map` is our names by heading; `kind` may be left out where the connector takes one kind of file."""

    path: Path
    connection: str
    kind: str | None = None
    map: Mapping[str, str] = field(default_factory=dict[str, str])
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far it is: `share` of the file from 0 to 1. `accepted` and `known` (no news) count this time's events only."""

    place: Place
    share: float
    accepted: int
    known: int
    waits: bool = False
    """Whether the file waits for the hub to catch up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A file about to be taken: what it is, where it goes on, and its steps as they are asked for."""

    source: Source
    sheet: Sheet
    begun: Place
    steps: AsyncGenerator[Step]
    rejects: Path
    problems: Path


def kind_of(connector: Connector, kind: str | None) -> RowFile:
    """The kind of file by name; `NotFoundError` or `ConfigError` that name what there is."""
    known = ", ".join(one.id for one in connector.files)
    if not connector.files:
        raise ConfigError(f"{connector.name} takes no files.", hint="Add a connection of the connector csv: trunkline connections add csv")
    if kind is None and len(connector.files) > 1:
        raise ConfigError(f"{connector.name} takes several kinds of files.", hint=f"Say which one with --kind: {known}.", place="--kind")
    found = next((one for one in connector.files if kind in (None, one.id)), None)
    if found is None:
        raise NotFoundError(f"{connector.name} takes no file of the kind {kind!r}.", hint=f"It takes: {known}.")
    return found


@asynccontextmanager
async def taken(desk: Desk, wanted: Wanted) -> AsyncGenerator[Taking]:
    """Open the file and see that all is well before the first row: columns, connection, a flow that listens.

    Raises `ConfigError` or `NotFoundError` that say what to mend. The steps raise `StoreError` when nothing can be stored; the same
    command then goes on where this one ended.
    """
    link = await link_to(desk, wanted.connection)
    file = kind_of(link.connector, wanted.kind)
    directory = Directory(desk.database, desk.clock, compile=compile_text, link=desk.link)
    await directory.refresh()
    intake = RowIntake(desk.database, directory, EmbeddedInbox(desk.database, limit=1 << 62), desk.clock)
    with _opened(wanted.path) as stream:
        identity = await asyncio.to_thread(_identity, stream, wanted)
        sheet = opened(stream, encoding=wanted.encoding, delimiter=wanted.delimiter)
        columns = assigned(file, sheet.headings, wanted.map) if file.columns or wanted.map else {}
        if file.columns and not columns:
            raise ConfigError(
                f"No column of the file is known as a field of {file.title.lower()}.",
                hint=f'Say which one it is: --map {next(iter(file.columns))}="Heading". Fields: {", ".join(file.columns)}.',
                place="line 1",
            )
        source = Source(link=link, file=file, name=wanted.path.name, identity=identity, columns=columns)
        if not intake.listening(source):
            raise ConfigError(
                f"No published flow listens for {file.title.lower()} on {wanted.connection!r}, so nothing would happen.",
                hint="Publish one first: trunkline flows publish NAME",
            )
        begun = await intake.place(source)
        rejects, problems = _beside(wanted.path, "rejected"), _beside(wanted.path, "problems")
        with _Reports(rejects, problems, sheet, begun) as reports:
            steps = _steps(desk, intake, source, sheet.rows, begun, reports, stream, wanted.path.stat().st_size)
            yield Taking(source=source, sheet=sheet, begun=begun, steps=steps, rejects=rejects, problems=problems)
            await steps.aclose()


async def _steps(
    desk: Desk, intake: RowIntake, source: Source, rows: Iterator[Row], place: Place, reports: "_Reports", stream: BinaryIO, size: int
) -> AsyncGenerator[Step]:
    accepted = known = 0

    def step(*, waits: bool = False, done: bool = False) -> Step:
        return Step(place=place, share=1 if done else stream.tell() / max(size, 1), accepted=accepted, known=known, waits=waits)

    for _ in islice(rows, place.rows):
        pass
    while batch := list(islice(rows, BATCH)):
        while await desk.database.read(event_store.inbox_depth) >= WAITING:
            yield step(waits=True)
            await asyncio.sleep(PAUSE_S)
        arrivals, rejected = intake.judged(source, batch)
        lengths = reports.write(rejected)
        rows_taken, bad = place.rows + len(batch), place.rejected + len(rejected)
        place = Place(rows=rows_taken, rejected=bad, rejects_bytes=lengths[0], problems_bytes=lengths[1])
        news = await intake.keep(source, arrivals, place)
        accepted, known = accepted + news, known + len(arrivals) - news
        yield step()
    yield step(done=True)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(
            f"The file {path} cannot be read: {error.strerror}.", hint="Check its name and who may read it.", place=str(path)
        ) from error


def _identity(stream: BinaryIO, wanted: Wanted) -> str:
    """The same for the same content read the same way: such a file is continued, never taken twice."""
    state = hashlib.blake2b(digest_size=12)
    while piece := stream.read(_HASHED_BYTES):
        state.update(piece)
    stream.seek(0)
    how = sorted(wanted.map.items())
    state.update(repr((how, wanted.encoding, wanted.delimiter)).encode())
    return state.hexdigest()


def _beside(path: Path, word: str) -> Path:
    """`contacts.csv` → `contacts.rejected.csv`."""
    return path.with_name(f"{path.stem}.{word}.csv")


class _Reports:
    """Two files beside the original, made when a row is rejected: the bad rows as they stood, to be mended and taken again, and why.

    Both are cut back to the kept place first, so a row that was reported just before an end of the process is not reported twice; what
    was moved away or shortened by hand goes on where it ends now.
    """

    def __init__(self, rejects: Path, problems: Path, sheet: Sheet, place: Place) -> None:
        self._rejects = _Report(rejects, place.rejects_bytes, sheet.header.rstrip("\r\n") + "\n", sheet.encoding)
        self._problems = _Report(problems, place.problems_bytes, "line,reason\n", "utf-8")

    def __enter__(self) -> "_Reports":
        return self

    def __exit__(self, *exc: object) -> None:
        self._rejects.close()
        self._problems.close()

    def write(self, rejected: Sequence[Rejected]) -> tuple[int, int]:
        """The lengths of both afterwards."""
        for one in rejected:
            self._rejects.add(one.row.raw if one.row.raw.endswith("\n") else f"{one.row.raw}\n")
            cells = StringIO()
            csv.writer(cells, lineterminator="\n").writerow((one.row.line, one.reason))
            self._problems.add(cells.getvalue())
        return self._rejects.flushed(), self._problems.flushed()


class _Report:
    def __init__(self, path: Path, length: int, header: str, encoding: str) -> None:
        self._path = path
        self._length = length
        self._encoding, mark = written_as(encoding)
        self._header = f"{mark}{header}"
        self._file: BinaryIO | None = None

    def add(self, text: str) -> None:
        file = self._file or self._begun()
        # NOTE: bytes that are no letters stand in the text as surrogates, and go back as the bytes they were.
        file.write(text.encode(self._encoding, "surrogateescape"))

    def flushed(self) -> int:
        """The length of what is on the disk for good: the place that is kept next says that it is there."""
        if self._file is not None and self._file.tell() != self._length:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._length = self._file.tell()
        return self._length

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _begun(self) -> BinaryIO:
        try:
            there = min(self._length, self._path.stat().st_size) if self._length and self._path.exists() else 0
            self._file = file = self._path.open("r+b" if there else "wb")
        except OSError as error:
            raise StoreError(
                f"The report {self._path} cannot be written: {error.strerror}.", hint="Put the file where you may write."
            ) from error
        file.truncate(there)
        file.seek(there)
        if not there:
            file.write(self._header.encode(self._encoding, "surrogateescape"))
        return file
