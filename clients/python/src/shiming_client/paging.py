"""Lists to their end: `for each in pages(api.list_verifications, account="user-42")`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item", covariant=True)


class Page(Protocol[Item]):
    """What a call that lists answers."""

    @property
    def items(self) -> Sequence[Item]: ...

    @property
    def next_(self) -> Any: ...


def pages(call: Callable[..., Page[Item]], *given: Any, **filters: Any) -> Iterator[Item]:
    """Every item of every page; the next page is asked for when it is wanted."""
    more: dict[str, Any] = {}
    while True:
        page = call(*given, **filters, **more)
        yield from page.items
        if not page.next_:
            return
        more = {"after": page.next_}


async def pages_async(call: Callable[..., Awaitable[Page[Item]]], *given: Any, **filters: Any) -> AsyncIterator[Item]:
    """The same of `AsyncShiming`: `async for each in …`."""
    more: dict[str, Any] = {}
    while True:
        page = await call(*given, **filters, **more)
        for item in page.items:
            yield item
        if not page.next_:
            return
        more = {"after": page.next_}
