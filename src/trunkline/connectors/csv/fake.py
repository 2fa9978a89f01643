"""A person's table, as such files are: made up, of any length, with mistakes where they are asked for."""

from collections.abc import Iterator


def lines(count: int, *, bad_every: int = 0) -> Iterator[str]:
    """A header and `count` rows; every `bad_every`th lacks a field."""
    yield "Id,Name,Email,Phone\n"
    for number in range(1, count + 1):
        if bad_every and number % bad_every == 0:
            yield f"{number},Person {number}\n"
        else:
            yield f'{number},"Person, {number}",person{number}@example.com,+1555{number:07d}\n'
