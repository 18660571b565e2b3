"""docs/licences.md, from the locks, the metadata, bundled.toml and models.toml."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tools.licences import bundled, npm
from tools.licences.distributions import ROOT, RULES, Distribution, Unknown, locked
from tools.licences.spdx import refused

PAGE = ROOT / "docs" / "licences.md"
CHARACTERS = ROOT / "tools" / "characters" / "sources.toml"
MODELS = ROOT / "src" / "shiming" / "vision" / "models.toml"
INTRODUCTION = """\
# Licences

Made by `python -m tools.licences` from the lock files, the metadata of the installed packages, `models.toml` and what
lies inside the wheels; a test sees that it is fresh. Everything listed may be used commercially. What is not on the
allow-list in `tools/licences/rules.toml` makes the generator and the tests fail: no GPL, no AGPL, nothing
non-commercial.

- **LGPL** is allowed for Python packages and shared libraries of their own: Shiming uses them unchanged, loads them at
  run time, and whoever runs it can exchange them. It is not allowed for what is compiled into something else.
- **MPL** is copyleft file by file; such files are used unchanged.
- **GCC's run-time libraries** are GPL with the exception that frees what is linked with them.
- **HEIC is read and never written**: the wheel of `pi-heif` holds a decoder and no encoder. Patents on HEVC are not a
  matter of these licences; ask a lawyer where they matter.
- **AVIF** is decoded by libavif (with dav1d; BSD), which Pillow's wheel brings.
- **Exceptions** are named with their reason in the table of bundled libraries. There is none in what runs.
"""


def text() -> str:
    """The whole page. Raises Unknown for a licence that nobody has looked at, or that is not allowed."""
    runs, tests = distributions()
    packages = list(dict.fromkeys(row.name for row in [*runs, *tests]))
    _allow(chain(_licences(runs, tests), _rust_licences(packages)))
    versions: dict[str, set[str]] = {}
    for row in [*runs, *tests]:
        versions.setdefault(row.name, set()).add(row.version)
    bundled.check(packages, versions)
    return "\n".join([INTRODUCTION, *_packages("What Shiming runs on", runs),
                      *_packages("What only its tests and tools use", tests), *_javascript(),
                      *_characters(), *_weights(), *_libraries(), *_inside(), *_rust(packages)])  # fmt: skip


def distributions() -> tuple[list[Distribution], list[Distribution]]:
    """What runs, and what only tests and tools use."""
    runs = locked(ROOT / "requirements.lock")
    return runs, [row for row in locked(ROOT / "requirements-dev.lock") if row not in runs]


def _licences(runs: Sequence[Distribution], tests: Sequence[Distribution]) -> Iterator[tuple[str, str, bool]]:
    """What is to be allowed: whose, the licence, and whether it is a library of its own."""
    libraries, insides = bundled.table()
    in_runs = {row.name for row in runs}
    yield from ((row.name, row.licence, True) for row in [*runs, *tests])
    for library in libraries:
        if library.exception and library.package in in_runs:
            raise Unknown(f"{library.package}, {library.files[0]}: no exception is possible in what runs")
        if not library.exception:
            yield f"{library.package}, {library.files[0]}", library.licence, True
    yield from ((f"{row.package}, inside", row.licence, False) for row in insides)
    yield from ((f"weights {row['name']}", row["licence"], False) for row in models())
    yield from ((f"characters from {row['package']}", row["licence"], False) for row in tables())
    yield from ((f"npm's {row.name}", row.licence, False) for row in npm.packages())


def _rust_licences(packages: Iterable[str]) -> Iterator[tuple[str, str, bool]]:
    for package in packages:
        yield from ((f"Rust code in {package}", licence, False) for licence in bundled.rust(package))


def _allow(licences: Iterable[tuple[str, str, bool]]) -> None:
    for whose, licence, own_library in licences:
        allowed = {*RULES["allowed"], *(RULES["allowed_as_own_library"] if own_library else ())}
        if bad := refused(licence, allowed):
            raise Unknown(f"{whose}: {', '.join(sorted(bad))} is not allowed (tools/licences/rules.toml)")


def models() -> list[dict[str, str]]:
    """The rows of models.toml; empty while there is none."""
    return tomllib.loads(MODELS.read_text("utf-8"))["file"] if MODELS.exists() else []


def _packages(title: str, rows: Sequence[Distribution]) -> Iterator[str]:
    yield from _table(title, ("package", "version", "licence", "known from", "only where"))
    for row in rows:
        yield _row(row.name, row.version, row.licence, row.known, f"`{row.when}`" if row.when else "")


def _javascript() -> Iterator[str]:
    yield from _table("JavaScript of the front end", ("package", "version", "licence", "what for"))
    for row in npm.packages():
        yield _row(row.name, row.version, row.licence, "in the pages" if row.shipped else "builds them")


def _characters() -> Iterator[str]:
    yield from _table("Tables and glyphs of rare characters", ("taken out of", "version", "licence", "what"))
    for row in tables():
        yield _row(row["package"], row["version"], row["licence"], row["what"])


def tables() -> list[dict[str, str]]:
    """The rows of tools/characters/sources.toml: the tables', and the font's."""
    sources = tomllib.loads(CHARACTERS.read_text("utf-8"))
    return [*sources["source"], sources["font"]]


def _weights() -> Iterator[str]:
    yield from _table("Model weights", ("file", "taken out of", "licence", "for", "SHA-256"))
    for row in models():
        source = f"{row['package']} {row['version']}"
        yield _row(row["name"], source, row["licence"], row["used_for"], f"`{row['sha256'][:16]}…`")
    yield "\nThe packages that weights are taken out of are not installed."


def _libraries() -> Iterator[str]:
    yield from _table("Shared libraries inside the wheels", ("package", "library", "licence", "what", "exception"))
    for row in bundled.table()[0]:
        files = ", ".join(f"`{file}`" for file in row.files)
        yield _row(row.package, files, row.licence, row.what, row.exception)


def _inside() -> Iterator[str]:
    yield from _table("Compiled into the wheels' own modules", ("package", "read at version", "licence", "what"))
    for row in bundled.table()[1]:
        yield _row(row.package, row.version, row.licence, row.what)


def _rust(packages: Iterable[str]) -> Iterator[str]:
    yield from _table("Rust code compiled in", ("package", "crates", "their licences"))
    for package in packages:
        if counts := bundled.rust(package):
            licences = "; ".join(f"{licence} ({count})" for licence, count in sorted(counts.items()))
            yield _row(package, str(sum(counts.values())), licences)


def _table(title: str, columns: Sequence[str]) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield _row(*columns)
    yield _row(*("---" for _ in columns))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
