"""Long lists, page by page, as far as they are wanted."""

from collections.abc import AsyncGenerator, Callable
from typing import Final, Protocol

from trunkline.connect.declaration import Operation
from trunkline.model.errors import RejectedError
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, at_path, canonical

MOST_PAGES: Final = 100_000


class Calling(Protocol):
    """What reads the pages: any `Caller`."""

    async def call(self, operation: Operation, input: JSONObject) -> JSON: ...


async def pages(
    caller: Calling,
    operation: Operation,
    input: JSONObject,
    *,
    most: int = MOST_PAGES,
    items: Callable[[JSON], list[JSON]] | None = None,
) -> AsyncGenerator[list[JSON]]:
    """The items of each page of `operation`, called only when the page is asked for; `items` finds them where the declared path does not.

    Raises `RejectedError` when the vendor sends a page token it has sent before, or after `most` pages: such a list has no end.
    """
    seen: set[str] = set()
    following: JSONObject | None = input
    while following is not None:
        asked = digest(canonical(following))
        if asked in seen or len(seen) >= most:
            why = "leads back to a page already read" if asked in seen else f"has more than {most} pages"
            raise RejectedError(f"the list does not end: it {why}", operation=operation.id)
        seen.add(asked)
        answer = await caller.call(operation, following)
        yield items(answer) if items else as_list(at_path(answer, operation.items or ""))
        following = operation.next_page(following, answer) if operation.next_page else None
