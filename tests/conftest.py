"""Fixtures for all tests: a real PostgreSQL. Each folder of tests adds its own in its own conftest.py."""

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from _pytest.terminal import TerminalReporter

from tests import distribution, reused_postgres
from tests import throwaway_postgres as postgres

_numbers = itertools.count(1)
_reporter: list[TerminalReporter] = []  # nobody's in a worker, which tells the one process that has a terminal


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    _reporter[:] = filter(None, [config.pluginmanager.get_plugin("terminalreporter")])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Where tests run several at once, those of one file, or of one running server, stay together."""
    return distribution.ByGroup(config, log)


def pytest_collection_finish() -> None:
    """Modules and thousands of tests stay to the end: whoever looks for garbage later need not look through them."""
    gc.collect()
    gc.freeze()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Names what failed at once: a run that is cut short never comes to its list of them."""
    if report.failed and _reporter:
        why = getattr(getattr(report.longrepr, "reprcrash", None), "message", "").partition("\n")[0]
        kind = "FAILED" if report.when == "call" else "ERROR"
        _reporter[0].write_line(f"{kind} {report.nodeid} - {why[:200]}")
        _reporter[0].flush()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whoever has no people before cameras goes second: a frame that comes late fails, all else only takes longer."""
    if "PYTEST_XDIST_WORKER" in os.environ and not item.nodeid.startswith(distribution.REAL_TIME) and not os.nice(0):
        os.nice(5)


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


@pytest.fixture(scope="session")
def postgres_reused(postgres_server: Path) -> reused_postgres.Reused:
    return reused_postgres.Reused(postgres_server)


@pytest.fixture
def postgres_tables(postgres_reused: reused_postgres.Reused) -> Iterator[str]:
    """As `postgres_database`, with all tables already, which takes long to make."""
    with postgres_reused.one() as url:
        yield url
