"""Databases of one PostgreSQL with all tables and nothing in them, emptied after use instead of made anew.

To make one, or to copy one, is to make and remove some hundreds of files: most of a second of CPU for each test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from tests import throwaway_postgres as postgres

OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
SHAPE = """
SELECT array_agg(format('%s %s %s %s %s', relnamespace::regnamespace, relname, relkind, relnatts, relhastriggers)
                 ORDER BY pg_class.oid)::text
FROM pg_class WHERE relnamespace::regnamespace::text NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
UNION ALL SELECT array_agg(oid::text ORDER BY oid)::text FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT array_agg(nspname::text ORDER BY oid)::text FROM pg_namespace WHERE nspname !~ '^pg_'
UNION ALL SELECT array_agg(setconfig::text)::text FROM pg_db_role_setting
          JOIN pg_database ON pg_database.oid = setdatabase AND datname = current_database()
UNION ALL SELECT datconnlimit::text FROM pg_database WHERE datname = current_database()
"""
"""What a test may have changed besides rows."""


class Reused:
    """The databases of the server whose socket lies in `folder`."""

    def __init__(self, folder: Path):
        from shiming import app  # noqa: F401  (so that all tables are known)
        from shiming.store.crypto.sealed import open_keys
        from tests import blank

        self._folder, self._numbers, self._free = folder, count(1), []
        postgres.order(folder, "CREATE DATABASE tables TEMPLATE template0")
        blank.database(postgres.url(folder, "tables")).close()
        open_keys(postgres.url(folder, "tables")).dispose()  # both lie in one where there is one
        with self._opened("tables") as connection:
            self._shape = connection.execute(SHAPE).fetchall()
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        filled = "SELECT '{0}' WHERE EXISTS (SELECT 1 FROM \"{0}\")"
        self._filled = " UNION ALL ".join(filled.format(*row) for row in tables)

    @contextmanager
    def one(self) -> Iterator[str]:
        """The URL of one that nobody else has."""
        name = self._free.pop() if self._free else self._made()
        yield postgres.url(self._folder, name)
        if self._emptied(name):
            self._free.append(name)
        else:
            postgres.order(self._folder, f'DROP DATABASE "{name}" WITH (FORCE)')

    def _made(self) -> str:
        name = f"tables_{next(self._numbers)}"
        postgres.order(self._folder, f'CREATE DATABASE "{name}" TEMPLATE tables')
        return name

    def _opened(self, name: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self._folder), user="shiming", dbname=name, autocommit=True)

    def _emptied(self, name: str) -> bool:
        """Whether it is as it was. Not where a test has changed more than rows, or closed the door behind it."""
        try:
            with self._opened(name) as connection:
                while connection.execute(f"SELECT pg_terminate_backend(pid, 1000) {OTHERS}").fetchall():
                    pass
                if connection.execute(SHAPE).fetchall() != self._shape:
                    return False
                connection.execute("SET session_replication_role = replica")  # rows go in any order
                for (table,) in connection.execute(self._filled).fetchall():
                    connection.execute(f'DELETE FROM "{table}"')
                used = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
                for (sequence,) in connection.execute(used).fetchall():
                    connection.execute(f'ALTER SEQUENCE "{sequence}" RESTART')
            return True
        except psycopg.OperationalError:
            return False
