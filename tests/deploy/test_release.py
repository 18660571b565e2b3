"""A release can be made again by anybody, bit by bit, and says what it is made of."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tools.sbom.__main__ as sbom
from shiming.vision import weights

ROOT = Path(__file__).parents[2]
WHAT = ("src", "pyproject.toml", "README.md", "tools/setup")


def wheel(place: Path, out: Path, umask: int, zone: str) -> Path:
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1790000000", "TZ": zone, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True, umask=umask)
    (made,) = out.glob("*.whl")
    return made


def test_a_wheel_built_elsewhere_is_the_same_to_the_bit(tmp_path: Path):
    """Another folder, other times and rights of the files, another zone; and no sources of the front end."""
    copy = tmp_path / "elsewhere"
    for name in WHAT:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, target)
    for path in copy.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1_600_000_000, 1_600_000_000))
    first = wheel(ROOT, tmp_path / "one", 0o022, "UTC")
    second = wheel(copy, tmp_path / "two", 0o077, "Asia/Shanghai")
    assert first.name == second.name
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_the_bill_of_materials_names_everything_once():
    made = sbom.bill()
    refs = [each["bom-ref"] for each in made["components"]]
    assert len(refs) == len(set(refs)) and made == sbom.bill()
    assert {f"model:{file.name}" for file in weights.rows()} <= set(refs)
    for name in ("pkg:pypi/fastapi@", "pkg:npm/vue@"):
        assert any(ref.startswith(name) for ref in refs)
    python = [each for each in made["components"] if each["bom-ref"].startswith("pkg:pypi/")]
    assert len(python) > 60 and all(each["properties"] for each in python)
    assert set(made["dependencies"][0]["dependsOn"]) == set(refs)
