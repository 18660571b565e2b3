"""`python -m tools.clients [python] [typescript]`: the clients' packages, into dist.

Needs a package index the first time: generators and compilers lie in .cache/clients and .cache/strangers. What is
generated is never committed: docs/openapi.json is, and each build begins with it.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from shiming import __version__
from tools.clients.calls import facade

ROOT = Path(__file__).parents[2]
HERE, DOCUMENT, SOURCES = Path(__file__).parent, ROOT / "docs" / "openapi.json", ROOT / "clients"
WORK, PROGRAMS = ROOT / ".cache" / "clients", ROOT / ".cache" / "strangers"


def run(*command: object, folder: Path = ROOT) -> None:
    """Raises SystemExit with what was said, where it fails."""
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def programs() -> Path:
    """The generator, pinned, in an environment of its own beside the other strangers' tools."""
    if not (PROGRAMS / "bin" / "openapi-python-client").exists():
        run(sys.executable, "-m", "venv", PROGRAMS)
        lock = ROOT / "tools" / "strangers" / "requirements.lock"
        run(PROGRAMS / "bin" / "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", lock)
    return PROGRAMS / "bin"


def fresh(name: str, keep: tuple[str, ...] = ()) -> Path:
    """A copy of a client's sources to build in; `keep` names what may stay of the last build."""
    folder = WORK / name
    for old in folder.iterdir() if folder.exists() else ():
        if old.name not in keep:
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    leave = shutil.ignore_patterns("node_modules", "__pycache__", "dist", "made")
    shutil.copytree(SOURCES / name, folder, dirs_exist_ok=True, ignore=leave)
    return folder


def python(out: Path) -> Path:
    """The wheel."""
    folder, bin = fresh("python"), programs()
    package = folder / "src" / "shiming_client"
    run(bin / "openapi-python-client", "generate", "--path", DOCUMENT, "--meta", "none", "--overwrite",
        "--output-path", package / "made", "--config", HERE / "generator.yaml",
        "--custom-template-path", HERE / "templates", folder=folder)  # fmt: skip
    calls = facade(package / "made", json.loads(DOCUMENT.read_text("utf-8")))
    (package / "made" / "calls.py").write_text(calls, "utf-8")
    told = folder / "pyproject.toml"
    told.write_text(told.read_text("utf-8").replace('version = "0.0.0"', f'version = "{__version__}"'), "utf-8")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, folder=folder)
    return out / f"shiming_client-{__version__}-py3-none-any.whl"


def typescript(out: Path) -> Path:
    """The package as npm packs it."""
    folder = fresh("typescript", keep=("node_modules",))
    told = folder / "package.json"
    told.write_text(json.dumps(json.loads(told.read_text("utf-8")) | {"version": __version__}, indent=1), "utf-8")
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    (folder / "src" / "made").mkdir()
    run("node_modules/.bin/openapi-typescript", DOCUMENT, "-o", "src/made/api.ts",
        "--default-non-nullable=false", folder=folder)  # or a field with a default has to be sent  # fmt: skip
    run("node_modules/.bin/tsc", folder=folder)
    run("npm", "pack", "--ignore-scripts", "--pack-destination", out, folder=folder)
    return out / f"shiming-client-{__version__}.tgz"


CLIENTS: Mapping[str, Callable[[Path], Path]] = {"python": python, "typescript": typescript}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tools.clients", description="Build the clients' packages into dist.")
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=f"all when none is given: {', '.join(CLIENTS)}")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.clients) - set(CLIENTS):
        parser.error(f"no such client: {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}")
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in chosen.clients or CLIENTS:
        print(CLIENTS[name](chosen.out.resolve()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
