"""Long lists, page by page, as far as they are wanted."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from trunkline.connect.declaration import Operation
from trunkline.model.errors import RejectedError
from trunkline.model.ids import digest
from trunkline.model.json import JSON, JSONObject, as_list, at_path, canonical

MOST_PAGES: Final = 100_000


class Calling(Protocol):
    """What reads the pages: any `Caller`."""

    async def call(self, operation: Operation, input: JSONObject) -> JSON: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What was asked and what came."""

    operation: Operation
    input: JSONObject
    answer: JSON

    @property
    def following(self) -> JSONObject | None:
        """The input of the page after it; None after the last."""
        return self.operation.next_page(self.input, self.answer) if self.operation.next_page else None


async def pages(
    caller: Calling,
    operation: Operation,
    input: JSONObject,
    *,
    most: int = MOST_PAGES,
    items: Callable[[JSON], list[JSON]] | None = None,
) -> AsyncGenerator[list[JSON]]:
    """The items of each page of `operation`, called only when the page is asked for; `items` finds them where the declared path does not.

    Raises what `walk` raises.
    """
    async with aclosing(walk(caller, operation, input, most=most)) as found:
        async for page in found:
            yield items(page.answer) if items else as_list(at_path(page.answer, operation.items or ""))


async def walk(caller: Calling, operation: Operation, input: JSONObject, *, most: int = MOST_PAGES) -> AsyncGenerator[Page]:
    """Each page from the one that `input` asks for, called only when it is asked for.

    Raises `RejectedError` when the vendor sends a page token it has sent before, or after `most` pages: such a list has no end.
    """
    page = Page(operation=operation, input=input, answer=await caller.call(operation, input))
    yield page
    following = page.following
    seen = {digest(canonical(input))} if following is not None else set[str]()
    while following is not None:
        asked = digest(canonical(following))
        if asked in seen or len(seen) >= most:
            why = "leads back to a page already read" if asked in seen else f"has more than {most} pages"
            raise RejectedError(f"the list does not end: it {why}", operation=operation.id)
        seen.add(asked)
        page = Page(operation=operation, input=following, answer=await caller.call(operation, following))
        yield page
        following = page.following
