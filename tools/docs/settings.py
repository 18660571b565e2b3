"""docs/settings.md: every setting and every choice of the default policy."""

from collections.abc import Mapping
from dataclasses import fields

from shiming.policy import DEFAULT, Policy
from shiming.settings import PLACES, Settings


def settings() -> str:
    """Two tables: settings of a process, and the policy in force."""
    lines = ["# Settings", "", "Set by environment variables.", "", "| variable | default | meaning |", "|---|---|---|"]
    lines += [
        f"| `SHIMING_{f.name.upper()}` | {_default(f.name, f.default)} | {f.metadata['meaning']} |"
        for f in fields(Settings)
    ]
    lines += ["", "# The default policy", "", "| choice | value | meaning |", "|---|---|---|"]
    lines += [f"| `{f.name}` | {_shown(getattr(DEFAULT, f.name))} | {f.metadata['meaning']} |" for f in fields(Policy)]
    return "\n".join(lines) + "\n"


def _default(name: str, value: object) -> str:
    if value != "":
        return _shown(value)
    return "in the data folder" if name in PLACES else "empty"


def _shown(value: object) -> str:
    return f"`{_plain(value)}`"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    if isinstance(value, frozenset | tuple):
        return ", ".join(sorted(value))
    return str(value)
