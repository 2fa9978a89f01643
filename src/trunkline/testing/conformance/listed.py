"""Lists: any split into pages gives the same items."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connect.pages import pages
from trunkline.model.json import JSON, as_object, canonical
from trunkline.testing.conformance.applying import only_where
from trunkline.testing.conformance.scenarios import Paging
from trunkline.testing.conformance.stage import Stage
from trunkline.testing.paging import SIZES
from trunkline.testing.simulation import SimulatedVendor

_MANY: Final = 9
_NEEDS_PAGING: Final = "the list is read whole; where it is a handler's, a `Paging` among the scenarios says how it is filled"


@only_where(lambda suite: suite.make is not None)
class Listed(Stage):
    """Every operation that is paged."""

    async def test_any_page_size_gives_the_whole_list(self, paging: Paging[Any]) -> None:
        operation = self.operation(paging.operation)
        lists: list[list[JSON]] = []
        for size in paging.sizes:
            async with self.session(limits=()) as (session, vendor):
                paging.fill(vendor)
                read = [page async for page in pages(session, operation, {**paging.input, paging.size: size})]
                assert all(len(page) <= size for page in read)
                lists.append([item for page in read for item in page])
        assert len(lists[0]) >= 7
        assert all(canonical(one) == canonical(lists[0]) for one in lists)

    async def test_list_that_is_paged_is_read_whole(self, listing: Operation) -> None:
        """A list the fake keeps by itself is filled first; of one that a handler answers the records of the samples are read.

        A handler's list with fewer than two records says nothing about pages: it needs a `Paging` among the scenarios.
        """
        read: list[list[JSON]] = []
        for size in _sizes(listing):
            async with self.session(limits=()) as (session, vendor):
                input = {**self.input(listing), **size}
                await session.call(listing, input)
                filled = isinstance(vendor, SimulatedVendor) and vendor.fill_last_list(_MANY)
                found = [page async for page in pages(session, listing, input)]
                assert all(len(page) <= most for page in found for most in size.values())
                read.append([item for page in found for item in page])
                assert len(read[0]) == _MANY if filled else len(read[0]) > 1, _NEEDS_PAGING
        assert all(len(one) == len({canonical(item) for item in one}) == len(read[0]) for one in read)


def _sizes(operation: Operation) -> list[dict[str, int]]:
    """Inputs that choose how long a page is: short, odd and long ones as far as they are allowed; one without any where none can be."""
    fields = as_object(operation.input.get("properties"))
    name = next((one for one in SIZES if one in fields), None)
    if name is None:
        return [{}]
    told = as_object(fields[name])
    least, most = told.get("minimum"), told.get("maximum")
    wanted = {max(size, least) if isinstance(least, int) else size for size in (1, 2, 4, 50)}
    allowed = sorted({min(size, most) if isinstance(most, int) else size for size in wanted})
    return [{name: size} for size in allowed]
