"""What lies inside wheels: shared libraries (looked up in bundled.toml) and Rust code (from the wheels' own lists)."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from tools.licences.distributions import Unknown

TABLE = Path(__file__).with_name("bundled.toml")
SHARED_LIBRARY = re.compile(r"\.(so|dylib|dll)(\.|$)")
PYTHON_MODULE = re.compile(r"\.(cpython-|abi3|pypy|cp3)|\.pyd$")  # a wheel's own extension modules
HASH = re.compile(r"(-[0-9a-f]{8})+(\.[\d.]+)?$")  # libaom-a0d22147, libgfortran-040039e1-0352e75f, …-59ffcd50.3.15
GPL_BUILD = (b"--enable-gpl", b"--enable-nonfree", b"x264_encoder_open", b"x265_encoder_open", b"x265_api_get")


@dataclass(frozen=True, slots=True)
class Library:
    """One row of bundled.toml's `library`. `exception` says why a licence that is not allowed may stay."""

    package: str
    files: tuple[str, ...]
    licence: str
    what: str
    exception: str = ""

    def names(self, found: str) -> bool:
        return any(fnmatchcase(found, pattern) for pattern in self.files)


@dataclass(frozen=True, slots=True)
class Inside:
    """One row of bundled.toml's `inside`: compiled in, read in the notices of that version (empty: any version)."""

    package: str
    licence: str
    what: str
    version: str = ""


def table() -> tuple[list[Library], list[Inside]]:
    """The rows of bundled.toml, in its order."""
    rows = _rows()
    libraries = [Library(**{**row, "files": tuple(row["files"])}) for row in rows["library"]]
    return libraries, [Inside(**row) for row in rows["inside"]]


@cache
def _rows() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))


def library_name(file: str) -> str | None:
    """`libaom` for `x.libs/libaom-a0d22147.so.3.14.1`; None for a file that is no bundled library."""
    name = file.rsplit("/", 1)[-1]
    if not SHARED_LIBRARY.search(name) or PYTHON_MODULE.search(name):
        return None
    return HASH.sub("", SHARED_LIBRARY.split(name)[0])


def found_in(package: str) -> list[tuple[str, Path]]:
    """The shared libraries inside an installed distribution, as (name, file)."""
    return [(name, file) for file in _files(package) if (name := library_name(file.as_posix()))]


def has_modules(package: str) -> bool:
    """Whether a distribution brings compiled Python modules, which can hold other people's code that no file shows."""
    return any(PYTHON_MODULE.search(file.name) and SHARED_LIBRARY.search(file.name) for file in _files(package))


def _files(package: str) -> list[Path]:
    """The files of an installed distribution; none when it is not installed, such as one for another system."""
    try:
        return [Path(str(file.locate())) for file in metadata.distribution(package).files or ()]
    except metadata.PackageNotFoundError:
        return []


def check(packages: Iterable[str], versions: dict[str, set[str]]) -> None:
    """Raises Unknown for a library or compiled code without a row in bundled.toml, a GPL build, notices not read."""
    libraries, insides = table()
    explained = {inside.package for inside in insides} | set(_rows()["own_code_only"])
    for package in packages:
        rows = [row for row in libraries if row.package == package]
        if has_modules(package) and package not in explained and not rust(package):
            raise Unknown(f"{package} has compiled modules: say in {TABLE.name}, [[inside]], what is in them")
        for name, file in found_in(package):
            if not any(row.names(name) for row in rows):
                raise Unknown(f"the wheel of {package} brings {name} ({file.name}): add it to {TABLE.name}")
            _refuse_gpl_build(package, file)
    for inside in insides:
        if inside.version and inside.version not in versions.get(inside.package, ()):
            raise Unknown(f"{inside.package} is not {inside.version}: read its notices again, then mend {TABLE.name}")


def stale(packages: Iterable[str]) -> list[str]:
    """The patterns of bundled.toml that fit no library found in the installed wheels."""
    found = {package: {name for name, _ in found_in(package)} for package in packages}
    return [f"{row.package}: {pattern}" for row in table()[0] for pattern in row.files
            if not any(fnmatchcase(name, pattern) for name in found.get(row.package, ()))]  # fmt: skip


def _refuse_gpl_build(package: str, file: Path) -> None:
    content = file.read_bytes()
    for sign in GPL_BUILD:
        if sign in content:
            raise Unknown(f"{file.name} in the wheel of {package} is built with {sign.decode()}: it may not be used")


def rust(package: str) -> Counter[str]:
    """How many Rust crates of each licence are compiled into a wheel, from the CycloneDX list that it brings."""
    counts: Counter[str] = Counter()
    for component in _components(package):
        if component.get("purl", "").startswith("pkg:cargo/"):
            counts[_expression(component)] += 1
    return counts


def _components(package: str) -> Iterator[dict[str, str]]:
    for file in _files(package):
        if file.parent.name == "sboms" and file.suffix == ".json":
            yield from json.loads(file.read_text("utf-8")).get("components", ())


def _expression(component: dict[str, object]) -> str:
    parts = [part.get("expression") or part["license"].get("id") or part["license"]["name"]
             for part in component.get("licenses", ())]  # fmt: skip
    return " AND ".join(" ".join(part.split()) for part in parts) or "unknown"
