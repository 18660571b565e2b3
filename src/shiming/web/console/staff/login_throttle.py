"""How often somebody may fail to sign in: per address, and per name whether or not there is anybody of that name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastapi import Request

from shiming.errors import TooMany
from shiming.store.staff import login_attempts
from shiming.web.access import context_of
from shiming.workflows.context import Context

MINUTES, PER_ADDRESS, PER_NAME = 10, 30, 10


class LoginThrottle:
    """Failures of the last ten minutes or less, at all server processes together. One that succeeds is not counted."""

    @contextmanager
    def of(self, request: Request, name: str | None = None) -> Iterator[None]:
        """Around one try. Raises TooMany before it, with the same words whoever it is; gives it back on success."""
        context = context_of(request)
        most = {context.lookup.hash("try.address", _address(request)): PER_ADDRESS}
        if name is not None:
            most[context.lookup.hash("try.name", name)] = PER_NAME
        until = _take(context, most)
        yield
        with context.database.write() as connection:
            for whose in most:
                login_attempts.give_back(connection, whose, until)

    def asked(self, request: Request, what: str, most: int) -> None:
        """Count what costs us a row whoever asks, per address; it is not given back. Raises TooMany."""
        context = context_of(request)
        _take(context, {context.lookup.hash(f"try.{what}", _address(request)): most})


def _address(request: Request) -> str:
    return request.app.state.proxies.address(request)


def _take(context: Context, most: Mapping[str, int]) -> int:
    """Count a try of each, the address first, so that no two wait for each other; nothing where one has none left.

    Returns when the window ends, by the database's clock: one window for all server processes.
    """
    window = MINUTES * 60_000
    with context.database.read() as connection:
        now = context.shared_clock(connection)
        until = (now // window + 1) * window
        wait = -(-(until - now) // 1000)
        refused = TooMany(f"Too many tries to sign in. Wait {wait // 60 + 1} minutes, then try again.", wait)
        if login_attempts.spent(
            connection, most, until
        ):  # looked at first: whoever goes on trying must not keep us writing
            raise refused
    with context.database.write() as connection:
        if any(login_attempts.count(connection, whose, until) > limit for whose, limit in most.items()):
            raise refused
    return until
