"""The JavaScript of the front end, from `web/package-lock.json`: what is in the pages, and what only builds them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from tools.licences.distributions import ROOT, Unknown

LOCK = ROOT / "web" / "package-lock.json"


@dataclass(frozen=True, slots=True)
class Package:
    """One locked package of npm's; `shipped` unless it is there for building only."""

    name: str
    version: str
    licence: str
    shipped: bool


def packages() -> Iterator[Package]:
    """All of the lock, in its order. Raises Unknown where a package does not tell its licence."""
    for path, about in json.loads(LOCK.read_text("utf-8"))["packages"].items():
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        if not about.get("license"):
            raise Unknown(f"npm's {name}: {LOCK.name} does not tell its licence; read it, or do without the package")
        yield Package(name, about["version"], about["license"], not about.get("dev") and not about.get("optional"))
