"""`python -m tools.docs [PAGE …] [--check]`: write the generated pages of docs/, or say which are stale."""

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tools.docs.api import api
from tools.docs.checks import checks
from tools.docs.errors import errors
from tools.docs.events import events
from tools.docs.reasons import reasons
from tools.docs.scale import scale
from tools.docs.settings import settings
from tools.docs.states import states

DOCS = Path(__file__).parents[2] / "docs"

BOTH = {"api": api, "errors": errors, "events": events, "reasons": reasons, "settings": settings}
"""Written in Chinese too."""
PAGES: Mapping[str, Callable[[], str]] = {
    **BOTH,
    "checks": checks,
    "scale": scale,
    "states": states,
    **{f"zh/{name}": partial(made, "zh") for name, made in BOTH.items()},
}
"""Page name → the function that gives its Markdown. A new page is one row here and one function beside this file."""


def text(page: str) -> str:
    """The page as it should stand in docs/, with a first line that says where it comes from."""
    origin = f"<!-- Made from the code by `python -m tools.docs {page}`: edit the code, not this page. -->"
    return f"{origin}\n\n{PAGES[page]()}"


def stale(page: str, docs: Path = DOCS) -> bool:
    """Whether the page in docs/ is missing or differs from what the code says now."""
    path = docs / f"{page}.md"
    return not path.exists() or path.read_text("utf-8") != text(page)


def write(page: str, docs: Path = DOCS) -> None:
    path = docs / f"{page}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(page), "utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tools.docs", description="Pages of docs/ that are made from the code.")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"all when none is given: {', '.join(PAGES)}")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.pages) - set(PAGES)
    if unknown:
        parser.error(f"no such page: {', '.join(sorted(unknown))}; there are {', '.join(PAGES)}")
    pages = chosen.pages or list(PAGES)
    if not chosen.check:
        for page in pages:
            write(page)
        return 0
    old = [page for page in pages if stale(page)]
    for page in old:
        print(f"docs/{page}.md is stale: run `python -m tools.docs {page}`", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    raise SystemExit(main())
