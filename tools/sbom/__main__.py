"""`python -m tools.sbom [FILE]`: the bill of materials of this version, CycloneDX 1.6 as JSON (dist/…cdx.json).

From the locks alone: Python packages with the hashes that an installation is checked by, the JavaScript in pages, the
model weights. Nothing in it depends on the machine or the day, so the same commit gives the same file.
"""

import base64
import json
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from shiming import __version__
from shiming.vision import weights
from tools.licences import npm
from tools.licences.distributions import ROOT, locked

HASHES = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NAMESPACE = uuid.UUID("6f6b1c1e-7c57-4e39-9f0c-1f2d5f0a3a51")


def bill() -> dict:
    """The whole document."""
    components = [*_python(), *_javascript(), *_models()]
    root = f"pkg:pypi/shiming@{__version__}"
    product = {"type": "application", "bom-ref": root, "name": "shiming", "version": __version__, "purl": root}
    body = {
        "metadata": {"component": product},
        "components": sorted(components, key=lambda each: each["bom-ref"]),
        "dependencies": [{"ref": root, "dependsOn": sorted(each["bom-ref"] for each in components)}],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))
    head = {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX",
            "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1}  # fmt: skip
    return head | body


def _python() -> Iterator[dict]:
    lock = ROOT / "requirements.lock"
    text = lock.read_text("utf-8")
    for row in locked(lock):
        start = text.index(f"{row.name}=={row.version}")
        end = re.compile(r"^\S+==", re.MULTILINE).search(text, start + 1)
        digests = HASHES.findall(text, start, end.start() if end else len(text))
        # A package is one of several archives (for each Python and processor); the installer takes no other than these.
        archives = [{"name": "shiming:archive-sha256", "value": digest} for digest in digests]
        yield _component("library", f"pkg:pypi/{row.name.lower()}@{row.version}", row.name, row.version, row.licence,
                         properties=archives)  # fmt: skip


def _javascript() -> Iterator[dict]:
    locks = json.loads(npm.LOCK.read_text("utf-8"))["packages"]
    integrity = {(path.rpartition("node_modules/")[2], about.get("version")): about.get("integrity", "")
                 for path, about in locks.items()}  # fmt: skip
    seen = set()
    for package in npm.packages():
        if package.shipped and (package.name, package.version) not in seen:
            seen.add((package.name, package.version))
            purl = f"pkg:npm/{package.name.replace('@', '%40')}@{package.version}"
            kind, _, digest = integrity[package.name, package.version].partition("-")
            hashes = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}] if kind == "sha512" else []
            yield _component("library", purl, package.name, package.version, package.licence, hashes=hashes)


def _models() -> Iterator[dict]:
    for file in weights.rows():
        yield _component("machine-learning-model", f"model:{file.name}", file.name, file.version, file.licence,
                         hashes=[{"alg": "SHA-256", "content": file.sha256}], description=file.used_for)  # fmt: skip


def _component(kind: str, ref: str, name: str, version: str, licence: str, **others) -> dict:
    made = {"type": kind, "bom-ref": ref, "name": name, "version": version, "licenses": [{"expression": licence}]}
    purl = {"purl": ref} if ref.startswith("pkg:") else {}
    return made | purl | {name: value for name, value in others.items() if value}


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else ROOT / "dist" / f"shiming-{__version__}.cdx.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    made = bill()
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"sbom: {path}, {len(made['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
