"""Outside sources, behind the contracts of contracts.py. Built-ins register the way guests do: by entry point."""

from importlib.metadata import entry_points
from typing import Any

from shiming.errors import BadInput


def make(kind: str, name: str, /, **options: Any) -> Any:
    """The provider registered under the entry-point group `shiming.{kind}` as `name`, made with `options`."""
    return found(kind, name)(**options)


def found(kind: str, name: str) -> Any:
    """What makes the providers registered there under that name. Raises BadInput."""
    found = entry_points(group=f"shiming.{kind}", name=name)
    if not found:
        known = ", ".join(sorted(p.name for p in entry_points(group=f"shiming.{kind}"))) or "none"
        raise BadInput(f"There is no {kind} provider called '{name}'. Installed: {known}.")
    return next(iter(found)).load()
