"""New keys, and the key file sealed anew; each is one change at a time in the whole installation."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from shiming.key_guard import key_guard
from shiming.settings import Settings
from shiming.startup import (
    CannotStart,
    files,
    keys_database,
    main_database,
    migrate,
    one_at_a_time,
    open_ring,
    workers_alive,
)
from shiming.store.crypto import key_check, key_file, suites
from shiming.store.database import Database
from shiming.workflows import engine
from shiming.workflows.operations import resealing


def rotate(settings: Settings) -> Iterator[str]:
    """Add a master key, and wrap every data key under it by the suite of the settings; says what was done."""
    migrate(settings)
    path, guard, suite = Path(settings.place("key_file")), key_guard(settings), suites.of(settings.crypto)
    with main_database(settings) as database:
        with one_at_a_time(settings), keys_database(settings) as keys:
            key_check.verify(keys, database, path, guard)
            yield f"master key version {key_file.add(path, 'master', guard, suite)} added ({suite.name})"
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
        _nobody_works(database)
        key_check.verify(keys, database, path, guard)
        suite = suites.of(settings.crypto)
        version = key_file.add(path, "lookup", guard, suite)
        yield f"look-up key version {version} added ({suite.name}); give the file to every machine, then start"
        key_check.enrol(keys, database, path, guard)


def reseal(settings: Settings, pictures: bool = False) -> Iterator[str]:
    """Seal what is sealed by the other suite by the one of the settings; says what was done. With `pictures` those too.
    Raises CannotStart where processes live then.
    """
    migrate(settings)
    with main_database(settings) as database, closing(open_ring(settings, database)) as ring:
        if pictures:
            _nobody_works(database)
        for name, moved in resealing.values(database, ring.sealer):
            yield from _told(name, moved)
        if pictures:
            yield from _told("pictures", resealing.pictures(files(settings, ring.sealer), ring.sealer))
        yield f"what there was is sealed by the {ring.sealer.suite.name} suite" + (
            "" if pictures else "; pictures: shiming keys reseal --pictures, with every process stopped")  # fmt: skip


def _told(name: str, moved: resealing.Moved) -> Iterator[str]:
    if moved.count:
        yield f"{name}: {moved.count} sealed anew"
    if moved.faults:
        yield (f"{name}: {len(moved.faults)} do not open and stay as they are (damaged, or moved from elsewhere): "
               f"{', '.join(moved.faults[: resealing.TOLD])}")  # fmt: skip


def _nobody_works(database: Database) -> None:
    if alive := workers_alive(database):
        raise CannotStart(f"{alive} workers are running. Stop every serve, work and gate of this installation, and "
                          f"wait {engine.DEAD_AFTER:.0f} seconds.")  # fmt: skip


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
