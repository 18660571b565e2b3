"""docs/settings.md: every setting and every choice of the default policy."""

from dataclasses import fields

from shiming.policy import DEFAULT, Policy
from shiming.settings import Settings


def settings() -> str:
    """Two tables: settings of a process, and the policy in force."""
    lines = ["# Settings", "", "Set by environment variables.", "", "| variable | default | meaning |", "|---|---|---|"]
    lines += [
        f"| `SHIMING_{f.name.upper()}` | {_shown(f.default)} | {f.metadata['meaning']} |" for f in fields(Settings)
    ]
    lines += ["", "# The default policy", "", "| choice | value | meaning |", "|---|---|---|"]
    lines += [f"| `{f.name}` | {_shown(getattr(DEFAULT, f.name))} | {f.metadata['meaning']} |" for f in fields(Policy)]
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    if isinstance(value, frozenset):
        value = ", ".join(sorted(value))
    return f"`{value}`" if value != "" else "in the data folder"
