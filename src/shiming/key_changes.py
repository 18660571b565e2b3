"""New keys, and the key file sealed anew; each is one change at a time in the whole installation."""

from collections.abc import Iterator
from pathlib import Path

from shiming.key_guard import key_guard
from shiming.settings import Settings
from shiming.startup import CannotStart, keys_database, main_database, migrate, one_at_a_time, open_ring, workers_alive
from shiming.store.crypto import key_check, key_file
from shiming.workflows import engine


def rotate(settings: Settings) -> Iterator[str]:
    """Add a master key, and wrap every data key under it; says what was done."""
    migrate(settings)
    path, guard = Path(settings.place("key_file")), key_guard(settings)
    with main_database(settings) as database:
        with one_at_a_time(settings), keys_database(settings) as keys:
            key_check.verify(keys, database, path, guard)
            yield f"master key version {key_file.add(path, 'master', guard)} added"
            key_check.enrol(keys, database, path, guard)
        ring, done = open_ring(settings, database), 0
        while wrapped := ring.sealer.rotate():
            done += wrapped
            yield f"{done} data keys wrapped again"
        ring.close()


def rotate_lookup(settings: Settings) -> Iterator[str]:
    """Add a look-up key, by which all that is written from now on is found. Raises CannotStart where processes live:
    they would not find what others write by the new one, and take a known person for a new one.
    """
    migrate(settings)
    path, guard = Path(settings.place("key_file")), key_guard(settings)
    with one_at_a_time(settings), main_database(settings) as database, keys_database(settings) as keys:
        if alive := workers_alive(database):
            raise CannotStart(f"{alive} workers are running. Stop every serve and work of this installation, and wait "
                              f"{engine.DEAD_AFTER:.0f} seconds.")  # fmt: skip
        key_check.verify(keys, database, path, guard)
        version = key_file.add(path, "lookup", guard)
        yield f"look-up key version {version} added; give the file to every machine, then start"
        key_check.enrol(keys, database, path, guard)


def rewrap(settings: Settings) -> Iterator[str]:
    """Write the key file as the settings say: sealed by the newest version of the key outside, or by none. The secrets
    stay the same, so earlier copies of the file go on to work, and open whatever they opened.
    """
    migrate(settings)
    path, guard = Path(settings.place("key_file")), key_guard(settings)
    before = key_file.outside(path)
    with one_at_a_time(settings), main_database(settings) as database, keys_database(settings) as keys:
        key_check.verify(keys, database, path, guard)
        key_file.rewrite(path, guard)
        key_check.verify(keys, database, path, guard)
    by = f"sealed by {guard.provider}" if guard.seals else "no longer sealed by a key outside"
    yield f"{path} is {by}; give the file to every machine"
    if guard.seals and not before:
        yield ("Copies of it from before hold the keys as they are: destroy them, run shiming keys rotate, and destroy "
               "key backups from before that (docs/keys.md)")  # fmt: skip
