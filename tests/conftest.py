"""Fixtures for all tests: a real PostgreSQL. Each folder of tests adds its own in its own conftest.py."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from tests import throwaway_postgres as postgres

_numbers = itertools.count(1)
ONE_SERVER = ("tests/stories/", "tests/browser/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run two at once, those of one file, or of one running server, stay together."""
    for item in items:
        file = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(next(filter(file.startswith, ONE_SERVER), file)))


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """What is acted in real time is played once more before it counts as failed: frames come late on a busy machine."""
    if item.get_closest_marker("real_time") is None:
        return None
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports):
        item._initrequest()  # as pytest itself makes the item before it runs it
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The folder of a throw-away PostgreSQL's socket. Where PostgreSQL cannot be had, the test errs and says why."""
    with postgres.server() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Path) -> str:
    """The SQLAlchemy URL of that server's database `postgres`: to look at, not to write to."""
    return postgres.url(postgres_server)


@pytest.fixture
def postgres_database(postgres_server: Path) -> Iterator[str]:
    """The SQLAlchemy URL of a database that is empty, this test's alone, and dropped after it."""
    name = f"test_{next(_numbers)}"
    postgres.order(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield postgres.url(postgres_server, name)
    postgres.order(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')
