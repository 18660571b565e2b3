"""The key that stays outside, as the settings name it: what every reader and writer of the key file is given."""

from functools import partial

from shiming.settings import Settings
from shiming.store.crypto import suites
from shiming.store.crypto.outside_key import KeyGuard, OutsideKey


def key_guard(settings: Settings) -> KeyGuard:
    """Asks nobody yet. Raises BadInput where a setting is missing or wrong, NoSuite."""
    suite = suites.of(settings.crypto)
    return KeyGuard(settings.key_provider, partial(_made, settings), settings.key_hours, suite=suite)


def _made(settings: Settings, provider: str) -> OutsideKey:
    from shiming.providers import configured  # loaded where there is one: not at every start

    return configured.outside_key(settings, provider)
