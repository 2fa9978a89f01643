"""A bar on the standard error while a person waits; nothing for a program."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from trunkline.cli.given import Given
from trunkline.cli.output import console


class Bar:
    """Says what is being done and, where that is known, which share of it is."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def show(self, doing: str, share: float | None = None) -> None:
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=doing, completed=share)


@contextmanager
def bar(given: Given, doing: str, *, known: bool = True) -> Generator[Bar]:
    """A bar that begins with these words; `known` when there is a share to show."""
    screen = console(stderr=True)
    if given.json or not screen.is_terminal:
        yield Bar(None)
        return
    columns = (BarColumn(bar_width=40), TaskProgressColumn(), TimeRemainingColumn()) if known else ()
    with Progress(TextColumn("{task.description}"), *columns, console=screen, transient=True) as progress:
        progress.add_task(doing, total=1.0 if known else None)
        yield Bar(progress)
